use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::failure::Failure;

/// A kubeconfig file that cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum KubeconfigError {
    #[error("cannot read {path}: {source}")]
    Read { path: PathBuf, source: io::Error },
    #[error("{path} is no kubeconfig: {source}")]
    Parse {
        path: PathBuf,
        source: Box<serde_saphyr::Error>,
    },
    #[error("cannot write {path}: {source}")]
    Write { path: PathBuf, source: io::Error },
}

impl From<KubeconfigError> for Failure {
    fn from(error: KubeconfigError) -> Self {
        Self::refused(error.to_string())
    }
}

/// A kubeconfig file being changed. What we do not know in it stays as it is.
pub struct Document {
    path: PathBuf,
    value: Value,
}

impl Document {
    /// Reads the file, or begins a new one.
    pub fn open(path: &Path) -> Result<Self, KubeconfigError> {
        let value = match fs::read_to_string(path) {
            Ok(text) if text.trim().is_empty() => empty(),
            Ok(text) => serde_saphyr::from_str(&text).map_err(|error| KubeconfigError::Parse {
                path: path.into(),
                source: Box::new(error),
            })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => empty(),
            Err(source) => {
                return Err(KubeconfigError::Read {
                    path: path.into(),
                    source,
                });
            }
        };
        Ok(Self {
            path: path.into(),
            value,
        })
    }

    /// Begins a new file in the place of whatever is there.
    pub fn begin(path: &Path) -> Self {
        Self {
            path: path.into(),
            value: empty(),
        }
    }

    pub fn current_context(&self) -> Option<&str> {
        self.value["current-context"].as_str().filter(|name| !name.is_empty())
    }

    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The entries of a list, as they stand there.
    pub fn entries(&self, list: &str) -> Vec<&Value> {
        self.value[list].as_array().into_iter().flatten().collect()
    }

    /// Takes the entry `name` out of a list. `false`: it was not there.
    pub fn remove(&mut self, list: &str, name: &str) -> bool {
        let Some(entries) = self.value[list].as_array_mut() else {
            return false;
        };
        let before = entries.len();
        entries.retain(|entry| entry["name"] != name);
        entries.len() < before
    }

    /// The fields under `inner` (such as `cluster`) of the entry `name` in the list `list` (such as `clusters`).
    pub fn entry(&self, list: &str, inner: &str, name: &str) -> Option<&Map<String, Value>> {
        self.value[list]
            .as_array()?
            .iter()
            .find(|entry| entry["name"] == name)?[inner]
            .as_object()
    }

    /// The fields of the first entry whose field `key` is `value`.
    pub fn entry_with(&self, list: &str, inner: &str, key: &str, value: &str) -> Option<Map<String, Value>> {
        let entries = self.value[list].as_array()?;
        entries.iter().find(|entry| entry[inner][key] == value)?[inner]
            .as_object()
            .cloned()
    }

    /// The fields of the entry `name`, to be changed; made when it is not there.
    pub fn entry_mut(&mut self, list: &str, inner: &str, name: &str) -> &mut Map<String, Value> {
        if !self.value.is_object() {
            self.value = empty();
        }
        let entries = array(&mut self.value[list]);
        let at = entries
            .iter()
            .position(|entry| entry["name"] == name)
            .unwrap_or_else(|| {
                entries.push(json!({ "name": name }));
                entries.len() - 1
            });
        object(&mut entries[at][inner])
    }

    /// Makes the context `name` the current one.
    pub fn set_current_context(&mut self, name: &str) {
        self.value["current-context"] = name.into();
    }

    /// Makes a context of the three, named as other clients name it, the current one. The namespace may be empty.
    pub fn use_context(&mut self, namespace: &str, cluster: &str, user: &str) {
        let short_user = user.split('/').next().unwrap_or(user);
        let name = format!("{namespace}/{cluster}/{short_user}");
        let context = self.entry_mut("contexts", "context", &name);
        context.insert("cluster".into(), cluster.into());
        context.insert("user".into(), user.into());
        match namespace {
            "" => context.remove("namespace"),
            namespace => context.insert("namespace".into(), namespace.into()),
        };
        self.value["current-context"] = name.into();
    }

    /// Writes the file whole or not at all, readable for nobody else.
    pub fn save(&self) -> Result<(), KubeconfigError> {
        let wrong = |source: io::Error| KubeconfigError::Write {
            path: self.path.clone(),
            source,
        };
        let text = crate::output::yaml::render(&self.value);
        let directory = self.path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(directory).map_err(wrong)?;
        let name = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let temporary = directory.join(format!(".{name}.{}", std::process::id()));
        let written = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&temporary)
            .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
            .and_then(|()| fs::rename(&temporary, &self.path));
        written.map_err(|error| {
            let _ = fs::remove_file(&temporary);
            wrong(error)
        })
    }
}

fn empty() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Config",
        "clusters": [], "contexts": [], "users": [], "current-context": "",
    })
}

fn array(value: &mut Value) -> &mut Vec<Value> {
    if !value.is_array() {
        *value = json!([]);
    }
    value.as_array_mut().expect("made an array above")
}

fn object(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = json!({});
    }
    value.as_object_mut().expect("made an object above")
}

/// `127-0-0-1:8443`, the name under which a server is kept.
pub fn cluster_name(server: &url::Url) -> String {
    let host = server.host_str().unwrap_or_default().replace(['.'], "-");
    match server.port_or_known_default() {
        Some(port) => format!("{host}:{port}"),
        None => host,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn changes_keep_what_is_not_understood() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config");
        fs::write(
            &path,
            "apiVersion: v1\nkind: Config\nfuture: {a: 1}\nclusters:\n- name: c\n  cluster: {server: 'https://x', odd: true}\n",
        )
        .unwrap();
        let mut document = Document::open(&path).unwrap();
        document
            .entry_mut("clusters", "cluster", "c")
            .insert("server".into(), "https://y".into());
        document.use_context("project", "c", "me/c");
        document.save().unwrap();

        let read: Value = serde_saphyr::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(read["future"]["a"], 1);
        assert_eq!(
            read["clusters"][0]["cluster"],
            json!({"server": "https://y", "odd": true})
        );
        assert_eq!(read["current-context"], "project/c/me");
        assert_eq!(read["contexts"][0]["context"]["user"], "me/c");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(
            fs::read_dir(directory.path()).unwrap().count(),
            1,
            "no temporary file stays"
        );
    }

    #[test]
    fn clusters_are_named_after_host_and_port() {
        for (url, name) in [
            ("https://127.0.0.1:8443", "127-0-0-1:8443"),
            ("https://api.example.com", "api-example-com:443"),
        ] {
            assert_eq!(cluster_name(&url.parse().unwrap()), name);
        }
    }
}
