//! The older questions of `authorization.openshift.io`, which `oc login`, `oc status`, `oc policy who-can` and
//! `oc policy can-i` still ask.

mod action;
mod holders;
mod rules;
mod subject;

use std::sync::Arc;

use weir_apiserver::{GroupVersionKind, Resource, Scope, VirtualResource};

use crate::auth::Authorizer;
use crate::describe;

const GROUP: &str = "authorization.openshift.io";
const API_VERSION: &str = "authorization.openshift.io/v1";

pub(in super::super) fn resources(authorizer: &Arc<Authorizer>) -> Vec<Resource> {
    let holders = Arc::new(holders::Holders::new(authorizer.clone()));
    vec![
        review(
            "LocalResourceAccessReview",
            ("localresourceaccessreviews", "localresourceaccessreview"),
            Scope::Namespaced,
            holders.clone(),
        ),
        review(
            "LocalSubjectAccessReview",
            ("localsubjectaccessreviews", "localsubjectaccessreview"),
            Scope::Namespaced,
            Arc::new(subject::Reviews { local: true }),
        ),
        review(
            "ResourceAccessReview",
            ("resourceaccessreviews", "resourceaccessreview"),
            Scope::Cluster,
            holders,
        ),
        review(
            "SelfSubjectRulesReview",
            ("selfsubjectrulesreviews", "selfsubjectrulesreview"),
            Scope::Namespaced,
            Arc::new(rules::OwnRules(authorizer.clone())),
        ),
        review(
            "SubjectAccessReview",
            ("subjectaccessreviews", "subjectaccessreview"),
            Scope::Cluster,
            Arc::new(subject::Reviews { local: false }),
        ),
        review(
            "SubjectRulesReview",
            ("subjectrulesreviews", "subjectrulesreview"),
            Scope::Namespaced,
            Arc::new(rules::RulesOfOthers(authorizer.clone())),
        ),
    ]
}

fn review(
    kind: &'static str,
    (plural, singular): (&'static str, &'static str),
    scope: Scope,
    handler: Arc<dyn VirtualResource>,
) -> Resource {
    let kind = GroupVersionKind {
        group: GROUP,
        version: "v1",
        kind,
    };
    describe::action(kind, plural, singular, scope, handler)
}
