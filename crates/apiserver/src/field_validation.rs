//! What becomes of fields that a kind does not have, of fields that are there twice, and of values of a wrong type.

use serde_json::Value;

use crate::context::Query;
use crate::definitions::findings::Findings;
use crate::{ApiError, FieldError, GroupVersionKind, RequestContext, query};

/// Longest text of a patch that an error repeats.
const MAX_SHOWN: usize = 256;

/// `fieldValidation` of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FieldValidation {
    /// Unknown fields are dropped, of duplicate ones the last is taken.
    Ignore,
    /// The same, and the client is told.
    #[default]
    Warn,
    /// The request is refused.
    Strict,
}

impl FieldValidation {
    pub(crate) fn parse(query: &Query) -> Result<Self, ApiError> {
        match query::text(query, "fieldValidation") {
            None => Ok(Self::default()),
            Some("Ignore") => Ok(Self::Ignore),
            Some("Warn") => Ok(Self::Warn),
            Some("Strict") => Ok(Self::Strict),
            Some(other) => Err(ApiError::bad_request(format!(
                "invalid fieldValidation value {other:?}: supported values are Ignore, Warn, Strict"
            ))),
        }
    }
}

/// Judges the body of a request about an object of `kind`.
pub(crate) fn judge(cx: &RequestContext, kind: &GroupVersionKind, findings: &Findings) -> Result<(), ApiError> {
    reason(cx, findings).map_or(Ok(()), |why| {
        Err(ApiError::bad_request(format!(
            "{0} in version \"{1}\" cannot be handled as a {0}: {why}",
            kind.kind, kind.version
        )))
    })
}

/// The same of an object that a patch made.
pub(crate) fn judge_patched(cx: &RequestContext, patched: &Value, findings: &Findings) -> Result<(), ApiError> {
    reason(cx, findings).map_or(Ok(()), |why| Err(bad_patch(patched.to_string(), why)))
}

/// The same of the patch itself.
pub(crate) fn judge_patch(cx: &RequestContext, patch: &[u8], findings: &Findings) -> Result<(), ApiError> {
    let refusal = |why| Err(bad_patch(String::from_utf8_lossy(patch).into_owned(), why));
    reason(cx, findings).map_or(Ok(()), refusal)
}

fn bad_patch(mut shown: String, why: String) -> ApiError {
    if let Some((end, _)) = shown.char_indices().nth(MAX_SHOWN) {
        shown.truncate(end);
        shown.push_str("...");
    }
    let nothing = GroupVersionKind {
        group: "",
        version: "",
        kind: "",
    };
    let problem = FieldError::invalid("patch", shown, why);
    ApiError::invalid(&nothing, "", vec![problem])
}

/// Why the request is refused, if it is. A value that cannot be read outweighs fields that should not be there.
fn reason(cx: &RequestContext, findings: &Findings) -> Option<String> {
    if let Some(error) = &findings.type_error {
        return Some(error.clone());
    }
    match cx.field_validation {
        FieldValidation::Ignore => None,
        FieldValidation::Warn => {
            findings.strict.iter().for_each(|finding| cx.warn(finding));
            None
        }
        FieldValidation::Strict if findings.strict.is_empty() => None,
        FieldValidation::Strict => Some(format!("strict decoding error: {}", findings.list())),
    }
}
