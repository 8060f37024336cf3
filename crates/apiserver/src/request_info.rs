//! What a request is about, read from its method and path alone.

use http::{Method, Uri};

use crate::context::Query;
use crate::{ApiError, Attributes, query};

/// Longest request target.
const MAX_URL: usize = 8 << 10;

/// A request as authorization and routing see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestInfo {
    pub verb: &'static str,
    pub target: Target,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// Everything that is not a resource: health, discovery, metrics.
    Path(String),
    Resource(ResourcePath),
}

/// `/apis/GROUP/VERSION/namespaces/NAMESPACE/RESOURCE/NAME/SUBRESOURCE/REST`, each part empty when it is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ResourcePath {
    pub group: String,
    pub version: String,
    pub namespace: String,
    pub resource: String,
    pub name: String,
    pub subresource: String,
    pub rest: String,
}

impl RequestInfo {
    pub fn parse(method: &Method, uri: &Uri, query: &Query) -> Result<Self, ApiError> {
        let length = uri.path().len() + uri.query().map_or(0, |query| query.len() + 1);
        if length > MAX_URL {
            return Err(ApiError::new(
                414,
                "BadRequest",
                format!("the URL is longer than {MAX_URL} bytes"),
            ));
        }
        match ResourcePath::parse(uri.path())? {
            Some(path) => Ok(Self {
                verb: resource_verb(method, &path, query)?,
                target: Target::Resource(path),
            }),
            None => Ok(Self {
                verb: path_verb(method),
                target: Target::Path(query::unescape(uri.path(), false)?),
            }),
        }
    }

    pub fn attributes(&self, query: &Query) -> Attributes {
        let verb = self.verb.to_owned();
        match &self.target {
            Target::Path(path) => Attributes {
                verb,
                path: Some(path.clone()),
                ..Attributes::default()
            },
            Target::Resource(path) => Attributes {
                verb,
                group: path.group.clone(),
                version: path.version.clone(),
                resource: path.resource.clone(),
                subresource: path.subresource.clone(),
                namespace: match path.is_namespace() {
                    true => path.name.clone(),
                    false => path.namespace.clone(),
                },
                name: match path.name.as_str() {
                    "" => selected_name(query).unwrap_or_default(),
                    name => name.to_owned(),
                },
                path: None,
            },
        }
    }
}

impl ResourcePath {
    fn parse(path: &str) -> Result<Option<Self>, ApiError> {
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        let (group, version, rest) = match segments.as_slice() {
            ["api", version, rest @ ..] => ("", *version, rest),
            ["apis", group, version, rest @ ..] => (*group, *version, rest),
            _ => return Ok(None),
        };
        let (namespace, rest) = match rest {
            [] | [""] => return Ok(None),
            // The subresources of namespaces themselves look like resources in them.
            ["namespaces", _, "status" | "finalize", ..] | ["namespaces", _, ""] => ("", rest),
            ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (*namespace, rest),
            rest => ("", rest),
        };
        let part = |index: usize| segment(rest.get(index).copied().unwrap_or_default());
        Ok(Some(Self {
            group: segment(group)?,
            version: segment(version)?,
            namespace: segment(namespace)?,
            resource: part(0)?,
            name: part(1)?,
            subresource: part(2)?,
            rest: rest.get(3..).unwrap_or_default().join("/"),
        }))
    }

    fn is_namespace(&self) -> bool {
        self.group.is_empty() && self.resource == "namespaces"
    }
}

/// One segment of a path. A slash that hides in an escape would reach into another namespace's keys.
fn segment(text: &str) -> Result<String, ApiError> {
    let segment = query::unescape(text, false)?;
    if segment.contains('/') {
        return Err(ApiError::no_such_path());
    }
    Ok(segment)
}

fn resource_verb(method: &Method, path: &ResourcePath, query: &Query) -> Result<&'static str, ApiError> {
    let named = !path.name.is_empty();
    let watch = !named && query::flag(query, "watch")?;
    Ok(match *method {
        Method::GET | Method::HEAD if watch => "watch",
        Method::GET | Method::HEAD if named => "get",
        Method::GET | Method::HEAD => "list",
        Method::POST => "create",
        Method::PUT => "update",
        Method::PATCH => "patch",
        Method::DELETE if named => "delete",
        Method::DELETE => "deletecollection",
        _ => return Err(method_not_allowed()),
    })
}

fn path_verb(method: &Method) -> &'static str {
    match *method {
        Method::GET => "get",
        Method::HEAD => "head",
        Method::POST => "post",
        Method::PUT => "put",
        Method::PATCH => "patch",
        Method::DELETE => "delete",
        Method::OPTIONS => "options",
        _ => "other",
    }
}

pub(crate) fn method_not_allowed() -> ApiError {
    ApiError::new(
        405,
        "MethodNotAllowed",
        "the server does not allow this method on the requested resource",
    )
}

/// `fieldSelector=metadata.name=NAME` addresses one object, so a right to that name is enough.
fn selected_name(query: &Query) -> Option<String> {
    let selector = query::text(query, "fieldSelector")?;
    let terms = selector
        .split(',')
        .filter_map(|term| term.strip_prefix("metadata.name="));
    terms
        .map(|name| name.trim_start_matches('=').to_owned())
        .find(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(method: Method, uri: &str) -> RequestInfo {
        let uri: Uri = uri.parse().expect("a URI");
        let query = query::parse(uri.query()).expect("a query");
        RequestInfo::parse(&method, &uri, &query).expect("parses")
    }

    /// `verb group/version namespace resource name subresource rest`, with `-` for what is empty.
    fn shown(info: &RequestInfo) -> String {
        match &info.target {
            Target::Path(path) => format!("{} {path}", info.verb),
            Target::Resource(path) => {
                let group = format!("{}/{}", path.group, path.version);
                let parts = [
                    &group,
                    &path.namespace,
                    &path.resource,
                    &path.name,
                    &path.subresource,
                    &path.rest,
                ];
                let parts = parts.map(|part| if part.is_empty() { "-" } else { part });
                format!("{} {}", info.verb, parts.join(" "))
            }
        }
    }

    #[test]
    fn paths_name_what_they_address() {
        let (get, post, put, patch, delete) = (Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE);
        let i = "/apis/image.openshift.io/v1";
        let table = [
            (&get, "/api/v1/pods".to_owned(), "list /v1 - pods - - -"),
            (&get, "/api/v1/pods?watch=true".to_owned(), "watch /v1 - pods - - -"),
            (&get, "/api/v1/pods/?watch=1".to_owned(), "watch /v1 - pods - - -"),
            (&get, "/api/v1/namespaces".to_owned(), "list /v1 - namespaces - - -"),
            (&get, "/api/v1/namespaces/a".to_owned(), "get /v1 - namespaces a - -"),
            (
                &put,
                "/api/v1/namespaces/a/finalize".to_owned(),
                "update /v1 - namespaces a finalize -",
            ),
            (
                &patch,
                "/api/v1/namespaces/a/status".to_owned(),
                "patch /v1 - namespaces a status -",
            ),
            (&post, "/api/v1/namespaces/a/pods".to_owned(), "create /v1 a pods - - -"),
            (
                &get,
                "/api/v1/namespaces/a/pods/p/log?follow=true".to_owned(),
                "get /v1 a pods p log -",
            ),
            (
                &get,
                "/api/v1/namespaces/a/pods/p/proxy/x/y%20z".to_owned(),
                "get /v1 a pods p proxy x/y%20z",
            ),
            (
                &get,
                format!("{i}/namespaces/a/imagestreamtags/web:1.27"),
                "get image.openshift.io/v1 a imagestreamtags web:1.27 - -",
            ),
            (
                &get,
                format!("{i}/namespaces/a/imagestreamimages/web@sha256:0f"),
                "get image.openshift.io/v1 a imagestreamimages web@sha256:0f - -",
            ),
            (
                &get,
                format!("{i}/namespaces/a/imagestreamtags/web%3Alatest"),
                "get image.openshift.io/v1 a imagestreamtags web:latest - -",
            ),
            (
                &delete,
                format!("{i}/images/sha256:0f"),
                "delete image.openshift.io/v1 - images sha256:0f - -",
            ),
            (
                &delete,
                format!("{i}/images"),
                "deletecollection image.openshift.io/v1 - images - - -",
            ),
            (
                &post,
                "/apis/b/v1/namespaces/a/buildconfigs/x/webhooks/s3/generic".to_owned(),
                "create b/v1 a buildconfigs x webhooks s3/generic",
            ),
            (
                &get,
                "/apis/user.openshift.io/v1/users/~".to_owned(),
                "get user.openshift.io/v1 - users ~ - -",
            ),
            (&get, "/".to_owned(), "get /"),
            (&get, "/api".to_owned(), "get /api"),
            (&get, "/api/v1".to_owned(), "get /api/v1"),
            (&get, "/api/v1/".to_owned(), "get /api/v1/"),
            (&get, "/apis/g/v1".to_owned(), "get /apis/g/v1"),
            (&get, "/apis/g".to_owned(), "get /apis/g"),
            (&get, "/livez/store".to_owned(), "get /livez/store"),
        ];
        for (method, uri, wanted) in table {
            assert_eq!(shown(&parse(method.clone(), &uri)), wanted, "{method} {uri}");
        }
    }

    #[test]
    fn attributes_carry_what_roles_ask_for() {
        let attributes = |uri: &str| {
            let parsed: Uri = uri.parse().expect("a URI");
            let query = query::parse(parsed.query()).expect("a query");
            parse(Method::GET, uri).attributes(&query)
        };
        assert_eq!(attributes("/api/v1/namespaces/a").namespace, "a");
        assert_eq!(attributes("/api/v1/namespaces/a/pods/p").name, "p");
        assert_eq!(
            attributes("/api/v1/namespaces/a/pods?watch=true&fieldSelector=metadata.name%3Dp").name,
            "p"
        );
        assert_eq!(
            attributes("/api/v1/namespaces/a/pods?fieldSelector=spec.x%3Dp").name,
            ""
        );
        assert_eq!(attributes("/metrics").path.as_deref(), Some("/metrics"));
    }

    #[test]
    fn hidden_slashes_lead_nowhere() {
        for uri in [
            "/api/v1/namespaces/a%2Fb/pods",
            "/api/v1/namespaces/a/pods/b%2fc",
            "/apis/g%2Fv1/v2/pods",
        ] {
            let uri: Uri = uri.parse().expect("a URI");
            assert_eq!(
                RequestInfo::parse(&Method::GET, &uri, &Query::new()).map_err(|e| e.code),
                Err(404),
                "{uri}"
            );
        }
    }

    #[test]
    fn long_urls_and_odd_methods_are_refused() {
        let uri: Uri = format!("/api/v1/pods?x={}", "a".repeat(MAX_URL))
            .parse()
            .expect("a URI");
        assert_eq!(
            RequestInfo::parse(&Method::GET, &uri, &Query::new()).map_err(|e| e.code),
            Err(414)
        );
        let uri: Uri = "/api/v1/pods".parse().expect("a URI");
        assert_eq!(
            RequestInfo::parse(&Method::TRACE, &uri, &Query::new()).map_err(|e| e.code),
            Err(405)
        );
    }
}
