use std::time::Duration;

use futures::TryStreamExt;
use weir_engine::{Credentials, EngineError, EngineStream, Image, Transfer};

use super::Attempt;
use crate::failure::{BuildFailure, FailureReason};
use crate::log::LogWriter;
use crate::stages::Step;

/// As upstream: three attempts, five seconds apart.
pub(super) const TRANSFER_ATTEMPTS: u32 = 3;
pub(super) const TRANSFER_PAUSE: Duration = Duration::from_secs(5);

/// Brings an image onto the engine. One of the internal registry is asked for even when it is there: being on the
/// engine says nothing about whether this build may use it.
pub(super) async fn provide(
    attempt: &Attempt,
    image: &str,
    force: bool,
    secret: Option<&str>,
) -> Result<Image, BuildFailure> {
    let kit = &attempt.kit;
    let name = kit.names.for_engine(image);
    let internal = kit.names.repository(image).is_some();
    if !force && !internal {
        match kit.engine.image(&name).await {
            Ok(present) => return Ok(present),
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(failed(image, &error.to_string())),
        }
    }
    attempt.log.line(&format!("\nPulling image {image} ..."));
    let credentials = attempt
        .access()
        .credentials(image, secret)
        .await
        .map_err(|error| failed(image, &error.to_string()))?;
    let pulling = pull(attempt, &name, credentials.as_ref());
    attempt
        .timed(Step::PullBaseImage, true, pulling)
        .await
        .map_err(|error| failed(image, &kit.names.for_user(&error)))?;
    kit.engine
        .image(&name)
        .await
        .map_err(|error| failed(image, &kit.names.for_user(&error.to_string())))
}

async fn pull(attempt: &Attempt, name: &str, credentials: Option<&Credentials>) -> Result<(), String> {
    let mut tries = 1;
    loop {
        let transfer = attempt.kit.engine.pull(name, credentials);
        match finish(transfer, &attempt.log, &|text| attempt.kit.names.for_user(text)).await {
            Ok(_) => return Ok(()),
            Err(error) if tries < TRANSFER_ATTEMPTS && may_pass(&error) => {
                attempt.log.line("Warning: Pull failed, retrying in 5s ...");
                tries += 1;
                tokio::time::sleep(TRANSFER_PAUSE).await;
            }
            Err(error) if tries > 1 => {
                return Err(format!(
                    "After retrying {} times, Pull image still failed due to error: {error}",
                    tries - 1
                ));
            }
            Err(error) => return Err(error.to_string()),
        }
    }
}

/// Follows a transfer to its end and returns the digest, if it is told.
pub(super) async fn finish(
    mut transfer: EngineStream<Transfer>,
    log: &LogWriter,
    shown: &(dyn Fn(&str) -> String + Sync),
) -> Result<Option<String>, EngineError> {
    let mut last = String::new();
    while let Some(item) = transfer.try_next().await? {
        match item {
            Transfer::Done { digest } => return Ok(digest),
            // Layers tell their progress many times a second; the log has what is said about the whole.
            Transfer::Progress(progress) if progress.layer.is_none() && progress.status != last => {
                last = progress.status;
                let status = shown(last.trim());
                if !status.is_empty() {
                    log.output(&format!("{status}\n"));
                }
            }
            Transfer::Progress(_) => {}
        }
    }
    Err(EngineError::unavailable("the container engine broke off the transfer"))
}

/// Could the same transfer succeed a little later?
pub(super) fn may_pass(error: &EngineError) -> bool {
    matches!(
        error,
        EngineError::Registry { .. } | EngineError::Unavailable { .. } | EngineError::Failed { .. }
    )
}

fn failed(image: &str, cause: &str) -> BuildFailure {
    BuildFailure::new(
        FailureReason::PullBuilderImage,
        format!(
            "failed to pull image: {cause} (image {image}); check that it exists and that the build's service account may pull it"
        ),
    )
}
