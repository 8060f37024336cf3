//! A strategic merge patch does what a reading without an index does: lists merge by name or as sets, everything else as
//! in a merge patch, and again changes nothing when nothing is deleted. Any other patch is refused or done, and nests no deeper than it says.

use arbitrary::{Result, Unstructured};
use serde_json::{Map, Value, json};
use weir_apiserver::Schema;
use weir_apiserver::fuzzing::{MAX_DEPTH, patch};

use crate::value::{self, depth, name};

/// `list` merges by `name`, `set` is a set, in the elements of `list` too.
static SCHEMA: Schema = Schema::object(&[("list", &Schema::merge_by("name", &ELEMENT)), ("set", &Schema::SET)]);
static ELEMENT: [(&str, &Schema); 2] = [
    ("list", &Schema::merge_by("name", &[("set", &Schema::SET)])),
    ("set", &Schema::SET),
];
/// Levels of lists that the schema knows.
const LEVELS: usize = 2;

pub fn check(data: &[u8]) {
    any_patch(&mut Unstructured::new(data));
    let mut u = Unstructured::new(data);
    let (Ok(target), Ok(wish)) = (object(&mut u, LEVELS, false), object(&mut u, LEVELS, true)) else {
        return;
    };
    let apply = |target: &Value| apply(target, &wish).unwrap_or_else(|error| panic!("{target} {wish}: {error}"));
    let patched = apply(&target);
    let wanted = Value::Object(merge(members(&target), members(&wish)));
    assert_eq!(patched, wanted, "{target} {wish}");
    // What is deleted and made again moves to the end each time.
    if !wish.to_string().contains("$patch") {
        assert_eq!(apply(&patched), patched, "again: {target} {wish}");
    }
}

fn any_patch(u: &mut Unstructured<'_>) {
    let (Ok(target), Ok(mut wish)) = (value::object(u), value::object(u)) else {
        return;
    };
    let directives = [
        ("$patch", json!("replace")),
        ("$patch", json!("delete")),
        ("$retainKeys", json!(["a", "list"])),
        ("$setElementOrder/list", json!([{"name": "two"}, {"name": "one"}])),
        ("$setElementOrder/set", json!(["two", 1])),
        ("$deleteFromPrimitiveList/set", json!(["one", 2])),
    ];
    if let Ok((directive, value)) = u.choose(&directives) {
        wish[*directive] = value.clone();
    }
    if let Ok(patched) = apply(&target, &wish) {
        assert!(depth(&patched) <= MAX_DEPTH);
        assert!(!has_directives(&patched), "{wish} left {patched}");
    }
}

fn has_directives(value: &Value) -> bool {
    match value {
        Value::Object(members) => members
            .iter()
            .any(|(key, member)| key.starts_with('$') || has_directives(member)),
        Value::Array(items) => items.iter().any(has_directives),
        _ => false,
    }
}

fn apply(target: &Value, wish: &Value) -> std::result::Result<Value, weir_apiserver::ApiError> {
    let body = wish.to_string();
    patch(
        "application/strategic-merge-patch+json",
        body.as_bytes(),
        target,
        &SCHEMA,
    )
}

/// An object in the form of the schema; as a patch, some members are to be removed.
fn object(u: &mut Unstructured<'_>, levels: usize, is_patch: bool) -> Result<Value> {
    let mut members = Map::new();
    for key in ["a", "b", "c"] {
        let removed = is_patch && u.ratio(1, 4)?;
        match u.int_in_range(0..=3)? {
            0 => {}
            _ if removed => drop(members.insert(key.to_owned(), Value::Null)),
            1 => drop(members.insert(key.to_owned(), u.int_in_range(0..=3)?.into())),
            2 => drop(members.insert(key.to_owned(), json!({"x": u.int_in_range(0..=3)?}))),
            _ => drop(members.insert(key.to_owned(), json!([u.int_in_range(0..=3)?]))),
        }
    }
    if u.arbitrary()? {
        let count = u.int_in_range(0..=3)?;
        let set = (0..count).map(|_| Ok(Value::from(u.int_in_range(0..=3)?)));
        members.insert("set".to_owned(), set.collect::<Result<Value>>()?);
    }
    if levels > 0 && u.arbitrary()? {
        members.insert("list".to_owned(), list(u, levels - 1, is_patch)?);
    }
    Ok(Value::Object(members))
}

/// Elements with names; in an object, which may differ from patches there, no name twice.
fn list(u: &mut Unstructured<'_>, levels: usize, is_patch: bool) -> Result<Value> {
    let mut items: Vec<Value> = Vec::new();
    for _ in 0..u.int_in_range(0..=3)? {
        let name = name(u)?;
        let taken = items.iter().any(|item| item["name"] == name);
        if is_patch && u.ratio(1, 4)? {
            items.push(json!({"name": name, "$patch": "delete"}));
        } else if is_patch || !taken {
            let mut item = object(u, levels, is_patch)?;
            item["name"] = name.into();
            items.push(item);
        }
    }
    Ok(Value::Array(items))
}

fn members(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn merge(mut target: Map<String, Value>, wish: Map<String, Value>) -> Map<String, Value> {
    for (key, wanted) in wish {
        let before = target.remove(&key);
        let merged = match (key.as_str(), wanted, before) {
            (_, Value::Null, _) => continue,
            ("set", Value::Array(wanted), before) => union(before, wanted),
            ("list", Value::Array(wanted), before) => merge_list(before, wanted),
            (_, Value::Object(wanted), before) => {
                let before = before.map(|before| members(&before)).unwrap_or_default();
                Value::Object(merge(before, wanted))
            }
            (_, wanted, _) => wanted,
        };
        target.insert(key, merged);
    }
    target
}

fn items(value: Option<Value>) -> Vec<Value> {
    match value {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}

fn union(before: Option<Value>, wanted: Vec<Value>) -> Value {
    let mut union: Vec<Value> = Vec::new();
    for item in items(before).into_iter().chain(wanted) {
        if !union.contains(&item) {
            union.push(item);
        }
    }
    Value::Array(union)
}

fn merge_list(before: Option<Value>, wanted: Vec<Value>) -> Value {
    let mut list = items(before);
    for wish in wanted {
        let place = list.iter().position(|item| item["name"] == wish["name"]);
        match (place, wish["$patch"] == "delete") {
            (Some(place), true) => drop(list.remove(place)),
            (None, true) => {}
            (Some(place), false) => list[place] = Value::Object(merge(members(&list[place]), members(&wish))),
            (None, false) => list.push(Value::Object(merge(Map::new(), members(&wish)))),
        }
    }
    Value::Array(list)
}
