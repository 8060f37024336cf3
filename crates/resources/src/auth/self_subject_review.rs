use std::sync::Arc;

use async_trait::async_trait;
use serde_json::json;
use weir_apiserver::{ApiError, GroupVersionKind, Object, RequestContext, Resource, Scope, VirtualResource};

use super::user_info;
use crate::describe;

const KIND: GroupVersionKind = GroupVersionKind {
    group: "authentication.k8s.io",
    version: "v1",
    kind: "SelfSubjectReview",
};

/// `selfsubjectreviews`: who am I? The first thing `oc login` asks.
pub(super) fn resource() -> Resource {
    describe::action(
        KIND,
        "selfsubjectreviews",
        "selfsubjectreview",
        Scope::Cluster,
        Arc::new(SelfSubjectReviews),
    )
}

struct SelfSubjectReviews;

#[async_trait]
impl VirtualResource for SelfSubjectReviews {
    async fn create(&self, cx: &RequestContext, _object: Object) -> Result<(Object, bool), ApiError> {
        let review = json!({
            "kind": KIND.kind,
            "apiVersion": "authentication.k8s.io/v1",
            "metadata": {"creationTimestamp": null},
            "status": {"userInfo": user_info::to_json(&cx.user)},
        });
        Ok((review, true))
    }
}
