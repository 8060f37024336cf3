use serde::Deserialize;
use weir_apiserver::{ApiError, Attributes, RequestContext};

/// What these questions are about, written at the top of the object.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Action {
    pub namespace: String,
    verb: String,
    #[serde(rename = "resourceAPIGroup")]
    group: String,
    #[serde(rename = "resourceAPIVersion")]
    version: String,
    resource: String,
    resource_name: String,
    path: String,
    #[serde(rename = "isNonResourceURL")]
    is_path: bool,
}

impl Action {
    /// A question that is asked in a namespace is about that namespace.
    ///
    /// # Errors
    /// When it names another one.
    pub fn within(mut self, cx: &RequestContext) -> Result<Self, ApiError> {
        if cx.namespace.is_empty() || self.namespace == cx.namespace {
            return Ok(self);
        }
        if !self.namespace.is_empty() {
            return Err(ApiError::bad_request(format!(
                "the namespace of the question (\"{}\") is not that of the request (\"{}\")",
                self.namespace, cx.namespace
            )));
        }
        self.namespace = cx.namespace.clone();
        Ok(self)
    }

    pub fn attributes(&self) -> Attributes {
        if self.is_path {
            return Attributes {
                verb: self.verb.clone(),
                path: Some(self.path.clone()),
                ..Attributes::default()
            };
        }
        let (resource, subresource) = self.resource.split_once('/').unwrap_or((&self.resource, ""));
        Attributes {
            verb: self.verb.clone(),
            group: self.group.clone(),
            version: self.version.clone(),
            resource: resource.into(),
            subresource: subresource.into(),
            namespace: self.namespace.clone(),
            name: self.resource_name.clone(),
            path: None,
        }
    }
}
