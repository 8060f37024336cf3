use std::collections::VecDeque;
use std::sync::Arc;

use axum::body::{Body, BodyDataStream, Bytes};
use futures::{StreamExt, TryStreamExt, stream};
use http::Response;
use http_body_util::{BodyExt, Limited};
use weir_apiserver::{ApiError, Object, Objects};

use crate::core::PODS;
use crate::core::pod::{LogOptions, container_names, has_started, is_terminal, stream_log};
use crate::json;
use crate::nodes::NodeConnector;

/// What a node may say about why there is no log.
const MAX_REFUSAL_BYTES: usize = 4096;

/// The logs of a pod's containers in the order they run. When following, each is waited for; otherwise those that have
/// not started are left out.
pub(super) struct ContainerLogs {
    nodes: Arc<dyn NodeConnector>,
    objects: Objects,
    namespace: String,
    pod: String,
    follow: bool,
    query: Vec<(String, String)>,
    waiting: VecDeque<String>,
    current: Option<BodyDataStream>,
}

impl ContainerLogs {
    /// Waits for the first container, so that what is wrong with the way to the node becomes an answer and not a broken
    /// stream.
    pub async fn open(
        nodes: Arc<dyn NodeConnector>,
        objects: Objects,
        pod: &Object,
        options: &LogOptions,
    ) -> Result<Self, ApiError> {
        // `previous` chose another build; of that one's containers there is one run each.
        let query = options
            .query()
            .into_iter()
            .filter(|(key, _)| key != "previous")
            .collect();
        let mut logs = Self {
            nodes,
            objects,
            namespace: json::text(pod, "/metadata/namespace").to_owned(),
            pod: json::text(pod, "/metadata/name").to_owned(),
            follow: options.follow,
            query,
            waiting: container_names(pod).map(str::to_owned).collect(),
            current: None,
        };
        logs.open_next().await?;
        Ok(logs)
    }

    pub fn into_body(self) -> Body {
        let chunks = stream::try_unfold(self, |mut logs| async move {
            Ok::<_, ApiError>(logs.next_chunk().await?.map(|chunk| (chunk, logs)))
        });
        Body::from_stream(chunks.inspect_err(|error| tracing::warn!(%error, "a build log ends early")))
    }

    async fn next_chunk(&mut self) -> Result<Option<Bytes>, ApiError> {
        loop {
            let Some(current) = &mut self.current else {
                return Ok(None);
            };
            match current.next().await {
                Some(chunk) => return chunk.map(Some).map_err(ApiError::internal),
                None => self.open_next().await?,
            }
        }
    }

    /// Goes on to the next container that has run or runs; to none after the last.
    async fn open_next(&mut self) -> Result<(), ApiError> {
        self.current = None;
        while let Some(container) = self.waiting.pop_front() {
            let Some(pod) = self.with_started(&container).await? else {
                continue;
            };
            let answer = stream_log(self.nodes.as_ref(), &pod, &container, &self.query).await?;
            self.current = Some(log_in(answer).await?.into_data_stream());
            break;
        }
        Ok(())
    }

    /// The pod, once the container has started. `None`: it has not and, as far as is asked, will not.
    async fn with_started(&mut self, container: &str) -> Result<Option<Object>, ApiError> {
        let mut changes = self.objects.watch_object(&PODS, &self.namespace, &self.pod).await?;
        while let Some(pod) = changes.next().await? {
            if has_started(&pod, container) {
                return Ok(Some(pod));
            }
            if !self.follow || is_terminal(&pod) {
                break;
            }
        }
        Ok(None)
    }
}

async fn log_in(answer: Response<Body>) -> Result<Body, ApiError> {
    if answer.status().is_success() {
        return Ok(answer.into_body());
    }
    let status = answer.status();
    let text = match Limited::new(answer.into_body(), MAX_REFUSAL_BYTES).collect().await {
        Ok(body) => String::from_utf8_lossy(&body.to_bytes()).into_owned(),
        Err(error) => error.to_string(),
    };
    Err(ApiError::bad_request(format!(
        "the log cannot be read ({status}): {}",
        text.trim()
    )))
}
