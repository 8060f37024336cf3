//! Elements of paths, as they are written in sets of fields:
//!
//! | element | means |
//! |---|---|
//! | `f:NAME` | a member of an object |
//! | `k:{"KEY":VALUE,…}` | the element of a list with these keys, in the order of their names |
//! | `v:VALUE` | an element of a set of primitive values |
//! | `i:NUMBER` | an element of a list by its place |

use std::fmt::Write as _;

use serde_json::{Map, Value};

pub(super) fn field(name: &str) -> String {
    let mut element = String::with_capacity(name.len() + 2);
    element.push_str("f:");
    element.push_str(name);
    element
}

pub(super) fn keys(keys: &Map<String, Value>) -> String {
    let mut element = String::from("k:{");
    for (index, (key, value)) in keys.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let _infallible = write!(element, "{comma}{}:{value}", Quoted(key));
    }
    element.push('}');
    element
}

pub(super) fn value(value: &Value) -> String {
    format!("v:{value}")
}

/// The name, when the element is a member of an object.
pub(super) fn field_name(element: &str) -> Option<&str> {
    element.strip_prefix("f:")
}

/// The same element in the one form that equal elements share. `None` when it is none.
pub(super) fn canonical(element: &str) -> Option<String> {
    let (kind, rest) = element.split_at_checked(2)?;
    match kind {
        "f:" => Some(element.to_owned()),
        "k:" => Some(keys(&serde_json::from_str(rest).ok()?)),
        "v:" => Some(value(&serde_json::from_str(rest).ok()?)),
        "i:" => Some(format!("i:{}", rest.parse::<usize>().ok()?)),
        _ => None,
    }
}

/// Appends the element as people read it: `.image`, `[name="web"]`, `[="value"]`, `[3]`.
pub(super) fn write_readable(element: &str, out: &mut String) {
    let (kind, rest) = element.split_at_checked(2).unwrap_or(("", element));
    match kind {
        "f:" => {
            out.push('.');
            out.push_str(rest);
        }
        "k:" => {
            let keys: Map<String, Value> = serde_json::from_str(rest).unwrap_or_default();
            let keys: Vec<String> = keys.iter().map(|(key, value)| format!("{key}={value}")).collect();
            let _infallible = write!(out, "[{}]", keys.join(","));
        }
        "v:" => {
            let _infallible = write!(out, "[={rest}]");
        }
        _ => {
            let _infallible = write!(out, "[{rest}]");
        }
    }
}

/// A text as JSON.
struct Quoted<'a>(&'a str);

impl std::fmt::Display for Quoted<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}", Value::from(self.0))
    }
}
