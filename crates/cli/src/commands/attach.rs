use super::exec::{Remote, run_remote};
use super::pod_of::pod_of;
use crate::failure::Failure;
use crate::resource::Resource;
use crate::session::Session;
use crate::target;

/// Look at what a running container prints, and talk to it
///
/// For example: attach web-1-abcde -i
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
    /// Standard input is a terminal
    #[arg(short, long)]
    tty: bool,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let (resource, name) = target::one(&args.what, Some(Resource::pods()))?;
    let pod = pod_of(session, &resource, &name).await?;
    session.progress("if there is no prompt, press enter");
    let remote = Remote {
        pod,
        container: args.container,
        command: Vec::new(),
        stdin: args.stdin,
        tty: args.tty,
    };
    run_remote(session, remote).await
}
