//! What the agent's tests need: an API in memory, an engine, and patience that is driven by events.

pub mod api;
pub mod store;
pub mod world;
