use std::ffi::OsStr;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};

use super::configuration::configuration;
use super::{FetchJob, source_directory};
use crate::source::GitUrl;

/// How much of git's complaints is kept; the last lines say what went wrong.
const MAX_COMPLAINT_BYTES: usize = 16 * 1024;
/// Where git and its helpers are looked for.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

#[derive(Debug, thiserror::Error)]
pub(crate) enum GitError {
    #[error("git is not installed on this machine; install the package \"git\"")]
    Missing,
    #[error("cannot run git: {0}")]
    Run(#[from] io::Error),
    /// Git ended with an error and this on its standard error.
    #[error("{0}")]
    Complaint(String),
    /// We will not.
    #[error("{0}")]
    Refused(String),
}

/// Which transports a git command may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocols {
    /// That of the repository itself.
    Source,
    /// Never the local file system.
    Submodules,
    None,
}

/// Git in a work directory of its own, with an empty home, its own configuration, and nothing of the machine's.
pub(crate) struct Git {
    work: PathBuf,
    home: PathBuf,
    local: bool,
    no_proxy: Option<String>,
}

impl Git {
    /// Writes git's configuration and, when there are any, the credentials of the one server they are for.
    pub fn prepare(work: &Path, url: &GitUrl, job: &FetchJob) -> io::Result<Self> {
        let home = work.join("home");
        std::fs::create_dir_all(&home)?;
        if let (Some(origin), Some(ca)) = (url.origin(), &job.credentials.ca)
            && origin.starts_with("https:")
        {
            write_private(&home.join("ca.crt"), ca)?;
        }
        let store = url.origin().and_then(|origin| job.credentials.store_line(&origin));
        if let Some(line) = &store {
            write_private(&home.join("credentials"), line)?;
        }
        write_private(
            &home.join("gitconfig"),
            &configuration(&home, url, job, store.is_some()),
        )?;
        Ok(Self {
            work: work.to_owned(),
            home,
            local: url.is_local(),
            no_proxy: job.no_proxy.clone(),
        })
    }

    pub fn work(&self) -> &Path {
        &self.work
    }

    pub fn source(&self) -> PathBuf {
        source_directory(&self.work)
    }

    /// Nothing that reads the source later may find them.
    pub fn forget_credentials(&self) -> io::Result<()> {
        std::fs::remove_dir_all(&self.home)
    }

    pub async fn run(&self, directory: &Path, arguments: &[&str], protocols: Protocols) -> Result<(), GitError> {
        let mut child = self.spawn(directory, arguments, protocols, Stdio::null())?;
        finish(&mut child).await
    }

    /// What the command printed; more than `limit` bytes are cut off.
    pub async fn output(&self, directory: &Path, arguments: &[&str], limit: u64) -> Result<Vec<u8>, GitError> {
        let mut child = self.spawn(directory, arguments, Protocols::None, Stdio::piped())?;
        let mut printed = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            stdout.take(limit).read_to_end(&mut printed).await?;
        }
        finish(&mut child).await?;
        Ok(printed)
    }

    /// The id of the commit that a name means, if it means one.
    pub async fn commit_of(&self, name: &str) -> Result<Option<String>, GitError> {
        let expression = format!("{name}^{{commit}}");
        let arguments = ["rev-parse", "--verify", "--quiet", &expression];
        match self.output(&self.source(), &arguments, 128).await {
            Ok(printed) => Ok(Some(String::from_utf8_lossy(&printed).trim().to_owned()).filter(|id| !id.is_empty())),
            Err(GitError::Complaint(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Starts git. Its standard error is a pipe; dropping the child kills it.
    pub fn spawn(
        &self,
        directory: &Path,
        arguments: &[&str],
        protocols: Protocols,
        stdout: Stdio,
    ) -> Result<Child, GitError> {
        let mut command = Command::new("git");
        command
            .args(arguments)
            .current_dir(directory)
            .env_clear()
            .envs(self.environment(protocols))
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound if directory.exists() => GitError::Missing,
            _ => GitError::Run(error),
        })
    }

    fn environment(&self, protocols: Protocols) -> Vec<(&'static str, std::ffi::OsString)> {
        let allowed = match protocols {
            Protocols::Source if self.local => "file",
            Protocols::Source | Protocols::Submodules => "https:http:git",
            Protocols::None => "none",
        };
        let text = |text: &str| OsStr::new(text).to_owned();
        let mut environment = vec![
            ("PATH", text(PATH)),
            ("HOME", self.home.clone().into_os_string()),
            ("LC_ALL", text("C.UTF-8")),
            ("GIT_CONFIG_NOSYSTEM", text("1")),
            ("GIT_CONFIG_GLOBAL", self.home.join("gitconfig").into_os_string()),
            ("GIT_ATTR_NOSYSTEM", text("1")),
            ("GIT_TERMINAL_PROMPT", text("0")),
            ("GIT_ASKPASS", text("")),
            ("GIT_ALLOW_PROTOCOL", text(allowed)),
            ("GIT_COMMITTER_NAME", text("builder")),
            ("GIT_COMMITTER_EMAIL", text("builder@localhost")),
        ];
        if let Some(hosts) = &self.no_proxy {
            environment.extend([("NO_PROXY", text(hosts)), ("no_proxy", text(hosts))]);
        }
        environment
    }
}

async fn finish(child: &mut Child) -> Result<(), GitError> {
    let complaint = match child.stderr.take() {
        Some(stderr) => tail(stderr).await?,
        None => String::new(),
    };
    let status = child.wait().await?;
    if status.success() {
        return Ok(());
    }
    Err(GitError::Complaint(if complaint.is_empty() {
        format!("git ended with {status}")
    } else {
        complaint
    }))
}

/// The end of what is printed; the pipe is always emptied, so that git never waits for us.
async fn tail(mut printed: impl AsyncRead + Unpin) -> io::Result<String> {
    let mut kept = Vec::new();
    let mut buffer = vec![0; 4096];
    loop {
        let count = printed.read(&mut buffer).await?;
        if count == 0 {
            break;
        }
        kept.extend_from_slice(&buffer[..count]);
        let surplus = kept.len().saturating_sub(MAX_COMPLAINT_BYTES);
        kept.drain(..surplus);
    }
    Ok(String::from_utf8_lossy(&kept).trim().to_owned())
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_files_are_never_written_through_a_link() {
        let directory = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/tmp/elsewhere", directory.path().join("x")).unwrap();
        assert!(write_private(&directory.path().join("x"), "secret").is_err());
    }
}
