//! `cargo xtask bench journey`: how fast and how small the journey is, beside its targets. It fails only when it cannot
//! measure; a missed target is printed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures::StreamExt;
use kube::Api;
use kube::api::{Patch, PatchParams};
use kube::runtime::watcher::{self, Event};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use weir_api::apps::DeploymentConfig;
use weir_engine::{ContainerSpec, DockerEngine, Endpoint, Engine, NetworkMode};
use weir_oci::Digest;
use weir_tests::{Directory, GitServer, Sample, Weir, WeirOptions, api_client, engine_missing, tiny_builder_layout};

/// Pushes whose effect on a DeploymentConfig is timed.
const PUSHES: usize = 200;
/// Rollouts, container starts, builds and starts of the program.
const ROUNDS: usize = 7;

#[tokio::main]
async fn main() -> Result<()> {
    let mut table = Table::default();
    start_and_size(&mut table)?;
    pushes(&mut table).await?;
    match engine_missing() {
        None => containers(&mut table).await?,
        Some(reason) => println!("skipped: rollouts and builds: {reason}"),
    }
    table.print();
    Ok(())
}

#[derive(Default)]
struct Table(Vec<(String, String, String, &'static str)>);

impl Table {
    fn row(&mut self, what: &str, measured: String, target: &str, met: Option<bool>) {
        let verdict = match met {
            Some(true) => "met",
            Some(false) => "missed",
            None => "",
        };
        self.0.push((what.to_owned(), measured, target.to_owned(), verdict));
    }

    fn print(&self) {
        println!("{:<52} {:>22}  {:<28} ", "what", "measured", "target");
        for (what, measured, target, verdict) in &self.0 {
            println!("{what:<52} {measured:>22}  {target:<28} {verdict}");
        }
    }
}

fn without_engine() -> WeirOptions {
    WeirOptions {
        arguments: vec!["--engine".into(), "none".into()],
        ..WeirOptions::default()
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// The value below which `percent` of the sorted values lie.
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let last = sorted.len().saturating_sub(1);
    sorted
        .get((sorted.len() * percent / 100).min(last))
        .copied()
        .unwrap_or_default()
}

fn median(mut values: Vec<Duration>) -> Duration {
    values.sort();
    percentile(&values, 50)
}

fn start_and_size(table: &mut Table) -> Result<()> {
    let mut starts = Vec::new();
    let mut stops = Vec::new();
    let mut memory = Vec::new();
    for _ in 0..ROUNDS {
        let directory = Directory::new("bench")?;
        let weir = Weir::start(&directory.path().join("data"), without_engine())?;
        starts.push(weir.ready_after());
        memory.push(resident_bytes(weir.pid())?);
        stops.push(weir.stop()?);
    }
    let start = median(starts);
    table.row(
        "`weir up` to ready, empty, no engine (median)",
        format!("{:.0} ms", milliseconds(start)),
        "<= 500 ms",
        Some(start <= Duration::from_millis(500)),
    );
    memory.sort_unstable();
    let resident = memory[memory.len() / 2] as f64 / 1e6;
    table.row(
        "resident memory when idle (median)",
        format!("{resident:.1} MB"),
        "<= 80 MB",
        Some(resident <= 80.0),
    );
    let stop = median(stops);
    table.row(
        "SIGTERM to the end (median)",
        format!("{:.0} ms", milliseconds(stop)),
        "<= 2000 ms",
        Some(stop <= Duration::from_secs(2)),
    );
    Ok(())
}

fn resident_bytes(pid: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .context("VmRSS")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes * 1024)
}

/// User and system time of a process so far.
fn processor_time(pid: u32) -> Result<Duration> {
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields: Vec<&str> = stat.rsplit_once(')').context("stat")?.1.split_whitespace().collect();
    let ticks: f64 = fields[11].parse::<f64>()? + fields[12].parse::<f64>()?;
    Ok(Duration::from_secs_f64(ticks / TICKS_PER_SECOND))
}

/// From the answer to a manifest PUT to the moment a watcher sees the DeploymentConfig's template changed.
async fn pushes(table: &mut Table) -> Result<()> {
    let directory = Directory::new("bench")?;
    let weir = Weir::start(&directory.path().join("data"), without_engine())?;
    weir.ok(&["new-project", "bench"])?;
    weir.ok(&[
        "create",
        "dc",
        "target",
        "--image=docker-registry.default.svc:5000/bench/app",
    ])?;
    weir.ok(&["scale", "dc", "target", "--replicas=0"])?;
    weir.ok(&[
        "set",
        "triggers",
        "dc/target",
        "--from-image=bench/app:latest",
        "-c",
        "default-container",
    ])?;
    let registry = Pusher::new(&weir)?;
    let mut patched = follow_images(&weir, "bench").await?;
    registry.blobs().await?;
    let client = api_client(&weir.kubeconfig()).await?;
    let (before, synced) = (processor_time(weir.pid())?, transactions(&client).await?);
    let (mut after_answer, mut after_request) = (Vec::new(), Vec::new());
    for number in 0..PUSHES {
        let begun = Instant::now();
        let digest = registry.push(number).await?;
        let answered = Instant::now();
        let seen = patched.when(&digest).await?;
        after_answer.push(seen.saturating_duration_since(answered));
        after_request.push(seen.duration_since(begun));
    }
    let spent = processor_time(weir.pid())? - before;
    after_answer.sort();
    after_request.sort();
    let worst = percentile(&after_answer, 99);
    let text = format!(
        "p50 {:.1} p99 {:.1} ms",
        milliseconds(percentile(&after_answer, 50)),
        milliseconds(worst)
    );
    table.row(
        "push answered -> template patched (200 pushes)",
        text,
        "p99 <= 50 ms",
        Some(worst <= Duration::from_millis(50)),
    );
    let text = format!(
        "p50 {:.1} p99 {:.1} ms",
        milliseconds(percentile(&after_request, 50)),
        milliseconds(percentile(&after_request, 99))
    );
    table.row("push begun -> template patched", text, "", None);
    let each = spent / u32::try_from(PUSHES)?;
    table.row(
        "processor time per push and its rollout",
        format!("{:.2} ms", milliseconds(each)),
        "",
        None,
    );
    let synced = (transactions(&client).await? - synced) / PUSHES as f64;
    table.row(
        "fsyncs of the store per push and its rollout",
        format!("{synced:.1}"),
        "",
        None,
    );
    weir.reset()
}

/// Transactions of the store so far; each is one `fsync`.
async fn transactions(client: &kube::Client) -> Result<f64> {
    let metrics = client
        .request_text(http::Request::get("/metrics").body(Vec::new())?)
        .await?;
    let value = metrics
        .lines()
        .find_map(|line| line.strip_prefix("weir_store_transactions_total "));
    Ok(value
        .context("the server does not count transactions")?
        .trim()
        .parse()?)
}

struct Pusher {
    http: reqwest::Client,
    base: String,
    token: String,
    config: Vec<u8>,
    layer: Vec<u8>,
}

impl Pusher {
    fn new(weir: &Weir) -> Result<Self> {
        let token = weir.ok(&["whoami", "-t"])?.trim().to_owned();
        let config = serde_json::to_vec(
            &json!({ "architecture": "amd64", "os": "linux", "config": {}, "rootfs": { "type": "layers", "diff_ids": [] } }),
        )?;
        Ok(Self {
            http: reqwest::Client::builder().no_proxy().build()?,
            base: format!("http://{}/v2/bench/app", weir.registry()?),
            token,
            config,
            layer: b"a layer".to_vec(),
        })
    }

    async fn blobs(&self) -> Result<()> {
        for blob in [&self.config, &self.layer] {
            let url = format!("{}/blobs/uploads/?digest={}", self.base, Digest::sha256_of(blob));
            let answer = self
                .http
                .post(url)
                .bearer_auth(&self.token)
                .body(blob.clone())
                .send()
                .await?;
            ensure!(
                answer.status() == 201,
                "blob: {} {}",
                answer.status(),
                answer.text().await?
            );
        }
        Ok(())
    }

    async fn push(&self, number: usize) -> Result<String> {
        let manifest = serde_json::to_vec(&json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": { "mediaType": "application/vnd.oci.image.config.v1+json", "digest": Digest::sha256_of(&self.config).to_string(), "size": self.config.len() },
            "layers": [{ "mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": Digest::sha256_of(&self.layer).to_string(), "size": self.layer.len() }],
            "annotations": { "number": number.to_string() }
        }))?;
        let digest = Digest::sha256_of(&manifest).to_string();
        let request = self
            .http
            .put(format!("{}/manifests/latest", self.base))
            .bearer_auth(&self.token);
        let answer = request
            .header("content-type", "application/vnd.oci.image.manifest.v1+json")
            .body(manifest)
            .send()
            .await?;
        ensure!(
            answer.status() == 201,
            "manifest: {} {}",
            answer.status(),
            answer.text().await?
        );
        Ok(digest)
    }
}

/// Images of a DeploymentConfig's template as a watcher sees them, with the moment it did.
struct Images(mpsc::UnboundedReceiver<(String, Instant)>);

async fn follow_images(weir: &Weir, namespace: &str) -> Result<Images> {
    let configs: Api<DeploymentConfig> = Api::namespaced(api_client(&weir.kubeconfig()).await?, namespace);
    let (sender, receiver) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut events = std::pin::pin!(watcher::watcher(configs, watcher::Config::default()));
        while let Some(event) = events.next().await {
            let Ok(Event::Apply(config) | Event::InitApply(config)) = event else {
                continue;
            };
            let pod = config.spec.template.and_then(|template| template.spec);
            let image = pod
                .and_then(|pod| pod.containers.into_iter().next())
                .and_then(|container| container.image);
            if sender.send((image.unwrap_or_default(), Instant::now())).is_err() {
                return;
            }
        }
    });
    Ok(Images(receiver))
}

impl Images {
    async fn when(&mut self, digest: &str) -> Result<Instant> {
        let found = async {
            while let Some((image, seen)) = self.0.recv().await {
                if image.ends_with(digest) {
                    return Some(seen);
                }
            }
            None
        };
        let found = tokio::time::timeout(Duration::from_secs(30), found).await;
        found
            .with_context(|| format!("no template with {digest} within 30 s"))?
            .context("the watch ended")
    }
}

async fn containers(table: &mut Table) -> Result<()> {
    let directory = Directory::new("bench")?;
    let layout = directory.path().join("tiny");
    tiny_builder_layout(&layout)?;
    let sources = directory.path().join("git");
    let sample = Sample::create(&sources, "hello")?;
    let git = GitServer::start(&sources).await?;
    let weir = Weir::start(
        &directory.path().join("data"),
        WeirOptions {
            arguments: vec!["--engine".into(), "podman".into()],
            ..WeirOptions::default()
        },
    )?;
    weir.ok(&["new-project", "bench"])?;
    weir.ok(&["import-builder", "tiny", "--from", &layout.display().to_string()])?;
    weir.ok(&["new-build", &format!("tiny~{}", git.url("hello")), "--name", "app"])?;
    weir.ok(&["logs", "-f", "bc/app"])?;
    weir.ok(&[
        "wait",
        "build/app-1",
        "--for=jsonpath={.status.phase}=Complete",
        "--timeout=120s",
    ])?;
    builds(table, &weir, &sample)?;
    rollouts(table, &weir).await?;
    weir.reset()
}

/// Warm builds whose assemble script only copies a few files: nearly all of the time is ours and the engine's.
fn builds(table: &mut Table, weir: &Weir, sample: &Sample) -> Result<()> {
    let mut took = Vec::new();
    for round in 0..ROUNDS {
        sample.commit_version(&format!("bench {round}"))?;
        let begun = Instant::now();
        weir.ok(&["start-build", "bc/app", "--follow", "--wait"])?;
        took.push(begun.elapsed());
    }
    let build = median(took);
    table.row(
        "warm S2I build, all but the assemble script (median)",
        format!("{:.2} s", build.as_secs_f64()),
        "<= 3 s",
        Some(build <= Duration::from_secs(3)),
    );
    Ok(())
}

/// Template patched -> container running, interleaved with the engine's own create and start of the same image.
async fn rollouts(table: &mut Table, weir: &Weir) -> Result<()> {
    weir.ok(&[
        "create",
        "dc",
        "web",
        "--image=docker-registry.default.svc:5000/bench/app",
    ])?;
    weir.ok(&["rollout", "status", "dc/web"])?;
    let engine = engine_of(weir);
    let configs: Api<DeploymentConfig> = Api::namespaced(api_client(&weir.kubeconfig()).await?, "bench");
    let (mut ours, mut engines) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        engines.push(create_and_start(&*engine, weir).await?);
        configs
            .patch("web", &PatchParams::default(), &Patch::Merge(template_patch(round)))
            .await?;
        let begun = jiff::Timestamp::now();
        weir.ok(&["rollout", "status", "dc/web"])?;
        ours.push(patched_to_running(&weir.log()?, begun)?);
    }
    let (ours, engine) = (median(ours), median(engines));
    let limit = engine + Duration::from_millis(250);
    table.row(
        "engine's own create and start (median)",
        format!("{:.0} ms", milliseconds(engine)),
        "",
        None,
    );
    table.row(
        "template changed -> container running (median)",
        format!("{:.0} ms", milliseconds(ours)),
        &format!("<= {:.0} ms (engine + 250)", milliseconds(limit)),
        Some(ours <= limit),
    );
    Ok(())
}

fn template_patch(round: usize) -> Value {
    json!({ "spec": { "template": { "metadata": { "annotations": { "round": round.to_string() } } } } })
}

/// By the program's own log: the rollout's decision and the start of its container.
fn patched_to_running(log: &str, since: jiff::Timestamp) -> Result<Duration> {
    let time = |line: &str| {
        line.split_whitespace()
            .next()
            .and_then(|text| text.parse::<jiff::Timestamp>().ok())
    };
    let first = |what: &str| {
        let mut lines = log.lines().filter(|line| line.contains(what) && line.contains("web"));
        lines
            .find_map(|line| time(line).filter(|time| *time >= since))
            .with_context(|| format!("no line {what:?}"))
    };
    let running = first("container started")?;
    Ok(running.duration_since(since).try_into()?)
}

/// The engine that runs as the program's own child.
fn engine_of(weir: &Weir) -> Arc<dyn Engine> {
    Arc::new(DockerEngine::new(Endpoint::Unix(
        weir.data().join("engine/podman.sock"),
    )))
}

async fn create_and_start(engine: &dyn Engine, weir: &Weir) -> Result<Duration> {
    let network = weir_engine::find::podman::network_name(weir.data());
    let spec = ContainerSpec {
        name: "bench-own".into(),
        image: newest_image(engine).await?,
        network: NetworkMode::Named(network),
        ..ContainerSpec::default()
    };
    let begun = Instant::now();
    let id = engine.create(&spec).await?;
    engine.start(&id).await?;
    let took = begun.elapsed();
    engine.remove(&id, true).await?;
    Ok(took)
}

async fn newest_image(engine: &dyn Engine) -> Result<String> {
    let running = engine
        .list(&BTreeMap::from([(
            "weir.dev/pod.namespace".to_owned(),
            "bench".to_owned(),
        )]))
        .await?;
    Ok(running
        .first()
        .context("a container of the deployment")?
        .image_id
        .clone())
}
