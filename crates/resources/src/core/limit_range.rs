mod validation;

use std::sync::Arc;

use async_trait::async_trait;
use k8s_openapi::api::core::v1::LimitRange;
use serde_json::Value;
use weir_apiserver::{
    ApiError, Column, FieldError, GroupResource, Object, RequestContext, Resource, Scope, Strategy, schema,
};

use super::{kind, quantities};
use crate::describe::{self, NAME, column};
use crate::{decode, json};

pub(crate) const LIMIT_RANGES: GroupResource = GroupResource {
    group: "",
    resource: "limitranges",
};

const COLUMNS: &[Column] = &[NAME, column("Created At", "date", "When the object was created.")];
/// Types that bound something here.
const ENFORCED: [&str; 2] = ["Container", "Pod"];
const LIMITS: &str = "/spec/limits";
/// The maps of amounts of one item.
const MAPS: [&str; 5] = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"];

/// Bounds on single pods and containers, and what containers get that say nothing. `crate::Admission` enforces them.
pub(super) fn resource() -> Resource {
    Resource {
        short_names: &["limits"],
        columns: COLUMNS,
        cells: |range, _| {
            vec![
                describe::name(range),
                json::text(range, "/metadata/creationTimestamp").into(),
            ]
        },
        schema: &schema::LIMIT_RANGE,
        ..describe::stored(
            kind("LimitRange"),
            LIMIT_RANGES.resource,
            "limitrange",
            Scope::Namespaced,
            Arc::new(LimitRanges),
        )
    }
}

struct LimitRanges;

#[async_trait]
impl Strategy for LimitRanges {
    fn default(&self, range: &mut Object) {
        for item in json::items_mut(range, LIMITS) {
            for map in MAPS {
                quantities::normalize(item, &format!("/{map}"));
            }
            if json::text(item, "/type") == "Container" {
                // A bound says what is usual when nothing else does: the most is the limit, the limit is asked for,
                // and the least is asked for where there is no limit.
                for (to, from) in [
                    ("default", "max"),
                    ("defaultRequest", "default"),
                    ("defaultRequest", "min"),
                ] {
                    inherit(item, to, from);
                }
            }
        }
    }

    async fn prepare_for_create(&self, cx: &RequestContext, range: &mut Object) -> Result<(), ApiError> {
        warn(cx, range);
        check(range)
    }

    async fn prepare_for_update(&self, cx: &RequestContext, range: &mut Object, _old: &Object) -> Result<(), ApiError> {
        warn(cx, range);
        check(range)
    }

    fn validate(&self, range: &Object) -> Vec<FieldError> {
        validation::validate(range)
    }

    fn is_decorated(&self) -> bool {
        false
    }
}

/// What is kept for other clusters' sake must not look as if it bounded anything here.
fn warn(cx: &RequestContext, range: &Object) {
    for item in json::items(range, LIMITS) {
        let type_ = json::text(item, "/type");
        if !ENFORCED.contains(&type_) {
            cx.warn(&format!("limits of the type {type_:?} are not enforced by this server"));
        }
    }
}

fn check(range: &Object) -> Result<(), ApiError> {
    for index in 0..json::items(range, LIMITS).len() {
        for map in MAPS {
            quantities::check(range, &format!("{LIMITS}/{index}/{map}"))?;
        }
    }
    decode::typed::<LimitRange>(range).map(drop)
}

/// Copies from the map `from` what the map `to` lacks.
fn inherit(item: &mut Value, to: &str, from: &str) {
    let amounts: Vec<(String, Value)> = json::members(item, &format!("/{from}"))
        .map(|(name, amount)| (name.clone(), amount.clone()))
        .collect();
    for (name, amount) in amounts {
        json::map_at(item, &[to]);
        json::set_default(item, &format!("/{to}"), &name, amount);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bounds_of_containers_become_defaults() {
        let mut range = json!({"spec": {"limits": [
            {"type": "Container", "max": {"cpu": 2, "memory": "1024Mi"}, "min": {"ephemeral-storage": "0.5Gi"},
             "default": {"cpu": "1000m"}},
            {"type": "Pod", "max": {"cpu": "4"}},
        ]}});
        LimitRanges.default(&mut range);
        let once = range.clone();
        LimitRanges.default(&mut range);
        assert_eq!(range, once);
        assert_eq!(
            range["spec"]["limits"],
            json!([
                {"type": "Container", "max": {"cpu": "2", "memory": "1Gi"}, "min": {"ephemeral-storage": "512Mi"},
                 "default": {"cpu": "1", "memory": "1Gi"},
                 "defaultRequest": {"cpu": "1", "memory": "1Gi", "ephemeral-storage": "512Mi"}},
                {"type": "Pod", "max": {"cpu": "4"}},
            ])
        );
    }
}
