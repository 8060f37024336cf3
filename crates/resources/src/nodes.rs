use axum::body::Body;
use http::header::{AUTHORIZATION, COOKIE, HOST};
use http::{HeaderValue, Method, Request, Response, Uri};
use tower::ServiceExt;
use url::form_urlencoded;
use weir_apiserver::ApiError;

/// The way to the kubelet-like services of this process, by node name.
///
/// A node's router answers `GET /containerLogs/{namespace}/{pod}/{container}` with a text stream, and
/// `/exec/{namespace}/{pod}/{container}` and `/attach/...` with a WebSocket upgrade, with the query parameters of the
/// pod subresources of the same names. The node that runs builds takes the source of a binary build at
/// `POST /upload/{namespace}/{pod}/{container}?uid=UID`, and answers when all of it is kept.
pub trait NodeConnector: Send + Sync {
    /// `None`: no node of this name is connected.
    fn node(&self, name: &str) -> Option<axum::Router>;
}

/// One container of one pod on one node.
#[derive(Clone, Debug)]
pub(crate) struct ContainerAddress {
    pub node: String,
    pub namespace: String,
    pub pod: String,
    pub container: String,
}

impl ContainerAddress {
    /// `query` holds decoded keys and values; keys may repeat.
    fn uri(&self, verb: &str, query: &[(String, String)]) -> Result<Uri, ApiError> {
        let path = format!("/{verb}/{}/{}/{}", self.namespace, self.pod, self.container);
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(query)
            .finish();
        format!("{path}?{query}").parse().map_err(ApiError::internal)
    }
}

/// A container's log as its node gives it.
pub(crate) async fn logs(
    nodes: &dyn NodeConnector,
    address: &ContainerAddress,
    query: &[(String, String)],
) -> Result<Response<Body>, ApiError> {
    let mut request = Request::new(Body::empty());
    *request.method_mut() = Method::GET;
    hand_over(nodes, address, "containerLogs", query, request).await
}

/// Hands `request` to the node, upgrade state included, as a request about this container. What proves to us who asks
/// stays here.
pub(crate) async fn hand_over(
    nodes: &dyn NodeConnector,
    address: &ContainerAddress,
    verb: &str,
    query: &[(String, String)],
    mut request: Request<Body>,
) -> Result<Response<Body>, ApiError> {
    let Some(router) = nodes.node(&address.node) else {
        return Err(ApiError::service_unavailable(format!(
            "node {:?}, which runs pod {}/{}, is not connected: is its agent running, and does it find a container engine?",
            address.node, address.namespace, address.pod
        )));
    };
    *request.uri_mut() = address.uri(verb, query)?;
    let headers = request.headers_mut();
    headers.remove(AUTHORIZATION);
    headers.remove(COOKIE);
    headers.insert(HOST, HeaderValue::from_static("node"));
    Ok(router.oneshot(request).await.unwrap_or_else(|never| match never {}))
}
