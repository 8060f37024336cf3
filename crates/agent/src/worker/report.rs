use k8s_openapi::api::core::v1::{Pod, PodStatus};
use kube::api::{Api, Patch, PatchParams};
use serde_json::json;

use super::{Worker, Written};
use crate::facts::Obstacle;
use crate::instance::Observed;
use crate::pod_view::PodView;
use crate::recorder::Severity;
use crate::status;

impl Worker {
    /// Writes the pod's status if it differs from what the API has. False: it has to be tried again.
    pub(super) async fn report(&mut self, pod: Option<&Pod>, observed: &Observed) -> bool {
        let Some(pod) = pod else { return true };
        let pod = self.with_newest_status(pod);
        let machine = self.node.machine().await;
        let new = status::status(&pod, observed, &self.facts, &machine, self.node.now());
        let Some(patch) = difference(pod.status.as_ref(), &new) else {
            return true;
        };
        let patch = Patch::Merge(json!({"metadata": {"uid": self.uid}, "status": patch}));
        let pods: Api<Pod> = Api::namespaced(self.node.client.clone(), pod.namespace());
        match pods.patch_status(pod.name(), &PatchParams::default(), &patch).await {
            Ok(updated) => {
                self.remember(updated);
                true
            }
            // Gone, or another one of that name.
            Err(kube::Error::Api(answer)) if matches!(answer.code, 404 | 409) => {
                tracing::debug!(
                    pod = pod.name(),
                    message = answer.message,
                    "the status is not wanted any more"
                );
                true
            }
            Err(error) => {
                tracing::warn!(pod = pod.name(), %error, "cannot write the status");
                false
            }
        }
    }

    /// Nothing can be done: pods that have not started say so. What is known of the others stays.
    pub(super) async fn report_obstacle(&mut self, pod: &Pod) -> bool {
        let Some(message) = self.facts.obstacle.as_ref().map(|obstacle| obstacle.message.clone()) else {
            return true;
        };
        if self.node.is_news(&self.uid, &message) {
            self.node.event(pod, None, Severity::Warning, Obstacle::REASON, message);
        }
        if pod.has_run() || pod.is_terminal() || pod.deleted_at().is_some() {
            return true;
        }
        self.report(Some(pod), &Observed::default()).await
    }

    fn remember(&mut self, updated: Pod) {
        let version = version(&updated);
        self.written = updated.status.map(|status| Written { status, version });
    }

    /// The watch may be behind what we wrote ourselves.
    fn with_newest_status(&mut self, pod: &Pod) -> Pod {
        let mut pod = pod.clone();
        if let Some(written) = &self.written {
            if version(&pod) < written.version {
                pod.status = Some(written.status.clone());
            } else {
                self.written = None;
            }
        }
        pod.status.get_or_insert_with(PodStatus::default);
        pod
    }
}

/// Versions of one object are numbers that grow.
fn version(pod: &Pod) -> Option<u64> {
    pod.metadata.resource_version.as_deref()?.parse().ok()
}

fn difference(old: Option<&PodStatus>, new: &PodStatus) -> Option<serde_json::Value> {
    // Both are plain data: what cannot be printed cannot be written either.
    let old = serde_json::to_value(old).ok()?;
    status::merge_patch(&old, &serde_json::to_value(new).ok()?)
}
