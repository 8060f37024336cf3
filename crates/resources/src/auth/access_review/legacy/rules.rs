use std::sync::Arc;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};
use weir_apiserver::{ApiError, FieldError, GroupVersionKind, Object, RequestContext, UserInfo, VirtualResource};
use weir_rbac::PolicyRule;

use crate::auth::Authorizer;
use crate::decode;

/// What may I do here?
pub(super) struct OwnRules(pub Arc<Authorizer>);

/// What may somebody else do here?
pub(super) struct RulesOfOthers(pub Arc<Authorizer>);

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    user: String,
    groups: Option<Vec<String>>,
}

#[async_trait]
impl VirtualResource for OwnRules {
    async fn create(&self, cx: &RequestContext, review: Object) -> Result<(Object, bool), ApiError> {
        Ok((answered(&self.0, review, &cx.user, &cx.namespace), true))
    }
}

#[async_trait]
impl VirtualResource for RulesOfOthers {
    async fn create(&self, cx: &RequestContext, review: Object) -> Result<(Object, bool), ApiError> {
        let Named { user, groups } = decode::typed(review.get("spec").unwrap_or(&Value::Null))?;
        let groups = groups.unwrap_or_default();
        if user.is_empty() && groups.is_empty() {
            let kind = GroupVersionKind {
                group: super::GROUP,
                version: "v1",
                kind: "SubjectRulesReview",
            };
            let nobody = FieldError::required("spec.user", "at least one of user and groups must be specified");
            return Err(ApiError::invalid(&kind, "", vec![nobody]));
        }
        let user = UserInfo {
            username: user,
            groups,
            ..UserInfo::default()
        };
        Ok((answered(&self.0, review, &user, &cx.namespace), true))
    }
}

fn answered(authorizer: &Authorizer, mut review: Object, user: &UserInfo, namespace: &str) -> Object {
    let rules = authorizer.rules_of(user, namespace).into_iter().map(old_form);
    review["status"] = json!({"rules": rules.collect::<Vec<_>>()});
    review
}

/// Rules as they were written before there was RBAC.
fn old_form(rule: PolicyRule) -> Value {
    let mut old = json!({
        "verbs": rule.verbs,
        "attributeRestrictions": null,
        "apiGroups": rule.api_groups,
        "resources": rule.resources,
    });
    if !rule.resource_names.is_empty() {
        old["resourceNames"] = json!(rule.resource_names);
    }
    if !rule.non_resource_urls.is_empty() {
        old["nonResourceURLs"] = json!(rule.non_resource_urls);
    }
    old
}
