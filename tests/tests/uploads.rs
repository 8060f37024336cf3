//! Uploads of binary builds that are cut off, on either side: the build fails visibly, or goes on with what was answered.

use std::io::Write;
use std::process::{Child, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use weir_tests::{Directory, Weir, WeirOptions, engine_missing, skip};

/// More than lies in pipes and sockets, so that some of it has arrived.
const HALF: usize = 8 * 1024 * 1024;
const LIMIT: Duration = Duration::from_secs(60);

fn options() -> WeirOptions {
    WeirOptions {
        arguments: vec!["--engine".into(), "podman".into()],
        killable: true,
        ..WeirOptions::default()
    }
}

#[test]
fn an_upload_that_is_cut_off_fails_its_build_and_one_that_was_answered_is_built() -> Result<()> {
    if let Some(reason) = engine_missing() {
        skip("uploads", &reason);
        return Ok(());
    }
    let directory = Directory::new("uploads")?;
    let (data, source) = (directory.path().join("data"), directory.path().join("source"));
    std::fs::create_dir(&source)?;
    std::fs::write(source.join("Dockerfile"), "FROM scratch\nCOPY page /\n")?;
    std::fs::write(source.join("page"), "V1")?;
    let weir = Weir::start(&data, options())?;
    weir.ok(&["new-project", "uploads"])?;
    weir.ok(&["new-build", "--binary", "--name=up"])?;

    let mut client = half_an_upload(&weir, "up-1")?;
    client.kill()?;
    client.wait()?;
    fails_with(&weir, "up-1", "upload")?;

    let mut client = half_an_upload(&weir, "up-2")?;
    weir.kill()?;
    let ended = client.wait()?;
    if ended.success() {
        bail!("an upload was taken by a server that was killed");
    }
    let weir = Weir::start(&data, options())?;
    fails_with(&weir, "up-2", "restarted before the whole upload was here")?;

    weir.kill_at("source uploaded");
    // The command may or may not hear the answer.
    weir.run(&["start-build", "up", &format!("--from-dir={}", source.display())])?;
    weir.killed(LIMIT)?;
    let weir = Weir::start(&data, options())?;
    becomes(&weir, "up-3", "Complete")?;
    weir.reset()
}

/// A client that has sent a part of its archive to this build and does not go on.
fn half_an_upload(weir: &Weir, build: &str) -> Result<Child> {
    let mut client = weir
        .command(&["start-build", "up", "--from-archive=-"])?
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let input = client.stdin.as_mut().context("a pipe to the client")?;
    // It is taken only when the build takes it.
    input.write_all(&vec![0; HALF])?;
    becomes(weir, build, "Running")?;
    Ok(client)
}

fn becomes(weir: &Weir, build: &str, phase: &str) -> Result<()> {
    let wanted = format!("--for=jsonpath={{.status.phase}}={phase}");
    let answer = weir.run(&["wait", &format!("build/{build}"), &wanted, "--timeout=60s"])?;
    match answer.ok() {
        Ok(_) => Ok(()),
        Err(error) => Err(error.context(format!("{build} is not {phase}\n{}", weir.log()?))),
    }
}

fn fails_with(weir: &Weir, build: &str, words: &str) -> Result<()> {
    becomes(weir, build, "Failed")?;
    let format = "jsonpath={.status.reason}: {.status.message}";
    let told = weir.ok(&["get", "build", build, "-o", format])?;
    if told.starts_with("FetchSourceFailed: Failed to fetch the input source.") && told.contains(words) {
        return Ok(());
    }
    bail!("{build} says: {told}")
}
