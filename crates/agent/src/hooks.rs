//! Lifecycle hooks of containers: what runs right after the start and before the stop signal.

use std::time::Duration;

use k8s_openapi::api::core::v1::{Container, LifecycleHandler};

use crate::instance::Instance;
use crate::probes::Prober;

/// A container gets so long to end by itself after its preStop hook, whatever the hook used of the grace period.
pub(crate) const LEAST_GRACE: Duration = Duration::from_secs(2);

pub(crate) fn post_start(container: &Container) -> Option<LifecycleHandler> {
    container.lifecycle.as_ref()?.post_start.clone()
}

pub(crate) fn pre_stop(container: &Container) -> Option<LifecycleHandler> {
    container.lifecycle.as_ref()?.pre_stop.clone()
}

/// Runs one hook to its end. The error is the reason, for people.
pub(crate) async fn run(
    prober: &Prober,
    container: &Container,
    instance: &Instance,
    hook: &LifecycleHandler,
) -> Result<(), String> {
    if let Some(action) = &hook.exec {
        return prober.exec(instance, action).await;
    }
    if let Some(action) = &hook.http_get {
        // Whatever it answers: it was told.
        return prober.http_get(container, instance, action).await.map(drop);
    }
    if let Some(action) = &hook.sleep {
        let seconds = u64::try_from(action.seconds).unwrap_or(0);
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        return Ok(());
    }
    Err("the hook has no exec, httpGet or sleep; tcpSocket is not supported in hooks".to_owned())
}

/// Runs a preStop hook within the grace period and returns what is left of it for the stop signal.
pub(crate) async fn before_stop(
    prober: &Prober,
    container: &Container,
    instance: &Instance,
    hook: &LifecycleHandler,
    grace: Duration,
) -> (Duration, Result<(), String>) {
    let begun = tokio::time::Instant::now();
    let outcome = match tokio::time::timeout(grace, run(prober, container, instance, hook)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(format!("it did not end in the grace period of {} s", grace.as_secs())),
    };
    (grace.saturating_sub(begun.elapsed()).max(LEAST_GRACE), outcome)
}
