mod containers;
mod start;

use std::sync::Arc;

use async_trait::async_trait;
use axum::body::Body;
use http::Response;
use weir_api::names::annotation;
use weir_apiserver::{ApiError, Connect, Object, RequestContext, SubresourceHandler};

use self::containers::ContainerLogs;
use super::{BUILDS, naming};
use crate::core::PODS;
use crate::core::pod::LogOptions;
use crate::nodes::NodeConnector;
use crate::{describe, json};

/// `builds/NAME/log`: the logs of the build pod's containers, one after the other, as long as the build exists.
pub(super) struct BuildLog(pub Arc<dyn NodeConnector>);

#[async_trait]
impl SubresourceHandler for BuildLog {
    fn is_connect(&self) -> bool {
        true
    }

    async fn connect(&self, cx: &RequestContext, name: &str, _request: Connect) -> Result<Response<Body>, ApiError> {
        let options = LogOptions::parse(cx)?;
        let build = cx.objects.get(&BUILDS, &cx.namespace, name).await?;
        let build = match options.previous {
            true => cx.objects.get(&BUILDS, &cx.namespace, &previous(&build)?).await?,
            false => build,
        };
        let Some(build) = start::started(cx, build, &options).await? else {
            return Ok(describe::plain_text(Body::empty()));
        };
        let pod = build_pod(cx, &build).await?;
        let logs = ContainerLogs::open(self.0.clone(), cx.objects.clone(), &pod, &options).await?;
        Ok(describe::plain_text(logs.into_body()))
    }
}

async fn build_pod(cx: &RequestContext, build: &Object) -> Result<Object, ApiError> {
    let name = match json::meta(build, "annotations", annotation::BUILD_POD_NAME) {
        "" => naming::pod_name(json::text(build, "/metadata/name")),
        named => named.to_owned(),
    };
    match cx.objects.get(&PODS, &cx.namespace, &name).await {
        Err(error) if error.is_not_found() => Err(ApiError::bad_request(error.message)),
        found => found,
    }
}

/// The build of the same config with the number before.
fn previous(build: &Object) -> Result<String, ApiError> {
    let config = json::meta(build, "annotations", annotation::BUILD_CONFIG_NAME);
    let number: i64 = json::meta(build, "annotations", annotation::BUILD_NUMBER)
        .parse()
        .unwrap_or_default();
    if config.is_empty() || number < 2 {
        let name = json::text(build, "/metadata/name");
        return Err(ApiError::bad_request(format!("build {name} has no previous build")));
    }
    Ok(naming::build_name(config, number - 1))
}
