use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::target::Target;

/// One connection over TLS, kept.
pub(crate) struct Client {
    sender: Sender,
    authorization: String,
    host: String,
}

enum Sender {
    Http1(http1::SendRequest<Full<Bytes>>),
    Http2(http2::SendRequest<Full<Bytes>>),
}

impl Client {
    pub(crate) async fn http1(target: &Target, config: Arc<ClientConfig>) -> Result<Self> {
        let stream = connect(target, config).await?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // The connection ends when its client is dropped, or the server goes away; requests tell.
        tokio::spawn(connection);
        Ok(Self::with(target, Sender::Http1(sender)))
    }

    pub(crate) async fn http2(target: &Target, config: Arc<ClientConfig>) -> Result<Self> {
        let stream = connect(target, config).await?;
        let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self::with(target, Sender::Http2(sender)))
    }

    fn with(target: &Target, sender: Sender) -> Self {
        Self {
            sender,
            authorization: format!("Bearer {}", target.token),
            host: target.address.to_string(),
        }
    }

    /// The head of an answer; its body is still to be read.
    pub(crate) async fn send(
        &mut self,
        method: Method,
        path: &str,
        content_type: &str,
        body: Bytes,
    ) -> Result<Response<Incoming>> {
        let uri = match &self.sender {
            Sender::Http1(_) => path.to_owned(),
            Sender::Http2(_) => format!("https://{}{path}", self.host),
        };
        let request = Request::builder()
            .method(method)
            .uri(uri)
            .header("host", &self.host)
            .header("authorization", &self.authorization)
            .header("content-type", content_type)
            .header("accept", "application/json")
            .header("user-agent", "weir-bench")
            .body(Full::new(body))?;
        Ok(match &mut self.sender {
            Sender::Http1(sender) => {
                sender.ready().await?;
                sender.send_request(request).await?
            }
            Sender::Http2(sender) => {
                sender.ready().await?;
                sender.send_request(request).await?
            }
        })
    }

    /// Sends and expects an answer of 2xx; the bytes of its body are counted and dropped.
    pub(crate) async fn call(&mut self, method: Method, path: &str, content_type: &str, body: Bytes) -> Result<usize> {
        let response = self.send(method, path, content_type, body).await?;
        let status = response.status();
        let mut body = response.into_body();
        if !status.is_success() {
            let text = body.collect().await?.to_bytes();
            bail!("{path}: {status} {}", String::from_utf8_lossy(&text));
        }
        let mut count = 0;
        while let Some(frame) = body.frame().await {
            count += frame?.data_ref().map_or(0, Bytes::len);
        }
        Ok(count)
    }

    pub(crate) async fn get(&mut self, path: &str) -> Result<usize> {
        self.call(Method::GET, path, "application/json", Bytes::new()).await
    }

    pub(crate) async fn get_text(&mut self, path: &str) -> Result<Bytes> {
        let response = self.send(Method::GET, path, "application/json", Bytes::new()).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        ensure!(
            status.is_success(),
            "{path}: {status} {}",
            String::from_utf8_lossy(&body)
        );
        Ok(body)
    }

    pub(crate) async fn post(&mut self, path: &str, object: &Value) -> Result<usize> {
        self.call(Method::POST, path, "application/json", object.to_string().into())
            .await
    }
}

async fn connect(target: &Target, config: Arc<ClientConfig>) -> Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(target.address).await.context("connect")?;
    stream.set_nodelay(true)?;
    let name = ServerName::from(target.address.ip());
    TlsConnector::from(config).connect(name, stream).await.context("TLS")
}
