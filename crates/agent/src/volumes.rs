//! Volumes: directories below `DATA/pods/UID/volumes`, filled before the first container starts and removed with the
//! pod. Paths inside a volume come from objects, so every one is checked before it is used.

mod files;
mod projection;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use k8s_openapi::api::core::v1::{Container, Pod, Volume};
use weir_engine::{BindMount, TmpfsMount};

use crate::container::environment::Sources;
use crate::container::{ConfigError, quantity};
use crate::pod_view::PodView;
use projection::File;

/// The agent's directory of pods.
#[derive(Clone, Debug)]
pub(crate) struct PodDirectories {
    root: PathBuf,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum VolumeError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("cannot write volume \"{volume}\": {source}")]
    Io { volume: String, source: std::io::Error },
}

/// Names of the ConfigMaps and Secrets that the pod's volumes need.
pub(crate) fn needs(pod: &Pod) -> (Vec<String>, Vec<String>) {
    let volumes = || pod.pod_spec().volumes.iter().flatten();
    let config_maps = volumes().filter_map(|volume| Some(volume.config_map.as_ref()?.name.clone()));
    let secrets = volumes().filter_map(|volume| volume.secret.as_ref()?.secret_name.clone());
    (config_maps.collect(), secrets.collect())
}

impl PodDirectories {
    pub fn new(data_dir: &Path) -> Self {
        Self {
            root: data_dir.join("pods"),
        }
    }

    /// Uids of the pods that have a directory.
    pub fn uids(&self) -> std::io::Result<Vec<String>> {
        match std::fs::read_dir(&self.root) {
            Ok(entries) => entries
                .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
                .collect(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Removes a pod's directory with all that is in it.
    pub fn remove(&self, uid: &str) -> std::io::Result<()> {
        let Some(path) = self.of(uid) else { return Ok(()) };
        match std::fs::remove_dir_all(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// `None`: the uid is no name of a directory, so the pod has none.
    fn of(&self, uid: &str) -> Option<PathBuf> {
        let plain = !uid.is_empty() && uid.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        plain.then(|| self.root.join(uid))
    }

    /// Makes all volumes of a pod. Those that are there stay as they are.
    pub fn prepare(&self, pod: &Pod, sources: &Sources) -> Result<(), VolumeError> {
        let group = pod
            .pod_spec()
            .security_context
            .as_ref()
            .and_then(|context| context.fs_group);
        for volume in pod.pod_spec().volumes.iter().flatten() {
            let Some(path) = self.volume(pod, &volume.name) else {
                continue;
            };
            if path.exists() || is_in_memory(volume) {
                continue;
            }
            let io = |source| VolumeError::Io {
                volume: volume.name.clone(),
                source,
            };
            match content(volume, sources)? {
                Content::Empty => files::make_empty(&path, group).map_err(io)?,
                Content::Files(list) => files::write_all(&path, &list, group).map_err(io)?,
            }
        }
        Ok(())
    }

    fn volume(&self, pod: &Pod, name: &str) -> Option<PathBuf> {
        Some(self.of(pod.uid())?.join("volumes").join(name))
    }

    /// How the container sees the pod's volumes.
    pub fn mounts(&self, pod: &Pod, container: &Container) -> Result<(Vec<BindMount>, Vec<TmpfsMount>), ConfigError> {
        let volumes: BTreeMap<&str, &Volume> = pod
            .pod_spec()
            .volumes
            .iter()
            .flatten()
            .map(|volume| (volume.name.as_str(), volume))
            .collect();
        let (mut binds, mut tmpfs) = (Vec::new(), Vec::new());
        for mount in container.volume_mounts.iter().flatten() {
            let unknown = || ConfigError(format!("volumeMounts: there is no volume \"{}\"", mount.name));
            let volume = volumes.get(mount.name.as_str()).ok_or_else(unknown)?;
            let target = projection::absolute(&mount.mount_path)?;
            if is_in_memory(volume) {
                tmpfs.push(TmpfsMount {
                    target,
                    size_bytes: size_limit(volume)?,
                });
                continue;
            }
            let mut source = self.volume(pod, &mount.name).ok_or_else(unknown)?;
            if let Some(sub_path) = mount.sub_path.as_deref().filter(|path| !path.is_empty()) {
                source = source.join(sub_path_of(volume, sub_path)?);
            }
            let filled = volume.empty_dir.is_none();
            binds.push(BindMount {
                source,
                target,
                read_only: filled || mount.read_only == Some(true),
            });
        }
        Ok((binds, tmpfs))
    }
}

enum Content {
    Empty,
    Files(Vec<File>),
}

fn content(volume: &Volume, sources: &Sources) -> Result<Content, ConfigError> {
    if volume.empty_dir.is_some() {
        return Ok(Content::Empty);
    }
    if let Some(source) = &volume.config_map {
        let data = sources.config_maps.get(&source.name).and_then(Option::as_ref);
        let named = ("configmap", source.name.as_str());
        return projection::files(
            named,
            data,
            source.items.as_deref(),
            source.default_mode,
            source.optional,
        )
        .map(Content::Files);
    }
    if let Some(source) = &volume.secret {
        let name = source.secret_name.as_deref().unwrap_or_default();
        let data = sources.secrets.get(name).and_then(Option::as_ref);
        return projection::files(
            ("secret", name),
            data,
            source.items.as_deref(),
            source.default_mode,
            source.optional,
        )
        .map(Content::Files);
    }
    Err(ConfigError(format!(
        "volume \"{}\": only emptyDir, configMap and secret volumes are supported on this node",
        volume.name
    )))
}

fn is_in_memory(volume: &Volume) -> bool {
    volume
        .empty_dir
        .as_ref()
        .is_some_and(|source| source.medium.as_deref() == Some("Memory"))
}

fn size_limit(volume: &Volume) -> Result<Option<u64>, ConfigError> {
    let Some(limit) = volume.empty_dir.as_ref().and_then(|source| source.size_limit.as_ref()) else {
        return Ok(None);
    };
    let bytes = quantity::units(&limit.0);
    bytes.map(Some).ok_or_else(|| {
        ConfigError(format!(
            "volume \"{}\": sizeLimit \"{}\" is no quantity",
            volume.name, limit.0
        ))
    })
}

/// Only volumes that we fill may be mounted in part: in a directory that containers write to, the part could be a link
/// that leads out of it.
fn sub_path_of(volume: &Volume, sub_path: &str) -> Result<PathBuf, ConfigError> {
    if volume.empty_dir.is_some() {
        return Err(ConfigError(format!(
            "volume \"{}\": subPath of an emptyDir is not supported",
            volume.name
        )));
    }
    projection::relative(sub_path)
}
