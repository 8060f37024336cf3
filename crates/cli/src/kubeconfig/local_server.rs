use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, json};

use super::document::{Document, KubeconfigError};

/// Name of the local server's cluster and context in its kubeconfig.
const NAME: &str = "weir";
const USER: &str = "admin";

/// A server on this machine, as its administrator reaches it.
pub struct LocalServer<'a> {
    pub url: &'a str,
    /// PEM.
    pub certificate_authority: &'a str,
    pub token: &'a str,
}

/// Writes how to reach the server into the kubeconfig at `path`, readable for its owner only. What a user keeps there,
/// such as the current project, stays; a file that is no kubeconfig is replaced.
pub fn register_local_server(path: &Path, server: &LocalServer) -> Result<(), KubeconfigError> {
    let mut document = match Document::open(path) {
        Err(KubeconfigError::Parse { .. }) => Document::begin(path),
        document => document?,
    };
    *document.entry_mut("clusters", "cluster", NAME) = fields(json!({
        "server": server.url,
        "certificate-authority-data": STANDARD.encode(server.certificate_authority),
    }));
    *document.entry_mut("users", "user", USER) = fields(json!({ "token": server.token }));
    let context = document.entry_mut("contexts", "context", NAME);
    context.insert("cluster".into(), NAME.into());
    context.insert("user".into(), USER.into());
    context.entry("namespace").or_insert_with(|| "default".into());
    if document.current_context().is_none() {
        document.set_current_context(NAME);
    }
    document.save()
}

fn fields(value: serde_json::Value) -> Map<String, serde_json::Value> {
    match value {
        serde_json::Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::Value;

    use super::*;

    fn register(path: &Path, url: &str) -> Value {
        let server = LocalServer {
            url,
            certificate_authority: "PEM",
            token: "t",
        };
        register_local_server(path, &server).unwrap();
        serde_saphyr::from_str(&fs::read_to_string(path).unwrap()).unwrap()
    }

    #[test]
    fn the_current_project_outlives_a_restart() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("kubeconfig");
        assert_eq!(register(&path, "https://127.0.0.1:1")["current-context"], "weir");
        let mut document = Document::open(&path).unwrap();
        document.use_context("hello01", NAME, USER);
        document.save().unwrap();

        let config = register(&path, "https://127.0.0.1:2");
        assert_eq!(config["current-context"], "hello01/weir/admin");
        assert_eq!(
            config["clusters"],
            json!([{"name": "weir", "cluster": {"server": "https://127.0.0.1:2", "certificate-authority-data": "UEVN"}}])
        );
    }

    #[test]
    fn a_damaged_file_is_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("kubeconfig");
        fs::write(&path, "{{{ no").unwrap();
        assert_eq!(register(&path, "https://127.0.0.1:1")["users"][0]["user"]["token"], "t");
    }
}
