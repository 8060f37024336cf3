mod binding;
mod deletion;
mod exec;
mod log;
mod options;
mod quality;
mod status_text;
mod strategy;
mod table;
mod update;

use std::sync::Arc;

use weir_apiserver::{GroupVersionKind, Object, Resource, Scope, Subresource, Verb, schema};

use super::kind;
use crate::describe;
use crate::{Config, json};

pub(crate) use log::{container_names, has_started, stream as stream_log};
pub(crate) use options::LogOptions;

/// Containers that run together. Logs, exec and attach are answered by the pod's node.
pub(super) fn resource(config: &Config) -> Resource {
    let kind = kind("Pod");
    Resource {
        short_names: &["po"],
        categories: &["all"],
        subresources: subresources(config, kind),
        columns: table::COLUMNS,
        cells: table::cells,
        fields,
        schema: &schema::POD,
        ..describe::stored(kind, "pods", "pod", Scope::Namespaced, Arc::new(strategy::Pods))
    }
}

fn subresources(config: &Config, pod: GroupVersionKind) -> Vec<Subresource> {
    const CONNECT: &[Verb] = &[Verb::Create, Verb::Get];
    let nodes = &config.nodes;
    vec![
        describe::subresource("attach", kind("PodAttachOptions"), CONNECT, exec::Attach(nodes.clone())),
        describe::subresource("binding", kind("Binding"), &[Verb::Create], binding::Bind),
        describe::subresource("exec", kind("PodExecOptions"), CONNECT, exec::Exec(nodes.clone())),
        describe::subresource("log", pod, &[Verb::Get], log::Log(nodes.clone())),
        describe::status(pod),
    ]
}

fn fields(pod: &Object) -> Vec<(&'static str, String)> {
    let text = |path: &str| json::text(pod, path).to_owned();
    vec![
        ("spec.nodeName", text("/spec/nodeName")),
        ("spec.restartPolicy", text("/spec/restartPolicy")),
        ("spec.schedulerName", text("/spec/schedulerName")),
        ("spec.serviceAccountName", text("/spec/serviceAccountName")),
        ("status.phase", text("/status/phase")),
        ("status.podIP", text("/status/podIP")),
        ("status.nominatedNodeName", text("/status/nominatedNodeName")),
    ]
}

/// Whether nothing of the pod will ever run again.
pub(crate) fn is_terminal(pod: &Object) -> bool {
    matches!(json::text(pod, "/status/phase"), "Succeeded" | "Failed")
}
