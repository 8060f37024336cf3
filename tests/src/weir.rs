use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::binary;

/// How `weir up` is started.
#[derive(Clone, Debug, Default)]
pub struct WeirOptions {
    /// Further arguments of `weir up`.
    pub arguments: Vec<String>,
    /// Further environment.
    pub environment: Vec<(String, String)>,
    /// Its log passes through this process, so that [`Weir::kill_at`] works. It cannot be detached then.
    pub killable: bool,
}

/// A running `weir up` with a data directory of its own on free ports. Killed when dropped.
pub struct Weir {
    child: Child,
    data: PathBuf,
    options: WeirOptions,
    ready_after: Duration,
    log: Arc<Log>,
    copying: Option<JoinHandle<std::io::Result<()>>>,
}

/// Copies the log of the child into `up.log`, and kills the child at the line it was told to wait for.
struct Log {
    pid: rustix::process::Pid,
    deadly: Mutex<Option<String>>,
}

impl Log {
    fn copy(&self, from: ChildStderr, mut to: File) -> std::io::Result<()> {
        for line in BufReader::new(from).lines() {
            let line = line?;
            let mut deadly = self.deadly.lock().unwrap_or_else(PoisonError::into_inner);
            if deadly.as_ref().is_some_and(|pattern| line.contains(pattern)) {
                *deadly = None;
                rustix::process::kill_process(self.pid, rustix::process::Signal::KILL)?;
            }
            writeln!(to, "{line}")?;
        }
        Ok(())
    }
}

/// What one command said.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

impl Answer {
    pub fn ok(self) -> Result<String> {
        if !self.status.success() {
            bail!("{}\n{}{}", self.status, self.stdout, self.stderr);
        }
        Ok(self.stdout)
    }
}

impl Weir {
    /// Starts `weir up` and waits until it says that it is ready.
    pub fn start(data: &Path, options: WeirOptions) -> Result<Self> {
        let begun = Instant::now();
        std::fs::create_dir_all(data)?;
        let file = File::options().create(true).append(true).open(data.join("up.log"))?;
        let mut child = Command::new(binary("weir")?)
            .arg("up")
            .arg("--data-dir")
            .arg(data)
            .args(listeners(data))
            .args(&options.arguments)
            .envs(options.environment.iter().cloned())
            .env_remove("DOCKER_HOST")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(if options.killable {
                Stdio::piped()
            } else {
                file.try_clone()?.into()
            })
            .process_group(0)
            .spawn()
            .context("weir up")?;
        let stdout = child.stdout.take().context("stdout")?;
        let log = Arc::new(Log {
            pid: rustix::process::Pid::from_child(&child),
            deadly: Mutex::new(None),
        });
        let copying = child.stderr.take().map(|stderr| {
            let log = log.clone();
            std::thread::spawn(move || log.copy(stderr, file))
        });
        let data = data.to_owned();
        let mut weir = Self {
            child,
            data,
            options,
            ready_after: Duration::ZERO,
            log,
            copying,
        };
        weir.wait_until_ready(stdout)?;
        weir.ready_after = begun.elapsed();
        Ok(weir)
    }

    fn wait_until_ready(&mut self, stdout: std::process::ChildStdout) -> Result<()> {
        let mut lines = BufReader::new(stdout).lines();
        let mut said = String::new();
        for line in lines.by_ref() {
            let line = line?;
            said.push_str(&line);
            said.push('\n');
            if line.starts_with("ready") {
                // What it prints later is read to the end, so that it never waits for a reader.
                std::thread::spawn(move || lines.for_each(drop));
                return Ok(());
            }
        }
        let status = self.child.wait()?;
        bail!("weir up ended before it was ready ({status}):\n{said}{}", self.log()?)
    }

    /// From the start of the process to its word that it is ready.
    pub fn ready_after(&self) -> Duration {
        self.ready_after
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn data(&self) -> &Path {
        &self.data
    }

    pub fn kubeconfig(&self) -> PathBuf {
        self.data.join("kubeconfig")
    }

    /// What it logged so far, over all its starts.
    pub fn log(&self) -> Result<String> {
        Ok(std::fs::read_to_string(self.data.join("up.log"))?)
    }

    /// Where the registry listens, as `host:port`.
    pub fn registry(&self) -> Result<String> {
        Ok(std::fs::read_to_string(self.data.join("run/registry-address"))?
            .trim()
            .to_owned())
    }

    /// Runs the command line against this instance.
    pub fn run(&self, arguments: &[&str]) -> Result<Answer> {
        let output = self.command(arguments)?.stdin(Stdio::null()).output().context("weir")?;
        Ok(answer(&output))
    }

    /// Runs the command line and expects success; the answer is what it printed.
    pub fn ok(&self, arguments: &[&str]) -> Result<String> {
        self.run(arguments)?
            .ok()
            .with_context(|| format!("weir {}", arguments.join(" ")))
    }

    /// The command line against this instance, not started yet.
    pub fn command(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = Command::new(binary("weir")?);
        command
            .args(arguments)
            .env("KUBECONFIG", self.kubeconfig())
            .env("WEIR_DATA_DIR", &self.data);
        command.envs(self.options.environment.iter().cloned());
        Ok(command)
    }

    /// SIGTERM, then waits. The time it took.
    pub fn stop(mut self) -> Result<Duration> {
        let begun = Instant::now();
        signal(&self.child, rustix::process::Signal::TERM)?;
        let status = self.child.wait()?;
        if !status.success() {
            bail!("weir up ended with {status}\n{}", self.log()?);
        }
        Ok(begun.elapsed())
    }

    /// Stops it and removes all that it made: containers, networks and the data directory.
    pub fn reset(self) -> Result<()> {
        let data = self.data.clone();
        self.stop()?;
        let mut reset = Command::new(binary("weir")?);
        reset
            .args(["reset", "--yes", "--data-dir"])
            .arg(&data)
            .stdin(Stdio::null());
        answer(&reset.output().context("weir reset")?)
            .ok()
            .context("weir reset")?;
        Ok(())
    }

    /// Lets it run on after this value and this process are gone. The process id is how to end it.
    pub fn detach(self) -> u32 {
        let pid = self.pid();
        std::mem::forget(self);
        pid
    }

    /// SIGKILL, as a crash of this process.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Waits for the end of a process that was told to end or killed from outside.
    pub fn wait(&mut self) -> Result<ExitStatus> {
        Ok(self.child.wait()?)
    }

    /// From now on the process is killed at the first log line that contains `pattern`.
    pub fn kill_at(&self, pattern: &str) {
        *self.log.deadly.lock().unwrap_or_else(PoisonError::into_inner) = Some(pattern.to_owned());
    }

    /// Waits until the process was killed by [`Weir::kill_at`].
    pub fn killed(mut self, limit: Duration) -> Result<()> {
        let end = Instant::now() + limit;
        let copying = self.copying.take().context("start it with `killable`")?;
        // The copy ends when the process does; it is looked at now and then only to keep the limit.
        while !copying.is_finished() && Instant::now() < end {
            std::thread::park_timeout(Duration::from_millis(5));
        }
        if !copying.is_finished() {
            bail!(
                "the process was not killed within {limit:?}: the line never came\n{}",
                self.log()?
            );
        }
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Weir {
    /// The way out of a test that failed: nothing that was started stays, containers and their mounts included.
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        let ended = self.child.kill().and_then(|()| self.child.wait());
        let reset = binary("weir").and_then(|program| {
            let mut command = Command::new(program);
            command
                .args(["reset", "--yes", "--data-dir"])
                .arg(&self.data)
                .stdin(Stdio::null());
            answer(&command.output()?).ok()
        });
        if let (Err(error), _) = (&ended, &reset) {
            eprintln!("weir up was not ended: {error}");
        }
        if let Err(error) = reset {
            eprintln!("weir reset: {error:#}");
        }
    }
}

/// Free ports at the first start, the same ones at the next: clients keep their kubeconfig.
fn listeners(data: &Path) -> Vec<String> {
    let address = |file: &str| std::fs::read_to_string(data.join("run").join(file)).map(|text| text.trim().to_owned());
    let free = || "127.0.0.1:0".to_owned();
    vec![
        "--api-listen".into(),
        address("api-address").unwrap_or_else(|_| free()),
        "--registry-listen".into(),
        address("registry-address").unwrap_or_else(|_| free()),
    ]
}

fn signal(child: &Child, signal: rustix::process::Signal) -> Result<()> {
    let pid = rustix::process::Pid::from_child(child);
    Ok(rustix::process::kill_process(pid, signal)?)
}

fn answer(output: &Output) -> Answer {
    Answer {
        status: output.status,
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
