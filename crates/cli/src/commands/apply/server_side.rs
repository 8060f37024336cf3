//! The server merges: what the file says becomes ours, what it no longer says and nobody else owns goes.

use serde_json::{Map, Value, json};
use weir_api::names::annotation::LAST_APPLIED;

use super::{Args, FIELD_MANAGER};
use crate::api::{Call, PatchType};
use crate::choice::Chosen;
use crate::failure::Failure;
use crate::manifest::Document;
use crate::session::Session;

pub async fn apply(args: &Args, session: &Session<'_>, chosen: &Chosen, document: &Document) -> Result<Value, Failure> {
    let during = |failure: Failure| explain(failure, document);
    if args.writing.client_only() {
        return Err(Failure::usage("--dry-run=client does not work with --server-side").hint("--dry-run=server does"));
    }
    let applied = send(args, session, chosen, document).await.map_err(during)?;
    if args.writing.dry_run_is_off() && take_over(args, session, chosen, &applied).await? {
        // Fields that the file had set as a client and no longer sets go now.
        return send(args, session, chosen, document).await.map_err(during);
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

fn explain(failure: Failure, document: &Document) -> Failure {
    let Some(status) = failure.status() else { return failure };
    let causes = status.details.iter().flat_map(|details| &details.causes);
    if causes.into_iter().any(|cause| cause.reason == "FieldManagerConflict") {
        return Failure::refused(status.message.clone())
            .hint("leave the fields out of the file and they stay with their owners; give them their present values to own them together")
            .hint("--force-conflicts takes them over");
    }
    failure.during(format!("error when applying \"{}\"", document.source))
}

/// Fields of an object that was applied by clients so far become ours, so that what the file drops is dropped.
async fn take_over(args: &Args, session: &Session<'_>, chosen: &Chosen, live: &Value) -> Result<bool, Failure> {
    let Some(entries) = merged(&live["metadata"]["managedFields"], &args.field_manager) else {
        return Ok(false);
    };
    let patch = json!([
        {"op": "replace", "path": "/metadata/managedFields", "value": entries},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"]},
    ]);
    let call = Call::patch(&chosen.path(), PatchType::Json, &patch);
    session.api().await?.json(call).await?;
    Ok(true)
}

/// The owners with the client-side entry joined to ours; `None` when there is no such entry.
fn merged(entries: &Value, manager: &str) -> Option<Value> {
    let entries = entries.as_array()?;
    let is_client = |entry: &Value| entry["manager"] == FIELD_MANAGER && entry["operation"] == "Update";
    let client = entries.iter().find(|entry| is_client(entry))?;
    let mut kept: Vec<Value> = entries.iter().filter(|entry| !is_client(entry)).cloned().collect();
    let own = kept
        .iter_mut()
        .find(|entry| entry["manager"] == manager && entry["operation"] == "Apply")?;
    if let (Some(into), Some(from)) = (own["fieldsV1"].as_object_mut(), client["fieldsV1"].as_object()) {
        join(into, from);
    }
    Some(kept.into())
}

/// Sets of fields are trees of names.
fn join(into: &mut Map<String, Value>, from: &Map<String, Value>) {
    for (name, below) in from {
        match (into.get_mut(name).and_then(Value::as_object_mut), below.as_object()) {
            (Some(known), Some(below)) => join(known, below),
            _ => {
                into.insert(name.clone(), below.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clients_fields_become_ours() {
        let entries = json!([
            {"manager": "kubectl", "operation": "Apply", "fieldsV1": {"f:spec": {"f:a": {}}}},
            {"manager": "kubectl-client-side-apply", "operation": "Update", "fieldsV1": {"f:spec": {"f:b": {}}, "f:x": {}}},
            {"manager": "other", "operation": "Update", "fieldsV1": {}},
        ]);
        let merged = merged(&entries, "kubectl").unwrap();
        assert_eq!(merged.as_array().unwrap().len(), 2);
        assert_eq!(
            merged[0]["fieldsV1"],
            json!({"f:spec": {"f:a": {}, "f:b": {}}, "f:x": {}})
        );
        assert!(super::merged(&merged, "kubectl").is_none());
    }
}
