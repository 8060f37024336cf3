use std::net::SocketAddr;

use url::Url;

use crate::{FetchError, Source};

/// How to reach a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// Scheme, host and port; the path is empty.
    pub base: Url,
    /// Our own registry, found by translation: contacted wherever it listens.
    pub internal: bool,
    /// Certificates are not checked, because somebody asked for that.
    pub insecure: bool,
}

/// Where our own registry listens, by the name that objects show.
#[derive(Clone, Debug, Default)]
pub(crate) struct InternalHosts(pub Vec<(String, SocketAddr)>);

impl InternalHosts {
    fn find(&self, host: &str) -> Option<SocketAddr> {
        self.0
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(host))
            .map(|(_, address)| *address)
    }
}

/// The endpoints to try, in this order. The second, if any, only counts when no connection to the first can be made.
pub(crate) fn endpoints(from: &Source, internal: &InternalHosts) -> Result<(Endpoint, Option<Endpoint>), FetchError> {
    let host = from.repository.registry_host();
    if let Some(address) = internal.find(host) {
        let endpoint = Endpoint {
            base: base("http", &address.to_string())?,
            internal: true,
            insecure: false,
        };
        return Ok((endpoint, None));
    }
    let insecure = from.insecure;
    let tls = Endpoint {
        base: base("https", host)?,
        internal: false,
        insecure,
    };
    let plain = if insecure {
        Some(Endpoint {
            base: base("http", host)?,
            internal: false,
            insecure,
        })
    } else {
        None
    };
    Ok((tls, plain))
}

impl Endpoint {
    pub fn is_plain_http(&self) -> bool {
        self.base.scheme() == "http"
    }

    /// `host[:port]`, as shown in messages.
    pub fn authority(&self) -> String {
        authority(&self.base)
    }

    /// `/v2/REPOSITORY/REST` at this endpoint.
    pub fn url(&self, repository: &str, rest: &str) -> Result<Url, FetchError> {
        self.base
            .join(&format!("/v2/{repository}/{rest}"))
            .map_err(|error| FetchError::Protocol(error.to_string()))
    }

    /// The root of the distribution API.
    pub fn ping_url(&self) -> Result<Url, FetchError> {
        self.base
            .join("/v2/")
            .map_err(|error| FetchError::Protocol(error.to_string()))
    }
}

pub(crate) fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn base(scheme: &str, authority: &str) -> Result<Url, FetchError> {
    Url::parse(&format!("{scheme}://{authority}/")).map_err(|error| FetchError::Connect {
        host: authority.into(),
        reason: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(registry: &str, insecure: bool) -> (String, Option<String>) {
        let internal = InternalHosts(vec![("registry.svc:5000".into(), "127.0.0.1:4999".parse().unwrap())]);
        let source = Source {
            insecure,
            ..Source::anonymous(&format!("{registry}/a/b").parse().unwrap())
        };
        let (first, second) = endpoints(&source, &internal).unwrap();
        (first.base.to_string(), second.map(|endpoint| endpoint.base.to_string()))
    }

    #[test]
    fn registries_are_reached_over_tls_unless_somebody_asked_otherwise() {
        assert_eq!(find("quay.io", false), ("https://quay.io/".into(), None));
        assert_eq!(find("docker.io", false), ("https://registry-1.docker.io/".into(), None));
        assert_eq!(
            find("r.lan:5000", true),
            ("https://r.lan:5000/".into(), Some("http://r.lan:5000/".into()))
        );
    }

    #[test]
    fn our_own_registry_is_reached_where_it_listens() {
        assert_eq!(
            find("registry.svc:5000", false),
            ("http://127.0.0.1:4999/".into(), None)
        );
        assert_eq!(find("registry.svc:5000", true), ("http://127.0.0.1:4999/".into(), None));
    }
}
