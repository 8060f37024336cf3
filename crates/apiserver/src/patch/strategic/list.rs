use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::{Directive, PatchError, directive, identity, merge_objects, order, plain, without_directives};
use crate::{ListKey, PatchStrategy, Schema};

/// The list after the patch. `order` is the wish of `$setElementOrder`.
pub(super) fn merge(
    schema: &Schema,
    current: Vec<Value>,
    patch: &[Value],
    order: Option<&Value>,
) -> Result<Vec<Value>, PatchError> {
    let mut merged = match schema.patch {
        PatchStrategy::Default | PatchStrategy::Replace => patch.iter().map(plain).collect(),
        PatchStrategy::MergeSet => union(&current, patch),
        PatchStrategy::MergeBy(_) => merge_by_key(schema, current.clone(), patch)?,
    };
    if let Some(wanted) = order {
        order::arrange(&schema.patch, &mut merged, &current, wanted)?;
    }
    Ok(merged)
}

/// `$deleteFromPrimitiveList/FIELD`.
pub(super) fn remove_values(object: &mut Map<String, Value>, field: &str, values: &Value) -> Result<(), PatchError> {
    let Value::Array(values) = values else {
        return Err(PatchError::Malformed(format!(
            "$deleteFromPrimitiveList/{field} must be a list"
        )));
    };
    let doomed: HashSet<String> = values.iter().map(Value::to_string).collect();
    if let Some(Value::Array(items)) = object.get_mut(field) {
        items.retain(|item| !doomed.contains(&item.to_string()));
    }
    Ok(())
}

fn union(current: &[Value], patch: &[Value]) -> Vec<Value> {
    let mut seen = HashSet::new();
    current
        .iter()
        .chain(patch)
        .filter(|item| seen.insert(item.to_string()))
        .cloned()
        .collect()
}

fn merge_by_key(schema: &Schema, current: Vec<Value>, patch: &[Value]) -> Result<Vec<Value>, PatchError> {
    let patch: Vec<(&Map<String, Value>, Option<Directive>)> = patch.iter().map(element).collect::<Result<_, _>>()?;
    if patch
        .iter()
        .any(|(_, directive)| *directive == Some(Directive::Replace))
    {
        let rest = patch.iter().filter(|(_, directive)| directive.is_none());
        return Ok(rest
            .map(|(element, _)| Value::Object(without_directives(element)))
            .collect());
    }
    let mut list = KeyedList::new(&schema.patch, current)?;
    for (element, directive) in patch {
        let identity = identity(&schema.patch, &Value::Object(key_only(&schema.patch, element)))?;
        match directive {
            Some(Directive::Delete) => list.remove(&identity),
            _ => list.merge(schema, identity, element)?,
        }
    }
    Ok(list.into_items())
}

fn element(value: &Value) -> Result<(&Map<String, Value>, Option<Directive>), PatchError> {
    let element = value.as_object().ok_or_else(|| {
        PatchError::Malformed(format!(
            "an element of a list that merges by key is not an object: {}",
            super::shortened(value)
        ))
    })?;
    Ok((element, directive(element)?))
}

/// Only the member that identifies the element, so that looking it up does not copy the whole.
fn key_only(list: &PatchStrategy, element: &Map<String, Value>) -> Map<String, Value> {
    let key = match list {
        PatchStrategy::MergeBy(ListKey { name, .. }) => element.get_key_value(*name),
        PatchStrategy::MergeSet | PatchStrategy::Default | PatchStrategy::Replace => None,
    };
    key.map(|(key, value)| (key.clone(), value.clone()))
        .into_iter()
        .collect()
}

/// A list with an index from identity to place, so that a patch costs no more than both lists are long.
struct KeyedList {
    items: Vec<Option<Value>>,
    places: HashMap<String, usize>,
}

impl KeyedList {
    fn new(list: &PatchStrategy, current: Vec<Value>) -> Result<Self, PatchError> {
        let mut places = HashMap::with_capacity(current.len());
        for (place, item) in current.iter().enumerate() {
            places.entry(identity(list, item)?).or_insert(place);
        }
        Ok(Self {
            items: current.into_iter().map(Some).collect(),
            places,
        })
    }

    fn remove(&mut self, identity: &str) {
        if let Some(place) = self.places.remove(identity) {
            self.items[place] = None;
        }
    }

    fn merge(&mut self, schema: &Schema, identity: String, patch: &Map<String, Value>) -> Result<(), PatchError> {
        let elements = Schema {
            fields: schema.fields,
            values: schema.values,
            ..Schema::ANY
        };
        let place = *self.places.entry(identity).or_insert_with(|| {
            self.items.push(None);
            self.items.len() - 1
        });
        let current = match self.items[place].take() {
            Some(Value::Object(current)) => current,
            _ => Map::new(),
        };
        self.items[place] = Some(Value::Object(merge_objects(&elements, current, patch)?));
        Ok(())
    }

    fn into_items(self) -> Vec<Value> {
        self.items.into_iter().flatten().collect()
    }
}
