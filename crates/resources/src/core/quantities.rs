//! Amounts in objects, as they are stored: texts, each in its shortest form.

use serde_json::Value;
use weir_apiserver::{ApiError, FieldError, Object};
use weir_quota::Quantity;

use crate::json;

const RULE: &str = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/// Writes the amounts of the map at `path` as they are stored. What is none stays, for [`check`] to refuse.
pub(super) fn normalize(object: &mut Object, path: &str) {
    let Some(amounts) = object.pointer_mut(path).and_then(Value::as_object_mut) else {
        return;
    };
    for amount in amounts.values_mut() {
        if let Some(quantity) = read(amount) {
            *amount = quantity.to_string().into();
        }
    }
}

/// An object with something else in the place of an amount cannot be read at all.
pub(super) fn check(object: &Object, path: &str) -> Result<(), ApiError> {
    for (name, amount) in json::members(object, path) {
        if read(amount).is_none() {
            let kind = json::text(object, "/kind");
            return Err(ApiError::bad_request(format!(
                "{kind} in version \"v1\" cannot be handled as a {kind}: {name}: {RULE}"
            )));
        }
    }
    Ok(())
}

/// The amounts of the map at `path`, by their names.
pub(super) fn all<'a>(object: &'a Object, path: &str) -> impl Iterator<Item = (&'a str, Quantity)> {
    json::members(object, path).filter_map(|(name, amount)| Some((name.as_str(), read(amount)?)))
}

/// A bound is never below nothing, and a bound on a number of things is a whole number.
pub(super) fn validate_bound(field: &str, amount: Quantity, counts_things: bool) -> Vec<FieldError> {
    let mut problems = Vec::new();
    if amount.is_negative() {
        let message = "must be greater than or equal to 0";
        problems.push(FieldError::invalid(field, amount.to_string(), message));
    }
    if counts_things && !amount.is_whole() {
        problems.push(FieldError::invalid(field, amount.to_string(), "must be an integer"));
    }
    problems
}

fn read(amount: &Value) -> Option<Quantity> {
    match amount {
        Value::String(text) => Quantity::parse(text),
        Value::Number(number) => Quantity::parse(&number.to_string()),
        _ => None,
    }
}
