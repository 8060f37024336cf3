use std::collections::BTreeSet;

use jiff::Timestamp;
use weir_api::image::{ImageStream, NamedTagEventList, TagEvent, TagEventCondition, TagReference};

use super::head;
use crate::age;
use crate::output::sheet::Sheet;

/// A stream with every tag: what it follows, what it pointed to, and what went wrong.
pub fn fill(now: Timestamp, stream: &ImageStream, sheet: &mut Sheet) {
    let object = serde_json::json!({ "metadata": stream.metadata });
    head::fill(now, &object, sheet);
    let status = &stream.status;
    let public = Some(&status.public_docker_image_repository).filter(|name| !name.is_empty());
    sheet.field("Image Repository", public.unwrap_or(&status.docker_image_repository));
    sheet.field("Image Lookup", format!("local={}", stream.spec.lookup_policy.local));
    let images: BTreeSet<&str> = status
        .tags
        .iter()
        .flat_map(|tag| &tag.items)
        .map(|event| event.image.as_str())
        .collect();
    sheet.field("Unique Images", images.len().to_string());
    let names = tag_names(stream);
    sheet.field("Tags", names.len().to_string());
    for name in names {
        sheet.blank();
        let wish = stream.spec.tags.iter().find(|tag| tag.name == name);
        let history = status.tags.iter().find(|tag| tag.tag == name);
        sheet.section(name, |sheet| tag(now, wish, history, sheet));
    }
}

/// `latest` first, then the others by name, newest versions first.
fn tag_names(stream: &ImageStream) -> Vec<&str> {
    let wished = stream.spec.tags.iter().map(|tag| tag.name.as_str());
    let known = stream.status.tags.iter().map(|tag| tag.tag.as_str());
    let names: BTreeSet<&str> = wished.chain(known).collect();
    let (latest, others): (Vec<&str>, Vec<&str>) = names.into_iter().rev().partition(|name| *name == "latest");
    [latest, others].concat()
}

fn tag(now: Timestamp, wish: Option<&TagReference>, history: Option<&NamedTagEventList>, sheet: &mut Sheet) {
    match wish {
        Some(wish) => follows(wish, sheet),
        None => {
            sheet.text("no spec tag");
        }
    }
    let conditions = history.map_or(&[][..], |history| &history.conditions);
    for condition in conditions.iter().filter(|condition| condition.status == "False") {
        let when = condition
            .last_transition_time
            .as_ref()
            .map(|time| age::ago(time.0, now))
            .unwrap_or_default();
        sheet.blank().text(failure(condition)).text(format!("    {when}"));
    }
    let events = history.map_or(&[][..], |history| &history.items);
    if events.is_empty() {
        sheet.blank().text("no image has been pushed or imported yet");
    }
    for (at, event) in events.iter().enumerate() {
        sheet.blank();
        self::event(now, event, at == 0, sheet);
    }
}

/// What went wrong. Until now only imports tell so.
fn failure(condition: &TagEventCondition) -> String {
    match condition.r#type.as_str() {
        "ImportSuccess" => format!("! error: Import failed ({}): {}", condition.reason, condition.message),
        other => format!("! error: {other}: {}", condition.message),
    }
}

fn follows(wish: &TagReference, sheet: &mut Sheet) {
    let from = match &wish.from {
        Some(from) => {
            let name = from.name.clone().unwrap_or_default();
            match &from.namespace {
                Some(namespace) => format!("{namespace}/{name}"),
                None => name,
            }
        }
        None => "<pushed image>".into(),
    };
    let scheduled = wish.import_policy.scheduled;
    let is_external = wish
        .from
        .as_ref()
        .is_some_and(|from| from.kind.as_deref() == Some("DockerImage"));
    sheet.text(match (wish.reference, scheduled, is_external) {
        (true, ..) => format!("reference to {from}"),
        (_, true, _) => format!("updates automatically from registry {from}"),
        (.., true) => format!("tagged from {from}"),
        _ => format!("tagged from {from}"),
    });
    if wish.import_policy.insecure {
        sheet.text("  will use insecure HTTPS or HTTP connections");
    }
    if wish.reference_policy.r#type == "Local" {
        sheet.text("  prefer registry pullthrough when referencing this tag");
    }
    let Some(annotations) = &wish.annotations else { return };
    let note = |key: &str| annotations.get(key).filter(|value| !value.is_empty());
    let notes: Vec<String> = [
        note("description").cloned(),
        note("tags").map(|tags| format!("Tags: {}", tags.replace(',', ", "))),
        note("supports").map(|supports| format!("Supports: {}", supports.replace(',', ", "))),
        note("sampleRepo").map(|repository| format!("Example Repo: {repository}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !notes.is_empty() {
        sheet.blank();
        notes.into_iter().for_each(|note| {
            sheet.text(note);
        });
    }
}

fn event(now: Timestamp, event: &TagEvent, newest: bool, sheet: &mut Sheet) {
    let mark = if newest { "*" } else { " " };
    sheet.text(format!("{mark} {}", event.docker_image_reference));
    sheet.text(format!("    {}", age::ago(event.created.0, now)));
}
