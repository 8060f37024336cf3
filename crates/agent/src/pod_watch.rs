//! The watch on pods: keeps the table and wakes workers. What an event said is not acted on; the table is.

use std::collections::HashSet;
use std::sync::Arc;

use futures::StreamExt;
use k8s_openapi::api::core::v1::Pod;
use kube::api::Api;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{Config, Event, watcher};

use crate::labels;
use crate::node::Node;
use crate::pod_view::PodView;
use crate::workers::Workers;

pub(crate) async fn run(node: Arc<Node>, workers: Workers) {
    let selector = format!("spec.nodeName={}", node.name);
    let pods: Api<Pod> = Api::all(node.client.clone());
    let mut events = watcher(pods, Config::default().fields(&selector))
        .default_backoff()
        .boxed();
    let mut listed = Vec::new();
    let mut first = true;
    while let Some(event) = events.next().await {
        match event {
            Ok(Event::Init) => listed.clear(),
            Ok(Event::InitApply(pod)) => listed.push(pod),
            Ok(Event::InitDone) => {
                let pods = std::mem::take(&mut listed)
                    .into_iter()
                    .filter(|pod| is_ours(&node, pod))
                    .collect();
                for uid in node.pods.replace(pods) {
                    workers.wake(&uid);
                }
                if std::mem::take(&mut first) {
                    sweep(&node, &workers).await;
                    node.synced.cancel();
                }
            }
            Ok(Event::Apply(pod)) if is_ours(&node, &pod) => {
                let uid = node.pods.set(pod);
                workers.wake(&uid);
            }
            Ok(Event::Apply(pod)) | Ok(Event::Delete(pod)) => {
                node.pods.remove(pod.uid());
                workers.wake(pod.uid());
            }
            Err(error) => tracing::warn!(%error, "the watch on pods broke off; it is taken up again"),
        }
    }
}

/// The server may not know the selector.
fn is_ours(node: &Node, pod: &Pod) -> bool {
    pod.node_name() == node.name
}

/// Directories of pods that went while no agent ran. Their containers are looked for when the engine answers.
async fn sweep(node: &Arc<Node>, workers: &Workers) {
    let directories = node.directories.clone();
    let uids = match tokio::task::spawn_blocking(move || directories.uids()).await {
        Ok(Ok(uids)) => uids,
        Ok(Err(error)) => {
            tracing::warn!(%error, "cannot look through the pods' directories");
            return;
        }
        Err(error) => {
            tracing::warn!(%error, "cannot look through the pods' directories");
            return;
        }
    };
    let known: HashSet<String> = node.pods.uids().into_iter().collect();
    for uid in uids.iter().filter(|uid| !known.contains(*uid)) {
        workers.wake(uid);
    }
}

/// Wakes the workers of containers whose pod is gone.
pub(crate) async fn find_orphans(node: &Node, workers: &Workers) -> Result<(), weir_engine::EngineError> {
    let containers = node.engine.list(&labels::of_installation(&node.installation)).await?;
    let uids: HashSet<&String> = containers
        .iter()
        .filter_map(|container| container.labels.get(labels::UID))
        .collect();
    for uid in uids.into_iter().filter(|uid| node.pods.get(uid).is_none()) {
        workers.wake(uid);
    }
    Ok(())
}
