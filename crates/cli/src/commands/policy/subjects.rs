use serde_json::{Value, json};

use crate::api::Api;
use crate::failure::Failure;
use crate::resource::Resource;
use crate::session::Session;

const RBAC: &str = "rbac.authorization.k8s.io";
const SERVICE_ACCOUNT: &str = "system:serviceaccount:";

/// A user or, by its full name, a service account.
pub(super) fn user(name: &str) -> Value {
    let account = name
        .strip_prefix(SERVICE_ACCOUNT)
        .and_then(|account| account.split_once(':'));
    match account {
        Some((namespace, name)) => service_account(namespace, name),
        None => json!({"kind": "User", "apiGroup": RBAC, "name": name}),
    }
}

pub(super) fn group(name: &str) -> Value {
    json!({"kind": "Group", "apiGroup": RBAC, "name": name})
}

pub(super) fn service_account(namespace: &str, name: &str) -> Value {
    json!({"kind": "ServiceAccount", "name": name, "namespace": namespace})
}

/// Whether two subjects are the same one, however they are written.
pub(super) fn same(one: &Value, other: &Value) -> bool {
    ["kind", "name", "namespace"]
        .into_iter()
        .all(|field| one[field].as_str().unwrap_or_default() == other[field].as_str().unwrap_or_default())
}

/// A role may be given to somebody who is not there yet; it is worth a word.
pub(super) async fn warn_of_missing(session: &Session<'_>, subjects: &[Value]) -> Result<(), Failure> {
    let api = session.api().await?;
    for subject in subjects {
        let (kind, name) = (text(subject, "kind"), text(subject, "name"));
        if !name.starts_with("system:") && is_missing(api, subject).await {
            session.terminal.note(format!("Warning: {kind} '{name}' not found"));
        }
    }
    Ok(())
}

/// Who may not look does not learn whether somebody is missing.
async fn is_missing(api: &Api, subject: &Value) -> bool {
    let (namespace, name) = (text(subject, "namespace"), text(subject, "name"));
    let path = match text(subject, "kind") {
        "ServiceAccount" => Resource::service_accounts().object(namespace, name),
        "Group" => Resource::user_groups().object("", name),
        _ => Resource::users().object("", name),
    };
    matches!(api.find(&path).await, Ok(None))
}

fn text<'a>(subject: &'a Value, field: &str) -> &'a str {
    subject[field].as_str().unwrap_or_default()
}
