//! The worker of one pod: look, plan, apply, report; then wait until something happens or a time comes.
//!
//! Slow work (pulls, stops, probes) runs beside it and reports back as a [`Message`], so that a pod that is deleted
//! during a long pull is deleted at once.

mod apply;
mod hook;
mod infra;
mod observe;
mod pull;
mod report;
mod start;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::PodStatus;
use tokio::sync::{Notify, mpsc};
use weir_engine::EngineError;

use crate::facts::{Facts, Health, Obstacle};
use crate::image::{ImageError, PresentImage};
use crate::instance::Observed;
use crate::node::Node;
use crate::plan::{self, Plan};
use crate::pod_view::PodView;
use crate::probes::Probing;

/// Messages of a pod's own tasks: a few per container.
const INBOX: usize = 64;
/// Rounds of look-plan-apply before the worker takes a breath. A pod settles in a handful; more is a fight with somebody.
const MAX_ROUNDS: usize = 32;
/// The breath.
const BREATH: Duration = Duration::from_secs(1);
/// We are woken when the engine is back; this is for an engine that stumbled without our watch on it noticing.
const LONG_BREATH: Duration = Duration::from_secs(5);

const BREATH_SIGNED: jiff::SignedDuration = jiff::SignedDuration::from_secs(1);

/// What a pod's slow tasks report.
#[derive(Debug)]
pub(crate) enum Message {
    Pulled {
        container: String,
        image: String,
        outcome: Box<Result<PresentImage, ImageError>>,
    },
    Stopped {
        id: String,
        outcome: Result<(), EngineError>,
    },
    Health {
        id: String,
        health: Health,
    },
    PostStart {
        id: String,
        succeeded: bool,
    },
}

pub(crate) struct Worker {
    node: Arc<Node>,
    uid: String,
    waker: Arc<Notify>,
    facts: Facts,
    /// The status as we wrote it last, until the watch shows it.
    written: Option<Written>,
    /// Images that were pulled for a container's next start, with the name they were pulled by.
    pulled: HashMap<String, (String, PresentImage)>,
    probing: HashMap<String, Probing>,
    /// Ids of containers that were made since the last look.
    made: Vec<String>,
    sender: mpsc::Sender<Message>,
    inbox: mpsc::Receiver<Message>,
}

struct Written {
    status: PodStatus,
    version: Option<u64>,
}

/// What a round of work ended with.
enum Outcome {
    /// Wait for this time, or for ever.
    Wait(Option<Timestamp>),
    /// The pod needs no worker any more.
    Finished,
}

impl Worker {
    pub fn new(node: Arc<Node>, uid: String, waker: Arc<Notify>) -> Self {
        let (sender, inbox) = mpsc::channel(INBOX);
        Self {
            node,
            uid,
            waker,
            facts: Facts::default(),
            written: None,
            pulled: HashMap::new(),
            probing: HashMap::new(),
            made: Vec::new(),
            sender,
            inbox,
        }
    }

    pub async fn run(mut self) {
        loop {
            let node = Arc::clone(&self.node);
            let outcome = tokio::select! {
                biased;
                () = node.shutdown.cancelled() => return,
                outcome = self.step() => outcome,
            };
            let wake_at = match outcome {
                Outcome::Finished => break,
                Outcome::Wait(wake_at) => wake_at,
            };
            if !self.wait(wake_at).await {
                return;
            }
        }
        self.node.forget(&self.uid);
    }

    /// Until something happens. False: the agent ends.
    async fn wait(&mut self, wake_at: Option<Timestamp>) -> bool {
        let pause = wake_at.map(|at| {
            let left = at.duration_since(self.node.now());
            // A moment more, so that the time has surely come.
            Duration::try_from(left).unwrap_or_default() + Duration::from_millis(1)
        });
        let alarm = async {
            match pause {
                Some(pause) => tokio::time::sleep(pause).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.node.shutdown.cancelled() => return false,
            () = self.waker.notified() => {}
            message = self.inbox.recv() => {
                if let Some(message) = message {
                    self.take(message);
                }
            }
            () = alarm => {}
        }
        true
    }

    /// Looks, plans and applies until nothing is left to do.
    async fn step(&mut self) -> Outcome {
        let mut observed = match self.observe().await {
            Ok(observed) => observed,
            Err(error) => return self.hindered(error).await,
        };
        for _ in 0..MAX_ROUNDS {
            while let Ok(message) = self.inbox.try_recv() {
                self.take(message);
            }
            let pod = self.node.pods.get(&self.uid);
            self.settle(&observed);
            self.watch_health(pod.as_ref(), &observed);
            let plan = plan::plan(pod.as_deref(), &observed, &self.facts, self.node.now());
            let Plan { actions, wake_at } = plan;
            if actions.is_empty() {
                let written = self.report(pod.as_deref(), &observed).await;
                return Outcome::Wait(self.next_alarm(wake_at, written));
            }
            for action in actions {
                match self.apply(action, pod.as_ref(), &observed).await {
                    Ok(apply::Done::GoOn) => {}
                    Ok(apply::Done::Finished) => return Outcome::Finished,
                    Err(error) => return self.hindered(error).await,
                }
            }
            observed = match self.observe_again(&observed).await {
                Ok(observed) => observed,
                Err(error) => return self.hindered(error).await,
            };
        }
        tracing::warn!(pod = self.uid, "a pod does not settle");
        let pod = self.node.pods.get(&self.uid);
        self.report(pod.as_deref(), &observed).await;
        self.breathe()
    }

    /// A failed pull is shown as an error first and as a back-off from the next moment on.
    fn next_alarm(&self, wake_at: Option<Timestamp>, written: bool) -> Option<Timestamp> {
        let now = self.node.now();
        let fresh = self
            .facts
            .failures
            .values()
            .any(|failure| now.duration_since(failure.at) < BREATH_SIGNED);
        let soon = now.checked_add(BREATH).ok().filter(|_| fresh || !written);
        wake_at.into_iter().chain(soon).min()
    }

    /// The engine did not do what it must be able to do: it is away, or broken.
    async fn hindered(&mut self, error: EngineError) -> Outcome {
        let message = error.to_string();
        self.facts.obstacle = Some(Obstacle { message });
        let Some(pod) = self.node.pods.get(&self.uid) else {
            // Nothing to tell to anybody, and what is left is found when the engine is back.
            return if error.is_unavailable() {
                Outcome::Finished
            } else {
                self.breathe()
            };
        };
        if pod.deleted_at().is_some() && !pod.has_run() {
            // Without containers no engine is needed to end it.
            return match self.finish_deletion(&pod, &Observed::default()).await {
                Ok(apply::Done::Finished) => Outcome::Finished,
                Ok(apply::Done::GoOn) | Err(_) => self.breathe(),
            };
        }
        let written = self.report_obstacle(&pod).await;
        let pause = if error.is_unavailable() && written {
            LONG_BREATH
        } else {
            BREATH
        };
        Outcome::Wait(self.node.now().checked_add(pause).ok())
    }

    fn breathe(&self) -> Outcome {
        Outcome::Wait(self.node.now().checked_add(BREATH).ok())
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Pulled {
                container,
                image,
                outcome,
            } => self.pull_ended(container, image, *outcome),
            Message::Stopped { id, outcome } => self.stop_ended(&id, outcome),
            Message::Health { id, health } => {
                // Only of instances that are still probed.
                if let Some(known) = self.facts.health.get_mut(&id) {
                    *known = health;
                }
            }
            Message::PostStart { id, succeeded } => self.post_start_ended(id, succeeded),
        }
    }

    /// Forgets facts about instances that are gone.
    fn settle(&mut self, observed: &Observed) {
        let runs = |id: &String| {
            observed
                .all()
                .any(|instance| instance.id == *id && instance.is_running())
        };
        self.facts.stopping.retain(|id, _| runs(id));
        self.facts.health.retain(|id, _| runs(id));
        self.facts.post_start.retain(|id, _| runs(id));
        self.probing.retain(|id, _| runs(id));
    }
}
