//! `tag`: makes tags of image streams point to images.

mod source;
#[cfg(test)]
mod tests;

use serde_json::{Value, json};

use crate::api::Call;
use crate::failure::Failure;
use crate::resource::Resource;
use crate::session::Session;

use source::{Destination, From, Kind};

/// How often a tag is set anew because the stream changed in between.
const CONFLICT_RETRIES: usize = 10;

/// Make tags of image streams point to an image
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The image or tag, then the tags that shall point to it: [PROJECT/]STREAM:TAG
    #[arg(value_name = "SOURCE DESTINATION", required = true)]
    words: Vec<String>,
    /// What the source is; guessed by its form when not given
    #[arg(long, value_name = "KIND")]
    source: Option<Kind>,
    /// Remove the tags that are named
    #[arg(short, long, conflicts_with_all = ["source", "alias", "scheduled", "reference", "insecure", "reference_policy"])]
    delete: bool,
    /// Follow the source tag from now on, within one stream
    #[arg(long)]
    alias: bool,
    /// Look for a newer image from time to time
    #[arg(long)]
    scheduled: bool,
    /// Only remember the name, import nothing
    #[arg(long)]
    reference: bool,
    /// The registry may be asked over plain HTTP or without a valid certificate
    #[arg(long)]
    insecure: bool,
    /// Pull through the local registry or from the source
    #[arg(long, value_name = "POLICY", default_value = "source")]
    reference_policy: ReferencePolicy,
    /// Of an image for several platforms, take one or all
    #[arg(long, value_name = "MODE", default_value = "Legacy", value_parser = ["Legacy", "PreserveOriginal"])]
    import_mode: String,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug)]
pub enum ReferencePolicy {
    Source,
    Local,
}

impl ReferencePolicy {
    pub fn name(self) -> &'static str {
        match self {
            Self::Source => "Source",
            Self::Local => "Local",
        }
    }
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    if args.delete {
        return delete(&args, session).await;
    }
    let [source, destinations @ ..] = args.words.as_slice() else {
        return Err(Failure::usage("say the source and at least one destination"));
    };
    if destinations.is_empty() {
        return Err(Failure::usage("you must specify a source and at least one destination")
            .hint(format!("for example: {} tag {source} STREAM:TAG", session.program)));
    }
    let namespace = session.namespace().await?;
    let parsed = From::parse(source, args.source)?;
    let destinations = destinations
        .iter()
        .map(|text| Destination::parse(text, namespace))
        .collect::<Result<Vec<_>, _>>()?;
    check(&args, &parsed, &destinations, namespace)?;
    let from = match args.alias {
        true => parsed.clone(),
        false => source::resolve(session, parsed).await?,
    };
    for destination in &destinations {
        set(&args, session, &from, destination).await?;
        session.terminal.line(sentence(&args, &from, destination, namespace))?;
    }
    Ok(())
}

fn check(args: &Args, from: &From, destinations: &[Destination], namespace: &str) -> Result<(), Failure> {
    if args.scheduled && from.kind != Kind::Docker {
        return Err(Failure::refused(
            "--scheduled can only be used with images of a registry (--source=docker)",
        ));
    }
    if args.alias {
        let stream = |name: &str| name.split(':').next().unwrap_or_default().to_string();
        let same = |destination: &Destination| {
            from.kind == Kind::ImageStreamTag
                && stream(&destination.name) == stream(&from.name)
                && destination.namespace == from.namespace.as_deref().unwrap_or(namespace)
        };
        if !destinations.iter().all(same) {
            return Err(Failure::refused("cannot set alias across different Image Streams"));
        }
    }
    Ok(())
}

async fn set(args: &Args, session: &Session<'_>, from: &From, destination: &Destination) -> Result<(), Failure> {
    let resource = Resource::image_stream_tags();
    let path = resource.object(&destination.namespace, &destination.name);
    let body = object(args, from, destination);
    let mut tries = 0;
    loop {
        match session.api().await?.json(Call::put(&path, &body)).await {
            Err(failure) if failure.is_conflict() && tries < CONFLICT_RETRIES => tries += 1,
            answer => return answer.map(|_| ()),
        }
    }
}

fn object(args: &Args, from: &From, destination: &Destination) -> Value {
    let mut import_policy = json!({ "importMode": args.import_mode });
    if args.insecure {
        import_policy["insecure"] = true.into();
    }
    if args.scheduled {
        import_policy["scheduled"] = true.into();
    }
    let policy = args.reference_policy.name();
    let mut tag = json!({
        "name": destination.tag(),
        "annotations": null,
        "from": from.reference(&destination.namespace),
        // Zero asks for an import at once; there is nothing to import for an image that the server has.
        "generation": if from.kind == Kind::Docker { json!(0) } else { Value::Null },
        "importPolicy": import_policy,
        "referencePolicy": {"type": policy},
    });
    if args.reference {
        tag["reference"] = true.into();
    }
    json!({
        "apiVersion": "image.openshift.io/v1",
        "kind": "ImageStreamTag",
        "metadata": {"name": destination.name, "namespace": destination.namespace},
        "tag": tag,
    })
}

fn sentence(args: &Args, from: &From, destination: &Destination, namespace: &str) -> String {
    let (from, to) = (from.shown(namespace), destination.shown(namespace));
    if args.alias {
        format!("Tag {to} set up to track {from}.")
    } else if args.scheduled {
        format!("Tag {to} set to import {from} periodically.")
    } else {
        format!("Tag {to} set to {from}.")
    }
}

async fn delete(args: &Args, session: &Session<'_>) -> Result<(), Failure> {
    for word in &args.words {
        let destination = Destination::parse(word, session.namespace().await?)?;
        let path = Resource::image_stream_tags().object(&destination.namespace, &destination.name);
        let options = json!({"apiVersion": "v1", "kind": "DeleteOptions"});
        session.api().await?.json(Call::delete(&path, &options)).await?;
        session
            .terminal
            .line(format!("Deleted tag {}/{}.", destination.namespace, destination.name))?;
    }
    Ok(())
}
