//! A merge patch does what RFC 7386 writes in its twenty lines, and nothing more when it is applied again.

use arbitrary::Unstructured;
use serde_json::{Map, Value};
use weir_apiserver::Schema;
use weir_apiserver::fuzzing::patch;

use crate::value::object;

pub fn check(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let (Ok(target), Ok(wish)) = (object(&mut u), object(&mut u)) else {
        return;
    };
    let apply = |target: &Value| {
        let body = wish.to_string();
        patch("application/merge-patch+json", body.as_bytes(), target, &Schema::ANY).expect("any object is a patch")
    };
    let patched = apply(&target);
    assert_eq!(patched, model(target, &wish));
    assert_eq!(apply(&patched), patched, "again");
}

fn model(target: Value, wish: &Value) -> Value {
    let Value::Object(wish) = wish else {
        return wish.clone();
    };
    let mut members = match target {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    for (key, value) in wish {
        let before = members.remove(key).unwrap_or(Value::Null);
        if !value.is_null() {
            members.insert(key.clone(), model(before, value));
        }
    }
    Value::Object(members)
}
