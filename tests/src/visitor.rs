use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use futures::StreamExt;
use k8s_openapi::api::core::v1::Pod;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::runtime::watcher::{self, Event};
use kube::{Api, Client, ResourceExt};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// One request may take so long.
const PATIENCE: Duration = Duration::from_secs(5);

/// A pod may take so long to accept a connection. One that left in the meantime never does.
const CONNECT_PATIENCE: Duration = Duration::from_secs(1);

/// Visits the ready pods of one selector, one request after the other, each on a new connection, and counts what they
/// say. As a load balancer does, it knows from a watch which pods are ready, and turns to another pod when one that it
/// chose has left before it could connect.
pub struct Visitor {
    visited: Arc<Mutex<Counter>>,
    ready: watch::Receiver<BTreeMap<String, SocketAddr>>,
    tasks: Vec<JoinHandle<()>>,
}

#[derive(Clone, Debug, Default)]
pub struct Visited {
    /// How often each answer was heard.
    pub answers: BTreeMap<String, usize>,
    pub failures: Vec<String>,
}

impl Visited {
    pub fn requests(&self) -> usize {
        self.answers.values().sum::<usize>() + self.failures.len()
    }
}

/// What was heard since the last [`Visitor::forget`].
#[derive(Default)]
struct Counter {
    /// How often it was started anew: a request counts for the time in which it began.
    round: u64,
    visited: Visited,
}

impl Visitor {
    pub async fn start(kubeconfig: &Path, namespace: &str, selector: &str, port: u16) -> Result<Self> {
        let client = api_client(kubeconfig).await?;
        let pods: Api<Pod> = Api::namespaced(client, namespace);
        let (sender, ready) = watch::channel(BTreeMap::new());
        let config = watcher::Config::default().labels(selector);
        let following = tokio::spawn(follow(pods, config, port, sender));
        let visited = Arc::new(Mutex::new(Counter::default()));
        let visiting = tokio::spawn(visit(visitor()?, ready.clone(), visited.clone()));
        Ok(Self {
            visited,
            ready,
            tasks: vec![following, visiting],
        })
    }

    /// Waits until some ready pod gave `answer`.
    pub async fn hears(&self, answer: &str, limit: Duration) -> Result<()> {
        let mut ready = self.ready.clone();
        let heard = async {
            loop {
                if self.visited().answers.keys().any(|known| known.contains(answer)) {
                    return;
                }
                // Woken by changes of the pods, and often enough in between to hear what they say.
                let _ = tokio::time::timeout(Duration::from_millis(20), ready.changed()).await;
            }
        };
        tokio::time::timeout(limit, heard)
            .await
            .with_context(|| format!("nobody said {answer:?}: {:?}", self.visited()))
    }

    pub fn visited(&self) -> Visited {
        locked(&self.visited).visited.clone()
    }

    /// Starts counting anew.
    pub fn forget(&self) {
        let mut counter = locked(&self.visited);
        counter.round += 1;
        counter.visited = Visited::default();
    }
}

impl Drop for Visitor {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// A client with the credentials of a kubeconfig.
pub async fn api_client(kubeconfig: &Path) -> Result<Client> {
    let kubeconfig = Kubeconfig::read_from(kubeconfig)?;
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
    Ok(Client::try_from(config)?)
}

async fn follow(
    pods: Api<Pod>,
    config: watcher::Config,
    port: u16,
    sender: watch::Sender<BTreeMap<String, SocketAddr>>,
) {
    let mut events = std::pin::pin!(watcher::watcher(pods, config));
    while let Some(event) = events.next().await {
        match event {
            Ok(Event::Apply(pod) | Event::InitApply(pod)) => {
                let address = address(&pod, port);
                sender.send_modify(|known| {
                    known.retain(|name, _| *name != pod.name_any());
                    known.extend(address.map(|address| (pod.name_any(), address)));
                });
            }
            Ok(Event::Delete(pod)) => sender.send_modify(|known| known.retain(|name, _| *name != pod.name_any())),
            Ok(Event::Init) => sender.send_modify(BTreeMap::clear),
            Ok(Event::InitDone) => {}
            Err(error) => eprintln!("watching pods: {error}"),
        }
    }
}

/// Where a pod can be visited: only while it is ready and not asked to leave.
fn address(pod: &Pod, port: u16) -> Option<SocketAddr> {
    let status = pod.status.as_ref()?;
    let ready = status
        .conditions
        .iter()
        .flatten()
        .any(|condition| condition.type_ == "Ready" && condition.status == "True");
    if !ready || pod.metadata.deletion_timestamp.is_some() {
        return None;
    }
    let ip: IpAddr = status.pod_ip.as_ref()?.parse().ok()?;
    Some(SocketAddr::new(ip, port))
}

fn locked(counter: &Mutex<Counter>) -> MutexGuard<'_, Counter> {
    counter.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn visit(
    client: reqwest::Client,
    mut ready: watch::Receiver<BTreeMap<String, SocketAddr>>,
    counter: Arc<Mutex<Counter>>,
) {
    for turn in 0usize.. {
        let round = locked(&counter).round;
        let chosen = {
            let known = ready.borrow_and_update();
            known
                .iter()
                .nth(turn % known.len().max(1))
                .map(|(pod, address)| (pod.clone(), *address))
        };
        let Some((pod, address)) = chosen else {
            if ready.changed().await.is_err() {
                return;
            }
            continue;
        };
        let answer = ask(&client, address).await;
        let left_before = |error: &reqwest::Error| error.is_connect() && !ready.borrow().contains_key(&pod);
        if answer.as_ref().is_err_and(left_before) {
            continue;
        }
        let mut counter = locked(&counter);
        if counter.round != round {
            continue;
        }
        match answer {
            Ok(text) => *counter.visited.answers.entry(text.trim().to_owned()).or_default() += 1,
            Err(error) => {
                let error = anyhow::Error::from(error);
                counter.visited.failures.push(format!("{pod} at {address}: {error:#}"));
            }
        }
    }
}

/// Made once: it takes longer than a request, and a pod could leave in that time.
fn visitor() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .pool_max_idle_per_host(0)
        .connect_timeout(CONNECT_PATIENCE)
        .timeout(PATIENCE)
        .no_proxy()
        .build()
}

async fn ask(client: &reqwest::Client, address: SocketAddr) -> reqwest::Result<String> {
    let answer = client.get(format!("http://{address}/")).send().await?;
    answer.error_for_status()?.text().await
}
