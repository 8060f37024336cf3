use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Secret, ServiceAccount};
use kube::ResourceExt;
use weir_api::names::annotation;

use super::docker_config;

/// How long a token lives; the API gives none that live longer.
pub const LIFETIME: Duration = Duration::from_secs(3600);
/// A token is replaced when this much of its life is left: a server that was away for a while still finds it good.
const LEFT: Duration = Duration::from_secs(24 * 60);
const CONTENT: &str = ".dockercfg";

/// What is to be done for an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// It has no secret.
    Create,
    /// The secret's token is missing, old, or for other names.
    Renew(String),
    /// The account does not name its secret everywhere.
    Link(String),
    /// All is well, until then.
    Wait(Duration),
}

/// The next thing to do, given the secrets of the account's namespace.
pub fn plan(account: &ServiceAccount, secrets: &[Arc<Secret>], hosts: &[String], now: Timestamp) -> Action {
    let mut own: Vec<&Secret> = secrets
        .iter()
        .map(AsRef::as_ref)
        .filter(|secret| is_of(secret, account))
        .collect();
    let named = account.annotations().get(annotation::PULL_SECRET);
    own.sort_by_key(|secret| (secret.metadata.name.as_ref() != named, secret.metadata.name.clone()));
    let Some(secret) = own.first() else {
        return Action::Create;
    };
    let name = secret.metadata.name.clone().unwrap_or_default();
    match time_left(secret, hosts, now) {
        None => Action::Renew(name),
        Some(_) if !is_linked(account, &name) => Action::Link(name),
        Some(left) => Action::Wait(left),
    }
}

/// Made by us for this very account, and not on its way out.
fn is_of(secret: &Secret, account: &ServiceAccount) -> bool {
    let owners = secret.metadata.owner_references.as_deref().unwrap_or_default();
    secret.metadata.deletion_timestamp.is_none()
        && secret.annotations().get(annotation::PULL_SECRET_ACCOUNT) == account.metadata.name.as_ref()
        && owners
            .iter()
            .any(|owner| Some(&owner.uid) == account.metadata.uid.as_ref())
}

/// How long the secret need not be looked at; `None` when it needs a new token now.
fn time_left(secret: &Secret, hosts: &[String], now: Timestamp) -> Option<Duration> {
    let content = secret.data.as_ref()?.get(CONTENT)?;
    if !docker_config::is_for(&content.0, hosts) {
        return None;
    }
    let expires: Timestamp = secret
        .annotations()
        .get(annotation::PULL_SECRET_EXPIRES)?
        .parse()
        .ok()?;
    let left = Duration::try_from(expires.duration_since(now)).ok()?;
    // A clock that went back must not keep a token that is really old.
    left.checked_sub(LEFT)
        .filter(|left| !left.is_zero() && *left <= LIFETIME)
}

fn is_linked(account: &ServiceAccount, name: &str) -> bool {
    let secrets = account.secrets.as_deref().unwrap_or_default();
    let pulls = account.image_pull_secrets.as_deref().unwrap_or_default();
    account.annotations().get(annotation::PULL_SECRET).map(String::as_str) == Some(name)
        && secrets.iter().any(|secret| secret.name.as_deref() == Some(name))
        && pulls.iter().any(|secret| secret.name == name)
}

/// A merge patch that names the secret where it is not named yet, and unnames one that was ours before.
pub fn link(account: &ServiceAccount, name: &str) -> serde_json::Value {
    let former = account
        .annotations()
        .get(annotation::PULL_SECRET)
        .filter(|former| *former != name);
    let mut secrets = account.secrets.clone().unwrap_or_default();
    secrets.retain(|secret| secret.name.is_none() || secret.name.as_ref() != former);
    if !secrets.iter().any(|secret| secret.name.as_deref() == Some(name)) {
        secrets.push(k8s_openapi::api::core::v1::ObjectReference {
            name: Some(name.to_owned()),
            ..Default::default()
        });
    }
    let mut pulls = account.image_pull_secrets.clone().unwrap_or_default();
    pulls.retain(|secret| Some(&secret.name) != former);
    if !pulls.iter().any(|secret| secret.name == name) {
        pulls.push(k8s_openapi::api::core::v1::LocalObjectReference { name: name.to_owned() });
    }
    serde_json::json!({
        "metadata": {
            // Lists are written whole: somebody else may have changed them.
            "resourceVersion": account.metadata.resource_version,
            "annotations": {annotation::PULL_SECRET: name},
        },
        "secrets": secrets,
        "imagePullSecrets": pulls,
    })
}

/// Annotations of a secret that has no token yet.
pub fn annotations(account: &str) -> BTreeMap<String, String> {
    [
        (annotation::PULL_SECRET_ACCOUNT.to_owned(), account.to_owned()),
        (annotation::PULL_SECRET_BINDING.to_owned(), "bound".to_owned()),
    ]
    .into()
}
