use serde_json::{Value, json};

use super::ManagedFields;

/// The managers that a write starts from. A client may give the list itself, to hand fields from one manager to
/// another; what is not such a list is ignored, so that clients that know nothing of it lose nothing. A list with one
/// empty entry forgets everybody.
pub(crate) fn claimed(sent: Option<&Value>, live: &Value) -> ManagedFields {
    let stored = || ManagedFields::stored(live);
    match sent {
        None => stored(),
        Some(sent) if sent == live => stored(),
        Some(sent) if is_reset(sent) => ManagedFields::default(),
        Some(sent) => match ManagedFields::decode(sent) {
            Ok(managed) if !managed.is_empty() => managed,
            Ok(_) | Err(_) => stored(),
        },
    }
}

fn is_reset(list: &Value) -> bool {
    *list == json!([]) || *list == json!([{}])
}
