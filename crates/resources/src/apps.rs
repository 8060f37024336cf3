//! `apps.openshift.io`: DeploymentConfigs, and what can be asked of them.

mod defaults;
mod deployment_config;
mod encoded;
mod instantiate;
mod log;
mod rollback;
mod scale;
mod schemas;
mod table;
mod validation;

use weir_api::apps::{GROUP, VERSION};
use weir_apiserver::{GroupResource, GroupVersionKind, Resource};

use crate::Config;

const DEPLOYMENT_CONFIGS: GroupResource = GroupResource {
    group: GROUP,
    resource: "deploymentconfigs",
};

const fn kind(kind: &'static str) -> GroupVersionKind {
    GroupVersionKind {
        group: GROUP,
        version: VERSION,
        kind,
    }
}

pub(crate) fn resources(config: &Config) -> Vec<Resource> {
    vec![deployment_config::resource(config)]
}
