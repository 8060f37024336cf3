use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{
    Pod, PodTemplateSpec, ReplicationController, ReplicationControllerSpec, ReplicationControllerStatus,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::{Value, json};

use super::victims;
use crate::ownership::{controller_of, controller_reference, is_controlled_by};
use crate::pod_facts::{Availability, availability, elapsed, is_active, is_ready, phase};

/// Pods created in one pass; the next pass goes on. Keeps one large scale-up from holding the loop.
const CREATIONS_MAX: usize = 50;
/// Failed pods of one controller that are kept for a look at their logs.
const FAILED_KEPT: usize = 3;
/// A replacement for the first failed pod comes after this long, and twice as long with every further one.
const REPLACE_FIRST: Duration = Duration::from_secs(1);
/// Replacements of pods that always fail come no slower than this.
const REPLACE_LAST: Duration = Duration::from_secs(60);

/// The world of one ReplicationController.
pub struct Observed<'a> {
    pub controller: &'a ReplicationController,
    /// All pods of the namespace; the plan picks those that match or are owned.
    pub pods: Vec<&'a Pod>,
    pub now: Timestamp,
}

/// What has to be done.
#[derive(Debug, Default, PartialEq)]
pub struct Plan<'a> {
    pub adopt: Vec<&'a Pod>,
    pub release: Vec<&'a Pod>,
    pub create: usize,
    pub delete: Vec<&'a Pod>,
    /// Failed pods beyond those worth keeping.
    pub sweep: Vec<&'a Pod>,
    pub status: Option<ReplicationControllerStatus>,
    /// Time itself changes something after this long.
    pub again: Option<Duration>,
}

pub fn plan<'a>(observed: &Observed<'a>) -> Plan<'a> {
    let mut plan = Plan::default();
    let owned = claim(observed, &mut plan);
    let active: Vec<&Pod> = owned.iter().copied().filter(|pod| is_active(pod)).collect();
    if observed.controller.metadata.deletion_timestamp.is_none() {
        let failed = failed(&owned);
        manage(observed, &active, &failed, &mut plan);
        plan.sweep = failed.iter().skip(FAILED_KEPT).map(|(_, pod)| *pod).collect();
    }
    let (status, soon) = status(observed, &active);
    plan.again = plan.again.into_iter().chain(soon).min();
    let known = observed.controller.status.as_ref().map(counts);
    plan.status = Some(status).filter(|status| known != Some(counts(status)));
    plan
}

/// What a status says, whichever way it writes zero.
fn counts(status: &ReplicationControllerStatus) -> (i32, [i32; 3], Option<i64>) {
    let optional = [
        status.fully_labeled_replicas,
        status.ready_replicas,
        status.available_replicas,
    ];
    (
        status.replicas,
        optional.map(Option::unwrap_or_default),
        status.observed_generation,
    )
}

/// The pod that the controller's template describes.
pub fn pod(controller: &ReplicationController) -> Option<Pod> {
    let template = controller.spec.as_ref()?.template.clone()?;
    let described = template.metadata.unwrap_or_default();
    let metadata = ObjectMeta {
        generate_name: Some(format!("{}-", controller.metadata.name.as_deref()?)),
        namespace: controller.metadata.namespace.clone(),
        labels: described.labels,
        annotations: described.annotations,
        finalizers: described.finalizers,
        owner_references: Some(vec![controller_reference(controller, true)]),
        ..ObjectMeta::default()
    };
    Some(Pod {
        metadata,
        spec: template.spec,
        status: None,
    })
}

/// The change of `status` as a merge patch. A condition list that is not there is left alone.
pub fn status_patch(status: &ReplicationControllerStatus) -> Value {
    json!({"status": {
        "replicas": status.replicas,
        "fullyLabeledReplicas": status.fully_labeled_replicas.unwrap_or(0),
        "readyReplicas": status.ready_replicas.unwrap_or(0),
        "availableReplicas": status.available_replicas.unwrap_or(0),
        "observedGeneration": status.observed_generation,
    }})
}

/// Decides whose pods are whose; returns those that belong to the controller, adopted ones included.
fn claim<'a>(observed: &Observed<'a>, plan: &mut Plan<'a>) -> Vec<&'a Pod> {
    let controller = observed.controller;
    let going = controller.metadata.deletion_timestamp.is_some();
    let mut owned = Vec::new();
    for pod in &observed.pods {
        let matches = selects(controller, &pod.metadata);
        if is_controlled_by(&pod.metadata, controller) {
            if matches || going {
                owned.push(*pod);
            } else {
                plan.release.push(pod);
            }
        } else if matches && !going && controller_of(&pod.metadata).is_none() && is_active(pod) {
            plan.adopt.push(pod);
            owned.push(*pod);
        }
    }
    owned
}

fn selects(controller: &ReplicationController, meta: &ObjectMeta) -> bool {
    let selector = spec(controller).and_then(|spec| spec.selector.as_ref());
    // An empty selector would select everything; it selects nothing.
    selector.is_some_and(|selector| !selector.is_empty() && carries(meta, selector))
}

fn carries(meta: &ObjectMeta, wanted: &std::collections::BTreeMap<String, String>) -> bool {
    wanted.iter().all(|(key, value)| {
        meta.labels
            .as_ref()
            .is_some_and(|labels| labels.get(key) == Some(value))
    })
}

fn spec(controller: &ReplicationController) -> Option<&ReplicationControllerSpec> {
    controller.spec.as_ref()
}

/// Failed pods with the time of their failure, the newest first.
fn failed<'a>(owned: &[&'a Pod]) -> Vec<(Timestamp, &'a Pod)> {
    let ended = owned
        .iter()
        .filter(|pod| phase(pod) == "Failed" && pod.metadata.deletion_timestamp.is_none());
    let mut failed: Vec<_> = ended.map(|pod| (failed_at(pod), *pod)).collect();
    failed.sort_by_key(|(when, pod)| (std::cmp::Reverse(*when), pod.metadata.name.clone()));
    failed
}

/// When the last container of a failed pod ended; the pod's own age where no container ever ran.
fn failed_at(pod: &Pod) -> Timestamp {
    let ends = crate::pod_facts::container_statuses(pod)
        .filter_map(|status| status.state.as_ref()?.terminated.as_ref()?.finished_at.as_ref())
        .map(|time| time.0);
    let created = pod.metadata.creation_timestamp.as_ref().map(|time| time.0);
    ends.max().or(created).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn manage<'a>(observed: &Observed<'a>, active: &[&'a Pod], failed: &[(Timestamp, &'a Pod)], plan: &mut Plan<'a>) {
    let wanted = spec(observed.controller).and_then(|spec| spec.replicas).unwrap_or(1);
    let wanted = usize::try_from(wanted).unwrap_or(0);
    if active.len() > wanted {
        plan.delete = victims::choose(active, active.len() - wanted);
        return;
    }
    let missing = wanted - active.len();
    if missing == 0 {
        return;
    }
    match replacement_due_in(failed, observed.now) {
        Some(wait) => plan.again = Some(wait),
        None => plan.create = missing.min(CREATIONS_MAX),
    }
}

/// How long the next creation has to wait because earlier pods failed.
fn replacement_due_in(failed: &[(Timestamp, &Pod)], now: Timestamp) -> Option<Duration> {
    let (latest, _) = failed.first()?;
    let doublings = u32::try_from(failed.len() - 1).unwrap_or(u32::MAX).min(16);
    let pause = REPLACE_FIRST.saturating_mul(1 << doublings).min(REPLACE_LAST);
    pause.checked_sub(elapsed(*latest, now)).filter(|wait| !wait.is_zero())
}

/// The status that the pods make true, and when time alone will make another true.
fn status(observed: &Observed<'_>, active: &[&Pod]) -> (ReplicationControllerStatus, Option<Duration>) {
    let controller = observed.controller;
    let min_ready = spec(controller).and_then(|spec| spec.min_ready_seconds).unwrap_or(0);
    let min_ready = Duration::from_secs(u64::try_from(min_ready).unwrap_or(0));
    let availabilities: Vec<_> = active
        .iter()
        .map(|pod| availability(pod, min_ready, observed.now))
        .collect();
    let available = availabilities
        .iter()
        .filter(|state| **state == Availability::Available)
        .count();
    let soon = availabilities.iter().filter_map(|state| match state {
        Availability::In(rest) => Some(*rest),
        _ => None,
    });
    let template = spec(controller).and_then(|spec| spec.template.as_ref());
    let labelled = active
        .iter()
        .filter(|pod| carries_template_labels(&pod.metadata, template))
        .count();
    let ready = active.iter().filter(|pod| is_ready(pod)).count();
    let status = ReplicationControllerStatus {
        replicas: count(active.len()),
        fully_labeled_replicas: Some(count(labelled)),
        ready_replicas: Some(count(ready)),
        available_replicas: Some(count(available)),
        observed_generation: controller.metadata.generation,
        conditions: controller.status.as_ref().and_then(|status| status.conditions.clone()),
    };
    (status, soon.min())
}

fn carries_template_labels(meta: &ObjectMeta, template: Option<&PodTemplateSpec>) -> bool {
    let labels = template
        .and_then(|template| template.metadata.as_ref())
        .and_then(|meta| meta.labels.as_ref());
    labels.is_none_or(|labels| carries(meta, labels))
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
