//! Probes of running containers: one task per container, which asks in the container's rhythm and tells its worker
//! when a verdict changes.

mod check;
mod rhythm;
mod schedule;

use std::sync::Arc;

use k8s_openapi::api::core::v1::{Container, Pod, Probe};
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};
use weir_engine::Engine;

use crate::clock::Clock;
use crate::facts::{Health, Unhealthy};
use crate::instance::Instance;
use crate::pod_view::PodView;
use crate::recorder::{Recorder, Severity};
use crate::worker::Message;
pub(crate) use check::HttpProber;
use rhythm::Rhythm;
use schedule::{Tally, Turn};

/// What probes need of their surroundings.
#[derive(Clone)]
pub(crate) struct Prober {
    pub engine: Arc<dyn Engine>,
    pub http: HttpProber,
    pub recorder: Recorder,
    pub clock: Clock,
}

/// Probes of one instance; they end when this is dropped.
pub(crate) struct Probing {
    _guard: DropGuard,
}

/// Whether the container has probes at all.
pub(crate) fn has_probes(container: &Container) -> bool {
    container.startup_probe.is_some() || container.readiness_probe.is_some() || container.liveness_probe.is_some()
}

/// What is believed of an instance before its probes have spoken. After a restart of the agent that is what the status
/// says: a container does not become unready because we looked away.
pub(crate) fn first_belief(pod: &Pod, container: &Container, instance: &Instance) -> Health {
    let statuses = pod.pod_status().and_then(|status| status.container_statuses.as_ref());
    let known = statuses.into_iter().flatten().find(|status| {
        status.container_id.as_deref().and_then(|id| id.rsplit('/').next()) == Some(instance.id.as_str())
    });
    let started = container.startup_probe.is_none() || known.is_some_and(|status| status.started == Some(true));
    let ready = container.readiness_probe.is_none() || known.is_some_and(|status| status.ready);
    Health {
        started,
        ready,
        unhealthy: None,
    }
}

impl Prober {
    pub fn start(
        &self,
        pod: Arc<Pod>,
        container: &Container,
        instance: &Instance,
        belief: Health,
        report: mpsc::Sender<Message>,
    ) -> Probing {
        let token = CancellationToken::new();
        let run = Run {
            prober: self.clone(),
            pod,
            container: container.clone(),
            instance: instance.clone(),
            report,
            health: belief,
        };
        let cancelled = token.clone();
        tokio::spawn(async move { cancelled.run_until_cancelled(run.go()).await });
        Probing {
            _guard: token.drop_guard(),
        }
    }
}

struct Run {
    prober: Prober,
    pod: Arc<Pod>,
    container: Container,
    instance: Instance,
    report: mpsc::Sender<Message>,
    health: Health,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Startup,
    Readiness,
    Liveness,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Startup => "Startup",
            Self::Readiness => "Readiness",
            Self::Liveness => "Liveness",
        }
    }
}

impl Run {
    async fn go(mut self) {
        let container = self.container.clone();
        if let (Some(probe), false) = (&container.startup_probe, self.health.started) {
            self.probe_alone(Kind::Startup, probe).await;
        }
        if self.health.unhealthy.is_some() {
            return;
        }
        let mut turns: Vec<(Kind, &Probe, Turn, Tally)> = [
            (Kind::Readiness, container.readiness_probe.as_ref()),
            (Kind::Liveness, container.liveness_probe.as_ref()),
        ]
        .into_iter()
        .filter_map(|(kind, probe)| Some((kind, probe?)))
        .map(|(kind, probe)| (kind, probe, self.first_turn(kind, probe), self.tally(kind, probe)))
        .collect();
        while self.health.unhealthy.is_none() {
            let Some((kind, probe, turn, tally)) = turns.iter_mut().min_by_key(|(_, _, turn, _)| turn.due) else {
                return;
            };
            tokio::time::sleep_until(turn.due).await;
            let outcome = self.ask(*kind, probe).await;
            let changed = tally.count(outcome);
            turn.next(tally.verdict());
            if let Some(verdict) = changed {
                let (kind, probe) = (*kind, *probe);
                self.conclude(kind, probe, verdict).await;
            }
        }
    }

    /// Until it has succeeded or given up.
    async fn probe_alone(&mut self, kind: Kind, probe: &Probe) {
        let (mut turn, mut tally) = (self.first_turn(kind, probe), self.tally(kind, probe));
        loop {
            tokio::time::sleep_until(turn.due).await;
            let outcome = self.ask(kind, probe).await;
            let changed = tally.count(outcome);
            turn.next(tally.verdict());
            if let Some(verdict) = changed {
                self.conclude(kind, probe, verdict).await;
                return;
            }
        }
    }

    fn first_turn(&self, kind: Kind, probe: &Probe) -> Turn {
        let now = self.prober.clock.now();
        let age = self
            .instance
            .state
            .started_at
            .map_or(std::time::Duration::ZERO, |started| {
                now.duration_since(started).try_into().unwrap_or_default()
            });
        // Until it is ready for the first time a container is asked more often than its period says: others wait for it.
        let eager = kind != Kind::Liveness && !(kind == Kind::Readiness && self.health.ready);
        Turn::first(Rhythm::of(probe), age, eager)
    }

    fn tally(&self, kind: Kind, probe: &Probe) -> Tally {
        let verdict = match kind {
            Kind::Startup => None,
            Kind::Readiness => Some(self.health.ready),
            Kind::Liveness => Some(true),
        };
        Tally::new(Rhythm::of(probe), verdict)
    }

    /// One question. A failure is told in an event.
    async fn ask(&self, kind: Kind, probe: &Probe) -> bool {
        match check::check(&self.prober, &self.container, &self.instance, probe).await {
            Ok(()) => true,
            Err(why) => {
                let message = format!("{} probe failed: {why}", kind.name());
                self.event(Severity::Warning, "Unhealthy", message);
                false
            }
        }
    }

    async fn conclude(&mut self, kind: Kind, probe: &Probe, succeeded: bool) {
        match (kind, succeeded) {
            (Kind::Startup, true) => self.health.started = true,
            (Kind::Readiness, ready) => self.health.ready = ready,
            (Kind::Liveness, true) => return,
            (Kind::Startup | Kind::Liveness, false) => {
                let seconds = probe
                    .termination_grace_period_seconds
                    .and_then(|seconds| u64::try_from(seconds).ok());
                let grace = seconds.map(std::time::Duration::from_secs);
                self.health.unhealthy = Some(Unhealthy {
                    probe: kind.name(),
                    grace,
                });
            }
        }
        let message = Message::Health {
            id: self.instance.id.clone(),
            health: self.health.clone(),
        };
        // A worker that is gone has no use for it.
        let _told = self.report.send(message).await;
    }

    fn event(&self, severity: Severity, reason: &'static str, message: String) {
        self.prober
            .recorder
            .record(&self.pod, Some(&self.container.name), severity, reason, message);
    }
}
