use http::header::{ACCEPT, CONTENT_TYPE};
use http::{Method, Request};
use kube::client::Body;
use serde_json::Value;
use url::form_urlencoded;

use super::Flow;
use crate::failure::Failure;

/// Asks for server-side tables; a server without them answers plain JSON.
const TABLE: &str =
    "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";

/// How a patch is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchType {
    Merge,
    Strategic,
    Json,
    /// Server-side apply.
    Apply,
}

impl PatchType {
    fn content_type(self) -> &'static str {
        match self {
            Self::Merge => "application/merge-patch+json",
            Self::Strategic => "application/strategic-merge-patch+json",
            Self::Json => "application/json-patch+json",
            Self::Apply => "application/apply-patch+yaml",
        }
    }
}

/// One request, complete enough to be sent again.
#[derive(Clone, Debug)]
pub struct Call {
    method: Method,
    path: String,
    query: Vec<(String, String)>,
    accept: &'static str,
    content_type: &'static str,
    body: Vec<u8>,
}

impl Call {
    pub fn get(path: &str) -> Self {
        Self::new(Method::GET, path)
    }

    pub fn post(path: &str, body: &Value) -> Self {
        Self::new(Method::POST, path).body(body)
    }

    /// A POST without a body.
    pub fn poke(path: &str) -> Self {
        Self::new(Method::POST, path)
    }

    pub fn put(path: &str, body: &Value) -> Self {
        Self::new(Method::PUT, path).body(body)
    }

    pub fn patch(path: &str, patch_type: PatchType, body: &Value) -> Self {
        let mut call = Self::new(Method::PATCH, path).body(body);
        call.content_type = patch_type.content_type();
        call
    }

    pub fn delete(path: &str, options: &Value) -> Self {
        Self::new(Method::DELETE, path).body(options)
    }

    fn new(method: Method, path: &str) -> Self {
        Self {
            method,
            path: path.into(),
            query: Vec::new(),
            accept: "application/json",
            content_type: "application/json",
            body: Vec::new(),
        }
    }

    fn body(mut self, body: &Value) -> Self {
        self.body = body.to_string().into_bytes();
        self
    }

    pub fn query(mut self, key: &str, value: impl ToString) -> Self {
        self.query.push((key.into(), value.to_string()));
        self
    }

    /// Adds the parameter only when there is a value.
    pub fn maybe<T: ToString>(self, key: &str, value: Option<T>) -> Self {
        match value {
            Some(value) => self.query(key, value),
            None => self,
        }
    }

    pub fn table(mut self) -> Self {
        self.accept = TABLE;
        self
    }

    pub fn accept(mut self, media_types: &'static str) -> Self {
        self.accept = media_types;
        self
    }

    pub fn method(&self) -> &Method {
        &self.method
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    /// Path and query.
    pub fn target(&self) -> String {
        if self.query.is_empty() {
            return self.path.clone();
        }
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.query)
            .finish();
        format!("{}?{query}", self.path)
    }

    /// The request with a body of any kind, which flows.
    pub(super) fn flowing(&self, content: Flow) -> Result<Request<Flow>, Failure> {
        Request::builder()
            .method(&self.method)
            .uri(self.target())
            .header(ACCEPT, self.accept)
            .body(content)
            .map_err(|error| Failure::usage(format!("`{}` cannot be part of a request: {error}", self.path)))
    }

    pub(super) fn request(&self) -> Result<Request<Body>, Failure> {
        let mut request = Request::builder()
            .method(&self.method)
            .uri(self.target())
            .header(ACCEPT, self.accept);
        if !self.body.is_empty() {
            request = request.header(CONTENT_TYPE, self.content_type);
        }
        request
            .body(Body::from(self.body.clone()))
            .map_err(|error| Failure::usage(format!("`{}` cannot be part of a request: {error}", self.path)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_escaped_and_may_repeat() {
        let call = Call::get("/x")
            .query("command", "a b")
            .query("command", "c&d")
            .maybe("none", None::<u8>);
        assert_eq!(call.target(), "/x?command=a+b&command=c%26d");
    }
}
