//! The core group: what builds and deployments are made of.

mod config_map;
mod data;
pub(crate) mod event;
mod limit_range;
mod namespace;
mod node;
pub(crate) mod pod;
pub(crate) mod pod_spec;
mod quantities;
pub(crate) mod replication_controller;
mod resource_names;
mod resource_quota;
mod secret;
mod service;
mod service_account;
mod template_table;

pub(crate) use limit_range::LIMIT_RANGES;
pub(crate) use resource_quota::RESOURCE_QUOTAS;
pub(crate) use template_table::template_cells;

use weir_apiserver::{GroupResource, GroupVersionKind, Resource};

use crate::Config;

/// For `ServerBuilder::namespaces`.
pub const NAMESPACES: GroupResource = GroupResource {
    group: "",
    resource: "namespaces",
};
pub(crate) const EVENTS: GroupResource = GroupResource {
    group: "",
    resource: "events",
};
pub(crate) const PODS: GroupResource = GroupResource {
    group: "",
    resource: "pods",
};
pub(crate) const REPLICATION_CONTROLLERS: GroupResource = GroupResource {
    group: "",
    resource: "replicationcontrollers",
};
pub(crate) const SECRETS: GroupResource = GroupResource {
    group: "",
    resource: "secrets",
};
pub(crate) const SERVICE_ACCOUNTS: GroupResource = GroupResource {
    group: "",
    resource: "serviceaccounts",
};

const fn kind(kind: &'static str) -> GroupVersionKind {
    GroupVersionKind {
        group: "",
        version: "v1",
        kind,
    }
}

pub(crate) fn resources(config: &Config) -> Vec<Resource> {
    vec![
        config_map::resource(),
        event::resource(),
        limit_range::resource(),
        namespace::resource(),
        node::resource(),
        pod::resource(config),
        replication_controller::resource(),
        resource_quota::resource(),
        secret::resource(),
        service::resource(),
        service_account::resource(config),
    ]
}
