//! May somebody do something, what may he do, and who may? Kinds of Kubernetes and of OpenShift ask the same authorizer.

mod legacy;
mod question;
mod rules;

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use weir_apiserver::{
    ApiError, Decision, FieldError, GroupVersionKind, Object, RequestContext, Resource, Scope, UserInfo,
    VirtualResource,
};

pub(super) use self::legacy::resources as openshift_resources;
use self::question::Question;
use crate::auth::Authorizer;
use crate::{decode, describe};

const GROUP: &str = "authorization.k8s.io";

pub(super) fn resources(authorizer: &Arc<Authorizer>) -> Vec<Resource> {
    let review = |kind: &'static str, plural, singular, scope, about| {
        let kind = GroupVersionKind {
            group: GROUP,
            version: "v1",
            kind,
        };
        let reviews = AccessReviews {
            kind,
            about,
            authorizer: authorizer.clone(),
        };
        describe::action(kind, plural, singular, scope, Arc::new(reviews))
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
        rules::resource(authorizer),
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
    authorizer: Arc<Authorizer>,
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
        object["status"] = self.status(cx, &user, &question).await;
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

    async fn status(&self, cx: &RequestContext, user: &UserInfo, question: &Question) -> Value {
        let asked = question.attributes();
        let (allowed, reason) = match cx.objects.authorize(user, &asked).await {
            Decision::Allow => (true, self.authorizer.reason(user, &asked).unwrap_or_default()),
            Decision::Deny(reason) => (false, reason),
        };
        let mut status = json!({"allowed": allowed});
        if !reason.is_empty() {
            status["reason"] = reason.into();
        }
        status
    }
}
