//! What is read is what serde_json reads, unless it nests too deeply; and what was read can be written and read again.

use serde_json::Value;
use weir_apiserver::fuzzing::{MAX_DEPTH, json};

use crate::value::depth;

pub fn check(data: &[u8]) {
    let model = serde_json::from_slice::<Value>(data);
    match (json(data), model) {
        (Ok(value), Ok(model)) => {
            assert_eq!(value, model);
            assert!(depth(&value) <= MAX_DEPTH);
            let again = json(value.to_string().as_bytes()).expect("what was written is read");
            assert_eq!(again, value);
        }
        (Err(_), Ok(model)) => assert!(depth(&model) > MAX_DEPTH, "refused without reason"),
        (Err(_), Err(_)) => {}
        (Ok(value), Err(error)) => panic!("{value} was read: {error}"),
    }
}
