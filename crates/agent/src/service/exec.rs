use std::sync::Arc;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use weir_engine::ExecSpec;

use super::answer::Failure;
use super::find::Target;
use super::query::Query;
use super::session::{self, Wanted};
use crate::node::Node;

/// Runs a command in a container.
pub(super) async fn exec(
    State(node): State<Arc<Node>>,
    Path(target): Path<Target>,
    RawQuery(query): RawQuery,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Failure> {
    let query = Query::parse(query.as_deref());
    let spec = ExecSpec {
        command: query.all("command"),
        stdin: query.flag("stdin"),
        stdout: query.flag("stdout"),
        stderr: query.flag("stderr"),
        tty: query.flag("tty"),
    };
    if spec.command.is_empty() {
        return Err(Failure::bad_request(
            "you must specify at least 1 command for the container",
        ));
    }
    session::open(node, target, Wanted::Exec(spec), upgrade).await
}
