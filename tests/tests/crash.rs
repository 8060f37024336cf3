//! kill -9 of `weir up` at named points of the journey, then a new start: the build finishes or fails visibly, the
//! rollout completes, no image that was answered is lost, and nothing is left behind.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use weir_builder::Builder;
use weir_engine::find::podman::network_name;
use weir_engine::{Container, Containers, DockerEngine, Endpoint, Networks};
use weir_tests::{Directory, GitServer, Sample, Visitor, Weir, WeirOptions, engine_missing, skip, tiny_builder_layout};

/// The points, each by the log line that marks it, in the order of the journey.
const POINTS: [&str; 10] = [
    "build pod created",
    "source fetched",
    "image built",
    "pushed repository",
    "build finished",
    "template patched",
    "replication controller created",
    "container created",
    "container started",
    "old deployment scaled",
];

/// The label by which a container names its pod.
const POD_UID: &str = "weir.dev/pod.uid";

/// The network every engine has, as Podman itself and as its Docker API calls it.
const ENGINES_OWN_NETWORKS: [&str; 2] = ["podman", "bridge"];

/// One step of the journey may take so long on a slow machine.
const LIMIT: Duration = Duration::from_secs(120);

fn options() -> WeirOptions {
    WeirOptions {
        arguments: vec!["--engine".into(), "podman".into()],
        killable: true,
        ..WeirOptions::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn journey_completes_after_kill_at_every_point() -> Result<()> {
    if let Some(reason) = engine_missing() {
        skip("crash", &reason);
        return Ok(());
    }
    let directory = Directory::new("crash")?;
    let layout = directory.path().join("tiny");
    tiny_builder_layout(&layout)?;
    let sources = directory.path().join("git");
    let sample = Sample::create(&sources, "hello")?;
    let git = GitServer::start(&sources).await?;
    let data = directory.path().join("data");
    let mut weir = Weir::start(&data, options())?;
    prepare(&weir, &git, &layout.display().to_string())?;
    let mut work_was_seen = false;
    for (number, point) in POINTS.iter().enumerate() {
        let version = format!("V{}", number + 2);
        println!("--- kill at {point:?} on the way to {version}");
        sample.commit_version(&version)?;
        weir.kill_at(point);
        // The command fails when the process dies under it; what counts is what is there afterwards.
        weir.run(&["start-build", "bc/app"])?;
        weir.killed(LIMIT).with_context(|| format!("kill at {point:?}"))?;
        work_was_seen |= !work_directories(&data)?.is_empty();
        weir = Weir::start(&data, options())?;
        let settled = settle(&weir, &version).await;
        if settled.is_err() {
            println!("{}", weir.log()?);
        }
        settled.with_context(|| format!("after kill at {point:?}"))?;
        let mut left = nothing_is_left_behind(&weir).await;
        let end = Instant::now() + LIMIT;
        // The rollout counts as done when the new pods are there; the old ones then still have their grace period.
        while left.is_err() && Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(200)).await;
            left = nothing_is_left_behind(&weir).await;
        }
        left.with_context(|| format!("after kill at {point:?}"))?;
    }
    if !work_was_seen {
        bail!("no kill left a build's work directory to clean up: the look at them is wrong");
    }
    weir.reset()
}

fn prepare(weir: &Weir, git: &GitServer, layout: &str) -> Result<()> {
    weir.ok(&["new-project", "crash"])?;
    weir.ok(&["import-builder", "tiny", "--from", layout])?;
    weir.ok(&["new-build", &format!("tiny~{}", git.url("hello")), "--name", "app"])?;
    weir.ok(&["logs", "-f", "bc/app"])?;
    weir.ok(&[
        "wait",
        "build/app-1",
        "--for=jsonpath={.status.phase}=Complete",
        "--timeout=120s",
    ])?;
    weir.ok(&[
        "create",
        "dc",
        "web",
        "--image=docker-registry.default.svc:5000/crash/app",
    ])?;
    weir.ok(&[
        "set",
        "triggers",
        "dc/web",
        "--from-image=crash/app:latest",
        "-c",
        "default-container",
    ])?;
    weir.ok(&["rollout", "status", "dc/web"])?;
    Ok(())
}

/// The build of `version` completes, or failed visibly and is started again; then the pods say `version`.
async fn settle(weir: &Weir, version: &str) -> Result<()> {
    let builds = list(weir, "builds")?;
    let newest = builds.iter().max_by_key(|build| number(build)).context("a build")?;
    let name = text(newest, "/metadata/name");
    let build = ended(weir, &name).await?;
    let phase = text(&build, "/status/phase");
    if phase != "Complete" {
        println!("build {name} {phase}: {}", text(&build, "/status/message"));
        weir.ok(&["start-build", "bc/app", "--follow"])?;
    }
    let visitor = Visitor::start(&weir.kubeconfig(), "crash", "deployment-config.name=web", 8080).await?;
    visitor.hears(version, LIMIT).await?;
    weir.ok(&["rollout", "status", "dc/web"])?;
    Ok(())
}

/// The build when it has ended, well or visibly not.
async fn ended(weir: &Weir, name: &str) -> Result<Value> {
    let end = Instant::now() + LIMIT;
    loop {
        let build = one(weir, "build", name)?;
        let phase = text(&build, "/status/phase");
        if ["Complete", "Failed", "Error"].contains(&phase.as_str()) {
            return Ok(build);
        }
        if Instant::now() > end {
            bail!("build {name} is {phase} and does not move: {}", build["status"]);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// One pod serves; every container on the engine belongs to a pod that is there, the pods' network is the only one,
/// and builds left no work directory.
async fn nothing_is_left_behind(weir: &Weir) -> Result<()> {
    let pods = list(weir, "pods")?;
    let stays = |pod: &&Value| pod["metadata"]["deletionTimestamp"].is_null();
    let running = pods
        .iter()
        .filter(stays)
        .filter(|pod| text(pod, "/status/phase") == "Running")
        .count();
    if running != 1 {
        bail!(
            "{running} pods are running, one is wanted: {}",
            weir.ok(&["get", "pods", "-n", "crash"])?
        );
    }
    let uids: Vec<String> = pods.iter().map(|pod| text(pod, "/metadata/uid")).collect();
    let engine = DockerEngine::new(Endpoint::Unix(weir.data().join("engine/podman.sock")));
    let containers = engine.list(&BTreeMap::new()).await?;
    let ours = |container: &&Container| container.labels.get(POD_UID).is_some_and(|uid| uids.contains(uid));
    if containers.iter().filter(ours).count() == 0 {
        bail!("the running pod has no container on the engine: the look at the engine is wrong");
    }
    if let Some(orphan) = containers.iter().find(|container| !ours(container)) {
        bail!("container {} {:?} belongs to no pod", orphan.name, orphan.labels);
    }
    let networks = engine.networks(&BTreeMap::new()).await?;
    let own = network_name(weir.data());
    if let Some(orphan) = networks
        .iter()
        .find(|network| network.name != own && !ENGINES_OWN_NETWORKS.contains(&network.name.as_str()))
    {
        bail!("network {} is left", orphan.name);
    }
    let work = work_directories(weir.data())?;
    if !work.is_empty() {
        bail!("work directories of builds are left: {work:?}");
    }
    Ok(())
}

/// Of the builds of the instance at `data`.
fn work_directories(data: &Path) -> Result<Vec<PathBuf>> {
    let places = Builder::directories_elsewhere(data);
    let places = places.into_iter().chain([data.join("builds/work")]);
    let mut directories = Vec::new();
    for place in places.filter(|place| place.exists()) {
        for entry in std::fs::read_dir(&place)? {
            directories.push(entry?.path());
        }
    }
    Ok(directories)
}

fn list(weir: &Weir, kind: &str) -> Result<Vec<Value>> {
    let listed: Value = serde_json::from_str(&weir.ok(&["get", kind, "-n", "crash", "-o", "json"])?)?;
    Ok(listed["items"].as_array().context("items")?.clone())
}

fn one(weir: &Weir, kind: &str, name: &str) -> Result<Value> {
    Ok(serde_json::from_str(
        &weir.ok(&["get", kind, name, "-n", "crash", "-o", "json"])?,
    )?)
}

fn text(object: &Value, pointer: &str) -> String {
    object
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn number(build: &Value) -> u64 {
    let number = build["metadata"]["annotations"]["openshift.io/build.number"].as_str();
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}
