//! What a rollout was made of: every replication controller of a DeploymentConfig carries the config as it was.

use serde_json::Value;
use weir_api::names::annotation;
use weir_apiserver::{ApiError, Object, RequestContext};

use crate::core::REPLICATION_CONTROLLERS;
use crate::json;

/// `NAME-VERSION`.
pub(super) fn deployment_name(config: &str, version: i64) -> String {
    format!("{config}-{version}")
}

/// The replication controller of one rollout, if it is there.
pub(super) async fn deployment(cx: &RequestContext, config: &str, version: i64) -> Result<Option<Object>, ApiError> {
    let name = deployment_name(config, version);
    match cx.objects.get(&REPLICATION_CONTROLLERS, &cx.namespace, &name).await {
        Err(error) if error.is_not_found() => Ok(None),
        found => found.map(Some),
    }
}

/// The config in it; the error is for the user.
pub(super) fn decode(deployment: &Object) -> Result<Value, String> {
    let text = json::meta(deployment, "annotations", annotation::DEPLOYMENT_ENCODED_CONFIG);
    serde_json::from_str(text).map_err(|error| format!("couldn't decode deployment config from deployment: {error}"))
}

pub(super) fn phase(deployment: &Object) -> &str {
    json::meta(deployment, "annotations", annotation::DEPLOYMENT_PHASE)
}
