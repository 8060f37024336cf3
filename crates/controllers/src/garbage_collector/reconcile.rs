use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::join_all;
use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::api::{DeleteParams, Patch, PatchParams, Preconditions};
use kube::core::{DynamicObject, PartialObjectMeta};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, Client};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::graph::{FOREGROUND, Graph, Node, Uid};
use super::plan::{Owner, Plan, Policy, plan};
use crate::census::Census;
use crate::control_loop::{ControlLoop, Next, drive};
use crate::error::{ReconcileError, code, found, message};
use crate::metrics::Metrics;
use crate::queue::Queue;
use crate::recorder::Recorder;
use crate::served::{ServedKind, collected_kinds};

/// How the loop is named as the source of events.
const SOURCE: &str = "garbage-collector-controller";

/// The loop, with watches of its own: it looks at the metadata of everything.
pub struct GarbageCollector {
    client: Client,
    metrics: Metrics,
    recorder: Recorder,
    /// What is seen here is counted for others.
    census: Arc<Census>,
    kinds: Mutex<Arc<Vec<ServedKind>>>,
    graph: Mutex<Graph>,
    /// Kinds whose first list is in. Decisions about dependants need them all.
    listed: watch::Sender<BTreeSet<usize>>,
}

impl GarbageCollector {
    pub fn new(client: Client, metrics: Metrics, recorder: Recorder, census: Arc<Census>) -> Arc<Self> {
        Arc::new(Self {
            client,
            metrics,
            recorder,
            census,
            kinds: Mutex::default(),
            graph: Mutex::default(),
            listed: watch::Sender::new(BTreeSet::new()),
        })
    }

    /// Finds out what is served, then watches and collects, for ever.
    pub async fn run(self: Arc<Self>) {
        let kinds = match collected_kinds(&self.client).await {
            Ok(kinds) => Arc::new(kinds),
            Err(error) => {
                tracing::warn!(error = message(&error), "cannot find out which kinds are served");
                return;
            }
        };
        *self.kinds.lock().unwrap_or_else(PoisonError::into_inner) = kinds.clone();
        self.census.begin(&kinds);
        *self.graph() = Graph::new(self.census.clone());
        self.listed.send_replace(BTreeSet::new());
        let queue = Queue::new();
        let watches = kinds
            .iter()
            .enumerate()
            .map(|(position, kind)| self.watch(&queue, position, kind));
        tokio::select! {
            _ = join_all(watches) => {}
            () = self.collect(&queue, kinds.len()) => {}
        }
    }

    async fn collect(&self, queue: &Queue<Uid>, kinds: usize) {
        let mut listed = self.listed.subscribe();
        // The sender lives in `self`, so waiting can only end well.
        let _ = listed.wait_for(|listed| listed.len() == kinds).await;
        self.census.complete();
        drive(self, queue, &self.metrics).await;
    }

    async fn watch(&self, queue: &Queue<Uid>, position: usize, kind: &ServedKind) {
        let api: Api<PartialObjectMeta<DynamicObject>> = Api::all_with(self.client.clone(), &kind.resource);
        let mut events = watcher(api, watcher::Config::default()).default_backoff().boxed();
        loop {
            match events.try_next().await {
                Ok(Some(event)) => {
                    for uid in self.observe(position, event) {
                        queue.add(uid);
                    }
                }
                Ok(None) => return,
                Err(error) => {
                    self.metrics.watch_failed(&kind.resource.plural);
                    tracing::warn!(kind = kind.resource.kind, %error, "the watch was interrupted and starts again");
                }
            }
        }
    }

    fn observe(&self, position: usize, event: watcher::Event<PartialObjectMeta<DynamicObject>>) -> Vec<Uid> {
        let mut graph = self.graph();
        match event {
            watcher::Event::Init => {
                graph.begin_listing(position);
                Vec::new()
            }
            watcher::Event::InitApply(object) | watcher::Event::Apply(object) => {
                let node = Node::of(position, &object.metadata);
                node.map(|(uid, node)| graph.set(uid, node)).unwrap_or_default()
            }
            watcher::Event::InitDone => {
                let concerned = graph.end_listing(position);
                self.listed.send_modify(|listed| {
                    listed.insert(position);
                });
                concerned
            }
            watcher::Event::Delete(object) => {
                let uid = object.metadata.uid.map(Uid);
                uid.map(|uid| graph.remove(&uid)).unwrap_or_default()
            }
        }
    }

    fn graph(&self) -> MutexGuard<'_, Graph> {
        self.graph.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn kinds(&self) -> Arc<Vec<ServedKind>> {
        self.kinds.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn kind(&self, position: usize) -> Option<ServedKind> {
        self.kinds().get(position).cloned()
    }

    /// Asks the API what there is of the owner, unless the graph shows it.
    async fn owner(&self, node: &Node, reference: &OwnerReference) -> Result<Owner, ReconcileError> {
        let kinds = self.kinds();
        let kind = kinds
            .iter()
            .position(|kind| kind.is_named(&reference.api_version, &reference.kind));
        let Some(position) = kind else {
            return Ok(Owner::Present);
        };
        let kind = &kinds[position];
        let namespace = node.key.namespace.as_str();
        let seen = self.graph().get(&Uid(reference.uid.clone())).cloned();
        if kind.namespaced && namespace.is_empty() {
            self.tell_wrong_namespace(&kinds, node, reference);
            return Ok(Owner::Misplaced);
        }
        match seen {
            Some(owner) if owner.kind != position || owner.key.name != reference.name => {}
            Some(owner) if kind.namespaced && owner.key.namespace != namespace => {
                self.tell_wrong_namespace(&kinds, node, reference);
            }
            Some(owner) if owner.waits_for_dependants() => return Ok(Owner::Waiting),
            Some(_) => return Ok(Owner::Present),
            None => {}
        }
        self.look_for(kind, namespace, reference).await
    }

    async fn look_for(
        &self,
        kind: &ServedKind,
        namespace: &str,
        reference: &OwnerReference,
    ) -> Result<Owner, ReconcileError> {
        let there = kind.api(self.client.clone(), namespace).get(&reference.name).await;
        let there = found(there).map_err(ReconcileError::api(format!(
            "look for {} {}",
            reference.kind, reference.name
        )))?;
        let Some(meta) = there.map(|object| object.metadata) else {
            return Ok(Owner::Absent);
        };
        let waits = meta.deletion_timestamp.is_some()
            && meta
                .finalizers
                .iter()
                .flatten()
                .any(|finalizer| finalizer == FOREGROUND);
        Ok(match () {
            () if meta.uid.as_deref() != Some(&reference.uid) => Owner::Absent,
            () if waits => Owner::Waiting,
            () => Owner::Present,
        })
    }

    /// An owner in another namespace is a mistake that people have to be told of: it counts for nothing.
    fn tell_wrong_namespace(&self, kinds: &[ServedKind], node: &Node, reference: &OwnerReference) {
        let Some(kind) = kinds.get(node.kind) else {
            return;
        };
        let about = ObjectReference {
            api_version: Some(kind.resource.api_version.clone()),
            kind: Some(kind.resource.kind.clone()),
            namespace: Some(node.key.namespace.clone()).filter(|namespace| !namespace.is_empty()),
            name: Some(node.key.name.clone()),
            uid: Some(node.uid.0.clone()),
            ..ObjectReference::default()
        };
        let OwnerReference {
            api_version,
            kind,
            name,
            uid,
            ..
        } = reference;
        let namespace = &node.key.namespace;
        let message = format!(
            "ownerRef [{api_version}/{kind}, namespace: {namespace}, name: {name}, uid: {uid}] does not exist in namespace \
             {namespace:?}"
        );
        self.recorder
            .warning_about(SOURCE, about, "OwnerRefInvalidNamespace", message);
    }

    async fn apply(&self, uid: &Uid, node: &Node, plan: Plan) -> Result<(), ReconcileError> {
        match plan {
            Plan::Nothing => Ok(()),
            Plan::Delete(policy) => self.delete(uid, node, policy).await,
            Plan::KeepOwners(kept) => self.set_owners(node, |owner| kept.contains(&owner.uid)).await,
            Plan::Unblock => {
                let mut owners = node.owners.clone();
                for owner in &mut owners {
                    owner.block_owner_deletion = Some(false);
                }
                self.patch(node, json!({"ownerReferences": owners})).await
            }
            Plan::Disown(dependants) => {
                for dependant in dependants {
                    let node = self.graph().get(&dependant).cloned();
                    if let Some(node) = node {
                        self.set_owners(&node, |owner| owner.uid != uid.0).await?;
                    }
                }
                Ok(())
            }
            Plan::RemoveFinalizer(finalizer) => {
                let mut left = node.finalizers.clone();
                left.retain(|held| held != finalizer);
                self.patch(node, json!({"finalizers": left})).await
            }
        }
    }

    /// Deletes the object in the version that was looked at: it may have found an owner since.
    async fn delete(&self, uid: &Uid, node: &Node, policy: Policy) -> Result<(), ReconcileError> {
        let Some(kind) = self.kind(node.kind) else {
            return Ok(());
        };
        let preconditions = Preconditions {
            uid: Some(uid.0.clone()),
            resource_version: Some(node.version.clone()),
        };
        let parameters = match policy {
            Policy::Background => DeleteParams::background(),
            Policy::Foreground => DeleteParams::foreground(),
            Policy::Orphan => DeleteParams::orphan(),
        };
        let parameters = DeleteParams {
            preconditions: Some(preconditions),
            ..parameters
        };
        match kind
            .api(self.client.clone(), &node.key.namespace)
            .delete(&node.key.name, &parameters)
            .await
        {
            Ok(_) => Ok(()),
            // Gone, or another object by now, or changed, of which the watch tells.
            Err(error) if matches!(code(&error), Some(404 | 409)) => Ok(()),
            Err(error) => {
                let action = format!("collect {} {}", kind.resource.kind, node.key);
                Err(ReconcileError::api(action)(error))
            }
        }
    }

    async fn set_owners(&self, node: &Node, keep: impl Fn(&OwnerReference) -> bool) -> Result<(), ReconcileError> {
        let owners: Vec<&OwnerReference> = node.owners.iter().filter(|owner| keep(owner)).collect();
        self.patch(node, json!({"ownerReferences": owners})).await
    }

    /// Patches the metadata of the object in the version that was looked at.
    async fn patch(&self, node: &Node, mut metadata: Value) -> Result<(), ReconcileError> {
        let Some(kind) = self.kind(node.kind) else {
            return Ok(());
        };
        metadata["resourceVersion"] = json!(node.version);
        let patch = json!({"metadata": metadata});
        let api = kind.api(self.client.clone(), &node.key.namespace);
        let patched = api
            .patch(&node.key.name, &PatchParams::default(), &Patch::Merge(&patch))
            .await;
        let action = || format!("change the metadata of {} {}", kind.resource.kind, node.key);
        found(patched)
            .map(drop)
            .map_err(|error| ReconcileError::api(action())(error))
    }
}

impl ControlLoop for GarbageCollector {
    type Key = Uid;
    const NAME: &'static str = "garbage-collector";
    const WORKERS: usize = 4;

    fn connect(self: &Arc<Self>, _queue: &Arc<Queue<Uid>>) {}

    async fn reconcile(&self, uid: &Uid) -> Result<Next, ReconcileError> {
        let Some(node) = self.graph().get(uid).cloned() else {
            return Ok(Next::Change);
        };
        let mut owners = Vec::new();
        if !node.deleting {
            for reference in &node.owners {
                owners.push(self.owner(&node, reference).await?);
            }
        }
        let plan = plan(&self.graph(), uid, &node, &owners);
        self.apply(uid, &node, plan).await?;
        Ok(Next::Change)
    }
}
