use rand::distr::{Alphanumeric, SampleString};
use serde_json::{Value, json};

use super::change::{Change, Source, StreamTag, add_config, is_config, triggers};
use super::table::{Row, tag};
use crate::failure::Failure;

/// Long enough that nobody guesses it.
const SECRET_CHARS: usize = 20;

const WEBHOOKS: [(&str, &str, &str); 4] = [
    ("Generic", "generic", "webhook"),
    ("GitHub", "github", "github"),
    ("GitLab", "gitlab", "gitlab"),
    ("Bitbucket", "bitbucket", "bitbucket"),
];

pub fn rows(object: &Value) -> Vec<Row> {
    let triggers = triggers(object);
    let own = object["metadata"]["namespace"].as_str().unwrap_or_default();
    let mut rows = vec![Row::new("config", "", Some(triggers.iter().any(is_config)))];
    let images = || triggers.iter().filter(|trigger| trigger["type"] == "ImageChange");
    let strategy = strategy_image(object);
    let of_strategy = |trigger: &Value| trigger["imageChange"].get("from").is_none_or(|from| from == strategy);
    if strategy["kind"] == "ImageStreamTag" && !images().any(of_strategy) {
        // What could start a build by itself, and does not.
        rows.push(Row::new("image", &tag(strategy, own), Some(false)));
    }
    for trigger in images() {
        let change = &trigger["imageChange"];
        let automatic = change["paused"] != true;
        let from = change.get("from").filter(|from| from.is_object()).unwrap_or(strategy);
        rows.push(Row::new("image", &tag(from, own), Some(automatic)));
    }
    for (kind, field, label) in WEBHOOKS {
        for trigger in triggers.iter().filter(|trigger| trigger["type"] == kind) {
            let allow_env = trigger[field]["allowEnv"] == true;
            rows.push(Row::new(
                label,
                if allow_env { "<secret>, allowenv" } else { "<secret>" },
                None,
            ));
        }
    }
    rows
}

/// The new list of triggers.
pub fn plan(object: &Value, change: &Change, namespace: &str) -> Result<Value, Failure> {
    let mut triggers = triggers(object);
    let strategy = strategy_image(object);
    let is_image = |trigger: &Value, tag: &StreamTag| {
        let from = trigger["imageChange"]
            .get("from")
            .filter(|from| from.is_object())
            .unwrap_or(strategy);
        trigger["type"] == "ImageChange" && tag.is(from, namespace)
    };
    match change {
        Change::RemoveAll => triggers.clear(),
        Change::All { automatic: true } => add_config(&mut triggers),
        // Builds know no manual image trigger: what does not fire by itself is not there.
        Change::All { automatic: false } => {
            triggers.retain(|trigger| !is_config(trigger) && trigger["type"] != "ImageChange")
        }
        Change::Set {
            source: Source::Config,
            automatic: true,
        } => add_config(&mut triggers),
        Change::Set {
            source: Source::Config, ..
        }
        | Change::Remove(Source::Config) => triggers.retain(|trigger| !is_config(trigger)),
        Change::Set {
            source: Source::Image { tag, .. },
            automatic: true,
        } => {
            if !triggers.iter().any(|trigger| is_image(trigger, tag)) {
                let parameters = match tag.is(strategy, namespace) {
                    true => json!({}),
                    false => json!({ "from": tag.reference(namespace) }),
                };
                triggers.push(json!({"type": "ImageChange", "imageChange": parameters}));
            }
        }
        Change::Set {
            source: Source::Image { tag, .. },
            ..
        }
        | Change::Remove(Source::Image { tag, .. }) => {
            triggers.retain(|trigger| !is_image(trigger, tag));
        }
        Change::Set {
            source: Source::Webhook(kind),
            ..
        } => triggers.push(webhook(kind, false)),
        Change::Set {
            source: Source::WebhookAllowEnv,
            ..
        } => triggers.push(webhook("Generic", true)),
        Change::Remove(Source::Webhook(kind)) => triggers.retain(|trigger| trigger["type"] != *kind),
        Change::Remove(Source::WebhookAllowEnv) => triggers.retain(|trigger| trigger["generic"]["allowEnv"] != true),
    }
    Ok(triggers.into())
}

fn strategy_image(object: &Value) -> &Value {
    let strategy = &object["spec"]["strategy"];
    ["sourceStrategy", "dockerStrategy", "customStrategy"]
        .into_iter()
        .map(|kind| &strategy[kind]["from"])
        .find(|from| from.is_object())
        .unwrap_or(&Value::Null)
}

fn webhook(kind: &str, allow_env: bool) -> Value {
    let mut parameters = json!({"secret": Alphanumeric.sample_string(&mut rand::rng(), SECRET_CHARS)});
    if allow_env {
        parameters["allowEnv"] = true.into();
    }
    json!({"type": kind, kind.to_lowercase(): parameters})
}
