//! The server merges: what the file says becomes ours, what it no longer says and nobody else owns goes.

mod migration;

use serde_json::Value;
use weir_api::names::annotation::LAST_APPLIED;

use super::Args;
use crate::api::{Call, PatchType};
use crate::choice::Chosen;
use crate::failure::Failure;
use crate::manifest::Document;
use crate::session::Session;

/// Under this name fields are owned unless another is asked for.
pub(super) const FIELD_MANAGER: &str = "kubectl";

pub async fn apply(args: &Args, session: &Session<'_>, chosen: &Chosen, document: &Document) -> Result<Value, Failure> {
    let applied = send(args, session, chosen, document).await.map_err(explain)?;
    if args.writing.dry_run_is_off() && migration::migrate(args, session, chosen, &applied).await? {
        // Fields that the file had set as a client and no longer sets go now.
        return send(args, session, chosen, document).await.map_err(explain);
    }
    Ok(applied)
}

async fn send(args: &Args, session: &Session<'_>, chosen: &Chosen, document: &Document) -> Result<Value, Failure> {
    let call = Call::patch(&chosen.path(), PatchType::Apply, &plain(&document.object))
        .query("fieldManager", &args.field_manager)
        .query("fieldValidation", args.validate.parameter())
        .query("force", args.force_conflicts);
    session.api().await?.json(args.writing.mark(call)).await
}

/// Without the record of a client-side apply, and without what only the server sets.
fn plain(object: &Value) -> Value {
    let mut plain = object.clone();
    if let Some(annotations) = plain["metadata"]["annotations"].as_object_mut() {
        annotations.remove(LAST_APPLIED);
    }
    if let Some(metadata) = plain["metadata"].as_object_mut() {
        metadata.remove("managedFields");
        metadata.retain(|_, value| !value.is_null());
    }
    plain
}

fn explain(failure: Failure) -> Failure {
    let Some(status) = failure.status() else { return failure };
    let causes = status.details.iter().flat_map(|details| &details.causes);
    if causes.into_iter().any(|cause| cause.reason == "FieldManagerConflict") {
        return Failure::refused(status.message.clone())
            .hint("leave the fields out of the file and they stay with their owners; give them their present values to own them together")
            .hint("--force-conflicts takes them over");
    }
    failure
}

#[cfg(test)]
mod tests;
