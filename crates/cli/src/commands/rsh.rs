use super::exec::{Remote, run_remote};
use super::pod_of::pod_of;
use crate::failure::Failure;
use crate::resource::Resource;
use crate::session::Session;
use crate::target;

/// Open a shell in a container
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The pod, or dc/NAME for one of its pods
    #[arg(value_name = "POD|dc/NAME")]
    what: String,
    /// The container; the first one by default
    #[arg(short, long, value_name = "NAME")]
    container: Option<String>,
    /// The shell
    #[arg(long, default_value = "/bin/sh", value_name = "PATH")]
    shell: String,
    /// Give the command no terminal
    #[arg(short = 'T', long)]
    no_tty: bool,
    /// A command to run in place of the shell
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    command: Vec<String>,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let (resource, name) = target::one(&[args.what], Some(Resource::pods()))?;
    let pod = pod_of(session, &resource, &name).await?;
    let command = if args.command.is_empty() {
        vec![args.shell]
    } else {
        args.command
    };
    let remote = Remote {
        pod,
        container: args.container,
        command,
        stdin: true,
        tty: !args.no_tty && session.terminal.is_interactive(),
    };
    run_remote(session, remote).await
}
