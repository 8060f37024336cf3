use super::{Effect, Prepared};
use crate::catalog::Served;
use crate::core::Core;
use crate::{ApiError, Cause};

/// Nothing new comes into a namespace that does not exist or is ending. It may come into being in the same commit, as
/// one of `beside`.
pub(super) async fn check(
    core: &Core,
    served: &Served,
    namespace: &str,
    name: &str,
    beside: &[Prepared],
) -> Result<(), ApiError> {
    let Some(namespaces) = core.namespaces.as_ref().filter(|_| served.is_namespaced()) else {
        return Ok(());
    };
    let key = namespaces.key("", namespace);
    if beside
        .iter()
        .any(|prepared| prepared.effect == Effect::Create && *prepared.key == *key)
    {
        return Ok(());
    }
    let entry = core.entry(namespaces, "", namespace).await?;
    let object = entry.stored_object()?;
    if object["metadata"]["deletionTimestamp"].is_null() && object["status"]["phase"] != "Terminating" {
        return Ok(());
    }
    let why = format!("unable to create new content in namespace {namespace} because it is being terminated");
    Err(ApiError::forbidden(&served.id, name, why).with_cause(Cause {
        reason: "NamespaceTerminating".to_owned(),
        message: format!("namespace {namespace} is being terminated"),
        field: "metadata.namespace".to_owned(),
    }))
}
