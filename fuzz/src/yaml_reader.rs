//! What YAML says can be said in JSON, which is YAML too: both readers then read the same value.

use weir_apiserver::fuzzing::{MAX_DEPTH, json, yaml};

use crate::value::depth;

pub fn check(data: &[u8]) {
    let Ok(value) = yaml(data) else { return };
    assert!(depth(&value) <= MAX_DEPTH);
    let text = value.to_string();
    let by_json = json(text.as_bytes()).expect("what was written is read");
    assert_eq!(by_json, value);
    let by_yaml = yaml(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(by_yaml, value, "{text}");
}
