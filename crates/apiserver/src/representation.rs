//! The shapes in which objects are answered: as they are, as rows of a table, or only their metadata.

mod accept;
mod table;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::Object;
use crate::cache::{Entry, Unreadable};
use crate::catalog::Served;

pub(crate) use accept::{DiscoveryFormat, discovery_format};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Representation {
    Full,
    Table(Include),
    /// `PartialObjectMetadata` and its list.
    Metadata,
}

/// What the rows of a table carry besides their cells (`includeObject`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Include {
    None,
    Metadata,
    Object,
}

/// An object on its way out: from the cache, or computed by a handler.
#[derive(Clone, Copy)]
pub(crate) enum Item<'a> {
    Entry(&'a Entry),
    Object(&'a Object),
}

/// `metadata` of a list.
#[derive(Clone, Debug, Default)]
pub(crate) struct ListMeta {
    pub revision: u64,
    pub next: Option<String>,
    pub remaining: Option<usize>,
}

impl Representation {
    /// What stands before the first item of a list.
    pub fn list_head(self, served: &Served, meta: &ListMeta) -> String {
        let meta = meta.to_value();
        match self {
            Self::Full => {
                let kind = served.kind();
                let (api_version, list) = (kind.api_version(), format!("{}List", kind.kind));
                format!(
                    "{{\"kind\":{},\"apiVersion\":{},\"metadata\":{meta},\"items\":[",
                    json!(list),
                    json!(api_version)
                )
            }
            Self::Metadata => format!(
                "{{\"kind\":\"PartialObjectMetadataList\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":{meta},\"items\":["
            ),
            Self::Table(_) => table::head(&meta, &table::columns(&served.resource)),
        }
    }

    /// What stands after the last item of a list.
    pub const LIST_TAIL: &'static [u8] = b"]}\n";

    /// Appends one item of a list.
    pub fn write_item(
        self,
        served: &Served,
        item: Item<'_>,
        now: Timestamp,
        out: &mut Vec<u8>,
    ) -> Result<(), Unreadable> {
        match self {
            Self::Full => item.write_json(served, out),
            Self::Metadata => item.write_metadata(served, out),
            Self::Table(include) => table::write_row(&served.resource, include, item, served, now, out),
        }
    }

    /// One object by itself. A table names its columns unless `rows_only`.
    pub fn single(self, served: &Served, item: Item<'_>, now: Timestamp, rows_only: bool) -> Result<Bytes, Unreadable> {
        let mut out = Vec::new();
        if let Self::Table(_) = self {
            let columns = if rows_only {
                Value::Null
            } else {
                table::columns(&served.resource)
            };
            let meta = json!({"resourceVersion": item.object(served)?["metadata"]["resourceVersion"]});
            out.extend_from_slice(table::head(&meta, &columns).as_bytes());
            self.write_item(served, item, now, &mut out)?;
            out.extend_from_slice(b"]}");
        } else {
            self.write_item(served, item, now, &mut out)?;
        }
        Ok(Bytes::from(out))
    }

    /// The object of a bookmark, which has nothing but a revision.
    pub fn bookmark(self, served: &Served, revision: u64, initial_events_end: bool) -> Value {
        let mut metadata = json!({"resourceVersion": revision.to_string(), "creationTimestamp": null});
        if initial_events_end {
            metadata["annotations"] = json!({"k8s.io/initial-events-end": "true"});
        }
        match self {
            Self::Full => {
                json!({"kind": served.kind().kind, "apiVersion": served.kind().api_version(), "metadata": metadata})
            }
            Self::Metadata => partial(metadata),
            Self::Table(_) => json!({
                "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {"resourceVersion": revision.to_string()},
                "columnDefinitions": null, "rows": [{"cells": [], "object": partial(metadata)}],
            }),
        }
    }
}

impl Item<'_> {
    pub fn object(self, served: &Served) -> Result<Object, Unreadable> {
        match (self, &served.stored) {
            (Self::Entry(entry), Some(stored)) => entry.object(&stored.cache.form),
            (Self::Entry(entry), None) => entry.stored_object(),
            (Self::Object(object), _) => Ok(object.clone()),
        }
    }

    fn write_json(self, served: &Served, out: &mut Vec<u8>) -> Result<(), Unreadable> {
        match (self, &served.stored) {
            (Self::Entry(entry), Some(stored)) => entry.write_json(&stored.cache.form, entry.revision, out),
            (item, _) => {
                write_value(&item.object(served)?, out);
                Ok(())
            }
        }
    }

    fn write_metadata(self, served: &Served, out: &mut Vec<u8>) -> Result<(), Unreadable> {
        let (Self::Entry(entry), Some(stored)) = (self, &served.stored) else {
            write_value(&partial(self.object(served)?["metadata"].take()), out);
            return Ok(());
        };
        out.extend_from_slice(PARTIAL_HEAD);
        entry.write_metadata(&stored.cache.form, out)?;
        out.push(b'}');
        Ok(())
    }
}

impl ListMeta {
    fn to_value(&self) -> Value {
        let mut meta = json!({"resourceVersion": self.revision.to_string()});
        if let Some(next) = &self.next {
            meta["continue"] = next.as_str().into();
        }
        if let Some(remaining) = self.remaining {
            meta["remainingItemCount"] = remaining.into();
        }
        meta
    }
}

/// What [`partial`] begins with.
const PARTIAL_HEAD: &[u8] = br#"{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":"#;

fn partial(metadata: Value) -> Value {
    json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata})
}

/// JSON values always have a text, and memory does not refuse it.
fn write_value(value: &Value, out: &mut Vec<u8>) {
    out.extend_from_slice(value.to_string().as_bytes());
}
