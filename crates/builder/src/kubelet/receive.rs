use std::time::Duration;

use tokio::sync::SemaphorePermit;

use super::carry::{Carrier, Ended};
use super::pod_status::Timeline;
use crate::failure::{BuildFailure, FailureReason};
use crate::job::{BinarySource, Job};
use crate::log::LogWriter;
use crate::upload::{UploadError, UploadFile};

/// Uploads that are awaited or kept at the same time. Each takes up to 4 GiB of the disk; more builds wait for a place.
pub(super) const MAX_UPLOADS: usize = 8;
/// How long a build waits for somebody to begin with its upload. The API tells its client after as long that the build
/// did not start.
const PATIENCE: Duration = Duration::from_secs(300);
/// The longest upload of a build without a deadline.
const LONGEST_UPLOAD: Duration = Duration::from_secs(3600);

/// What comes before a binary build: its upload. It takes no part of what builds need to run, so that slow clients keep
/// nobody else's build from running.
impl Carrier {
    /// Waits for the upload until it is on disk. The right to keep it lasts as long as what is returned.
    pub(super) async fn receive(
        &self,
        again: bool,
        timeline: &mut Timeline,
    ) -> Result<Option<SemaphorePermit<'_>>, Ended> {
        // What is wrong with the pod is told when the build begins.
        let Ok(job) = Job::from_pod(&self.pod, &self.key) else {
            return Ok(None);
        };
        let Some(binary) = &job.binary else {
            return Ok(None);
        };
        let log = self
            .shared
            .logs
            .writer(&self.key, &binary.container)
            .map_err(|error| Ended::Failed(generic(&error)))?;
        let limit = job.deadline.unwrap_or(LONGEST_UPLOAD);
        let received = tokio::select! {
            biased;
            () = self.stop.cancelled() => return Err(Ended::Stopped),
            received = self.uploaded(binary, again, &log, timeline) => received,
            () = tokio::time::sleep(limit) => return Err(Ended::Late(limit)),
        };
        received.map(Some).map_err(|failure| {
            log.line(&format!("error: {failure}"));
            Ended::Failed(failure)
        })
    }

    async fn uploaded(
        &self,
        binary: &BinarySource,
        again: bool,
        log: &LogWriter,
        timeline: &mut Timeline,
    ) -> Result<SemaphorePermit<'_>, BuildFailure> {
        // The semaphore is closed only when the builder ends.
        let permit = self.shared.uploads.acquire().await.map_err(|error| generic(&error))?;
        let file = self.upload();
        if file.is_complete().map_err(|error| generic(&error))? {
            return Ok(permit);
        }
        timeline.fetch_started = Some(self.now());
        if again {
            return Err(missing(
                "the builder was restarted before the whole upload was here; start the build again",
            ));
        }
        let uid = self.pod.metadata.uid.as_deref().unwrap_or_default();
        let mut place = self.shared.desk.expect(&self.key, uid, &binary.container, file);
        log.line(&match &binary.as_file {
            Some(name) => format!("Receiving source from STDIN as file {name}"),
            None => "Receiving source from STDIN as archive ...".to_owned(),
        });
        self.write(timeline).await;
        let begun = tokio::time::timeout(PATIENCE, place.begun()).await;
        let Ok(Some(upload)) = begun else {
            return Err(missing(&format!(
                "nobody uploaded the source within {} seconds; start the build with: start-build --from-dir=DIRECTORY",
                PATIENCE.as_secs()
            )));
        };
        upload.kept().await.map_err(|error| match error {
            UploadError::Io(error) => generic(&error),
            other => missing(&other.to_string()),
        })?;
        tracing::info!(build = %self.key, "source uploaded");
        Ok(permit)
    }

    pub(super) fn upload(&self) -> UploadFile {
        UploadFile::in_directory(&self.shared.logs.directory(&self.key))
    }

    /// What is over does not run again.
    pub(super) fn discard_upload(&self) {
        if let Err(error) = self.upload().remove() {
            tracing::warn!(build = %self.key, %error, "cannot remove the upload of a build; it goes with the build");
        }
    }
}

fn missing(detail: &str) -> BuildFailure {
    BuildFailure::new(FailureReason::FetchSource, detail)
}

fn generic(error: &dyn std::fmt::Display) -> BuildFailure {
    BuildFailure::new(FailureReason::GenericBuild, error.to_string())
}
