//! Nobody passes on rights that he does not hold, unless he may `escalate` the role or `bind` it.

use serde::Deserialize;
use serde_json::Value;
use weir_apiserver::{ApiError, Attributes, Decision, GroupResource, Object, RequestContext};
use weir_rbac::{AggregationRule, PolicyRule, RoleKind, RoleRef};

use super::{CLUSTER_ROLES, GROUP, ROLES};
use crate::auth::Authorizer;
use crate::{decode, json};

/// Roles and ClusterRoles, new ones (`old` is null) and changed ones.
pub(super) async fn check_role(
    authorizer: &Authorizer,
    cx: &RequestContext,
    role: &Object,
    old: &Object,
) -> Result<(), ApiError> {
    if role["rules"] == old["rules"] && role["aggregationRule"] == old["aggregationRule"] {
        return Ok(());
    }
    let (namespace, name) = place(role);
    if authorizer.is_above_rules(&cx.user) || may(cx, "escalate", &cx.resource, (namespace, name)).await {
        return Ok(());
    }
    let rules: Vec<PolicyRule> = or_none(&role["rules"])?;
    let forbidden = |why: String| ApiError::forbidden(&cx.resource, name, why);
    authorizer.covers(&cx.user, namespace, &rules).map_err(forbidden)?;
    let aggregates = |role: &Object| !json::is_unset(role, "/aggregationRule");
    if aggregates(role) || aggregates(old) {
        let _: AggregationRule = or_none(&role["aggregationRule"])?;
        let everything = [
            PolicyRule::resources(&["*"], &["*"], &["*"]),
            PolicyRule::paths(&["*"], &["*"]),
        ];
        let held = authorizer.covers(&cx.user, namespace, &everything);
        held.map_err(|_| forbidden("must have cluster-admin privileges to use an aggregationRule".to_owned()))?;
    }
    Ok(())
}

/// RoleBindings and ClusterRoleBindings.
pub(super) async fn check_binding(
    authorizer: &Authorizer,
    cx: &RequestContext,
    binding: &Object,
    old: &Object,
) -> Result<(), ApiError> {
    if binding["roleRef"] == old["roleRef"] && binding["subjects"] == old["subjects"] {
        return Ok(());
    }
    if authorizer.is_above_rules(&cx.user) {
        return Ok(());
    }
    // What is no reference to a role at all is for validation to refuse.
    let Ok(role) = RoleRef::deserialize(&binding["roleRef"]) else {
        return Ok(());
    };
    let resource = match role.kind {
        RoleKind::ClusterRole => CLUSTER_ROLES,
        RoleKind::Role => ROLES,
        RoleKind::Unknown => return Ok(()),
    };
    let (namespace, name) = place(binding);
    if role.name.is_empty() || may(cx, "bind", &resource, (namespace, &role.name)).await {
        return Ok(());
    }
    let rules = authorizer
        .rules_of_role(namespace, &role)
        .map_err(|_| ApiError::not_found(&resource, &role.name))?;
    authorizer
        .covers(&cx.user, namespace, &rules)
        .map_err(|why| ApiError::forbidden(&cx.resource, name, why))
}

/// Namespace and name of an object; it is in its namespace when hooks see it.
fn place(object: &Object) -> (&str, &str) {
    let namespace = json::text(object, "/metadata/namespace");
    (namespace, json::text(object, "/metadata/name"))
}

async fn may(cx: &RequestContext, verb: &str, resource: &GroupResource, (namespace, name): (&str, &str)) -> bool {
    let asked = Attributes {
        verb: verb.into(),
        group: GROUP.into(),
        version: "v1".into(),
        resource: resource.resource.into(),
        namespace: namespace.into(),
        name: name.into(),
        ..Attributes::default()
    };
    cx.objects.authorize(&cx.user, &asked).await == Decision::Allow
}

fn or_none<T: serde::de::DeserializeOwned + Default>(value: &Value) -> Result<T, ApiError> {
    match value {
        Value::Null => Ok(T::default()),
        value => decode::typed(value),
    }
}
