use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;

use super::{Rollout, Verdict};
use crate::deployer::limits::Limits;
use crate::deployer::recreate::{Next, Sizes, next};
use crate::deployment::Deployment;
use crate::ownership::is_controlled_by;
use crate::pod_facts::is_finished;

impl<'a> Rollout<'_, 'a> {
    pub(super) fn recreate(&mut self, wanted: i32, limits: &Limits) -> Verdict {
        let (target, now) = (self.observed.target, self.observed.now);
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
            old: olds.iter().map(Deployment::replicas).sum(),
            old_pods: self.old_pods(),
            replaces: self.state.from.is_some(),
            left_old_pods: self.state.left_old_pods,
        };
        match next(&sizes) {
            Next::RemoveOld => self.remove(&olds),
            Next::AwaitOldPods => {
                self.state.note("waiting for old pods".into(), now);
                if self.stands_still_for(limits) {
                    let text = "--> Failed to wait for old pods to be terminated: timed out, going on without them";
                    self.lines.push(text.into());
                    self.state.left_old_pods = true;
                    self.wait = Some(Duration::ZERO);
                }
            }
            Next::TryOne => {
                self.lines.push(format!(
                    "--> Scaling {} to 1 before performing acceptance check",
                    target.name()
                ));
                self.grow(1);
            }
            Next::ScaleUp => {
                self.lines.push(format!("--> Scaling {} to {wanted}", target.name()));
                self.grow(wanted);
            }
            Next::AwaitAvailable(size) => return self.await_available(size, limits),
            Next::Done => return Verdict::Succeeded,
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
}
