use jiff::Timestamp;
use serde_json::Value;

use super::Strategy;
use super::lookup::{Builder, Place};
use super::plan::{Output, Plan};
use super::words::{Source, Wish};
use crate::age;
use crate::session::Session;

/// How much of an image's id is shown.
const SHORT_ID_CHARS: usize = 7;

/// What was found and what will be made of it.
pub fn heading(session: &Session<'_>, wish: &Wish, builder: Option<&Builder>, plan: &Plan) -> String {
    let mut text = String::new();
    if let (Some(builder), Some(image)) = (builder, &wish.image) {
        text.push_str(&found(builder, &image.text, session.now()));
        text.push_str(&about(&builder.metadata));
    }
    if let Some(stream) = &plan.input_stream {
        let tag = &stream.object["spec"]["tags"][0]["name"];
        let name = stream.object["metadata"]["name"].as_str().unwrap_or_default();
        let tag = tag.as_str().unwrap_or_default();
        text.push_str(&format!(
            "    * An image stream tag will be created as \"{name}:{tag}\" that will track the source image\n"
        ));
    }
    text.push_str(&format!("    * {} will be created\n", what(wish)));
    match &plan.output {
        Output::StreamTag(tag) => text.push_str(&format!(
            "      * The resulting image will be pushed to image stream tag \"{tag}\"\n"
        )),
        Output::Registry(name) => text.push_str(&format!(
            "      * The resulting image will be pushed with Docker to \"{name}\"\n"
        )),
        Output::Nothing => text.push_str("      * No image will be pushed\n"),
    }
    let program = &session.program;
    text.push_str(&match &plan.followed {
        Some(tag) => format!("      * Every time \"{tag}\" changes a new build will be triggered\n"),
        None if wish.source == Source::Binary => {
            format!(
                "      * A binary build was created, use '{program} start-build --from-dir' to trigger a new build\n"
            )
        }
        None => format!("      * Use '{program} start-build' to trigger a new build\n"),
    });
    text.push('\n');
    text
}

fn found(builder: &Builder, asked: &str, now: Timestamp) -> String {
    let id = builder.metadata["Id"].as_str().unwrap_or_default();
    let id = id.split_once(':').map_or(id, |(_, hex)| hex);
    let short: String = id.chars().take(SHORT_ID_CHARS).collect();
    let created = builder.metadata["Created"].as_str().and_then(|time| time.parse().ok());
    let age = created
        .map(|created| format!(" ({} old)", age::words(created, now)))
        .unwrap_or_default();
    match &builder.place {
        Place::Stream { namespace, name, tag } => {
            format!(
                "--> Found image {short}{age} in image stream \"{namespace}/{name}\" under tag \"{tag}\" for \"{asked}\"\n\n"
            )
        }
        Place::Registry { pull_spec } => {
            let host = pull_spec
                .split('/')
                .next()
                .filter(|host| host.contains(['.', ':']))
                .unwrap_or("docker.io");
            format!("--> Found container image {short}{age} from {host} for \"{asked}\"\n\n")
        }
    }
}

/// What the image's labels say about it.
fn about(metadata: &Value) -> String {
    let labels = &metadata["Config"]["Labels"];
    let label = |key: &str| labels[key].as_str().filter(|text| !text.is_empty());
    let mut text = String::new();
    if let Some(name) = label("io.k8s.display-name") {
        text.push_str(&format!("    {name} \n    {} \n", "-".repeat(name.chars().count())));
    }
    if let Some(description) = label("io.k8s.description") {
        text.push_str(&format!("    {description}\n\n"));
    }
    if let Some(tags) = label("io.openshift.tags") {
        text.push_str(&format!(
            "    Tags: {}\n\n",
            tags.split(',').map(str::trim).collect::<Vec<_>>().join(", ")
        ));
    }
    text
}

fn what(wish: &Wish) -> String {
    let strategy = match wish.strategy {
        Strategy::Source => "source",
        Strategy::Docker => "Docker",
    };
    match &wish.source {
        Source::Git { uri, reference } => {
            let reference = reference.as_ref().map(|name| format!("#{name}")).unwrap_or_default();
            format!("A {strategy} build using source code from {uri}{reference}")
        }
        Source::Binary => format!("A {strategy} build using binary input"),
        Source::Dockerfile(_) => format!("A {strategy} build using a predefined Dockerfile"),
    }
}
