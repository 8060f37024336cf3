use weir_api::image::{ImageStream, TagEvent};
use weir_apiserver::{ApiError, Object};
use weir_imagestream::resolve::{newest_event, spec_tag};

use crate::image::stream_write;
use crate::{decode, json};

/// A PUT of `/status` takes nothing but the status. Events whose generation is 0 get one: that of the wish they fulfil,
/// or the stream's when they fulfil none.
pub(super) fn prepare(object: &mut Object, old: &Object) -> Result<(), ApiError> {
    let new: ImageStream = decode::typed(object)?;
    let before: ImageStream = decode::stored(old)?;
    let mut stream = ImageStream {
        status: new.status,
        ..before.clone()
    };
    let generation = stream.metadata.generation.unwrap_or(0);
    for history in &mut stream.status.tags {
        let Some(newest) = history.items.first_mut().filter(|newest| newest.generation == 0) else {
            continue;
        };
        let known = newest_event(&before, &history.tag).is_some_and(|known| same_image(known, newest));
        let wished = spec_tag(&before, &history.tag)
            .and_then(|wish| wish.generation)
            .filter(|_| !known);
        newest.generation = wished.unwrap_or(generation);
    }
    let version = json::text(object, "/metadata/resourceVersion").to_owned();
    *object = old.clone();
    json::put(object, &["metadata", "resourceVersion"], version);
    stream_write::put(object, &stream)
}

fn same_image(a: &TagEvent, b: &TagEvent) -> bool {
    a.image == b.image && a.docker_image_reference == b.docker_image_reference
}
