//! The kinds a server serves, in its own order.

use kube::client::{APIGroupDiscovery, APIGroupDiscoveryList, APIResourceDiscovery};

use crate::api::{Api, Call};
use crate::failure::Failure;
use crate::resource::Resource;

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// All served kinds, core group first, then groups as the server orders them: the first kind that answers to a name wins.
pub struct Discovery {
    resources: Vec<Resource>,
}

impl Discovery {
    pub async fn ask(api: &Api) -> Result<Self, Failure> {
        let (core, groups) = futures::try_join!(document(api, "/api"), document(api, "/apis"))?;
        let resources = core.iter().chain(&groups).flat_map(group_resources).collect();
        Ok(Self { resources })
    }

    #[cfg(test)]
    pub fn of(resources: Vec<Resource>) -> Self {
        Self { resources }
    }

    pub fn resources(&self) -> &[Resource] {
        &self.resources
    }

    /// The kind somebody means by `name`.
    pub fn find(&self, name: &str) -> Result<&Resource, Failure> {
        self.resources
            .iter()
            .find(|resource| resource.answers_to(name))
            .ok_or_else(|| Failure::refused(format!("the server doesn't have a resource type \"{name}\"")))
    }

    /// The listable kinds of a category such as `all`; empty when there is no such category.
    pub fn category(&self, name: &str) -> Vec<&Resource> {
        let belongs = |resource: &&Resource| resource.categories.iter().any(|category| category == name);
        self.resources
            .iter()
            .filter(belongs)
            .filter(|resource| resource.can("list"))
            .collect()
    }

    /// The kind of an object that names itself by `apiVersion` and `kind`.
    pub fn of_object(&self, api_version: &str, kind: &str) -> Option<&Resource> {
        self.resources
            .iter()
            .find(|resource| resource.kind == kind && resource.api_version() == api_version)
    }
}

async fn document(api: &Api, path: &str) -> Result<Vec<APIGroupDiscovery>, Failure> {
    let wrong = || {
        Failure::refused(format!(
            "the server at {} does not list what it serves in a form this program knows",
            api.server()
        ))
        .hint("it must serve aggregated discovery (apidiscovery.k8s.io/v2), as Kubernetes does since 1.30")
    };
    let answer = match api.json(Call::get(path).accept(AGGREGATED)).await {
        // A server of aggregated groups has no core group.
        Err(failure) if failure.is_not_found() && path == "/api" => return Ok(Vec::new()),
        answer => answer?,
    };
    if answer["kind"] != "APIGroupDiscoveryList" {
        return Err(wrong());
    }
    let list: APIGroupDiscoveryList = serde_json::from_value(answer).map_err(|_| wrong())?;
    Ok(list.items)
}

/// The kinds of a group, each in the first version that has it: servers list the preferred version first.
fn group_resources(group: &APIGroupDiscovery) -> Vec<Resource> {
    let name = group
        .metadata
        .as_ref()
        .and_then(|metadata| metadata.name.clone())
        .unwrap_or_default();
    let mut resources: Vec<Resource> = Vec::new();
    for version in &group.versions {
        let version_name = version.version.clone().unwrap_or_default();
        for entry in &version.resources {
            let resource = resource(&name, &version_name, entry);
            if !resources.iter().any(|known| known.plural == resource.plural) {
                resources.push(resource);
            }
        }
    }
    resources
}

fn resource(group: &str, version: &str, entry: &APIResourceDiscovery) -> Resource {
    let kind = entry.response_kind.clone().unwrap_or_default();
    let kind_name = kind.kind.unwrap_or_default();
    let singular = entry.singular_resource.clone().filter(|name| !name.is_empty());
    Resource {
        group: group.into(),
        version: version.into(),
        singular: singular.unwrap_or_else(|| kind_name.to_lowercase()),
        kind: kind_name,
        plural: entry.resource.clone().unwrap_or_default(),
        short_names: entry.short_names.clone(),
        categories: entry.categories.clone(),
        verbs: entry.verbs.clone(),
        namespaced: entry.scope.as_deref() == Some("Namespaced"),
    }
}
