mod recreate;
mod rolling;

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use weir_api::apps::DeploymentConfig;
use weir_api::names::annotation as key;

use super::limits::Limits;
use super::state::{STATE, State};
use super::{log, unsupported};
use crate::deployment::{Deployment, Phase};
use crate::ownership::{annotation, is_controlled_by};
use crate::pod_facts::{elapsed, hindrance};

/// The world of one rollout.
pub struct Observed<'a> {
    pub target: Deployment<'a>,
    /// All other deployments of the config, the oldest first.
    pub others: Vec<Deployment<'a>>,
    /// Pods of all of them.
    pub pods: Vec<&'a Pod>,
    pub now: Timestamp,
}

/// What one pass changes.
#[derive(Debug, PartialEq)]
pub struct Step<'a> {
    pub phase: Phase,
    pub state: State,
    pub log: String,
    /// Replicas of the new deployment.
    pub replicas: i32,
    /// Why it failed.
    pub failure: Option<String>,
    /// Replicas of other deployments.
    pub scale: Vec<(Deployment<'a>, i32)>,
    pub again: Option<Duration>,
}

/// The next step of the rollout, or `None` where there is nothing (more) to do.
pub fn plan<'a>(observed: &Observed<'a>) -> Option<Step<'a>> {
    let target = observed.target;
    let phase = target.phase();
    if phase.is_terminal() || target.is_going() || target.is_ignored() {
        return None;
    }
    let mut rollout = Rollout::resume(observed);
    if target.is_cancelled() {
        rollout.lines.push(format!("--> Cancelled: {}", target.status_reason()));
        return Some(rollout.fail(target.status_reason().to_owned()));
    }
    let Some(config) = target.encoded_config() else {
        return Some(rollout.fail(format!(
            "the configuration that deployment {} was made from cannot be read",
            target.name()
        )));
    };
    let Some(wanted) = target.desired_replicas() else {
        return Some(rollout.fail(format!("deployment {} has already run to completion", target.name())));
    };
    if let Some(objection) = unsupported::objection(&config) {
        return Some(rollout.fail(objection));
    }
    Some(rollout.advance(&config, wanted))
}

/// A rollout in the middle of a pass.
struct Rollout<'o, 'a> {
    observed: &'o Observed<'a>,
    state: State,
    begins: bool,
    lines: Vec<String>,
    replicas: i32,
    scale: Vec<(Deployment<'a>, i32)>,
    /// The strategy waits for its own clock, not only for changes.
    wait: Option<Duration>,
}

impl<'o, 'a> Rollout<'o, 'a> {
    fn resume(observed: &'o Observed<'a>) -> Self {
        let target = observed.target;
        let written = annotation(&target.controller.metadata, STATE).and_then(State::parse);
        let state = written.filter(|_| target.phase() == Phase::Running);
        let complete = |deployment: &&Deployment<'a>| deployment.phase() == Phase::Complete;
        let from = observed
            .others
            .iter()
            .rev()
            .find(complete)
            .map(|deployment| deployment.name().to_owned());
        Self {
            begins: state.is_none(),
            state: state.unwrap_or_else(|| State::begin(observed.now, from)),
            observed,
            lines: Vec::new(),
            replicas: target.replicas(),
            scale: Vec::new(),
            wait: None,
        }
    }

    fn advance(mut self, config: &DeploymentConfig, wanted: i32) -> Step<'a> {
        let limits = Limits::of(config);
        if elapsed(self.state.started, self.observed.now) >= limits.deadline {
            return self.fail(format!(
                "the rollout took longer than {} seconds",
                limits.deadline.as_secs()
            ));
        }
        let recreate = config.spec.strategy.r#type == "Recreate";
        match if recreate {
            self.recreate(wanted, &limits)
        } else {
            self.rolling(config, wanted, &limits)
        } {
            Verdict::GoesOn => self.goes_on(&limits),
            Verdict::Succeeded => self.succeed(),
            Verdict::Failed(reason) => self.fail(reason),
        }
    }

    fn await_available(&mut self, size: i32, limits: &Limits) -> Verdict {
        self.state.note(format!("scaled to {size}"), self.observed.now);
        if !self.stands_still_for(limits) {
            return Verdict::GoesOn;
        }
        let target = self.observed.target;
        Verdict::Failed(self.explained(format!(
            "update acceptor rejected {}: pods for rc '{}' took longer than {} seconds to become available",
            target.name(),
            target.key(),
            limits.timeout.as_secs()
        )))
    }

    fn stands_still_for(&self, limits: &Limits) -> bool {
        elapsed(self.state.progress_at, self.observed.now) >= limits.timeout
    }

    /// `reason`, and what the first new pod that is in trouble says.
    fn explained(&self, reason: String) -> String {
        let target = self.observed.target.controller;
        let mut new = self
            .observed
            .pods
            .iter()
            .filter(|pod| is_controlled_by(&pod.metadata, target));
        match new.find_map(|pod| hindrance(pod)) {
            Some(hindrance) => format!("{reason}; {hindrance}"),
            None => reason,
        }
    }

    fn goes_on(self, limits: &Limits) -> Step<'a> {
        let now = self.observed.now;
        let timeout = limits.timeout.saturating_sub(elapsed(self.state.progress_at, now));
        let deadline = limits.deadline.saturating_sub(elapsed(self.state.started, now));
        let again = [timeout, deadline].into_iter().chain(self.wait).min();
        self.step(Phase::Running, None, again)
    }

    fn succeed(mut self) -> Step<'a> {
        self.lines.push("--> Success".into());
        self.step(Phase::Complete, None, None)
    }

    fn fail(mut self, reason: String) -> Step<'a> {
        if !self.observed.target.is_cancelled() {
            self.lines.push(format!("error: {reason}"));
        }
        // What this pass was about to scale is left to the loop that puts the last complete deployment back.
        self.scale.clear();
        self.replicas = self.observed.target.replicas();
        self.step(Phase::Failed, Some(reason), None)
    }

    fn step(self, phase: Phase, failure: Option<String>, again: Option<Duration>) -> Step<'a> {
        let written = annotation(&self.observed.target.controller.metadata, key::DEPLOYMENT_LOG).unwrap_or_default();
        // A rollout that is tried again starts a new log.
        let written = if self.begins { "" } else { written };
        Step {
            phase,
            log: log::append(written, &self.lines),
            state: self.state,
            replicas: self.replicas,
            failure,
            scale: self.scale,
            again,
        }
    }
}

enum Verdict {
    GoesOn,
    Succeeded,
    Failed(String),
}
