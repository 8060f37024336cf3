//! The kinds that the API keeps, found by discovery, so that cleaning up misses none.

use kube::Client;
use kube::core::DynamicObject;
use kube::discovery::{ApiCapabilities, ApiResource, Discovery, Scope, verbs};
use kube::{Api, Error};

/// Groups that show what others store: a project is its namespace, and every event is one of the core group.
const VIEWS: &[&str] = &[weir_api::project::GROUP, "events.k8s.io"];
/// Kinds that clean up after themselves.
const TRANSIENT: &[&str] = &["events"];

/// One kind that is stored.
#[derive(Clone, Debug)]
pub struct ServedKind {
    pub resource: ApiResource,
    pub namespaced: bool,
}

impl ServedKind {
    /// Its objects in `namespace`, or all cluster-scoped ones.
    pub fn api(&self, client: Client, namespace: &str) -> Api<DynamicObject> {
        if self.namespaced {
            Api::namespaced_with(client, namespace, &self.resource)
        } else {
            Api::all_with(client, &self.resource)
        }
    }

    /// Whether an owner reference with this `apiVersion` and `kind` means this kind. Versions of a group are one kind.
    pub fn is_named(&self, api_version: &str, kind: &str) -> bool {
        let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
        self.resource.group == group && self.resource.kind == kind
    }
}

/// Every kind whose objects are kept. What can be listed but not watched is a view on something else.
pub async fn stored_kinds(client: &Client) -> Result<Vec<ServedKind>, Error> {
    let discovery = Discovery::new(client.clone()).run().await?;
    let resources = discovery
        .groups_alphabetical()
        .into_iter()
        .flat_map(|group| group.recommended_resources());
    let kinds = resources.filter(|(resource, capabilities)| is_stored(resource, capabilities));
    Ok(kinds
        .map(|(resource, capabilities)| ServedKind {
            resource,
            namespaced: capabilities.scope == Scope::Namespaced,
        })
        .collect())
}

fn is_stored(resource: &ApiResource, capabilities: &ApiCapabilities) -> bool {
    let verbs = [verbs::GET, verbs::LIST, verbs::WATCH, verbs::DELETE];
    verbs.into_iter().all(|verb| capabilities.supports_operation(verb)) && !VIEWS.contains(&resource.group.as_str())
}

/// The kinds whose objects live and die with others.
pub async fn collected_kinds(client: &Client) -> Result<Vec<ServedKind>, Error> {
    let mut kinds = stored_kinds(client).await?;
    kinds.retain(|kind| !TRANSIENT.contains(&kind.resource.plural.as_str()));
    Ok(kinds)
}
