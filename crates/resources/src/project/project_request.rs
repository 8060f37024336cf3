use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use weir_api::names::annotation;
use weir_api::project::ProjectRequest;
use weir_apiserver::{
    ApiError, GroupResource, Object, Planned, RequestContext, Resource, Scope, Verb, VirtualResource,
};

use super::kind;
use super::projects::project_of;
use crate::core::NAMESPACES;
use crate::rbac::ROLE_BINDINGS;
use crate::rbac::namespace_bindings::of_requester;
use crate::{decode, describe, json};

/// Users know what they are refused in the singular.
const PROJECT: GroupResource = GroupResource {
    group: weir_api::project::GROUP,
    resource: "project",
};
/// Names, and with a dash beginnings of names, that belong to the system.
const RESERVED: [&str; 3] = ["openshift", "kubernetes", "kube"];

/// How users get a project: the namespace, with who asked for it and how it is called. Its service accounts come with
/// every namespace.
pub(super) fn resource() -> Resource {
    describe::computed(
        kind("ProjectRequest"),
        "projectrequests",
        "projectrequest",
        Scope::Cluster,
        &[Verb::Create, Verb::List],
        Arc::new(ProjectRequests),
    )
}

struct ProjectRequests;

#[async_trait]
impl VirtualResource for ProjectRequests {
    /// Clients ask so whether they may request projects at all; there is nothing to list.
    async fn list_answer(&self, _cx: &RequestContext) -> Result<Option<Object>, ApiError> {
        Ok(Some(
            json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 200}),
        ))
    }

    async fn create(&self, cx: &RequestContext, object: Object) -> Result<(Object, bool), ApiError> {
        let request: ProjectRequest = decode::typed(&object)?;
        refuse_reserved(json::text(&object, "/metadata/name"))?;
        let namespace = namespace_of(&object, &request, &cx.user.username);
        let admin = Planned::CreateInternal {
            resource: ROLE_BINDINGS,
            object: of_requester(json::text(&namespace, "/metadata/name"), &cx.user.username),
        };
        let namespace = Planned::Create {
            resource: NAMESPACES,
            object: namespace,
        };
        // One commit: a project that is there has somebody who runs it.
        let created = cx.objects.commit(cx, vec![namespace, admin]).await;
        let created = created.map_err(|error| as_project(&request, error))?;
        let namespace = created
            .first()
            .ok_or_else(|| ApiError::internal("a project was made, and no namespace"))?;
        Ok((project_of(namespace), true))
    }
}

fn namespace_of(object: &Object, request: &ProjectRequest, requester: &str) -> Value {
    let mut annotations = object["metadata"]["annotations"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    annotations.insert(annotation::DESCRIPTION.into(), request.description.clone().into());
    annotations.insert(annotation::DISPLAY_NAME.into(), request.display_name.clone().into());
    annotations.insert(annotation::REQUESTER.into(), requester.into());
    let mut namespace = json!({
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": object["metadata"]["name"], "annotations": annotations},
    });
    if !json::is_unset(object, "/metadata/labels") {
        namespace["metadata"]["labels"] = object["metadata"]["labels"].clone();
    }
    namespace
}

/// Names of the system are not for the asking; an administrator makes such a namespace by itself.
fn refuse_reserved(name: &str) -> Result<(), ApiError> {
    let forbidden = |why: String| Err(ApiError::forbidden(&PROJECT, name, why));
    for reserved in RESERVED {
        match name.strip_prefix(reserved) {
            Some("") => return forbidden(format!("cannot request a project with the name \"{name}\"")),
            Some(rest) if rest.starts_with('-') => {
                return forbidden(format!("cannot request a project starting with \"{reserved}-\""));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The client knows the namespace as a project; users know this answer in the singular.
fn as_project(request: &ProjectRequest, error: ApiError) -> ApiError {
    match &request.metadata.name {
        Some(name) if error.is_already_exists() => ApiError::already_exists(&PROJECT, name),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_system_are_not_for_the_asking() {
        for name in ["openshift", "kube", "kube-system", "openshift-x", "kubernetes-"] {
            assert!(refuse_reserved(name).is_err(), "{name}");
        }
        for name in ["hello01", "kubeflow", "my-openshift", "openshifty"] {
            assert!(refuse_reserved(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn the_namespace_remembers_who_asked() {
        let object = json!({"metadata": {"name": "hello01"}, "displayName": "Hello", "description": "first"});
        let request: ProjectRequest = serde_json::from_value(object.clone()).unwrap();
        let namespace = namespace_of(&object, &request, "alice");
        assert_eq!(
            namespace["metadata"],
            json!({"name": "hello01", "annotations": {
                "openshift.io/description": "first", "openshift.io/display-name": "Hello", "openshift.io/requester": "alice"}})
        );
    }
}
