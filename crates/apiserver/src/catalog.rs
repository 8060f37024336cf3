//! Everything that is served, and how to find it.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::json;

use crate::cache::{Cache, Form};
use crate::{
    GroupResource, GroupVersionKind, Handler, Resource, Scope, Serving, Strategy, Subresource, Verb, VirtualResource,
};

/// A resource with what the machinery derived from it at the start.
pub(crate) struct Served {
    pub resource: Resource,
    pub id: GroupResource,
    /// Fields that selectors may name, besides name and namespace.
    pub field_labels: Vec<&'static str>,
    /// Of stored resources.
    pub stored: Option<Stored>,
}

pub(crate) struct Stored {
    pub strategy: Arc<dyn Strategy>,
    pub cache: Arc<Cache>,
}

/// All verbs of a stored resource.
const STORED_VERBS: &[Verb] = &[
    Verb::Create,
    Verb::Delete,
    Verb::DeleteCollection,
    Verb::Get,
    Verb::List,
    Verb::Patch,
    Verb::Update,
    Verb::Watch,
];

impl Served {
    fn new(resource: Resource) -> Self {
        let id = resource.id();
        let stored = match &resource.serving {
            Serving::Stored(strategy) => {
                let form = Form::new(&resource.kind, strategy.clone(), resource.fields);
                Some(Stored {
                    strategy: strategy.clone(),
                    cache: Arc::new(Cache::new(key_prefix(&id), form)),
                })
            }
            Serving::Virtual { .. } => None,
        };
        let field_labels = (resource.fields)(&json!({"metadata": {}}))
            .into_iter()
            .map(|(field, _)| field)
            .collect();
        Self {
            resource,
            id,
            field_labels,
            stored,
        }
    }

    pub fn kind(&self) -> &GroupVersionKind {
        &self.resource.kind
    }

    pub fn verbs(&self) -> &'static [Verb] {
        match &self.resource.serving {
            Serving::Stored(_) => STORED_VERBS,
            Serving::Virtual { verbs, .. } => verbs,
        }
    }

    pub fn is_namespaced(&self) -> bool {
        self.resource.scope == Scope::Namespaced
    }

    pub fn handler(&self) -> Option<&Arc<dyn VirtualResource>> {
        match &self.resource.serving {
            Serving::Stored(_) => None,
            Serving::Virtual { handler, .. } => Some(handler),
        }
    }

    pub fn subresource(&self, name: &str) -> Option<&Subresource> {
        self.resource
            .subresources
            .iter()
            .find(|subresource| subresource.name == name)
    }

    /// Has the resource a `/status`, so that nothing else takes a status?
    pub fn has_status(&self) -> bool {
        let mut subresources = self.resource.subresources.iter();
        subresources.any(|subresource| matches!(subresource.handler, Handler::Status))
    }

    pub fn key(&self, namespace: &str, name: &str) -> String {
        let namespace = if self.is_namespaced() { namespace } else { "-" };
        format!("{}{namespace}/{name}", key_prefix(&self.id))
    }
}

impl Subresource {
    pub(crate) fn is_connect(&self) -> bool {
        matches!(&self.handler, Handler::Custom(handler) if handler.is_connect())
    }

    pub(crate) fn is_long_running(&self) -> bool {
        matches!(&self.handler, Handler::Custom(handler) if handler.is_connect() && handler.is_long_running())
    }

    pub(crate) fn takes_path(&self) -> bool {
        matches!(&self.handler, Handler::Custom(handler) if handler.takes_path())
    }
}

fn key_prefix(id: &GroupResource) -> String {
    let group = if id.group.is_empty() { "core" } else { id.group };
    format!("{}{group}/{}/", crate::cache::ROOT, id.resource)
}

/// All resources, in the order they were given.
pub(crate) struct Catalog {
    pub served: Vec<Arc<Served>>,
    by_id: HashMap<GroupResource, Arc<Served>>,
}

/// Two resources under one name.
#[derive(Debug, thiserror::Error)]
#[error("{0} is served twice")]
pub(crate) struct ServedTwice(pub GroupResource);

impl Catalog {
    pub fn new(resources: Vec<Resource>) -> Result<Self, ServedTwice> {
        let served: Vec<Arc<Served>> = resources
            .into_iter()
            .map(|resource| Arc::new(Served::new(resource)))
            .collect();
        let mut by_id = HashMap::new();
        for served in &served {
            if by_id.insert(served.id.clone(), served.clone()).is_some() {
                return Err(ServedTwice(served.id.clone()));
            }
        }
        Ok(Self { served, by_id })
    }

    pub fn by_id(&self, id: &GroupResource) -> Option<&Arc<Served>> {
        self.by_id.get(id)
    }

    pub fn find(&self, group: &str, version: &str, resource: &str) -> Option<&Arc<Served>> {
        let found = self
            .served
            .iter()
            .find(|served| served.id.resource == resource && served.id.group == group);
        found.filter(|served| served.kind().version == version)
    }

    pub fn caches(&self) -> impl Iterator<Item = Arc<Cache>> {
        self.served
            .iter()
            .filter_map(|served| served.stored.as_ref())
            .map(|stored| stored.cache.clone())
    }
}
