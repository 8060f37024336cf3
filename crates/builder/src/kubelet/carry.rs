use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use tokio::sync::{OnceCell, Semaphore};
use tokio_util::sync::CancellationToken;

use super::plan::Action;
use super::pod_status::{End, Outcome, Timeline};
use super::sweep::sweep_images;
use crate::build::{Attempt, Kit, PushRecord, Remains};
use crate::failure::{BuildFailure, FailureReason};
use crate::job::{Job, build_name};
use crate::log::{LogStore, PodKey};
use crate::report::Report;
use crate::upload::Desk;
use crate::workbench::Workbench;

/// How long a build waits for an engine that does not answer.
const ENGINE_PATIENCE: Duration = Duration::from_secs(60);
const ENGINE_LOOK_EVERY: Duration = Duration::from_millis(250);

/// What all tasks share.
pub(super) struct Shared {
    pub kit: Arc<Kit>,
    pub bench: Workbench,
    pub logs: LogStore,
    /// Builds that may run at the same time.
    pub permits: Semaphore,
    /// Uploads that may be awaited or kept at the same time.
    pub uploads: Semaphore,
    pub desk: Desk,
    /// Set when images of interrupted builds were looked for, which is before the first build.
    pub swept: OnceCell<()>,
}

/// One pod on its way to its end.
pub(super) struct Carrier {
    pub shared: Arc<Shared>,
    pub key: PodKey,
    pub pod: Pod,
    /// The pod is being deleted: whatever runs for it ends.
    pub stop: CancellationToken,
}

/// How a run of a build came to its end.
pub(super) enum Ended {
    Built(Option<String>),
    Failed(BuildFailure),
    Late(Duration),
    Stopped,
}

impl Carrier {
    /// Does what was planned. Dropping the future ends everything it has started.
    pub async fn carry(self, action: Action) {
        match action {
            Action::Leave => {}
            Action::Remove => self.remove().await,
            Action::Run => self.run(false).await,
            Action::RunAgain => self.run(true).await,
            Action::Complete { digest } => {
                let mut timeline = Timeline::of(&self.pod, self.now());
                self.finish(&mut timeline, None, Ended::Built(digest)).await;
            }
            Action::FailInterrupted => {
                let mut timeline = Timeline::of(&self.pod, self.now());
                self.finish(&mut timeline, None, Ended::Failed(self.interrupted()))
                    .await;
            }
        }
    }

    async fn run(&self, again: bool) {
        let mut timeline = Timeline {
            accepted: self.now(),
            ..Timeline::default()
        };
        let _upload = match self.receive(again, &mut timeline).await {
            Ok(upload) => upload,
            Err(ended) => return self.finish(&mut timeline, None, ended).await,
        };
        let ready = async {
            // The semaphore is closed only when the builder ends.
            let permit = self.shared.permits.acquire().await.ok()?;
            Some((permit, self.engine_answers().await))
        };
        let ready = tokio::select! {
            () = self.stop.cancelled() => return,
            ready = ready => ready,
        };
        let Some((_permit, answers)) = ready else { return };
        let mut revision = None;
        if again {
            timeline.restarts = Timeline::of(&self.pod, self.now()).restarts + 1;
            revision = self.recorded_revision().await;
        }
        let (attempt, job) = match answers.and_then(|()| self.attempt(revision)) {
            Ok(attempt) => attempt,
            Err(failure) => return self.finish(&mut timeline, None, Ended::Failed(failure)).await,
        };
        if again {
            attempt
                .clone_log
                .line("The builder was restarted while this build ran; the build begins again.");
        }
        let late = async {
            match job.deadline {
                Some(deadline) => tokio::time::sleep(deadline).await,
                None => std::future::pending().await,
            }
        };
        let ended = tokio::select! {
            biased;
            () = self.stop.cancelled() => Ended::Stopped,
            ended = self.steps(&attempt, &mut timeline) => ended,
            () = late => Ended::Late(job.deadline.unwrap_or_default()),
        };
        // Only when nothing is left of it is the build said to be over.
        let remains = attempt.clear_away().await;
        self.finish(&mut timeline, Some(&remains), ended).await;
    }

    /// Waits for the engine, which may just be starting as we are, and has the first build look for leftovers there.
    async fn engine_answers(&self) -> Result<(), BuildFailure> {
        let kit = &self.shared.kit;
        let waiting = async {
            let mut ticks = tokio::time::interval(ENGINE_LOOK_EVERY);
            // An engine that is not there cannot tell when it comes.
            loop {
                ticks.tick().await;
                if kit.engine.ping().await.is_ok() {
                    return;
                }
            }
        };
        if tokio::time::timeout(ENGINE_PATIENCE, waiting).await.is_err()
            && let Err(error) = kit.engine.ping().await
        {
            let detail = format!("{error}; start the container engine, then start the build again");
            return Err(BuildFailure::new(FailureReason::GenericBuild, detail));
        }
        self.shared.swept.get_or_init(|| sweep_images(kit)).await;
        Ok(())
    }

    /// Everything a build needs, before it begins.
    fn attempt(&self, revision: Option<String>) -> Result<(Attempt, Arc<Job>), BuildFailure> {
        let generic = |error: &dyn std::fmt::Display| BuildFailure::new(FailureReason::GenericBuild, error.to_string());
        let mut job = Job::from_pod(&self.pod, &self.key)?;
        if let (Some(git), Some(commit)) = (&mut job.git, revision) {
            git.commit.get_or_insert(commit);
        }
        let job = Arc::new(job);
        let place = self
            .shared
            .bench
            .take(&directory_name(&job.uid))
            .map_err(|error| generic(&error))?;
        let writer = |container: &str| {
            self.shared
                .logs
                .writer(&self.key, container)
                .map_err(|error| generic(&error))
        };
        let log = writer(&job.main_container)?;
        let clone_log = match &job.clone_container {
            Some(container) => writer(container)?,
            None => log.clone(),
        };
        let kit = self.shared.kit.clone();
        Ok((
            Attempt::new(kit, job.clone(), place, (clone_log, log), self.record(), self.upload()),
            job,
        ))
    }

    async fn steps(&self, attempt: &Attempt, timeline: &mut Timeline) -> Ended {
        if attempt.job.clone_container.is_some() {
            timeline.fetch_started.get_or_insert_with(|| self.now());
            self.write(timeline).await;
        }
        let fetched = match attempt.fetch().await {
            Ok(fetched) => fetched,
            Err(failure) => {
                attempt.clone_log.line(&format!("error: {failure}"));
                return Ended::Failed(failure);
            }
        };
        if let Some(container) = &attempt.job.clone_container {
            timeline.fetch_ended = Some(self.now());
            attempt.clone_log.flush();
            self.shared.logs.end(&self.key, container);
        }
        timeline.build_started = Some(self.now());
        self.write(timeline).await;
        match attempt.build(&fetched).await {
            Ok(digest) => Ended::Built(digest),
            Err(failure) => {
                attempt.log.flush();
                attempt.log.line(&format!("error: {failure}"));
                Ended::Failed(failure)
            }
        }
    }

    /// Tells the Build, then the pod, how it ended.
    async fn finish(&self, timeline: &mut Timeline, remains: Option<&Remains>, ended: Ended) {
        let (outcome, failure, digest) = match ended {
            Ended::Stopped => return self.shared.logs.end_all(&self.key),
            Ended::Built(digest) => (Outcome::Succeeded, None, digest),
            Ended::Failed(failure) => (Outcome::Failed, Some(failure), None),
            Ended::Late(deadline) => (Outcome::DeadlineExceeded, Some(too_late(deadline)), None),
        };
        if let (Some(remains), Outcome::DeadlineExceeded, Some(failure)) = (remains, &outcome, &failure) {
            remains.log.line(&format!("error: {failure}"));
        }
        let stages = remains.map(|remains| remains.stages.clone()).unwrap_or_default();
        let told = Report {
            failure: failure.as_ref(),
            image_digest: digest.as_deref(),
            stages: stages.as_slice(),
            ..Report::default()
        };
        self.tell(&told).await;
        let last_words = match (&failure, remains) {
            (Some(failure), None) => format!("error: {failure}"),
            (Some(_), Some(remains)) => self.last_words(timeline, &remains.job),
            (None, _) => String::new(),
        };
        timeline.end = Some(End {
            at: self.now(),
            outcome,
            last_words,
        });
        self.write(timeline).await;
        self.discard_upload();
        self.shared.logs.end_all(&self.key);
    }

    fn interrupted(&self) -> BuildFailure {
        let build = build_name(&self.pod).unwrap_or_default();
        BuildFailure::new(
            FailureReason::GenericBuild,
            format!(
                "the builder was restarted while this build pushed its image, so that nobody knows whether the image arrived; \
                 start it again with: start-build --from-build={build}"
            ),
        )
    }

    fn record(&self) -> PushRecord {
        PushRecord::in_directory(&self.shared.logs.directory(&self.key))
    }

    pub(super) fn now(&self) -> Timestamp {
        (self.shared.kit.clock)()
    }
}

fn too_late(deadline: Duration) -> BuildFailure {
    BuildFailure::new(
        FailureReason::GenericBuild,
        format!(
            "the build ran longer than its {} seconds; give it more with spec.completionDeadlineSeconds",
            deadline.as_secs()
        ),
    )
}

/// Ids are given by the API; here one becomes the name of a directory.
fn directory_name(uid: &str) -> String {
    let plain: String = uid.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    if plain.is_empty() { "build".to_owned() } else { plain }
}
