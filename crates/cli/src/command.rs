use std::process::ExitCode;

use crate::builder_images::BuilderImages;
use crate::commands::{get, version, whoami};
use crate::failure::Failure;
use crate::global::GlobalOptions;
use crate::session::Session;
use crate::terminal::Terminal;

/// The client's commands. The binary puts its own (`up`, `reset`) next to them.
#[derive(clap::Subcommand, Debug)]
pub enum Command {
    Get(get::Args),
    Version(version::Args),
    Whoami(whoami::Args),
}

/// What the binary brings along.
pub struct Program<'a> {
    /// The whole command line; its name is the one that suggested commands begin with.
    pub parser: clap::Command,
    pub builder_images: &'a dyn BuilderImages,
}

/// Runs one command on the process's own streams and says what the process exits with.
pub async fn run(command: Command, global: GlobalOptions, program: Program<'_>) -> ExitCode {
    let terminal = Terminal::standard();
    let session = Session::new(global, terminal.clone(), program.parser, program.builder_images);
    match dispatch(command, &session).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if let Some(text) = failure.text() {
                terminal.note(text);
            }
            ExitCode::from(failure.exit_code())
        }
    }
}

pub(crate) async fn dispatch(command: Command, session: &Session<'_>) -> Result<(), Failure> {
    match command {
        Command::Get(args) => get::run(args, session).await,
        Command::Version(args) => version::run(args, session).await,
        Command::Whoami(args) => whoami::run(args, session).await,
    }
}
