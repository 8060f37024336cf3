use serde_json::{Map, Value};

use super::Shape;
use super::list::Identified;
use crate::{ListType, Schema};

/// `live` with everything that `wish` says on top. Elements of lists that both have stand in the order of the wish;
/// those that only one has keep their place among their neighbours.
pub(crate) fn merge(schema: &Schema, live: &Value, wish: &Value) -> Value {
    match (Shape::of(schema, live), Shape::of(schema, wish)) {
        (Shape::Members(live), Shape::Members(wish)) => Value::Object(members(schema, live, wish)),
        (Shape::Elements(live, list_type), Shape::Elements(wish, _)) => {
            match (Identified::new(list_type, live), Identified::new(list_type, wish)) {
                (Ok(live), Ok(wish)) => Value::Array(elements(schema, list_type, &live, &wish)),
                _ => Value::Array(wish.to_vec()),
            }
        }
        _ => wish.clone(),
    }
}

fn members(schema: &Schema, live: &Map<String, Value>, wish: &Map<String, Value>) -> Map<String, Value> {
    let mut merged = live.clone();
    for (name, wished) in wish {
        let value = match live.get(name) {
            Some(present) => merge(schema.field(name), present, wished),
            None => wished.clone(),
        };
        merged.insert(name.clone(), value);
    }
    merged
}

fn elements(schema: &Schema, list_type: ListType<'_>, live: &Identified<'_>, wish: &Identified<'_>) -> Vec<Value> {
    let shared = wish.order.iter().filter(|identity| !live.get(identity).is_empty());
    let mut next_shared = shared.peekable();
    let mut wished = wish.order.iter();
    let mut merged = Vec::with_capacity(live.order.len() + wish.order.len());
    for identity in &live.order {
        if wish.get(identity).is_empty() {
            merged.extend(live.get(identity).iter().map(|item| (*item).clone()));
        } else if next_shared.next_if_eq(&identity).is_some() {
            // All that the wish has up to this one stand before it.
            for wished in wished.by_ref() {
                merged.extend(element(schema, list_type, live, wish, wished));
                if wished == identity {
                    break;
                }
            }
        }
        // Otherwise the wish has it later, and its turn comes there.
    }
    for identity in wished {
        merged.extend(element(schema, list_type, live, wish, identity));
    }
    merged
}

/// The wished element, merged with the live one of its identity when there is exactly one.
fn element(
    schema: &Schema,
    list_type: ListType<'_>,
    live: &Identified<'_>,
    wish: &Identified<'_>,
    identity: &str,
) -> Vec<Value> {
    let in_parts = matches!(list_type, ListType::Map(_)) && !schema.atomic_elements;
    match (live.only(identity), wish.only(identity)) {
        (Some(Value::Object(live)), Some(Value::Object(wish))) if in_parts => {
            vec![Value::Object(members(schema, live, wish))]
        }
        _ => wish.get(identity).iter().map(|item| (*item).clone()).collect(),
    }
}
