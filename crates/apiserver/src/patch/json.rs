use std::io;

use json_patch::PatchOperation;
use serde_json::Value;

use super::PatchError;
use crate::ApiError;
use crate::body::{MAX_DEPTH, decode_json, depth};

/// Operations of one patch. More are refused, because each may cost as much as the object is large.
const MAX_OPERATIONS: usize = 10_000;
/// Bytes that all `copy` and `move` operations of one patch may move together: a few copies of copies would otherwise
/// fill the memory.
const MAX_COPIED: usize = 3 << 20;
/// Elements of lists that all operations of one patch may push aside together. Each insertion at the front of a long
/// list moves all of it, so that a small patch could otherwise keep a processor busy for minutes.
const MAX_SHIFTED: usize = 10_000_000;

/// RFC 6902, with bounds.
pub(crate) struct JsonPatch(Vec<PatchOperation>);

impl JsonPatch {
    pub fn decode(body: &[u8]) -> Result<Self, ApiError> {
        let value = decode_json(body)?;
        let operations = value
            .as_array()
            .ok_or_else(|| ApiError::bad_request("a JSON patch is an array of operations"))?;
        if operations.len() > MAX_OPERATIONS {
            return Err(ApiError::request_entity_too_large(format!(
                "the allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {}",
                operations.len()
            )));
        }
        let operations: Vec<PatchOperation> = serde_json::from_value(value)
            .map_err(|error| ApiError::bad_request(format!("error decoding patch: {error}")))?;
        if operations.iter().any(|operation| operation.path().count() > MAX_DEPTH) {
            return Err(ApiError::bad_request(format!(
                "a path of the patch is deeper than {MAX_DEPTH}"
            )));
        }
        Ok(Self(operations))
    }

    pub fn touches(&self, path: &str) -> bool {
        self.0.iter().any(|operation| operation.path().as_str() == path)
    }

    pub fn apply(&self, object: &Value) -> Result<Value, PatchError> {
        let mut patched = object.clone();
        let (mut copied, mut shifted) = (0, 0);
        for (index, operation) in self.0.iter().enumerate() {
            copied += cost(&patched, operation)?;
            if copied > MAX_COPIED {
                return Err(PatchError::TooLarge(format!(
                    "the patch copies more than {MAX_COPIED} bytes"
                )));
            }
            shifted += pushed_aside(&patched, operation);
            if shifted > MAX_SHIFTED {
                return Err(PatchError::TooLarge(format!(
                    "the patch moves elements of lists more than {MAX_SHIFTED} times"
                )));
            }
            json_patch::patch_unsafe(&mut patched, std::slice::from_ref(operation)).map_err(|error| {
                PatchError::Unfit(format!(
                    "operation {index} at path {:?}: {}",
                    error.path.as_str(),
                    error.kind
                ))
            })?;
        }
        Ok(patched)
    }
}

/// Bytes that an operation copies. Fails when it would nest the object too deeply.
fn cost(object: &Value, operation: &PatchOperation) -> Result<usize, PatchError> {
    let (moved, is_copied) = match operation {
        PatchOperation::Copy(copy) => (object.pointer(copy.from.as_str()), true),
        PatchOperation::Move(mov) => (object.pointer(mov.from.as_str()), true),
        PatchOperation::Add(add) => (Some(&add.value), false),
        PatchOperation::Replace(replace) => (Some(&replace.value), false),
        PatchOperation::Remove(_) | PatchOperation::Test(_) => (None, false),
    };
    let Some(value) = moved else {
        return Ok(0);
    };
    if operation.path().count() + depth(value) > MAX_DEPTH {
        return Err(PatchError::TooLarge(format!(
            "the patch nests the object deeper than {MAX_DEPTH}"
        )));
    }
    Ok(if is_copied { encoded_len(value) } else { 0 })
}

/// Elements behind the places where an operation inserts or removes one.
fn pushed_aside(object: &Value, operation: &PatchOperation) -> usize {
    match operation {
        PatchOperation::Add(_) | PatchOperation::Remove(_) | PatchOperation::Copy(_) => {
            behind(object, operation.path().as_str())
        }
        PatchOperation::Move(mov) => behind(object, mov.from.as_str()) + behind(object, mov.path.as_str()),
        PatchOperation::Replace(_) | PatchOperation::Test(_) => 0,
    }
}

/// Elements of the list at and after the place that a path names; 0 when it does not lead into a list.
fn behind(object: &Value, path: &str) -> usize {
    let place = path.rsplit_once('/').and_then(|(list, place)| {
        let list = object.pointer(list)?.as_array()?;
        Some(list.len().saturating_sub(place.parse().ok()?))
    });
    place.unwrap_or(0)
}

fn encoded_len(value: &Value) -> usize {
    struct Count(usize);
    impl io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    match serde_json::to_writer(&mut count, value) {
        Ok(()) => count.0,
        Err(_) => usize::MAX / 2, // a value that cannot be written is over every bound
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn run(object: Value, patch: Value) -> Result<Value, PatchError> {
        let body = serde_json::to_vec(&patch).expect("a JSON value");
        JsonPatch::decode(&body).expect("a well-formed patch").apply(&object)
    }

    #[test]
    fn operations_follow_rfc_6902() {
        let table = [
            (
                json!({"a": 1}),
                json!([{"op": "add", "path": "/b", "value": 2}]),
                json!({"a": 1, "b": 2}),
            ),
            (
                json!({"a": [1, 3]}),
                json!([{"op": "add", "path": "/a/1", "value": 2}]),
                json!({"a": [1, 2, 3]}),
            ),
            (
                json!({"a": [1]}),
                json!([{"op": "add", "path": "/a/-", "value": 2}]),
                json!({"a": [1, 2]}),
            ),
            (
                json!({"a": 1, "b": 2}),
                json!([{"op": "remove", "path": "/a"}]),
                json!({"b": 2}),
            ),
            (
                json!({"a": 1}),
                json!([{"op": "replace", "path": "/a", "value": null}]),
                json!({"a": null}),
            ),
            (
                json!({"a": 1}),
                json!([{"op": "move", "from": "/a", "path": "/b"}]),
                json!({"b": 1}),
            ),
            (
                json!({"a": 1}),
                json!([{"op": "copy", "from": "/a", "path": "/b"}]),
                json!({"a": 1, "b": 1}),
            ),
            (
                json!({"m": {"x/y": 1}}),
                json!([{"op": "test", "path": "/m/x~1y", "value": 1}, {"op": "remove", "path": "/m/x~1y"}]),
                json!({"m": {}}),
            ),
        ];
        for (object, patch, wanted) in table {
            assert_eq!(
                run(object, patch.clone()).unwrap_or_else(|e| panic!("{patch}: {e}")),
                wanted,
                "{patch}"
            );
        }
    }

    #[test]
    fn operations_that_do_not_fit_are_refused() {
        let table = [
            json!([{"op": "test", "path": "/a", "value": 2}]),
            json!([{"op": "remove", "path": "/b"}]),
            json!([{"op": "replace", "path": "/b", "value": 1}]),
            json!([{"op": "add", "path": "/b/c", "value": 1}]),
            json!([{"op": "move", "from": "/b", "path": "/c"}]),
        ];
        for patch in table {
            assert!(
                matches!(run(json!({"a": 1}), patch.clone()), Err(PatchError::Unfit(_))),
                "{patch}"
            );
        }
    }

    #[test]
    fn copies_of_copies_are_bounded_in_bytes() {
        let doubling: Vec<Value> = (0..100)
            .map(|_| json!({"op": "copy", "from": "/a", "path": "/a/-"}))
            .collect();
        let result = run(json!({"a": ["0123456789"]}), Value::Array(doubling));
        assert!(matches!(result, Err(PatchError::TooLarge(_))));
    }

    #[test]
    fn elements_pushed_aside_are_bounded() {
        let long = |length: usize| json!({"a": vec![0; length]});
        let at_front = |count: usize| Value::Array(vec![json!({"op": "add", "path": "/a/0", "value": 0}); count]);
        let at_end = Value::Array(vec![json!({"op": "add", "path": "/a/-", "value": 0}); MAX_OPERATIONS]);
        let there_and_back = json!({"op": "move", "from": "/a/0", "path": "/a/0"});
        assert!(run(long(100), at_front(1_000)).is_ok());
        assert!(run(long(400_000), at_end).is_ok());
        for patch in [at_front(100), Value::Array(vec![there_and_back; 100])] {
            let result = run(long(400_000), patch);
            assert!(matches!(result, Err(PatchError::TooLarge(_))));
        }
    }

    #[test]
    fn copies_into_themselves_are_bounded_in_depth() {
        let nesting: Vec<Value> = (0..100)
            .map(|_| json!({"op": "copy", "from": "/a", "path": "/a/a"}))
            .collect();
        let result = run(json!({"a": {}}), Value::Array(nesting));
        assert!(matches!(result, Err(PatchError::TooLarge(_))));
    }

    #[test]
    fn additions_are_bounded_in_depth() {
        let nested = |depth: usize| (0..depth).fold(json!(1), |inner, _| json!({"a": inner}));
        let path = "/a".repeat(40);
        let add = |depth: usize| json!([{"op": "add", "path": path, "value": nested(depth)}]);
        assert!(run(nested(40), add(MAX_DEPTH - 40 - 2)).is_ok());
        assert!(matches!(
            run(nested(40), add(MAX_DEPTH - 39)),
            Err(PatchError::TooLarge(_))
        ));
    }

    #[test]
    fn too_many_operations_are_refused_when_decoding() {
        let many: Vec<Value> = (0..=MAX_OPERATIONS)
            .map(|_| json!({"op": "test", "path": "/a", "value": 1}))
            .collect();
        let body = serde_json::to_vec(&many).expect("a JSON value");
        assert_eq!(JsonPatch::decode(&body).err().map(|error| error.code), Some(413));
    }
}
