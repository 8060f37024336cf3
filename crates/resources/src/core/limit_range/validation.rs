use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use weir_apiserver::{FieldError, Object};
use weir_quota::Quantity;

use super::super::{quantities, resource_names};
use super::{LIMITS, MAPS};
use crate::{json, names};

/// Types of Kubernetes itself; others are written with a prefix.
const TYPES: &[&str] = &["Container", "PersistentVolumeClaim", "Pod"];

pub(super) fn validate(range: &Object) -> Vec<FieldError> {
    let mut problems = Vec::new();
    let mut types = BTreeSet::new();
    for (index, item) in json::items(range, LIMITS).iter().enumerate() {
        let field = format!("spec.limits[{index}]");
        let type_ = json::text(item, "/type");
        problems.extend(validate_type(&format!("{field}.type"), type_));
        if !types.insert(type_) {
            problems.push(FieldError::duplicate(format!("{field}.type"), type_));
        }
        problems.extend(validate_item(&field, type_, item));
    }
    problems
}

fn validate_type(field: &str, type_: &str) -> Vec<FieldError> {
    let mut problems: Vec<FieldError> = names::qualified_name(field, type_).into_iter().collect();
    if !type_.contains('/') && !TYPES.contains(&type_) {
        let message = "must be a standard limit type or fully qualified";
        problems.push(FieldError::invalid(field, type_, message));
    }
    problems
}

fn validate_item(field: &str, type_: &str, item: &Value) -> Vec<FieldError> {
    let mut problems = Vec::new();
    let of_containers = matches!(type_, "Container" | "Pod");
    let mut amounts: BTreeMap<&str, Amounts> = BTreeMap::new();
    for map in MAPS {
        if type_ == "Pod" && map.starts_with("default") {
            if json::members(item, &format!("/{map}")).next().is_some() {
                let message = "may not be specified when `type` is 'Pod'";
                problems.push(FieldError::forbidden(format!("{field}.{map}"), message));
            }
            continue;
        }
        for (name, amount) in quantities::all(item, &format!("/{map}")) {
            let here = format!("{field}.{map}[{name}]");
            problems.extend(resource_names::validate_in_limit_range(&here, name, of_containers));
            amounts.entry(name).or_default().set(map, amount);
        }
    }
    if type_ == "PersistentVolumeClaim" && !amounts.get("storage").is_some_and(Amounts::has_bound) {
        let message = "either minimum or maximum storage value is required, but neither was provided";
        problems.push(FieldError::required(format!("{field}.limits"), message));
    }
    for (name, amounts) in amounts {
        problems.extend(amounts.contradictions(field, name));
    }
    problems
}

/// What an item says of one resource.
#[derive(Default)]
struct Amounts {
    max: Option<Quantity>,
    min: Option<Quantity>,
    default: Option<Quantity>,
    default_request: Option<Quantity>,
    ratio: Option<Quantity>,
}

impl Amounts {
    fn set(&mut self, map: &str, amount: Quantity) {
        let place = match map {
            "max" => &mut self.max,
            "min" => &mut self.min,
            "default" => &mut self.default,
            "defaultRequest" => &mut self.default_request,
            _ => &mut self.ratio,
        };
        *place = Some(amount);
    }

    fn has_bound(&self) -> bool {
        self.min.is_some() || self.max.is_some()
    }

    fn contradictions(&self, field: &str, name: &str) -> Vec<FieldError> {
        const MIN: &str = "min";
        const MAX: &str = "max";
        const DEFAULT: &str = "default";
        const REQUEST: &str = "default request";
        let Self {
            max,
            min,
            default,
            default_request,
            ..
        } = *self;
        // The smaller of each pair, the larger, and the field with the value that is complained of.
        let pairs = [
            ((MIN, min), (MAX, max), (MIN, min)),
            (
                (MIN, min),
                (REQUEST, default_request),
                ("defaultRequest", default_request),
            ),
            (
                (REQUEST, default_request),
                (MAX, max),
                ("defaultRequest", default_request),
            ),
            (
                (REQUEST, default_request),
                ("default limit", default),
                ("defaultRequest", default_request),
            ),
            ((MIN, min), (DEFAULT, default), (DEFAULT, min)),
            ((DEFAULT, default), (MAX, max), (DEFAULT, max)),
        ];
        let too_small = pairs.into_iter().filter_map(|(less, more, (map, shown))| {
            let (small, large) = (less.1?, more.1?);
            let message = format!("{} value {small} is greater than {} value {large}", less.0, more.0);
            let here = format!("{field}.{map}[{name}]");
            (small > large).then(|| FieldError::invalid(here, shown.map(|shown| shown.to_string()), message))
        });
        too_small
            .chain(self.odd_ratio(&format!("{field}.maxLimitRequestRatio[{name}]")))
            .collect()
    }

    fn odd_ratio(&self, field: &str) -> Vec<FieldError> {
        let one = Quantity::whole(1);
        let Some(ratio) = self.ratio else { return Vec::new() };
        let mut problems = Vec::new();
        if ratio < one {
            let message = format!("ratio {ratio} is less than 1");
            problems.push(FieldError::invalid(field, ratio.to_string(), message));
        }
        if let (Some(min), Some(max)) = (self.min, self.max) {
            let possible = max.ratio(min);
            if ratio.ratio(one) > possible {
                let message = format!("ratio {ratio} is greater than max/min = {possible:.6}");
                problems.push(FieldError::invalid(field, ratio.to_string(), message));
            }
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problems(items: Value) -> Vec<String> {
        let found = validate(&json!({"spec": {"limits": items}}));
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn ordinary_limits_have_no_problems() {
        let ordinary = json!([
            {"type": "Container", "min": {"cpu": "50m"}, "max": {"cpu": "2"}, "default": {"cpu": "1"},
             "defaultRequest": {"cpu": "100m"}, "maxLimitRequestRatio": {"cpu": "10"}},
            {"type": "Pod", "max": {"memory": "4Gi", "example.com/gpu": "1"}},
            {"type": "PersistentVolumeClaim", "max": {"storage": "1Gi"}},
            {"type": "openshift.io/Image", "max": {"storage": "1Gi"}},
        ]);
        assert_eq!(problems(ordinary), Vec::<String>::new());
    }

    #[test]
    fn each_contradiction_is_named_with_its_field() {
        let container = |maps: Value| {
            let mut item = json!({"type": "Container"});
            item.as_object_mut().unwrap().extend(maps.as_object().unwrap().clone());
            problems(json!([item]))
        };
        let cpu = |amount: &str| json!({"cpu": amount});
        let table = [
            (
                json!({"min": cpu("2"), "max": cpu("1")}),
                "min[cpu]: Invalid value: \"2\": min value 2 is greater than max value 1",
            ),
            (
                json!({"min": cpu("2"), "defaultRequest": cpu("1")}),
                "defaultRequest[cpu]: Invalid value: \"1\": min value 2 is greater than default request value 1",
            ),
            (
                json!({"defaultRequest": cpu("2"), "max": cpu("1")}),
                "defaultRequest[cpu]: Invalid value: \"2\": default request value 2 is greater than max value 1",
            ),
            (
                json!({"defaultRequest": cpu("2"), "default": cpu("1")}),
                "defaultRequest[cpu]: Invalid value: \"2\": default request value 2 is greater than default limit value 1",
            ),
            (
                json!({"min": cpu("2"), "default": cpu("1")}),
                "default[cpu]: Invalid value: \"2\": min value 2 is greater than default value 1",
            ),
            (
                json!({"default": cpu("2"), "max": cpu("1")}),
                "default[cpu]: Invalid value: \"1\": default value 2 is greater than max value 1",
            ),
            (
                json!({"maxLimitRequestRatio": cpu("500m")}),
                "maxLimitRequestRatio[cpu]: Invalid value: \"500m\": ratio 500m is less than 1",
            ),
            (
                json!({"maxLimitRequestRatio": cpu("9"), "min": cpu("1"), "max": cpu("2")}),
                "maxLimitRequestRatio[cpu]: Invalid value: \"9\": ratio 9 is greater than max/min = 2.000000",
            ),
            (
                json!({"max": {"pods": "1"}}),
                "max[pods]: Invalid value: \"pods\": must be a standard resource for containers",
            ),
        ];
        for (maps, message) in table {
            assert_eq!(container(maps.clone()), [format!("spec.limits[0].{message}")], "{maps}");
        }
    }

    #[test]
    fn types_are_known_and_named_once() {
        assert_eq!(
            problems(json!([{"type": "Node"}])),
            ["spec.limits[0].type: Invalid value: \"Node\": must be a standard limit type or fully qualified"]
        );
        assert_eq!(
            problems(json!([{"type": "Pod"}, {"type": "Pod"}])),
            ["spec.limits[1].type: Duplicate value: \"Pod\""]
        );
        assert_eq!(
            problems(json!([{"type": "Pod", "default": {"cpu": "1"}}])),
            ["spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'"]
        );
        assert_eq!(
            problems(json!([{"type": "PersistentVolumeClaim"}])),
            [
                "spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither \
              was provided"
            ]
        );
    }
}
