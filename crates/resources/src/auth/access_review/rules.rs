use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use weir_apiserver::{ApiError, GroupVersionKind, Object, RequestContext, Resource, Scope, VirtualResource};

use super::GROUP;
use crate::auth::{Authorizer, SCOPES_EXTRA};
use crate::{describe, json};

const KIND: GroupVersionKind = GroupVersionKind {
    group: GROUP,
    version: "v1",
    kind: "SelfSubjectRulesReview",
};

/// `selfsubjectrulesreviews`: all that the asker may do in a namespace, for `auth can-i --list`.
pub(super) fn resource(authorizer: &Arc<Authorizer>) -> Resource {
    describe::action(
        KIND,
        "selfsubjectrulesreviews",
        "selfsubjectrulesreview",
        Scope::Cluster,
        Arc::new(RulesReviews(authorizer.clone())),
    )
}

struct RulesReviews(Arc<Authorizer>);

#[async_trait]
impl VirtualResource for RulesReviews {
    async fn create(&self, cx: &RequestContext, mut review: Object) -> Result<(Object, bool), ApiError> {
        let namespace = json::text(&review, "/spec/namespace").to_owned();
        if namespace.is_empty() {
            return Err(ApiError::bad_request("no namespace on request"));
        }
        let (mut resources, mut paths): (Vec<Value>, Vec<Value>) = Default::default();
        for rule in self.0.rules_of(&cx.user, &namespace) {
            if rule.non_resource_urls.is_empty() {
                resources.push(json!(rule));
            } else {
                paths.push(json!({"verbs": rule.verbs, "nonResourceURLs": rule.non_resource_urls}));
            }
        }
        let scoped = cx.user.extra.contains_key(SCOPES_EXTRA);
        review["status"] = json!({"resourceRules": resources, "nonResourceRules": paths, "incomplete": scoped});
        if scoped {
            review["status"]["evaluationError"] = "the scopes of this token allow only a part of these rules".into();
        }
        Ok((review, true))
    }
}
