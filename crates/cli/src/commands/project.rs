use serde_json::Value;

use super::projects;
use crate::failure::Failure;
use crate::resource::Resource;
use crate::session::Session;

/// Show the current project, or switch to another one
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The project to switch to
    name: Option<String>,
    /// Print the name of the current project and nothing else
    #[arg(short = 'q', long)]
    short: bool,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    match args.name {
        Some(name) => switch(session, &name, args.short).await,
        None => show(session, args.short).await,
    }
}

async fn show(session: &Session<'_>, short: bool) -> Result<(), Failure> {
    let (api, current) = (session.api().await?, session.namespace().await?);
    if short {
        return session.terminal.line(current);
    }
    if !session.has_project().await? {
        let unset = "No project has been set. Pass a project name to make that the default.";
        return session.terminal.line(unset);
    }
    match api.get(&Resource::projects().object("", current)).await {
        Ok(_) => session
            .terminal
            .line(format!("Using project \"{current}\" on server \"{}\".", api.server())),
        Err(failure) if failure.is_not_found() || failure.is_forbidden() => Err(Failure::refused(format!(
            "you do not have rights to view project \"{current}\" specified in your config or the project doesn't exist"
        ))
        .hint(format!("`{} projects` lists those you can use", session.program))),
        Err(failure) => Err(failure),
    }
}

async fn switch(session: &Session<'_>, name: &str, short: bool) -> Result<(), Failure> {
    let api = session.api().await?;
    match api.get(&Resource::projects().object("", name)).await {
        Ok(_) => {}
        Err(failure) if failure.is_not_found() || failure.is_forbidden() => {
            return Err(not_a_member(session, name, failure.is_not_found()).await?);
        }
        Err(failure) => return Err(failure),
    }
    if !session.use_project(name).await? {
        return Err(
            Failure::refused("there is no kubeconfig context in which the project could be kept").hint(format!(
                "log in with `{} login URL --token=TOKEN`, or pass --namespace={name}",
                session.program
            )),
        );
    }
    if short {
        return session.terminal.line(name);
    }
    session
        .terminal
        .line(format!("Now using project \"{name}\" on server \"{}\".", api.server()))
}

/// Who is told that it is not there may know of all projects; others are only told that it is none of theirs.
async fn not_a_member(session: &Session<'_>, name: &str, absent: bool) -> Result<Failure, Failure> {
    let list: Vec<Value> = projects::list(session).await?;
    let mut text = match absent {
        true => format!(
            "A project named \"{name}\" does not exist on \"{}\".",
            session.api().await?.server()
        ),
        false => format!("You are not a member of project \"{name}\"."),
    };
    match list.as_slice() {
        [] => {}
        [only] => text.push_str(&format!(
            "\nYou have one project on this server: {}",
            projects::title(only)
        )),
        several => {
            text.push_str("\nYour projects are:");
            for project in several {
                text.push_str(&format!("\n* {}", projects::title(project)));
            }
            if !absent {
                text.push_str("\nTo see projects on another server, pass '--server=<server>'.");
            }
        }
    }
    Ok(Failure::refused(text))
}
