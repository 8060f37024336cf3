//! `logs`: what builds, rollouts and pods say.

mod build;
mod deployment;
mod pod;
#[cfg(test)]
mod tests;

use std::time::Duration;

use futures::{StreamExt, pin_mut};

use crate::age;
use crate::api::Call;
use crate::failure::Failure;
use crate::resource::Resource;
use crate::session::Session;
use crate::target;

pub use build::follow as follow_build;

/// How many lines of each pod are shown when several are chosen by labels.
const SELECTED_TAIL: i64 = 10;

/// Print the log of a build, a rollout or a pod
#[derive(clap::Args, Clone, Debug, Default)]
pub struct Args {
    /// bc/NAME, build/NAME, dc/NAME, rc/NAME or the name of a pod
    #[arg(value_name = "TYPE/NAME", required_unless_present = "selector")]
    what: Vec<String>,
    /// Print the logs of the pods with these labels
    #[arg(short = 'l', long, value_name = "LABELS", conflicts_with = "what")]
    selector: Option<String>,
    /// Go on printing what is said from now on
    #[arg(short, long)]
    follow: bool,
    /// The container of the pod
    #[arg(short, long, value_name = "NAME")]
    container: Option<String>,
    /// Print the logs of all containers of the pod
    #[arg(long, conflicts_with = "container")]
    all_containers: bool,
    /// The log of the one before: the container before its restart, the rollout before this one
    #[arg(short, long)]
    previous: bool,
    /// The build or rollout with this number
    #[arg(long, value_name = "N")]
    version: Option<u64>,
    /// Only the last lines
    #[arg(long, value_name = "LINES", allow_hyphen_values = true)]
    tail: Option<i64>,
    /// Only what is younger than this, as in 5m
    #[arg(long, value_name = "DURATION", value_parser = age::parse_duration)]
    since: Option<Duration>,
    /// Only what was said after this moment (RFC 3339)
    #[arg(long, value_name = "TIME", conflicts_with = "since")]
    since_time: Option<String>,
    /// Put the time before each line
    #[arg(long)]
    timestamps: bool,
    /// At most so many bytes
    #[arg(long, value_name = "BYTES")]
    limit_bytes: Option<u64>,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    if let Some(selector) = &args.selector {
        return pod::selected(&args, session, selector).await;
    }
    let (resource, name) = target::one(&args.what, Some(Resource::pods()))?;
    let versioned = resource.kind == "BuildConfig" || resource.kind == "DeploymentConfig";
    if args.version.is_some() && !versioned {
        return Err(Failure::refused(format!(
            "cannot specify a version and a {}",
            resource.singular
        )));
    }
    let printed = match resource.kind.as_str() {
        "BuildConfig" => build::of_config(&args, session, &name).await,
        "Build" => build::one(&args, session, &name).await,
        "DeploymentConfig" => deployment::run(&args, session, &name).await,
        "ReplicationController" => pod::of_controller(&args, session, &name).await,
        "Pod" => pod::one(&args, session, &name).await,
        kind => Err(Failure::refused(format!("cannot get the logs from {kind}"))
            .hint("builds (bc/NAME, build/NAME), rollouts (dc/NAME) and pods have logs")),
    };
    match printed {
        Err(failure) if failure.is_not_found() => Err(missing(session, failure).await?),
        printed => printed,
    }
}

/// Which namespace was looked into is worth a word: pods of other projects are easily meant.
async fn missing(session: &Session<'_>, failure: Failure) -> Result<Failure, Failure> {
    let namespace = session.namespace().await?;
    let message = failure
        .status()
        .map(|status| status.message.clone())
        .unwrap_or_default();
    Ok(Failure::refused(format!(
        "error from server (NotFound): {message} in namespace \"{namespace}\""
    )))
}

impl Args {
    /// What somebody who only wants to follow would have typed.
    pub fn following() -> Self {
        Self {
            follow: true,
            ..Self::default()
        }
    }

    /// What somebody who wants the log of a build so far would have typed.
    pub fn of_build(name: &str) -> Self {
        Self {
            what: vec![format!("build/{name}")],
            ..Self::default()
        }
    }

    /// The request for the log at `path`.
    fn call(&self, path: &str) -> Call {
        let flag = |set: bool| set.then_some("true");
        Call::get(path)
            .accept("*/*")
            .maybe("follow", flag(self.follow))
            .maybe("previous", flag(self.previous))
            .maybe("version", self.version)
            .maybe("tailLines", self.tail.filter(|lines| *lines >= 0))
            .maybe("sinceSeconds", self.since.map(|since| since.as_secs().max(1)))
            .maybe("sinceTime", self.since_time.as_ref())
            .maybe("timestamps", flag(self.timestamps))
            .maybe("limitBytes", self.limit_bytes)
    }
}

/// Prints a log as it comes.
async fn print(session: &Session<'_>, call: Call) -> Result<(), Failure> {
    let bytes = session.api().await?.stream(call).await?;
    pin_mut!(bytes);
    while let Some(piece) = bytes.next().await {
        let piece = piece.map_err(|error| Failure::Unreachable {
            message: format!("the log broke off: {error}"),
            hints: Vec::new(),
        })?;
        session.terminal.write(&piece)?;
    }
    Ok(())
}
