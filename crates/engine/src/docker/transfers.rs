use bollard::models::{CreateImageInfo, ProgressDetail, PushImageInfo};
use futures::{StreamExt, TryStreamExt};

use super::errors::by_message;
use super::{DockerEngine, reference};
use crate::{EngineError, EngineKind, EngineStream, Transfer, TransferProgress};

/// Progress of a pull, closed by `Done`.
pub(super) fn pull(
    progress: EngineStream<CreateImageInfo>,
    engine: DockerEngine,
    reference: String,
) -> EngineStream<Transfer> {
    let lines = progress.map(|item| match item {
        Ok(CreateImageInfo {
            error_detail: Some(error),
            ..
        }) => Err(by_message(error.message.unwrap_or_default())),
        Ok(info) => Ok(line(info.id, info.status, info.progress_detail)),
        Err(error) => Err(error),
    });
    finish(lines.boxed(), engine, reference, "pull")
}

/// Progress of a push, closed by `Done`.
pub(super) fn push(
    progress: EngineStream<PushImageInfo>,
    engine: DockerEngine,
    reference: String,
) -> EngineStream<Transfer> {
    let lines = progress.map(|item| match item {
        Ok(PushImageInfo {
            error_detail: Some(error),
            ..
        }) => Err(by_message(error.message.unwrap_or_default())),
        Ok(info) => Ok(line(None, info.status, info.progress_detail)),
        Err(error) => Err(error),
    });
    finish(lines.boxed(), engine, reference, "push")
}

fn line(layer: Option<String>, status: Option<String>, detail: Option<ProgressDetail>) -> TransferProgress {
    let bytes = |value: Option<i64>| {
        value
            .and_then(|value| u64::try_from(value).ok())
            .filter(|value| *value > 0)
    };
    let detail = detail.unwrap_or_default();
    TransferProgress {
        layer,
        status: status.unwrap_or_default(),
        current_bytes: bytes(detail.current),
        total_bytes: bytes(detail.total),
    }
}

fn finish(
    lines: EngineStream<TransferProgress>,
    engine: DockerEngine,
    reference: String,
    verb: &'static str,
) -> EngineStream<Transfer> {
    let state = (lines, None::<String>, false);
    futures::stream::try_unfold(state, |(mut lines, mut digest, ended)| async move {
        if ended {
            return Ok(None);
        }
        match lines.try_next().await? {
            Some(progress) => {
                digest = digest_in(&progress.status).or(digest);
                Ok(Some((Transfer::Progress(progress), (lines, digest, false))))
            }
            None => Ok(Some((Transfer::Done { digest: digest.clone() }, (lines, digest, true)))),
        }
    })
    .or_else(move |error| {
        let engine = engine.clone();
        let reference = reference.clone();
        async move { Err(with_hint(error, &engine, &reference, verb).await) }
    })
    .boxed()
}

/// `1: digest: sha256:... size: 528` after a push, `Digest: sha256:...` after a pull.
fn digest_in(status: &str) -> Option<String> {
    let start = status.to_ascii_lowercase().find("digest: sha256:")? + "digest: ".len();
    let digest: String = status[start..]
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == ':')
        .collect();
    (digest.len() == "sha256:".len() + 64).then_some(digest)
}

async fn with_hint(error: EngineError, engine: &DockerEngine, reference: &str, verb: &str) -> EngineError {
    if error.is_unavailable() {
        return error;
    }
    let kind = engine.kind().await.unwrap_or(EngineKind::Docker);
    let hint = hint(&error, reference, kind)
        .map(|hint| format!(" ({hint})"))
        .unwrap_or_default();
    error.with_message(format!("cannot {verb} {reference}: {error}{hint}"))
}

/// The next step, where the engine's own words do not say it.
fn hint(error: &EngineError, reference: &str, kind: EngineKind) -> Option<String> {
    let text = error.to_string();
    let registry = reference::registry(reference)?;
    if text.contains("gave HTTP response to HTTPS client") {
        return Some(insecure_hint(registry, kind));
    }
    match error {
        EngineError::Denied { .. } => Some(format!("check the credentials for {registry}")),
        EngineError::NotFound { .. } => Some(format!("check the name, and that {registry} has the image")),
        EngineError::Registry { .. } => Some(format!("check that {registry} can be reached from this machine")),
        _ => None,
    }
}

fn insecure_hint(registry: &str, kind: EngineKind) -> String {
    match kind {
        EngineKind::Docker => format!(
            "{registry} speaks plain HTTP: add it to \"insecure-registries\" in /etc/docker/daemon.json and reload dockerd"
        ),
        EngineKind::Podman => format!(
            "{registry} speaks plain HTTP: put a file with `[[registry]]`, `location = \"{registry}\"` and \
             `insecure = true` into /etc/containers/registries.conf.d (or ~/.config/containers/registries.conf.d)"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_found_in_status_lines() {
        let digest = format!("sha256:{}", "a".repeat(64));
        assert_eq!(
            digest_in(&format!("1: digest: {digest} size: 528")),
            Some(digest.clone())
        );
        assert_eq!(digest_in(&format!("Digest: {digest}")), Some(digest));
        assert_eq!(digest_in("digest: sha256:abc"), None);
        assert_eq!(digest_in("Pulling fs layer"), None);
    }

    #[test]
    fn plain_http_registries_come_with_the_next_step() {
        let error =
            by_message("Get \"https://127.0.0.1:5000/v2/\": http: server gave HTTP response to HTTPS client".into());
        let podman = hint(&error, "127.0.0.1:5000/a/b:1", EngineKind::Podman).unwrap();
        assert!(
            podman.contains("registries.conf.d") && podman.contains("location = \"127.0.0.1:5000\""),
            "{podman}"
        );
        assert!(
            hint(&error, "127.0.0.1:5000/a/b:1", EngineKind::Docker)
                .unwrap()
                .contains("daemon.json")
        );
    }
}
