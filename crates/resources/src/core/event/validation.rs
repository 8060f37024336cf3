//! What an Event must have. Those that say when they happened by `eventTime` are held to more.

use weir_apiserver::names::validate_qualified_name;
use weir_apiserver::{FieldError, Object};

use crate::json;

/// Longest `reportingInstance`, `action` and `reason`.
const MAX_TEXT: usize = 128;
/// Longest message.
const MAX_MESSAGE: usize = 1024;

pub(super) fn problems(event: &Object) -> Vec<FieldError> {
    let is_new_style = !json::text(event, "/eventTime").is_empty();
    let mut problems: Vec<FieldError> = namespace(event, is_new_style).into_iter().collect();
    if is_new_style {
        problems.extend(controller(event));
        for field in ["reportingInstance", "action", "reason"] {
            problems.extend(required(event, field));
        }
        if json::text(event, "/message").len() > MAX_MESSAGE {
            let why = format!("can have at most {MAX_MESSAGE} characters");
            problems.push(FieldError::invalid("message", "", why));
        }
    }
    problems
}

/// Events are where what they are about is. What has no namespace has its events in `default`.
fn namespace(event: &Object, is_new_style: bool) -> Option<FieldError> {
    let own = json::text(event, "/metadata/namespace");
    let about = json::text(event, "/involvedObject/namespace");
    let fits = match about {
        "" => own == "default" || (is_new_style && own == "kube-system"),
        about => about == own,
    };
    (!fits).then(|| FieldError::invalid("involvedObject.namespace", about, "does not match event.namespace"))
}

fn controller(event: &Object) -> Option<FieldError> {
    const FIELD: &str = "reportingComponent";
    let name = json::text(event, "/reportingComponent");
    if name.is_empty() {
        return Some(FieldError::required(FIELD, ""));
    }
    let rule = validate_qualified_name(name).err()?;
    Some(FieldError::invalid(FIELD, name, rule))
}

fn required(event: &Object, field: &str) -> Option<FieldError> {
    match json::text(event, &format!("/{field}")).len() {
        0 => Some(FieldError::required(field, "")),
        length if length > MAX_TEXT => {
            let why = format!("can have at most {MAX_TEXT} characters");
            Some(FieldError::invalid(field, "", why))
        }
        _ => None,
    }
}
