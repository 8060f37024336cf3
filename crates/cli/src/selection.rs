use serde_json::Value;

use crate::api::{Api, Call};
use crate::failure::Failure;
use crate::resource::Resource;

/// How many objects one request lists.
pub const PAGE: usize = 500;

/// Which objects of a kind are meant.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// `None` is all namespaces.
    pub namespace: Option<String>,
    pub labels: Option<String>,
    pub fields: Option<String>,
    /// How many objects are asked for at once, when somebody said so; 0 asks for all.
    pub page: Option<usize>,
}

impl Selection {
    pub fn in_namespace(namespace: &str) -> Self {
        Self {
            namespace: Some(namespace.into()),
            ..Self::default()
        }
    }

    pub fn labelled(namespace: &str, labels: impl Into<String>) -> Self {
        Self {
            labels: Some(labels.into()),
            ..Self::in_namespace(namespace)
        }
    }

    /// The request that lists or watches them.
    pub fn call(&self, resource: &Resource) -> Call {
        Call::get(&resource.collection(self.namespace.as_deref()))
            .maybe("labelSelector", self.labels.as_ref())
            .maybe("fieldSelector", self.fields.as_ref())
    }

    /// Asks for all of them page by page, and hands each page to `take`. Returns the version the list is of.
    pub async fn pages(
        &self,
        api: &Api,
        resource: &Resource,
        prepare: impl Fn(Call) -> Call,
        mut take: impl FnMut(Value),
    ) -> Result<String, Failure> {
        let limit = Some(self.page.unwrap_or(PAGE)).filter(|limit| *limit > 0);
        let mut next: Option<String> = None;
        loop {
            let call = prepare(self.call(resource))
                .maybe("limit", limit)
                .maybe("continue", next.as_ref());
            let page = api.json(call).await?;
            let metadata = &page["metadata"];
            let version = metadata["resourceVersion"].as_str().unwrap_or_default().to_string();
            next = metadata["continue"]
                .as_str()
                .filter(|token| !token.is_empty())
                .map(str::to_string);
            take(page);
            if next.is_none() {
                return Ok(version);
            }
        }
    }

    /// All of them as objects that name their kind.
    pub async fn list(&self, api: &Api, resource: &Resource) -> Result<Vec<Value>, Failure> {
        let mut objects = Vec::new();
        let take = |mut page: Value| {
            if let Value::Array(items) = page["items"].take() {
                objects.extend(items.into_iter().map(|item| with_kind(item, resource)));
            }
        };
        self.pages(api, resource, |call| call, take).await?;
        Ok(objects)
    }

    /// The same, with none where the server does not serve or show the kind.
    pub async fn list_if_served(&self, api: &Api, resource: &Resource) -> Result<Vec<Value>, Failure> {
        match self.list(api, resource).await {
            Err(failure) if failure.is_not_found() || failure.is_forbidden() => Ok(Vec::new()),
            result => result,
        }
    }
}

/// Items of a list may leave out what the list says; an object that stands alone may not.
pub fn with_kind(mut object: Value, resource: &Resource) -> Value {
    if let Some(fields) = object.as_object_mut() {
        fields
            .entry("apiVersion")
            .or_insert_with(|| resource.api_version().into());
        fields.entry("kind").or_insert_with(|| resource.kind.clone().into());
    }
    object
}
