use std::cmp::Ordering;

use serde_json::Value;

use super::json_path::JsonPath;

/// Orders objects by what a path finds in them; what it does not find comes first.
pub fn by_path(path: &JsonPath, left: &Value, right: &Value) -> Ordering {
    match (path.find(left).first(), path.find(right).first()) {
        (Some(left), Some(right)) => super::json_path::compare(left, right).unwrap_or(Ordering::Equal),
        (left, right) => left.is_some().cmp(&right.is_some()),
    }
}
