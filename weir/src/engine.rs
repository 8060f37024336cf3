use std::io::ErrorKind;
use std::sync::Arc;

use anyhow::{Context, Result};
use weir_component::private_file;
use weir_engine::find::{FindError, FindOptions, find, podman};
use weir_engine::{Daemon, DockerEngine, Endpoint, Engine};

use crate::data_directory::DataDirectory;

/// Writes down which engine an instance uses: its containers are there, whatever the environment says later.
pub fn remember(data: &DataDirectory, endpoint: &Endpoint) -> Result<()> {
    let path = data.engine();
    private_file::write(&path, endpoint.to_string().as_bytes()).with_context(|| path.display().to_string())
}

/// The engine with the containers of an instance, unless that is a child of its own (whose containers go with its
/// directories) or there never was one.
pub async fn foreign(named: Option<String>, data: &DataDirectory) -> Result<Option<Arc<dyn Engine>>> {
    let Some(named) = named.filter(|named| !named.is_empty()) else {
        return match remembered(data)? {
            Some(endpoint) => last_used(endpoint, data).await,
            None => Ok(None),
        };
    };
    if named == "podman" {
        return Ok(None);
    }
    let options = FindOptions {
        engine: Some(named),
        docker_host: None,
        data_dir: data.path().to_owned(),
        plain_http_registries: Vec::new(),
    };
    match find(&options).await {
        Ok(found) => Ok(Some(found.engine)),
        Err(FindError::SwitchedOff) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn remembered(data: &DataDirectory) -> Result<Option<Endpoint>> {
    let path = data.engine();
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text.trim().parse().with_context(|| path.display().to_string())?)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

async fn last_used(endpoint: Endpoint, data: &DataDirectory) -> Result<Option<Arc<dyn Engine>>> {
    if endpoint.socket() == Some(podman::socket(data.path()).as_path()) {
        return Ok(None);
    }
    let engine = DockerEngine::new(endpoint.clone());
    engine.ping().await.with_context(|| {
        format!(
            "the containers are on the engine at {endpoint}, which does not answer; start it, or leave them there with \
             --engine none"
        )
    })?;
    Ok(Some(Arc::new(engine)))
}
