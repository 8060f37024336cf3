//! P7: what it costs to tell watchers, and how soon they know.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http::Method;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::time::MissedTickBehavior;

use crate::client::Client;
use crate::fill::{config_map, namespace};
use crate::histogram::{Histogram, milliseconds};
use crate::options::Options;
use crate::processes;
use crate::table::Table;
use crate::target::Target;

const NAMESPACE: &str = "bench-watches";
/// What precedes the time of a change in its object.
const MARK: &[u8] = br#""at":""#;
/// Connections of HTTP/1.1 at most; beyond them watchers share connections of HTTP/2.
const HTTP1: usize = 5_000;
/// Watches that share one connection of HTTP/2.
const STREAMS: usize = 100;
/// Watches that are opened at once.
const OPENING: usize = 64;
/// Time for the last events to arrive.
const SETTLE: Duration = Duration::from_secs(2);

pub(crate) async fn measure(options: &Options, target: &Target, table: &mut Table) -> Result<()> {
    namespace(target, NAMESPACE).await?;
    let collection = format!("/api/v1/namespaces/{NAMESPACE}/configmaps");
    let mut writer = target.connect().await?;
    writer.post(&collection, &config_map("watched", 'a')).await?;
    for (watchers, rate) in options.watchers() {
        with_watchers(options, target, &mut writer, (*watchers, *rate), table).await?;
    }
    Ok(())
}

async fn with_watchers(
    options: &Options,
    target: &Target,
    writer: &mut Client,
    (watchers, rate): (usize, u32),
    table: &mut Table,
) -> Result<()> {
    let (epoch, heard) = (Instant::now(), Arc::new(Histogram::new()));
    let before = processes::resident(target.pid()?)?;
    let opened = open(target, watchers).await?;
    let each = processes::resident(target.pid()?)?.saturating_sub(before) as f64 / watchers as f64 / 1024.0;
    let mut tasks = tokio::task::JoinSet::new();
    for watch in opened {
        tasks.spawn(listen(watch, epoch, heard.clone()));
    }
    let processor = target.processor_time()?;
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / rate);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (begun, mut changes) = (Instant::now(), 0_u64);
    while begun.elapsed() < options.watching() {
        ticks.tick().await;
        change(writer, epoch).await?;
        changes += 1;
    }
    let wanted = changes * watchers as u64;
    let end = Instant::now() + SETTLE;
    while heard.count() < wanted && Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let spent = target.processor_time()? - processor;
    ensure!(heard.count() == wanted, "{} deliveries of {wanted}", heard.count());
    tasks.abort_all();
    while tasks.join_next().await.is_some() {}

    let cost = spent.as_secs_f64() * 1e6 / wanted as f64;
    let (p50, p99) = (milliseconds(heard.percentile(50)), milliseconds(heard.percentile(99)));
    let what = format!("{watchers} watchers, {rate} changes/s, request to receipt");
    let measured = format!("p50 {p50:.2} p99 {p99:.2} ms");
    match (watchers, rate) {
        (1_000, 30) => table.row("P7", what, measured, "p99 <= 20 ms", p99 <= 20.0),
        (10_000, 3) => table.row("P7", what, measured, "p99 <= 300 ms", p99 <= 300.0),
        _ => table.note("P7", what, measured),
    }
    let what = format!("{watchers} watchers, per delivery of 2 KiB");
    table.row("P7", what, format!("{cost:.1} us CPU"), "<= 12 us CPU", cost <= 12.0);
    let what = format!("memory of an idle watcher, of {watchers} (TLS)");
    table.row("P7", what, format!("{each:.1} KiB"), "<= 40 KiB", each <= 40.0);
    Ok(())
}

/// Writes the time into the object that is watched.
async fn change(writer: &mut Client, epoch: Instant) -> Result<()> {
    let path = format!("/api/v1/namespaces/{NAMESPACE}/configmaps/watched");
    let patch = json!({"data": {"at": epoch.elapsed().as_micros().to_string()}});
    let body = patch.to_string().into();
    writer
        .call(Method::PATCH, &path, "application/merge-patch+json", body)
        .await?;
    Ok(())
}

struct Watch {
    body: Incoming,
    /// The connection, kept open by whoever watches on it.
    _client: Arc<tokio::sync::Mutex<Client>>,
}

/// Opens watches that begin after what exists.
async fn open(target: &Target, count: usize) -> Result<Vec<Watch>> {
    let list = format!("/api/v1/namespaces/{NAMESPACE}/configmaps");
    let listed: Value = serde_json::from_slice(&target.connect().await?.get_text(&list).await?)?;
    let revision = listed["metadata"]["resourceVersion"].as_str().context("a revision")?;
    let path = format!("{list}?watch=true&resourceVersion={revision}&allowWatchBookmarks=true&timeoutSeconds=600");
    let mut watches = Vec::with_capacity(count);
    let http1 = count.min(HTTP1);
    while watches.len() < http1 {
        let some = OPENING.min(http1 - watches.len());
        let opening = (0..some).map(|_| async {
            let client = target.connect().await?;
            watch(Arc::new(tokio::sync::Mutex::new(client)), &path).await
        });
        watches.extend(futures::future::try_join_all(opening).await?);
    }
    while watches.len() < count {
        let client = Arc::new(tokio::sync::Mutex::new(target.connect_http2().await?));
        for _ in 0..STREAMS.min(count - watches.len()) {
            watches.push(watch(client.clone(), &path).await?);
        }
    }
    Ok(watches)
}

async fn watch(client: Arc<tokio::sync::Mutex<Client>>, path: &str) -> Result<Watch> {
    let sent = client
        .lock()
        .await
        .send(Method::GET, path, "application/json", Bytes::new())
        .await;
    let response = sent?;
    ensure!(response.status().is_success(), "watch: {}", response.status());
    Ok(Watch {
        body: response.into_body(),
        _client: client,
    })
}

/// Notes how old each change is when it arrives.
async fn listen(mut watch: Watch, epoch: Instant, heard: Arc<Histogram>) -> Result<()> {
    let mut unread = Vec::new();
    while let Some(frame) = watch.body.frame().await {
        let frame = frame?;
        let Some(data) = frame.data_ref() else { continue };
        unread.extend_from_slice(data);
        while let Some(end) = unread.iter().position(|byte| *byte == b'\n') {
            if let Some(sent) = sent_at(&unread[..end]) {
                heard.add(epoch.elapsed().saturating_sub(sent));
            }
            unread.drain(..=end);
        }
    }
    Ok(())
}

fn sent_at(line: &[u8]) -> Option<Duration> {
    let start = line.windows(MARK.len()).position(|window| window == MARK)? + MARK.len();
    let digits = line[start..].iter().take_while(|byte| byte.is_ascii_digit());
    let micros = digits.fold(0_u64, |number, digit| number * 10 + u64::from(digit - b'0'));
    Some(Duration::from_micros(micros))
}
