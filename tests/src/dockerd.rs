use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::tool;

/// What a daemon may take until it listens on a machine that is busy.
const START: Duration = Duration::from_secs(60);

/// A Docker daemon of our own, with its own directories, that can be stopped and started again. It neither sees nor
/// disturbs the machine's other containers.
pub struct Dockerd {
    directory: PathBuf,
    child: Option<Child>,
}

impl Dockerd {
    /// Why there can be none here, or `None`.
    pub fn missing() -> Option<String> {
        if !rustix::process::geteuid().is_root() {
            return Some("dockerd needs root".into());
        }
        match tool("dockerd") {
            Some(_) => None,
            None => Some("dockerd is not installed (apt-get install docker.io)".into()),
        }
    }

    /// Returns when it listens. `directory` holds all that it has.
    pub fn start(directory: &Path) -> Result<Self> {
        std::fs::create_dir_all(directory)?;
        let mut dockerd = Self {
            directory: directory.to_owned(),
            child: None,
        };
        dockerd.start_again()?;
        Ok(dockerd)
    }

    pub fn start_again(&mut self) -> Result<()> {
        let log = File::options().create(true).append(true).open(self.log())?;
        let child = Command::new(tool("dockerd").context("dockerd")?)
            .arg("--data-root")
            .arg(self.directory.join("data"))
            .arg("--exec-root")
            .arg(self.directory.join("exec"))
            .arg("--pidfile")
            .arg(self.directory.join("pid"))
            .arg("--host")
            .arg(self.host())
            // No bridge that another daemon may have, and no rules that outlive the test.
            .args(["--bridge", "none", "--iptables=false", "--ip6tables=false"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .context("dockerd")?;
        self.child = Some(child);
        self.wait_until_it_listens()
    }

    fn wait_until_it_listens(&mut self) -> Result<()> {
        let end = Instant::now() + START;
        loop {
            if std::os::unix::net::UnixStream::connect(self.socket()).is_ok() {
                return Ok(());
            }
            let child = self.child.as_mut().context("it was started")?;
            if let Some(status) = child.try_wait()? {
                self.child = None;
                bail!("dockerd ended with {status}:\n{}", std::fs::read_to_string(self.log())?);
            }
            if Instant::now() > end {
                bail!("dockerd does not listen:\n{}", std::fs::read_to_string(self.log())?);
            }
            // A socket that does not exist yet cannot be waited for.
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Asks it to end, and waits: it ends its containers and its containerd when it is asked, not when it is killed.
    pub fn stop(&mut self) -> Result<()> {
        let Some(mut child) = self.child.take() else {
            return Ok(());
        };
        kill_process(Pid::from_child(&child), Signal::TERM)?;
        child.wait()?;
        Ok(())
    }

    /// As for `--engine` and `DOCKER_HOST`.
    pub fn host(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    fn socket(&self) -> PathBuf {
        self.directory.join("docker.sock")
    }

    fn log(&self) -> PathBuf {
        self.directory.join("log")
    }
}

impl Drop for Dockerd {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            eprintln!("dockerd was not ended: {error:#}");
        }
    }
}
