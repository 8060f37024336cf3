use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use weir_api::build::{Build, BuildPhase};

use super::change::{Cause, Change, Ending};
use super::outcome::{self, cause};
use super::policy::{Turn, turn};
use crate::pod_facts::{container_statuses, is_finished, phase};

/// The world of one build.
pub struct Observed<'a> {
    pub build: &'a Build,
    /// The pod that this build owns.
    pub pod: Option<&'a Pod>,
    /// All other builds of the namespace.
    pub others: Vec<&'a Build>,
    pub now: Timestamp,
}

/// What has to be done.
#[derive(Debug, PartialEq)]
pub enum Plan<'a> {
    Nothing,
    /// It is the build's turn: make its pod.
    Start,
    /// Cancel the builds that this one overtakes.
    Overtake(Vec<&'a Build>),
    /// Remove the pod, if there is one, and write the change.
    Cancel(Change),
    Write(Change),
}

pub fn plan<'a>(observed: &Observed<'a>) -> Plan<'a> {
    let build = observed.build;
    if build.spec.common.strategy.jenkins_pipeline_strategy.is_some() || build.metadata.deletion_timestamp.is_some() {
        return Plan::Nothing;
    }
    if build.status.phase.is_terminal() {
        return finish(observed);
    }
    if build.status.cancelled {
        return Plan::Cancel(end(observed, BuildPhase::Cancelled, cause::cancelled()));
    }
    match (build.status.phase, observed.pod) {
        (BuildPhase::New, _) => match turn(build, &observed.others) {
            Turn::Now => Plan::Start,
            Turn::Wait => Plan::Nothing,
            Turn::Overtakes(builds) => Plan::Overtake(builds),
        },
        (_, None) => Plan::Write(end(observed, BuildPhase::Error, cause::pod_deleted())),
        (_, Some(pod)) => follow(observed, pod),
    }
}

/// The pod decides.
fn follow<'a>(observed: &Observed<'a>, pod: &Pod) -> Plan<'a> {
    match phase(pod) {
        "Succeeded" => {
            let (phase, cause) = outcome::of_success(pod);
            Plan::Write(end(observed, phase, cause))
        }
        "Failed" => {
            let (phase, cause) = outcome::of_failure(pod);
            Plan::Write(end(observed, phase, precise(observed.build, cause)))
        }
        _ if observed.build.status.phase == BuildPhase::Pending && has_started(pod) => {
            let started = started(observed).unwrap_or(observed.now);
            Plan::Write(Change {
                started: Some(started),
                ..Change::to(BuildPhase::Running, Cause::none())
            })
        }
        _ => Plan::Nothing,
    }
}

/// The builder knows better than the pod why it failed, except that it cannot know that it was killed.
fn precise(build: &Build, cause: Cause) -> Cause {
    let (reason, message) = (&build.status.reason, &build.status.message);
    if reason.is_empty() || cause.reason == cause::out_of_memory().reason {
        return cause;
    }
    Cause {
        reason: reason.clone(),
        message: message.clone(),
    }
}

/// The builder has ended the build already; what is left is to note when and how, once its pod has ended too.
fn finish<'a>(observed: &Observed<'a>) -> Plan<'a> {
    let build = observed.build;
    if build.status.completion_timestamp.is_some() || observed.pod.is_some_and(|pod| !is_finished(pod)) {
        return Plan::Nothing;
    }
    let killed = build.status.phase == BuildPhase::Failed && observed.pod.is_some_and(outcome::is_out_of_memory);
    let cause = killed.then(cause::out_of_memory);
    Plan::Write(Change {
        cause,
        ending: Some(ending(observed, build.status.phase)),
        ..Change::default()
    })
}

fn end(observed: &Observed<'_>, phase: BuildPhase, cause: Cause) -> Change {
    Change {
        ending: Some(ending(observed, phase)),
        ..Change::to(phase, cause)
    }
}

fn ending(observed: &Observed<'_>, phase: BuildPhase) -> Ending {
    let failed = matches!(phase, BuildPhase::Failed | BuildPhase::Error);
    Ending {
        started: started(observed).unwrap_or(observed.now),
        completed: observed.now,
        log_snippet: observed.pod.filter(|_| failed).and_then(outcome::log_snippet),
    }
}

fn started(observed: &Observed<'_>) -> Option<Timestamp> {
    let noted = observed.build.status.start_timestamp.as_ref();
    let pod = observed.pod.and_then(|pod| pod.status.as_ref()?.start_time.as_ref());
    noted.or(pod).map(|time| time.0)
}

/// Work on the build has begun: the pod runs, or the container that fetches the source does.
fn has_started(pod: &Pod) -> bool {
    phase(pod) == "Running"
        || container_statuses(pod)
            .filter_map(|status| status.state.as_ref())
            .any(|state| state.running.is_some() || state.terminated.is_some())
}
