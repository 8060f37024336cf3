use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Container, Pod};

use super::{Action, Plan, StopReason, stop};
use crate::backoff;
use crate::facts::{Facts, PostStart};
use crate::instance::{Instance, Observed, Role};
use crate::pod_view::{PodView, RestartPolicy};

/// Attempts that are kept: the newest, and the one before for `lastState` and `logs --previous`.
const ATTEMPTS_KEPT: usize = 2;

/// Nothing starts any more; what runs is stopped.
pub(super) fn stop_everything(pod: &Pod, observed: &Observed, facts: &Facts, now: Timestamp, plan: &mut Plan) {
    for instance in observed
        .all()
        .filter(|instance| instance.role != Role::Infra && instance.is_running())
    {
        stop(&instance.id, pod.grace(), StopReason::PodFinished, facts, now, plan);
    }
    let quiet = observed
        .all()
        .all(|instance| instance.role == Role::Infra || !instance.is_running());
    for infra in observed.of_role(Role::Infra).filter(|_| quiet) {
        plan.act(Action::Remove { id: infra.id.clone() });
    }
}

/// The next steps of a pod that lives.
pub(super) fn go_on(pod: &Pod, observed: &Observed, facts: &Facts, now: Timestamp, plan: &mut Plan) {
    let mut life = Life {
        pod,
        observed,
        facts,
        now,
        plan,
    };
    life.tidy();
    if !life.network_is_up() {
        return;
    }
    if life.init_is_done() {
        for container in pod.main_containers() {
            life.main(container);
        }
    }
}

struct Life<'a> {
    pod: &'a Pod,
    observed: &'a Observed,
    facts: &'a Facts,
    now: Timestamp,
    plan: &'a mut Plan,
}

impl Life<'_> {
    /// Removes what is of no use any more.
    fn tidy(&mut self) {
        for (role, containers) in [
            (Role::Init, self.pod.init_containers()),
            (Role::Main, self.pod.main_containers()),
        ] {
            for container in containers {
                for old in self.observed.attempts(role, &container.name).skip(ATTEMPTS_KEPT) {
                    self.discard(old);
                }
                let never_ran = |instance: &&Instance| !instance.is_running() && !instance.has_ended();
                for unused in self
                    .observed
                    .attempts(role, &container.name)
                    .take(ATTEMPTS_KEPT)
                    .filter(never_ran)
                {
                    self.discard(unused);
                }
            }
        }
        for stranger in self.observed.all().filter(|instance| instance.role != Role::Infra) {
            let known = self
                .pod
                .find_container(&stranger.container)
                .is_some_and(|(role, _)| role == stranger.role);
            if !known {
                self.discard(stranger);
            }
        }
        let network = self.observed.infra().map(|infra| infra.id.as_str());
        for old in self
            .observed
            .of_role(Role::Infra)
            .filter(|infra| Some(infra.id.as_str()) != network)
        {
            self.discard(old);
        }
    }

    fn discard(&mut self, instance: &Instance) {
        if instance.is_running() && instance.role != Role::Infra {
            stop(
                &instance.id,
                self.pod.grace(),
                StopReason::NotInPod,
                self.facts,
                self.now,
                self.plan,
            );
        } else {
            self.plan.act(Action::Remove {
                id: instance.id.clone(),
            });
        }
    }

    /// Whether containers can be started; starts the network otherwise.
    fn network_is_up(&mut self) -> bool {
        let up = self.observed.infra().is_some_and(Instance::is_running);
        if up || !self.pod.needs_infra() {
            return true;
        }
        // Containers of a network that died are cut off for ever.
        let mut cut_off = false;
        for instance in self
            .observed
            .all()
            .filter(|instance| instance.role != Role::Infra && instance.is_running())
        {
            cut_off = true;
            stop(
                &instance.id,
                self.pod.grace(),
                StopReason::NetworkLost,
                self.facts,
                self.now,
                self.plan,
            );
        }
        if !cut_off && self.may_try("") {
            if let Some(dead) = self.observed.infra() {
                self.plan.act(Action::Remove { id: dead.id.clone() });
            }
            self.plan.act(Action::StartInfra);
        }
        false
    }

    /// Whether all init containers have succeeded; goes on with the first that has not.
    fn init_is_done(&mut self) -> bool {
        // They ran before the first container did, and may be gone by now.
        if self.observed.of_role(Role::Main).next().is_some() {
            return true;
        }
        let pod = self.pod;
        for container in pod.init_containers() {
            match self.observed.newest(Role::Init, &container.name) {
                Some(instance) if instance.succeeded() => {}
                Some(instance) if instance.is_running() => return false,
                Some(instance) if instance.has_ended() => {
                    if pod.restart_policy() != RestartPolicy::Never {
                        self.restart(Role::Init, container, instance);
                    }
                    return false;
                }
                _ => {
                    self.first_start(Role::Init, container);
                    return false;
                }
            }
        }
        true
    }

    fn main(&mut self, container: &Container) {
        let Some(instance) = self.observed.newest(Role::Main, &container.name) else {
            self.first_start(Role::Main, container);
            return;
        };
        if instance.is_running() {
            self.check_running(container, instance);
        } else if instance.has_ended() && should_restart(self.pod.restart_policy(), instance) {
            self.restart(Role::Main, container, instance);
        }
        // One that never ran has been discarded, and is started when it is gone.
    }

    fn check_running(&mut self, container: &Container, instance: &Instance) {
        if self.facts.post_start.get(&instance.id) == Some(&PostStart::Failed) {
            let (grace, why) = (self.pod.grace(), StopReason::PostStartFailed);
            stop(&instance.id, grace, why, self.facts, self.now, self.plan);
            return;
        }
        let unhealthy = self
            .facts
            .health
            .get(&instance.id)
            .and_then(|health| health.unhealthy.as_ref());
        if let Some(unhealthy) = unhealthy {
            let grace = unhealthy.grace.unwrap_or_else(|| self.pod.grace());
            stop(
                &instance.id,
                grace,
                StopReason::Unhealthy,
                self.facts,
                self.now,
                self.plan,
            );
        } else if container.image.as_deref() != Some(instance.image.as_str()) {
            stop(
                &instance.id,
                self.pod.grace(),
                StopReason::ImageChanged,
                self.facts,
                self.now,
                self.plan,
            );
        }
    }

    fn first_start(&mut self, role: Role, container: &Container) {
        if !self.may_try_container(container) {
            return;
        }
        let attempt = starts_in_status(self.pod, &container.name);
        self.plan.act(Action::Start {
            role,
            container: container.name.clone(),
            attempt,
            crashes: 0,
        });
    }

    fn restart(&mut self, role: Role, container: &Container, ended: &Instance) {
        let image_changed = container.image.as_deref() != Some(ended.image.as_str());
        let at = if image_changed {
            self.now
        } else {
            backoff::restart_at(ended)
        };
        if at > self.now {
            self.plan.wake(at);
        } else if self.may_try_container(container) {
            let crashes = if image_changed {
                0
            } else {
                backoff::crashes_after(ended)
            };
            let attempt = ended
                .attempt
                .saturating_add(1)
                .max(starts_in_status(self.pod, &container.name));
            self.plan.act(Action::Start {
                role,
                container: container.name.clone(),
                attempt,
                crashes,
            });
        }
    }

    fn may_try_container(&mut self, container: &Container) -> bool {
        if self.facts.pulling.contains(&container.name) {
            return false;
        }
        let failed = self.facts.failures.get(&container.name);
        let other_image = failed.is_some_and(|failure| Some(failure.image.as_str()) != container.image.as_deref());
        other_image || self.may_try(&container.name)
    }

    /// Whether the pause after the last failure is over.
    fn may_try(&mut self, container: &str) -> bool {
        let Some(failure) = self.facts.failures.get(container) else {
            return true;
        };
        let next = failure.next_try();
        if self.now < next {
            self.plan.wake(next);
        }
        self.now >= next
    }
}

fn should_restart(policy: RestartPolicy, ended: &Instance) -> bool {
    match policy {
        RestartPolicy::Always => true,
        RestartPolicy::OnFailure => !ended.succeeded(),
        RestartPolicy::Never => false,
    }
}

/// How often the API has seen the container started: more than the engine knows when somebody removed its instances.
fn starts_in_status(pod: &Pod, container: &str) -> u32 {
    let Some(status) = pod.pod_status() else { return 0 };
    let lists = [&status.container_statuses, &status.init_container_statuses];
    let known = lists
        .into_iter()
        .flatten()
        .flatten()
        .find(|status| status.name == container);
    let has_run = |status: &&k8s_openapi::api::core::v1::ContainerStatus| status.container_id.is_some();
    known.filter(has_run).map_or(0, |status| {
        u32::try_from(status.restart_count).unwrap_or(0).saturating_add(1)
    })
}
