mod phase;
mod places;
mod request;
mod upload;

use std::sync::Arc;

use async_trait::async_trait;
use axum::body::Body;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use tokio_util::sync::CancellationToken;
use weir_apiserver::{ApiError, Connect, Object, RequestContext, SubresourceHandler};
use weir_component::Incoming;

use self::places::Places;
use self::upload::Upload;
use super::instantiate::Instantiate;
use crate::json;
use crate::nodes::NodeConnector;

/// When a client that was sent away may come back.
const RETRY_AFTER: u32 = 10;

/// `buildconfigs/NAME/instantiatebinary`: makes the next Build and hands the body of the request to its pod as the
/// source, as a stream. Answered when the pod has all of it.
pub(super) struct InstantiateBinary {
    instantiate: Instantiate,
    nodes: Arc<dyn NodeConnector>,
    places: Places,
}

impl InstantiateBinary {
    pub fn new(instantiate: Instantiate, nodes: Arc<dyn NodeConnector>) -> Self {
        Self {
            instantiate,
            nodes,
            places: Places::default(),
        }
    }

    async fn start(&self, cx: &RequestContext, name: &str) -> Result<Object, ApiError> {
        let request = request::build_request(cx, name);
        self.instantiate.start(cx, name, &request, None).await
    }
}

#[async_trait]
impl SubresourceHandler for InstantiateBinary {
    fn is_connect(&self) -> bool {
        true
    }

    async fn connect(&self, cx: &RequestContext, name: &str, connect: Connect) -> Result<Response<Body>, ApiError> {
        let _place = self
            .places
            .take(&cx.user.username)
            .ok_or_else(|| ApiError::too_many_requests("too many uploads, please try again later", RETRY_AFTER))?;
        let content = Incoming::of(connect.request);
        let build = match self.start(cx, name).await {
            Ok(build) => build,
            Err(error) => {
                content.hear_out().await;
                return Err(error);
            }
        };
        if cx.dry_run {
            content.hear_out().await;
            return Ok(created(&build));
        }
        let upload = Upload {
            cx: cx.clone(),
            nodes: self.nodes.clone(),
            build: json::text(&build, "/metadata/name").to_owned(),
            content,
        };
        let gone = CancellationToken::new();
        // Dropped with this request when its client goes away.
        let _client = gone.clone().drop_guard();
        // By itself, so that it lives to tell the build that nobody uploads for it any more.
        let running = tokio::spawn(upload.run(gone)).await;
        let running = running.unwrap_or_else(|error| Err(ApiError::internal(error)))?;
        Ok(created(&running))
    }
}

fn created(build: &Object) -> Response<Body> {
    let mut response = Response::new(Body::from(build.to_string()));
    *response.status_mut() = StatusCode::CREATED;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}
