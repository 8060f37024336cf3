use serde_json::{Value, json};

use crate::failure::Failure;
use crate::output::yaml;
use crate::session::Session;

/// Show the versions of this program and of the server
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Do not ask the server
    #[arg(long)]
    client: bool,
    /// Print everything that is known, as JSON or YAML
    #[arg(short, long)]
    output: Option<Format>,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum Format {
    Json,
    Yaml,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let client = env!("CARGO_PKG_VERSION");
    let server = match args.client {
        true => None,
        false => Some(server_version(session).await),
    };
    if let Some(format) = args.output {
        let answer = server.transpose()?;
        let document = json!({ "clientVersion": { "gitVersion": format!("v{client}") }, "serverVersion": answer });
        return match format {
            Format::Json => session.terminal.line(format!("{document:#}")),
            Format::Yaml => session.terminal.print(&yaml::render(&document)),
        };
    }
    session.terminal.line(format!("Client Version: {client}"))?;
    match server.transpose()? {
        Some(answer) => session.terminal.line(format!(
            "Kubernetes Version: {}",
            answer["gitVersion"].as_str().unwrap_or("unknown")
        )),
        None => Ok(()),
    }
}

async fn server_version(session: &Session<'_>) -> Result<Value, Failure> {
    session.api().await?.get("/version").await
}
