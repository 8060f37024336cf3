use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use weir_api::image::{ImageStream, TagEvent, TagImportPolicy, TagReference, TagReferencePolicy};
use weir_api::names::annotation::IMAGE_REPOSITORY_CHECK;
use weir_oci::{Digest, Reference};

use crate::history::{Recording, clear_conditions, import_failure, record_import_failure, record_tag_event};
use crate::resolve::newest_event;
use crate::source::kind;

/// What the import of one tag led to.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportedTag {
    /// Name of the tag in the stream.
    pub tag: String,
    /// What was asked for, as it was written: it becomes the `from` of the spec tag.
    pub from: String,
    pub import_policy: TagImportPolicy,
    pub reference_policy: TagReferencePolicy,
    pub origin: Origin,
    pub result: Imported,
}

/// How the tag came to be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was asked for by name: a failure leaves the wish in the spec, to be tried again.
    Named,
    /// It was found in a repository that is imported as a whole.
    Repository,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Imported {
    /// The repository the image was found in, and its digest there.
    Found { repository: Reference, digest: Digest },
    /// Reason and message of the Status that tells the failure.
    Failed { reason: String, message: String },
}

/// Enters what an import found into `stream`, as if the stream were of its next generation, which the write that follows
/// will give it.
///
/// Nothing changes when nothing new was found; otherwise the annotation that tells the time of the last import is set.
pub fn plan(stream: &mut ImageStream, results: &[ImportedTag], now: &Time) -> Recording {
    let before = stream.clone();
    let generation = stream.metadata.generation.unwrap_or(0) + 1;
    for imported in results {
        match &imported.result {
            Imported::Found { repository, digest } => {
                let event = TagEvent {
                    created: now.clone(),
                    docker_image_reference: repository.with_digest(digest.clone()).exact(),
                    image: digest.to_string(),
                    generation,
                };
                record_success(stream, imported, event);
            }
            Imported::Failed { reason, message } => record_failure(stream, imported, reason, message, generation, now),
        }
    }
    let annotations = stream.metadata.annotations.get_or_insert_default();
    let first = annotations.get(IMAGE_REPOSITORY_CHECK).is_none_or(String::is_empty);
    stamp(stream, &before, first, now)
}

fn stamp(stream: &mut ImageStream, before: &ImageStream, first: bool, now: &Time) -> Recording {
    let same = stream.spec == before.spec && stream.status == before.status;
    if same && !first {
        return Recording::Unchanged;
    }
    let time = now.0.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    stream
        .metadata
        .annotations
        .get_or_insert_default()
        .insert(IMAGE_REPOSITORY_CHECK.into(), time);
    Recording::Recorded
}

fn record_success(stream: &mut ImageStream, imported: &ImportedTag, event: TagEvent) {
    if is_news(stream, imported, &event) {
        let wish = wish_mut(stream, &imported.tag);
        wish.from = Some(external(&imported.from));
        wish.reference = false;
        wish.generation = Some(0);
        if wish.reference_policy.r#type.is_empty() {
            wish.reference_policy = imported.reference_policy.clone();
        }
        let _: Recording = record_tag_event(stream, &imported.tag, event);
    }
    wish_mut(stream, &imported.tag).import_policy = imported.import_policy.clone();
    let _: Recording = clear_conditions(stream, &imported.tag);
}

/// A new mode of import counts as news although upstream leaves it to a second import: the wish becomes newer than the
/// event by it, and would look unfulfilled.
fn is_news(stream: &ImageStream, imported: &ImportedTag, event: &TagEvent) -> bool {
    let Some(newest) = newest_event(stream, &imported.tag) else {
        return true;
    };
    let Some(wish) = stream.spec.tags.iter().find(|wish| wish.name == imported.tag) else {
        return true;
    };
    wish.generation.is_none_or(|wanted| wanted > newest.generation)
        || newest.docker_image_reference != event.docker_image_reference
        || newest.image != event.image
        || wish.import_policy.import_mode != imported.import_policy.import_mode
}

fn record_failure(
    stream: &mut ImageStream,
    imported: &ImportedTag,
    reason: &str,
    message: &str,
    generation: i64,
    now: &Time,
) {
    let wanted = stream
        .spec
        .tags
        .iter()
        .find(|wish| wish.name == imported.tag)
        .map(|wish| wish.generation);
    let message = if message.is_empty() {
        "unknown error prevented import"
    } else {
        message
    };
    let failure = import_failure(reason, message, generation, now);
    let noted = record_import_failure(stream, &imported.tag, failure, wanted.flatten());
    match wanted {
        Some(_) if noted.changed() => wish_mut(stream, &imported.tag).generation = Some(0),
        None if imported.origin == Origin::Named => {
            let wish = wish_mut(stream, &imported.tag);
            wish.from = Some(external(&imported.from));
            wish.import_policy = imported.import_policy.clone();
            wish.reference_policy = imported.reference_policy.clone();
        }
        _ => {}
    }
}

/// The spec entry of `tag`, made in its place when missing.
fn wish_mut<'a>(stream: &'a mut ImageStream, tag: &str) -> &'a mut TagReference {
    let tags = &mut stream.spec.tags;
    let index = match tags.iter().position(|wish| wish.name == tag) {
        Some(index) => index,
        None => {
            let index = tags.partition_point(|wish| wish.name.as_str() < tag);
            tags.insert(
                index,
                TagReference {
                    name: tag.into(),
                    ..Default::default()
                },
            );
            index
        }
    };
    &mut tags[index]
}

fn external(name: &str) -> ObjectReference {
    ObjectReference {
        kind: Some(kind::DOCKER_IMAGE.into()),
        name: Some(name.into()),
        ..Default::default()
    }
}
