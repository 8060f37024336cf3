use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::cargo;

/// Seconds for each target of a smoke test.
const SMOKE: u64 = 60;
/// One input may take so many seconds; more is a finding.
const INPUT_SECONDS: u64 = 10;
/// Memory in MiB; more is a finding.
const MEMORY: u64 = 2048;
/// Longest input. Everything that goes wrong with long inputs goes wrong with these.
const LENGTH: u64 = 4096;

const USAGE: &str = "usage: cargo xtask fuzz [--smoke] [--seconds N] [TARGET...]

Runs the fuzz targets one after the other, each for 60 seconds unless --seconds says otherwise.";

/// What became of one target.
struct Ran {
    target: String,
    executions: String,
    finding: Option<PathBuf>,
}

/// Runs the targets that are named, or all.
pub fn run(arguments: &[&str]) -> Result<()> {
    let (seconds, named) = parse(arguments)?;
    let all = targets()?;
    if let Some(unknown) = named.iter().find(|name| !all.contains(name)) {
        bail!("there is no fuzz target {unknown}; there are: {}", all.join(", "));
    }
    install()?;
    let chosen = if named.is_empty() { all } else { named };
    cargo::status(fuzz("build").args(["-s", "none"]), "cargo fuzz build")?;
    let ran: Vec<Ran> = chosen
        .into_iter()
        .map(|target| one(target, seconds))
        .collect::<Result<_>>()?;
    for Ran {
        target,
        executions,
        finding,
    } in &ran
    {
        let finding = finding
            .as_ref()
            .map_or("none".to_owned(), |path| path.display().to_string());
        println!("{target:<20} {executions:>12} executions  findings: {finding}");
    }
    let found = ran.iter().filter(|ran| ran.finding.is_some()).count();
    if found > 0 {
        bail!("{found} targets found something; the inputs are in fuzz/artifacts");
    }
    Ok(())
}

fn parse(arguments: &[&str]) -> Result<(u64, Vec<String>)> {
    let (mut seconds, mut named) = (SMOKE, Vec::new());
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match *word {
            "--smoke" => seconds = SMOKE,
            "--seconds" => {
                let number = words.next().context("--seconds needs a number")?;
                seconds = number.parse().with_context(|| format!("--seconds {number}"))?;
            }
            option if option.starts_with('-') => bail!("unknown option {option}\n{USAGE}"),
            target => named.push(target.to_owned()),
        }
    }
    Ok((seconds, named))
}

fn directory() -> PathBuf {
    cargo::root().join("fuzz")
}

/// Each file in `fuzz_targets` is one.
fn targets() -> Result<Vec<String>> {
    let files = std::fs::read_dir(directory().join("fuzz_targets")).context("fuzz/fuzz_targets")?;
    let mut targets = Vec::new();
    for file in files {
        let path = file?.path();
        targets.extend(path.file_stem().and_then(|name| name.to_str()).map(str::to_owned));
    }
    targets.sort();
    Ok(targets)
}

/// The nightly compiler must be there; cargo-fuzz is installed when it is not.
fn install() -> Result<()> {
    let works = |command: &mut Command| {
        let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    if !works(Command::new("rustup").args(["run", "nightly", "rustc", "--version"])) {
        bail!("fuzzing needs the nightly compiler; install it with: rustup toolchain install nightly");
    }
    if works(Command::new("cargo").args(["fuzz", "--version"])) {
        return Ok(());
    }
    cargo::run(&["install", "cargo-fuzz", "--locked"])
}

fn fuzz(command: &str) -> Command {
    let mut cargo = Command::new("rustup");
    cargo
        .current_dir(directory())
        .args(["run", "nightly", "cargo", "fuzz", command]);
    cargo
}

/// Inputs that reach new code stay in the target directory; the committed ones are read and left as they are.
fn one(target: String, seconds: u64) -> Result<Ran> {
    let (found, committed) = (
        cargo::target().join("fuzz-corpus").join(&target),
        Path::new("corpus").join(&target),
    );
    let artifacts = directory().join("artifacts").join(&target);
    for directory in [&found, &directory().join(&committed), &artifacts] {
        std::fs::create_dir_all(directory).with_context(|| directory.display().to_string())?;
    }
    let before = inputs(&artifacts)?;
    println!("--- {target}, {seconds} s");
    let mut run = fuzz("run");
    run.args(["-s", "none", &target]).arg(&found).arg(&committed).arg("--");
    run.arg(format!("-max_total_time={seconds}"));
    run.arg(format!("-timeout={INPUT_SECONDS}"));
    run.arg(format!("-rss_limit_mb={MEMORY}"));
    run.arg(format!("-max_len={LENGTH}"));
    let output = run.stdin(Stdio::null()).output().context("cargo fuzz run")?;
    let said = String::from_utf8_lossy(&output.stderr);
    let finding = inputs(&artifacts)?.into_iter().find(|path| !before.contains(path));
    if !output.status.success() {
        eprintln!("{said}");
        if finding.is_none() {
            bail!("{target} ended with {} and left no input", output.status);
        }
    }
    Ok(Ran {
        executions: executions(&said),
        target,
        finding,
    })
}

fn inputs(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(directory)?.map(|entry| Ok(entry?.path()));
    entries.collect()
}

/// As libFuzzer tells at the end; a run with a finding has none.
fn executions(said: &str) -> String {
    let done = said.lines().find_map(|line| line.strip_prefix("Done "));
    let number = done.and_then(|rest| rest.split(' ').next());
    number.unwrap_or("?").to_owned()
}
