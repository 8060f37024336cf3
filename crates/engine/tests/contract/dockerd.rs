//! A Docker daemon of our own, with its own directories.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

pub struct Dockerd {
    child: Child,
    directory: tempfile::TempDir,
}

impl Dockerd {
    /// Returns when it listens.
    pub fn start() -> Option<Self> {
        if !rustix::process::getuid().is_root() {
            println!("skipped: dockerd needs root");
            return None;
        }
        let directory = tempfile::tempdir().expect("a directory for dockerd");
        let path = |name: &str| directory.path().join(name);
        let child = Command::new("dockerd")
            .arg("--data-root")
            .arg(path("data"))
            .arg("--exec-root")
            .arg(path("exec"))
            .arg("--pidfile")
            .arg(path("pid"))
            .arg("--host")
            .arg(format!("unix://{}", path("docker.sock").display()))
            // No bridge that another daemon may have, and no rules that outlive the test.
            .args(["--bridge", "none", "--iptables=false", "--ip6tables=false"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = match child {
            Ok(child) => child,
            Err(error) => {
                println!("skipped: dockerd cannot be started: {error} (apt-get install docker.io)");
                return None;
            }
        };
        let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
        let dockerd = Self { child, directory };
        let mut last = String::new();
        // It says when it listens, and ends when it cannot.
        for line in lines.by_ref().map_while(Result::ok) {
            if line.contains("API listen on") {
                std::thread::spawn(move || lines.for_each(drop));
                return Some(dockerd);
            }
            last = line;
        }
        println!("skipped: dockerd does not come up here: {last}");
        None
    }

    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("docker.sock")
    }
}

impl Drop for Dockerd {
    /// It ends its containers and its containerd when it is asked, not when it is killed.
    fn drop(&mut self) {
        if let Some(pid) = Pid::from_raw(self.child.id().cast_signed())
            && kill_process(pid, Signal::TERM).is_ok()
        {
            self.child.wait().expect("our child");
        }
    }
}
