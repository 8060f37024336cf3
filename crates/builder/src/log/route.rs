use axum::Router;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use weir_api::names::node;

use super::options::LogOptionsError;
use super::{LogError, LogOptions, LogStore, PodKey};
use crate::kubelet::containers;

/// What the log route needs: the logs, and the API to ask about pods that it has not heard of yet.
#[derive(Clone)]
pub(crate) struct LogRoute {
    pub logs: LogStore,
    pub client: kube::Client,
}

/// `GET /containerLogs/{namespace}/{pod}/{container}`, as a kubelet serves it.
pub(crate) fn router(route: LogRoute) -> Router {
    Router::new()
        .route("/containerLogs/{namespace}/{pod}/{container}", get(container_logs))
        .with_state(route)
}

async fn container_logs(
    State(route): State<LogRoute>,
    Path((namespace, pod, container)): Path<(String, String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, RouteError> {
    let query = query.unwrap_or_default();
    let options = LogOptions::parse(url::form_urlencoded::parse(query.as_bytes()), Timestamp::now())?;
    let key = PodKey::new(&namespace, &pod).ok_or(RouteError::NoPod)?;
    let stream = match route.logs.read(&key, &container, &options) {
        Err(LogError::Missing { .. }) => {
            route.learn(&key, &container).await?;
            route.logs.read(&key, &container, &options)?
        }
        read => read?,
    };
    Ok((
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8")],
        Body::from_stream(stream),
    )
        .into_response())
}

impl LogRoute {
    /// A reader may come before we have seen the pod: then the log is empty so far, and can be followed.
    async fn learn(&self, key: &PodKey, container: &str) -> Result<(), RouteError> {
        let pods: Api<Pod> = Api::namespaced(self.client.clone(), key.namespace());
        let pod = pods.get_opt(key.name()).await?.ok_or(RouteError::NoPod)?;
        let ours = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()) == Some(node::BUILDER);
        if !ours {
            return Err(RouteError::NoPod);
        }
        let names = containers(&pod);
        if !names.iter().any(|name| name == container) {
            return Err(RouteError::NoContainer {
                container: container.to_owned(),
                known: names.join(", "),
            });
        }
        let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
        if matches!(phase, Some("Succeeded" | "Failed")) {
            return Err(RouteError::Gone);
        }
        let uid = pod.metadata.uid.as_deref().unwrap_or_default();
        Ok(self.logs.expect(key, uid, &names)?)
    }
}

#[derive(Debug, thiserror::Error)]
enum RouteError {
    #[error("{0}")]
    Options(#[from] LogOptionsError),
    #[error("the builder has no such pod")]
    NoPod,
    #[error("container {container} is not valid for this pod; it has {known}")]
    NoContainer { container: String, known: String },
    #[error("the log of this build is not kept any more")]
    Gone,
    #[error("{0}")]
    Log(#[from] LogError),
    #[error("cannot ask the API about the pod: {0}")]
    Api(#[from] kube::Error),
}

impl IntoResponse for RouteError {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Options(_) | Self::NoContainer { .. } => StatusCode::BAD_REQUEST,
            Self::NoPod | Self::Gone | Self::Log(LogError::Missing { .. }) => StatusCode::NOT_FOUND,
            Self::Log(LogError::Io { .. }) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Api(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        (status, self.to_string()).into_response()
    }
}
