use serde_json::{Value, json};
use weir_apiserver::UserInfo;

use super::scope::{RepositoryScope, SCOPES_EXTRA};
use super::service_account_token::{self, Claims};

pub(super) const AUTHENTICATED: &str = "system:authenticated";
#[cfg(test)]
pub(super) const UNAUTHENTICATED: &str = "system:unauthenticated";
pub(crate) const MASTERS: &str = "system:masters";
const ADMIN: &str = "system:admin";
/// Whoever logged in with a name and a password.
pub(super) const OAUTH: &str = "system:authenticated:oauth";
/// What a user's token is good for, as OpenShift's authorizers read it.
const OAUTH_SCOPES_EXTRA: &str = "scopes.authorization.openshift.io";
const POD_NAME_EXTRA: &str = "authentication.kubernetes.io/pod-name";
const POD_UID_EXTRA: &str = "authentication.kubernetes.io/pod-uid";
const CREDENTIAL_EXTRA: &str = "authentication.kubernetes.io/credential-id";

/// The owner of the machine's own credential.
pub(super) fn admin() -> UserInfo {
    UserInfo {
        username: ADMIN.into(),
        groups: vec![MASTERS.into(), AUTHENTICATED.into()],
        ..UserInfo::default()
    }
}

/// The service account with this name and uid.
pub(super) fn account(namespace: &str, name: &str, uid: &str) -> UserInfo {
    UserInfo {
        username: service_account_token::username(namespace, name),
        uid: uid.to_owned(),
        groups: vec![
            "system:serviceaccounts".into(),
            service_accounts_group(namespace),
            AUTHENTICATED.into(),
        ],
        ..UserInfo::default()
    }
}

/// The service account a token was given to, with the scopes its audiences stand for.
pub(super) fn service_account(claims: &Claims) -> UserInfo {
    let bound = &claims.kubernetes;
    let mut user = account(&bound.namespace, &bound.serviceaccount.name, &bound.serviceaccount.uid);
    user.extra
        .insert(CREDENTIAL_EXTRA.into(), vec![format!("JTI={}", claims.jti)]);
    if let Some(pod) = &bound.pod {
        user.extra.insert(POD_NAME_EXTRA.into(), vec![pod.name.clone()]);
        user.extra.insert(POD_UID_EXTRA.into(), vec![pod.uid.clone()]);
    }
    let audiences = claims.aud.iter();
    let scopes: Vec<String> = audiences
        .filter(|audience| RepositoryScope::is_meant(audience))
        .cloned()
        .collect();
    if !scopes.is_empty() {
        user.extra.insert(SCOPES_EXTRA.into(), scopes);
    }
    user
}

/// Somebody who logged in, with the groups that name him.
pub(super) fn user(name: &str, uid: &str, mut groups: Vec<String>, scopes: Vec<String>) -> UserInfo {
    groups.extend([OAUTH.to_owned(), AUTHENTICATED.to_owned()]);
    let mut user = UserInfo {
        username: name.to_owned(),
        uid: uid.to_owned(),
        groups,
        ..UserInfo::default()
    };
    user.extra.insert(OAUTH_SCOPES_EXTRA.to_owned(), scopes);
    user
}

/// Groups that nobody is put into: they follow from how somebody came in.
pub(crate) fn is_virtual_group(group: &str) -> bool {
    [AUTHENTICATED, OAUTH, "system:unauthenticated"].contains(&group)
}

pub(super) fn service_accounts_group(namespace: &str) -> String {
    format!("system:serviceaccounts:{namespace}")
}

/// `userInfo` of a review's status.
pub(super) fn to_json(user: &UserInfo) -> Value {
    let mut info = json!({"username": user.username, "groups": user.groups});
    if !user.uid.is_empty() {
        info["uid"] = user.uid.clone().into();
    }
    if !user.extra.is_empty() {
        info["extra"] = json!(user.extra);
    }
    info
}
