use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::cache::Filter;
use crate::catalog::Served;
use crate::context::Query;
use crate::selector::{FieldSelector, LabelSelector};
use crate::{ApiError, FieldError, GroupVersionKind, query};

/// What a list asks for.
#[derive(Clone, Debug, Default)]
pub(crate) struct ListOptions {
    pub filter: Filter,
    pub limit: Option<usize>,
    pub next: Option<ContinueToken>,
    pub version: Version,
}

/// Which state a list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Version {
    /// The newest, which is also what `NotOlderThan` and `0` get.
    #[default]
    Newest,
    AtLeast(u64),
    Exact(u64),
}

impl ListOptions {
    pub fn parse(served: &Served, namespace: &str, query: &Query) -> Result<Self, ApiError> {
        let limit = query::number(query, "limit")?.filter(|limit| *limit > 0);
        let version = Version::parse(query)?;
        let next = query::text(query, "continue").map(ContinueToken::decode).transpose()?;
        if next.is_some() && version != Version::Newest {
            return Err(ApiError::bad_request(
                "specifying resource version is not allowed when using continue",
            ));
        }
        Ok(Self {
            filter: parse_filter(served, namespace, query)?,
            limit: limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX)),
            next,
            version,
        })
    }
}

/// The selectors of a list or watch.
pub(crate) fn parse_filter(served: &Served, namespace: &str, query: &Query) -> Result<Filter, ApiError> {
    let labels = LabelSelector::parse(query::text(query, "labelSelector").unwrap_or_default())?;
    let fields = FieldSelector::parse(query::text(query, "fieldSelector").unwrap_or_default())?;
    let known =
        |field: &str| matches!(field, "metadata.name" | "metadata.namespace") || served.field_labels.contains(&field);
    if let Some(unknown) = fields.fields().find(|field| !known(field)) {
        return Err(ApiError::bad_request(format!("field label not supported: {unknown}")));
    }
    Ok(Filter {
        namespace: (!namespace.is_empty()).then(|| namespace.to_owned()),
        labels,
        fields,
    })
}

impl Version {
    fn parse(query: &Query) -> Result<Self, ApiError> {
        check_match(query)?;
        let limited = query::number(query, "limit")?.is_some_and(|limit| limit > 0);
        let goes_on = query::text(query, "continue").is_some();
        Ok(
            match (query::text(query, "resourceVersionMatch"), parse_version(query)?) {
                (_, None | Some(0)) => Self::Newest,
                (Some("Exact"), Some(version)) => Self::Exact(version),
                // Chunks of a named version are of that very version; this is older than `resourceVersionMatch`.
                (None, Some(version)) if limited && !goes_on => Self::Exact(version),
                (_, Some(version)) => Self::AtLeast(version),
            },
        )
    }
}

/// What may stand together in the query of a list.
fn check_match(query: &Query) -> Result<(), ApiError> {
    let field = "resourceVersionMatch";
    let mut errors = Vec::new();
    if let Some(wanted) = query::text(query, field) {
        let version = query::text(query, "resourceVersion");
        if version.is_none() {
            errors.push(FieldError::forbidden(
                field,
                "resourceVersionMatch is forbidden unless resourceVersion is provided",
            ));
        }
        if query::text(query, "continue").is_some() {
            errors.push(FieldError::forbidden(
                field,
                "resourceVersionMatch is forbidden when continue is provided",
            ));
        }
        if !matches!(wanted, "Exact" | "NotOlderThan") {
            errors.push(FieldError::not_supported(field, wanted, &["Exact", "NotOlderThan", ""]));
        }
        if wanted == "Exact" && version == Some("0") {
            errors.push(FieldError::forbidden(
                field,
                "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"",
            ));
        }
    }
    if query::text(query, "sendInitialEvents").is_some() {
        errors.push(FieldError::forbidden(
            "sendInitialEvents",
            "sendInitialEvents is forbidden for list",
        ));
    }
    refuse(errors)
}

/// Options that do not go together, as clients know it.
pub(crate) fn refuse(errors: Vec<FieldError>) -> Result<(), ApiError> {
    let kind = GroupVersionKind {
        group: "meta.k8s.io",
        version: "v1",
        kind: "ListOptions",
    };
    match errors.is_empty() {
        true => Ok(()),
        false => Err(ApiError::invalid(&kind, "", errors)),
    }
}

/// `resourceVersion`, when it is given.
pub(crate) fn parse_version(query: &Query) -> Result<Option<u64>, ApiError> {
    match query::text(query, "resourceVersion") {
        None => Ok(None),
        Some(text) => match text.parse() {
            Ok(version) => Ok(Some(version)),
            Err(_) => Err(ApiError::bad_request(format!("invalid resource version: {text:?}"))),
        },
    }
}

/// Where the next page of a list begins. It names a key below the list's own prefix, so it cannot lead elsewhere.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct ContinueToken {
    /// The revision of the first page; 0 goes on at the newest.
    #[serde(rename = "rv")]
    pub revision: u64,
    /// The last key of the page before, without the prefix of its resource.
    pub start: String,
}

impl ContinueToken {
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::json!(self).to_string())
    }

    pub fn decode(text: &str) -> Result<Self, ApiError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok();
        let token = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        token.ok_or_else(|| ApiError::bad_request("continue key is not valid: it was not made by this server"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(query: &str) -> Result<Version, u16> {
        Version::parse(&query::parse(Some(query)).expect("a query")).map_err(|error| error.code)
    }

    #[test]
    fn versions_mean_what_kubernetes_says() {
        let table = [
            ("", Ok(Version::Newest)),
            ("resourceVersion=", Ok(Version::Newest)),
            ("resourceVersion=0", Ok(Version::Newest)),
            ("resourceVersion=5", Ok(Version::AtLeast(5))),
            (
                "resourceVersion=5&resourceVersionMatch=NotOlderThan",
                Ok(Version::AtLeast(5)),
            ),
            (
                "resourceVersion=0&resourceVersionMatch=NotOlderThan",
                Ok(Version::Newest),
            ),
            ("resourceVersion=5&resourceVersionMatch=Exact", Ok(Version::Exact(5))),
            ("resourceVersion=5&limit=1", Ok(Version::Exact(5))),
            ("resourceVersion=0&limit=1", Ok(Version::Newest)),
            (
                "resourceVersion=5&limit=1&resourceVersionMatch=NotOlderThan",
                Ok(Version::AtLeast(5)),
            ),
            ("resourceVersion=0&resourceVersionMatch=Exact", Err(422)),
            ("resourceVersionMatch=Exact", Err(422)),
            ("resourceVersionMatch=NotOlderThan", Err(422)),
            ("resourceVersion=5&resourceVersionMatch=Odd", Err(422)),
            ("resourceVersion=5&resourceVersionMatch=Exact&continue=x", Err(422)),
            ("sendInitialEvents=true", Err(422)),
            ("resourceVersion=x", Err(400)),
            ("resourceVersion=-1", Err(400)),
        ];
        for (text, wanted) in table {
            assert_eq!(version(text), wanted, "{text}");
        }
    }

    #[test]
    fn continue_tokens_survive_the_way_to_the_client() {
        let token = ContinueToken {
            revision: 7,
            start: "ns/ä".to_owned(),
        };
        assert_eq!(ContinueToken::decode(&token.encode()).expect("decodes"), token);
        for bad in ["", "!", "e30", "bnVsbA"] {
            assert!(ContinueToken::decode(bad).is_err(), "{bad}");
        }
    }
}
