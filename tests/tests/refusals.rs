//! What cannot start says why, and what to do.

use std::net::TcpListener;
use std::process::{Command, Output, Stdio};

use anyhow::{Result, ensure};
use weir_tests::{Directory, Weir, WeirOptions, binary};

fn up(data: &std::path::Path, arguments: &[&str]) -> Result<Output> {
    let output = Command::new(binary("weir")?)
        .args(["up", "--engine", "none", "--data-dir"])
        .arg(data)
        .args(arguments)
        .stdin(Stdio::null())
        .output()?;
    ensure!(!output.status.success(), "it must not start");
    Ok(output)
}

fn says(output: &Output, words: &[&str]) -> Result<()> {
    let said = String::from_utf8_lossy(&output.stderr);
    for word in words {
        ensure!(said.contains(word), "{word:?} is missing in: {said}");
    }
    Ok(())
}

#[test]
fn taken_port_is_named_with_the_option_that_changes_it() -> Result<()> {
    let directory = Directory::new("port")?;
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?.to_string();
    let output = up(
        directory.path(),
        &["--api-listen", &address, "--registry-listen", "127.0.0.1:0"],
    )?;
    says(&output, &[&address, "taken", "--api-listen"])?;
    let output = up(
        directory.path(),
        &["--api-listen", "127.0.0.1:0", "--registry-listen", &address],
    )?;
    says(&output, &[&address, "taken", "--registry-listen"])
}

#[test]
fn data_directory_in_use_is_refused_with_the_pid_of_its_user() -> Result<()> {
    let directory = Directory::new("inuse")?;
    let options = WeirOptions {
        arguments: vec!["--engine".into(), "none".into()],
        ..WeirOptions::default()
    };
    let weir = Weir::start(directory.path(), options)?;
    let listen = ["--api-listen", "127.0.0.1:0", "--registry-listen", "127.0.0.1:0"];
    let output = up(directory.path(), &listen)?;
    says(&output, &["in use", &weir.pid().to_string(), "--data-dir"])?;
    let reset = Command::new(binary("weir")?)
        .args(["reset", "--yes", "--data-dir"])
        .arg(directory.path())
        .output()?;
    ensure!(!reset.status.success());
    says(&reset, &["still running", &weir.pid().to_string()])?;
    weir.stop().map(drop)
}

#[test]
fn client_without_a_server_says_how_to_start_one() -> Result<()> {
    let directory = Directory::new("noserver")?;
    let options = WeirOptions {
        arguments: vec!["--engine".into(), "none".into()],
        ..WeirOptions::default()
    };
    let weir = Weir::start(directory.path(), options)?;
    let mut command = weir.command(&["get", "is"])?;
    weir.stop()?;
    let output = command.output()?;
    ensure!(!output.status.success());
    says(&output, &["weir up"])
}

#[test]
fn pods_without_an_engine_say_what_is_missing() -> Result<()> {
    let directory = Directory::new("noengine")?;
    let options = WeirOptions {
        arguments: vec!["--engine".into(), "none".into()],
        ..WeirOptions::default()
    };
    let weir = Weir::start(directory.path(), options)?;
    weir.ok(&["new-project", "alone"])?;
    weir.ok(&[
        "create",
        "dc",
        "web",
        "--image=docker-registry.default.svc:5000/alone/web",
    ])?;
    weir.ok(&["wait", "dc/web", "--for=jsonpath={.status.replicas}=1", "--timeout=30s"])?;
    let said = weir.ok(&["describe", "pods"])?;
    ensure!(said.contains("--engine"), "{said}");
    weir.stop().map(drop)
}
