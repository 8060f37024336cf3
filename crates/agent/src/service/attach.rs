use std::sync::Arc;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use weir_engine::AttachSpec;

use super::answer::Failure;
use super::find::Target;
use super::query::Query;
use super::session::{self, Wanted};
use crate::node::Node;
use crate::pod_view::PodView;

/// Connects to a container's own process.
pub(super) async fn attach(
    State(node): State<Arc<Node>>,
    Path(target): Path<Target>,
    RawQuery(query): RawQuery,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Failure> {
    let query = Query::parse(query.as_deref());
    let pod = target.pod(&node)?;
    let container = pod.find_container(&target.container).map(|(_, container)| container);
    let spec = AttachSpec {
        // Input that the container did not ask for would go nowhere.
        stdin: query.flag("stdin") && container.is_some_and(|container| container.stdin == Some(true)),
        stdout: query.flag("stdout"),
        stderr: query.flag("stderr"),
        tty: container.is_some_and(|container| container.tty == Some(true)),
    };
    session::open(node, target, Wanted::Attach(spec), upgrade).await
}
