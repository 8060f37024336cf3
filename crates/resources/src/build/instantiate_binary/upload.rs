use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Limited};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use weir_apiserver::{ApiError, Object, RequestContext, UpdateMode};
use weir_component::Incoming;

use super::phase::{Standing, standing};
use crate::build::{BUILDS, naming};
use crate::core::PODS;
use crate::json;
use crate::nodes::{self, ContainerAddress, NodeConnector};

/// How long a client waits for its build to take the upload.
const PATIENCE: Duration = Duration::from_secs(300);
const PATIENCE_TEXT: &str = "5m0s";
/// A build whose upload failed knows why, and gets so long to say so before it is cancelled.
const LAST_WORDS: Duration = Duration::from_secs(10);
/// What a node may say about why it did not take the upload.
const MAX_REFUSAL_BYTES: usize = 4096;
/// Container of a build pod that fetches the source.
const CONTAINER: &str = "git-clone";

/// A source on its way to the pod of a build.
pub(super) struct Upload {
    pub cx: RequestContext,
    pub nodes: Arc<dyn NodeConnector>,
    /// Name of the Build.
    pub build: String,
    pub content: Incoming,
}

impl Upload {
    /// Brings the content to the build once that runs, and returns the build as it was then. A build that does not get
    /// all of it does not go on: it fails by itself, or is cancelled.
    pub async fn run(self, gone: CancellationToken) -> Result<Object, ApiError> {
        let carried = tokio::select! {
            carried = self.carry() => carried,
            () = gone.cancelled() => Err(ApiError::bad_request("the client went away")),
        };
        let error = match carried {
            Ok(build) => return Ok(build),
            Err(error) => error,
        };
        let answer = match self.reason_of_its_own().await {
            Some(reason) => reason,
            None => {
                self.cancel().await;
                error
            }
        };
        if !gone.is_cancelled() {
            self.content.hear_out().await;
        }
        Err(answer)
    }

    async fn carry(&self) -> Result<Object, ApiError> {
        let running = timeout(PATIENCE, self.running()).await.map_err(|_| {
            let why = format!(
                "timed out waiting for build {} to start after {PATIENCE_TEXT}",
                self.build
            );
            ApiError::timeout(why, 0)
        })??;
        let pod = self.cx.objects.get(&PODS, &self.cx.namespace, &self.pod_name()).await?;
        let answer = self.hand_over(&pod).await?;
        if answer.status().is_success() {
            return Ok(running);
        }
        Err(ApiError::internal(format!(
            "the upload did not reach build {}: {}",
            self.build,
            refusal(answer).await
        )))
    }

    /// The build once its pod takes the upload.
    async fn running(&self) -> Result<Object, ApiError> {
        let mut changes = self
            .cx
            .objects
            .watch_object(&BUILDS, &self.cx.namespace, &self.build)
            .await?;
        loop {
            let build = changes.next().await.map_err(|error| {
                ApiError::bad_request(format!("unable to wait for build {} to run: {error}", self.build))
            })?;
            match (standing(&self.build, build.as_ref()), build) {
                (Standing::Over(why), _) => return Err(why),
                (Standing::Runs, Some(build)) => return Ok(build),
                _ => {}
            }
        }
    }

    async fn hand_over(&self, pod: &Object) -> Result<Response<Body>, ApiError> {
        let address = ContainerAddress {
            node: json::text(pod, "/spec/nodeName").to_owned(),
            namespace: self.cx.namespace.clone(),
            pod: self.pod_name(),
            container: CONTAINER.to_owned(),
        };
        let mut request = Request::new(self.content.body());
        *request.method_mut() = Method::POST;
        let uid = [("uid".to_owned(), json::text(pod, "/metadata/uid").to_owned())];
        nodes::hand_over(self.nodes.as_ref(), &address, "upload", &uid, request).await
    }

    /// Why the build ended, if it did so by itself. One that was running when its upload failed is waited for.
    async fn reason_of_its_own(&self) -> Option<ApiError> {
        let ended = async {
            let objects = &self.cx.objects;
            let mut changes = objects.watch_object(&BUILDS, &self.cx.namespace, &self.build).await?;
            loop {
                match standing(&self.build, changes.next().await?.as_ref()) {
                    Standing::Over(why) => return Ok(Some(why)),
                    Standing::Waits => return Ok(None),
                    Standing::Runs => {}
                }
            }
        };
        let ended: Result<Option<ApiError>, ApiError> = timeout(LAST_WORDS, ended).await.unwrap_or(Ok(None));
        ended.unwrap_or_else(|error| {
            tracing::warn!(build = self.build, %error, "cannot see how a build without its upload ended");
            None
        })
    }

    async fn cancel(&self) {
        let (objects, namespace) = (&self.cx.objects, &self.cx.namespace);
        let cancelled = objects
            .update_with(&self.cx, &BUILDS, namespace, &self.build, UpdateMode::Main, |build| {
                json::put(build, &["status", "cancelled"], true);
                Ok(())
            })
            .await;
        if let Err(error) = cancelled
            && !error.is_not_found()
        {
            tracing::warn!(build = self.build, %error, "cannot cancel a build that gets no upload");
        }
    }

    fn pod_name(&self) -> String {
        naming::pod_name(&self.build)
    }
}

async fn refusal(answer: Response<Body>) -> String {
    match Limited::new(answer.into_body(), MAX_REFUSAL_BYTES).collect().await {
        Ok(body) => String::from_utf8_lossy(&body.to_bytes()).trim().to_owned(),
        Err(error) => error.to_string(),
    }
}
