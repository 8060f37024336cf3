//! What exec and attach have in common: a container that runs, a socket, and the streams between them.

use std::sync::Arc;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::response::Response;
use weir_engine::{AttachSpec, EngineError, ExecSpec, Session};

use super::answer::Failure;
use super::channels::{EndsWith, MAX_MESSAGE, PROTOCOLS, carry};
use super::find::Target;
use crate::node::Node;

/// What a client wants of a container.
pub(super) enum Wanted {
    Exec(ExecSpec),
    Attach(AttachSpec),
}

/// What is wrong with the container is told before what is wrong with the upgrade: clients that fail with one protocol
/// try an older one and show the answer to that.
pub(super) async fn open(
    node: Arc<Node>,
    target: Target,
    wanted: Wanted,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Failure> {
    let instance = target.instance(&node, false).await?;
    if !instance.is_running() {
        return Err(Failure::bad_request(format!(
            "container {} of pod {} is not running; its log may say why",
            target.container, target.pod
        )));
    }
    let upgrade = accept(upgrade)?;
    Ok(upgrade.on_upgrade(move |socket| async move {
        let session = wanted.start(&node, &instance.id).await;
        let session = session.map_err(|error| explain(error, &node, &target));
        let carried = carry(socket, session, wanted.ends_with());
        node.shutdown.run_until_cancelled(carried).await;
    }))
}

impl Wanted {
    async fn start(&self, node: &Node, container: &str) -> Result<Session, EngineError> {
        match self {
            Self::Exec(spec) => node.engine.exec(container, spec).await,
            Self::Attach(spec) => node.engine.attach(container, spec).await,
        }
    }

    fn ends_with(&self) -> EndsWith {
        match self {
            Self::Exec(_) => EndsWith::ExitCode,
            Self::Attach(_) => EndsWith::Success,
        }
    }
}

/// An engine that refuses because of the container's state has a reason that the pod knows better.
fn explain(error: EngineError, node: &Node, target: &Target) -> EngineError {
    let pod = target.pod(node);
    let leaving = pod.is_ok_and(|pod| pod.metadata.deletion_timestamp.is_some());
    match error {
        EngineError::Conflict { .. } if leaving => EngineError::Conflict {
            message: format!(
                "pod {} is being deleted: container {} is told to end, and the engine starts nothing more in it",
                target.pod, target.container
            ),
        },
        EngineError::Conflict { .. } => EngineError::Conflict {
            message: format!(
                "container {} of pod {} is not running any more; its log may say why",
                target.container, target.pod
            ),
        },
        error => error,
    }
}

/// The client must speak one of our protocols, or nobody understands anybody.
fn accept(upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>) -> Result<WebSocketUpgrade, Failure> {
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
