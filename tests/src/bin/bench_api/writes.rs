//! P5: what a durable write costs.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Result, anyhow};
use bytes::Bytes;
use http::Method;
use serde_json::json;

use crate::client::Client;
use crate::disk;
use crate::fill::{config_map, namespace};
use crate::histogram::{Histogram, median, milliseconds};
use crate::options::Options;
use crate::table::Table;
use crate::target::Target;

const NAMESPACE: &str = "bench-writes";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Create,
    Update,
    Patch,
    Delete,
}

const OPERATIONS: [Operation; 4] = [
    Operation::Create,
    Operation::Update,
    Operation::Patch,
    Operation::Delete,
];

/// The figures of one kind of write at one number of clients, one value per round.
#[derive(Default)]
struct Cell {
    rate: Vec<f64>,
    p50: Vec<f64>,
    p99: Vec<f64>,
    processor: Vec<f64>,
    transactions: Vec<f64>,
}

pub(crate) async fn measure(
    options: &Options,
    target: &Target,
    peer: Option<&Target>,
    disk: &Path,
    table: &mut Table,
) -> Result<()> {
    let mut syncs = Vec::new();
    let mut ours = rounds(target).await?;
    let mut theirs = match peer {
        Some(peer) => Some((peer, rounds(peer).await?)),
        None => None,
    };
    for round in 0..options.rounds() {
        for (at, (clients, requests)) in options.writers().into_iter().enumerate() {
            syncs.push(milliseconds(disk::fdatasync(disk)?));
            for (operation, cell) in OPERATIONS.into_iter().zip(&mut ours[at]) {
                one_round(options, target, (operation, clients, requests), round, cell).await?;
            }
            if let Some((peer, cells)) = &mut theirs {
                for (operation, cell) in OPERATIONS.into_iter().zip(&mut cells[at]) {
                    one_round(options, peer, (operation, clients, requests / 10 + 1), round, cell).await?;
                }
            }
        }
    }
    let sync = median(&syncs);
    table.note("P5", "fdatasync of 4 KiB on this disk, p50", format!("{sync:.2} ms"));
    print(options, &ours, sync, "", table);
    if let Some((_, cells)) = &theirs {
        print(options, cells, sync, "peer: ", table);
    }
    Ok(())
}

async fn rounds(target: &Target) -> Result<[[Cell; 4]; 3]> {
    namespace(target, NAMESPACE).await?;
    Ok(Default::default())
}

async fn one_round(
    options: &Options,
    target: &Target,
    (operation, clients, requests): (Operation, usize, usize),
    round: usize,
    cell: &mut Cell,
) -> Result<()> {
    let took = Arc::new(Histogram::new());
    let next = Arc::new(AtomicUsize::new(0));
    let mut connected = Vec::new();
    for _ in 0..clients {
        connected.push(target.connect().await?);
    }
    let transactions = transactions(target).await;
    let processor = target.processor_time()?;
    let begun = Instant::now();
    let end = begun + options.patience();
    let mut tasks = tokio::task::JoinSet::new();
    for mut client in connected {
        let (took, next) = (took.clone(), next.clone());
        tasks.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                // Every round works on objects of its own, so that one that was cut short leaves no trace in the next.
                let done = number >= requests || (Instant::now() > end && operation != Operation::Create);
                if done {
                    return anyhow::Ok(());
                }
                let name = format!("r{round}-c{clients}-{number}");
                let begun = Instant::now();
                write(&mut client, operation, &name).await?;
                took.add(begun.elapsed());
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    let elapsed = begun.elapsed();
    let count = took.count() as f64;
    cell.rate.push(count / elapsed.as_secs_f64());
    cell.p50.push(milliseconds(took.percentile(50)));
    cell.p99.push(milliseconds(took.percentile(99)));
    cell.processor
        .push(milliseconds(target.processor_time()? - processor) / count);
    if let (Ok(before), Ok(after)) = (transactions, self::transactions(target).await) {
        cell.transactions.push((after - before) / count);
    }
    Ok(())
}

async fn write(client: &mut Client, operation: Operation, name: &str) -> Result<usize> {
    let collection = format!("/api/v1/namespaces/{NAMESPACE}/configmaps");
    let path = format!("{collection}/{name}");
    match operation {
        Operation::Create => client.post(&collection, &config_map(name, 'a')).await,
        Operation::Update => {
            let body = config_map(name, 'b').to_string().into();
            client.call(Method::PUT, &path, "application/json", body).await
        }
        Operation::Patch => {
            let body = json!({"metadata": {"labels": {"patched": "yes"}}}).to_string().into();
            client
                .call(Method::PATCH, &path, "application/merge-patch+json", body)
                .await
        }
        Operation::Delete => {
            client
                .call(Method::DELETE, &path, "application/json", Bytes::new())
                .await
        }
    }
}

/// Transactions of the store so far; each is one `fsync`.
async fn transactions(target: &Target) -> Result<f64> {
    let metrics = target.connect().await?.get_text("/metrics").await?;
    let metrics = String::from_utf8_lossy(&metrics);
    let value = metrics
        .lines()
        .find_map(|line| line.strip_prefix("weir_store_transactions_total "));
    Ok(value
        .ok_or_else(|| anyhow!("this server does not count"))?
        .trim()
        .parse()?)
}

fn print(options: &Options, cells: &[[Cell; 4]; 3], sync: f64, whose: &str, table: &mut Table) {
    for ((clients, _), cells) in options.writers().into_iter().zip(cells) {
        for (operation, cell) in OPERATIONS.into_iter().zip(cells) {
            let (rate, p50, p99) = (median(&cell.rate), median(&cell.p50), median(&cell.p99));
            let what = format!("{whose}{operation:?} of 2 KiB, {clients} clients");
            let measured = format!("{rate:.0}/s p50 {p50:.2} p99 {p99:.2} ms");
            match clients {
                _ if !whose.is_empty() => table.note("P5", what, measured),
                1 => {
                    let target = 1.5 * sync + 0.2;
                    table.row("P5", what, measured, &format!("p50 <= {target:.2} ms"), p50 <= target);
                }
                128 => {
                    let met = rate >= 8_000.0 && p99 <= 25.0;
                    table.row("P5", what, measured, ">= 8000/s, p99 <= 25 ms", met);
                }
                _ => table.note("P5", what, measured),
            }
            if clients == 128 {
                let (processor, transactions) = (median(&cell.processor), median(&cell.transactions));
                let measured = format!("{processor:.3} ms CPU, {transactions:.3} fsyncs");
                let what = format!("{whose}per {operation:?}, {clients} clients");
                match whose {
                    "" => table.row("P5", what, measured, "<= 0.15 ms CPU", processor <= 0.15),
                    _ => table.note("P5", what, measured),
                }
            }
        }
    }
}
