//! P15: how the cost of work on one object grows with the number of others.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Result;
use bytes::Bytes;
use http::Method;
use serde_json::json;

use crate::client::Client;
use crate::fill::{stream, stream_name, streams_path};
use crate::histogram::median;
use crate::options::Options;
use crate::table::Table;
use crate::target::Target;

/// How long one kind of work is done for one figure: long enough for the ticks that processor time is counted in.
const WORK: Duration = Duration::from_secs(1);
/// Clients that work at once.
const CLIENTS: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Work {
    Get,
    Patch,
    CreateAndDelete,
}

/// Microseconds of the server's processor time for one piece of work, by number of objects.
#[derive(Default)]
pub(crate) struct Costs(BTreeMap<Work, Vec<(usize, f64)>>);

impl Costs {
    pub(crate) async fn measure(&mut self, options: &Options, target: &Target, size: usize) -> Result<()> {
        for work in [Work::Get, Work::Patch, Work::CreateAndDelete] {
            let mut costs = Vec::new();
            for round in 0..options.rounds() {
                costs.push(cost(target, work, size, round).await?);
            }
            self.0.entry(work).or_default().push((size, median(&costs)));
        }
        Ok(())
    }

    pub(crate) fn print(&self, table: &mut Table) {
        for (work, costs) in &self.0 {
            let (Some((few, first)), Some((many, last))) = (costs.first(), costs.last()) else {
                continue;
            };
            let exponent = (last / first).ln() / (*many as f64 / *few as f64).ln();
            let each: Vec<String> = costs.iter().map(|(_, cost)| format!("{cost:.0}")).collect();
            table.row(
                "P15",
                format!("{work:?} of one stream among {few} to {many}"),
                format!("{} us CPU, exponent {exponent:.3}", each.join(" ")),
                "exponent <= 0.05",
                exponent <= 0.05,
            );
        }
    }
}

async fn cost(target: &Target, work: Work, size: usize, round: usize) -> Result<f64> {
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        clients.push(target.connect().await?);
    }
    let before = target.processor_time()?;
    let end = Instant::now() + WORK;
    let mut tasks = tokio::task::JoinSet::new();
    for (lane, mut client) in clients.into_iter().enumerate() {
        tasks.spawn(async move {
            let mut done = 0_usize;
            while Instant::now() < end {
                let number = (done * 7919 + lane * 104_729) % size;
                one(&mut client, work, number, &format!("extra-{round}-{lane}-{done}")).await?;
                done += 1;
            }
            anyhow::Ok(done)
        });
    }
    let mut done = 0;
    while let Some(result) = tasks.join_next().await {
        done += result??;
    }
    let spent = target.processor_time()? - before;
    Ok(spent.as_secs_f64() * 1e6 / done as f64)
}

async fn one(client: &mut Client, work: Work, number: usize, extra: &str) -> Result<()> {
    let path = format!("{}/{}", streams_path(), stream_name(number));
    match work {
        Work::Get => client.get(&path).await?,
        Work::Patch => {
            let body = json!({"metadata": {"annotations": {"changed": extra}}})
                .to_string()
                .into();
            client
                .call(Method::PATCH, &path, "application/merge-patch+json", body)
                .await?
        }
        Work::CreateAndDelete => {
            client.post(&streams_path(), &stream(extra)).await?;
            let path = format!("{}/{extra}", streams_path());
            client
                .call(Method::DELETE, &path, "application/json", Bytes::new())
                .await?
        }
    };
    Ok(())
}
