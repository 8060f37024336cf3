//! What a request is about, read from its method and path alone.

use http::{Method, Uri};

use crate::context::Query;
use crate::{ApiError, Attributes, query};

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
    pub fn parse(path: &str) -> Result<Option<Self>, ApiError> {
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
mod tests;
