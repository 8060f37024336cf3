//! What goes wrong on the way from source to container, and what the user is told: cause and next step, in describe, in
//! events, and by the exit code.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use weir_tests::{Directory, GitServer, Sample, Visitor, Weir, WeirOptions, engine_missing, skip, tiny_builder_layout};

struct Place {
    weir: Weir,
    git: GitServer,
    sample: Sample,
    _directory: Directory,
}

async fn place(name: &str) -> Result<Option<Place>> {
    if let Some(reason) = engine_missing() {
        skip(name, &reason);
        return Ok(None);
    }
    let directory = Directory::new(name)?;
    let layout = directory.path().join("tiny");
    tiny_builder_layout(&layout)?;
    let sources = directory.path().join("git");
    let sample = Sample::create(&sources, "hello")?;
    let git = GitServer::start(&sources).await?;
    let weir = Weir::start(&directory.path().join("data"), WeirOptions::default())?;
    weir.ok(&["new-project", name])?;
    weir.ok(&["import-builder", "tiny", "--from", &path(&layout)])?;
    Ok(Some(Place {
        weir,
        git,
        sample,
        _directory: directory,
    }))
}

fn path(path: &Path) -> String {
    path.display().to_string()
}

/// The first build of `app` fails; what `describe` and the exit code of the client say about it.
fn failed_build(weir: &Weir) -> Result<String> {
    let answer = weir.run(&["start-build", "bc/app", "--follow", "--wait"])?;
    ensure!(
        !answer.status.success(),
        "a failed build must fail the command:\n{}{}",
        answer.stdout,
        answer.stderr
    );
    let described = weir.ok(&["describe", "build/app-2"])?;
    Ok(format!("{}{}{described}", answer.stdout, answer.stderr))
}

fn contains(said: &str, words: &[&str]) -> Result<()> {
    for word in words {
        ensure!(said.contains(word), "{word:?} is missing in:\n{said}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failing_builds_name_cause_and_next_step() -> Result<()> {
    let Some(place) = place("failing").await? else {
        return Ok(());
    };
    let weir = &place.weir;

    // A repository that nobody serves.
    weir.ok(&["new-build", "tiny~http://127.0.0.1:1/nowhere", "--name", "app"])?;
    let said = failed_build(weir)?;
    contains(&said, &["FetchSourceFailed", "http://127.0.0.1:1/nowhere"])?;
    weir.ok(&["delete", "bc/app", "is/app"])?;

    // An assemble script that fails.
    place.sample.commit(&[("fail-assemble", "")], "break it")?;
    weir.ok(&[
        "new-build",
        &format!("tiny~{}", place.git.url("hello")),
        "--name",
        "app",
    ])?;
    let said = failed_build(weir)?;
    contains(&said, &["assemble was asked to fail", "Failed"])?;
    weir.ok(&["delete", "bc/app", "is/app"])?;

    // A builder image that nobody has.
    let answer = weir.run(&[
        "new-build",
        &format!("nosuch~{}", place.git.url("hello")),
        "--name",
        "app",
    ])?;
    ensure!(!answer.status.success());
    contains(&answer.stderr, &["nosuch", "import-builder"])?;

    place.weir.reset()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trigger_for_a_container_that_is_not_there_is_refused() -> Result<()> {
    let Some(place) = place("container").await? else {
        return Ok(());
    };
    let weir = &place.weir;
    weir.ok(&[
        "create",
        "dc",
        "web",
        "--image=docker-registry.default.svc:5000/container/web",
    ])?;
    let answer = weir.run(&[
        "set",
        "triggers",
        "dc/web",
        "--from-image=container/web:latest",
        "-c",
        "nosuch",
    ])?;
    ensure!(!answer.status.success());
    contains(&answer.stderr, &["nosuch"])?;
    place.weir.reset()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn image_that_cannot_be_pulled_is_told_and_heals_when_it_appears() -> Result<()> {
    let Some(place) = place("pull").await? else {
        return Ok(());
    };
    let weir = &place.weir;
    weir.ok(&[
        "create",
        "dc",
        "web",
        "--image=docker-registry.default.svc:5000/pull/app:latest",
    ])?;
    weir.ok(&["wait", "dc/web", "--for=jsonpath={.status.replicas}=1", "--timeout=30s"])?;
    let pods = weir.ok(&["get", "pods", "-o", "name"])?;
    let pod = pods.lines().next().context("a pod")?.to_owned();
    let reason = "--for=jsonpath={.status.containerStatuses[0].state.waiting.reason}=ImagePullBackOff";
    weir.ok(&["wait", &pod, reason, "--timeout=60s"])?;
    contains(&weir.ok(&["describe", &pod])?, &["ImagePullBackOff", "pull/app"])?;

    weir.ok(&[
        "new-build",
        &format!("tiny~{}", place.git.url("hello")),
        "--name",
        "app",
    ])?;
    weir.ok(&["logs", "-f", "bc/app"])?;
    let visitor = Visitor::start(&weir.kubeconfig(), "pull", "deployment-config.name=web", 8080).await?;
    visitor.hears("V1", Duration::from_secs(120)).await?;
    place.weir.reset()
}
