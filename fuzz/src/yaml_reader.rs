//! What YAML says can be said in JSON, which is YAML too, once characters that YAML does not print are escaped: both
//! readers then read the same value.

use weir_apiserver::fuzzing::{MAX_DEPTH, json, yaml};

use crate::value::depth;

pub fn check(data: &[u8]) {
    let Ok(value) = yaml(data) else { return };
    assert!(depth(&value) <= MAX_DEPTH);
    let text = printable(&value.to_string());
    let by_json = json(text.as_bytes()).expect("what was written is read");
    assert_eq!(by_json, value);
    let by_yaml = yaml(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(by_yaml, value, "{text}");
}

/// Escapes what JSON may have in a text as it is, and YAML may not (YAML 1.2.2, 5.1).
fn printable(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => {
                text.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            _ => text.push(character),
        }
    }
    text
}
