use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

/// A kubeconfig (JSON, which is YAML) for the administrator of this instance.
pub fn render(server: &str, authority: &str, token: &str) -> String {
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{
            "name": "weir",
            "cluster": { "server": server, "certificate-authority-data": STANDARD.encode(authority) }
        }],
        "users": [{ "name": "admin", "user": { "token": token } }],
        "contexts": [{ "name": "weir", "context": { "cluster": "weir", "user": "admin", "namespace": "default" } }],
        "current-context": "weir"
    });
    format!("{config:#}\n")
}
