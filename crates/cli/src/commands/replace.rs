use std::path::PathBuf;

use serde_json::json;

use super::delete::wait_until_gone;
use crate::api::Call;
use crate::choice::Chosen;
use crate::failure::Failure;
use crate::manifest::{self, Document};
use crate::session::Session;
use crate::writing::{Validation, WriteOptions};

/// Put what a file says in the place of an object
///
/// For example: replace -f web.yaml; with --force the old object is deleted first.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// A file, a directory, or - for standard input
    #[arg(short, long, value_name = "FILE", required = true)]
    filename: Vec<PathBuf>,
    /// Also read the directories in a directory
    #[arg(short = 'R', long)]
    recursive: bool,
    /// Delete the old object and create a new one
    #[arg(long)]
    force: bool,
    /// What to do about unknown fields
    #[arg(long, value_name = "HOW", default_value = "strict")]
    validate: Validation,
    #[command(flatten)]
    writing: WriteOptions,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let documents = manifest::read(&args.filename, args.recursive, &session.terminal)?;
    let mut failures = Vec::new();
    for document in documents {
        let replaced = match args.force {
            true => anew(&args, session, &document).await,
            false => in_place(&args, session, &document).await,
        };
        failures.extend(
            replaced
                .err()
                .map(|failure| failure.during(format!("error when replacing \"{}\"", document.source))),
        );
    }
    session.terminal.end_with(failures)
}

async fn chosen(session: &Session<'_>, document: &Document) -> Result<Chosen, Failure> {
    let resource = document.resource(session.discovery().await?)?;
    let namespace = document.namespace(session.namespace().await?, session.global.namespace.as_deref())?;
    Ok(Chosen::new(resource, &namespace, document.name()?))
}

async fn in_place(args: &Args, session: &Session<'_>, document: &Document) -> Result<(), Failure> {
    let chosen = chosen(session, document).await?;
    let api = session.api().await?;
    let live = chosen.get(api).await?;
    let mut object = document.object.clone();
    // A file that names a version means that version; others mean whatever is there.
    if object["metadata"]["resourceVersion"].is_null() {
        object["metadata"]["resourceVersion"] = live["metadata"]["resourceVersion"].clone();
    }
    if args.writing.client_only() {
        return args.writing.report(session, &chosen.resource, object, "replaced");
    }
    let call = marked(args, Call::put(&chosen.path(), &object));
    let after = api.json(call).await?;
    args.writing.report(session, &chosen.resource, after, "replaced")
}

async fn anew(args: &Args, session: &Session<'_>, document: &Document) -> Result<(), Failure> {
    let chosen = chosen(session, document).await?;
    let api = session.api().await?;
    if let Some(live) = api.find(&chosen.path()).await? {
        let options = json!({"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"});
        api.json(Call::delete(&chosen.path(), &options)).await?;
        session.terminal.line(chosen.told("deleted"))?;
        wait_until_gone(session, &chosen, live["metadata"]["uid"].as_str().unwrap_or_default()).await?;
    }
    let mut object = document.object.clone();
    if let Some(metadata) = object["metadata"].as_object_mut() {
        for field in ["resourceVersion", "uid", "creationTimestamp", "managedFields"] {
            metadata.remove(field);
        }
    }
    let call = marked(
        args,
        Call::post(&chosen.resource.collection(Some(&chosen.namespace)), &object),
    );
    let created = api.json(call).await?;
    args.writing.report(session, &chosen.resource, created, "replaced")
}

fn marked(args: &Args, call: Call) -> Call {
    let call = call
        .query("fieldManager", "kubectl-replace")
        .query("fieldValidation", args.validate.parameter());
    args.writing.mark(call)
}
