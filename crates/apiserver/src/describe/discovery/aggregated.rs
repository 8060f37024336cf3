use http::HeaderValue;
use serde_json::{Value, json};

use super::Group;
use crate::catalog::Served;
use crate::describe::Document;
use crate::{GroupVersionKind, Scope, Subresource, Verb};

/// `APIGroupDiscoveryList`.
pub(super) fn document(version: &str, groups: &[Group<'_>]) -> Document {
    let items: Vec<Value> = groups.iter().map(group).collect();
    let list = json!({
        "kind": "APIGroupDiscoveryList",
        "apiVersion": format!("apidiscovery.k8s.io/{version}"),
        "metadata": {},
        "items": items,
    });
    let content_type = format!("application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList");
    let content_type =
        HeaderValue::try_from(content_type).unwrap_or_else(|_| HeaderValue::from_static("application/json"));
    Document::new(content_type, list.to_string())
}

fn group(group: &Group<'_>) -> Value {
    let versions = group.versions.iter().map(|(version, served)| {
        let resources: Vec<Value> = served.iter().map(|served| resource(served)).collect();
        json!({"version": version, "freshness": "Current", "resources": resources})
    });
    let mut metadata = json!({"creationTimestamp": null});
    if !group.name.is_empty() {
        metadata["name"] = group.name.into();
    }
    json!({"metadata": metadata, "versions": versions.collect::<Vec<Value>>()})
}

fn resource(served: &Served) -> Value {
    let resource = &served.resource;
    let mut entry = json!({
        "resource": resource.plural,
        "responseKind": kind(&resource.kind),
        "scope": match resource.scope { Scope::Namespaced => "Namespaced", Scope::Cluster => "Cluster" },
        "singularResource": resource.singular,
        "verbs": verbs(served.verbs()),
    });
    if !resource.short_names.is_empty() {
        entry["shortNames"] = json!(resource.short_names);
    }
    if !resource.categories.is_empty() {
        entry["categories"] = json!(resource.categories);
    }
    if !resource.subresources.is_empty() {
        entry["subresources"] = resource.subresources.iter().map(subresource).collect();
    }
    entry
}

fn subresource(subresource: &Subresource) -> Value {
    json!({
        "subresource": subresource.name,
        "responseKind": kind(&subresource.kind),
        "verbs": verbs(subresource.verbs),
    })
}

fn kind(kind: &GroupVersionKind) -> Value {
    json!({"group": kind.group, "version": kind.version, "kind": kind.kind})
}

pub(super) fn verbs(verbs: &[Verb]) -> Vec<&'static str> {
    verbs.iter().map(|verb| verb.as_str()).collect()
}
