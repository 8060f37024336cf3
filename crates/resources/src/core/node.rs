use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use weir_apiserver::{ApiError, Column, Object, RequestContext, Resource, Scope, Strategy, schema};

use super::kind;
use crate::describe::{self, AGE, NAME, column, wide};
use crate::json;

const COLUMNS: &[Column] = &[
    NAME,
    column("Status", "string", "Whether the node takes pods."),
    column("Roles", "string", "What the node is for."),
    AGE,
    column("Version", "string", "Version of the agent."),
    wide("Internal-IP", "string", "Address within the network of nodes."),
    wide("External-IP", "string", "Address from outside."),
    wide("OS-Image", "string", "Operating system."),
    wide("Kernel-Version", "string", "Kernel."),
    wide("Container-Runtime", "string", "Container engine and its version."),
];

/// Machines, as their agents describe them.
pub(super) fn resource() -> Resource {
    let kind = kind("Node");
    Resource {
        short_names: &["no"],
        subresources: vec![describe::status(kind)],
        columns: COLUMNS,
        cells,
        fields: |node| {
            vec![(
                "spec.unschedulable",
                json::flag(node, "/spec/unschedulable").to_string(),
            )]
        },
        schema: &schema::NODE,
        ..describe::stored(kind, "nodes", "node", Scope::Cluster, Arc::new(Nodes))
    }
}

struct Nodes;

#[async_trait]
impl Strategy for Nodes {
    async fn prepare_for_update(&self, _cx: &RequestContext, node: &mut Object, old: &Object) -> Result<(), ApiError> {
        json::restore(node, old, "/status");
        Ok(())
    }

    fn is_decorated(&self) -> bool {
        false
    }
}

fn cells(node: &Object, now: jiff::Timestamp) -> Vec<Value> {
    let info = |key: &str| known(json::text(node, &format!("/status/nodeInfo/{key}")), "<unknown>");
    vec![
        describe::name(node),
        status(node).into(),
        roles(node).into(),
        describe::age(node, now),
        json::text(node, "/status/nodeInfo/kubeletVersion").into(),
        address(node, "InternalIP"),
        address(node, "ExternalIP"),
        info("osImage"),
        info("kernelVersion"),
        info("containerRuntimeVersion"),
    ]
}

fn status(node: &Object) -> String {
    let ready = json::items(node, "/status/conditions")
        .iter()
        .find(|condition| condition["type"] == "Ready");
    let mut words = vec![match ready.map(|condition| &condition["status"] == "True") {
        Some(true) => "Ready",
        Some(false) => "NotReady",
        None => "Unknown",
    }];
    if json::flag(node, "/spec/unschedulable") {
        words.push("SchedulingDisabled");
    }
    words.join(",")
}

fn roles(node: &Object) -> String {
    let mut roles: Vec<&str> = json::members(node, "/metadata/labels")
        .filter_map(|(key, _)| key.strip_prefix("node-role.kubernetes.io/"))
        .filter(|role| !role.is_empty())
        .collect();
    roles.sort_unstable();
    if roles.is_empty() {
        "<none>".into()
    } else {
        roles.join(",")
    }
}

fn address(node: &Object, kind: &str) -> Value {
    let addresses = json::items(node, "/status/addresses");
    let found = addresses.iter().find(|address| address["type"] == kind);
    known(
        found.map(|address| json::text(address, "/address")).unwrap_or_default(),
        "<none>",
    )
}

fn known(text: &str, otherwise: &str) -> Value {
    if text.is_empty() { otherwise.into() } else { text.into() }
}
