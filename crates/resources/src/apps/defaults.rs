use serde_json::{Value, json};

use crate::core::pod_spec::default_template;
use crate::json::{self, is_unset, items, items_mut, map_at, put, set_default, set_default_text, text};

/// Six hours: a rollout that takes longer is stuck.
const ACTIVE_DEADLINE_SECONDS: i64 = 21_600;
const TIMEOUT_SECONDS: i64 = 600;
const QUARTER: &str = "25%";
const HOOKS: [&str; 5] = [
    "/rollingParams/pre",
    "/rollingParams/post",
    "/recreateParams/pre",
    "/recreateParams/mid",
    "/recreateParams/post",
];

/// Fills a DeploymentConfig. Idempotent.
pub(super) fn default_config(config: &mut Value) {
    let namespace = text(config, "/metadata/namespace").to_owned();
    if map_at(config, &["spec"]).is_none() {
        return;
    }
    let spec = &mut config["spec"];
    set_default(spec, "", "triggers", json!([{"type": "ConfigChange"}]));
    set_default(spec, "", "replicas", 0);
    set_default(spec, "", "test", false);
    default_selector(spec);
    default_triggers(spec, &namespace);
    map_at(spec, &["strategy"]);
    default_strategy(&mut spec["strategy"]);
    default_hooks(spec);
    if let Some(template) = spec.get_mut("template").filter(|template| template.is_object()) {
        default_template(template);
    }
}

fn default_selector(spec: &mut Value) {
    let labels = spec.pointer("/template/metadata/labels").cloned();
    let is_empty = json::members(spec, "/selector").next().is_none();
    if let Some(labels) = labels.filter(|labels| is_empty && labels.is_object()) {
        put(spec, &["selector"], labels);
    }
}

fn default_triggers(spec: &mut Value, namespace: &str) {
    const FROM: &str = "/imageChangeParams/from";
    for trigger in items_mut(spec, "/triggers") {
        set_default_text(trigger, FROM, "kind", "ImageStreamTag");
        if !namespace.is_empty() {
            set_default_text(trigger, FROM, "namespace", namespace);
        }
    }
}

fn default_strategy(strategy: &mut Value) {
    if !strategy.is_object() {
        return;
    }
    set_default_text(strategy, "", "type", "Rolling");
    set_default(strategy, "", "activeDeadlineSeconds", ACTIVE_DEADLINE_SECONDS);
    set_default(strategy, "", "resources", json!({}));
    match text(strategy, "/type") {
        "Rolling" => default_rolling(strategy),
        "Recreate" => {
            set_default(strategy, "", "recreateParams", json!({}));
            set_default(strategy, "/recreateParams", "timeoutSeconds", TIMEOUT_SECONDS);
        }
        _ => {}
    }
}

fn default_rolling(strategy: &mut Value) {
    const HERE: &str = "/rollingParams";
    set_default(strategy, "", "rollingParams", json!({}));
    set_default(strategy, HERE, "updatePeriodSeconds", 1);
    set_default(strategy, HERE, "intervalSeconds", 1);
    set_default(strategy, HERE, "timeoutSeconds", TIMEOUT_SECONDS);
    let (unavailable, surge) = (
        strategy.pointer("/rollingParams/maxUnavailable"),
        strategy.pointer("/rollingParams/maxSurge"),
    );
    let is_none = |value: Option<&Value>| value.is_none_or(Value::is_null);
    let is_zero = |value: Option<&Value>| value.is_some_and(|value| *value == 0 || *value == "0" || *value == "0%");
    let fill_unavailable = is_none(unavailable) && (is_none(surge) || is_zero(surge));
    let fill_surge = is_none(surge) && (is_none(unavailable) || is_zero(unavailable));
    if fill_unavailable {
        set_default(strategy, HERE, "maxUnavailable", QUARTER);
    }
    if fill_surge {
        set_default(strategy, HERE, "maxSurge", QUARTER);
    }
}

/// A hook runs in the only container when it names none.
fn default_hooks(spec: &mut Value) {
    let only = match items(spec, "/template/spec/containers") {
        [only] => text(only, "/name").to_owned(),
        _ => return,
    };
    for hook in HOOKS {
        let path = format!("/strategy{hook}");
        if is_unset(spec, &path) {
            continue;
        }
        set_default_text(spec, &format!("{path}/execNewPod"), "containerName", &only);
        for tag in items_mut(spec, &format!("{path}/tagImages")) {
            set_default_text(tag, "", "containerName", &only);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defaulted(spec: Value) -> Value {
        let mut config = json!({"metadata": {"name": "web", "namespace": "ns"}, "spec": spec});
        default_config(&mut config);
        let once = config.clone();
        default_config(&mut config);
        assert_eq!(config, once, "defaulting twice changes nothing more");
        config["spec"].take()
    }

    #[test]
    fn no_triggers_means_config_changes_and_an_empty_list_means_none() {
        assert_eq!(defaulted(json!({}))["triggers"], json!([{"type": "ConfigChange"}]));
        assert_eq!(
            defaulted(json!({"triggers": null}))["triggers"],
            json!([{"type": "ConfigChange"}])
        );
        assert_eq!(defaulted(json!({"triggers": []}))["triggers"], json!([]));
    }

    #[test]
    fn rolling_rollouts_may_lose_or_add_a_quarter() {
        let limits = |params: Value| {
            let spec = defaulted(json!({"strategy": {"rollingParams": params}}));
            let params = spec["strategy"]["rollingParams"].clone();
            (params["maxUnavailable"].clone(), params["maxSurge"].clone())
        };
        assert_eq!(limits(json!({})), (json!("25%"), json!("25%")));
        assert_eq!(limits(json!({"maxSurge": 0})), (json!("25%"), json!(0)));
        assert_eq!(limits(json!({"maxUnavailable": "0%"})), (json!("0%"), json!("25%")));
        assert_eq!(limits(json!({"maxSurge": 2})), (json!(null), json!(2)));
    }

    #[test]
    fn strategies_have_limits_of_time() {
        let rolling = defaulted(json!({}))["strategy"].clone();
        assert_eq!(
            rolling,
            json!({"type": "Rolling", "activeDeadlineSeconds": 21600, "resources": {}, "rollingParams": {
                "updatePeriodSeconds": 1, "intervalSeconds": 1, "timeoutSeconds": 600, "maxUnavailable": "25%", "maxSurge": "25%"}})
        );
        let recreate = defaulted(json!({"strategy": {"type": "Recreate"}}))["strategy"].clone();
        assert_eq!(recreate["recreateParams"], json!({"timeoutSeconds": 600}));
    }

    #[test]
    fn names_that_can_only_mean_one_thing_may_be_left_out() {
        let spec = defaulted(json!({
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}},
            "triggers": [{"type": "ImageChange", "imageChangeParams": {"from": {"name": "web:latest"}}}],
            "strategy": {"rollingParams": {"pre": {"failurePolicy": "Abort", "execNewPod": {"command": ["x"]}}}},
        }));
        assert_eq!(spec["selector"], json!({"app": "web"}));
        assert_eq!(
            spec["triggers"][0]["imageChangeParams"]["from"],
            json!({"kind": "ImageStreamTag", "name": "web:latest", "namespace": "ns"})
        );
        assert_eq!(text(&spec, "/strategy/rollingParams/pre/execNewPod/containerName"), "c");
        assert_eq!(text(&spec, "/template/spec/restartPolicy"), "Always");
    }
}
