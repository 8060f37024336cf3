//! Parts that go away and come back: the engine, and the space on the disk.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures::stream;
use http::StatusCode;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use weir_engine::{Containers, DockerEngine, Networks};
use weir_oci::Digest;
use weir_tests::{
    Directory, Dockerd, GitServer, Sample, SmallDisk, Visitor, Weir, WeirOptions, engine_missing, skip,
    tiny_builder_layout, tool,
};

/// One step may take so long on a slow machine.
const LIMIT: Duration = Duration::from_secs(120);
/// How often something is looked at that tells nobody when it changes.
const LOOK: Duration = Duration::from_millis(200);
const PROJECT: &str = "faults";

fn options(engine: &str) -> WeirOptions {
    WeirOptions {
        arguments: vec!["--engine".into(), engine.to_owned()],
        ..WeirOptions::default()
    }
}

/// The hello-world program, built and running as `web` with one pod.
struct Deployed {
    visitor: Visitor,
    sample: Sample,
    _git: GitServer,
}

async fn deploy(weir: &Weir, directory: &Directory) -> Result<Deployed> {
    let layout = directory.path().join("tiny");
    tiny_builder_layout(&layout)?;
    let sources = directory.path().join("git");
    let sample = Sample::create(&sources, "hello")?;
    let git = GitServer::start(&sources).await?;
    weir.ok(&["new-project", PROJECT])?;
    weir.ok(&["import-builder", "tiny", "--from", &layout.display().to_string()])?;
    weir.ok(&["new-build", &format!("tiny~{}", git.url("hello")), "--name", "app"])?;
    weir.ok(&["logs", "-f", "bc/app"])?;
    let image = format!("--image=docker-registry.default.svc:5000/{PROJECT}/app");
    weir.ok(&["create", "dc", "web", &image])?;
    let from = format!("--from-image={PROJECT}/app:latest");
    weir.ok(&["set", "triggers", "dc/web", &from, "-c", "default-container"])?;
    let visitor = Visitor::start(&weir.kubeconfig(), PROJECT, "deployment-config.name=web", 8080).await?;
    visitor.hears("V1", LIMIT).await?;
    weir.ok(&["rollout", "status", "dc/web"])?;
    Ok(Deployed {
        visitor,
        sample,
        _git: git,
    })
}

fn engine_of(weir: &Weir) -> Result<DockerEngine> {
    let endpoint = std::fs::read_to_string(weir.data().join("run/engine"))?;
    Ok(DockerEngine::new(endpoint.parse()?))
}

/// The project's containers that run, by the engine's own word. A pod of one container has that one only.
async fn running(engine: &DockerEngine) -> Result<BTreeSet<String>> {
    let labels = BTreeMap::from([("weir.dev/pod.namespace".to_owned(), PROJECT.to_owned())]);
    let listed = engine.list(&labels).await?;
    let running = listed.into_iter().filter(|container| container.state.is_running());
    Ok(running.map(|container| container.id).collect())
}

/// Old pods have their grace period when the new ones are there already.
async fn one_pod_runs(engine: &DockerEngine) -> Result<BTreeSet<String>> {
    let end = Instant::now() + LIMIT;
    loop {
        let running = running(engine).await?;
        if running.len() == 1 {
            return Ok(running);
        }
        ensure!(Instant::now() < end, "one pod was wanted, these run: {running:?}");
        tokio::time::sleep(LOOK).await;
    }
}

fn pods(weir: &Weir) -> Result<Vec<Value>> {
    let selector = [
        "get",
        "pods",
        "-n",
        PROJECT,
        "-l",
        "deployment-config.name=web",
        "-o",
        "json",
    ];
    let listed: Value = serde_json::from_str(&weir.ok(&selector)?)?;
    Ok(listed["items"].as_array().context("items")?.clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn journey_on_docker_goes_on_after_the_daemon_was_away() -> Result<()> {
    if let Some(reason) = Dockerd::missing() {
        skip("docker", &reason);
        return Ok(());
    }
    let directory = Directory::new("docker")?;
    let mut dockerd = Dockerd::start(&directory.path().join("docker"))?;
    let weir = Weir::start(&directory.path().join("data"), options(&dockerd.host()))?;
    let deployed = deploy(&weir, &directory).await?;
    let visitor = &deployed.visitor;

    deployed.sample.commit_version("V2")?;
    weir.ok(&["start-build", "bc/app", "--follow"])?;
    visitor.hears("V2", LIMIT).await?;
    weir.ok(&["rollout", "status", "dc/web"])?;
    let engine = engine_of(&weir)?;
    let before = one_pod_runs(&engine).await?;

    // A daemon that is asked to end takes its containers along.
    dockerd.stop()?;
    weir.ok(&["get", "pods", "-n", PROJECT])?;
    dockerd.start_again()?;
    weir.ok(&[
        "wait",
        "dc/web",
        "--for=jsonpath={.status.readyReplicas}=1",
        "--timeout=60s",
    ])?;
    let end = Instant::now() + LIMIT;
    let after = loop {
        let after = one_pod_runs(&engine).await?;
        if after.is_disjoint(&before) {
            break after;
        }
        ensure!(Instant::now() < end, "the container was not started again: {after:?}");
        tokio::time::sleep(LOOK).await;
    };
    visitor.forget();
    visitor.hears("V2", LIMIT).await?;
    ensure!(running(&engine).await? == after, "containers were started twice");
    ensure!(
        pods(&weir)?.len() == 1,
        "the pod must be the old one: {:?}",
        pods(&weir)?
    );

    deployed.sample.commit_version("V3")?;
    weir.ok(&["start-build", "bc/app", "--follow"])?;
    visitor.hears("V3", LIMIT).await?;
    drop(deployed);
    let installation = weir_engine::find::podman::network_name(weir.data());
    weir.reset()?;
    let ours = BTreeMap::from([("weir.dev/installation".to_owned(), installation)]);
    ensure!(engine.list(&ours).await?.is_empty(), "containers are left");
    ensure!(engine.networks(&ours).await?.is_empty(), "a network is left");
    Ok(())
}

/// The service that Weir runs as its child.
fn podman_service(weir: &Weir) -> Result<Option<Pid>> {
    for entry in std::fs::read_dir("/proc")? {
        let path = entry?.path();
        // Processes come and go while we look.
        let (Ok(status), Ok(command)) = (
            std::fs::read_to_string(path.join("status")),
            std::fs::read(path.join("cmdline")),
        ) else {
            continue;
        };
        let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"));
        let words: Vec<_> = command.split(|byte| *byte == 0).map(String::from_utf8_lossy).collect();
        let is_service = words.iter().any(|word| word == "system") && words.iter().any(|word| word == "service");
        if is_service && parent.map(str::trim) == Some(&weir.pid().to_string()) {
            let pid = path
                .file_name()
                .and_then(|name| name.to_str())
                .context("a process id")?;
            return Ok(Pid::from_raw(pid.parse()?));
        }
    }
    Ok(None)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pods_stay_when_the_podman_service_dies_and_comes_back() -> Result<()> {
    if let Some(reason) =
        engine_missing().or_else(|| tool("podman").is_none().then(|| "podman is not installed".into()))
    {
        skip("podman", &reason);
        return Ok(());
    }
    let directory = Directory::new("podman")?;
    let weir = Weir::start(&directory.path().join("data"), options("podman"))?;
    let deployed = deploy(&weir, &directory).await?;
    let engine = engine_of(&weir)?;
    let before = one_pod_runs(&engine).await?;
    let old = pods(&weir)?;

    deployed.visitor.forget();
    let service = podman_service(&weir)?.context("the service")?;
    kill_process(service, Signal::KILL)?;
    // Whoever calls meanwhile waits for the next service.
    let pod = old[0]["metadata"]["name"].as_str().context("a pod")?;
    let said = weir.ok(&["exec", pod, "-n", PROJECT, "--", "cat", "index.html"])?;
    ensure!(said.contains("V1"), "{said}");
    ensure!(running(&engine).await? == before, "containers must stay as they were");
    ensure!(podman_service(&weir)?.is_some_and(|new| new != service));

    // Killed in the middle of a build: it finishes, or says that it failed.
    deployed.sample.commit(&[("slow-assemble", "2")], "take longer")?;
    deployed.sample.commit_version("V2")?;
    let build = weir.ok(&["start-build", "bc/app", "-o", "name"])?;
    weir.ok(&[
        "wait",
        build.trim(),
        "--for=jsonpath={.status.phase}=Running",
        "--timeout=60s",
    ])?;
    kill_process(podman_service(&weir)?.context("the service")?, Signal::KILL)?;
    weir.run(&["logs", "-f", build.trim()])?;
    let ended = weir.run(&[
        "wait",
        build.trim(),
        "--for=jsonpath={.status.phase}=Complete",
        "--timeout=60s",
    ])?;
    if !ended.status.success() {
        let said = weir.ok(&["describe", build.trim()])?;
        println!("{said}");
        ensure!(said.contains("Failed") || said.contains("Error"), "{said}");
        weir.ok(&["start-build", "bc/app", "--follow"])?;
    }
    deployed.visitor.hears("V2", LIMIT).await?;
    let visited = deployed.visitor.visited();
    println!("{} requests, failed: {:?}", visited.requests(), visited.failures);
    one_pod_runs(&engine).await?;
    drop(deployed);
    weir.reset()
}

/// A client of the registry that pushes small images and large layers.
struct Registry {
    http: reqwest::Client,
    base: String,
    token: String,
}

impl Registry {
    fn new(weir: &Weir) -> Result<Self> {
        Ok(Self {
            http: reqwest::Client::builder().no_proxy().build()?,
            base: format!("http://{}/v2/{PROJECT}/app", weir.registry()?),
            token: weir.ok(&["whoami", "-t"])?.trim().to_owned(),
        })
    }

    /// Sends a layer of zeros and returns the first answer that is no success, or the last one.
    async fn layer(&self, mebibytes: usize) -> Result<(StatusCode, String)> {
        let begun = self
            .http
            .post(format!("{}/blobs/uploads/", self.base))
            .bearer_auth(&self.token);
        let begun = begun.send().await?;
        if begun.status() != StatusCode::ACCEPTED {
            return Ok((begun.status(), begun.text().await?));
        }
        let place = begun.headers()["location"].to_str()?.to_owned();
        let upload = reqwest::Url::parse(&self.base)?.join(&place)?;
        let piece = bytes::Bytes::from(vec![0; 1024 * 1024]);
        let pieces = std::iter::repeat_n(piece, mebibytes).map(Ok::<_, std::io::Error>);
        let sent = self.http.patch(upload.clone()).bearer_auth(&self.token);
        let sent = sent
            .body(reqwest::Body::wrap_stream(stream::iter(pieces)))
            .send()
            .await?;
        if sent.status() != StatusCode::ACCEPTED {
            return Ok((sent.status(), sent.text().await?));
        }
        let digest = Digest::sha256_of(&vec![0; mebibytes * 1024 * 1024]);
        let ended = self.http.put(upload).query(&[("digest", digest.to_string())]);
        let ended = ended
            .bearer_auth(&self.token)
            .header("content-length", 0)
            .send()
            .await?;
        Ok((ended.status(), ended.text().await?))
    }

    /// An image without layers, told apart by its version.
    async fn image(&self, tag: &str, version: &str) -> Result<(StatusCode, String)> {
        let config = json!({ "architecture": "amd64", "os": "linux", "config": { "Labels": { "version": version } },
            "rootfs": { "type": "layers", "diff_ids": [] } });
        let config = serde_json::to_vec(&config)?;
        let digest = Digest::sha256_of(&config).to_string();
        let url = format!("{}/blobs/uploads/?digest={digest}", self.base);
        let sent = self
            .http
            .post(url)
            .bearer_auth(&self.token)
            .body(config.clone())
            .send()
            .await?;
        if sent.status() != StatusCode::CREATED {
            return Ok((sent.status(), sent.text().await?));
        }
        let media_type = "application/vnd.oci.image.manifest.v1+json";
        let manifest = json!({ "schemaVersion": 2, "mediaType": media_type, "layers": [],
            "config": { "mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest, "size": config.len() } });
        let put = self
            .http
            .put(format!("{}/manifests/{tag}", self.base))
            .bearer_auth(&self.token);
        let put = put
            .header("content-type", media_type)
            .body(manifest.to_string())
            .send()
            .await?;
        Ok((put.status(), put.text().await?))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn full_disk_is_named_and_everything_goes_on_when_there_is_space() -> Result<()> {
    if let Some(reason) = SmallDisk::missing() {
        skip("disk", &reason);
        return Ok(());
    }
    let directory = Directory::new("disk")?;
    let disk = SmallDisk::mount(&directory.path().join("small"), 64)?;
    let data = directory.path().join("small/data");
    let weir = Weir::start(&data, options("none"))?;
    weir.ok(&["new-project", PROJECT])?;
    let registry = Registry::new(&weir)?;
    let (status, said) = registry.image("first", "1").await?;
    ensure!(status == StatusCode::CREATED, "{status} {said}");

    // Larger than the disk: it is refused, and what came is given back.
    let (status, said) = registry.layer(80).await?;
    ensure!(status == StatusCode::INSUFFICIENT_STORAGE, "{status} {said}");
    ensure!(
        said.contains("no space is left") && said.contains("free some space"),
        "{said}"
    );
    let (status, said) = registry.layer(8).await?;
    ensure!(status == StatusCode::CREATED, "{status} {said}");

    disk.fill()?;
    let (status, said) = registry.layer(1).await?;
    ensure!(status == StatusCode::INSUFFICIENT_STORAGE, "{status} {said}");
    // The last page of a file may have room for a little.
    let mut number = 0;
    let (status, said) = loop {
        number += 1;
        let (status, said) = registry.image("second", &number.to_string()).await?;
        if status != StatusCode::CREATED || number == 100 {
            break (status, said);
        }
    };
    ensure!(status == StatusCode::INSUFFICIENT_STORAGE, "{status} {said}");
    let create = |name: &str| weir.run(&["create", "dc", name, "-n", PROJECT, "--image=example.invalid/none"]);
    let refused = loop {
        number += 1;
        let answer = create(&format!("refused-{number}"))?;
        if !answer.status.success() || number == 200 {
            break answer;
        }
    };
    ensure!(
        !refused.status.success() && refused.stderr.contains("no space"),
        "{}",
        refused.stderr
    );
    ensure!(weir.ok(&["get", "is", "-n", PROJECT])?.contains("first"));

    disk.free()?;
    let (status, said) = registry.image("second", "after").await?;
    ensure!(status == StatusCode::CREATED, "{status} {said}");
    create("after")?.ok()?;
    weir.stop()?;
    let weir = Weir::start(&data, options("none"))?;
    let streams = weir.ok(&["get", "is", "-n", PROJECT])?;
    ensure!(streams.contains("first") && streams.contains("second"), "{streams}");
    weir.ok(&["get", "dc/after", "-n", PROJECT])?;
    weir.reset()
}
