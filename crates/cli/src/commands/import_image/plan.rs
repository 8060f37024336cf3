//! What to ask the server for, and what its answer says. Pure.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Status;
use serde_json::{Value, json};
use weir_api::image::ImageStreamImport;
use weir_oci::Reference;

use super::{Args, Policy};
use crate::failure::Failure;

/// `STREAM[:TAG]`.
pub fn split(text: &str) -> Result<(&str, Option<&str>), Failure> {
    let (name, tag) = match text.split_once(':') {
        Some((name, tag)) => (name, Some(tag)),
        None => (text, None),
    };
    if name.is_empty() || name.contains('/') || tag.is_some_and(str::is_empty) {
        return Err(
            Failure::usage(format!("`{text}` is no image stream; write STREAM or STREAM:TAG"))
                .hint("the project is chosen with --namespace"),
        );
    }
    Ok((name, tag))
}

/// The ImageStreamImport for the stream, which may not be there yet.
pub fn request(args: &Args, name: &str, tag: Option<&str>, stream: Option<&Value>) -> Result<Value, Failure> {
    if stream.is_none() && !args.confirm {
        return Err(Failure::refused(format!(
            "no image stream named \"{name}\" exists, pass --confirm to create and import"
        )));
    }
    let mut metadata = json!({ "name": name });
    if let Some(version) = stream.and_then(|stream| stream["metadata"]["resourceVersion"].as_str()) {
        metadata["resourceVersion"] = version.into();
    }
    let mut spec = json!({ "import": !args.dry_run });
    if args.all {
        spec["repository"] = with_policies(args, json!({"from": docker(&repository(args, name, stream)?)}));
    } else {
        let images = images(args, name, tag, stream)?;
        spec["images"] = images
            .into_iter()
            .map(|(tag, from)| with_policies(args, json!({"from": docker(&from), "to": {"name": tag}})))
            .collect();
    }
    Ok(json!({"apiVersion": "image.openshift.io/v1", "kind": "ImageStreamImport", "metadata": metadata, "spec": spec}))
}

fn with_policies(args: &Args, mut entry: Value) -> Value {
    let mut import_policy = json!({ "importMode": args.import_mode });
    if args.insecure {
        import_policy["insecure"] = true.into();
    }
    if args.scheduled {
        import_policy["scheduled"] = true.into();
    }
    let policy = match args.reference_policy {
        Policy::Source => "Source",
        Policy::Local => "Local",
    };
    entry["importPolicy"] = import_policy;
    entry["referencePolicy"] = json!({ "type": policy });
    entry
}

fn docker(name: &str) -> Value {
    json!({"kind": "DockerImage", "name": name})
}

fn spec_tags(stream: Option<&Value>) -> impl Iterator<Item = &Value> {
    stream
        .and_then(|stream| stream["spec"]["tags"].as_array())
        .into_iter()
        .flatten()
}

/// The pull spec a spec tag follows.
fn source(tag: &Value) -> Option<&str> {
    (tag["from"]["kind"] == "DockerImage").then(|| tag["from"]["name"].as_str())?
}

fn repository(args: &Args, name: &str, stream: Option<&Value>) -> Result<String, Failure> {
    if let Some(from) = &args.from {
        return Ok(from.clone());
    }
    let kept = stream
        .and_then(|stream| stream["spec"]["dockerImageRepository"].as_str())
        .filter(|kept| !kept.is_empty());
    let of_tags = || {
        spec_tags(stream)
            .find_map(source)
            .and_then(|from| Some(from.parse::<Reference>().ok()?.as_repository().exact()))
    };
    kept.map(str::to_string).or_else(of_tags).ok_or_else(|| {
        Failure::refused(format!("image stream \"{name}\" follows no repository"))
            .hint("name one with --from=REPOSITORY")
    })
}

/// Tags and where each comes from.
fn images(
    args: &Args,
    name: &str,
    tag: Option<&str>,
    stream: Option<&Value>,
) -> Result<Vec<(String, String)>, Failure> {
    if tag.is_none() && args.from.is_none() {
        return followed(name, stream);
    }
    let tag = tag.unwrap_or("latest");
    let existing = spec_tags(stream).find(|known| known["name"] == tag);
    let from = match (&args.from, existing.and_then(source)) {
        (Some(from), Some(kept)) if from != kept => {
            return Err(Failure::refused(format!(
                "the tag \"{tag}\" points to \"{kept}\" - use the 'tag' command if you want to change the source to \"{from}\""
            )));
        }
        (Some(from), _) => from.clone(),
        (None, Some(kept)) => kept.to_string(),
        (None, None) if existing.is_some() => {
            return Err(Failure::refused(format!(
                "the tag \"{tag}\" follows no image of a registry, so there is nothing to import"
            )));
        }
        (None, None) if stream.is_none() => name_and_tag(name, tag),
        (None, None) => return Err(missing_tag(tag)),
    };
    Ok(vec![(tag.into(), from)])
}

/// Without a source a new stream imports the image of its own name.
fn name_and_tag(name: &str, tag: &str) -> String {
    format!("{name}:{tag}")
}

fn followed(name: &str, stream: Option<&Value>) -> Result<Vec<(String, String)>, Failure> {
    if stream.is_none() {
        return Ok(vec![("latest".into(), name_and_tag(name, "latest"))]);
    }
    let latest = spec_tags(stream).find(|known| known["name"] == "latest");
    match latest.and_then(source) {
        Some(from) => Ok(vec![("latest".into(), from.into())]),
        None => Err(missing_tag("latest")),
    }
}

fn missing_tag(tag: &str) -> Failure {
    Failure::refused(format!(
        "the tag \"{tag}\" does not exist on the image stream - choose an existing tag to import or use the 'tag' command to create a new tag"
    ))
}

/// An image the answer carries, under the tag it was stored as.
pub struct Found<'a> {
    pub tag: String,
    pub image: &'a Value,
}

pub fn found(answer: &Value) -> Vec<Found<'_>> {
    let asked = answer["spec"]["images"].as_array().map_or(&[][..], Vec::as_slice);
    let single = answer["status"]["images"].as_array().into_iter().flatten().enumerate();
    let of_repository = answer["status"]["repository"]["images"]
        .as_array()
        .into_iter()
        .flatten();
    let named = single.map(|(at, entry)| {
        let to = asked.get(at).and_then(|asked| asked["to"]["name"].as_str());
        (to.or(entry["tag"].as_str()), entry)
    });
    named
        .chain(of_repository.map(|entry| (entry["tag"].as_str(), entry)))
        .filter(|(_, entry)| entry["image"].is_object())
        .map(|(tag, entry)| Found {
            tag: tag.unwrap_or_default().into(),
            image: &entry["image"],
        })
        .collect()
}

/// One sentence for each thing that could not be imported.
pub fn failures(import: &ImageStreamImport) -> Vec<String> {
    let mut failures = Vec::new();
    let failed = |status: &Status| status.status.as_deref() == Some("Failure");
    let message = |status: &Status| {
        status
            .message
            .clone()
            .unwrap_or_else(|| "the registry gave no reason".into())
    };
    for (at, entry) in import
        .status
        .images
        .iter()
        .enumerate()
        .filter(|(_, entry)| failed(&entry.status))
    {
        let to = import
            .spec
            .images
            .get(at)
            .and_then(|asked| asked.to.as_ref())
            .map(|to| to.name.as_str());
        failures.push(format!(
            "tag {} failed: {}",
            to.unwrap_or(&entry.tag),
            message(&entry.status)
        ));
    }
    if let Some(repository) = &import.status.repository {
        if failed(&repository.status) {
            failures.push(format!("the repository failed: {}", message(&repository.status)));
        }
        for entry in repository.images.iter().filter(|entry| failed(&entry.status)) {
            failures.push(format!("tag {} failed: {}", entry.tag, message(&entry.status)));
        }
    }
    failures
}
