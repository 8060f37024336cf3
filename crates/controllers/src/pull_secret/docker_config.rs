use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// The registry looks at the password alone.
const USER: &str = "<token>";

/// The content of a `.dockercfg`: the token, for every name that the registry has.
pub fn render(hosts: &[String], token: &str) -> String {
    let auth = STANDARD.encode(format!("{USER}:{token}"));
    let entry = json!({"username": USER, "password": token, "auth": auth});
    let entries: Map<String, Value> = hosts.iter().map(|host| (host.clone(), entry.clone())).collect();
    Value::Object(entries).to_string()
}

/// Whether the content speaks of exactly these names.
pub fn is_for(content: &[u8], hosts: &[String]) -> bool {
    let entries: Map<String, Value> = serde_json::from_slice(content).unwrap_or_default();
    entries.len() == hosts.len() && hosts.iter().all(|host| entries.contains_key(host))
}
