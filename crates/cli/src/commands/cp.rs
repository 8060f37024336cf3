//! `cp`: files into containers and out of them, as archives over the streams of a `tar` in the container.

mod download;
mod place;
mod upload;

use std::path::PathBuf;

use kube::api::AttachedProcess;

use super::exec::{Remote, start};
use crate::failure::Failure;
use crate::session::Session;

use place::{Place, RemotePath};

/// Copy files into a container, or out of it
///
/// For example: cp page.html web-1-abcde:/tmp/page.html. The container needs the program tar.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// A file or directory here, or [PROJECT/]POD:PATH
    #[arg(value_parser = Place::parse)]
    from: Place,
    /// Where it goes: a path here, or [PROJECT/]POD:PATH
    #[arg(value_parser = Place::parse)]
    to: Place,
    /// The container; the first one by default
    #[arg(short, long, value_name = "NAME")]
    container: Option<String>,
    /// Do not carry over owners and permissions
    #[arg(long)]
    no_preserve: bool,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let (from, to) = (args.from.clone(), args.to.clone());
    let container = Container {
        session,
        name: args.container.clone(),
    };
    match (from, to) {
        (Place::Here(from), Place::There(to)) => upload::run(&container, &here(from)?, &to, args.no_preserve).await,
        (Place::There(from), Place::Here(to)) => download::run(&container, &from, &to).await,
        _ => Err(
            Failure::refused("one of src or dest must be a local file specification and the other a remote one")
                .hint("files in a container are written POD:PATH"),
        ),
    }
}

fn here(path: PathBuf) -> Result<PathBuf, Failure> {
    match path.try_exists() {
        Ok(true) => Ok(path),
        Ok(false) => Err(Failure::refused(format!(
            "{} doesn't exist in local filesystem",
            path.display()
        ))),
        Err(error) => Err(Failure::refused(format!("cannot look at {}: {error}", path.display()))),
    }
}

/// Where commands run.
struct Container<'a> {
    session: &'a Session<'a>,
    name: Option<String>,
}

impl Container<'_> {
    async fn start(&self, place: &RemotePath, command: &[&str], stdin: bool) -> Result<AttachedProcess, Failure> {
        let namespace = match &place.namespace {
            Some(namespace) => namespace.as_str(),
            None => self.session.namespace().await?,
        };
        let remote = Remote {
            pod: place.pod.clone(),
            container: self.name.clone(),
            command: command.iter().map(|word| (*word).to_owned()).collect(),
            stdin,
            tty: false,
        };
        start(self.session, namespace, &remote).await
    }
}
