//! Patches as pure functions: what an object is after a patch.

mod json;
mod strategic;

use serde_json::Value;

use crate::{ApiError, Schema};

/// The media type of server-side apply.
pub(crate) const APPLY: &str = "application/apply-patch+yaml";
/// Attempts to apply a patch when others write the same object at the same time.
pub(crate) const PATCH_ATTEMPTS: usize = 8;

/// A decoded patch body.
pub(crate) enum Patch {
    Merge(Value),
    Strategic(Value),
    Json(json::JsonPatch),
    /// Server-side apply: all that the applier wants of the object.
    Apply(Value),
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum PatchError {
    /// The patch itself is wrong, whatever it is applied to.
    #[error("{0}")]
    Malformed(String),
    /// The patch does not fit this object.
    #[error("{0}")]
    Unfit(String),
    #[error("{0}")]
    TooLarge(String),
    /// A wish needs to know who owns what, and that is noted down for stored objects only.
    #[error(
        "server-side apply is not supported here, because what this path shows is computed; apply to the object it comes \
         from, or send another kind of patch"
    )]
    NotApplicable,
}

impl Patch {
    /// All but wishes of server-side apply, which are read like objects. `content_type` without parameters.
    pub fn decode(content_type: &str, body: &[u8]) -> Result<Self, ApiError> {
        let patch = match content_type {
            "application/merge-patch+json" => Self::Merge(decode_object(body)?),
            "application/strategic-merge-patch+json" => Self::Strategic(decode_object(body)?),
            "application/json-patch+json" => Self::Json(json::JsonPatch::decode(body)?),
            _ => {
                return Err(ApiError::unsupported_media_type(
                    "the body of the request was in an unknown format - accepted media types include: \
                     application/json-patch+json, application/merge-patch+json, \
                     application/strategic-merge-patch+json, application/apply-patch+yaml",
                ));
            }
        };
        Ok(patch)
    }

    pub fn apply(&self, object: &Value, schema: &Schema) -> Result<Value, PatchError> {
        match self {
            Self::Merge(patch) => {
                let mut patched = object.clone();
                json_patch::merge(&mut patched, patch);
                Ok(patched)
            }
            Self::Strategic(patch) => strategic::apply(schema, object, patch),
            Self::Json(patch) => patch.apply(object),
            Self::Apply(_) => Err(PatchError::NotApplicable),
        }
    }

    /// Does the patch say which revision it is for? It is then applied once, and a conflict goes to the client.
    pub fn names_revision(&self) -> bool {
        match self {
            Self::Merge(patch) | Self::Strategic(patch) => !patch["metadata"]["resourceVersion"].is_null(),
            Self::Json(patch) => patch.touches("/metadata/resourceVersion"),
            Self::Apply(wish) => !wish["metadata"]["resourceVersion"].is_null(),
        }
    }
}

impl From<PatchError> for ApiError {
    fn from(error: PatchError) -> Self {
        match error {
            PatchError::Malformed(why) => Self::bad_request(why),
            PatchError::Unfit(why) => Self::unprocessable(format!(
                "the server rejected our request due to an error in our request: {why}"
            )),
            PatchError::TooLarge(why) => Self::request_entity_too_large(why),
            PatchError::NotApplicable => Self::unsupported_media_type(error),
        }
    }
}

fn decode_object(body: &[u8]) -> Result<Value, ApiError> {
    let patch = crate::body::decode_json(body)?;
    if patch.is_object() {
        return Ok(patch);
    }
    Err(ApiError::bad_request(
        "error decoding patch: the patch is not a JSON object",
    ))
}
