//! `exec`: a command in a container, with its streams and its exit code.

mod raw_mode;
mod run_remote;

use crate::failure::Failure;
use crate::resource::Resource;
use crate::session::Session;
use crate::target;

pub use run_remote::{Remote, conclude, pump, run_remote, start};

/// Run a command in a container
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The pod, or dc/NAME for one of its pods
    #[arg(value_name = "POD|dc/NAME", required = true)]
    what: Vec<String>,
    /// The container; the first one by default
    #[arg(short, long, value_name = "NAME")]
    container: Option<String>,
    /// Pass standard input on
    #[arg(short = 'i', long)]
    stdin: bool,
    /// Give the command a terminal
    #[arg(short, long)]
    tty: bool,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<String>,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let (resource, name) = target::one(&args.what, Some(Resource::pods()))?;
    let pod = super::pod_of::pod_of(session, &resource, &name).await?;
    let remote = Remote {
        pod,
        container: args.container,
        command: args.command,
        stdin: args.stdin,
        tty: args.tty,
    };
    run_remote(session, remote).await
}
