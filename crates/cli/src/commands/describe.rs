//! `describe`: what an object is, and why it is so.

mod advice;
mod aligned;
mod build;
mod build_config;
mod deployment_config;
mod events;
mod generic;
mod head;
pub mod image;
pub mod image_stream;
mod limit_range;
mod pod;
pub mod pod_template;
mod project;
mod replication_controller;
mod resource_quota;
mod secret;
mod service;
mod service_account;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::choice::{Choice, Chosen};
use crate::failure::Failure;
use crate::output::sheet::Sheet;
use crate::selection::with_kind;
use crate::session::Session;

/// Show an object in full, with what happened to it and why
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The objects: TYPE/NAME..., TYPE NAME..., or kinds, optionally with --selector
    #[arg(value_name = "TYPE[/NAME]")]
    what: Vec<String>,
    /// Show the objects that a file, a directory or standard input (-) describes
    #[arg(short, long, value_name = "FILE", conflicts_with = "what")]
    filename: Vec<PathBuf>,
    /// Only objects with these labels
    #[arg(short = 'l', long, value_name = "LABELS")]
    selector: Option<String>,
    /// Look in all projects
    #[arg(short = 'A', long)]
    all_namespaces: bool,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let named = args.what.len() > 1 || args.what.iter().any(|word| word.contains('/'));
    let choice = Choice {
        words: &args.what,
        files: &args.filename,
        labels: args.selector.as_deref(),
        all: !named && args.selector.is_none(),
        all_namespaces: args.all_namespaces,
        ..Choice::default()
    };
    let chosen = choice.resolve(session).await?;
    if chosen.is_empty() {
        session.terminal.note(format!(
            "No resources found in {} namespace.",
            session.namespace().await?
        ));
    }
    for (at, object) in chosen.iter().enumerate() {
        if at > 0 {
            session.terminal.line("\n")?;
        }
        session.terminal.print(&describe(session, object).await?)?;
    }
    Ok(())
}

async fn describe(session: &Session<'_>, chosen: &Chosen) -> Result<String, Failure> {
    let object = match chosen.get(session.api().await?).await {
        Err(failure) if failure.is_not_found() => return Err(session.missing(failure, &chosen.resource).await),
        object => with_kind(object?, &chosen.resource),
    };
    let mut sheet = Sheet::default();
    match chosen.resource.plural_label().as_str() {
        "deploymentconfigs.apps.openshift.io" => deployment_config::fill(session, &object, &mut sheet).await?,
        "buildconfigs.build.openshift.io" => build_config::fill(session, &object, &mut sheet).await?,
        "builds.build.openshift.io" => build::fill(session, &object, &mut sheet).await?,
        "imagestreams.image.openshift.io" => image_stream::fill(session.now(), &parse(&object)?, &mut sheet),
        "imagestreamtags.image.openshift.io" | "imagestreamimages.image.openshift.io" => {
            image::fill_named(session.now(), &object, &mut sheet);
        }
        "images.image.openshift.io" => image::fill(session.now(), &object, &mut sheet),
        "projects.project.openshift.io" => project::fill(session, &object, &mut sheet).await?,
        "pods" => pod::fill(session, &object, &mut sheet).await?,
        "replicationcontrollers" => replication_controller::fill(session, &object, &mut sheet).await?,
        "secrets" => secret::fill(session, &object, &mut sheet).await?,
        "serviceaccounts" => service_account::fill(session, &object, &mut sheet).await?,
        "limitranges" => limit_range::fill(&object, &mut sheet),
        "resourcequotas" => resource_quota::fill(&object, &mut sheet),
        "services" => service::fill(session, &object, &mut sheet).await?,
        _ => generic::fill(session, &object, &mut sheet).await?,
    }
    Ok(sheet.render())
}

/// The object as one of our own types.
fn parse<T: DeserializeOwned>(object: &Value) -> Result<T, Failure> {
    serde_json::from_value(object.clone())
        .map_err(|error| Failure::refused(format!("the server sent an object that cannot be read: {error}")))
}
