//! The kubelet-like service of this node. Who may use it was decided before a request gets here; it is reached in
//! process only.

mod channels;
mod locate;
mod logs;
mod query;
mod streams;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use weir_engine::Engine;

/// Logs, exec and attach of the containers of one instance.
#[derive(Clone)]
pub struct NodeService {
    engine: EngineSource,
    instance: Arc<str>,
}

/// The engine at the moment, or why there is none.
pub type EngineSource = Arc<dyn Fn() -> Result<Arc<dyn Engine>, String> + Send + Sync>;

impl NodeService {
    pub fn new(engine: EngineSource, instance: impl Into<Arc<str>>) -> Self {
        Self {
            engine,
            instance: instance.into(),
        }
    }

    pub fn router(&self) -> Router {
        Router::new()
            .route("/containerLogs/{namespace}/{pod}/{container}", get(logs::logs))
            .route(
                "/exec/{namespace}/{pod}/{container}",
                get(streams::exec).post(streams::not_a_websocket),
            )
            .route(
                "/attach/{namespace}/{pod}/{container}",
                get(streams::attach).post(streams::not_a_websocket),
            )
            .with_state(self.clone())
    }
}
