use std::time::Duration;

use weir_api::apps::DeploymentConfig;

use super::{Rollout, Verdict};
use crate::deployer::limits::Limits;
use crate::deployer::rolling::{Old, Sizes};
use crate::deployment::Deployment;
use crate::pod_facts::elapsed;
use crate::scale::Bounds;

impl<'a> Rollout<'_, 'a> {
    pub(super) fn rolling(&mut self, config: &DeploymentConfig, wanted: i32, limits: &Limits) -> Verdict {
        let target = self.observed.target;
        let olds: Vec<_> = self
            .observed
            .others
            .iter()
            .filter(|other| other.replicas() > 0 && !other.is_going())
            .copied()
            .collect();
        let sizes = Sizes {
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

    fn announce_rolling(&mut self, sizes: &Sizes, olds: &[Deployment<'a>]) {
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
}
