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
        self.tell_of_crashes(&pod, &new);
        self.write(&pod, patch).await
    }

    async fn write(&mut self, pod: &Pod, status: serde_json::Value) -> bool {
        let patch = Patch::Merge(json!({"metadata": {"uid": self.uid}, "status": status}));
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

    /// Nothing can be done: pods that have not started say so, and those that cannot end. What is known of the others
    /// stays.
    pub(super) async fn report_obstacle(&mut self, pod: &Pod) -> bool {
        let Some(message) = self.facts.obstacle.as_ref().map(|obstacle| obstacle.message.clone()) else {
            return true;
        };
        if pod.deleted_at().is_some() {
            return self.report_stay(pod, &message).await;
        }
        if pod.has_run() || pod.is_terminal() {
            return true;
        }
        if self.node.is_news(&self.uid, &message) {
            self.node.event(pod, None, Severity::Warning, Obstacle::REASON, message);
        }
        self.report(Some(pod), &Observed::default()).await
    }

    /// A pod that is to end, and whose containers may be on an engine that does not answer, says why it is still there.
    async fn report_stay(&mut self, pod: &Pod, obstacle: &str) -> bool {
        let message = format!(
            "the pod stays until the container engine can be asked for its containers, which may still run: {obstacle}; \
             `oc delete pod {} --force --grace-period=0` gives them up",
            pod.name()
        );
        if self.node.is_news(&self.uid, &message) {
            self.node
                .event(pod, None, Severity::Warning, Obstacle::REASON, message.clone());
        }
        let pod = self.with_newest_status(pod);
        let told = pod.pod_status().and_then(|status| status.message.as_deref());
        // Of a pod that is over, what it says about its end is worth more.
        if pod.is_terminal() || told == Some(&message) {
            return true;
        }
        self.write(&pod, json!({ "message": message })).await
    }

    /// A container that goes into its back-off is worth an event.
    fn tell_of_crashes(&self, pod: &Pod, new: &PodStatus) {
        let old = pod.pod_status().map(backing_off).unwrap_or_default();
        for name in backing_off(new).into_iter().filter(|name| !old.contains(name)) {
            let (pod_name, namespace, uid) = (pod.name(), pod.namespace(), pod.uid());
            let message = format!("Back-off restarting failed container {name} in pod {pod_name}_{namespace}({uid})");
            self.node.event(pod, Some(name), Severity::Warning, "BackOff", message);
        }
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

/// Names of the containers in a crash loop.
fn backing_off(status: &PodStatus) -> Vec<&str> {
    let lists = [&status.init_container_statuses, &status.container_statuses];
    let waiting = lists.into_iter().flatten().flatten().filter(|status| {
        let waiting = status.state.as_ref().and_then(|state| state.waiting.as_ref());
        waiting.and_then(|waiting| waiting.reason.as_deref()) == Some("CrashLoopBackOff")
    });
    waiting.map(|status| status.name.as_str()).collect()
}
