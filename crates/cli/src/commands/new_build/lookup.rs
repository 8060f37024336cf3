//! Finds the image that was asked for: in the streams of the project, in the shared streams, or in a registry.

use serde_json::{Value, json};
use weir_api::names::SHARED_NAMESPACE;
use weir_oci::Reference;

use super::words::{Image, ImageKind, Wish};
use crate::api::Call;
use crate::failure::Failure;
use crate::resource::Resource;
use crate::selection::Selection;
use crate::session::Session;

/// The image to build with, as it was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Builder {
    pub place: Place,
    /// `DockerImage` metadata of the image; null when nothing is known.
    pub metadata: Value,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Stream {
        namespace: String,
        name: String,
        tag: String,
    },
    Registry {
        pull_spec: String,
    },
}

pub async fn builder(session: &Session<'_>, wish: &Wish) -> Result<Option<Builder>, Failure> {
    let Some(image) = &wish.image else { return Ok(None) };
    let reference: Reference = image
        .text
        .parse()
        .map_err(|error| Failure::usage(format!("\"{}\" is no image: {error}", image.text)))?;
    if image.kind != Some(ImageKind::Registry)
        && reference.registry().is_empty()
        && let Some(found) = in_streams(session, image, &reference).await?
    {
        return Ok(Some(found));
    }
    let found = match image.kind {
        Some(ImageKind::Stream) => None,
        _ => in_registry(session, &image.text).await?,
    };
    match found {
        None if image.required => Err(nowhere(session, image)),
        found => Ok(found),
    }
}

async fn in_streams(session: &Session<'_>, image: &Image, reference: &Reference) -> Result<Option<Builder>, Failure> {
    let current = session.namespace().await?;
    let namespaces = match reference.namespace() {
        "" => vec![current, SHARED_NAMESPACE],
        named => vec![named],
    };
    for namespace in namespaces {
        let streams = Selection::in_namespace(namespace)
            .list_if_served(session.api().await?, &Resource::image_streams())
            .await?;
        let Some(stream) = streams
            .iter()
            .find(|stream| stream["metadata"]["name"] == reference.name())
        else {
            continue;
        };
        match tag_of(stream, reference) {
            Some(tag) => return of_stream(session, namespace, stream, tag).await.map(Some),
            None if image.required && reference.tag().is_none() => return Err(without_tag(namespace, stream)),
            None => {}
        }
    }
    Ok(None)
}

/// The tag that is meant: the one named, or `latest`, or what `latest` follows.
fn tag_of(stream: &Value, reference: &Reference) -> Option<String> {
    let asked = reference.tag().map_or("latest".to_string(), ToString::to_string);
    let wishes = stream["spec"]["tags"].as_array().map_or(&[][..], Vec::as_slice);
    let followed = wishes
        .iter()
        .find(|wish| wish["name"] == asked.as_str() && wish["from"]["kind"] == "ImageStreamTag")
        .and_then(|wish| wish["from"]["name"].as_str())
        .map(|name| name.rsplit(':').next().unwrap_or(name).to_string());
    let has_image = |tag: &String| newest(stream, tag).is_some();
    followed
        .filter(|tag| reference.tag().is_none() && has_image(tag))
        .or_else(|| Some(asked).filter(has_image))
}

fn newest<'a>(stream: &'a Value, tag: &str) -> Option<&'a Value> {
    let tags = stream["status"]["tags"].as_array()?;
    tags.iter().find(|history| history["tag"] == tag)?["items"]
        .as_array()?
        .first()
}

async fn of_stream(session: &Session<'_>, namespace: &str, stream: &Value, tag: String) -> Result<Builder, Failure> {
    let name = stream["metadata"]["name"].as_str().unwrap_or_default();
    let digest = newest(stream, &tag)
        .and_then(|event| event["image"].as_str())
        .filter(|digest| !digest.is_empty());
    let image = match digest {
        Some(digest) => {
            let path = Resource::image_stream_images().object(namespace, &format!("{name}@{digest}"));
            session.api().await?.find(&path).await?.unwrap_or_default()
        }
        None => Value::Null,
    };
    Ok(Builder {
        place: Place::Stream {
            namespace: namespace.into(),
            name: name.into(),
            tag,
        },
        metadata: image["image"]["dockerImageMetadata"].clone(),
    })
}

/// Lets the server look into the registry; nothing is stored.
async fn in_registry(session: &Session<'_>, pull_spec: &str) -> Result<Option<Builder>, Failure> {
    session.progress(format!(
        "no stream has it; the server looks for {pull_spec} in a registry"
    ));
    let request = json!({
        "apiVersion": "image.openshift.io/v1", "kind": "ImageStreamImport", "metadata": {"name": "newapp"},
        "spec": {"import": false, "images": [{"from": {"kind": "DockerImage", "name": pull_spec}}]},
    });
    let path = Resource::image_stream_imports().collection(Some(session.namespace().await?));
    let answer = match session.api().await?.json(Call::post(&path, &request)).await {
        Err(failure) if failure.status().is_some() => return Ok(None),
        answer => answer?,
    };
    let entry = &answer["status"]["images"][0];
    if entry["status"]["status"] != "Success" {
        return Ok(None);
    }
    Ok(Some(Builder {
        place: Place::Registry {
            pull_spec: pull_spec.into(),
        },
        metadata: entry["image"]["dockerImageMetadata"].clone(),
    }))
}

fn without_tag(namespace: &str, stream: &Value) -> Failure {
    let name = stream["metadata"]["name"].as_str().unwrap_or_default();
    let known = stream["status"]["tags"].as_array().into_iter().flatten();
    let known: Vec<&str> = known.filter_map(|history| history["tag"].as_str()).collect();
    let failure = Failure::refused(format!(
        "no tags found on matching image stream: \"{namespace}/{name}\""
    ));
    match known.is_empty() {
        true => failure.hint("the image stream exists, but no image has been pushed or imported yet"),
        false => failure.hint(format!("it has no tag latest; name one of: {}", known.join(", "))),
    }
}

fn nowhere(session: &Session<'_>, image: &Image) -> Failure {
    let stream = image.text.split(':').next().unwrap_or_default();
    Failure::refused(format!("unable to locate any images in image streams or registries with name \"{}\"", image.text))
        .hint(format!("image streams of the current project and of '{SHARED_NAMESPACE}' were searched, then the registry that the name stands for"))
        .hint(format!("`{program} import-builder {stream}` provides a builder image; `{program} get is -n {SHARED_NAMESPACE}` lists those there are", program = session.program))
}
