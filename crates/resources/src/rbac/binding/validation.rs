use serde::Deserialize;
use serde_json::Value;
use weir_apiserver::{FieldError, Object, Scope, names};
use weir_rbac::{RoleRef, Subject};

use crate::json;
use crate::rbac::GROUP;

pub(super) fn problems(binding: &Object, scope: Scope) -> Vec<FieldError> {
    let mut problems = of_role_ref(&binding["roleRef"], scope);
    match &binding["subjects"] {
        Value::Null => {}
        Value::Array(subjects) => {
            for (index, subject) in subjects.iter().enumerate() {
                problems.extend(of_subject(subject, scope, &format!("subjects[{index}]")));
            }
        }
        other => problems.push(FieldError::invalid("subjects", other, "must be a list")),
    }
    problems
}

fn of_role_ref(role: &Value, scope: Scope) -> Vec<FieldError> {
    if let (true, Err(error)) = (role["kind"].is_string(), RoleRef::deserialize(role)) {
        return vec![FieldError::invalid("roleRef", role, error.to_string())];
    }
    let mut problems = Vec::new();
    let group = json::text(role, "/apiGroup");
    if group != GROUP {
        problems.push(FieldError::not_supported("roleRef.apiGroup", group, &[GROUP]));
    }
    let kinds: &[&str] = match scope {
        Scope::Namespaced => &["Role", "ClusterRole"],
        Scope::Cluster => &["ClusterRole"],
    };
    let kind = json::text(role, "/kind");
    if !kinds.contains(&kind) {
        problems.push(FieldError::not_supported("roleRef.kind", kind, kinds));
    }
    match json::text(role, "/name") {
        "" => problems.push(FieldError::required("roleRef.name", "")),
        name => problems.extend(
            names::validate_path_segment(name)
                .err()
                .map(|why| FieldError::invalid("roleRef.name", name, why)),
        ),
    }
    problems
}

fn of_subject(subject: &Value, scope: Scope, field: &str) -> Vec<FieldError> {
    if let (true, Err(error)) = (subject["kind"].is_string(), Subject::deserialize(subject)) {
        return vec![FieldError::invalid(field, subject, error.to_string())];
    }
    let mut problems = Vec::new();
    let (name, kind) = (json::text(subject, "/name"), json::text(subject, "/kind"));
    if name.is_empty() {
        problems.push(FieldError::required(format!("{field}.name"), ""));
    }
    let group = json::text(subject, "/apiGroup");
    let group_must_be = |wanted: &str| {
        (group != wanted).then(|| FieldError::not_supported(format!("{field}.apiGroup"), group, &[wanted]))
    };
    match kind {
        "ServiceAccount" => {
            if !name.is_empty()
                && let Err(why) = names::validate_dns1123_subdomain(name)
            {
                problems.push(FieldError::invalid(format!("{field}.name"), name, why));
            }
            problems.extend(group_must_be(""));
            if scope == Scope::Cluster && json::text(subject, "/namespace").is_empty() {
                problems.push(FieldError::required(format!("{field}.namespace"), ""));
            }
        }
        "User" | "Group" => problems.extend(group_must_be(GROUP)),
        other => problems.push(FieldError::not_supported(
            format!("{field}.kind"),
            other,
            &["ServiceAccount", "User", "Group"],
        )),
    }
    problems
}
