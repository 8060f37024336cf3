use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;
use weir_apiserver::{Column, Object};

use crate::describe::{self, NAME, column};
use crate::json;

pub(super) const COLUMNS: &[Column] = &[
    NAME,
    column("Revision", "string", "Number of the newest rollout."),
    column("Desired", "string", "How many pods are wanted."),
    column("Current", "string", "How many pods there are of the newest rollout."),
    column("Triggered By", "string", "What starts rollouts."),
];

pub(super) fn cells(config: &Object, _now: Timestamp) -> Vec<Value> {
    let number = |path: &str| json::number(config, path).unwrap_or_default();
    let replicas = number("/spec/replicas");
    let desired = if json::flag(config, "/spec/test") {
        format!("{replicas} (during test)")
    } else {
        replicas.to_string()
    };
    vec![
        describe::name(config),
        number("/status/latestVersion").into(),
        desired.into(),
        number("/status/updatedReplicas").into(),
        triggered_by(config).into(),
    ]
}

fn triggered_by(config: &Object) -> String {
    let triggers = json::items(config, "/spec/triggers");
    let words: BTreeSet<String> = triggers.iter().filter_map(|trigger| word(config, trigger)).collect();
    words.into_iter().collect::<Vec<_>>().join(",")
}

fn word(config: &Object, trigger: &Value) -> Option<String> {
    match json::text(trigger, "/type") {
        "ConfigChange" => Some("config".into()),
        "ImageChange" if json::flag(trigger, "/imageChangeParams/automatic") => {
            let params = &trigger["imageChangeParams"];
            let source = source(params);
            Some(match stray_containers(config, params) {
                Some(names) => format!("image({names}:{source})"),
                None => format!("image({source})"),
            })
        }
        _ => None,
    }
}

fn source(params: &Value) -> String {
    let (kind, name) = (json::text(params, "/from/kind"), json::text(params, "/from/name"));
    if kind == "ImageStreamTag" {
        name.to_owned()
    } else {
        format!("{kind}({name})")
    }
}

/// The trigger's containers, when one of several containers cannot be found among those of the template.
fn stray_containers(config: &Object, params: &Value) -> Option<String> {
    let containers = json::items(config, "/spec/template/spec/containers");
    let names: Vec<&str> = json::items(params, "/containerNames")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let exists = |name: &&str| {
        containers
            .iter()
            .any(|container| json::text(container, "/name") == *name)
    };
    (containers.len() > 1 && !names.iter().all(exists)).then(|| names.join(","))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_row_tells_what_starts_rollouts() {
        let config = json!({"metadata": {"name": "web"},
            "spec": {"replicas": 2, "triggers": [
                {"type": "ImageChange", "imageChangeParams": {"automatic": true, "containerNames": ["a"], "from": {"kind": "ImageStreamTag", "name": "web:latest"}}},
                {"type": "ImageChange", "imageChangeParams": {"containerNames": ["b"], "from": {"kind": "ImageStreamTag", "name": "db:1"}}},
                {"type": "ConfigChange"}],
                "template": {"spec": {"containers": [{"name": "a"}, {"name": "b"}]}}},
            "status": {"latestVersion": 3, "updatedReplicas": 1}});
        assert_eq!(
            cells(&config, Timestamp::UNIX_EPOCH),
            vec![
                json!("web"),
                json!(3),
                json!("2"),
                json!(1),
                json!("config,image(web:latest)")
            ]
        );
        let mut test = config.clone();
        test["spec"]["test"] = true.into();
        test["spec"]["triggers"][0]["imageChangeParams"]["containerNames"] = json!(["gone"]);
        let row = cells(&test, Timestamp::UNIX_EPOCH);
        assert_eq!(row[2], "2 (during test)");
        assert_eq!(row[4], "config,image(gone:web:latest)");
    }
}
