use serde_json::{Value, json};

use crate::commands::tag::ReferencePolicy;
use crate::failure::Failure;
use crate::resource::Resource;
use crate::session::Session;
use crate::writing::WriteOptions;

/// Create a tag of an image stream
///
/// For example: create istag web:1.27 --from-image=docker.io/library/nginx:1.27
#[derive(clap::Args, Debug)]
pub struct Args {
    /// STREAM:TAG
    name: String,
    /// The tag of an image stream to follow: [PROJECT/]STREAM:TAG, or STREAM@DIGEST for one image
    #[arg(long, value_name = "STREAM:TAG")]
    from: Option<String>,
    /// The image in a registry that the tag points to
    #[arg(long, value_name = "IMAGE", conflicts_with = "from")]
    from_image: Option<String>,
    /// Only point to it; nothing is imported
    #[arg(long)]
    reference: bool,
    /// Look again for a newer image, regularly
    #[arg(long)]
    scheduled: bool,
    /// Talk to a registry without TLS, or with a certificate nobody vouches for
    #[arg(long)]
    insecure: bool,
    /// Where pods pull from: the image's own registry, or ours, which hands it through
    #[arg(long, value_name = "POLICY")]
    reference_policy: Option<ReferencePolicy>,
    /// An annotation of the tag
    #[arg(short = 'A', long = "annotation", value_name = "KEY=VALUE", value_parser = super::data::parse_pair)]
    annotations: Vec<(String, String)>,
    #[command(flatten)]
    writing: WriteOptions,
}

pub async fn run(args: &Args, session: &Session<'_>) -> Result<(), Failure> {
    let resource = Resource::image_stream_tags();
    let namespace = session.namespace().await?;
    let created = args.writing.create(session, &resource, namespace, object(args)).await?;
    args.writing.report(session, &resource, created, "created")
}

fn object(args: &Args) -> Value {
    let mut tag = json!({
        "name": "",
        "from": from(args),
        "importPolicy": {},
        "referencePolicy": {"type": args.reference_policy.map_or("", ReferencePolicy::name)},
    });
    for (set, place, field) in [
        (args.reference, "", "reference"),
        (args.scheduled, "importPolicy", "scheduled"),
        (args.insecure, "importPolicy", "insecure"),
    ] {
        if set {
            let fields = if place.is_empty() { &mut tag } else { &mut tag[place] };
            fields[field] = true.into();
        }
    }
    let mut object = json!({
        "apiVersion": "image.openshift.io/v1",
        "kind": "ImageStreamTag",
        "metadata": {"name": args.name},
    });
    if !args.annotations.is_empty() {
        let annotations: Value = args.annotations.iter().cloned().collect();
        tag["annotations"] = annotations.clone();
        object["metadata"]["annotations"] = annotations;
    }
    object["tag"] = tag;
    object
}

fn from(args: &Args) -> Value {
    match (&args.from, &args.from_image) {
        (Some(stream), _) => {
            let kind = if stream.contains('@') {
                "ImageStreamImage"
            } else {
                "ImageStreamTag"
            };
            match stream.split_once('/') {
                Some((namespace, name)) => json!({"kind": kind, "namespace": namespace, "name": name}),
                None => json!({"kind": kind, "name": stream}),
            }
        }
        (None, Some(image)) => json!({"kind": "DockerImage", "name": image}),
        (None, None) => Value::Null,
    }
}
