//! Streams that a build names, turned into what its pod needs: repositories and digests.

use k8s_openapi::api::core::v1::ObjectReference;
use weir_api::build::{Build, CommonSpec};
use weir_api::image::ImageStream;
use weir_imagestream::resolve::{event_by_digest, pull_spec};
use weir_imagestream::source::{StreamKey, StreamTag, kind};

use super::change::Cause;

/// A reference that cannot be resolved now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unresolved {
    pub cause: Cause,
    /// Told as an event where more than the stream is missing.
    pub warning: Option<(&'static str, String)>,
}

/// What the build is to push to; `None` where it has no output.
pub fn output<L, S>(build: &Build, lookup: L) -> Result<Option<String>, Unresolved>
where
    L: Fn(&StreamKey) -> Option<S>,
    S: std::borrow::Borrow<ImageStream>,
{
    let Some(to) = build.spec.common.output.to.as_ref() else {
        return Ok(None);
    };
    let name = to.name.clone().unwrap_or_default();
    match to.kind.as_deref() {
        Some(kind::DOCKER_IMAGE) => return Ok(Some(name)),
        _ if name.is_empty() => return Ok(None),
        _ => {}
    }
    let unresolved = || Unresolved {
        cause: Cause::new("InvalidOutputReference", "Output image could not be resolved."),
        warning: None,
    };
    let tag = StreamTag::of(to, namespace(build)).ok_or_else(unresolved)?;
    let stream = lookup(&tag.stream).ok_or_else(unresolved)?;
    let repository = &stream.borrow().status.docker_image_repository;
    if repository.is_empty() {
        let text = "Error starting build: an image stream cannot be used as build output because the integrated \
                    container image registry is not configured";
        return Err(Unresolved {
            warning: Some(("InvalidOutput", text.into())),
            ..unresolved()
        });
    }
    Ok(Some(format!("{repository}:{}", tag.tag)))
}

/// Replaces every stream reference among the inputs of `spec` by a pull spec. Only a build posted by hand has any: the
/// API resolves those of a BuildConfig when it makes the build.
pub fn resolve_inputs<L, S>(spec: &mut CommonSpec, namespace: &str, lookup: L) -> Result<(), Unresolved>
where
    L: Fn(&StreamKey) -> Option<S>,
    S: std::borrow::Borrow<ImageStream>,
{
    for from in inputs_mut(spec) {
        if from.kind.as_deref() == Some(kind::DOCKER_IMAGE) {
            continue;
        }
        let pull_spec = input(from, namespace, &lookup).ok_or_else(|| Unresolved {
            cause: Cause::new("InvalidImageReference", "Referenced image could not be resolved."),
            warning: None,
        })?;
        let resolved = ObjectReference {
            kind: Some(kind::DOCKER_IMAGE.into()),
            name: Some(pull_spec),
            ..ObjectReference::default()
        };
        *from = resolved;
    }
    Ok(())
}

/// The streams that the build names anywhere.
pub fn streams(build: &Build) -> Vec<StreamKey> {
    let mut spec = build.spec.common.clone();
    let output = spec.output.to.take();
    let inputs = inputs_mut(&mut spec).map(|from| from.clone()).collect::<Vec<_>>();
    let named = output.iter().chain(&inputs);
    named
        .filter_map(|reference| stream_of(reference, namespace(build)))
        .collect()
}

fn input<L, S>(from: &ObjectReference, namespace: &str, lookup: &L) -> Option<String>
where
    L: Fn(&StreamKey) -> Option<S>,
    S: std::borrow::Borrow<ImageStream>,
{
    if let Some(tag) = StreamTag::of(from, namespace) {
        return pull_spec(lookup(&tag.stream)?.borrow(), &tag.tag);
    }
    let key = stream_of(from, namespace)?;
    let (_, id) = from.name.as_deref()?.split_once('@')?;
    let stream = lookup(&key)?;
    Some(
        event_by_digest(stream.borrow(), id)
            .ok()?
            .docker_image_reference
            .clone(),
    )
}

fn stream_of(reference: &ObjectReference, namespace: &str) -> Option<StreamKey> {
    if let Some(tag) = StreamTag::of(reference, namespace) {
        return Some(tag.stream);
    }
    if reference.kind.as_deref() != Some(kind::IMAGE_STREAM_IMAGE) {
        return None;
    }
    let (name, _) = reference.name.as_deref()?.split_once('@')?;
    let namespace = reference
        .namespace
        .as_deref()
        .filter(|own| !own.is_empty())
        .unwrap_or(namespace);
    Some(StreamKey {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    })
}

fn inputs_mut(spec: &mut CommonSpec) -> impl Iterator<Item = &mut ObjectReference> {
    let docker = spec
        .strategy
        .docker_strategy
        .as_mut()
        .and_then(|docker| docker.from.as_mut());
    let source = spec.strategy.source_strategy.as_mut().map(|source| &mut source.from);
    let images = spec.source.images.iter_mut().map(|image| &mut image.from);
    docker.into_iter().chain(source).chain(images)
}

fn namespace(build: &Build) -> &str {
    build.metadata.namespace.as_deref().unwrap_or_default()
}
