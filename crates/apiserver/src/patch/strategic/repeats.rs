use std::collections::HashMap;

use serde_json::{Map, Value};

use super::PatchError;
use crate::{PatchStrategy, Schema};

/// Changes of one list element by one patch, those of the elements around it counted along. Two entries with one key
/// happen, such as ports that differ in their protocol only. But each change may cost as much as the element is large,
/// so that a small patch could otherwise keep a processor busy for minutes.
const MAX_REPEATS: usize = 16;

/// Refuses a patch that comes back to the same element again and again.
pub(super) fn check(schema: &Schema, patch: &Map<String, Value>) -> Result<(), PatchError> {
    members(schema, patch, 1)
}

/// `times` is how often the object is changed.
fn members(schema: &Schema, patch: &Map<String, Value>, times: usize) -> Result<(), PatchError> {
    patch.iter().try_for_each(|(key, value)| {
        let schema = schema.field(key);
        match (value, schema.patch) {
            (Value::Object(patch), _) => members(schema, patch, times),
            (Value::Array(items), PatchStrategy::MergeBy(key)) => elements(schema, key.name, items, times),
            _ => Ok(()),
        }
    })
}

fn elements(schema: &Schema, key: &str, items: &[Value], times: usize) -> Result<(), PatchError> {
    let identity = |item: &Value| item.get(key).map(Value::to_string);
    let mut counts: HashMap<Option<String>, usize> = HashMap::with_capacity(items.len());
    for item in items {
        *counts.entry(identity(item)).or_default() += 1;
    }
    for item in items {
        let times = times * counts.get(&identity(item)).copied().unwrap_or(1);
        if times > MAX_REPEATS {
            return Err(PatchError::TooLarge(format!(
                "the patch changes one element of a list more than {MAX_REPEATS} times"
            )));
        }
        if let Value::Object(patch) = item {
            members(schema, patch, times)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    static TOY: Schema = Schema::object(&[("outer", &Schema::merge_by("name", &INNER))]);
    static INNER: [(&str, &Schema); 1] = [("inner", &Schema::merge_by("port", &[]))];

    fn is_accepted(outer: usize, inner: usize) -> bool {
        let inner = vec![json!({"port": 1}); inner];
        let outer = vec![json!({"name": "a", "inner": inner}); outer];
        let patch = json!({"outer": outer});
        check(&TOY, patch.as_object().expect("an object")).is_ok()
    }

    #[test]
    fn repeats_are_bounded_over_all_levels() {
        let table = [
            (1, 1, true),
            (1, MAX_REPEATS, true),
            (1, MAX_REPEATS + 1, false),
            (4, 4, true),
            (4, 5, false),
            (MAX_REPEATS + 1, 0, false),
        ];
        for (outer, inner, wanted) in table {
            assert_eq!(is_accepted(outer, inner), wanted, "{outer} {inner}");
        }
    }

    #[test]
    fn many_different_elements_are_no_repeats() {
        let outer: Vec<Value> = (0..1000).map(|name| json!({"name": name})).collect();
        let patch = json!({"outer": outer});
        assert!(check(&TOY, patch.as_object().expect("an object")).is_ok());
    }
}
