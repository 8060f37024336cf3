//! From a tag to the image it means now: newest event, then reference policy.

mod lookup;

pub use lookup::{LookupError, digest_matches, event_by_digest, images};
use weir_api::image::{ImageStream, NamedTagEventList, TagEvent, TagReference};

use crate::source::{DEFAULT_TAG, some_or};

/// `referencePolicy.type` with which pulls go through the integrated registry.
pub const LOCAL: &str = "Local";
/// `referencePolicy.type` with which pulls go where the image came from; the default.
pub const SOURCE: &str = "Source";

/// The history of `tag`; an empty tag means `latest`.
pub fn tag_history<'a>(stream: &'a ImageStream, tag: &str) -> Option<&'a NamedTagEventList> {
    let tag = some_or(tag, DEFAULT_TAG);
    stream.status.tags.iter().find(|history| history.tag == tag)
}

/// The spec entry of `tag`; an empty tag means `latest`.
pub fn spec_tag<'a>(stream: &'a ImageStream, tag: &str) -> Option<&'a TagReference> {
    let tag = some_or(tag, DEFAULT_TAG);
    stream.spec.tags.iter().find(|reference| reference.name == tag)
}

/// The newest event of `tag`. A pending or failed import changes nothing here: the last good image counts.
pub fn newest_event<'a>(stream: &'a ImageStream, tag: &str) -> Option<&'a TagEvent> {
    tag_history(stream, tag)?.items.first()
}

/// What a client must pull to get the newest image of `tag`, by digest whenever the event has one.
pub fn pull_spec(stream: &ImageStream, tag: &str) -> Option<String> {
    Some(event_pull_spec(stream, tag, newest_event(stream, tag)?))
}

/// The same for one `event` of the tag: the event's own reference, unless the tag's policy is `Local` and the stream has
/// a repository and the event a digest.
pub fn event_pull_spec(stream: &ImageStream, tag: &str, event: &TagEvent) -> String {
    let local = spec_tag(stream, tag).is_some_and(|reference| reference.reference_policy.r#type == LOCAL);
    let repository = &stream.status.docker_image_repository;
    if local && !repository.is_empty() && !event.image.is_empty() {
        return format!("{repository}@{}", event.image);
    }
    event.docker_image_reference.clone()
}
