use std::sync::Arc;

use async_trait::async_trait;
use k8s_openapi::api::coordination::v1::Lease;
use serde_json::Value;
use weir_apiserver::{
    ApiError, Column, FieldError, GroupVersionKind, Object, RequestContext, Resource, Schema, Scope, Strategy, schema,
};

use crate::describe::{self, AGE, NAME, column};
use crate::{decode, json};

const KIND: GroupVersionKind = GroupVersionKind {
    group: "coordination.k8s.io",
    version: "v1",
    kind: "Lease",
};

const COLUMNS: &[Column] = &[NAME, column("Holder", "string", "Who holds the lease."), AGE];

static SCHEMA: Schema = Schema::object(&[("metadata", &schema::OBJECT_META), ("spec", &Schema::EMBEDDED)]);

/// What components that may run twice agree with: whoever holds the lease does the work.
pub(super) fn resource() -> Resource {
    Resource {
        columns: COLUMNS,
        cells: |lease, now| {
            vec![
                describe::name(lease),
                json::text(lease, "/spec/holderIdentity").into(),
                describe::age(lease, now),
            ]
        },
        schema: &SCHEMA,
        ..describe::stored(KIND, "leases", "lease", Scope::Namespaced, Arc::new(Leases))
    }
}

struct Leases;

#[async_trait]
impl Strategy for Leases {
    async fn prepare_for_create(&self, _cx: &RequestContext, lease: &mut Object) -> Result<(), ApiError> {
        decode::typed::<Lease>(lease).map(drop)
    }

    async fn prepare_for_update(
        &self,
        _cx: &RequestContext,
        lease: &mut Object,
        _old: &Object,
    ) -> Result<(), ApiError> {
        decode::typed::<Lease>(lease).map(drop)
    }

    fn validate(&self, lease: &Object) -> Vec<FieldError> {
        let bounds = [
            ("leaseDurationSeconds", 1, "must be greater than 0"),
            ("leaseTransitions", 0, "must be greater than or equal to 0"),
        ];
        let too_small = |(field, least, why): &(&str, i64, &str)| {
            let number = json::number(lease, &format!("/spec/{field}")).filter(|number| number < least);
            number.map(|number| FieldError::invalid(format!("spec.{field}"), Value::from(number), why))
        };
        bounds.iter().filter_map(too_small).collect()
    }

    fn is_decorated(&self) -> bool {
        false
    }

    fn allow_unconditional_update(&self) -> bool {
        false
    }

    fn allow_create_on_update(&self) -> bool {
        true
    }
}
