use http::HeaderMap;
use http::header::ACCEPT;

use super::{Include, Representation};
use crate::ApiError;
use crate::context::Query;
use crate::query;

/// Media types of one `Accept`; clients send three at most.
const MAX_RANGES: usize = 32;

impl Representation {
    /// The first form of `Accept` that is known. A client that asks for nothing we have gets JSON, which every client
    /// understands by the `Content-Type` of the answer.
    pub fn negotiate(headers: &HeaderMap, query: &Query) -> Result<Self, ApiError> {
        let include = match query::text(query, "includeObject") {
            None | Some("Metadata") => Include::Metadata,
            Some("None") => Include::None,
            Some("Object") => Include::Object,
            Some(other) => {
                return Err(ApiError::bad_request(format!(
                    "unrecognized includeObject value: {other:?}"
                )));
            }
        };
        for range in ranges(headers) {
            if !matches!(
                range.essence,
                "application/json" | "application/*" | "*/*" | "application/vnd.kubernetes.protobuf"
            ) {
                continue;
            }
            match (range.parameter("as"), range.parameter("g"), range.parameter("v")) {
                (None, ..) => return Ok(Self::Full),
                (Some("Table"), Some("meta.k8s.io"), Some("v1")) => return Ok(Self::Table(include)),
                (Some("PartialObjectMetadata" | "PartialObjectMetadataList"), Some("meta.k8s.io"), Some("v1")) => {
                    return Ok(Self::Metadata);
                }
                _ => {}
            }
        }
        Ok(Self::Full)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DiscoveryFormat {
    /// `APIGroupDiscoveryList` of this version.
    Aggregated(&'static str),
    Legacy,
}

pub(crate) fn discovery_format(headers: &HeaderMap) -> DiscoveryFormat {
    for range in ranges(headers).filter(|range| range.essence == "application/json") {
        match (range.parameter("as"), range.parameter("g"), range.parameter("v")) {
            (None, ..) => return DiscoveryFormat::Legacy,
            (Some("APIGroupDiscoveryList"), Some("apidiscovery.k8s.io"), Some("v2")) => {
                return DiscoveryFormat::Aggregated("v2");
            }
            (Some("APIGroupDiscoveryList"), Some("apidiscovery.k8s.io"), Some("v2beta1")) => {
                return DiscoveryFormat::Aggregated("v2beta1");
            }
            _ => {}
        }
    }
    DiscoveryFormat::Legacy
}

/// One media range of `Accept`, `type/subtype;key=value`.
struct MediaRange<'a> {
    essence: &'a str,
    parameters: &'a str,
}

impl<'a> MediaRange<'a> {
    fn parameter(&self, name: &str) -> Option<&'a str> {
        let parameters = self
            .parameters
            .split(';')
            .filter_map(|parameter| parameter.split_once('='));
        parameters
            .map(|(key, value)| (key.trim(), value.trim()))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }
}

fn ranges(headers: &HeaderMap) -> impl Iterator<Item = MediaRange<'_>> {
    let values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let ranges = values.flat_map(|value| value.split(',')).take(MAX_RANGES);
    ranges.map(|range| {
        let (essence, parameters) = range.split_once(';').unwrap_or((range, ""));
        MediaRange {
            essence: essence.trim(),
            parameters,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(accept: &str) -> HeaderMap {
        HeaderMap::from_iter([(ACCEPT, accept.parse().expect("a header value"))])
    }

    #[test]
    fn accept_decides_the_representation() {
        let kubectl = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";
        let table = [
            ("", Representation::Full),
            ("*/*", Representation::Full),
            ("application/json", Representation::Full),
            (
                "application/vnd.kubernetes.protobuf,application/json",
                Representation::Full,
            ),
            ("text/html", Representation::Full),
            (kubectl, Representation::Table(Include::Metadata)),
            (
                "application/json;as=Table;g=meta.k8s.io;v=v1beta1,application/json",
                Representation::Full,
            ),
            (
                "application/json; as=PartialObjectMetadataList; g=meta.k8s.io; v=v1",
                Representation::Metadata,
            ),
            (
                "application/json,application/json;as=Table;v=v1;g=meta.k8s.io",
                Representation::Full,
            ),
        ];
        for (accept, wanted) in table {
            assert_eq!(
                Representation::negotiate(&headers(accept), &Query::new()).expect(accept),
                wanted,
                "{accept}"
            );
        }
    }

    #[test]
    fn rows_include_what_the_query_wants() {
        let accept = headers("application/json;as=Table;v=v1;g=meta.k8s.io");
        let negotiated = |include: &str| {
            let query = Query::from([("includeObject".to_owned(), vec![include.to_owned()])]);
            Representation::negotiate(&accept, &query)
        };
        assert_eq!(
            negotiated("Object").expect("known"),
            Representation::Table(Include::Object)
        );
        assert_eq!(negotiated("None").expect("known"), Representation::Table(Include::None));
        assert!(negotiated("Some").is_err());
    }

    #[test]
    fn discovery_is_aggregated_only_for_those_who_ask_first() {
        let both = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
                    application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";
        assert_eq!(discovery_format(&headers(both)), DiscoveryFormat::Aggregated("v2"));
        assert_eq!(discovery_format(&headers("application/json")), DiscoveryFormat::Legacy);
        assert_eq!(discovery_format(&headers("*/*")), DiscoveryFormat::Legacy);
        let old = "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";
        assert_eq!(discovery_format(&headers(old)), DiscoveryFormat::Aggregated("v2beta1"));
    }
}
