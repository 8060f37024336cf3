use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::header::HeaderName;
use http::{HeaderMap, HeaderValue, Request, Response};
use tower_http::catch_panic::CatchPanicLayer;
use weir_blobstore::BlobStore;
use weir_oci::ErrorCode;

use crate::access::{Access, Action, CachedAccess};
use crate::answer::Problem;
use crate::authentication;
use crate::config::RegistryConfig;
use crate::metrics::Metrics;
use crate::routes;
use crate::streams::Streams;
use crate::token::Caller;

/// What every answer carries, so that clients know what they talk to.
const API_VERSION: (HeaderName, HeaderValue) = (
    HeaderName::from_static("docker-distribution-api-version"),
    HeaderValue::from_static("registry/2.0"),
);

/// The distribution server. Cheap to clone.
#[derive(Clone)]
pub struct Registry {
    config: Arc<RegistryConfig>,
    blobs: Arc<dyn BlobStore>,
    streams: Arc<dyn Streams>,
    access: CachedAccess,
    metrics: Metrics,
}

impl Registry {
    pub fn new(
        config: RegistryConfig,
        blobs: Arc<dyn BlobStore>,
        streams: Arc<dyn Streams>,
        access: Arc<dyn Access>,
    ) -> Registry {
        Registry {
            config: Arc::new(config),
            blobs,
            streams,
            access: CachedAccess::new(access),
            metrics: Metrics::default(),
        }
    }

    /// Counts into `metrics` from now on, which may be registered somewhere already.
    pub fn with_metrics(mut self, metrics: Metrics) -> Registry {
        self.metrics = metrics;
        self
    }

    /// Everything the registry serves. It has its own paths (`/v2/`), so it listens on its own address.
    pub fn router(&self) -> Router {
        let registry = self.clone();
        Router::new()
            .fallback(move |request: Request<Body>| {
                let registry = registry.clone();
                async move { registry.serve(request).await }
            })
            .layer(CatchPanicLayer::custom(|_| {
                Problem::new(ErrorCode::Unknown, "the request ended in a bug of the registry").into_response()
            }))
    }

    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    pub(crate) fn blobs(&self) -> &dyn BlobStore {
        &*self.blobs
    }

    pub(crate) fn streams(&self) -> &dyn Streams {
        &*self.streams
    }

    /// The caller, if he is who he says.
    pub(crate) async fn identified(&self, headers: &HeaderMap) -> Result<Caller, Problem> {
        let caller = authentication::caller(headers, &self.config)?;
        match self.access.identify(&caller).await {
            Ok(()) => Ok(caller),
            Err(error) => Err(self.challenged(headers, error.into())),
        }
    }

    /// Is this token anybody's?
    pub(crate) async fn is_valid(&self, caller: &Caller) -> Result<bool, Problem> {
        match self.access.identify(caller).await {
            Ok(()) => Ok(true),
            Err(crate::AccessError::InvalidToken) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// The caller, if he may do all of this.
    pub(crate) async fn authorized(&self, headers: &HeaderMap, actions: &[Action]) -> Result<Caller, Problem> {
        let caller = authentication::caller(headers, &self.config)?;
        for action in actions {
            if !self.may(headers, &caller, action).await? {
                return Err(self.denied(headers, &caller));
            }
        }
        Ok(caller)
    }

    pub(crate) async fn may(&self, headers: &HeaderMap, caller: &Caller, action: &Action) -> Result<bool, Problem> {
        self.access
            .allows(caller, action)
            .await
            .map_err(|error| self.challenged(headers, error.into()))
    }

    /// Whoever has no identity is asked for one; to others it is final.
    fn denied(&self, headers: &HeaderMap, caller: &Caller) -> Problem {
        let message = "requested access to the resource is denied";
        match caller {
            Caller::Anonymous => authentication::challenge(headers, &self.config, "authentication required"),
            Caller::Token(_) => Problem::new(ErrorCode::Denied, message),
        }
    }

    fn challenged(&self, headers: &HeaderMap, problem: Problem) -> Problem {
        if problem.is_unauthorized() {
            authentication::challenge(headers, &self.config, problem.message())
        } else {
            problem
        }
    }

    async fn serve(&self, request: Request<Body>) -> Response<Body> {
        let (operation, answer) = routes::dispatch(self, request).await;
        let mut response = answer.unwrap_or_else(Problem::into_response);
        self.metrics.answered(operation, response.status().as_u16());
        let (name, value) = API_VERSION;
        response.headers_mut().insert(name, value);
        response
    }
}
