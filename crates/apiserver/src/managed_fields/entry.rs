use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Writer;
use crate::fields::{FieldSet, NotASet};

/// How a manager came to own its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Operation {
    Apply,
    Update,
}

/// The fields of one manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub manager: String,
    pub operation: Operation,
    pub api_version: String,
    /// As Kubernetes writes times; empty when nobody knows.
    pub time: String,
    /// Empty for the object itself.
    pub subresource: String,
    pub fields: FieldSet,
}

/// All managers of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ManagedFields {
    pub entries: Vec<Entry>,
}

/// Why a list of managers is not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotManagers {
    #[error("managedFields is not a list of objects")]
    NotAList,
    #[error("{0:?} is not an operation of a manager")]
    Operation(String),
    #[error("the type of a manager's fields is {0:?}, not FieldsV1")]
    FieldsType(String),
    #[error(transparent)]
    Fields(#[from] NotASet),
}

impl ManagedFields {
    /// A list from outside. Of two entries of one manager the later counts.
    pub fn decode(list: &Value) -> Result<Self, NotManagers> {
        let fields = |fields: Option<&Value>| fields.map_or_else(|| Ok(FieldSet::default()), FieldSet::decode);
        let mut entries = BTreeMap::new();
        for members in members(list)? {
            let members = members.ok_or(NotManagers::NotAList)?;
            let entry = Entry::decode(members, fields(members.get("fieldsV1"))?)?;
            entries.insert(entry.identity(), entry);
        }
        Ok(Self {
            entries: entries.into_values().collect(),
        })
    }

    /// The list of a stored object. What is not a list of managers counts as none: it would otherwise stop every write.
    pub fn stored(list: &Value) -> Self {
        let entry = |members: &Map<String, Value>| {
            let fields = FieldSet::trusted(members.get("fieldsV1").cloned().unwrap_or_default());
            Entry::decode(members, fields).ok()
        };
        let entries = members(list).into_iter().flatten();
        Self {
            entries: entries.filter_map(|members| entry(members?)).collect(),
        }
    }

    /// As it is written into an object: appliers first, then by time. `None` when nobody manages anything.
    pub fn encode(mut self) -> Option<Value> {
        self.drop_empty();
        self.entries.sort_by(|left, right| left.order().cmp(&right.order()));
        let list: Vec<Value> = self.entries.into_iter().map(Entry::encode).collect();
        (!list.is_empty()).then_some(Value::Array(list))
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn drop_empty(&mut self) {
        self.entries.retain(|entry| !entry.fields.is_empty());
    }

    /// The place of the entry that this writer adds to.
    pub fn place_of(&self, writer: &Writer, operation: Operation) -> Option<usize> {
        self.entries.iter().position(|entry| entry.is_of(writer, operation))
    }
}

/// The members of each entry; `None` for what is no object.
fn members(list: &Value) -> Result<impl Iterator<Item = Option<&Map<String, Value>>>, NotManagers> {
    match list {
        Value::Null => Ok([].iter().map(Value::as_object)),
        Value::Array(list) => Ok(list.iter().map(Value::as_object)),
        _ => Err(NotManagers::NotAList),
    }
}

/// Do both lists say the same of who owns what, whenever it was written?
pub(crate) fn is_same_but_for_times(left: Option<&Value>, right: Option<&Value>) -> bool {
    match (left, right) {
        (Some(Value::Array(left)), Some(Value::Array(right))) => {
            let (left, right) = (timeless(left), timeless(right));
            left.len() == right.len() && left.iter().zip(&right).all(|(left, right)| is_same_entry(left, right))
        }
        (left, right) => left == right,
    }
}

/// Times decide the order on the wire, so it does not count either.
fn timeless(list: &[Value]) -> Vec<&Map<String, Value>> {
    let mut entries: Vec<&Map<String, Value>> = list.iter().filter_map(Value::as_object).collect();
    let text = |entry: &Map<String, Value>, field: &str| -> String {
        entry.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    entries.sort_by_cached_key(|entry| {
        ["operation", "manager", "apiVersion", "subresource"].map(|field| text(entry, field))
    });
    entries
}

fn is_same_entry(left: &Map<String, Value>, right: &Map<String, Value>) -> bool {
    let but_time = |entry: &Map<String, Value>| entry.len() - usize::from(entry.contains_key("time"));
    let is_in_right = |(field, value): (&String, &Value)| field == "time" || right.get(field) == Some(value);
    but_time(left) == but_time(right) && left.iter().all(is_in_right)
}

impl Entry {
    pub fn is_of(&self, writer: &Writer, operation: Operation) -> bool {
        self.operation == operation
            && self.manager == writer.manager
            && self.subresource == writer.subresource
            && (operation == Operation::Apply || self.api_version == writer.api_version)
    }

    /// What two entries of one manager share. An applier is the same in all versions, so that it can move from one to
    /// the next.
    fn identity(&self) -> (Operation, String, String, String) {
        let api_version = match self.operation {
            Operation::Apply => String::new(),
            Operation::Update => self.api_version.clone(),
        };
        (
            self.operation,
            self.manager.clone(),
            api_version,
            self.subresource.clone(),
        )
    }

    fn decode(members: &Map<String, Value>, fields: FieldSet) -> Result<Self, NotManagers> {
        let text = |field: &str| members.get(field).and_then(Value::as_str).unwrap_or_default();
        let operation = match text("operation") {
            "Apply" => Operation::Apply,
            "Update" => Operation::Update,
            other => return Err(NotManagers::Operation(other.to_owned())),
        };
        if text("fieldsType") != "FieldsV1" {
            return Err(NotManagers::FieldsType(text("fieldsType").to_owned()));
        }
        Ok(Self {
            manager: text("manager").to_owned(),
            operation,
            api_version: text("apiVersion").to_owned(),
            time: text("time").to_owned(),
            subresource: text("subresource").to_owned(),
            fields,
        })
    }

    fn encode(self) -> Value {
        let mut entry = json!({
            "apiVersion": self.api_version,
            "fieldsType": "FieldsV1",
            "manager": self.manager,
            "operation": match self.operation {
                Operation::Apply => "Apply",
                Operation::Update => "Update",
            },
        });
        entry["fieldsV1"] = self.fields.into_value();
        for (field, value) in [("subresource", self.subresource), ("time", self.time)] {
            if !value.is_empty() {
                entry[field] = value.into();
            }
        }
        entry
    }

    fn order(&self) -> (Operation, &str, &str, &str, &str) {
        (
            self.operation,
            &self.time,
            &self.manager,
            &self.api_version,
            &self.subresource,
        )
    }
}
