use serde_json::Value;
use weir_api::names::annotation;

use super::{Which, controllers, label, note, path, phase, version};
use crate::commands::describe::pod_template;
use crate::failure::Failure;
use crate::session::Session;

/// Show the rollouts there were
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    which: Which,
    /// Show what was rolled out with this number
    #[arg(long, value_name = "N")]
    revision: Option<i64>,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let name = args.which.name()?;
    session.api().await?.get(&path(session, &name).await?).await?;
    let controllers = controllers(session, &name).await?;
    match args.revision {
        Some(revision) => one(session, &name, &controllers, revision),
        None => all(session, &name, &controllers),
    }
}

fn all(session: &Session<'_>, name: &str, controllers: &[Value]) -> Result<(), Failure> {
    if controllers.is_empty() {
        return session.terminal.line("No rollout history found.");
    }
    let mut text = format!("{} \nREVISION\tSTATUS\t\tCAUSE\n", label(name));
    for controller in controllers {
        let cause = Some(note(controller, annotation::DEPLOYMENT_STATUS_REASON)).filter(|cause| !cause.is_empty());
        // Causes stand under each other, as tabs are eight blanks wide.
        let tabs = if phase(controller).len() < 8 { "\t\t" } else { "\t" };
        text.push_str(&format!(
            "{}\t\t{}{tabs}{}\n",
            version(controller),
            phase(controller),
            cause.unwrap_or("<unknown>")
        ));
    }
    text.push('\n');
    session.terminal.print(&text)
}

fn one(session: &Session<'_>, name: &str, controllers: &[Value], revision: i64) -> Result<(), Failure> {
    match controllers.iter().find(|controller| version(controller) == revision) {
        Some(controller) => {
            let template = pod_template::render(&controller["spec"]["template"]);
            session
                .terminal
                .print(&format!("{} with revision #{revision}\n{template}", label(name)))
        }
        None => {
            let known: Vec<String> = controllers
                .iter()
                .map(|controller| version(controller).to_string())
                .collect();
            Err(Failure::refused("unable to find the specified revision").hint(format!(
                "revision {revision} is not among those there are: {}",
                known.join(", ")
            )))
        }
    }
}
