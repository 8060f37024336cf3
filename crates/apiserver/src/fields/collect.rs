use serde_json::{Map, Value};

use super::list::{self, Identified};
use super::{FieldSet, Shape, path, set};
use crate::{ListType, Schema};

/// Something in an object that its table does not allow, and where.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {why}")]
pub(crate) struct Misfit {
    path: String,
    why: String,
}

/// The fields that an object has. Lists whose elements cannot be told apart count as one field.
pub(crate) fn collect(schema: &Schema, object: &Value) -> FieldSet {
    let mut collector = Collector { is_strict: false };
    match collector.value(schema, object) {
        Ok(fields) => FieldSet(fields),
        Err(_only_strict_collectors_fail) => FieldSet::default(),
    }
}

/// The fields that a wish has, in which every element of a list must be clear.
pub(crate) fn collect_strict(schema: &Schema, object: &Value) -> Result<FieldSet, Misfit> {
    let mut collector = Collector { is_strict: true };
    collector.value(schema, object).map(FieldSet)
}

struct Collector {
    is_strict: bool,
}

impl Collector {
    /// What is below the value. That the value itself is there is for its parent to say.
    fn value(&mut self, schema: &Schema, value: &Value) -> Result<Map<String, Value>, Misfit> {
        match Shape::of(schema, value) {
            Shape::Whole => Ok(Map::new()),
            Shape::Members(members) => self.members(schema, members),
            Shape::Elements(items, list_type) => match Identified::new(list_type, items) {
                Ok(identified) => self.elements(schema, list_type, &identified),
                Err(why) if self.is_strict => Err(Misfit::new(why)),
                Err(_) => Ok(Map::new()),
            },
        }
    }

    fn members(&mut self, schema: &Schema, members: &Map<String, Value>) -> Result<Map<String, Value>, Misfit> {
        let mut fields = Map::new();
        for (name, value) in members {
            let below = schema.field(name);
            let element = path::field(name);
            let inside = self.value(below, value).map_err(|misfit| misfit.below(&element))?;
            let is_member = is_owned_itself(below, value) || schema.is_free_key(name);
            if let Some(node) = set::node(is_member, inside) {
                fields.insert(element, node);
            }
        }
        Ok(fields)
    }

    fn elements(
        &mut self,
        schema: &Schema,
        list_type: ListType<'_>,
        items: &Identified<'_>,
    ) -> Result<Map<String, Value>, Misfit> {
        let mut fields = Map::new();
        for identity in &items.order {
            let inside = match (items.only(identity), list_type) {
                (Some(Value::Object(members)), ListType::Map(_)) if !schema.atomic_elements => {
                    self.members(schema, members).map_err(|misfit| misfit.below(identity))?
                }
                (None, ListType::Map(_)) if self.is_strict => {
                    return Err(Misfit::new("duplicate entries for this key").below(identity));
                }
                (None, _) if self.is_strict => return Err(Misfit::new("duplicate entries").below(identity)),
                _ => Map::new(),
            };
            if let Some(node) = set::node(true, inside) {
                fields.insert(identity.clone(), node);
            }
        }
        Ok(fields)
    }
}

/// Is the value a field, rather than the way to what is in it?
fn is_owned_itself(schema: &Schema, value: &Value) -> bool {
    match Shape::of(schema, value) {
        Shape::Whole => true,
        Shape::Members(members) => members.is_empty(),
        Shape::Elements(items, list_type) => items.iter().any(|item| list::identity(list_type, item).is_err()),
    }
}

impl Misfit {
    fn new(why: impl ToString) -> Self {
        Self {
            path: String::new(),
            why: why.to_string(),
        }
    }

    /// The same, as seen from one level further up.
    fn below(mut self, element: &str) -> Self {
        let mut path = String::new();
        path::write_readable(element, &mut path);
        path.push_str(&self.path);
        self.path = path;
        self
    }
}
