use std::sync::Arc;

use async_trait::async_trait;
use axum::body::Body;
use http::Response;
use weir_apiserver::{ApiError, Connect, Object, RequestContext, SubresourceHandler};

use super::super::PODS;
use super::{is_terminal, log};
use crate::json;
use crate::nodes::{self, NodeConnector};

/// More words than this are no command line that an engine would take.
const MAX_COMMAND_WORDS: usize = 4096;
const STREAMS: [&str; 4] = ["stdin", "stdout", "stderr", "tty"];

/// `pods/NAME/exec`: runs a command in a container, over an upgraded connection.
pub(super) struct Exec(pub Arc<dyn NodeConnector>);

/// `pods/NAME/attach`: the streams of a container's own process.
pub(super) struct Attach(pub Arc<dyn NodeConnector>);

#[async_trait]
impl SubresourceHandler for Exec {
    fn is_connect(&self) -> bool {
        true
    }

    async fn connect(&self, cx: &RequestContext, name: &str, connect: Connect) -> Result<Response<Body>, ApiError> {
        let words = cx.query_values("command");
        if words.is_empty() {
            return Err(ApiError::bad_request(
                "you must specify at least 1 command for the container",
            ));
        }
        if words.len() > MAX_COMMAND_WORDS {
            let why = format!(
                "the command has {} words, at most {MAX_COMMAND_WORDS} are taken",
                words.len()
            );
            return Err(ApiError::bad_request(why));
        }
        let command = words.iter().map(|word| ("command".to_owned(), word.clone()));
        open(self.0.as_ref(), cx, name, "exec", command.collect(), connect).await
    }
}

#[async_trait]
impl SubresourceHandler for Attach {
    fn is_connect(&self) -> bool {
        true
    }

    async fn connect(&self, cx: &RequestContext, name: &str, connect: Connect) -> Result<Response<Body>, ApiError> {
        open(self.0.as_ref(), cx, name, "attach", Vec::new(), connect).await
    }
}

async fn open(
    connector: &dyn NodeConnector,
    cx: &RequestContext,
    name: &str,
    verb: &'static str,
    mut query: Vec<(String, String)>,
    connect: Connect,
) -> Result<Response<Body>, ApiError> {
    let pod = cx.objects.get(&PODS, &cx.namespace, name).await?;
    refuse_completed(&pod, verb)?;
    for stream in STREAMS {
        if cx.query_flag(stream)? {
            query.push((stream.to_owned(), "true".to_owned()));
        }
    }
    let container = log::choose_container(&pod, cx.query_value("container").unwrap_or_default())?;
    let address = log::address(&pod, &container)
        .ok_or_else(|| ApiError::bad_request(format!("pod {name} does not have a host assigned")))?;
    nodes::hand_over(connector, &address, verb, &query, connect.request).await
}

fn refuse_completed(pod: &Object, verb: &str) -> Result<(), ApiError> {
    if !is_terminal(pod) {
        return Ok(());
    }
    let what = if verb == "exec" {
        "exec into a container"
    } else {
        "attach to a container"
    };
    let phase = json::text(pod, "/status/phase");
    Err(ApiError::bad_request(format!(
        "cannot {what} in a completed pod; current phase is {phase}"
    )))
}
