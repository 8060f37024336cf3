use weir_engine::{Credentials, EngineError};
use weir_oci::{Digest, Reference};

use super::images::{TRANSFER_ATTEMPTS, TRANSFER_PAUSE, finish, may_pass};
use super::{Attempt, PushState};
use crate::failure::{BuildFailure, FailureReason};
use crate::job::Strategy;
use crate::stages::Step;

/// Pushes the image to the build's output and returns the digest that the registry stored.
///
/// The local name stays with the newest image of this output: the engine then has the layers when the image is
/// deployed. The one that had the name before goes, unless something uses it.
pub(super) async fn push(attempt: &Attempt, image: &str, output: &str) -> Result<String, BuildFailure> {
    let kit = &attempt.kit;
    let name = kit.names.for_engine(output);
    let _held = kit.outputs.lock(&name).await;
    let earlier = kit.engine.image(&name).await.ok().map(|image| image.id);
    kit.engine
        .tag(image, &name)
        .await
        .map_err(|error| failed(&kit.names.for_user(&error.to_string())))?;
    attempt.log.line(&format!("\nPushing image {output} ..."));
    let credentials = attempt
        .access()
        .credentials(output, attempt.job.push_secret.as_deref())
        .await
        .map_err(|error| failed(&error.to_string()))?;
    attempt
        .record
        .write(&PushState::Begun)
        .map_err(|error| failed(&format!("cannot note the push on disk: {error}")))?;
    let step = match attempt.job.strategy {
        Strategy::Source { .. } => Step::PushImage,
        Strategy::Docker { .. } => Step::PushDockerImage,
    };
    let digest = match attempt
        .timed(step, true, transfer(attempt, &name, credentials.as_ref()))
        .await
    {
        Ok(digest) => digest,
        Err(error) => {
            tell_credentials(attempt, credentials.as_ref());
            return Err(failed(&kit.names.for_user(&error.to_string())));
        }
    };
    let done = PushState::Done {
        digest: Some(digest.to_string()),
    };
    attempt
        .record
        .write(&done)
        .map_err(|error| failed(&format!("cannot note the push on disk: {error}")))?;
    let pushed = output
        .parse::<Reference>()
        .map(|reference| reference.with_digest(digest.clone()).to_string());
    attempt.log.line(&format!(
        "Successfully pushed {}",
        pushed.unwrap_or_else(|_| format!("{output}@{digest}"))
    ));
    attempt.log.line("Push successful");
    if let Some(earlier) = earlier.filter(|earlier| earlier != image) {
        forget(attempt, &earlier).await;
    }
    Ok(digest.to_string())
}

async fn transfer(attempt: &Attempt, name: &str, credentials: Option<&Credentials>) -> Result<Digest, EngineError> {
    let mut tries = 1;
    loop {
        let pushing = attempt.kit.engine.push(name, credentials);
        match finish(pushing, &attempt.log, &|text| attempt.kit.names.for_user(text)).await {
            Ok(digest) => {
                return digest.as_deref().and_then(|digest| digest.parse().ok()).ok_or_else(|| {
                    EngineError::refused("the container engine did not say which digest the image has in the registry")
                });
            }
            Err(error) if tries < TRANSFER_ATTEMPTS && may_pass(&error) => {
                attempt.log.line("Warning: Push failed, retrying in 5s ...");
                tries += 1;
                tokio::time::sleep(TRANSFER_PAUSE).await;
            }
            Err(error) => return Err(error),
        }
    }
}

fn tell_credentials(attempt: &Attempt, credentials: Option<&Credentials>) {
    let Some(credentials) = credentials else { return };
    let password = if credentials.password.is_empty() {
        "<<empty>>"
    } else {
        "<<non-empty>>"
    };
    attempt.log.line("Registry server Address: ");
    attempt
        .log
        .line(&format!("Registry server User Name: {}", credentials.username));
    attempt.log.line("Registry server Email: ");
    attempt.log.line(&format!("Registry server Password: {password}"));
}

/// An image that lost its name to the new one. Containers may still use it; then it stays.
async fn forget(attempt: &Attempt, image: &str) {
    if let Err(error) = attempt.kit.engine.remove_image(image, false).await
        && !error.is_not_found()
        && !error.is_conflict()
    {
        tracing::warn!(build = %attempt.job.pod, image, %error, "cannot remove the image that this build replaces");
    }
}

fn failed(cause: &str) -> BuildFailure {
    BuildFailure::new(
        FailureReason::PushImage,
        format!(
            "Failed to push image: {cause}; check that the output exists and that the build's service account may push to it"
        ),
    )
}
