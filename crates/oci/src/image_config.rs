use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::descriptor::null_as_default;
use crate::limits::CONFIG_BYTES;
use crate::strict_json;

/// The config blob of an image, as Docker and OCI write it. Unknown fields are ignored: the blob itself is what counts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImageConfig {
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_as_default")]
    pub architecture: String,
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_as_default")]
    pub os: String,
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_as_default")]
    pub variant: String,
    /// RFC 3339, as written by the builder; not checked here.
    pub created: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_as_default")]
    pub author: String,
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_as_default")]
    pub parent: String,
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_as_default")]
    pub comment: String,
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_as_default")]
    pub container: String,
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_as_default")]
    pub docker_version: String,
    pub config: Option<ContainerConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container_config: Option<ContainerConfig>,
    #[serde(deserialize_with = "null_as_default")]
    pub rootfs: RootFs,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub history: Vec<HistoryEntry>,
}

/// How containers of the image run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ContainerConfig {
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_as_default")]
    pub hostname: String,
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_as_default")]
    pub domainname: String,
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_as_default")]
    pub user: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_as_default")]
    pub exposed_ports: BTreeMap<String, serde_json::Value>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub env: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub entrypoint: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub cmd: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_as_default")]
    pub image: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_as_default")]
    pub volumes: BTreeMap<String, serde_json::Value>,
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_as_default")]
    pub working_dir: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_as_default")]
    pub labels: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub on_build: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_as_default")]
    pub stop_signal: String,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub shell: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub healthcheck: Option<HealthConfig>,
    #[serde(skip_serializing_if = "std::ops::Not::not", deserialize_with = "null_as_default")]
    pub tty: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not", deserialize_with = "null_as_default")]
    pub open_stdin: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not", deserialize_with = "null_as_default")]
    pub stdin_once: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not", deserialize_with = "null_as_default")]
    pub attach_stdin: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not", deserialize_with = "null_as_default")]
    pub attach_stdout: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not", deserialize_with = "null_as_default")]
    pub attach_stderr: bool,
}

/// A Docker health check. Times are nanoseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct HealthConfig {
    #[serde(deserialize_with = "null_as_default")]
    pub test: Vec<String>,
    pub interval: i64,
    pub timeout: i64,
    pub start_period: i64,
    pub retries: i64,
}

/// Digests of the layers, unpacked, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RootFs {
    pub r#type: String,
    #[serde(deserialize_with = "null_as_default")]
    pub diff_ids: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct HistoryEntry {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_as_default")]
    pub created_by: String,
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_as_default")]
    pub author: String,
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_as_default")]
    pub comment: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub empty_layer: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum ImageConfigError {
    #[error("the image config has {size} bytes; at most {CONFIG_BYTES} are read")]
    TooLarge { size: usize },
    #[error("the image config is not valid: {0}")]
    Json(#[from] serde_json::Error),
}

impl ImageConfig {
    /// Parses a config blob.
    ///
    /// # Errors
    /// Oversized or malformed blobs. Artifacts that are no images have configs that fail here; their manifests are
    /// still valid.
    pub fn parse(body: &[u8]) -> Result<ImageConfig, ImageConfigError> {
        if body.len() > CONFIG_BYTES {
            return Err(ImageConfigError::TooLarge { size: body.len() });
        }
        let mut deserializer = serde_json::Deserializer::from_slice(body);
        let config = strict_json::object(&mut deserializer)?;
        deserializer.end()?;
        Ok(config)
    }

    /// The value of a label, such as `io.openshift.s2i.scripts-url`.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.config.as_ref()?.labels.get(key).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_config_with_nulls_is_read() {
        let config = ImageConfig::parse(
            br#"{"architecture":"amd64","os":"linux","created":"2026-01-01T00:00:00Z","rootfs":{"type":"layers","diff_ids":null},
                "config":{"User":"1001","Env":["A=b"],"Cmd":null,"Labels":{"io.openshift.s2i.scripts-url":"image:///x"},
                "ExposedPorts":{"8080/tcp":{}},"Healthcheck":{"Test":["NONE"]}},"history":null,"unknown":1}"#,
        )
        .unwrap();
        let run = config.config.as_ref().unwrap();
        assert_eq!(
            (run.user.as_str(), run.env.as_slice(), run.cmd.is_empty()),
            ("1001", &["A=b".to_string()][..], true)
        );
        assert_eq!(config.label("io.openshift.s2i.scripts-url"), Some("image:///x"));
        assert_eq!(run.exposed_ports.keys().next().unwrap(), "8080/tcp");
    }

    #[test]
    fn what_is_no_config_is_refused() {
        assert!(matches!(ImageConfig::parse(b"[]"), Err(ImageConfigError::Json(_))));
        assert!(matches!(
            ImageConfig::parse(b"{\"os\":1}"),
            Err(ImageConfigError::Json(_))
        ));
        assert!(matches!(
            ImageConfig::parse(&vec![b' '; CONFIG_BYTES + 1]),
            Err(ImageConfigError::TooLarge { .. })
        ));
    }
}
