//! Reading and writing JSON objects by JSON pointer. Nothing here fails on an object of an unexpected shape: reads
//! answer "nothing", writes leave alone what is not a map, and validation reports it.

use serde_json::{Map, Value};

/// The text at `path`, or `""`.
pub(crate) fn text<'a>(object: &'a Value, path: &str) -> &'a str {
    object.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

/// The whole number at `path`.
pub(crate) fn number(object: &Value, path: &str) -> Option<i64> {
    object.pointer(path).and_then(Value::as_i64)
}

/// Whether `path` holds `true`.
pub(crate) fn flag(object: &Value, path: &str) -> bool {
    object.pointer(path).and_then(Value::as_bool).unwrap_or_default()
}

/// The elements of the list at `path`, if there is one.
pub(crate) fn items<'a>(object: &'a Value, path: &str) -> &'a [Value] {
    object
        .pointer(path)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}

pub(crate) fn items_mut<'a>(object: &'a mut Value, path: &str) -> impl Iterator<Item = &'a mut Value> {
    object
        .pointer_mut(path)
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
}

/// The members of the map at `path`, if there is one.
pub(crate) fn members<'a>(object: &'a Value, path: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    object.pointer(path).and_then(Value::as_object).into_iter().flatten()
}

/// The value of a label or an annotation, or `""`. `map` is `labels` or `annotations`.
pub(crate) fn meta<'a>(object: &'a Value, map: &str, key: &str) -> &'a str {
    object["metadata"][map][key].as_str().unwrap_or_default()
}

/// Absent and `null` are the same to every client.
pub(crate) fn is_unset(object: &Value, path: &str) -> bool {
    object.pointer(path).is_none_or(Value::is_null)
}

/// Sets `key` of the map at `parent` when it is unset; nothing happens when `parent` is not a map.
pub(crate) fn set_default(object: &mut Value, parent: &str, key: &str, value: impl Into<Value>) {
    if let Some(fields) = object.pointer_mut(parent).and_then(Value::as_object_mut)
        && fields.get(key).is_none_or(Value::is_null)
    {
        fields.insert(key.into(), value.into());
    }
}

/// As [`set_default`], but an empty text counts as unset too.
pub(crate) fn set_default_text(object: &mut Value, parent: &str, key: &str, value: &str) {
    let path = format!("{parent}/{key}");
    if object.pointer(&path).and_then(Value::as_str) == Some("") {
        remove(object, &path);
    }
    set_default(object, parent, key, value);
}

/// The map under `keys`, made on the way where it is unset. `None` when something else than a map is in the way.
pub(crate) fn map_at<'a>(object: &'a mut Value, keys: &[&str]) -> Option<&'a mut Map<String, Value>> {
    let mut here = object;
    for key in keys {
        let fields = here.as_object_mut()?;
        here = fields.entry(*key).or_insert(Value::Null);
        if here.is_null() {
            *here = Value::Object(Map::new());
        }
    }
    here.as_object_mut()
}

/// Puts `value` under the last of `keys`, making maps on the way.
pub(crate) fn put(object: &mut Value, keys: &[&str], value: impl Into<Value>) {
    if let Some((last, parents)) = keys.split_last()
        && let Some(fields) = map_at(object, parents)
    {
        fields.insert((*last).to_owned(), value.into());
    }
}

/// Removes what is at `path`, and tells what it was.
pub(crate) fn remove(object: &mut Value, path: &str) -> Option<Value> {
    let (parent, key) = path.rsplit_once('/')?;
    object.pointer_mut(parent)?.as_object_mut()?.remove(key)
}

/// Copies the value at `path` from `from`; removes it when `from` has none. Keeps a field as the server wrote it.
pub(crate) fn restore(object: &mut Value, from: &Value, path: &str) {
    match from.pointer(path) {
        Some(value) => {
            let keys: Vec<&str> = path.split('/').skip(1).collect();
            put(object, &keys, value.clone());
        }
        None => {
            remove(object, path);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn unset_fields_take_defaults_and_set_ones_do_not() {
        let mut object = json!({"spec": {"a": null, "b": 0, "c": ""}});
        for key in ["a", "b", "c", "d"] {
            set_default(&mut object, "/spec", key, 1);
        }
        assert_eq!(object, json!({"spec": {"a": 1, "b": 0, "c": "", "d": 1}}));
        set_default_text(&mut object, "/spec", "c", "x");
        assert_eq!(text(&object, "/spec/c"), "x");
    }

    #[test]
    fn objects_of_the_wrong_shape_are_left_alone() {
        for wrong in [
            json!(null),
            json!([]),
            json!({"spec": 1}),
            json!({"spec": {"a": "text"}}),
        ] {
            let mut object = wrong.clone();
            set_default(&mut object, "/spec/a/b", "c", 1);
            remove(&mut object, "/spec/a/b");
            put(&mut object, &["spec", "a", "b"], 1);
            assert!(items(&object, "/spec/a/b").is_empty());
        }
    }
}
