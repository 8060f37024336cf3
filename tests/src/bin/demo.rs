//! Walks the tutorial on real parts. Started by `cargo xtask demo`, which installs and builds what is missing.

use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use weir_tests::{Directory, GitServer, Measured, Sample, Tutorial, Weir, WeirOptions};

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        [] => demo(false).await,
        ["--keep"] => demo(true).await,
        [SERVE_GIT, root, listen] => serve_git(Path::new(root), listen).await,
        _ => {
            eprintln!("usage: cargo xtask demo [--keep]");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo: failed: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Starts this program as the server of the kept sources.
const SERVE_GIT: &str = "--serve-git";

async fn demo(keep: bool) -> Result<()> {
    let begun = Instant::now();
    let mut directory = Directory::new("demo")?;
    let sources = directory.path().join("git");
    let data = directory.path().join("data");
    let sample = Sample::create(&sources, "hello")?;
    let git = GitServer::start(&sources).await?;
    println!("$ weir up --data-dir {}", data.display());
    let weir = Weir::start(&data, WeirOptions::default())?;
    println!("(ready after {} ms)", weir.ready_after().as_millis());
    let walked = walk(&weir, &git, &sample).await;
    let measured = match walked {
        Ok(measured) => measured,
        Err(error) => {
            eprintln!("the last lines of the program's log:\n{}", tail(&weir.log()?, 40));
            weir.reset()?;
            return Err(error);
        }
    };
    if keep {
        let server = git.address();
        drop(git);
        keep_running(weir, &sources, server)?;
        directory.keep();
    } else {
        weir.reset()?;
        drop(git);
        drop(directory);
    }
    println!(
        "demo: ok push_to_patched_ms={} push_to_running_ms={} total_s={}",
        measured.push_to_patched.as_millis(),
        measured.push_to_running.as_millis(),
        begun.elapsed().as_secs()
    );
    Ok(())
}

async fn walk(weir: &Weir, git: &GitServer, sample: &Sample) -> Result<Measured> {
    let tutorial = Tutorial {
        weir,
        git,
        sample,
        builder: "nodejs",
        builder_from: None,
    };
    tokio::select! {
        walked = tutorial.walk() => walked,
        interrupted = tokio::signal::ctrl_c() => {
            interrupted.context("Ctrl-C")?;
            bail!("interrupted")
        }
    }
}

/// Leaves the instance and the server of its sources behind, and says how to use and how to end them.
fn keep_running(weir: Weir, sources: &Path, server: SocketAddr) -> Result<()> {
    let git = Command::new(std::env::current_exe()?)
        .arg(SERVE_GIT)
        .args([sources.as_os_str(), server.to_string().as_ref()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .context("the server of the sources")?;
    let (data, kubeconfig) = (weir.data().to_owned(), weir.kubeconfig());
    let pid = weir.detach();
    println!("everything goes on running; to look around:");
    println!("  export KUBECONFIG={}", kubeconfig.display());
    println!("  kubectl get is,bc,builds,dc,rc,pods -A -o wide");
    println!(
        "  edit {}/hello, commit, then: weir start-build bc/node-build --follow",
        sources.display()
    );
    println!("to end it and remove what it made:");
    println!(
        "  kill {pid} {}; weir reset --yes --data-dir {}; rm -r {}",
        git.id(),
        data.display(),
        sources.display()
    );
    Ok(())
}

async fn serve_git(root: &Path, listen: &str) -> Result<()> {
    let _server = GitServer::start_at(root, listen.parse()?).await?;
    std::future::pending().await
}

fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}
