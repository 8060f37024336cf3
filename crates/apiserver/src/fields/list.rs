use std::collections::HashMap;

use serde_json::{Map, Value};

use super::path;
use crate::{ListKey, ListType};

/// Elements of a list by what tells them apart, in the order they first appear. Real lists have duplicates: two
/// environment variables of one name are legal. They stand side by side under one element of a path.
pub(super) struct Identified<'a> {
    pub order: Vec<String>,
    pub items: HashMap<String, Vec<&'a Value>>,
}

/// Why elements cannot be told apart.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unidentified {
    #[error("associative list with keys has an element that omits key field {0:?} (and doesn't have default value)")]
    MissingKey(&'static str),
    #[error("associative list with keys may not have non-map elements: {0}")]
    NotAnObject(String),
    #[error("associative list without keys has an element that's an explicit null or is not a primitive value: {0}")]
    NotPrimitive(String),
}

impl<'a> Identified<'a> {
    pub fn new(list_type: ListType<'_>, items: &'a [Value]) -> Result<Self, Unidentified> {
        let mut identified = Self {
            order: Vec::with_capacity(items.len()),
            items: HashMap::with_capacity(items.len()),
        };
        for item in items {
            let identity = identity(list_type, item)?;
            let same = identified.items.entry(identity.clone()).or_default();
            if same.is_empty() {
                identified.order.push(identity);
            }
            same.push(item);
        }
        Ok(identified)
    }

    /// All that have this identity.
    pub fn get(&self, identity: &str) -> &[&'a Value] {
        self.items.get(identity).map(Vec::as_slice).unwrap_or_default()
    }

    /// The only one with this identity.
    pub fn only(&self, identity: &str) -> Option<&'a Value> {
        match self.get(identity) {
            [only] => Some(only),
            _ => None,
        }
    }
}

/// The element of a path that stands for an element of a list.
pub(super) fn identity(list_type: ListType<'_>, item: &Value) -> Result<String, Unidentified> {
    match (list_type, item) {
        (ListType::Map(keys), Value::Object(members)) => by_keys(keys, members),
        (ListType::Map(_), other) => Err(Unidentified::NotAnObject(shown(other))),
        (_, Value::Object(_) | Value::Array(_) | Value::Null) => Err(Unidentified::NotPrimitive(shown(item))),
        (_, value) => Ok(path::value(value)),
    }
}

fn by_keys(keys: &[ListKey], members: &Map<String, Value>) -> Result<String, Unidentified> {
    let mut found = Map::new();
    for key in keys {
        let value = match (members.get(key.name), key.default) {
            (Some(value), _) => value.clone(),
            (None, Some(default)) => default.into(),
            (None, None) => return Err(Unidentified::MissingKey(key.name)),
        };
        found.insert(key.name.to_owned(), value);
    }
    Ok(path::keys(&found))
}

/// Longest piece of a user's value that an error repeats.
const SHOWN: usize = 100;

fn shown(value: &Value) -> String {
    value.to_string().chars().take(SHOWN).collect()
}
