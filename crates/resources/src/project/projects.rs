use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use weir_api::names::annotation;
use weir_apiserver::{
    ApiError, Attributes, Column, Decision, Object, RequestContext, Resource, Scope, UpdateMode, Verb, View,
    VirtualResource, schema,
};

use super::kind;
use crate::core::NAMESPACES;
use crate::describe::{self, NAME, column};
use crate::json;

const COLUMNS: &[Column] = &[
    NAME,
    column("Display Name", "string", "What people call it."),
    column("Status", "string", "Whether the project is in use or on its way out."),
];

/// A view on namespaces that shows everybody only those he may see.
pub(super) fn resource() -> Resource {
    const VERBS: &[Verb] = &[
        Verb::Get,
        Verb::List,
        Verb::Watch,
        Verb::Create,
        Verb::Update,
        Verb::Patch,
        Verb::Delete,
    ];
    Resource {
        columns: COLUMNS,
        cells: |project, _now| {
            vec![
                describe::name(project),
                json::meta(project, "annotations", annotation::DISPLAY_NAME).into(),
                json::text(project, "/status/phase").into(),
            ]
        },
        fields: |project| vec![("status.phase", json::text(project, "/status/phase").to_owned())],
        schema: &schema::NAMESPACE,
        ..describe::computed(
            kind("Project"),
            "projects",
            "project",
            Scope::Cluster,
            VERBS,
            Arc::new(Projects),
        )
    }
}

struct Projects;

#[async_trait]
impl VirtualResource for Projects {
    async fn get(&self, cx: &RequestContext, name: &str) -> Result<Object, ApiError> {
        let namespace = cx.objects.get(&NAMESPACES, "", name).await;
        Ok(project_of(&namespace.map_err(|error| as_project(cx, name, error))?))
    }

    async fn list(&self, cx: &RequestContext) -> Result<Vec<Object>, ApiError> {
        let mut visible = Vec::new();
        for namespace in cx.objects.list(&NAMESPACES, "", None).await? {
            if may_see(cx, json::text(&namespace, "/metadata/name")).await {
                visible.push(project_of(&namespace));
            }
        }
        Ok(visible)
    }

    async fn create(&self, cx: &RequestContext, project: Object) -> Result<(Object, bool), ApiError> {
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": project["metadata"]});
        let created = cx
            .objects
            .create(&cx.for_resource(NAMESPACES), &NAMESPACES, namespace)
            .await?;
        Ok((project_of(&created), true))
    }

    async fn update(&self, cx: &RequestContext, name: &str, project: Object) -> Result<(Object, bool), ApiError> {
        let version = json::text(&project, "/metadata/resourceVersion").to_owned();
        let change = |namespace: &mut Object| {
            crate::preconditions::same_version(&NAMESPACES, name, namespace, &version)?;
            for path in ["/metadata/labels", "/metadata/annotations"] {
                json::restore(namespace, &project, path);
            }
            Ok(())
        };
        let cx = cx.for_resource(NAMESPACES);
        let written = cx
            .objects
            .update_with(&cx, &NAMESPACES, "", name, UpdateMode::Main, change)
            .await?;
        Ok((project_of(&written), false))
    }

    async fn delete(&self, cx: &RequestContext, name: &str, _options: &Value) -> Result<Object, ApiError> {
        let cx_of_namespaces = cx.for_resource(NAMESPACES);
        let ended = cx.objects.delete(&cx_of_namespaces, &NAMESPACES, "", name).await;
        Ok(project_of(&ended.map_err(|error| as_project(cx, name, error))?))
    }

    fn view(&self) -> Option<View> {
        Some(View {
            of: NAMESPACES,
            show: project_of,
            stored_field: str::to_owned,
            is_personal: true,
        })
    }

    async fn sees(&self, cx: &RequestContext, namespace: &Object) -> bool {
        may_see(cx, json::text(namespace, "/metadata/name")).await
    }
}

pub(super) fn project_of(namespace: &Object) -> Object {
    json!({
        "kind": "Project",
        "apiVersion": weir_api::project::API_VERSION,
        "metadata": namespace["metadata"],
        "spec": {"finalizers": namespace["spec"]["finalizers"]},
        "status": {"phase": namespace["status"]["phase"]},
    })
}

/// A missing namespace is a missing project to whoever asked for one.
fn as_project(cx: &RequestContext, name: &str, error: ApiError) -> ApiError {
    if error.is_not_found() {
        ApiError::not_found(&cx.resource, name)
    } else {
        error
    }
}

async fn may_see(cx: &RequestContext, name: &str) -> bool {
    let asked = Attributes {
        verb: "get".into(),
        group: weir_api::project::GROUP.into(),
        version: weir_api::project::VERSION.into(),
        resource: "projects".into(),
        namespace: name.into(),
        name: name.into(),
        ..Attributes::default()
    };
    cx.objects.authorize(&cx.user, &asked).await == Decision::Allow
}
