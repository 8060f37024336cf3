//! The one place that writes what happened to a tag.
//!
//! A push, an import, `oc tag` and a copy all end in [`record_tag_event`].

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use weir_api::image::{ImageStream, NamedTagEventList, TagEvent, TagEventCondition};

use crate::resolve::tag_history;

/// The only type of condition a tag can have. It is only ever `False`: success removes it.
pub const IMPORT_SUCCESS: &str = "ImportSuccess";

/// Did the stream change?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Recording {
    Recorded,
    Unchanged,
}

impl Recording {
    pub fn changed(self) -> bool {
        self == Self::Recorded
    }

    fn when(changed: bool) -> Self {
        if changed { Self::Recorded } else { Self::Unchanged }
    }
}

/// Puts `event` into the history of `tag`, and removes the conditions of the tag when anything changes.
///
/// Only the newest event counts. If it means the same image it is brought up to date in place and keeps its time of
/// creation; otherwise the new one goes on top. Going back to an older image is a new event.
///
/// Two choices keep history where upstream would overwrite it: a reference by tag that is found to mean another image,
/// and a pointer to an external image (which has no digest) that is changed to another one, are new events.
pub fn record_tag_event(stream: &mut ImageStream, tag: &str, event: TagEvent) -> Recording {
    let history = history_mut(stream, tag);
    let Some(newest) = history.items.first_mut() else {
        history.items.push(event);
        history.conditions.clear();
        return Recording::Recorded;
    };
    match relation(newest, &event) {
        Relation::Same => return Recording::Unchanged,
        Relation::SameImage => {
            *newest = TagEvent {
                created: newest.created.clone(),
                ..event
            };
        }
        Relation::Other => history.items.insert(0, event),
    }
    history.conditions.clear();
    Recording::Recorded
}

/// Notes that an import of `tag` failed. The images it had stay, so the last good one is still served.
///
/// A failure that is already noted changes nothing, unless the wish was renewed since (`wanted`, the generation of the
/// spec tag): then the note must be as new as the wish, or the tag would look as if its import were still going on.
pub fn record_import_failure(
    stream: &mut ImageStream,
    tag: &str,
    failure: TagEventCondition,
    wanted: Option<i64>,
) -> Recording {
    let history = history_mut(stream, tag);
    let noted = history.conditions.iter().any(|old| {
        let same = (&old.r#type, &old.status, &old.reason, &old.message)
            == (&failure.r#type, &failure.status, &failure.reason, &failure.message);
        same && wanted.is_none_or(|wanted| wanted <= old.generation)
    });
    if !noted {
        history.conditions = vec![failure];
    }
    Recording::when(!noted)
}

/// Removes the conditions of `tag`.
pub fn clear_conditions(stream: &mut ImageStream, tag: &str) -> Recording {
    let history = stream.status.tags.iter_mut().find(|history| history.tag == tag);
    Recording::when(history.is_some_and(|history| !std::mem::take(&mut history.conditions).is_empty()))
}

/// Removes the wish and the history of `tag`.
pub fn forget_tag(stream: &mut ImageStream, tag: &str) -> Recording {
    let before = (stream.spec.tags.len(), stream.status.tags.len());
    stream.spec.tags.retain(|reference| reference.name != tag);
    stream.status.tags.retain(|history| history.tag != tag);
    Recording::when(before != (stream.spec.tags.len(), stream.status.tags.len()))
}

/// Drops tags about which nothing is known, neither an image nor a failure.
pub fn drop_empty_tags(stream: &mut ImageStream) {
    stream
        .status
        .tags
        .retain(|history| !history.items.is_empty() || !history.conditions.is_empty());
}

/// The condition of a tag whose import failed.
pub fn import_failure(reason: &str, message: &str, generation: i64, now: &Time) -> TagEventCondition {
    TagEventCondition {
        r#type: IMPORT_SUCCESS.into(),
        status: "False".into(),
        last_transition_time: Some(now.clone()),
        reason: reason.into(),
        message: message.into(),
        generation,
    }
}

/// The generation of the wish that the status of `tag` answers; 0 when it answers none.
pub fn observed_generation(stream: &ImageStream, tag: &str) -> i64 {
    let Some(history) = tag_history(stream, tag) else {
        return 0;
    };
    let imported = history.items.first().map(|event| event.generation);
    let failed = history
        .conditions
        .iter()
        .filter(|condition| condition.r#type == IMPORT_SUCCESS);
    imported
        .into_iter()
        .chain(failed.map(|condition| condition.generation))
        .max()
        .unwrap_or(0)
}

enum Relation {
    Same,
    SameImage,
    Other,
}

fn relation(old: &TagEvent, new: &TagEvent) -> Relation {
    let same_reference = old.docker_image_reference == new.docker_image_reference;
    let same_image = old.image == new.image;
    match (same_reference, same_image) {
        (true, true) if old.generation == new.generation => Relation::Same,
        (true, true) => Relation::SameImage,
        (true, false) if old.image.is_empty() => Relation::SameImage,
        (false, true) if !new.image.is_empty() => Relation::SameImage,
        _ => Relation::Other,
    }
}

/// The history of `tag`, made in its place when missing: lists of tags are sorted by name.
fn history_mut<'a>(stream: &'a mut ImageStream, tag: &str) -> &'a mut NamedTagEventList {
    let tags = &mut stream.status.tags;
    let index = match tags.iter().position(|history| history.tag == tag) {
        Some(index) => index,
        None => {
            let index = tags.partition_point(|history| history.tag.as_str() < tag);
            tags.insert(
                index,
                NamedTagEventList {
                    tag: tag.into(),
                    ..Default::default()
                },
            );
            index
        }
    };
    &mut tags[index]
}

#[cfg(test)]
mod tests;
