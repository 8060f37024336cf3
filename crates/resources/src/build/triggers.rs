//! Triggers of BuildConfigs as they are stored: known types only, in their present spelling.

use serde_json::{Value, json};

use crate::json::{self, set_default, text};

const IMAGE_CHANGE: &str = "ImageChange";
const TYPES: [&str; 6] = ["GitHub", "GitLab", "Bitbucket", "Generic", IMAGE_CHANGE, "ConfigChange"];

/// Normalises `spec.triggers`; `strategy` decides whether a trigger without an image of its own means anything.
pub(super) fn normalise(spec: &mut Value) {
    set_default(spec, "", "triggers", json!([]));
    let strategy_has_tag = text(spec, strategy_from(spec)) == "ImageStreamTag";
    let Some(triggers) = spec.get_mut("triggers").and_then(Value::as_array_mut) else {
        return;
    };
    triggers.iter_mut().for_each(respell);
    triggers.retain(|trigger| TYPES.contains(&text(trigger, "/type")));
    for trigger in triggers
        .iter_mut()
        .filter(|trigger| text(trigger, "/type") == IMAGE_CHANGE)
    {
        set_default(trigger, "", "imageChange", json!({}));
    }
    triggers.retain(|trigger| {
        text(trigger, "/type") != IMAGE_CHANGE || strategy_has_tag || !json::is_unset(trigger, "/imageChange/from")
    });
}

fn strategy_from(spec: &Value) -> &'static str {
    match text(spec, "/strategy/type") {
        "Source" => "/strategy/sourceStrategy/from/kind",
        "Docker" => "/strategy/dockerStrategy/from/kind",
        _ => "/strategy/customStrategy/from/kind",
    }
}

/// Types were once written in lower case.
fn respell(trigger: &mut Value) {
    let present = match text(trigger, "/type") {
        "github" => "GitHub",
        "generic" => "Generic",
        "imageChange" => IMAGE_CHANGE,
        _ => return,
    };
    json::put(trigger, &["type"], present);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normalised(strategy: Value, triggers: Value) -> Value {
        let mut spec = json!({"strategy": strategy, "triggers": triggers});
        super::super::defaults::default_spec(&mut spec);
        normalise(&mut spec);
        spec["triggers"].clone()
    }

    #[test]
    fn old_spellings_are_renewed_and_unknown_types_dropped() {
        let source = json!({"sourceStrategy": {"from": {"kind": "ImageStreamTag", "name": "a:b"}}});
        let triggers =
            json!([{"type": "github", "github": {"secret": "s"}}, {"type": "imageChange"}, {"type": "carrier pigeon"}]);
        assert_eq!(
            normalised(source, triggers),
            json!([{"type": "GitHub", "github": {"secret": "s"}}, {"type": "ImageChange", "imageChange": {}}])
        );
    }

    #[test]
    fn a_trigger_on_the_strategys_image_needs_one_that_is_a_tag() {
        let docker = json!({"dockerStrategy": {"from": {"kind": "DockerImage", "name": "x"}}});
        let triggers = json!([{"type": "ImageChange"},
            {"type": "ImageChange", "imageChange": {"from": {"kind": "ImageStreamTag", "name": "a:b"}}}]);
        assert_eq!(normalised(docker, triggers.clone()), json!([triggers[1]]));
        assert_eq!(normalised(json!({"dockerStrategy": {}}), json!(null)), json!([]));
    }
}
