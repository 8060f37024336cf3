//! Requests whose bodies flow: the client library sends only what is in memory as a whole.

use std::io;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use kube::Config;
use kube::client::ConfigExt;
use tower::util::BoxCloneSyncService;
use tower::{BoxError, ServiceBuilder};

/// A body that is made while it is sent.
pub type Flow = UnsyncBoxBody<Bytes, io::Error>;
/// The body of an answer.
pub type Answer = UnsyncBoxBody<Bytes, BoxError>;
/// Sends requests whose bodies flow.
pub type Uploads = BoxCloneSyncService<Request<Flow>, Response<Answer>, BoxError>;

/// The way of uploads to the server that the configuration names. `None` when it goes through a proxy, which is not
/// supported.
pub fn uploads(config: &Config) -> Result<Option<Uploads>, kube::Error> {
    if config.proxy_url.is_some() {
        return Ok(None);
    }
    let client = Client::builder(TokioExecutor::new()).build::<_, Flow>(config.rustls_https_connector()?);
    let service = ServiceBuilder::new()
        .map_response(|answer: Response<hyper::body::Incoming>| {
            answer.map(|body| body.map_err(BoxError::from).boxed_unsync())
        })
        .layer(config.base_uri_layer())
        .option_layer(config.auth_layer()?)
        .layer(config.extra_headers_layer()?)
        .map_err(BoxError::from)
        .service(client);
    Ok(Some(BoxCloneSyncService::new(service)))
}
