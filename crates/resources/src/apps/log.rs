mod rollout;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::body::Body;
use http::Response;
use weir_api::apps::DeploymentConfig;
use weir_apiserver::{ApiError, Connect, Object, RequestContext, SubresourceHandler};

use super::{DEPLOYMENT_CONFIGS, encoded};
use crate::core::pod::{LogOptions, is_terminal, stream_log};
use crate::core::{PODS, REPLICATION_CONTROLLERS};
use crate::nodes::NodeConnector;
use crate::{decode, describe, json};

/// How long a request waits for a rollout to begin.
const WAIT: Duration = Duration::from_secs(60);

/// `deploymentconfigs/NAME/log`: of a rollout that runs or failed, what the rollout itself says; of a complete one, the
/// log of one pod of the application.
pub(super) struct DeploymentLog(pub Arc<dyn NodeConnector>);

#[async_trait]
impl SubresourceHandler for DeploymentLog {
    fn is_connect(&self) -> bool {
        true
    }

    async fn connect(&self, cx: &RequestContext, name: &str, _request: Connect) -> Result<Response<Body>, ApiError> {
        let options = LogOptions::parse(cx)?;
        let config: DeploymentConfig =
            decode::stored(&cx.objects.get(&DEPLOYMENT_CONFIGS, &cx.namespace, name).await?)?;
        let version = version(name, config.status.latest_version, &options)?;
        let deployment = encoded::deployment_name(name, version);
        let Some(deployment) = begun(cx, &deployment, &options).await? else {
            return Ok(describe::plain_text(Body::empty()));
        };
        if encoded::phase(&deployment) == "Complete" {
            return self.application_log(cx, &deployment, &options).await;
        }
        Ok(describe::plain_text(rollout::log(cx, deployment, &options).await?))
    }
}

impl DeploymentLog {
    async fn application_log(
        &self,
        cx: &RequestContext,
        deployment: &Object,
        options: &LogOptions,
    ) -> Result<Response<Body>, ApiError> {
        let pod = application_pod(cx, deployment).await?;
        let container = match options.container.as_str() {
            "" => json::text(&pod, "/spec/containers/0/name").to_owned(),
            named => named.to_owned(),
        };
        // `previous` chose the rollout.
        let query: Vec<_> = options
            .query()
            .into_iter()
            .filter(|(key, _)| key != "previous")
            .collect();
        stream_log(self.0.as_ref(), &pod, &container, &query).await
    }
}

/// Which rollout is meant.
fn version(name: &str, latest: i64, options: &LogOptions) -> Result<i64, ApiError> {
    let refuse = |why: String| Err(ApiError::bad_request(why));
    match (latest, options.version, options.previous) {
        (0, ..) => refuse(format!("no deployment exists for deploymentConfig {name:?}")),
        (1, None, true) => refuse(format!("no previous deployment exists for deploymentConfig {name:?}")),
        (latest, None, true) => Ok(latest - 1),
        (latest, None, false) => Ok(latest),
        (latest, Some(asked), _) if asked > latest => {
            refuse(format!("invalid version for deploymentConfig {name:?}: {asked}"))
        }
        (_, Some(asked), _) => Ok(asked),
    }
}

/// The rollout once it says something. `None`: the client does not want to wait.
async fn begun(cx: &RequestContext, name: &str, options: &LogOptions) -> Result<Option<Object>, ApiError> {
    let mut seen = false;
    let wait = async {
        let mut changes = cx
            .objects
            .watch_object(&REPLICATION_CONTROLLERS, &cx.namespace, name)
            .await?;
        loop {
            let deployment = changes.next().await?;
            let waits = deployment
                .as_ref()
                .is_none_or(|deployment| matches!(encoded::phase(deployment), "" | "New" | "Pending"));
            seen |= deployment.is_some();
            match deployment {
                Some(deployment) if !waits => return Ok(Some(deployment)),
                _ if options.nowait => return Ok(None),
                _ => {}
            }
        }
    };
    match tokio::time::timeout(WAIT, wait).await {
        Ok(answer) => answer,
        Err(_) if !seen => Err(ApiError::not_found(&REPLICATION_CONTROLLERS, name)),
        Err(_) => {
            let why = format!(
                "timed out waiting for deployment {name} to start after {}s",
                WAIT.as_secs()
            );
            Err(ApiError::timeout(why, 1))
        }
    }
}

/// A pod of the rollout: one that runs rather than one that does not, else the oldest.
async fn application_pod(cx: &RequestContext, deployment: &Object) -> Result<Object, ApiError> {
    let terms: Vec<String> = json::members(deployment, "/spec/selector")
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    let pods = cx.objects.list(&PODS, &cx.namespace, Some(&terms.join(","))).await?;
    let rank = |pod: &Object| {
        let runs = json::text(pod, "/status/phase") == "Running";
        let age = json::text(pod, "/metadata/creationTimestamp").to_owned();
        (is_terminal(pod), !runs, age)
    };
    pods.into_iter().min_by_key(rank).ok_or_else(|| {
        let name = json::text(deployment, "/metadata/name");
        ApiError::bad_request(format!("no pods found for deployment {name}: it may be scaled to zero"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_rollout_is_meant_unless_another_is_named() {
        let options = |version, previous| {
            let mut options = LogOptions::default();
            (options.version, options.previous) = (version, previous);
            options
        };
        assert_eq!(version("web", 3, &options(None, false)).unwrap(), 3);
        assert_eq!(version("web", 3, &options(None, true)).unwrap(), 2);
        assert_eq!(version("web", 3, &options(Some(1), false)).unwrap(), 1);
        let message = |latest, options| version("web", latest, &options).unwrap_err().message;
        assert_eq!(
            message(0, options(None, false)),
            "no deployment exists for deploymentConfig \"web\""
        );
        assert_eq!(
            message(1, options(None, true)),
            "no previous deployment exists for deploymentConfig \"web\""
        );
        assert_eq!(
            message(3, options(Some(4), false)),
            "invalid version for deploymentConfig \"web\": 4"
        );
    }
}
