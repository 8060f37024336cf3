//! Requests to the API server, one method per kind of answer.

mod answer;
mod call;
mod changes;
mod uploads;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, TryStreamExt};
use http::header::RETRY_AFTER;
use http::{Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use kube::client::Body;
use serde_json::Value;
use tower::ServiceExt;

pub use call::{Call, PatchType};
pub use changes::ChangeKind;
pub use uploads::{Flow, Uploads, uploads};

use crate::failure::Failure;
use crate::terminal::Terminal;

/// The longest answer that is held in memory: far above any list page of 500 objects.
const ANSWER_BYTES: usize = 256 * 1024 * 1024;
/// How often a server that says "try again later" is asked again.
const RETRIES: usize = 10;
/// The longest pause between two tries, whatever the server asks for.
const LONGEST_RETRY_PAUSE: Duration = Duration::from_secs(30);

/// The way to one API server. Cheap to clone.
#[derive(Clone)]
pub struct Api {
    client: kube::Client,
    uploads: Option<Uploads>,
    /// Address as shown to people.
    server: String,
    timeout: Option<Duration>,
    terminal: Terminal,
    warned: Arc<Mutex<Vec<String>>>,
}

impl Api {
    pub fn new(client: kube::Client, server: String, timeout: Option<Duration>, terminal: Terminal) -> Self {
        Self {
            client,
            uploads: None,
            server,
            timeout: timeout.filter(|timeout| !timeout.is_zero()),
            terminal,
            warned: Arc::default(),
        }
    }

    pub fn with_uploads(mut self, uploads: Option<Uploads>) -> Self {
        self.uploads = uploads;
        self
    }

    pub fn client(&self) -> &kube::Client {
        &self.client
    }

    pub fn server(&self) -> &str {
        &self.server
    }

    pub async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.json(Call::get(path)).await
    }

    /// `get`, with `None` for what is not there.
    pub async fn find(&self, path: &str) -> Result<Option<Value>, Failure> {
        match self.get(path).await {
            Ok(object) => Ok(Some(object)),
            Err(failure) if failure.is_not_found() => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// A request whose answer is one JSON document.
    pub async fn json(&self, call: Call) -> Result<Value, Failure> {
        let bytes = self.bytes(call).await?;
        self.document(&bytes)
    }

    fn document(&self, bytes: &[u8]) -> Result<Value, Failure> {
        serde_json::from_slice(bytes).map_err(|error| {
            Failure::refused(format!(
                "the server at {} sent an answer that is no JSON: {error}",
                self.server
            ))
        })
    }

    /// A request whose answer is text.
    pub async fn text(&self, call: Call) -> Result<String, Failure> {
        Ok(String::from_utf8_lossy(&self.bytes(call).await?).into_owned())
    }

    async fn bytes(&self, call: Call) -> Result<Bytes, Failure> {
        let request = async {
            let response = self.send(&call).await?;
            let body = Limited::new(response.into_body(), ANSWER_BYTES);
            let collected = body.collect().await.map_err(|error| self.broken(error))?;
            Ok(collected.to_bytes())
        };
        match self.timeout {
            None => request.await,
            Some(timeout) => tokio::time::timeout(timeout, request).await.unwrap_or_else(|_| {
                Err(Failure::Unreachable {
                    message: format!("the server at {} did not answer within {timeout:?}", self.server),
                    hints: vec!["a longer --request-timeout gives it more time".into()],
                })
            }),
        }
    }

    /// A request whose answer flows until the server ends it, such as a log that is followed.
    pub async fn stream(&self, call: Call) -> Result<impl Stream<Item = std::io::Result<Bytes>> + use<>, Failure> {
        let response = self.send(&call).await?;
        Ok(response.into_body().into_data_stream().map_err(std::io::Error::other))
    }

    /// A request with a body that flows, whose answer is one JSON document. It is sent once, and takes as long as it
    /// takes: what has flowed away cannot be sent again.
    pub async fn upload(&self, call: Call, content: Flow) -> Result<Value, Failure> {
        let Some(uploads) = self.uploads.clone() else {
            return Err(Failure::refused(format!(
                "uploads to {} would go through a proxy, which is not supported",
                self.server
            ))
            .hint("name a server that is reached without one"));
        };
        let response = uploads
            .oneshot(call.flowing(content)?)
            .await
            .map_err(|error| self.failure_of(&kube::Error::Service(error)))?;
        self.show_warnings(&response);
        let code = response.status();
        let body = Limited::new(response.into_body(), ANSWER_BYTES).collect().await;
        let bytes = body.map_err(|error| self.broken(error))?.to_bytes();
        match code.is_success() {
            true => self.document(&bytes),
            false => Err(answer::failure(&call, code, &bytes)),
        }
    }

    /// Sends, tries again while the server asks for patience, and turns error answers into failures.
    async fn send(&self, call: &Call) -> Result<Response<Body>, Failure> {
        let mut tries = 0;
        loop {
            let response = self
                .client
                .send(call.request()?)
                .await
                .map_err(|error| self.failure_of(&error))?;
            self.show_warnings(&response);
            match retry_pause(&response) {
                Some(pause) if tries < RETRIES => tokio::time::sleep(pause).await,
                _ if response.status().is_success() => return Ok(response),
                _ => return Err(self.error_answer(call, response).await),
            }
            tries += 1;
        }
    }

    /// `Warning` headers are meant for people; each is shown once.
    fn show_warnings<B>(&self, response: &Response<B>) {
        for header in response.headers().get_all(http::header::WARNING) {
            let Some(text) = header.to_str().ok().and_then(answer::warning_text) else {
                continue;
            };
            let mut warned = self.warned.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if !warned.contains(&text) {
                self.terminal.note(format!("Warning: {text}"));
                warned.push(text);
            }
        }
    }

    async fn error_answer(&self, call: &Call, response: Response<Body>) -> Failure {
        let code = response.status();
        match Limited::new(response.into_body(), ANSWER_BYTES).collect().await {
            Ok(body) => answer::failure(call, code, &body.to_bytes()),
            Err(error) => self.broken(error),
        }
    }

    fn broken(&self, error: impl std::fmt::Display) -> Failure {
        Failure::Unreachable {
            message: format!("the answer of the server at {} broke off: {error}", self.server),
            hints: Vec::new(),
        }
    }

    /// The failure that an error of the client library tells of.
    pub fn failure_of(&self, error: &kube::Error) -> Failure {
        answer::unreachable(&self.server, error)
    }
}

fn retry_pause(response: &Response<Body>) -> Option<Duration> {
    let patience = matches!(
        response.status(),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
    );
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    patience.then(|| Duration::from_secs(seconds).min(LONGEST_RETRY_PAUSE))
}
