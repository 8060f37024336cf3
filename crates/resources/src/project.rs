//! `project.openshift.io`: namespaces as their users see them.

mod project_request;
mod projects;

use weir_api::project::{GROUP, VERSION};
use weir_apiserver::{GroupVersionKind, Resource};

const fn kind(kind: &'static str) -> GroupVersionKind {
    GroupVersionKind {
        group: GROUP,
        version: VERSION,
        kind,
    }
}

pub(crate) fn resources() -> Vec<Resource> {
    vec![project_request::resource(), projects::resource()]
}
