//! P6: what reads cost.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::fill::{self, stream_name, streams_path};
use crate::histogram::median;
use crate::options::Options;
use crate::processes;
use crate::table::Table;
use crate::target::Target;

/// Clients that read one object each at a time.
const READERS: usize = 16;
/// Lists that run at once.
const PARALLEL: usize = 32;
/// Less than this cannot be measured in ticks of the processor's time.
const AT_LEAST: Duration = Duration::from_secs(1);

/// GET of one object.
pub(crate) async fn one(options: &Options, target: &Target, peer: Option<&Target>, table: &mut Table) -> Result<()> {
    let largest = options.largest();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    if let Some(peer) = peer {
        fill::namespace(peer, "bench-reads").await?;
        let mut client = peer.connect().await?;
        client
            .post(
                "/api/v1/namespaces/bench-reads/configmaps",
                &fill::config_map("one", 'a'),
            )
            .await?;
    }
    for _ in 0..options.rounds() {
        let path = move |number: usize| format!("{}/{}", streams_path(), stream_name(number * 7919 % largest));
        ours.push(gets_per_processor_second(target, path).await?);
        if let Some(peer) = peer {
            let path = |_| "/api/v1/namespaces/bench-reads/configmaps/one".to_owned();
            theirs.push(gets_per_processor_second(peer, path).await?);
        }
    }
    let measured = median(&ours);
    let text = format!("{measured:.0}/CPU-s ({:.1} us)", 1e6 / measured);
    match peer {
        None => table.note("P6", "GET of one object (no peer to compare with)", text),
        Some(_) => {
            let times = measured / median(&theirs);
            let text = format!("{text}, {times:.1} x peer");
            table.row("P6", "GET of one object", text, ">= 10 x peer", times >= 10.0);
        }
    }
    Ok(())
}

async fn gets_per_processor_second(
    target: &Target,
    path: impl Fn(usize) -> String + Clone + Send + 'static,
) -> Result<f64> {
    let count = Arc::new(AtomicU64::new(0));
    let mut clients = Vec::new();
    for _ in 0..READERS {
        clients.push(target.connect().await?);
    }
    let before = target.processor_time()?;
    let end = Instant::now() + 2 * AT_LEAST;
    let mut tasks = tokio::task::JoinSet::new();
    for mut client in clients {
        let (count, path) = (count.clone(), path.clone());
        tasks.spawn(async move {
            while Instant::now() < end {
                let number = count.fetch_add(1, Ordering::Relaxed);
                client.get(&path(usize::try_from(number)?)).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    let spent = target.processor_time()? - before;
    Ok(count.load(Ordering::Relaxed) as f64 / spent.as_secs_f64())
}

/// LIST of all objects when there are `size`.
pub(crate) async fn lists(options: &Options, target: &Target, size: usize, table: &mut Table) -> Result<()> {
    let mut client = target.connect().await?;
    let whole: Value = serde_json::from_slice(&client.get_text(&streams_path()).await?)?;
    let items = whole["items"].as_array().context("items")?.len();
    ensure!(items == size, "{items} items of {size}");
    drop(whole);
    let (mut rates, mut costs) = (Vec::new(), Vec::new());
    for _ in 0..options.rounds() {
        let before = target.processor_time()?;
        let begun = Instant::now();
        let (mut bytes, mut lists) = (0, 0);
        while begun.elapsed() < AT_LEAST {
            bytes += client.get(&streams_path()).await?;
            lists += 1;
        }
        let spent = target.processor_time()? - before;
        rates.push(bytes as f64 / begun.elapsed().as_secs_f64() / 1e6);
        costs.push(spent.as_secs_f64() * 1e6 / (lists * size) as f64);
    }
    let (rate, cost) = (median(&rates), median(&costs));
    table.row(
        "P6",
        format!("LIST of {size} objects"),
        format!("{rate:.0} MB/s, {cost:.2} us CPU each"),
        ">= 400 MB/s, <= 5 us",
        rate >= 400.0 && cost <= 5.0,
    );
    Ok(())
}

/// Memory that many lists at once add.
pub(crate) async fn parallel_lists(options: &Options, target: &Target, table: &mut Table) -> Result<()> {
    let pid = target.pid()?;
    let mut clients = Vec::new();
    for _ in 0..PARALLEL {
        clients.push(target.connect().await?);
    }
    let before = processes::resident(pid)?;
    processes::forget_peak(pid)?;
    let mut tasks = tokio::task::JoinSet::new();
    for mut client in clients {
        tasks.spawn(async move { client.get(&streams_path()).await });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    let growth = (processes::peak(pid)?.saturating_sub(before)) as f64 / f64::from(1 << 20);
    table.row(
        "P6",
        format!("memory of {PARALLEL} parallel LISTs of {}", options.largest()),
        format!("+ {growth:.0} MiB"),
        "<= 128 MiB",
        growth <= 128.0,
    );
    Ok(())
}
