//! From what clients merged to what the server merges: fields that a client-side apply owns become ours, so that what
//! the file drops is dropped.

use serde_json::{Map, Value, json};
use weir_api::names::annotation::LAST_APPLIED;

use super::super::{Args, FIELD_MANAGER as CLIENT_MANAGER};
use super::FIELD_MANAGER;
use crate::api::{Call, PatchType};
use crate::choice::Chosen;
use crate::failure::Failure;
use crate::session::Session;

/// Owner of the record of the last client-side apply, which stays: who goes back to it finds it up to date.
const RECORD_MANAGER: &str = "kubectl-last-applied";
/// How often to begin again when somebody else writes the object in between.
const TRIES: usize = 5;

/// Whether anything had to be migrated.
pub(super) async fn migrate(
    args: &Args,
    session: &Session<'_>,
    chosen: &Chosen,
    applied: &Value,
) -> Result<bool, Failure> {
    if merged(owners(applied), &args.field_manager).is_none() {
        return Ok(false);
    }
    let api = session.api().await?;
    let mut live = match kept_record(args, applied) {
        Some(record) => {
            let call = Call::patch(&chosen.path(), PatchType::Apply, &record).query("fieldManager", RECORD_MANAGER);
            api.json(call).await?
        }
        None => applied.clone(),
    };
    let mut tries = 0;
    while let Some(entries) = merged(owners(&live), &args.field_manager) {
        let patch = json!([
            {"op": "replace", "path": "/metadata/managedFields", "value": entries},
            {"op": "replace", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"]},
        ]);
        let call = Call::patch(&chosen.path(), PatchType::Json, &patch).query("fieldManager", &args.field_manager);
        tries += 1;
        match api.json(call).await {
            Ok(_) => break,
            Err(failure) if failure.is_conflict() && tries < TRIES => live = chosen.get(api).await?,
            Err(failure) => return Err(failure),
        }
    }
    Ok(true)
}

/// What makes the record somebody's, so that it does not go with the client's fields. Only the usual owner keeps it:
/// the server brings it up to date for that name alone.
fn kept_record(args: &Args, live: &Value) -> Option<Value> {
    let record = live["metadata"]["annotations"][LAST_APPLIED].as_str()?;
    let is_owned = owners(live).is_some_and(|entries| {
        let mut applied = entries.iter().filter(|entry| entry["operation"] == "Apply");
        applied.any(|entry| {
            !entry["fieldsV1"]["f:metadata"]["f:annotations"][format!("f:{LAST_APPLIED}").as_str()].is_null()
        })
    });
    if is_owned || args.field_manager != FIELD_MANAGER {
        return None;
    }
    Some(json!({
        "apiVersion": live["apiVersion"],
        "kind": live["kind"],
        "metadata": {"name": live["metadata"]["name"], "annotations": {LAST_APPLIED: record}},
    }))
}

fn owners(object: &Value) -> Option<&Vec<Value>> {
    object["metadata"]["managedFields"].as_array()
}

/// The owners with the client-side entry joined to ours; `None` when there is no such entry.
fn merged(entries: Option<&Vec<Value>>, manager: &str) -> Option<Value> {
    let entries = entries?;
    let is_client = |entry: &Value| entry["manager"] == CLIENT_MANAGER && entry["operation"] == "Update";
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
        let merged = merged(entries.as_array(), "kubectl").unwrap();
        assert_eq!(merged.as_array().unwrap().len(), 2);
        assert_eq!(
            merged[0]["fieldsV1"],
            json!({"f:spec": {"f:a": {}, "f:b": {}}, "f:x": {}})
        );
        assert!(super::merged(merged.as_array(), "kubectl").is_none());
    }
}
