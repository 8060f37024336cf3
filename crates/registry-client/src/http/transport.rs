use std::error::Error as StdError;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::HttpRegistryConfig;
use crate::endpoint::authority;
use crate::{AddressClass, FetchError, Phase};

/// Sends single requests: no redirect, no authentication, no repetition. Addresses are checked after the name look-up,
/// and the connection goes to the address that was checked.
pub(super) struct Transport {
    config: Arc<HttpRegistryConfig>,
    /// By [`Trust`]. Made when first needed: a machine without any certificates can still use plain HTTP.
    clients: [OnceLock<reqwest::Client>; 4],
}

/// What is let pass for one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trust {
    /// Contact the host whatever its addresses.
    pub any_address: bool,
    /// Accept any certificate.
    pub any_certificate: bool,
}

/// What the resolver reports for a name that leads inside.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("{0} address refused")]
struct Refused(AddressClass);

impl Transport {
    pub(super) fn new(config: Arc<HttpRegistryConfig>) -> Transport {
        Transport {
            config,
            clients: Default::default(),
        }
    }

    /// Does the configuration name this host as one that may be contacted?
    pub(super) fn trusts_host(&self, url: &Url) -> bool {
        let port = url.port_or_known_default().unwrap_or_default();
        url.host_str()
            .is_some_and(|host| self.config.address_policy.trusts_host(host, port))
    }

    pub(super) fn get(&self, url: &Url, trust: Trust) -> Result<reqwest::RequestBuilder, FetchError> {
        self.check_literal(url, trust)?;
        Ok(self.client(trust)?.get(url.clone()))
    }

    pub(super) fn post(&self, url: &Url, trust: Trust) -> Result<reqwest::RequestBuilder, FetchError> {
        self.check_literal(url, trust)?;
        Ok(self.client(trust)?.post(url.clone()))
    }

    /// Sends the request and waits for the headers of the answer.
    pub(super) async fn send(
        &self,
        request: reqwest::RequestBuilder,
        url: &Url,
    ) -> Result<reqwest::Response, FetchError> {
        let timeouts = self.config.timeouts;
        match tokio::time::timeout(timeouts.connect + timeouts.headers, request.send()).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(send_error(&error, url)),
            Err(_) => Err(FetchError::Timeout(Phase::Headers)),
        }
    }

    /// The resolver never sees an address that is written out, so it is checked here.
    fn check_literal(&self, url: &Url, trust: Trust) -> Result<(), FetchError> {
        let address: IpAddr = match url.host() {
            Some(Host::Ipv4(address)) => address.into(),
            Some(Host::Ipv6(address)) => address.into(),
            Some(Host::Domain(_)) => return Ok(()),
            None => return Err(FetchError::Protocol("a URL without host".into())),
        };
        if trust.any_address {
            return Ok(());
        }
        let refused = |class| FetchError::AddressRefused {
            host: authority(url),
            class,
        };
        self.config.address_policy.check(address).map_err(refused)
    }

    fn client(&self, trust: Trust) -> Result<&reqwest::Client, FetchError> {
        let slot = &self.clients[usize::from(trust.any_address) * 2 + usize::from(trust.any_certificate)];
        if let Some(client) = slot.get() {
            return Ok(client);
        }
        let client = self.build(trust).map_err(|error| FetchError::Connect {
            host: "any registry".into(),
            reason: root_cause(&error),
        })?;
        Ok(slot.get_or_init(|| client))
    }

    fn build(&self, trust: Trust) -> reqwest::Result<reqwest::Client> {
        let mut builder = reqwest::Client::builder()
            .user_agent(&self.config.user_agent)
            .connect_timeout(self.config.timeouts.connect)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            // A proxy would make the connections, out of reach of the address policy.
            .no_proxy()
            .tls_danger_accept_invalid_certs(trust.any_certificate);
        if !trust.any_address {
            builder = builder.dns_resolver(Arc::new(CheckedResolver {
                config: self.config.clone(),
            }));
        }
        if !self.config.extra_roots.is_empty() {
            builder = builder.tls_certs_merge(reqwest::Certificate::from_pem_bundle(&self.config.extra_roots)?);
        }
        builder.build()
    }
}

/// Looks names up and lets only permitted addresses pass.
struct CheckedResolver {
    config: Arc<HttpRegistryConfig>,
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let config = self.config.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            // One address inside is enough to refuse the name: it may be a rebinding attempt.
            for address in &found {
                config.address_policy.check(address.ip()).map_err(Refused)?;
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

fn send_error(error: &reqwest::Error, url: &Url) -> FetchError {
    let host = authority(url);
    for cause in causes(error) {
        if let Some(Refused(class)) = cause.downcast_ref() {
            return FetchError::AddressRefused { host, class: *class };
        }
        if let Some(rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType)) = cause.downcast_ref() {
            return FetchError::HttpOnly;
        }
    }
    match (error.is_connect(), error.is_timeout()) {
        (true, true) => FetchError::Timeout(Phase::Connecting),
        (true, false) => FetchError::Connect {
            host,
            reason: root_cause(error),
        },
        (false, true) => FetchError::Timeout(Phase::Headers),
        (false, false) => FetchError::Broken(root_cause(error)),
    }
}

/// The text of the innermost cause: the outer ones repeat the URL.
pub(super) fn root_cause(error: &(dyn StdError + 'static)) -> String {
    causes(error).last().map(|cause| cause.to_string()).unwrap_or_default()
}

/// The error and what is behind it, through IO errors too (whose `source` skips the error they carry).
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| cause(*error))
}

fn cause<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    let carried = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    carried
        .map(|inner| inner as &(dyn StdError + 'static))
        .or_else(|| error.source())
}
