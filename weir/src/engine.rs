use std::sync::Arc;

use anyhow::Result;
use weir_engine::Engine;
use weir_engine::find::{FindError, FindOptions, find};

use crate::data_directory::DataDirectory;

/// The engine that `weir up` would use, unless that is a child of its own (whose containers go with its directories) or
/// there is none.
pub async fn foreign(named: Option<String>, data: &DataDirectory) -> Result<Option<Arc<dyn Engine>>> {
    if named.as_deref() == Some("podman") || data.path().join("engine").exists() {
        return Ok(None);
    }
    let options = FindOptions {
        engine: named,
        docker_host: std::env::var("DOCKER_HOST").ok(),
        data_dir: data.path().to_owned(),
        plain_http_registries: Vec::new(),
    };
    match find(&options).await {
        Ok(found) if found.service.is_some() => Ok(None),
        Ok(found) => Ok(Some(found.engine)),
        Err(FindError::NotFound { .. } | FindError::SwitchedOff) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
