use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, DeleteParams, Preconditions};
use weir_engine::EngineError;

use super::{Message, Worker};
use crate::container::Attempt;
use crate::instance::Observed;
use crate::plan::{Action, StopReason};
use crate::pod_view::PodView;
use crate::recorder::Severity;

pub(super) enum Done {
    GoOn,
    Finished,
}

impl Worker {
    /// Does one thing that was planned.
    ///
    /// # Errors
    /// Only what makes all further work useless: an engine that does not answer. All else becomes a fact.
    pub(super) async fn apply(
        &mut self,
        action: Action,
        pod: Option<&Arc<Pod>>,
        observed: &Observed,
    ) -> Result<Done, EngineError> {
        match (action, pod) {
            (Action::Stop { id, grace, why }, _) => self.stop(id, grace, why, pod, observed),
            (Action::Kill { id }, _) => ignore_absence(self.node.engine.kill(&id).await)?,
            (Action::Remove { id }, _) => self.remove(&id, false).await?,
            (Action::TearDown, _) => return self.tear_down(observed).await,
            (Action::FinishDeletion, Some(pod)) => return self.finish_deletion(pod, observed).await,
            (Action::StartInfra, Some(pod)) => self.start_infra(pod, observed).await?,
            (
                Action::Start {
                    role,
                    container,
                    attempt,
                    crashes,
                },
                Some(pod),
            ) => {
                self.start(
                    pod,
                    &container,
                    Attempt {
                        role,
                        number: attempt,
                        crashes,
                    },
                    observed,
                )
                .await?;
            }
            (Action::FinishDeletion | Action::StartInfra | Action::Start { .. }, None) => {}
        }
        Ok(Done::GoOn)
    }

    /// Stops beside the worker: a grace period may be long.
    fn stop(&mut self, id: String, grace: Duration, why: StopReason, pod: Option<&Arc<Pod>>, observed: &Observed) {
        self.probing.remove(&id);
        let instance = observed.all().find(|instance| instance.id == id);
        let container = instance.map(|instance| instance.container.clone());
        let pre_stop = instance
            .zip(pod)
            .and_then(|(instance, pod)| self.pre_stop(pod, instance));
        if let (Some(pod), Some(container)) = (pod, container) {
            let message = self.why_killed(&container, &id, why);
            self.node
                .event(pod, Some(&container), Severity::Normal, "Killing", message);
        }
        let latest = self.node.now().checked_add(grace).unwrap_or(jiff::Timestamp::MAX);
        self.facts.stopping.insert(id.clone(), latest);
        let (engine, sender) = (Arc::clone(&self.node.engine), self.sender.clone());
        tokio::spawn(async move {
            let outcome = if grace.is_zero() {
                engine.kill(&id).await
            } else {
                let grace = match pre_stop {
                    Some(hook) => hook.run(grace).await,
                    None => grace,
                };
                engine.stop(&id, grace).await
            };
            let outcome = ignore_absence(outcome);
            if outcome.is_err() {
                // Tried again when this is reported, and not faster.
                tokio::time::sleep(super::BREATH).await;
            }
            // A worker that is gone has no use for it.
            let _told = sender.send(Message::Stopped { id, outcome }).await;
        });
    }

    fn why_killed(&self, container: &str, id: &str, why: StopReason) -> String {
        match why {
            StopReason::PodDeleted => format!("Stopping container {container}"),
            StopReason::PodFinished => {
                format!("Stopping container {container}: the pod is over its deadline or finished")
            }
            StopReason::ImageChanged => {
                format!("Container {container} definition changed, will be restarted with its new image")
            }
            StopReason::NotInPod => format!("Stopping container {container}: the pod does not name it"),
            StopReason::NetworkLost => format!("Container {container} lost its network, will be restarted"),
            StopReason::PostStartFailed => {
                format!("Container {container} failed its postStart hook, will be restarted")
            }
            StopReason::Unhealthy => {
                let unhealthy = self.facts.health.get(id).and_then(|health| health.unhealthy.as_ref());
                let probe = unhealthy.map_or("liveness", |unhealthy| unhealthy.probe).to_lowercase();
                format!("Container {container} failed {probe} probe, will be restarted")
            }
        }
    }

    pub(super) fn stop_ended(&mut self, id: &str, outcome: Result<(), EngineError>) {
        if let Err(error) = outcome {
            tracing::warn!(pod = self.uid, container = id, %error, "cannot stop a container; trying again");
        }
        self.facts.stopping.remove(id);
    }

    async fn remove(&self, id: &str, force: bool) -> Result<(), EngineError> {
        match self.node.engine.remove(id, force).await {
            Err(error) if error.is_not_found() => Ok(()),
            // It runs after all, or is being removed: the next look shows which.
            Err(error) if error.is_conflict() => {
                tracing::debug!(container = id, %error, "not removed yet");
                Ok(())
            }
            outcome => outcome,
        }
    }

    async fn tear_down(&mut self, observed: &Observed) -> Result<Done, EngineError> {
        self.remove_everything(observed).await?;
        Ok(Done::Finished)
    }

    /// Containers before the network they share, and files at last.
    async fn remove_everything(&mut self, observed: &Observed) -> Result<(), EngineError> {
        self.probing.clear();
        for instance in observed.all().rev() {
            ignore_absence(self.node.engine.remove(&instance.id, true).await)?;
        }
        let (directories, uid) = (self.node.directories.clone(), self.uid.clone());
        let removed = tokio::task::spawn_blocking(move || directories.remove(&uid)).await;
        if let Ok(Err(error)) = removed {
            tracing::warn!(pod = self.uid, %error, "cannot remove the pod's directory; it is removed at the next start");
        }
        Ok(())
    }

    /// The last status is written first: whoever watches sees how it ended.
    pub(super) async fn finish_deletion(&mut self, pod: &Arc<Pod>, observed: &Observed) -> Result<Done, EngineError> {
        self.report(Some(pod), observed).await;
        self.remove_everything(observed).await?;
        let pods: Api<Pod> = Api::namespaced(self.node.client.clone(), pod.namespace());
        let parameters = DeleteParams {
            grace_period_seconds: Some(0),
            preconditions: Some(Preconditions {
                uid: Some(self.uid.clone()),
                resource_version: None,
            }),
            ..DeleteParams::default()
        };
        match pods.delete(pod.name(), &parameters).await {
            Ok(_) => Ok(Done::Finished),
            // Gone already, or another one of that name.
            Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(Done::Finished),
            Err(error) => {
                tracing::warn!(pod = pod.name(), %error, "cannot finish the pod's deletion; trying again");
                tokio::time::sleep(super::BREATH).await;
                Ok(Done::GoOn)
            }
        }
    }
}

fn ignore_absence(outcome: Result<(), EngineError>) -> Result<(), EngineError> {
    match outcome {
        Err(error) if error.is_not_found() || error.is_conflict() => Ok(()),
        other => other,
    }
}
