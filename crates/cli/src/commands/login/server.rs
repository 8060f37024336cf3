//! Which server to log in to, and how its certificate is checked.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use url::Url;

use super::Args;
use crate::failure::Failure;
use crate::kubeconfig::{Document, cluster_name};
use crate::session::Session;

pub(super) fn address(args: &Args, session: &Session<'_>, document: &Document) -> Result<Url, Failure> {
    let kept = || {
        let context = document.entry("contexts", "context", document.current_context()?)?;
        let cluster = document.entry("clusters", "cluster", context.get("cluster")?.as_str()?)?;
        cluster.get("server")?.as_str().map(str::to_string)
    };
    let text = args.url.clone().or_else(|| session.global.server.clone()).or_else(kept);
    let text = text.ok_or_else(|| Failure::usage("say which server to log in to, as https://HOST:PORT"))?;
    let full = if text.contains("://") {
        text.clone()
    } else {
        format!("https://{text}")
    };
    match full.parse::<Url>() {
        Ok(url) if matches!(url.scheme(), "https" | "http") && url.has_host() => Ok(url),
        _ => Err(Failure::usage(format!(
            "`{text}` is no address of a server; write https://HOST:PORT"
        ))),
    }
}

/// How the server's certificate is checked: as asked for now, else as remembered for the same address.
pub(super) fn trust(session: &Session<'_>, document: &Document, server: &Url) -> Result<Map<String, Value>, Failure> {
    let mut cluster = document
        .entry("clusters", "cluster", &cluster_name(server))
        .cloned()
        .unwrap_or_default();
    if cluster.is_empty() {
        cluster = document
            .entry_with("clusters", "cluster", "server", server.as_str().trim_end_matches('/'))
            .unwrap_or_default();
    }
    if let Some(path) = &session.global.certificate_authority {
        let pem =
            fs::read(path).map_err(|error| Failure::refused(format!("cannot read {}: {error}", path.display())))?;
        cluster.remove("certificate-authority");
        cluster.remove("insecure-skip-tls-verify");
        // The bytes and not the path: the file may move, and the kubeconfig may travel.
        cluster.insert("certificate-authority-data".into(), STANDARD.encode(pem).into());
    }
    match session.global.insecure_skip_tls_verify {
        Some(true) => {
            cluster.remove("certificate-authority");
            cluster.remove("certificate-authority-data");
            cluster.insert("insecure-skip-tls-verify".into(), true.into());
        }
        Some(false) => {
            cluster.remove("insecure-skip-tls-verify");
        }
        None => {}
    }
    Ok(cluster)
}

pub(super) fn authority(cluster: &Map<String, Value>) -> Result<Option<Vec<u8>>, Failure> {
    if let Some(data) = cluster.get("certificate-authority-data").and_then(Value::as_str) {
        let decoded = STANDARD
            .decode(data)
            .map_err(|error| Failure::refused(format!("the remembered authority is damaged: {error}")))?;
        return Ok(Some(decoded));
    }
    match cluster.get("certificate-authority").and_then(Value::as_str) {
        Some(path) => fs::read(path)
            .map(Some)
            .map_err(|error| Failure::refused(format!("cannot read {path}: {error}"))),
        None => Ok(None),
    }
}
