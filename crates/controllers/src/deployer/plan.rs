use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use weir_api::apps::DeploymentConfig;
use weir_api::names::annotation as key;

use super::rolling::Old;
use super::state::{STATE, State};
use super::{log, recreate, rolling, unsupported};
use crate::deployment::{Deployment, Phase};
use crate::ownership::{annotation, is_controlled_by};
use crate::pod_facts::{elapsed, hindrance, is_finished};
use crate::scale::Bounds;

/// How long a rollout may stand still where the strategy does not say.
const TIMEOUT: i64 = 600;
/// How long a rollout may take in all where the strategy does not say.
const ACTIVE_DEADLINE: i64 = 21_600;
/// Pause between adding and removing replicas where the strategy does not say.
const UPDATE_PERIOD: i64 = 1;

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

    fn rolling(&mut self, config: &DeploymentConfig, wanted: i32, limits: &Limits) -> Verdict {
        let target = self.observed.target;
        let olds: Vec<_> = self
            .observed
            .others
            .iter()
            .filter(|other| other.replicas() > 0 && !other.is_going())
            .copied()
            .collect();
        let sizes = rolling::Sizes {
            wanted,
            new: target.replicas(),
            new_available: target.available_replicas(),
            old: olds.iter().map(|old| self.old(old)).collect(),
            bounds: Bounds::of(config, wanted),
        };
        if self.begins {
            self.announce_rolling(&sizes, &olds);
        }
        if self.state.from.is_none() && olds.is_empty() {
            return self.fill(wanted, limits);
        }
        if sizes.is_done() {
            return Verdict::Succeeded;
        }
        if let Some(size) = sizes.grow() {
            self.lines.push(format!("    Scaling {} up to {size}", target.name()));
            self.replicas = size;
            self.state.scaled_up_at = Some(self.observed.now);
            self.wait = Some(limits.update_period);
        } else if let Some(wait) = self.until_update_period_is_over(limits) {
            self.wait = Some(wait);
        } else if let Some(left) = sizes.shrink() {
            self.shrink(&olds, &left);
        }
        let counted = (
            self.replicas,
            sizes.new_available,
            olds.iter().map(Deployment::replicas).sum::<i32>(),
        );
        self.state.note(
            format!("new {}, available {}, old {}", counted.0, counted.1, counted.2),
            self.observed.now,
        );
        match self.stands_still_for(limits) {
            true => Verdict::Failed(self.explained("timed out waiting for any update progress to be made".into())),
            false => Verdict::GoesOn,
        }
    }

    fn old(&self, old: &Deployment<'a>) -> Old {
        let serves = self.state.from.as_deref() == Some(old.name());
        Old {
            replicas: old.replicas(),
            available: old.available_replicas(),
            serves,
        }
    }

    fn announce_rolling(&mut self, sizes: &rolling::Sizes, olds: &[Deployment<'a>]) {
        let from = olds.iter().find(|old| self.state.from.as_deref() == Some(old.name()));
        let Some(from) = from.or(olds.last()) else { return };
        self.lines.push(format!(
            "--> Scaling up {} from {} to {}, scaling down {} from {} to 0 (keep {} pods available, don't exceed {} pods)",
            self.observed.target.name(),
            sizes.new,
            sizes.wanted,
            from.name(),
            from.replicas(),
            sizes.least_available(),
            sizes.most(),
        ));
    }

    fn until_update_period_is_over(&self, limits: &Limits) -> Option<Duration> {
        let since = elapsed(self.state.scaled_up_at?, self.observed.now);
        limits.update_period.checked_sub(since).filter(|rest| !rest.is_zero())
    }

    fn shrink(&mut self, olds: &[Deployment<'a>], left: &[i32]) {
        for (old, left) in olds.iter().zip(left).filter(|(old, left)| old.replicas() != **left) {
            self.lines.push(format!("    Scaling {} down to {left}", old.name()));
            if *left == 0 && self.state.from.as_deref() != Some(old.name()) {
                self.lines
                    .push(format!("--> Scaled older deployment {} down", old.name()));
            }
            self.scale.push((*old, *left));
        }
    }

    /// Nothing to replace: all at once, and wait until they serve.
    fn fill(&mut self, wanted: i32, limits: &Limits) -> Verdict {
        let target = self.observed.target;
        if target.replicas() != wanted {
            self.lines.push(format!("--> Scaling {} to {wanted}", target.name()));
            self.replicas = wanted;
            self.state.note(format!("scaled to {wanted}"), self.observed.now);
            return Verdict::GoesOn;
        }
        if target.available_replicas() >= wanted {
            return Verdict::Succeeded;
        }
        self.await_available(wanted, limits)
    }

    fn recreate(&mut self, wanted: i32, limits: &Limits) -> Verdict {
        let (target, now) = (self.observed.target, self.observed.now);
        let olds: Vec<_> = self
            .observed
            .others
            .iter()
            .filter(|other| other.replicas() > 0 && !other.is_going())
            .copied()
            .collect();
        let sizes = recreate::Sizes {
            wanted,
            new: target.replicas(),
            new_available: target.available_replicas(),
            old: olds.iter().map(Deployment::replicas).sum(),
            old_pods: self.old_pods(),
            replaces: self.state.from.is_some(),
            left_old_pods: self.state.left_old_pods,
        };
        match recreate::next(&sizes) {
            recreate::Next::RemoveOld => self.remove(&olds),
            recreate::Next::AwaitOldPods => {
                self.state.note("waiting for old pods".into(), now);
                if self.stands_still_for(limits) {
                    let text = "--> Failed to wait for old pods to be terminated: timed out, going on without them";
                    self.lines.push(text.into());
                    self.state.left_old_pods = true;
                    self.wait = Some(Duration::ZERO);
                }
            }
            recreate::Next::TryOne => {
                self.lines.push(format!(
                    "--> Scaling {} to 1 before performing acceptance check",
                    target.name()
                ));
                self.grow(1);
            }
            recreate::Next::ScaleUp => {
                self.lines.push(format!("--> Scaling {} to {wanted}", target.name()));
                self.grow(wanted);
            }
            recreate::Next::AwaitAvailable(size) => return self.await_available(size, limits),
            recreate::Next::Done => return Verdict::Succeeded,
        }
        Verdict::GoesOn
    }

    fn remove(&mut self, olds: &[Deployment<'a>]) {
        for old in olds {
            let serves = self.state.from.as_deref() == Some(old.name());
            self.lines.push(match serves {
                true => format!("--> Scaling {} down to zero", old.name()),
                false => format!("--> Scaled older deployment {} down", old.name()),
            });
            self.scale.push((*old, 0));
        }
        self.state.note("old deployments scaled down".into(), self.observed.now);
    }

    fn grow(&mut self, size: i32) {
        self.replicas = size;
        self.state.note(format!("scaled to {size}"), self.observed.now);
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

    fn old_pods(&self) -> usize {
        let is_old = |pod: &&&Pod| {
            !is_finished(pod)
                && self
                    .observed
                    .others
                    .iter()
                    .any(|old| is_controlled_by(&pod.metadata, old.controller))
        };
        self.observed.pods.iter().filter(is_old).count()
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

/// How long things may take, by the strategy.
struct Limits {
    timeout: Duration,
    deadline: Duration,
    update_period: Duration,
}

impl Limits {
    fn of(config: &DeploymentConfig) -> Self {
        let strategy = &config.spec.strategy;
        let rolling = strategy.rolling_params.as_ref();
        let recreate = strategy
            .recreate_params
            .as_ref()
            .filter(|_| strategy.r#type == "Recreate");
        let timeout = match recreate {
            Some(recreate) => recreate.timeout_seconds,
            None => rolling.and_then(|rolling| rolling.timeout_seconds),
        };
        Self {
            timeout: seconds(timeout, TIMEOUT),
            deadline: seconds(strategy.active_deadline_seconds, ACTIVE_DEADLINE),
            update_period: seconds(rolling.and_then(|rolling| rolling.update_period_seconds), UPDATE_PERIOD),
        }
    }
}

fn seconds(given: Option<i64>, default: i64) -> Duration {
    Duration::from_secs(u64::try_from(given.unwrap_or(default)).unwrap_or(0))
}
