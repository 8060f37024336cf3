use serde_json::Value;
use weir_apiserver::{Column, Object};

use crate::describe::{self, NAME, column, wide};
use crate::{ages, json};

pub(super) const COLUMNS: &[Column] = &[
    NAME,
    column("Image Reference", "string", "What to pull to get the image."),
    column("Updated", "string", "When the tag moved last."),
    wide("Image Name", "string", "The digest of the image."),
];

pub(super) fn cells(tag: &Object, now: jiff::Timestamp) -> Vec<Value> {
    vec![
        describe::name(tag),
        json::text(tag, "/image/dockerImageReference").into(),
        ages::ago(json::text(tag, "/metadata/creationTimestamp"), now).into(),
        json::text(tag, "/image/metadata/name").into(),
    ]
}
