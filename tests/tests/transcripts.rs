//! What people type and what is printed: our command line always, the real oc and kubectl when they are here.
//!
//! `cargo test -p weir-tests --test transcripts [GROUP...]`; `WEIR_TRANSCRIPTS=write` writes down what was said.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use weir_tests::transcript::{Client, Played, Props, Report, Stage, Transcript, play};
use weir_tests::{Directory, GitServer, Sample, Weir, WeirOptions, engine_missing, skip, tiny_builder_layout};

/// Servers at a time: they are started and ended a lot, and the machine has other tests to run.
const STAGES: usize = 2;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("transcripts: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<bool> {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let transcripts = transcripts(&words)?;
    let (clients, missing) = Client::present()?;
    for reason in missing {
        skip("transcripts", &reason);
    }
    let jobs = jobs(&transcripts, &clients);
    let played = play_all(&jobs);
    let mut reports: Vec<Report> = transcripts.into_iter().map(Report::new).collect();
    let mut broken = false;
    for (job, played) in jobs.iter().zip(played) {
        match played {
            Ok(played) => reports[job.index].add(job.client.who, played),
            Err(error) => {
                broken = true;
                println!("{}, {}: {error:#}", job.transcript.name(), job.client.who.name());
            }
        }
    }
    if std::env::var("WEIR_TRANSCRIPTS").is_ok_and(|mode| mode == "write") {
        reports.iter().try_for_each(Report::write)?;
    }
    Ok(conclude(&reports, &clients) && !broken)
}

/// The files whose names contain one of the words; all without words.
fn transcripts(words: &[String]) -> Result<Vec<Transcript>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("transcripts");
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(&directory).with_context(|| directory.display().to_string())? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "txt") {
            paths.push(path);
        }
    }
    paths.sort();
    let mut read = paths
        .iter()
        .map(|path| Transcript::read(path))
        .collect::<Result<Vec<_>>>()?;
    read.retain(|transcript| words.is_empty() || words.iter().any(|word| transcript.name().contains(word.as_str())));
    Ok(read)
}

/// One client that plays one transcript.
struct Job {
    index: usize,
    transcript: Transcript,
    client: Client,
}

fn jobs(transcripts: &[Transcript], clients: &[Client]) -> Vec<Job> {
    let no_engine = engine_missing();
    let mut jobs = Vec::new();
    for (index, transcript) in transcripts.iter().enumerate() {
        if let (true, Some(reason)) = (transcript.engine, &no_engine) {
            skip(transcript.name(), reason);
            continue;
        }
        let cast = transcript.cast();
        jobs.extend(
            clients
                .iter()
                .filter(|client| cast.contains(&client.who))
                .map(|client| Job {
                    index,
                    transcript: transcript.clone(),
                    client: client.clone(),
                }),
        );
    }
    jobs
}

fn play_all(jobs: &[Job]) -> Vec<Result<Played>> {
    let next = AtomicUsize::new(0);
    let played: Vec<Mutex<Option<Result<Played>>>> = jobs.iter().map(|_| Mutex::default()).collect();
    std::thread::scope(|scope| {
        for _ in 0..STAGES {
            scope.spawn(|| {
                while let Some((index, job)) = {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    jobs.get(index).map(|job| (index, job))
                } {
                    *played[index].lock().unwrap() = Some(stage(job));
                }
            });
        }
    });
    played
        .into_iter()
        .map(|cell| cell.into_inner().unwrap().expect("every job was taken"))
        .collect()
}

/// Every client has a server of its own, so that all find the same.
fn stage(job: &Job) -> Result<Played> {
    let directory = Directory::new("transcript")?;
    let runtime = tokio::runtime::Runtime::new()?;
    let (git, props) = match job.transcript.needs_props() {
        true => runtime.block_on(props(directory.path()))?,
        false => (None, None),
    };
    let engine = if job.transcript.engine { "podman" } else { "none" };
    let options = WeirOptions {
        arguments: vec!["--engine".into(), engine.into()],
        ..WeirOptions::default()
    };
    let weir = Weir::start(&directory.path().join("data"), options)?;
    let stage = Stage {
        weir: &weir,
        place: directory.path(),
        props,
    };
    let played = play(&job.transcript, &job.client, &stage)?;
    weir.reset()?;
    drop(git);
    Ok(played)
}

/// Sources on a git server, and a builder image of a megabyte.
async fn props(place: &Path) -> Result<(Option<GitServer>, Option<Props>)> {
    let (sources, tiny) = (place.join("git"), place.join("tiny"));
    Sample::create(&sources, "hello")?;
    tiny_builder_layout(&tiny)?;
    let git = GitServer::start(&sources).await?;
    let address = format!("http://{}", git.address());
    let props = Props {
        git: address,
        tiny: tiny.display().to_string(),
    };
    Ok((Some(git), Some(props)))
}

fn conclude(reports: &[Report], clients: &[Client]) -> bool {
    let mut well = true;
    for report in reports {
        let failures = report.failures();
        well &= failures.is_empty();
        print!("{failures}");
    }
    for who in clients.iter().map(|client| client.who) {
        let counts: Vec<_> = reports.iter().map(|report| report.count(who)).collect();
        let sum = |of: fn(&weir_tests::transcript::Count) -> usize| counts.iter().map(of).sum::<usize>();
        println!(
            "transcripts: covered {}, pass {}, differ {} (client {})",
            sum(|count| count.covered),
            sum(|count| count.pass),
            sum(|count| count.differ),
            who.name()
        );
    }
    well
}
