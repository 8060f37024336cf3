//! From the wishes in `spec.tags` to the history of the tags: which wishes are new, which generation they get, and what
//! they copy from other tags.

mod copy;
mod generations;

pub use copy::{CopyCause, CopyError, Copying, copy_tags, follow};
pub use generations::{prepare_create, prepare_update, sort_tags};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use weir_api::image::{ImageStream, TagReference};

use crate::source::{MalformedSource, Pointer, StreamKey, StreamSource, kind, some_or, text};

/// Did the wish change such that it must be fulfilled anew? A tag without `from` wishes nothing.
///
/// Changes that do not count: the kind of `from`, insecure, scheduled, the reference policy, annotations.
pub fn changed(namespace: &str, old: Option<&TagReference>, new: &TagReference) -> bool {
    let Some(from) = new
        .from
        .as_ref()
        .filter(|from| !text(&from.kind).is_empty() || !text(&from.name).is_empty())
    else {
        return false;
    };
    let Some(old) = old else { return true };
    let Some(old_from) = old.from.as_ref() else { return true };
    some_or(text(&old_from.namespace), namespace) != some_or(text(&from.namespace), namespace)
        || text(&old_from.name) != text(&from.name)
        || old.reference != new.reference
        || old.import_policy.import_mode != new.import_policy.import_mode
        || (new.generation == Some(0) && old.generation.is_some_and(|generation| generation != 0))
}

/// The tags of `stream` whose wish is new or changed.
pub fn changed_tags<'a>(
    stream: &'a ImageStream,
    old: Option<&'a ImageStream>,
) -> impl Iterator<Item = &'a TagReference> {
    let namespace = text(&stream.metadata.namespace);
    stream.spec.tags.iter().filter(move |tag| {
        let before = old.and_then(|old| old.spec.tags.iter().find(|before| before.name == tag.name));
        changed(namespace, before, tag)
    })
}

/// Another stream that changed wishes of a stream refer to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherStream {
    pub key: StreamKey,
    /// The spec tags that refer to it.
    pub tags: Vec<String>,
}

/// The streams besides `stream` itself that must be at hand for [`copy_tags`]. Those in another namespace must also be
/// readable for whoever writes the stream.
pub fn other_streams(stream: &ImageStream, old: Option<&ImageStream>) -> Vec<OtherStream> {
    let own = own_key(stream);
    let mut found: Vec<OtherStream> = Vec::new();
    for tag in changed_tags(stream, old) {
        let Some(Ok((key, _))) = stream_source(&own, tag) else {
            continue;
        };
        if key == own {
            continue;
        }
        match found.iter_mut().find(|other| other.key == key) {
            Some(other) => other.tags.push(tag.name.clone()),
            None => found.push(OtherStream {
                key,
                tags: vec![tag.name.clone()],
            }),
        }
    }
    found
}

/// Stream and place in it that a spec tag refers to; `None` when it refers to no stream.
fn stream_source(own: &StreamKey, tag: &TagReference) -> Option<Result<(StreamKey, Pointer), MalformedSource>> {
    let from = tag.from.as_ref()?;
    let kind = text(&from.kind);
    if kind != kind::IMAGE_STREAM_TAG && kind != kind::IMAGE_STREAM_IMAGE {
        return None;
    }
    Some(StreamSource::parse(kind, text(&from.name)).map(|source| {
        let key = StreamKey {
            namespace: some_or(text(&from.namespace), &own.namespace).to_owned(),
            name: source.stream.unwrap_or_else(|| own.name.clone()),
        };
        (key, source.pointer)
    }))
}

fn own_key(stream: &ImageStream) -> StreamKey {
    StreamKey {
        namespace: text(&stream.metadata.namespace).into(),
        name: text(&stream.metadata.name).into(),
    }
}

/// An event that says now what was wished for.
fn event(reference: String, image: String, generation: i64, created: Time) -> weir_api::image::TagEvent {
    weir_api::image::TagEvent {
        created,
        docker_image_reference: reference,
        image,
        generation,
    }
}

#[cfg(test)]
mod tests;
