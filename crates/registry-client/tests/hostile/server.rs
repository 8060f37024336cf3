//! A server that answers as a test says, and remembers what it was asked.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use http::{HeaderMap, Request, Response};
use weir_oci::{Digest, Reference};
use weir_registry_client::{AddressPolicy, HttpRegistryClient, HttpRegistryConfig, Source, Timeouts};

pub type Answer = Response<Body>;
type Handler = Arc<dyn Fn(&Asked) -> Answer + Send + Sync>;

#[derive(Clone)]
pub struct Server {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

#[derive(Clone, Debug)]
pub struct Asked {
    pub path: String,
    pub query: HashMap<String, String>,
    pub headers: HeaderMap,
    /// How many requests came before with the same path.
    pub before: usize,
}

impl Server {
    pub async fn start(handler: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Server {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Server::at(listener.local_addr().unwrap());
        let router = server.router(handler);
        tokio::spawn(async move { axum::serve(listener, router).await });
        server
    }

    /// Remembers, but somebody else has to listen.
    pub fn at(address: SocketAddr) -> Server {
        Server {
            address,
            asked: Arc::default(),
        }
    }

    pub fn router(&self, handler: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> axum::Router {
        let (asked, handler): (_, Handler) = (self.asked.clone(), Arc::new(handler));
        axum::Router::new().fallback(move |request: Request<Body>| {
            let answer = handler(&note(&asked, &request));
            async move { answer }
        })
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The repository `a/b` there.
    pub fn repository(&self) -> Reference {
        format!("{}/a/b", self.address).parse().unwrap()
    }

    /// It, over plain HTTP, since somebody asked for that.
    pub fn source(&self) -> Source {
        Source {
            insecure: true,
            ..Source::anonymous(&self.repository())
        }
    }
}

fn note(all: &Mutex<Vec<Asked>>, request: &Request<Body>) -> Asked {
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default();
    let url = url::Url::parse(&format!("http://x/?{query}")).unwrap();
    let mut all = all.lock().unwrap();
    let before = all.iter().filter(|asked| asked.path == path).count();
    let asked = Asked {
        path,
        query: url.query_pairs().into_owned().collect(),
        headers: request.headers().clone(),
        before,
    };
    all.push(asked.clone());
    asked
}

impl Asked {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// Talks to anybody.
pub fn client() -> HttpRegistryClient {
    client_with(AddressPolicy::everything())
}

pub fn client_with(address_policy: AddressPolicy) -> HttpRegistryClient {
    HttpRegistryClient::new(config(address_policy))
}

/// With hardly a wait between repetitions.
pub fn config(address_policy: AddressPolicy) -> HttpRegistryConfig {
    HttpRegistryConfig {
        address_policy,
        retry_wait: Duration::from_millis(1),
        ..HttpRegistryConfig::default()
    }
}

/// For servers that never answer: the sooner the client gives up, the sooner the test ends.
pub fn impatient(timeouts: Timeouts, internal_hosts: Vec<(String, SocketAddr)>) -> HttpRegistryClient {
    HttpRegistryClient::new(HttpRegistryConfig {
        timeouts,
        internal_hosts,
        ..config(AddressPolicy::everything())
    })
}

pub fn answer(status: u16, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(body.into()).unwrap()
}

pub fn manifest() -> String {
    let empty = Digest::sha256_of(b"{}");
    format!(
        "{{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"config\":{{\"mediaType\":\
         \"application/vnd.oci.image.config.v1+json\",\"digest\":\"{empty}\",\"size\":2}},\"layers\":[]}}"
    )
}

/// The manifest, as a well-behaved registry serves it.
pub fn good_manifest() -> Answer {
    answer(
        200,
        &[("content-type", "application/vnd.oci.image.manifest.v1+json")],
        manifest(),
    )
}

/// An answer of the distribution API.
pub fn error(status: u16, code: &str) -> Answer {
    answer(
        status,
        &[],
        format!("{{\"errors\":[{{\"code\":\"{code}\",\"message\":\"<b>canary</b>\"}}]}}"),
    )
}
