//! What the API server asks a node, as kubelets answer it:
//!
//! ```text
//! GET      /containerLogs/{namespace}/{pod}/{container}   follow tailLines sinceSeconds sinceTime timestamps limitBytes previous
//! GET POST /exec/{namespace}/{pod}/{container}            command stdin stdout stderr tty     (WebSocket)
//! GET POST /attach/{namespace}/{pod}/{container}          stdin stdout stderr tty             (WebSocket)
//! ```

mod answer;
mod attach;
mod channels;
mod exec;
mod find;
mod logs;
mod query;
mod session;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::node::Node;

pub(crate) fn router(node: Arc<Node>) -> Router {
    Router::new()
        .route("/containerLogs/{namespace}/{pod}/{container}", get(logs::logs))
        .route("/exec/{namespace}/{pod}/{container}", get(exec::exec).post(exec::exec))
        .route(
            "/attach/{namespace}/{pod}/{container}",
            get(attach::attach).post(attach::attach),
        )
        .with_state(node)
}
