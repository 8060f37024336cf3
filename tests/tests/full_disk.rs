//! The disk of the store is full and has space again, while clients write, read and watch: writes are refused with the
//! reason, everything else goes on, and a history checker decides that nothing was lost and nothing half done.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use anyhow::{Context, Result, bail, ensure};
use futures::future::try_join_all;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use weir_tests::history::History;
use weir_tests::load::{Follower, LoadApi, NAMESPACE, Reply, Writer};
use weir_tests::{Directory, SmallDisk, Weir, WeirOptions, skip};

/// The store, its log and some room.
const MEBIBYTES: u32 = 32;
const WRITERS: usize = 8;
/// Requests of each client in each phase.
const STEPS: usize = 20;
const SEED: u64 = 1;
/// Objects that may still find room in the last pages of a full disk.
const LAST: usize = 500;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_writes_with_the_reason_and_heals_without_a_restart() -> Result<()> {
    if let Some(reason) = SmallDisk::missing() {
        skip("full disk", &reason);
        return Ok(());
    }
    let directory = Directory::new("full")?;
    let disk = SmallDisk::mount(&directory.path().join("small"), MEBIBYTES)?;
    let options = WeirOptions {
        arguments: vec!["--engine".into(), "none".into()],
        ..WeirOptions::default()
    };
    let weir = Weir::start(&directory.path().join("small/data"), options)?;
    let api = LoadApi::of(&weir, Arc::new(AtomicU64::new(1)))?;
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}});
    api.demand(Method::POST, "/api/v1/namespaces", Some(&namespace)).await?;
    let origin = api.snapshot().await?.version;
    let mut clients = Clients::new(origin);
    let watching = {
        let (api, mut follower) = (api.clone(), Follower::new("through it all", origin));
        tokio::spawn(async move { follower.follow(&api).await.map(|()| follower) })
    };

    clients.phase(&api).await?;
    disk.fill()?;
    let status = refused(&api).await?;
    ensure!(status["reason"] == "InsufficientStorage", "{status}");
    let message = status["message"].as_str().unwrap_or_default();
    ensure!(message.contains("no space is left"), "{status}");
    clients.phase(&api).await?;
    disk.free()?;
    clients.phase(&api).await?;

    let last = clients.fence.must_put(&api, "fence").await?;
    clients.late.catch_up(&api, last).await?;
    clients.history.snapshots.push(api.snapshot().await?);
    weir.stop()?;
    let follower = watching.await??;
    let history = clients.recorded(follower);
    let violations = history.violations();
    ensure!(violations.is_empty(), "{violations:#?}");
    Ok(())
}

struct Clients {
    writers: Vec<Writer>,
    fence: Writer,
    /// Sees everything after the fact.
    late: Follower,
    history: History,
}

impl Clients {
    fn new(origin: u64) -> Self {
        Self {
            writers: (0..WRITERS).map(|id| Writer::new(id, SEED)).collect(),
            fence: Writer::new(WRITERS, SEED),
            late: Follower::new("late", origin),
            history: History::default(),
        }
    }

    /// All of them write and read; what they read is true.
    async fn phase(&mut self, api: &LoadApi) -> Result<()> {
        try_join_all(self.writers.iter_mut().map(|writer| writer.steps(api, STEPS))).await?;
        self.history.snapshots.push(api.snapshot().await?);
        Ok(())
    }

    fn recorded(self, follower: Follower) -> History {
        let mut history = self.history;
        for writer in self.writers.into_iter().chain([self.fence]) {
            history.writes.extend(writer.writes);
            history.reads.extend(writer.reads);
        }
        history.watchers = vec![self.late.watcher, follower.watcher];
        history
    }
}

/// The `Status` that a write gets; the last pages of the files may have room for some before it. They go into another
/// namespace than those that are watched.
async fn refused(api: &LoadApi) -> Result<Value> {
    for number in 0..LAST {
        let data = json!({"padding": "x".repeat(4096)});
        let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": format!("last-{number}")}, "data": data});
        let path = "/api/v1/namespaces/default/configmaps";
        match api
            .send(Method::POST, path, Some(("application/json", &object)))
            .await
            .1
        {
            Reply::Answer(StatusCode::CREATED, _) => {}
            Reply::Answer(StatusCode::INSUFFICIENT_STORAGE, status) => return Ok(status),
            Reply::Answer(status, value) => bail!("{status} {value}"),
            Reply::Silence(why) => bail!("no answer: {why}"),
        }
    }
    None.context("a full disk took everything")
}
