use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, LINK};
use url::Url;
use weir_oci::limits::MANIFEST_BYTES;
use weir_oci::{Algorithm, Digest, Manifest, ManifestType, Tag};

use crate::endpoint::{InternalHosts, authority};
use crate::{AddressPolicy, BlobStream, FetchError, FetchedManifest, RegistryClient, Selector, Source};

mod answer;
mod authorization;
mod body;
mod exchange;
mod realm;
mod transport;

use exchange::{Exchange, Request};

/// Requests in flight over all registries; more wait. Bounds sockets and memory (each may hold a manifest).
const IN_FLIGHT: usize = 64;
/// Names of one page of tags: 1,000 tags of full length fit.
const TAG_PAGE_BYTES: usize = 1024 * 1024;
/// Asked for per page.
const TAG_PAGE: usize = 1_000;
/// Pages read of one repository; what has more is not listed whole.
const TAG_PAGES: usize = 200;

/// Talks to real registries.
pub struct HttpRegistryClient {
    exchange: Exchange,
}

#[derive(Clone, Debug)]
pub struct HttpRegistryConfig {
    /// Which addresses may be contacted.
    pub address_policy: AddressPolicy,
    /// Names of our own registry (`host:port`) and where it listens, over plain HTTP.
    pub internal_hosts: Vec<(String, SocketAddr)>,
    pub user_agent: String,
    /// Certificate authorities to trust beside the system's, in PEM.
    pub extra_roots: Vec<u8>,
    pub timeouts: Timeouts,
    /// How often a request that failed on the registry's side is made again.
    pub retries: u32,
    /// Wait before the first repetition; it doubles each time.
    pub retry_wait: Duration,
}

/// How long each phase of a request may take. There is no limit on the whole, because blobs are large.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// Name look-up, TCP and TLS.
    pub connect: Duration,
    /// From the request to the headers of the answer.
    pub headers: Duration,
    /// Between two pieces of a body.
    pub idle_body: Duration,
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        Timeouts {
            connect: Duration::from_secs(5),
            headers: Duration::from_secs(15),
            idle_body: Duration::from_secs(30),
        }
    }
}

impl Default for HttpRegistryConfig {
    fn default() -> HttpRegistryConfig {
        HttpRegistryConfig {
            address_policy: AddressPolicy::public_only(),
            internal_hosts: Vec::new(),
            user_agent: concat!("weir/", env!("CARGO_PKG_VERSION")).into(),
            extra_roots: Vec::new(),
            timeouts: Timeouts::default(),
            retries: 2,
            retry_wait: Duration::from_secs(1),
        }
    }
}

impl HttpRegistryClient {
    pub fn new(config: HttpRegistryConfig) -> HttpRegistryClient {
        let internal = InternalHosts(config.internal_hosts.clone());
        HttpRegistryClient {
            exchange: Exchange::new(Arc::new(config), internal, IN_FLIGHT),
        }
    }
}

#[async_trait]
impl RegistryClient for HttpRegistryClient {
    async fn fetch_manifest(&self, from: &Source, which: &Selector) -> Result<FetchedManifest, FetchError> {
        let request = Request {
            path: &format!("manifests/{which}"),
            accept: &manifest_types(),
            what: "manifest",
        };
        let answer = self.exchange.get(from, &request).await?;
        let content_type = answer
            .header(CONTENT_TYPE)
            .filter(|text| !is_generic(text))
            .map(str::to_owned);
        let body = answer.read(MANIFEST_BYTES).await?;
        let digest = match which {
            Selector::Digest(expected) => body::verified(expected, &body)?,
            Selector::Tag(_) => Digest::of(Algorithm::Sha256, &body),
        };
        let manifest = Manifest::parse(&body, content_type.as_deref())?;
        Ok(FetchedManifest { digest, manifest, body })
    }

    async fn list_tags(&self, from: &Source) -> Result<Vec<Tag>, FetchError> {
        let mut tags = Vec::new();
        let mut path = format!("tags/list?n={TAG_PAGE}");
        for _ in 0..TAG_PAGES {
            let request = Request {
                path: &path,
                accept: "application/json",
                what: "list of tags",
            };
            let answer = self.exchange.get(from, &request).await?;
            let next = answer.header(LINK).and_then(next_link).map(str::to_owned);
            let url = answer.url().clone();
            tags.extend(answer::tags(&answer.read(TAG_PAGE_BYTES).await?)?);
            let Some(next) = next else { return Ok(tags) };
            path = next_path(&url, &next)?;
        }
        Err(FetchError::TooLarge {
            what: "list of tags",
            limit: (TAG_PAGES * TAG_PAGE_BYTES) as u64,
        })
    }

    async fn fetch_blob(&self, from: &Source, digest: &Digest, limit: usize) -> Result<Bytes, FetchError> {
        let request = Request {
            path: &format!("blobs/{digest}"),
            accept: "*/*",
            what: "blob",
        };
        let body = self.exchange.get(from, &request).await?.read(limit).await?;
        body::verified(digest, &body)?;
        Ok(body)
    }

    async fn stream_blob(&self, from: &Source, digest: &Digest) -> Result<BlobStream, FetchError> {
        let request = Request {
            path: &format!("blobs/{digest}"),
            accept: "*/*",
            what: "blob",
        };
        Ok(self.exchange.get(from, &request).await?.stream(digest.clone()))
    }
}

fn manifest_types() -> String {
    ManifestType::ALL.map(ManifestType::as_str).join(", ")
}

/// Some registries serve manifests as plain JSON; the body says what they are.
fn is_generic(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    matches!(
        essence,
        "" | "application/json" | "application/octet-stream" | "text/plain"
    )
}

/// The target of `<...>; rel="next"`.
fn next_link(header: &str) -> Option<&str> {
    header.split(',').find_map(|link| {
        let (target, parameters) = link.split_once('>')?;
        let next = parameters
            .split(';')
            .any(|parameter| matches!(parameter.trim(), "rel=\"next\"" | "rel=next"));
        next.then(|| target.trim().trim_start_matches('<'))
    })
}

/// The next page must be at the same place; only its query is taken over.
fn next_path(current: &Url, next: &str) -> Result<String, FetchError> {
    let next = current
        .join(next)
        .map_err(|error| FetchError::Protocol(format!("the link to the next page: {error}")))?;
    if authority(&next) != authority(current) || next.path() != current.path() {
        return Err(FetchError::Protocol("the link to the next page leads elsewhere".into()));
    }
    Ok(format!("tags/list?{}", next.query().unwrap_or_default()))
}
