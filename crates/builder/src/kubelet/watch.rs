use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use futures::StreamExt;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event, watcher};
use tokio::sync::{OnceCell, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use weir_api::names::node;

use super::carry::{Carrier, Shared};
use super::plan::{Action, plan};
use super::receive::MAX_UPLOADS;
use crate::build::{Kit, PushRecord};
use crate::log::{LogError, LogStore, PodKey};
use crate::upload::{Desk, UploadFile};
use crate::workbench::Workbench;

/// Sees the pods of the builder's node and has each carried to its end by a task of its own.
pub(crate) struct Kubelet {
    pub(super) shared: Arc<Shared>,
    tasks: HashMap<PodKey, Task>,
    running: JoinSet<PodKey>,
    /// Pods that were carried to their end, by the id of the object: events from before may still come in.
    done: HashMap<PodKey, String>,
    /// Pods of the list that is being read.
    listed: HashSet<PodKey>,
}

/// A pod that somebody works on.
struct Task {
    uid: String,
    stop: CancellationToken,
    /// What has to be looked at when the work is over: the pod being deleted, or another one of the same name.
    next: Option<Pod>,
    /// The object is gone: nothing is kept.
    gone: bool,
}

impl Kubelet {
    pub fn new(kit: Arc<Kit>, bench: Workbench, logs: LogStore, desk: Desk, concurrency: usize) -> Self {
        let shared = Shared {
            kit,
            bench,
            logs,
            permits: Semaphore::new(concurrency),
            uploads: Semaphore::new(MAX_UPLOADS),
            desk,
            swept: OnceCell::new(),
        };
        Self {
            shared: Arc::new(shared),
            tasks: HashMap::new(),
            running: JoinSet::new(),
            done: HashMap::new(),
            listed: HashSet::new(),
        }
    }

    /// Works until shutdown. Builds that run then are dropped, and begun again at the next start.
    pub async fn run(mut self, shutdown: CancellationToken) {
        let pods: Api<Pod> = Api::all(self.shared.kit.client.clone());
        let ours = watcher::Config::default().fields(&format!("spec.nodeName={}", node::BUILDER));
        let mut events = watcher(pods, ours).default_backoff().boxed();
        loop {
            tokio::select! {
                () = shutdown.cancelled() => break,
                Some(ended) = self.running.join_next() => self.ended(ended),
                event = events.next() => match event {
                    Some(Ok(event)) => self.event(event),
                    Some(Err(error)) => tracing::warn!(%error, "cannot see the build pods; trying again"),
                    None => break,
                },
            }
        }
        self.running.shutdown().await;
    }

    fn event(&mut self, event: Event<Pod>) {
        match event {
            Event::Init => self.listed.clear(),
            Event::InitApply(pod) => {
                self.listed.extend(key_of(&pod));
                self.observe(pod);
            }
            Event::InitDone => self.forget_unlisted(),
            Event::Apply(pod) => self.observe(pod),
            Event::Delete(pod) => {
                if let Some(key) = key_of(&pod) {
                    self.gone(&key);
                }
            }
        }
    }

    fn observe(&mut self, pod: Pod) {
        let Some(key) = key_of(&pod) else {
            tracing::warn!(name = ?pod.metadata.name, "a build pod has a name that cannot be used; it is left alone");
            return;
        };
        let uid = pod.metadata.uid.clone().unwrap_or_default();
        let deleted = pod.metadata.deletion_timestamp.is_some();
        if let Some(task) = self.tasks.get_mut(&key) {
            if deleted || task.uid != uid {
                task.stop.cancel();
                task.next = Some(pod);
            }
            return;
        }
        if self.done.get(&key) == Some(&uid) && !deleted {
            return;
        }
        self.start(key, uid, pod);
    }

    fn start(&mut self, key: PodKey, uid: String, pod: Pod) {
        let record = PushRecord::in_directory(&self.shared.logs.directory(&key));
        // Logs of an older pod of this name, and its record, go first.
        let looks_alive = plan(&pod, &Default::default()) != Action::Leave;
        if looks_alive && let Err(error) = self.expect_logs(&key, &pod) {
            tracing::warn!(pod = %key, %error, "cannot make room for the logs of a build");
        }
        let action = match record.read() {
            Ok(push) => plan(&pod, &push),
            Err(error) => {
                tracing::warn!(pod = %key, %error, "cannot read how far the push of a build was");
                plan(&pod, &crate::build::PushState::Begun)
            }
        };
        if action == Action::Leave {
            self.discard_upload(&key);
            return;
        }
        let stop = CancellationToken::new();
        let carrier = Carrier {
            shared: self.shared.clone(),
            key: key.clone(),
            pod,
            stop: stop.clone(),
        };
        self.tasks.insert(
            key.clone(),
            Task {
                uid,
                stop,
                next: None,
                gone: false,
            },
        );
        self.running.spawn(async move {
            carrier.carry(action).await;
            key
        });
    }

    /// A builder that was ended just after a build may have left its upload.
    fn discard_upload(&self, key: &PodKey) {
        let file = UploadFile::in_directory(&self.shared.logs.directory(key));
        if let Err(error) = file.remove() {
            tracing::warn!(pod = %key, %error, "cannot remove the upload of a build; it goes with the build");
        }
    }

    /// Makes room for the logs of a pod before anything else happens to it.
    fn expect_logs(&self, key: &PodKey, pod: &Pod) -> Result<(), LogError> {
        let uid = pod.metadata.uid.as_deref().unwrap_or_default();
        self.shared.logs.expect(key, uid, &containers(pod))
    }

    fn ended(&mut self, ended: Result<PodKey, tokio::task::JoinError>) {
        let key = match ended {
            Ok(key) => key,
            Err(error) => {
                // Its pod stays as it is until the next start; the others go on.
                tracing::error!(%error, "the work on a build pod broke off");
                return;
            }
        };
        let Some(task) = self.tasks.remove(&key) else { return };
        self.done.insert(key.clone(), task.uid);
        if task.gone {
            self.gone(&key);
        }
        if let Some(next) = task.next {
            self.observe(next);
        }
    }

    /// The object is gone: whatever is kept for it goes too.
    fn gone(&mut self, key: &PodKey) {
        if let Some(task) = self.tasks.get_mut(key) {
            task.stop.cancel();
            task.gone = true;
            return;
        }
        self.done.remove(key);
        if let Err(error) = self.shared.logs.remove(key) {
            tracing::warn!(pod = %key, %error, "cannot remove the logs of a build");
        }
    }

    /// Pods that went away while nobody watched.
    fn forget_unlisted(&mut self) {
        let kept = self.shared.logs.pods().unwrap_or_else(|error| {
            tracing::warn!(%error, "cannot look through the logs of builds");
            Vec::new()
        });
        let known: HashSet<PodKey> = kept
            .into_iter()
            .map(|(key, _)| key)
            .chain(self.tasks.keys().cloned())
            .collect();
        for key in known.difference(&self.listed).cloned().collect::<Vec<_>>() {
            self.gone(&key);
        }
    }
}

/// Names of all containers of a pod.
pub(crate) fn containers(pod: &Pod) -> Vec<String> {
    let Some(spec) = &pod.spec else { return Vec::new() };
    spec.init_containers
        .iter()
        .flatten()
        .chain(&spec.containers)
        .map(|container| container.name.clone())
        .collect()
}

fn key_of(pod: &Pod) -> Option<PodKey> {
    PodKey::new(pod.metadata.namespace.as_deref()?, pod.metadata.name.as_deref()?)
}
