use std::sync::Arc;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use weir_engine::ExecSpec;

use super::answer::Failure;
use super::channels::{EndsWith, MAX_MESSAGE, PROTOCOLS, carry};
use super::find::Target;
use super::query::Query;
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
    let upgrade = accept(upgrade)?;
    let instance = target.instance(&node, false).await?;
    if !instance.is_running() {
        return Err(Failure::bad_request(format!(
            "container {} of pod {} is not running; its log may say why",
            target.container, target.pod
        )));
    }
    Ok(upgrade.on_upgrade(move |socket| async move {
        let session = node.engine.exec(&instance.id, &spec).await;
        node.shutdown
            .run_until_cancelled(carry(socket, session, EndsWith::ExitCode))
            .await;
    }))
}

/// The client must speak one of our protocols, or nobody understands anybody.
pub(super) fn accept(
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<WebSocketUpgrade, Failure> {
    let upgrade = upgrade.map_err(|error| {
        Failure::bad_request(format!(
            "exec and attach need a WebSocket upgrade with {}: {error}",
            PROTOCOLS[0]
        ))
    })?;
    let upgrade = upgrade.protocols(PROTOCOLS).max_message_size(MAX_MESSAGE);
    if upgrade.selected_protocol().is_none() {
        return Err(Failure::bad_request(format!(
            "the client offers none of the protocols {}",
            PROTOCOLS.join(", ")
        )));
    }
    Ok(upgrade)
}
