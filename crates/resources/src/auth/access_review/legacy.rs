use std::sync::Arc;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::json;
use weir_apiserver::{
    ApiError, Attributes, Decision, GroupVersionKind, Object, RequestContext, Resource, Scope, UserInfo,
    VirtualResource,
};

use crate::{decode, describe};

const KIND: GroupVersionKind = GroupVersionKind {
    group: "authorization.openshift.io",
    version: "v1",
    kind: "SubjectAccessReview",
};

/// The older form of the question, which `oc login` and `oc status` still ask; about the asker when nobody is named.
pub(in super::super) fn legacy_resource() -> Resource {
    describe::action(
        KIND,
        "subjectaccessreviews",
        "subjectaccessreview",
        Scope::Cluster,
        Arc::new(LegacyReviews),
    )
}

struct LegacyReviews;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Review {
    namespace: String,
    verb: String,
    #[serde(rename = "resourceAPIGroup")]
    group: String,
    #[serde(rename = "resourceAPIVersion")]
    version: String,
    resource: String,
    resource_name: String,
    path: String,
    #[serde(rename = "isNonResourceURL")]
    is_path: bool,
    user: String,
    groups: Option<Vec<String>>,
}

#[async_trait]
impl VirtualResource for LegacyReviews {
    async fn create(&self, cx: &RequestContext, object: Object) -> Result<(Object, bool), ApiError> {
        let review: Review = decode::typed(&object)?;
        let user = subject(cx, &review).await?;
        let decision = cx.objects.authorize(&user, &review.attributes()).await;
        let reason = match &decision {
            Decision::Allow => "",
            Decision::Deny(reason) => reason,
        };
        let answer = json!({
            "kind": "SubjectAccessReviewResponse",
            "apiVersion": "authorization.openshift.io/v1",
            "namespace": review.namespace,
            "allowed": decision == Decision::Allow,
            "reason": reason,
        });
        Ok((answer, true))
    }
}

/// Asking about others needs the right to ask about others.
async fn subject(cx: &RequestContext, review: &Review) -> Result<UserInfo, ApiError> {
    let groups = review.groups.clone().unwrap_or_default();
    if review.user.is_empty() && groups.is_empty() {
        return Ok(cx.user.clone());
    }
    let right = Attributes {
        verb: "create".into(),
        group: super::GROUP.into(),
        version: "v1".into(),
        resource: "subjectaccessreviews".into(),
        ..Attributes::default()
    };
    match cx.objects.authorize(&cx.user, &right).await {
        Decision::Allow => Ok(UserInfo {
            username: review.user.clone(),
            groups,
            ..UserInfo::default()
        }),
        Decision::Deny(_) => Err(ApiError::forbidden(
            &cx.resource,
            "",
            "you may ask what you may do yourself, but not what others may: leave out user and groups",
        )),
    }
}

impl Review {
    fn attributes(&self) -> Attributes {
        if self.is_path {
            return Attributes {
                verb: self.verb.clone(),
                path: Some(self.path.clone()),
                ..Attributes::default()
            };
        }
        let (resource, subresource) = self.resource.split_once('/').unwrap_or((&self.resource, ""));
        Attributes {
            verb: self.verb.clone(),
            group: self.group.clone(),
            version: self.version.clone(),
            resource: resource.into(),
            subresource: subresource.into(),
            namespace: self.namespace.clone(),
            name: self.resource_name.clone(),
            path: None,
        }
    }
}
