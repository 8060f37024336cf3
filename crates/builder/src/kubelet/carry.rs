use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::{DeleteParams, Patch, PatchParams, Preconditions};
use tokio::sync::{OnceCell, Semaphore};
use tokio_util::sync::CancellationToken;
use weir_api::build::Build;

use super::patience::until_answered;
use super::plan::Action;
use super::pod_status::{End, Outcome, Timeline, status_patch};
use super::sweep::sweep_images;
use super::watch::containers;
use crate::build::{Attempt, Kit, PushRecord, Remains};
use crate::failure::{BuildFailure, FailureReason};
use crate::job::{Job, build_name};
use crate::log::{LogStore, PodKey};
use crate::report::{Report, report, status_code};
use crate::workbench::Workbench;

/// As much of a failed container's log as a kubelet puts into its status.
const LAST_WORDS_LINES: usize = 80;
const LAST_WORDS_BYTES: usize = 2048;

/// What all tasks share.
pub(super) struct Shared {
    pub kit: Arc<Kit>,
    pub bench: Workbench,
    pub logs: LogStore,
    /// Builds that may run at the same time.
    pub permits: Semaphore,
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
enum Ended {
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
        let ready = tokio::select! {
            () = self.stop.cancelled() => return,
            ready = self.shared.permits.acquire() => ready,
        };
        // The semaphore is closed only when the builder ends.
        let Ok(_permit) = ready else { return };
        self.shared.swept.get_or_init(|| sweep_images(&self.shared.kit)).await;
        let mut timeline = Timeline {
            accepted: self.now(),
            ..Timeline::default()
        };
        let mut revision = None;
        if again {
            timeline.restarts = Timeline::of(&self.pod, self.now()).restarts + 1;
            revision = self.recorded_revision().await;
        }
        let (attempt, job) = match self.attempt(revision) {
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
            Attempt::new(kit, job.clone(), place, clone_log, log, self.record()),
            job,
        ))
    }

    async fn steps(&self, attempt: &Attempt, timeline: &mut Timeline) -> Ended {
        if attempt.job.clone_container.is_some() {
            timeline.fetch_started = Some(self.now());
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
        self.shared.logs.end_all(&self.key);
    }

    async fn tell(&self, told: &Report<'_>) {
        let Some(build) = build_name(&self.pod) else { return };
        let client = &self.shared.kit.client;
        let answered = until_answered("details of a build", || {
            report(client, self.key.namespace(), &build, told)
        })
        .await;
        if let Err(error) = answered {
            tracing::warn!(build = %self.key, %error, "the API refused what the builder has to tell");
        }
    }

    async fn write(&self, timeline: &Timeline) {
        let patch = Patch::Merge(status_patch(&self.pod, timeline));
        let (pods, parameters) = (self.pods(), PatchParams::default());
        let written = until_answered("status of a build pod", || {
            pods.patch_status(self.key.name(), &parameters, &patch)
        })
        .await;
        match written {
            Ok(_) => {}
            // Deleted meanwhile: the watch says so too, and ends this build.
            Err(error) if status_code(&error) == Some(404) => {}
            Err(error) => tracing::warn!(pod = %self.key, %error, "the API refused the status of a build pod"),
        }
    }

    /// The commit that an earlier run of this build has told, so that this run builds the same.
    async fn recorded_revision(&self) -> Option<String> {
        let build = build_name(&self.pod)?;
        let builds: Api<Build> = Api::namespaced(self.shared.kit.client.clone(), self.key.namespace());
        let answered = until_answered("revision of a build", || builds.get_opt(&build)).await;
        let found = answered
            .inspect_err(|error| tracing::warn!(build = %self.key, %error, "cannot read a build"))
            .ok()??;
        let commit = found.spec.common.revision?.git?.commit;
        (!commit.is_empty()).then_some(commit)
    }

    /// The last act of a kubelet: takes the object away when nothing of the pod is left.
    async fn remove(&self) {
        let parameters = DeleteParams {
            grace_period_seconds: Some(0),
            preconditions: Some(Preconditions {
                uid: self.pod.metadata.uid.clone(),
                resource_version: None,
            }),
            ..DeleteParams::default()
        };
        let pods = self.pods();
        let deleted = until_answered("end of a build pod", || pods.delete(self.key.name(), &parameters)).await;
        if let Err(error) = deleted
            && !matches!(status_code(&error), Some(404 | 409))
        {
            tracing::warn!(pod = %self.key, %error, "the API refused to take a build pod away");
        }
    }

    fn last_words(&self, timeline: &Timeline, job: &Job) -> String {
        let container = match &job.clone_container {
            Some(container) if timeline.build_started.is_none() => container,
            _ => &job.main_container,
        };
        self.shared
            .logs
            .tail(&self.key, container, LAST_WORDS_LINES, LAST_WORDS_BYTES)
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

    fn pods(&self) -> Api<Pod> {
        Api::namespaced(self.shared.kit.client.clone(), self.key.namespace())
    }

    fn now(&self) -> Timestamp {
        (self.shared.kit.clock)()
    }
}

impl Timeline {
    /// As far as the object tells, for a pod whose run was cut off.
    fn of(pod: &Pod, now: Timestamp) -> Self {
        let status = pod.status.clone().unwrap_or_default();
        let first = |statuses: &[k8s_openapi::api::core::v1::ContainerStatus]| {
            let state = statuses.first()?.state.clone()?;
            let running = state.running.and_then(|running| running.started_at);
            running
                .or_else(|| state.terminated.and_then(|terminated| terminated.started_at))
                .map(|time| time.0)
        };
        let init = status.init_container_statuses.as_deref().unwrap_or_default();
        let main = status.container_statuses.as_deref().unwrap_or_default();
        let build_started = first(main);
        Self {
            accepted: status.start_time.map_or(now, |time| time.0),
            fetch_started: first(init),
            fetch_ended: build_started,
            build_started,
            end: None,
            restarts: main.first().map(|status| status.restart_count).unwrap_or_default(),
        }
    }
}

impl super::watch::Kubelet {
    /// Makes room for the logs of a pod before anything else happens to it.
    pub(super) fn expect_logs(&self, key: &PodKey, pod: &Pod) -> Result<(), crate::log::LogError> {
        let uid = pod.metadata.uid.as_deref().unwrap_or_default();
        self.shared.logs.expect(key, uid, &containers(pod))
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
