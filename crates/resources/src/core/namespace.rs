use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use weir_apiserver::{
    ApiError, Column, Companion, Object, RequestContext, Resource, Scope, Strategy, SubresourceHandler, UpdateMode,
    Verb, names, schema,
};

use super::{NAMESPACES, SERVICE_ACCOUNTS, kind};
use crate::describe::{self, AGE, NAME, column};
use crate::json;
use crate::rbac::ROLE_BINDINGS;
use crate::rbac::namespace_bindings::of_service_accounts;

/// Accounts that builds, rollouts and ordinary pods run as; every namespace has them.
const SERVICE_ACCOUNTS_OF_EVERY_NAMESPACE: [&str; 3] = ["builder", "default", "deployer"];
/// The finalizer that holds a namespace until its content is gone.
const CONTENT_FINALIZER: &str = "kubernetes";
/// Nobody may delete what the machine itself lives in.
const UNDELETABLE: &[&str] = &[
    "default",
    "kube-public",
    "kube-system",
    weir_api::names::SHARED_NAMESPACE,
];

const COLUMNS: &[Column] = &[
    NAME,
    column("Status", "string", "Whether the namespace is in use or on its way out."),
    AGE,
];

pub(super) fn resource() -> Resource {
    let kind = kind("Namespace");
    Resource {
        short_names: &["ns"],
        subresources: vec![
            describe::subresource("finalize", kind, &[Verb::Update], Finalize),
            describe::status(kind),
        ],
        columns: COLUMNS,
        cells: |namespace, now| {
            vec![
                describe::name(namespace),
                json::text(namespace, "/status/phase").into(),
                describe::age(namespace, now),
            ]
        },
        fields: |namespace| vec![("status.phase", json::text(namespace, "/status/phase").to_owned())],
        schema: &schema::NAMESPACE,
        ..describe::stored(kind, "namespaces", "namespace", Scope::Cluster, Arc::new(Namespaces))
    }
}

struct Namespaces;

#[async_trait]
impl Strategy for Namespaces {
    async fn prepare_for_create(&self, _cx: &RequestContext, namespace: &mut Object) -> Result<(), ApiError> {
        json::put(namespace, &["spec", "finalizers"], json!([CONTENT_FINALIZER]));
        namespace["status"] = json!({"phase": "Active"});
        let name = json::text(namespace, "/metadata/name").to_owned();
        // Selectors of namespaces find them by this label.
        json::put(namespace, &["metadata", "labels", "kubernetes.io/metadata.name"], name);
        Ok(())
    }

    async fn prepare_for_update(
        &self,
        _cx: &RequestContext,
        namespace: &mut Object,
        old: &Object,
    ) -> Result<(), ApiError> {
        json::restore(namespace, old, "/spec");
        json::restore(namespace, old, "/status");
        Ok(())
    }

    fn holds_deletion(&self, namespace: &Object) -> bool {
        !json::items(namespace, "/spec/finalizers").is_empty()
    }

    fn begin_deletion(&self, namespace: &mut Object) {
        json::put(namespace, &["status", "phase"], "Terminating");
    }

    async fn validate_delete(&self, cx: &RequestContext, namespace: &Object) -> Result<(), ApiError> {
        let name = json::text(namespace, "/metadata/name");
        if UNDELETABLE.contains(&name) {
            return Err(ApiError::forbidden(
                &cx.resource,
                name,
                "this namespace may not be deleted",
            ));
        }
        Ok(())
    }

    fn companions(&self, namespace: &Object) -> Vec<Companion> {
        let namespace = json::text(namespace, "/metadata/name");
        let accounts = SERVICE_ACCOUNTS_OF_EVERY_NAMESPACE.into_iter().map(|name| Companion {
            resource: SERVICE_ACCOUNTS,
            object: service_account(namespace, name),
        });
        let bindings = of_service_accounts(namespace).into_iter().map(|object| Companion {
            resource: ROLE_BINDINGS,
            object,
        });
        accounts.chain(bindings).collect()
    }

    fn is_decorated(&self) -> bool {
        false
    }

    fn validate_name(&self, name: &str) -> Result<(), String> {
        names::validate_dns1123_label(name)
    }
}

fn service_account(namespace: &str, name: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": name, "namespace": namespace},
    })
}

/// `namespaces/NAME/finalize`: replaces `spec.finalizers` and nothing else.
struct Finalize;

#[async_trait]
impl SubresourceHandler for Finalize {
    async fn get(&self, cx: &RequestContext, name: &str) -> Result<Object, ApiError> {
        cx.objects.get(&NAMESPACES, "", name).await
    }

    async fn update(&self, cx: &RequestContext, name: &str, object: Object) -> Result<Object, ApiError> {
        let finalizers = object.pointer("/spec/finalizers").cloned().unwrap_or(json!([]));
        let cx = cx.for_resource(NAMESPACES);
        let change = |namespace: &mut Object| {
            json::put(namespace, &["spec", "finalizers"], finalizers.clone());
            Ok(())
        };
        cx.objects
            .update_with(&cx, &NAMESPACES, "", name, UpdateMode::Internal, change)
            .await
    }
}
