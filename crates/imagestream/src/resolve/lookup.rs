use weir_api::image::{ImageStream, TagEvent};

/// Why a short digest names no single image of a stream.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LookupError {
    #[error("no image in the stream has a digest that starts with {0:?}")]
    NotFound(String),
    #[error("multiple images match the prefix {prefix:?}: {}", .images.join(", "))]
    Ambiguous { prefix: String, images: Vec<String> },
}

/// Does `id` name `digest`? It may be the start of the whole digest or of its hexadecimal part.
pub fn digest_matches(digest: &str, id: &str) -> bool {
    let hex = digest.split_once(':').map(|(_, hex)| hex);
    !id.is_empty() && (digest.starts_with(id) || hex.is_some_and(|hex| hex.starts_with(id)))
}

/// The newest event of any tag whose image `id` names.
///
/// # Errors
/// Nothing matches, or the events that match are of several images.
pub fn event_by_digest<'a>(stream: &'a ImageStream, id: &str) -> Result<&'a TagEvent, LookupError> {
    let events = stream.status.tags.iter().flat_map(|history| &history.items);
    let mut matching: Vec<&TagEvent> = events.filter(|event| digest_matches(&event.image, id)).collect();
    let mut images: Vec<&str> = matching.iter().map(|event| event.image.as_str()).collect();
    images.sort_unstable();
    images.dedup();
    if images.len() > 1 {
        let images = images.into_iter().map(str::to_owned).collect();
        return Err(LookupError::Ambiguous {
            prefix: id.into(),
            images,
        });
    }
    matching.sort_by(|a, b| b.created.cmp(&a.created));
    matching
        .first()
        .copied()
        .ok_or_else(|| LookupError::NotFound(id.into()))
}

/// Every image in the history of the stream, each once.
pub fn images(stream: &ImageStream) -> Vec<&str> {
    let events = stream.status.tags.iter().flat_map(|history| &history.items);
    let mut images: Vec<&str> = events
        .map(|event| event.image.as_str())
        .filter(|image| !image.is_empty())
        .collect();
    images.sort_unstable();
    images.dedup();
    images
}
