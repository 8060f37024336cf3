use std::collections::BTreeSet;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use weir_api::image::{ImageStream, TagEvent, TagReference};
use weir_oci::Reference;

use super::{changed_tags, event, own_key, stream_source};
use crate::history::{Recording, record_tag_event};
use crate::resolve::{LookupError, event_by_digest, newest_event};
use crate::source::{MalformedSource, Pointer, StreamKey, kind, text};

/// What [`copy_tags`] has to know besides the stream.
pub struct Copying<'a> {
    pub now: &'a Time,
    /// Host of the integrated registry, as references name it.
    pub registry_host: &'a str,
    /// The other streams, by [`super::other_streams`]; `None` when there is none of that name.
    pub sources: &'a dyn Fn(&StreamKey) -> Option<ImageStream>,
}

/// Why the wish of one tag cannot be fulfilled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyError {
    pub tag: String,
    pub cause: CopyCause,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CopyCause {
    #[error(transparent)]
    Malformed(#[from] MalformedSource),
    #[error("image stream {:?} does not exist in namespace {:?}", .0.name, .0.namespace)]
    NoStream(StreamKey),
    #[error("error generating tag event: {0}")]
    Lookup(#[from] LookupError),
}

/// Fulfils the wishes that are new or changed since `old`, then passes every tag that moved on to the tags of the same
/// stream that follow it.
///
/// Wishes for images elsewhere wait for an import. A source tag without images is no error: the tag just stays empty. A
/// tag of another stream is copied once; later moves of it are not followed.
///
/// # Errors
/// All wishes that can never be fulfilled as they stand. The stream may be changed even so and must then be thrown away.
pub fn copy_tags(stream: &mut ImageStream, old: Option<&ImageStream>, cx: &Copying) -> Result<(), Vec<CopyError>> {
    let generation = stream.metadata.generation.unwrap_or(0);
    let wishes: Vec<TagReference> = changed_tags(stream, old).cloned().collect();
    let mut errors = Vec::new();
    for wish in wishes {
        match wished_event(stream, &wish, generation, cx) {
            Ok(None) => {}
            Ok(Some(event)) => {
                set_generation(stream, &wish.name, generation);
                let _: Recording = record_tag_event(stream, &wish.name, event);
            }
            Err(cause) => errors.push(CopyError { tag: wish.name, cause }),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let moved = stream.status.tags.iter().filter(|history| {
        let before = old.and_then(|old| newest_event(old, &history.tag));
        history.items.first().is_some_and(|newest| Some(newest) != before)
    });
    let moved: Vec<String> = moved.map(|history| history.tag.clone()).collect();
    follow(stream, moved);
    Ok(())
}

/// Gives the newest event of each of the `moved` tags to the tags of the stream that follow it, and so on along chains.
///
/// Every tag passes its event on at most once, so tags that follow each other in a circle come to rest.
pub fn follow(stream: &mut ImageStream, moved: Vec<String>) {
    let own = own_key(stream);
    let mut done = BTreeSet::new();
    let mut pending = moved;
    while let Some(tag) = pending.pop() {
        if !done.insert(tag.clone()) {
            continue;
        }
        let Some(newest) = newest_event(stream, &tag).cloned() else {
            continue;
        };
        let followers: Vec<String> = stream
            .spec
            .tags
            .iter()
            .filter(|other| follows(&own, other, &tag))
            .map(|other| other.name.clone())
            .collect();
        for follower in followers {
            if !done.contains(&follower) && record_tag_event(stream, &follower, newest.clone()).changed() {
                pending.push(follower);
            }
        }
    }
}

fn follows(own: &StreamKey, follower: &TagReference, tag: &str) -> bool {
    let is_tag = follower
        .from
        .as_ref()
        .is_some_and(|from| from.kind.as_deref() == Some(kind::IMAGE_STREAM_TAG));
    let Some(Ok((key, Pointer::Tag(followed)))) = stream_source(own, follower) else {
        return false;
    };
    is_tag && key == *own && followed == tag && follower.name != tag
}

/// The event that fulfils `wish`, if one can be had now.
fn wished_event(
    stream: &ImageStream,
    wish: &TagReference,
    generation: i64,
    cx: &Copying,
) -> Result<Option<TagEvent>, CopyCause> {
    let own = own_key(stream);
    let Some(from) = wish.from.as_ref() else {
        return Ok(None);
    };
    let Some(source) = stream_source(&own, wish) else {
        let pointer = wish.reference && from.kind.as_deref() == Some(kind::DOCKER_IMAGE);
        let reference = text(&from.name).to_owned();
        return Ok(pointer.then(|| event(reference, String::new(), generation, cx.now.clone())));
    };
    let (key, pointer) = source?;
    let other = if key == own {
        None
    } else {
        Some((cx.sources)(&key).ok_or_else(|| CopyCause::NoStream(key.clone()))?)
    };
    let found = match pointer {
        Pointer::Tag(tag) => match newest_event(other.as_ref().unwrap_or(stream), &tag) {
            Some(newest) => newest.clone(),
            None => return Ok(None),
        },
        Pointer::Image(id) => {
            let found = event_by_digest(other.as_ref().unwrap_or(stream), &id)?;
            TagEvent {
                created: cx.now.clone(),
                ..found.clone()
            }
        }
    };
    let reference = own_reference(&found, wish, &key, &own, cx.registry_host);
    Ok(Some(TagEvent {
        generation,
        docker_image_reference: reference,
        ..found
    }))
}

/// The reference to record for a copied event: an image in the integrated registry is served from the stream that it was
/// copied into, unless the wish is for a mere pointer. References to other registries stay as they are.
fn own_reference(found: &TagEvent, wish: &TagReference, source: &StreamKey, own: &StreamKey, host: &str) -> String {
    let written = found.docker_image_reference.clone();
    let Ok(reference) = written.parse::<Reference>() else {
        return written;
    };
    let in_source = !host.is_empty()
        && reference.registry() == host
        && reference.namespace() == source.namespace
        && reference.name() == source.name;
    if wish.reference || !in_source {
        return written;
    }
    reference.with_repository(&own.namespace, &own.name).exact()
}

fn set_generation(stream: &mut ImageStream, tag: &str, generation: i64) {
    if let Some(wish) = stream.spec.tags.iter_mut().find(|wish| wish.name == tag) {
        wish.generation = Some(generation);
    }
}
