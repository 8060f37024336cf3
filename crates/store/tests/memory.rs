//! The memory store passes the contract.

use weir_store::MemoryStore;

weir_store::store_contract!(MemoryStore::new());
