use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::{DeleteParams, Patch, PatchParams, Preconditions};
use weir_api::build::Build;

use super::carry::Carrier;
use super::patience::until_answered;
use super::pod_status::{Timeline, status_patch};
use crate::job::{Job, build_name};
use crate::report::{Report, report, status_code};

/// As much of a failed container's log as a kubelet puts into its status.
const LAST_WORDS_LINES: usize = 80;
const LAST_WORDS_BYTES: usize = 2048;

/// What a carrier says to the API.
impl Carrier {
    /// Tells the Build.
    pub(super) async fn tell(&self, told: &Report<'_>) {
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

    /// Writes the status of the pod.
    pub(super) async fn write(&self, timeline: &Timeline) {
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
    pub(super) async fn recorded_revision(&self) -> Option<String> {
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
    pub(super) async fn remove(&self) {
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

    /// The end of the log of the container that failed.
    pub(super) fn last_words(&self, timeline: &Timeline, job: &Job) -> String {
        let container = match &job.clone_container {
            Some(container) if timeline.build_started.is_none() => container,
            _ => &job.main_container,
        };
        self.shared
            .logs
            .tail(&self.key, container, LAST_WORDS_LINES, LAST_WORDS_BYTES)
    }

    fn pods(&self) -> Api<Pod> {
        Api::namespaced(self.shared.kit.client.clone(), self.key.namespace())
    }
}
