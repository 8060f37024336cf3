use k8s_openapi::api::core::v1::{Secret, ServiceAccount};
use kube::ResourceExt;
use weir_api::names::{annotation, secret_type};

use crate::key::Key;
use crate::ownership::uid;

pub const TOKEN: &str = "token";
pub const AUTHORITY: &str = "ca.crt";
pub const NAMESPACE: &str = "namespace";

/// What is to be done with a secret.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Action<'a> {
    Nothing,
    /// Its account is gone.
    Delete,
    /// For this account.
    Fill(&'a ServiceAccount, Missing),
    /// It lacks something and may not be changed.
    Refuse,
}

/// What a secret lacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    pub token: bool,
    pub authority: bool,
    pub namespace: bool,
    pub uid: bool,
}

/// The account that the secret names.
pub fn account_key(secret: &Secret) -> Key {
    let name = secret.annotations().get(annotation::TOKEN_ACCOUNT);
    Key::new(
        secret.namespace().unwrap_or_default(),
        name.cloned().unwrap_or_default(),
    )
}

/// What follows for `secret`, given the account of the name that it names, and the authority's certificate.
pub fn plan<'a>(secret: &Secret, account: Option<&'a ServiceAccount>, authority: &str) -> Action<'a> {
    let is_kind = secret.type_.as_deref() == Some(secret_type::SERVICE_ACCOUNT_TOKEN);
    if !is_kind || secret.metadata.deletion_timestamp.is_some() {
        return Action::Nothing;
    }
    let Some(account) = account.filter(|account| is_for(secret, account)) else {
        return Action::Delete;
    };
    // The account still holds for a while and takes its secrets with it then.
    if account.metadata.deletion_timestamp.is_some() {
        return Action::Nothing;
    }
    match missing(secret, authority) {
        Missing {
            token: false,
            authority: false,
            namespace: false,
            uid: false,
        } => Action::Nothing,
        _ if secret.immutable == Some(true) => Action::Refuse,
        missing => Action::Fill(account, missing),
    }
}

/// A secret that has not been filled yet names no uid and is for whoever has the name.
fn is_for(secret: &Secret, account: &ServiceAccount) -> bool {
    let named = secret.annotations().get(annotation::TOKEN_ACCOUNT_UID);
    named.is_none_or(|named| named.is_empty() || named == uid(account))
}

fn missing(secret: &Secret, authority: &str) -> Missing {
    let entry = |name| {
        let bytes = secret.data.as_ref().and_then(|data| data.get(name));
        bytes.map(|bytes| bytes.0.as_slice()).unwrap_or_default()
    };
    let named = secret.annotations().get(annotation::TOKEN_ACCOUNT_UID);
    Missing {
        token: entry(TOKEN).is_empty(),
        authority: entry(AUTHORITY) != authority.as_bytes(),
        namespace: entry(NAMESPACE).is_empty(),
        uid: named.is_none_or(String::is_empty),
    }
}
