//! A registry without an API: blobs on disk, streams in memory, one token that may do everything. For trying out real
//! clients against it, and for measurements.
//!
//! ```text
//! cargo run -p weir-registry --example standalone -- 127.0.0.1:5001 /tmp/registry s3cret
//! skopeo copy --dest-tls-verify=false --dest-creds=any:s3cret oci:IMAGE docker://127.0.0.1:5001/ns/app:latest
//! ```

use std::error::Error;
use std::sync::Arc;

use weir_blobstore::{DiskStore, DiskStoreConfig};
use weir_registry::{MemoryStreams, Registry, RegistryConfig};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, directory, token] = arguments.as_slice() else {
        return Err("usage: standalone ADDRESS DIRECTORY TOKEN".into());
    };
    let store = DiskStore::open(DiskStoreConfig {
        directory: directory.into(),
        max_blob_bytes: 64 << 30,
    })?;
    let streams = Arc::new(MemoryStreams::new());
    streams.add_admin(token);
    let registry = Registry::new(RegistryConfig::default(), Arc::new(store), streams.clone(), streams);
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    axum::serve(listener, registry.router()).await?;
    Ok(())
}
