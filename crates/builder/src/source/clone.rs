use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::explain::explain;
use self::git::{Git, GitError, Protocols};
use super::{COMMIT_FORMAT, Commit, GitRef, GitUrl, SourceCredentials};

mod configuration;
mod explain;
mod git;
mod size;
mod submodules;

/// How long a server may take to list its branches before the log says that we wait. Then four times as long, and so on:
/// the end of all waiting is the build's own deadline.
const FIRST_PATIENCE: Duration = Duration::from_secs(16);
const PATIENCE_FACTOR: u32 = 4;
/// Branch lists can be long; only the end of the exchange matters here.
const MAX_FACTS_BYTES: u64 = 64 * 1024;

/// What the unprivileged child needs to know to fetch a repository.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct FetchJob {
    pub url: String,
    /// The commit of `spec.revision`, or else `spec.source.git.ref`.
    pub checkout: Option<String>,
    pub credentials: SourceCredentials,
    pub http_proxy: Option<String>,
    pub https_proxy: Option<String>,
    pub no_proxy: Option<String>,
    pub skip_tls_verification: bool,
    pub log_level: u8,
    /// Branches of this machine's own file system may be named.
    pub allow_local: bool,
}

/// Fetches the repository into `work/source`. The line of the log and the error text are for the user.
pub(crate) async fn clone(job: &FetchJob, work: &Path, log: &dyn Fn(String)) -> Result<Commit, String> {
    let url: GitUrl = job.url.parse().map_err(|error| format!("{error}"))?;
    let checkout = job
        .checkout
        .as_deref()
        .map(str::parse::<GitRef>)
        .transpose()
        .map_err(|error| error.to_string())?;
    log(format!("Cloning \"{url}\" ..."));
    if url.is_local() && !job.allow_local {
        return Err(format!(
            "repositories on this machine's file system are switched off; serve \"{url}\" over http or https"
        ));
    }
    let git = Git::prepare(work, &url, job).map_err(|error| error.to_string())?;
    let cloned = fetch(&git, &url, checkout.as_ref(), job, log).await;
    git.forget_credentials()
        .map_err(|error| format!("cannot remove the credentials of the source: {error}"))?;
    cloned.map_err(|error| explain(&url, &error))
}

async fn fetch(
    git: &Git,
    url: &GitUrl,
    checkout: Option<&GitRef>,
    job: &FetchJob,
    log: &dyn Fn(String),
) -> Result<Commit, GitError> {
    wait_for_server(git, url, log).await?;
    let source = git.source();
    let shallow = checkout.is_none();
    match clone_objects(git, url, shallow, job.log_level).await {
        // Servers without a git program behind them cannot cut the history.
        Err(GitError::Complaint(complaint)) if shallow && complaint.contains("shallow") => {
            clone_objects(git, url, false, job.log_level).await?;
        }
        cloned => cloned?,
    }
    let commit = resolve(git, url, checkout).await?;
    size::check(git, &commit).await?;
    git.run(
        &source,
        &["checkout", "--quiet", "--detach", &commit, "--"],
        Protocols::None,
    )
    .await?;
    submodules::update(git, log).await?;
    facts(git, &commit).await
}

async fn clone_objects(git: &Git, url: &GitUrl, shallow: bool, log_level: u8) -> Result<(), GitError> {
    let mut arguments = vec!["clone", "--no-checkout", "--no-recurse-submodules", "--template="];
    if shallow {
        arguments.push("--depth=1");
    }
    if log_level < 5 {
        arguments.push("--quiet");
    }
    let source = git.source();
    arguments.extend(["--", url.as_str(), path_text(&source)?]);
    git.run(git.work(), &arguments, Protocols::Source).await
}

/// A first, small exchange tells an unreachable server from a large repository.
async fn wait_for_server(git: &Git, url: &GitUrl, log: &dyn Fn(String)) -> Result<(), GitError> {
    let mut patience = FIRST_PATIENCE;
    loop {
        let arguments = ["ls-remote", "--heads", "--", url.as_str()];
        let listing = git.run(git.work(), &arguments, Protocols::Source);
        match tokio::time::timeout(patience, listing).await {
            Ok(listed) => return listed,
            Err(_elapsed) => {
                patience = patience.saturating_mul(PATIENCE_FACTOR);
                log(format!(
                    "WARNING: timed out waiting for git server, will wait {}",
                    duration_text(patience)
                ));
            }
        }
    }
}

/// The id of the commit to be built.
async fn resolve(git: &Git, url: &GitUrl, checkout: Option<&GitRef>) -> Result<String, GitError> {
    let Some(name) = checkout else {
        return match git.commit_of("HEAD").await? {
            Some(commit) => Ok(commit),
            None => Err(GitError::Refused(
                "the repository is empty: it has no commit on its default branch".into(),
            )),
        };
    };
    let remote = format!("refs/remotes/origin/{name}");
    for candidate in [name.as_str(), &remote] {
        if let Some(commit) = git.commit_of(candidate).await? {
            return Ok(commit);
        }
    }
    // Refs that a clone does not bring along, such as those of pull requests.
    git.run(
        &git.source(),
        &["fetch", "--quiet", "--", url.as_str(), name.as_str()],
        Protocols::Source,
    )
    .await?;
    match git.commit_of("FETCH_HEAD").await? {
        Some(commit) => Ok(commit),
        None => Err(GitError::Refused(format!("\"{name}\" is no commit of the repository"))),
    }
}

async fn facts(git: &Git, commit: &str) -> Result<Commit, GitError> {
    let format = format!("--format={COMMIT_FORMAT}");
    let arguments = [
        "log",
        "-1",
        "--no-show-signature",
        "--no-mailmap",
        "--encoding=UTF-8",
        &format,
        commit,
        "--",
    ];
    let printed = git.output(&git.source(), &arguments, MAX_FACTS_BYTES).await?;
    Commit::parse(&String::from_utf8_lossy(&printed))
        .ok_or_else(|| GitError::Refused("git does not say which commit was checked out".into()))
}

fn path_text(path: &Path) -> Result<&str, GitError> {
    path.to_str()
        .ok_or_else(|| GitError::Refused("the work directory has a name that is not text".into()))
}

/// As in `1m4s`.
fn duration_text(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s}s"),
        (0, m, s) => format!("{m}m{s}s"),
        (h, m, s) => format!("{h}h{m}m{s}s"),
    }
}

/// Where the clone lies inside a work directory.
pub(crate) fn source_directory(work: &Path) -> PathBuf {
    work.join("source")
}

#[cfg(test)]
mod tests;
