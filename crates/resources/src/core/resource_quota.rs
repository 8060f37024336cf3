mod validation;

use std::sync::Arc;

use async_trait::async_trait;
use k8s_openapi::api::core::v1::ResourceQuota;
use serde_json::{Value, json};
use weir_apiserver::{
    ApiError, Column, FieldError, GroupResource, Object, RequestContext, Resource, Scope, Strategy, schema,
};

use super::{kind, quantities};
use crate::describe::{self, AGE, NAME, column};
use crate::{decode, json};

pub(crate) const RESOURCE_QUOTAS: GroupResource = GroupResource {
    group: "",
    resource: "resourcequotas",
};

const COLUMNS: &[Column] = &[
    NAME,
    column("Request", "string", "Used and allowed, of everything but limits."),
    column("Limit", "string", "Used and allowed limits of containers."),
    AGE,
];
/// Where amounts are.
const HARD: &str = "/spec/hard";
const STATUS: [&str; 2] = ["/status/hard", "/status/used"];

/// Bounds on what a namespace may hold. `crate::Admission` enforces them, a control loop writes the status.
pub(super) fn resource() -> Resource {
    let kind = kind("ResourceQuota");
    Resource {
        short_names: &["quota"],
        subresources: vec![describe::status(kind)],
        columns: COLUMNS,
        cells,
        schema: &schema::RESOURCE_QUOTA,
        ..describe::stored(
            kind,
            RESOURCE_QUOTAS.resource,
            "resourcequota",
            Scope::Namespaced,
            Arc::new(ResourceQuotas),
        )
    }
}

struct ResourceQuotas;

#[async_trait]
impl Strategy for ResourceQuotas {
    fn default(&self, quota: &mut Object) {
        for path in [HARD].into_iter().chain(STATUS) {
            quantities::normalize(quota, path);
        }
    }

    async fn prepare_for_create(&self, _cx: &RequestContext, quota: &mut Object) -> Result<(), ApiError> {
        quantities::check(quota, HARD)?;
        quota["status"] = json!({});
        decode::typed::<ResourceQuota>(quota).map(drop)
    }

    async fn prepare_for_update(&self, _cx: &RequestContext, quota: &mut Object, old: &Object) -> Result<(), ApiError> {
        quantities::check(quota, HARD)?;
        json::restore(quota, old, "/status");
        decode::typed::<ResourceQuota>(quota).map(drop)
    }

    async fn prepare_for_status_update(
        &self,
        _cx: &RequestContext,
        quota: &mut Object,
        old: &Object,
    ) -> Result<(), ApiError> {
        for path in STATUS {
            quantities::check(quota, path)?;
        }
        let status = quota["status"].take();
        let version = quota["metadata"]["resourceVersion"].take();
        *quota = old.clone();
        quota["metadata"]["resourceVersion"] = version;
        quota["status"] = if status.is_null() { json!({}) } else { status };
        decode::typed::<ResourceQuota>(quota).map(drop)
    }

    fn validate(&self, quota: &Object) -> Vec<FieldError> {
        validation::validate(quota)
    }

    fn validate_update(&self, quota: &Object, old: &Object) -> Vec<FieldError> {
        let mut problems = self.validate(quota);
        problems.extend(validation::validate_scopes_stay(quota, old));
        problems
    }

    fn is_decorated(&self) -> bool {
        false
    }
}

fn cells(quota: &Object, now: jiff::Timestamp) -> Vec<Value> {
    let (mut requests, mut limits) = (Vec::new(), Vec::new());
    for (name, hard) in json::members(quota, STATUS[0]) {
        let used = quota["status"]["used"][name].as_str().unwrap_or("0");
        let cell = format!("{name}: {used}/{}", hard.as_str().unwrap_or("0"));
        let column = if name.starts_with("limits.") {
            &mut limits
        } else {
            &mut requests
        };
        column.push(cell);
    }
    vec![
        describe::name(quota),
        requests.join(", ").into(),
        limits.join(", ").into(),
        describe::age(quota, now),
    ]
}
