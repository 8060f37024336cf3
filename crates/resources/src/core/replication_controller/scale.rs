use async_trait::async_trait;
use serde_json::json;
use weir_apiserver::{
    ApiError, FieldError, GroupVersionKind, Object, RequestContext, Subresource, SubresourceHandler, UpdateMode, Verb,
};

use super::super::REPLICATION_CONTROLLERS;
use super::count;
use crate::{describe, json, preconditions};

const KIND: GroupVersionKind = GroupVersionKind {
    group: "autoscaling",
    version: "v1",
    kind: "Scale",
};

pub(super) fn subresource() -> Subresource {
    describe::subresource("scale", KIND, &[Verb::Get, Verb::Update, Verb::Patch], Scale)
}

/// `replicationcontrollers/NAME/scale`: only `spec.replicas` can be written through it.
struct Scale;

#[async_trait]
impl SubresourceHandler for Scale {
    async fn get(&self, cx: &RequestContext, name: &str) -> Result<Object, ApiError> {
        let controller = cx.objects.get(&REPLICATION_CONTROLLERS, &cx.namespace, name).await?;
        Ok(scale_of(&controller))
    }

    async fn update(&self, cx: &RequestContext, name: &str, scale: Object) -> Result<Object, ApiError> {
        let replicas = wanted(&KIND, name, &scale)?;
        let version = json::text(&scale, "/metadata/resourceVersion").to_owned();
        let cx = cx.for_resource(REPLICATION_CONTROLLERS);
        let change = |controller: &mut Object| {
            preconditions::same_version(&REPLICATION_CONTROLLERS, name, controller, &version)?;
            json::put(controller, &["spec", "replicas"], replicas);
            Ok(())
        };
        let written = cx
            .objects
            .update_with(
                &cx,
                &REPLICATION_CONTROLLERS,
                &cx.namespace,
                name,
                UpdateMode::Main,
                change,
            )
            .await?;
        Ok(scale_of(&written))
    }
}

/// `spec.replicas` of a Scale; absent means none are wanted, as Go clients leave out a zero.
pub(crate) fn wanted(kind: &GroupVersionKind, name: &str, scale: &Object) -> Result<i64, ApiError> {
    let value = scale.pointer("/spec/replicas").cloned().unwrap_or(json!(0));
    match value.as_i64() {
        Some(replicas) if (0..=i64::from(i32::MAX)).contains(&replicas) => Ok(replicas),
        Some(_) => {
            let problem = FieldError::invalid("spec.replicas", value, "must be greater than or equal to 0");
            Err(ApiError::invalid(kind, name, vec![problem]))
        }
        None => Err(ApiError::bad_request(format!(
            "spec.replicas must be a whole number, not {value}"
        ))),
    }
}

fn scale_of(controller: &Object) -> Object {
    let metadata = &controller["metadata"];
    json!({
        "kind": KIND.kind,
        "apiVersion": "autoscaling/v1",
        "metadata": {
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "uid": metadata["uid"],
            "resourceVersion": metadata["resourceVersion"],
            "creationTimestamp": metadata["creationTimestamp"],
        },
        "spec": {"replicas": count(controller, "/spec/replicas")},
        "status": {
            "replicas": count(controller, "/status/replicas"),
            "selector": selector_text(controller),
        },
    })
}

/// `spec.selector` in the text form of selectors.
pub(crate) fn selector_text(object: &Object) -> String {
    let terms: Vec<String> = json::members(object, "/spec/selector")
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    terms.join(",")
}
