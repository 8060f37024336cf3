use std::sync::Arc;

use anyhow::Result;
use weir_apiserver::Server;
use weir_blobstore::{DiskStore, DiskStoreConfig};
use weir_registry::{ApiStreams, Registry, RegistryConfig, UserApi};

use super::{Options, api};
use crate::data_directory::DataDirectory;

/// A layer may be so large.
const BLOB_BYTES: u64 = 64 << 30;

/// The registry on blobs below the data directory, with the API's streams as its tags.
pub(super) fn registry(options: &Options, data: &DataDirectory, server: &Server) -> Result<Registry> {
    let blobs = DiskStore::open(DiskStoreConfig {
        directory: data.registry(),
        max_blob_bytes: BLOB_BYTES,
    })?;
    let users = UserApi::new(server.router());
    let streams = Arc::new(ApiStreams::new(
        api::client(server, "weir-registry"),
        users,
        &options.registry_host,
    ));
    let config = RegistryConfig {
        host: options.registry_host.clone(),
        ..RegistryConfig::default()
    };
    Ok(Registry::new(config, Arc::new(blobs), streams.clone(), streams))
}
