use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use k8s_openapi::api::core::v1::KeyToPath;

use crate::container::ConfigError;

/// A file of a volume.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct File {
    pub path: PathBuf,
    pub content: Vec<u8>,
    pub mode: u32,
}

const DEFAULT_MODE: u32 = 0o644;

/// The files that a ConfigMap or Secret becomes. `named` is its kind and name, for messages.
pub(super) fn files(
    named: (&str, &str),
    data: Option<&BTreeMap<String, Vec<u8>>>,
    items: Option<&[KeyToPath]>,
    default_mode: Option<i32>,
    optional: Option<bool>,
) -> Result<Vec<File>, ConfigError> {
    let (kind, name) = named;
    let Some(data) = data else {
        return if optional == Some(true) {
            Ok(Vec::new())
        } else {
            Err(ConfigError(format!(
                "{kind} \"{name}\" not found; create it, and the container starts"
            )))
        };
    };
    let mode = permissions(default_mode, DEFAULT_MODE);
    let Some(items) = items.filter(|items| !items.is_empty()) else {
        return data
            .iter()
            .map(|(key, value)| {
                Ok(File {
                    path: relative(key)?,
                    content: value.clone(),
                    mode,
                })
            })
            .collect();
    };
    let mut files = Vec::with_capacity(items.len());
    for item in items {
        match data.get(&item.key) {
            Some(value) => files.push(File {
                path: relative(&item.path)?,
                content: value.clone(),
                mode: permissions(item.mode, mode),
            }),
            None if optional == Some(true) => {}
            None => {
                return Err(ConfigError(format!(
                    "couldn't find key {} in {kind} \"{name}\"",
                    item.key
                )));
            }
        }
    }
    Ok(files)
}

fn permissions(mode: Option<i32>, default: u32) -> u32 {
    mode.and_then(|mode| u32::try_from(mode).ok())
        .map_or(default, |mode| mode & 0o777)
}

/// A path that stays inside.
pub(super) fn relative(path: &str) -> Result<PathBuf, ConfigError> {
    let inside = !path.is_empty()
        && Path::new(path)
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
    if inside {
        Ok(PathBuf::from(path))
    } else {
        Err(ConfigError(format!("\"{path}\" is no path inside a volume")))
    }
}

/// A path in a container.
pub(super) fn absolute(path: &str) -> Result<String, ConfigError> {
    let plain = Path::new(path)
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::RootDir));
    if path.starts_with('/') && plain && path.len() > 1 {
        return Ok(path.trim_end_matches('/').to_owned());
    }
    Err(ConfigError(format!(
        "mountPath \"{path}\" is no absolute path of a directory"
    )))
}
