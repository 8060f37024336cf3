use crate::failure::Failure;
use crate::session::Session;

/// Say who you are for the server
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Print the token in use instead
    #[arg(short = 't', long)]
    show_token: bool,
    /// Print the name of the kubeconfig context in use instead
    #[arg(short = 'c', long)]
    show_context: bool,
    /// Print the server's address instead
    #[arg(long)]
    show_server: bool,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let connection = session.connection().await?;
    if args.show_token {
        return match &connection.token {
            Some(token) => session.terminal.line(token),
            None => Err(Failure::refused("no token is currently in use for this session")),
        };
    }
    if args.show_context {
        return session.terminal.line(&connection.context);
    }
    if args.show_server {
        return session.terminal.line(connection.api.server());
    }
    session.terminal.line(session.user_name().await?)
}
