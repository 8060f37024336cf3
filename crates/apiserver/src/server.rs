mod builder;
mod routes;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::IntoResponse;
use tower_http::catch_panic::CatchPanicLayer;
use weir_store::Store;

use crate::core::Core;
use crate::{ApiError, GroupResource, Objects, RequestContext, UserInfo, chain};

pub use builder::{BuildError, ServerBuilder};

/// A running API server machinery. [`Server::router`] is what listeners and in-process clients talk to. Its caches are
/// kept current until the server and all its routers are dropped.
pub struct Server {
    core: Arc<Core>,
    router: Router,
}

impl Server {
    pub fn builder(store: Arc<dyn Store>) -> ServerBuilder {
        ServerBuilder::new(store)
    }

    fn new(core: Arc<Core>) -> Self {
        let router = Router::new()
            .fallback(serve)
            .with_state(core.clone())
            .layer(CatchPanicLayer::custom(|_| {
                ApiError::internal("the request ended in a bug of the server").into_response()
            }));
        Self { core, router }
    }

    /// Serves `routes` too. They stand beside the path of a request: they authenticate whom they want, and are bounded
    /// in what happens at once, how long it takes and how much is sent. Their paths win over those of this server.
    pub fn with_routes(mut self, routes: Router) -> Self {
        self.router = self.router.merge(routes::bounded(routes));
        self
    }

    /// Everything: resources, discovery, health, metrics.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// The stored resources, for work that no request asks for.
    pub fn objects(&self) -> Objects {
        Objects::new(self.core.clone())
    }

    /// The context of such work.
    pub fn context(&self, user: UserInfo, resource: GroupResource) -> RequestContext {
        RequestContext::internal(self.objects(), user, resource)
    }

    /// Ends all watches and tells probes that the server is going away, so that connections become idle.
    pub fn drain(&self) {
        self.core.closing.cancel();
        self.core.catalog.caches().for_each(|cache| cache.end_watches());
    }
}

async fn serve(State(core): State<Arc<Core>>, request: Request) -> axum::response::Response {
    chain::serve(core, request).await
}
