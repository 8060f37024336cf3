//! Which fields of an object somebody means, and what can be said of objects with such sets. All pure.
//!
//! ```text
//! set      FieldSet: a trie of path elements, in the form `fieldsV1` has on the wire
//! path     path elements, and how people read them
//! list     the elements of a list by what tells them apart
//! collect  the fields an object has
//! compare  the fields that differ between two objects
//! merge    an object with the fields of another on top
//! remove   an object without some fields
//! ```

mod collect;
mod compare;
mod list;
mod merge;
mod path;
mod remove;
mod set;

use serde_json::{Map, Value};

use crate::{ListType, Schema, Topology};

pub(crate) use collect::{collect, collect_strict};
pub(crate) use compare::{Changes, compare};
pub(crate) use merge::merge;
pub(crate) use remove::remove;
pub(crate) use set::{FieldSet, NotASet};

/// How a value is owned, once its table and its form are known.
enum Shape<'a> {
    /// As a whole.
    Whole,
    /// Member by member.
    Members(&'a Map<String, Value>),
    /// Element by element.
    Elements(&'a [Value], ListType<'a>),
}

impl<'a> Shape<'a> {
    fn of(schema: &'a Schema, value: &'a Value) -> Self {
        match value {
            Value::Object(members) if schema.topology != Topology::Atomic => Self::Members(members),
            Value::Array(items) => match schema.list_type() {
                ListType::Atomic => Self::Whole,
                list_type => Self::Elements(items, list_type),
            },
            _ => Self::Whole,
        }
    }
}

#[cfg(test)]
mod tests;
