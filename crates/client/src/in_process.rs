use std::convert::Infallible;

use axum::body::Body;
use http::header::{HeaderValue, USER_AGENT};
use http::{Request, Response};
use http_body_util::BodyExt;
use tower::{BoxError, Service, ServiceExt};

/// A client whose requests go into `router` without a socket. `program` is the name by which objects remember what it
/// writes. `identity` is put into every request's extensions, where
/// the authentication step finds it: only code of this process can set an extension, so it is trusted as it is.
///
/// Upgrades (exec, attach) have no connection to upgrade here and are answered 426; they go over a socket.
pub fn in_process<S, I>(router: S, program: &'static str, identity: I) -> kube::Client
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
    I: Clone + Send + Sync + 'static,
{
    let service = tower::service_fn(move |request: Request<kube::client::Body>| {
        let router = router.clone();
        let identity = identity.clone();
        async move {
            let (mut head, body) = request.into_parts();
            head.extensions.insert(identity);
            head.headers
                .entry(USER_AGENT)
                .or_insert(HeaderValue::from_static(program));
            let request = Request::from_parts(head, Body::from_stream(body.into_data_stream()));
            Ok::<_, BoxError>(router.oneshot(request).await.unwrap_or_else(|never| match never {}))
        }
    });
    kube::Client::new(service, "default")
}
