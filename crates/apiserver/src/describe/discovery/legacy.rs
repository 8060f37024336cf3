use serde_json::{Value, json};

use super::Group;
use super::aggregated::verbs;
use crate::Subresource;
use crate::catalog::Served;

/// `APIVersions`, at `/api`.
pub(super) fn versions(core: &[Group<'_>]) -> Value {
    let versions: Vec<&str> = core
        .iter()
        .flat_map(|group| group.versions.iter().map(|(version, _)| *version))
        .collect();
    json!({"kind": "APIVersions", "versions": versions, "serverAddressByClientCIDRs": []})
}

/// `APIGroupList`, at `/apis`.
pub(super) fn group_list(groups: &[Group<'_>]) -> Value {
    let groups: Vec<Value> = groups.iter().map(entry).collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

/// `APIGroup`, at `/apis/GROUP`.
pub(super) fn group(group: &Group<'_>) -> Value {
    let mut entry = entry(group);
    entry["kind"] = "APIGroup".into();
    entry["apiVersion"] = "v1".into();
    entry
}

fn entry(group: &Group<'_>) -> Value {
    let version = |version: &str| json!({"groupVersion": format!("{}/{version}", group.name), "version": version});
    let versions: Vec<Value> = group.versions.iter().map(|(name, _)| version(name)).collect();
    json!({"name": group.name, "preferredVersion": versions.first(), "versions": versions})
}

/// `APIResourceList`, at `/apis/GROUP/VERSION`.
pub(super) fn resource_list(group: &str, version: &str, served: &[&Served]) -> Value {
    let group_version = if group.is_empty() {
        version.to_owned()
    } else {
        format!("{group}/{version}")
    };
    let resources: Vec<Value> = served.iter().flat_map(|served| with_subresources(served)).collect();
    json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": resources})
}

fn with_subresources(served: &Served) -> Vec<Value> {
    let resource = &served.resource;
    let mut entry = json!({
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": served.is_namespaced(),
        "kind": resource.kind.kind,
        "verbs": verbs(served.verbs()),
    });
    if !resource.short_names.is_empty() {
        entry["shortNames"] = json!(resource.short_names);
    }
    if !resource.categories.is_empty() {
        entry["categories"] = json!(resource.categories);
    }
    let subresources = resource.subresources.iter().map(|below| subresource(served, below));
    std::iter::once(entry).chain(subresources).collect()
}

fn subresource(served: &Served, below: &Subresource) -> Value {
    let mut entry = json!({
        "name": format!("{}/{}", served.resource.plural, below.name),
        "singularName": "",
        "namespaced": served.is_namespaced(),
        "kind": below.kind.kind,
        "verbs": verbs(below.verbs),
    });
    let own = served.kind();
    if (below.kind.group, below.kind.version) != (own.group, own.version) {
        entry["group"] = below.kind.group.into();
        entry["version"] = below.kind.version.into();
    }
    entry
}
