use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use http::header::CONTENT_TYPE;
use http::{Method, StatusCode};
use kube::config::Kubeconfig;
use serde_json::Value;

use super::NAMESPACE;
use crate::Weir;
use crate::history::{Shown, Snapshot, Span};

/// A server that lives answers within this time, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// One running server, as seen by its clients. All clones share one order of moments and one pool of connections.
#[derive(Clone)]
pub struct LoadApi {
    http: reqwest::Client,
    base: String,
    token: String,
    clock: Arc<AtomicU64>,
}

/// What came back.
#[derive(Clone, Debug)]
pub enum Reply {
    Answer(StatusCode, Value),
    /// Nothing, or not all of it.
    Silence(String),
}

impl LoadApi {
    /// A client for the server as it listens now. `clock` goes on from one start of the server to the next.
    pub fn of(weir: &Weir, clock: Arc<AtomicU64>) -> Result<Self> {
        let kubeconfig = Kubeconfig::read_from(weir.kubeconfig())?;
        let user = kubeconfig.auth_infos.into_iter().find_map(|named| named.auth_info);
        let user = user.context("a user in the kubeconfig")?;
        let token = serde_json::to_value(user)?["token"]
            .as_str()
            .context("a token")?
            .to_owned();
        let authority = std::fs::read(weir.data().join("ca.crt"))?;
        let address = std::fs::read_to_string(weir.data().join("run/api-address"))?;
        let http = reqwest::Client::builder()
            .tls_certs_only([reqwest::Certificate::from_pem(&authority)?])
            .http1_only()
            .no_proxy()
            .timeout(PATIENCE)
            .build()?;
        Ok(Self {
            http,
            base: format!("https://{}", address.trim()),
            token,
            clock,
        })
    }

    /// The next moment.
    pub fn moment(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::SeqCst)
    }

    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.base);
        self.http.request(method, url).bearer_auth(&self.token)
    }

    /// One request with its moments. `body` is JSON of a content type.
    pub async fn send(&self, method: Method, path: &str, body: Option<(&str, &Value)>) -> (Span, Reply) {
        let begun = self.moment();
        let mut request = self.request(method, path);
        if let Some((content_type, value)) = body {
            request = request.header(CONTENT_TYPE, content_type).body(value.to_string());
        }
        let reply = match answer(request).await {
            Ok((status, value)) => Reply::Answer(status, value),
            Err(error) => Reply::Silence(format!("{error:#}")),
        };
        let ended = self.moment();
        (Span { begun, ended }, reply)
    }

    /// A request that must succeed; the object that it answers.
    pub async fn demand(&self, method: Method, path: &str, body: Option<&Value>) -> Result<(Span, Value)> {
        let json = body.map(|body| ("application/json", body));
        match self.send(method.clone(), path, json).await {
            (span, Reply::Answer(status, value)) if status.is_success() => Ok((span, value)),
            (_, Reply::Answer(status, value)) => bail!("{method} {path}: {status} {value}"),
            (_, Reply::Silence(why)) => bail!("{method} {path}: {why}"),
        }
    }

    /// All objects as they are now.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        let (span, list) = self.demand(Method::GET, &collection(), None).await?;
        let items = list["items"].as_array().context("items")?;
        let objects: BTreeMap<String, Shown> = items
            .iter()
            .map(|item| Ok((name(item)?, shown(item)?)))
            .collect::<Result<_>>()?;
        ensure!(objects.len() == items.len(), "a list shows an object twice");
        Ok(Snapshot {
            span,
            version: version(&list)?,
            objects,
        })
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Result<(StatusCode, Value)> {
    let answer = request.send().await?;
    let status = answer.status();
    Ok((status, serde_json::from_slice(&answer.bytes().await?)?))
}

/// Where the objects are.
pub(super) fn collection() -> String {
    format!("/api/v1/namespaces/{NAMESPACE}/configmaps")
}

pub(super) fn name(object: &Value) -> Result<String> {
    Ok(object["metadata"]["name"].as_str().context("a name")?.to_owned())
}

pub(super) fn version(object: &Value) -> Result<u64> {
    let text = object["metadata"]["resourceVersion"].as_str();
    text.context("a resourceVersion")?.parse().context("a resourceVersion")
}

/// An object that a [`super::Writer`] wrote. A half of it would not agree with the other.
pub(super) fn shown(object: &Value) -> Result<Shown> {
    let data = |key: &str| object["data"][key].as_str().unwrap_or_default();
    let whole = data("token") == data("again") && data("padding").len().to_string() == data("length");
    Ok(Shown {
        version: version(object)?,
        uid: object["metadata"]["uid"].as_str().context("a uid")?.to_owned(),
        token: data("token").to_owned(),
        whole,
    })
}
