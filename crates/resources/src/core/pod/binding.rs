use async_trait::async_trait;
use serde_json::json;
use weir_api::names::node;
use weir_apiserver::{ApiError, Object, RequestContext, SubresourceHandler, UpdateMode};

use super::super::PODS;
use crate::json;

/// `pods/NAME/binding`: gives a pod to a node.
pub(super) struct Bind;

#[async_trait]
impl SubresourceHandler for Bind {
    async fn create(&self, cx: &RequestContext, name: &str, binding: Object) -> Result<Object, ApiError> {
        let target = json::text(&binding, "/target/name").to_owned();
        if target.is_empty() || target == node::BUILDER {
            return Err(ApiError::bad_request(format!(
                "target.name: {target:?} is not a node that takes pods"
            )));
        }
        let cx = cx.for_resource(PODS);
        let change = |pod: &mut Object| {
            let current = json::text(pod, "/spec/nodeName");
            if !current.is_empty() && current != target {
                let why = format!("pod {name} is already assigned to node {current:?}");
                return Err(ApiError::conflict(&PODS, name, why));
            }
            json::put(pod, &["spec", "nodeName"], target.clone());
            Ok(())
        };
        cx.objects
            .update_with(&cx, &PODS, &cx.namespace, name, UpdateMode::Main, change)
            .await?;
        Ok(json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}))
    }
}
