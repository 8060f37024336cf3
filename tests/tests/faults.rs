//! Parts that go away and come back: the engine, and the space on the disk.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use weir_engine::{Container, Containers, DockerEngine};
use weir_tests::{
    Directory, Dockerd, GitServer, Sample, Visitor, Weir, WeirOptions, engine_missing, skip, tiny_builder_layout, tool,
};

/// One step may take so long on a slow machine.
const LIMIT: Duration = Duration::from_secs(120);
const PROJECT: &str = "faults";

fn options(engine: &str) -> WeirOptions {
    WeirOptions {
        arguments: vec!["--engine".into(), engine.to_owned()],
        ..WeirOptions::default()
    }
}

/// A project with the hello-world program, built and running as `web`.
async fn deploy(weir: &Weir, git: &GitServer, directory: &Directory) -> Result<Visitor> {
    let layout = directory.path().join("tiny");
    tiny_builder_layout(&layout)?;
    weir.ok(&["new-project", PROJECT])?;
    weir.ok(&["import-builder", "tiny", "--from", &layout.display().to_string()])?;
    weir.ok(&["new-build", &format!("tiny~{}", git.url("hello")), "--name", "app"])?;
    weir.ok(&["logs", "-f", "bc/app"])?;
    let image = format!("docker-registry.default.svc:5000/{PROJECT}/app");
    weir.ok(&["create", "dc", "web", "--image", &image])?;
    let from = format!("--from-image={PROJECT}/app:latest");
    weir.ok(&["set", "triggers", "dc/web", &from, "-c", "default-container"])?;
    let visitor = Visitor::start(&weir.kubeconfig(), PROJECT, "deployment-config.name=web", 8080).await?;
    visitor.hears("V1", LIMIT).await?;
    weir.ok(&["rollout", "status", "dc/web"])?;
    Ok(visitor)
}

/// The project's containers that run, by the engine's own word.
async fn running(engine: &DockerEngine) -> Result<Vec<Container>> {
    let labels = BTreeMap::from([("weir.dev/pod.namespace".to_owned(), PROJECT.to_owned())]);
    let listed = engine.list(&labels).await?;
    Ok(listed
        .into_iter()
        .filter(|container| container.state.is_running())
        .collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn journey_on_docker_goes_on_after_the_daemon_was_away() -> Result<()> {
    if let Some(reason) = Dockerd::missing() {
        skip("docker", &reason);
        return Ok(());
    }
    let directory = Directory::new("docker")?;
    let mut dockerd = Dockerd::start(&directory.path().join("docker"))?;
    let sources = directory.path().join("git");
    let sample = Sample::create(&sources, "hello")?;
    let git = GitServer::start(&sources).await?;
    let weir = Weir::start(&directory.path().join("data"), options(&dockerd.host()))?;
    let visitor = deploy(&weir, &git, &directory).await?;

    sample.commit_version("V2")?;
    weir.ok(&["start-build", "bc/app", "--follow"])?;
    visitor.hears("V2", LIMIT).await?;
    weir.ok(&["rollout", "status", "dc/web"])?;

    dockerd.stop()?;
    println!("{}", weir.ok(&["get", "pods"])?);
    dockerd.start_again()?;
    println!("{}", weir.ok(&["get", "pods"])?);
    visitor.forget();
    visitor.hears("V2", LIMIT).await?;
    println!("{}", weir.ok(&["get", "pods"])?);
    weir.reset()
}
