//! Who may build how. Strategies differ in what they let their author run, so each is a right of its own: `create` on
//! `builds/docker`, `builds/source` and so on.

use weir_apiserver::{ApiError, Attributes, Decision, Object, RequestContext};

use super::BUILDS;
use crate::json;

/// 403 unless the user may create builds of this object's strategy. Without a strategy validation has the word.
pub(super) async fn check(cx: &RequestContext, object: &Object) -> Result<(), ApiError> {
    let kind = json::text(object, "/spec/strategy/type");
    let Some(subresource) = subresource(object, kind) else {
        return Ok(());
    };
    let asked = Attributes {
        verb: "create".into(),
        group: BUILDS.group.into(),
        version: weir_api::build::VERSION.into(),
        resource: BUILDS.resource.into(),
        subresource: subresource.into(),
        namespace: cx.namespace.clone(),
        ..Attributes::default()
    };
    match cx.objects.authorize(&cx.user, &asked).await {
        Decision::Allow => Ok(()),
        Decision::Deny(_) => {
            let name = json::text(object, "/metadata/name");
            Err(ApiError::forbidden(
                &cx.resource,
                name,
                format!("build strategy {kind} is not allowed"),
            ))
        }
    }
}

/// The same for a change: what was allowed before needs no new right.
pub(super) async fn check_change(cx: &RequestContext, object: &Object, old: &Object) -> Result<(), ApiError> {
    if object["spec"]["strategy"] == old["spec"]["strategy"] {
        return Ok(());
    }
    check(cx, object).await
}

fn subresource(object: &Object, kind: &str) -> Option<&'static str> {
    let policy = json::text(object, "/spec/strategy/dockerStrategy/imageOptimizationPolicy");
    match kind {
        "Docker" if !["", "None"].contains(&policy) => Some("optimizeddocker"),
        "Docker" => Some("docker"),
        "Source" => Some("source"),
        "Custom" => Some("custom"),
        "JenkinsPipeline" => Some("jenkinspipeline"),
        _ => None,
    }
}
