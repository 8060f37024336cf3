use async_trait::async_trait;
use k8s_openapi::api::core::v1::Pod;
use serde_json::json;
use weir_api::names::node;
use weir_apiserver::{ApiError, FieldError, Object, RequestContext, Strategy};

use super::super::pod_spec::{ImageRule, default_pod_spec, validate_pod_spec};
use super::{deletion, quality, update};
use crate::{decode, json};

/// Account of pods that name none.
const DEFAULT_SERVICE_ACCOUNT: &str = "default";
/// User names of this program's own components start so; nobody else can get one.
const OWN_COMPONENTS: &str = "system:weir:";

pub(super) struct Pods;

#[async_trait]
impl Strategy for Pods {
    fn default(&self, pod: &mut Object) {
        let Some(spec) = pod.get_mut("spec").filter(|spec| spec.is_object()) else {
            return;
        };
        if json::text(spec, "/serviceAccount").is_empty() {
            json::set_default_text(spec, "", "serviceAccountName", DEFAULT_SERVICE_ACCOUNT);
        }
        json::set_default(spec, "", "enableServiceLinks", true);
        default_pod_spec(spec);
        quality::requests_from_limits(spec);
    }

    async fn prepare_for_create(&self, cx: &RequestContext, pod: &mut Object) -> Result<(), ApiError> {
        decode::typed::<Pod>(pod)?;
        may_run_on_its_node(cx, pod)?;
        pod["status"] = json!({"phase": "Pending", "qosClass": quality::class(&pod["spec"])});
        Ok(())
    }

    async fn prepare_for_update(&self, _cx: &RequestContext, pod: &mut Object, old: &Object) -> Result<(), ApiError> {
        decode::typed::<Pod>(pod)?;
        json::restore(pod, old, "/status");
        Ok(())
    }

    fn validate(&self, pod: &Object) -> Vec<FieldError> {
        match decode::or_field_error::<Pod>(pod) {
            Ok(Pod { spec: Some(spec), .. }) => validate_pod_spec("spec", &spec, ImageRule::Required),
            Ok(_) => vec![FieldError::required("spec.containers", "")],
            Err(problem) => vec![problem],
        }
    }

    fn validate_update(&self, pod: &Object, old: &Object) -> Vec<FieldError> {
        let mut problems = self.validate(pod);
        problems.extend(update::forbidden_change(pod, old));
        problems
    }

    fn graceful_deletion_seconds(&self, pod: &Object, requested: Option<u32>) -> Option<u32> {
        deletion::grace(pod, requested)
    }

    fn is_decorated(&self) -> bool {
        false
    }
}

/// Build pods get credentials to push; only the component that makes them for Builds may put one on the builder.
fn may_run_on_its_node(cx: &RequestContext, pod: &Object) -> Result<(), ApiError> {
    if json::text(pod, "/spec/nodeName") == node::BUILDER && !cx.user.username.starts_with(OWN_COMPONENTS) {
        let why = format!(
            "node {} runs the pods of Builds only; create a Build instead",
            node::BUILDER
        );
        return Err(ApiError::forbidden(
            &cx.resource,
            json::text(pod, "/metadata/name"),
            why,
        ));
    }
    Ok(())
}
