use std::fmt::Display;
use std::time::Duration;

use crate::report::{ReportError, status_code};

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// An error that may be gone when the same call is made again.
pub(super) trait MayPass: Display {
    fn may_pass(&self) -> bool;
}

impl MayPass for kube::Error {
    /// Everything but a considered refusal.
    fn may_pass(&self) -> bool {
        match status_code(self) {
            Some(code) => code == 429 || code >= 500,
            None => !matches!(self, Self::SerdeError(_) | Self::BuildRequest(_) | Self::HttpError(_)),
        }
    }
}

impl MayPass for ReportError {
    fn may_pass(&self) -> bool {
        match self {
            Self::Api { source, .. } => source.may_pass(),
            Self::Contended(_) => true,
        }
    }
}

/// Makes a call again until the API has answered it one way or the other: the end of a build must not be lost because
/// the API was away for a moment. Returns the refusal, if it was one. Drop the future to give up.
pub(super) async fn until_answered<T, E, F>(what: &str, mut call: impl FnMut() -> F) -> Result<T, E>
where
    E: MayPass,
    F: Future<Output = Result<T, E>>,
{
    let mut pause = FIRST_PAUSE;
    loop {
        match call().await {
            Err(error) if error.may_pass() => {
                tracing::warn!(what, %error, "the API does not take it; trying again");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            answered => return answered,
        }
    }
}
