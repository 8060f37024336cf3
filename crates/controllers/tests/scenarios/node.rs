//! A node that runs nothing: it takes pods, says that they run, and lets them go, at once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use futures::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{DeleteParams, Patch, PatchParams};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, Client};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::machine::{Machine, NAMESPACE};

const NAME: &str = "here";

/// The node, and what it saw.
pub struct Node {
    task: JoinHandle<()>,
    seen: Arc<Mutex<Seen>>,
}

/// What a scenario may ask about the past.
#[derive(Default)]
struct Seen {
    /// Ready pods by name.
    ready: BTreeMap<String, ()>,
    /// Pods that have not gone, with their image.
    alive: BTreeMap<String, String>,
    fewest_ready: Option<usize>,
    most_alive: usize,
    /// Images that were alive together at some time.
    together: Vec<Vec<String>>,
}

impl Node {
    /// A node on which containers of images that contain `broken` never get ready.
    pub fn start(machine: &Machine) -> Self {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let task = tokio::spawn(serve(machine.client.clone(), seen.clone()));
        Self { task, seen }
    }

    /// From now on, count anew.
    pub fn forget(&self) {
        let mut seen = self.seen.lock().expect("no panic");
        seen.fewest_ready = Some(seen.ready.len());
        seen.most_alive = seen.alive.len();
        seen.together.clear();
    }

    /// The fewest pods that were ready at any time.
    pub fn fewest_ready(&self) -> usize {
        self.seen.lock().expect("no panic").fewest_ready.unwrap_or(0)
    }

    pub fn most_alive(&self) -> usize {
        self.seen.lock().expect("no panic").most_alive
    }

    /// Whether pods of two different images were ever alive at once.
    pub fn ever_mixed(&self) -> bool {
        self.seen
            .lock()
            .expect("no panic")
            .together
            .iter()
            .any(|images| images.len() > 1)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Seen {
    fn note(&mut self, pod: &Pod, gone: bool) {
        let name = pod.metadata.name.clone().unwrap_or_default();
        let image = pod
            .spec
            .as_ref()
            .and_then(|spec| spec.containers[0].image.clone())
            .unwrap_or_default();
        // A pod on its way out serves nobody, whatever its last status says.
        if gone || pod.metadata.deletion_timestamp.is_some() {
            self.ready.remove(&name);
        } else if is_ready(pod) {
            self.ready.insert(name.clone(), ());
        }
        if gone {
            self.alive.remove(&name);
        } else {
            self.alive.insert(name, image);
        }
        let fewest = self.fewest_ready.get_or_insert(self.ready.len());
        *fewest = (*fewest).min(self.ready.len());
        self.most_alive = self.most_alive.max(self.alive.len());
        let mut images: Vec<String> = self.alive.values().cloned().collect();
        images.sort();
        images.dedup();
        self.together.push(images);
    }
}

async fn serve(client: Client, seen: Arc<Mutex<Seen>>) {
    let pods: Api<Pod> = Api::namespaced(client.clone(), NAMESPACE);
    let mut events = watcher(pods.clone(), watcher::Config::default())
        .default_backoff()
        .boxed();
    while let Ok(event) = events.try_next().await {
        match event {
            Some(watcher::Event::InitApply(pod) | watcher::Event::Apply(pod)) if is_ours(&pod) => {
                seen.lock().expect("no panic").note(&pod, false);
                carry(&client, &pods, &pod).await;
            }
            Some(watcher::Event::Delete(pod)) if is_ours(&pod) => seen.lock().expect("no panic").note(&pod, true),
            Some(_) => {}
            None => return,
        }
    }
}

fn is_ours(pod: &Pod) -> bool {
    let node = pod
        .spec
        .as_ref()
        .and_then(|spec| spec.node_name.as_deref())
        .unwrap_or_default();
    node.is_empty() || node == NAME
}

/// Does what the pod needs next. Whatever is refused has changed meanwhile, and the next event says how.
async fn carry(client: &Client, pods: &Api<Pod>, pod: &Pod) {
    let name = pod.metadata.name.as_deref().unwrap_or_default();
    if pod.metadata.deletion_timestamp.is_some() {
        let _ = pods.delete(name, &DeleteParams::default().grace_period(0)).await;
        return;
    }
    if pod
        .spec
        .as_ref()
        .is_some_and(|spec| spec.node_name.as_deref().unwrap_or_default().is_empty())
    {
        let binding =
            json!({"apiVersion": "v1", "kind": "Binding", "metadata": {"name": name}, "target": {"name": NAME}});
        let path = format!("/api/v1/namespaces/{NAMESPACE}/pods/{name}/binding");
        let request = http::Request::post(path).header("content-type", "application/json");
        let request = request.body(binding.to_string().into_bytes()).expect("a request");
        let _ = client.request::<Value>(request).await;
        return;
    }
    let phase = pod
        .status
        .as_ref()
        .and_then(|status| status.phase.as_deref())
        .unwrap_or("Pending");
    if phase == "Pending" {
        let image = pod
            .spec
            .as_ref()
            .and_then(|spec| spec.containers[0].image.clone())
            .unwrap_or_default();
        let status = if image.contains("broken") { stuck() } else { running() };
        let _ = pods
            .patch_status(name, &PatchParams::default(), &Patch::Merge(status))
            .await;
    }
}

fn running() -> Value {
    let now = Timestamp::now().to_string();
    json!({"status": {"phase": "Running", "startTime": now,
        "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": now}]}})
}

fn stuck() -> Value {
    json!({"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}],
        "containerStatuses": [{"name": "c", "ready": false, "restartCount": 3, "image": "", "imageID": "",
            "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "it does not start"}}}]}})
}

pub fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.as_ref().and_then(|status| status.conditions.as_ref());
    conditions
        .into_iter()
        .flatten()
        .any(|condition| condition.type_ == "Ready" && condition.status == "True")
}
