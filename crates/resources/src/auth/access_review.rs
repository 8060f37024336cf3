//! May somebody do something? Four kinds of Kubernetes and OpenShift ask the same authorizer.

mod legacy;
mod question;

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use weir_apiserver::{
    ApiError, Decision, FieldError, GroupVersionKind, Object, RequestContext, Resource, Scope, UserInfo,
    VirtualResource,
};

pub(super) use self::legacy::legacy_resource;
use self::question::Question;
use crate::{decode, describe};

const GROUP: &str = "authorization.k8s.io";

pub(super) fn resources() -> Vec<Resource> {
    let review = |kind: &'static str, plural, singular, scope, about| {
        let kind = GroupVersionKind {
            group: GROUP,
            version: "v1",
            kind,
        };
        describe::action(kind, plural, singular, scope, Arc::new(AccessReviews { kind, about }))
    };
    vec![
        review(
            "SelfSubjectAccessReview",
            "selfsubjectaccessreviews",
            "selfsubjectaccessreview",
            Scope::Cluster,
            About::Asker,
        ),
        review(
            "SubjectAccessReview",
            "subjectaccessreviews",
            "subjectaccessreview",
            Scope::Cluster,
            About::Named,
        ),
        review(
            "LocalSubjectAccessReview",
            "localsubjectaccessreviews",
            "localsubjectaccessreview",
            Scope::Namespaced,
            About::NamedHere,
        ),
    ]
}

/// Whose rights are asked about, and where.
#[derive(Clone, Copy, PartialEq)]
enum About {
    Asker,
    Named,
    NamedHere,
}

struct AccessReviews {
    kind: GroupVersionKind,
    about: About,
}

#[async_trait]
impl VirtualResource for AccessReviews {
    async fn create(&self, cx: &RequestContext, mut object: Object) -> Result<(Object, bool), ApiError> {
        let question: Question = decode::typed(object.get("spec").unwrap_or(&Value::Null))?;
        let problems = self.problems(cx, &question);
        if !problems.is_empty() {
            return Err(ApiError::invalid(&self.kind, "", problems));
        }
        let user = match self.about {
            About::Asker => cx.user.clone(),
            About::Named | About::NamedHere => question.user(),
        };
        object["status"] = status(cx, &user, &question).await;
        Ok((object, true))
    }
}

impl AccessReviews {
    fn problems(&self, cx: &RequestContext, question: &Question) -> Vec<FieldError> {
        let mut problems = Vec::new();
        if question.resource_attributes.is_some() == question.non_resource_attributes.is_some() {
            problems.push(FieldError::invalid(
                "spec.resourceAttributes",
                Value::Null,
                "exactly one of nonResourceAttributes or resourceAttributes must be specified",
            ));
        }
        if self.about != About::Asker && question.names_nobody() {
            problems.push(FieldError::invalid(
                "spec.user",
                "",
                "at least one of user or group must be specified",
            ));
        }
        let elsewhere = |namespace: &str| namespace != cx.namespace;
        if self.about == About::NamedHere && question.namespace().is_none_or(elsewhere) {
            problems.push(FieldError::invalid(
                "spec.resourceAttributes.namespace",
                question.namespace().unwrap_or_default(),
                "must match metadata.namespace",
            ));
        }
        problems
    }
}

async fn status(cx: &RequestContext, user: &UserInfo, question: &Question) -> Value {
    match cx.objects.authorize(user, &question.attributes()).await {
        Decision::Allow => json!({"allowed": true}),
        Decision::Deny(reason) if reason.is_empty() => json!({"allowed": false}),
        Decision::Deny(reason) => json!({"allowed": false, "reason": reason}),
    }
}
