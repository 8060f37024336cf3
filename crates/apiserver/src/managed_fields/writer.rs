use crate::chain::options_kind;
use crate::fields::FieldSet;
use crate::{ApiError, FieldError, GroupVersionKind, RequestContext, Verb};

/// Longest name of a manager.
const MAX_MANAGER: usize = 128;
/// The query parameter by which a client names itself.
const FIELD_MANAGER: &str = "fieldManager";

/// Who writes an object, as its managed fields name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Writer {
    pub manager: String,
    /// Of the object that is written.
    pub api_version: String,
    /// The path below the object through which it is written; empty for the object itself.
    pub subresource: String,
    /// When, as Kubernetes writes times.
    pub time: String,
}

/// The part of an object that a path can change. A writer owns nothing outside of it, whatever it sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Whole,
    /// Kinds with a `/status` do not take a status anywhere else.
    AllButStatus,
    Status,
}

impl Part {
    pub fn restrict(self, set: &mut FieldSet) {
        match self {
            Self::Whole => {}
            Self::AllButStatus => set.drop_field("status"),
            Self::Status => set.keep_field("status"),
        }
    }
}

impl Writer {
    /// The name that the request gives, or that of the client's program.
    pub fn of(cx: &RequestContext, kind: &GroupVersionKind, subresource: &str, time: String) -> Self {
        let manager = match cx.query_value(FIELD_MANAGER) {
            Some(named) if !named.is_empty() => named.to_owned(),
            _ => program(&cx.user_agent),
        };
        Self {
            manager,
            api_version: kind.api_version(),
            subresource: subresource.to_owned(),
            time,
        }
    }
}

/// `oc/4.22 (linux/amd64) kubernetes/…` is `oc`.
fn program(user_agent: &str) -> String {
    let program = user_agent.split('/').next().unwrap_or_default();
    let mut name = String::new();
    for letter in program.chars().filter(|letter| !letter.is_control()) {
        if name.len() + letter.len_utf8() > MAX_MANAGER {
            break;
        }
        name.push(letter);
    }
    match name.as_str() {
        "" => "unknown".to_owned(),
        _ => name,
    }
}

/// The options of a write that say who writes, and how.
pub(crate) fn check_options(cx: &RequestContext, verb: Verb, is_apply: bool) -> Result<(), ApiError> {
    let manager = cx.query_value(FIELD_MANAGER).unwrap_or_default();
    let mut errors = Vec::new();
    if manager.len() > MAX_MANAGER {
        errors.push(FieldError::too_long(FIELD_MANAGER, MAX_MANAGER));
    }
    let unprintable = manager.char_indices().find(|(_, letter)| letter.is_control());
    if let Some((place, letter)) = unprintable {
        let why = format!("invalid character U+{:04X} (at position {place})", u32::from(letter));
        errors.push(FieldError::invalid(FIELD_MANAGER, manager, why));
    }
    if is_apply && manager.is_empty() {
        errors.push(FieldError::required(FIELD_MANAGER, "is required for apply patch"));
    }
    if verb == Verb::Patch && !is_apply && cx.query_value("force").is_some() {
        errors.push(FieldError::forbidden(
            "force",
            "may not be specified for non-apply patch",
        ));
    }
    match errors.is_empty() {
        true => Ok(()),
        false => Err(ApiError::invalid(&options_kind(options_of(verb)), "", errors)),
    }
}

/// What the options of a verb are called.
fn options_of(verb: Verb) -> &'static str {
    match verb {
        Verb::Create => "CreateOptions",
        Verb::Update => "UpdateOptions",
        _ => "PatchOptions",
    }
}
