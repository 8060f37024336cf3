//! Discovery in both styles: one document for everything, and one per group and version.

mod aggregated;
mod legacy;

use std::collections::HashMap;

use axum::body::Body;
use http::{HeaderMap, Response};
use serde_json::json;

use super::Document;
use crate::ApiError;
use crate::catalog::{Catalog, Served};
use crate::representation::{DiscoveryFormat, discovery_format};

/// Versions of the aggregated form that clients ask for.
const AGGREGATED: [&str; 2] = ["v2", "v2beta1"];

pub(super) struct Discovery {
    pub root: Document,
    core: Styles,
    groups: Styles,
    by_group: HashMap<&'static str, Document>,
    by_version: HashMap<(&'static str, &'static str), Document>,
}

/// One address in every style.
struct Styles {
    legacy: Document,
    aggregated: [Document; AGGREGATED.len()],
}

/// The resources of one group and version, in the order they are served.
pub(super) struct Group<'a> {
    pub name: &'static str,
    pub versions: Vec<(&'static str, Vec<&'a Served>)>,
}

impl Discovery {
    pub fn new(catalog: &Catalog) -> Self {
        let (core, named): (Vec<Group<'_>>, Vec<Group<'_>>) =
            grouped(catalog).into_iter().partition(|g| g.name.is_empty());
        let all = || core.iter().chain(&named);
        let by_version = all().flat_map(|group| {
            group.versions.iter().map(|(version, served)| {
                let list = Document::json(&legacy::resource_list(group.name, version, served));
                ((group.name, *version), list)
            })
        });
        Self {
            root: Document::json(&json!({"paths": paths(&core, &named)})),
            by_version: by_version.collect(),
            by_group: named
                .iter()
                .map(|group| (group.name, Document::json(&legacy::group(group))))
                .collect(),
            core: Styles::new(Document::json(&legacy::versions(&core)), &core),
            groups: Styles::new(Document::json(&legacy::group_list(&named)), &named),
        }
    }

    pub fn core(&self, headers: &HeaderMap) -> Response<Body> {
        self.core.answer(headers)
    }

    pub fn groups(&self, headers: &HeaderMap) -> Response<Body> {
        self.groups.answer(headers)
    }

    pub fn group(&self, group: &str, headers: &HeaderMap) -> Result<Response<Body>, ApiError> {
        let document = self.by_group.get(group).ok_or_else(ApiError::no_such_path)?;
        Ok(document.answer(headers))
    }

    pub fn resources(&self, group: &str, version: &str, headers: &HeaderMap) -> Result<Response<Body>, ApiError> {
        let found = self.by_version.iter().find(|((g, v), _)| *g == group && *v == version);
        let (_, document) = found.ok_or_else(ApiError::no_such_path)?;
        Ok(document.answer(headers))
    }
}

impl Styles {
    fn new(legacy: Document, groups: &[Group<'_>]) -> Self {
        Self {
            legacy,
            aggregated: AGGREGATED.map(|version| aggregated::document(version, groups)),
        }
    }

    fn answer(&self, headers: &HeaderMap) -> Response<Body> {
        let wanted = discovery_format(headers);
        let aggregated = AGGREGATED.iter().zip(&self.aggregated);
        let document = aggregated
            .filter(|(version, _)| wanted == DiscoveryFormat::Aggregated(version))
            .map(|(_, document)| document)
            .next();
        document.unwrap_or(&self.legacy).answer(headers)
    }
}

fn grouped(catalog: &Catalog) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for served in &catalog.served {
        let kind = served.kind();
        let at = groups
            .iter()
            .position(|group| group.name == kind.group)
            .unwrap_or_else(|| {
                groups.push(Group {
                    name: kind.group,
                    versions: Vec::new(),
                });
                groups.len() - 1
            });
        let versions = &mut groups[at].versions;
        match versions.iter_mut().find(|(version, _)| *version == kind.version) {
            Some((_, resources)) => resources.push(served),
            None => versions.push((kind.version, vec![served])),
        }
    }
    groups
}

fn paths(core: &[Group<'_>], named: &[Group<'_>]) -> Vec<String> {
    let versions = |root: &str, group: &Group<'_>| -> Vec<String> {
        group
            .versions
            .iter()
            .map(|(version, _)| format!("{root}/{version}"))
            .collect()
    };
    let mut paths = vec!["/api".to_owned()];
    paths.extend(core.iter().flat_map(|group| versions("/api", group)));
    paths.push("/apis".to_owned());
    for group in named {
        let root = format!("/apis/{}", group.name);
        paths.push(root.clone());
        paths.extend(versions(&root, group));
    }
    paths.extend(["/healthz", "/livez", "/metrics", "/openapi/v3", "/readyz", "/version"].map(str::to_owned));
    paths
}
