//! A JSON patch does what a plain reading of RFC 6902 does, or nothing.

use arbitrary::{Result, Unstructured};
use serde_json::{Value, json};
use weir_apiserver::Schema;
use weir_apiserver::fuzzing::{MAX_DEPTH, patch};

use crate::value::{depth, key, object, value};

const MAX_OPERATIONS: usize = 8;

pub fn check(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let (Ok(target), Ok(operations)) = (object(&mut u), operations(&mut u)) else {
        return;
    };
    let body = Value::Array(operations.clone()).to_string();
    let done = patch("application/json-patch+json", body.as_bytes(), &target, &Schema::ANY);
    let wanted = operations.iter().try_fold(target.clone(), model);
    match (done, wanted) {
        (Ok(done), Some(wanted)) => {
            assert_eq!(done, wanted, "{target} {body}");
            assert!(depth(&done) <= MAX_DEPTH);
        }
        (Err(error), None) => assert!(matches!(error.code, 400 | 422), "{error}"),
        (Ok(done), None) => panic!("{target} {body} must fail and gave {done}"),
        (Err(error), Some(_)) => panic!("{target} {body} must work: {error}"),
    }
}

fn operations(u: &mut Unstructured<'_>) -> Result<Vec<Value>> {
    let count = u.int_in_range(0..=MAX_OPERATIONS)?;
    (0..count).map(|_| operation(u)).collect()
}

fn operation(u: &mut Unstructured<'_>) -> Result<Value> {
    let op = *u.choose(&["add", "remove", "replace", "move", "copy", "test"])?;
    let path = pointer(u)?;
    Ok(match op {
        "remove" => json!({"op": op, "path": path}),
        "move" | "copy" => json!({"op": op, "path": path, "from": pointer(u)?}),
        _ => json!({"op": op, "path": path, "value": value(u)?}),
    })
}

fn pointer(u: &mut Unstructured<'_>) -> Result<String> {
    let count = u.int_in_range(0..=3)?;
    let mut pointer = String::new();
    for _ in 0..count {
        let token = match u.int_in_range(0..=3)? {
            0 => u.int_in_range(0..=4)?.to_string(),
            1 => (*u.choose(&["-", "00", "01", "+1", "-1", "99999999999999999999"])?).to_owned(),
            _ => key(u)?.to_owned(),
        };
        pointer.push('/');
        pointer.push_str(&token.replace('~', "~0").replace('/', "~1"));
    }
    Ok(pointer)
}

/// `None` when the operation fails.
fn model(target: Value, operation: &Value) -> Option<Value> {
    let text = |member: &str| operation[member].as_str().unwrap_or_default();
    let tokens = |pointer: &str| -> Vec<String> {
        let tokens = pointer.split('/').skip(1);
        tokens
            .map(|token| token.replace("~1", "/").replace("~0", "~"))
            .collect()
    };
    let (path, from) = (tokens(text("path")), tokens(text("from")));
    match text("op") {
        "add" => add(target, &path, operation["value"].clone()),
        "remove" => remove(target, &path).map(|(rest, _)| rest),
        "replace" => {
            find(&target, &path)?;
            let mut target = target;
            *find_mut(&mut target, &path)? = operation["value"].clone();
            Some(target)
        }
        "move" if path.len() > from.len() && path.starts_with(&from) => None,
        "move" => {
            let (rest, moved) = remove(target, &from)?;
            add(rest, &path, moved)
        }
        "copy" => {
            let copied = find(&target, &from)?.clone();
            add(target, &path, copied)
        }
        "test" => (*find(&target, &path)? == operation["value"]).then_some(target),
        other => panic!("{other} is not made here"),
    }
}

/// A place in a list: digits without a leading zero.
fn place(token: &str) -> Option<usize> {
    let is_number = token == "0" || !token.starts_with('0') && token.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| token.parse().ok()).flatten()
}

fn find<'a>(target: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(target, |value, token| match value {
        Value::Object(members) => members.get(token),
        Value::Array(items) => items.get(place(token)?),
        _ => None,
    })
}

fn find_mut<'a>(target: &'a mut Value, path: &[String]) -> Option<&'a mut Value> {
    path.iter().try_fold(target, |value, token| match value {
        Value::Object(members) => members.get_mut(token),
        Value::Array(items) => items.get_mut(place(token)?),
        _ => None,
    })
}

fn add(mut target: Value, path: &[String], value: Value) -> Option<Value> {
    let Some((last, parent)) = path.split_last() else {
        return Some(value);
    };
    match find_mut(&mut target, parent)? {
        Value::Object(members) => {
            members.insert(last.clone(), value);
        }
        Value::Array(items) if last == "-" => items.push(value),
        Value::Array(items) => {
            let at = place(last).filter(|at| *at <= items.len())?;
            items.insert(at, value);
        }
        _ => return None,
    }
    Some(target)
}

fn remove(mut target: Value, path: &[String]) -> Option<(Value, Value)> {
    // An object without anything is no object.
    let (last, parent) = path.split_last()?;
    let removed = match find_mut(&mut target, parent)? {
        Value::Object(members) => members.remove(last)?,
        Value::Array(items) => {
            let at = place(last).filter(|at| *at < items.len())?;
            items.remove(at)
        }
        _ => return None,
    };
    Some((target, removed))
}
