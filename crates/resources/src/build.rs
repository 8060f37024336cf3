//! `build.openshift.io`: what to build ([`build_configs`]), each single build ([`builds`]), and the way from one to the
//! other ([`generator`], pure).

mod build_configs;
mod builds;
mod clone;
mod conditions;
mod defaults;
mod details;
mod generator;
mod instantiate;
mod instantiate_binary;
mod log;
mod naming;
mod references;
mod schemas;
mod source_secret;
mod strategy_access;
mod table;
mod triggers;
mod validation;
mod webhooks;

use weir_api::build::{GROUP, VERSION};
use weir_apiserver::{GroupResource, GroupVersionKind, Resource};

use crate::Config;

const BUILDS: GroupResource = GroupResource {
    group: GROUP,
    resource: "builds",
};
const BUILD_CONFIGS: GroupResource = GroupResource {
    group: GROUP,
    resource: "buildconfigs",
};

const fn kind(kind: &'static str) -> GroupVersionKind {
    GroupVersionKind {
        group: GROUP,
        version: VERSION,
        kind,
    }
}

pub(crate) fn resources(config: &Config) -> Vec<Resource> {
    vec![build_configs::resource(config), builds::resource(config)]
}
