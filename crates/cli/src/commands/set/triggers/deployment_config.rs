use serde_json::{Value, json};

use super::change::{Change, Source, StreamTag, add_config, is_config, triggers};
use super::table::Row;
use crate::failure::Failure;

pub fn rows(object: &Value) -> Vec<Row> {
    let triggers = triggers(object);
    let images = triggers.iter().filter(|trigger| is_image(trigger));
    // Shown when it is not there too: that changes of the template wait for a `rollout latest` then is worth a line.
    let mut rows = vec![Row::new("config", "", Some(triggers.iter().any(is_config)))];
    rows.extend(images.map(|trigger| {
        let parameters = &trigger["imageChangeParams"];
        let containers: Vec<&str> = parameters["containerNames"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let own = object["metadata"]["namespace"].as_str().unwrap_or_default();
        let value = format!(
            "{} ({})",
            super::table::tag(&parameters["from"], own),
            containers.join(", ")
        );
        Row::new("image", &value, Some(parameters["automatic"] == true))
    }));
    rows
}

/// The new list of triggers.
pub fn plan(object: &Value, change: &Change, namespace: &str) -> Result<Value, Failure> {
    let mut triggers = triggers(object);
    match change {
        Change::RemoveAll => triggers.clear(),
        Change::All { automatic } => {
            match automatic {
                true => add_config(&mut triggers),
                false => triggers.retain(|trigger| !is_config(trigger)),
            }
            triggers
                .iter_mut()
                .filter(|trigger| is_image(trigger))
                .for_each(|trigger| set_automatic(trigger, *automatic));
        }
        Change::Set {
            source: Source::Config,
            automatic,
        } => match automatic {
            true => add_config(&mut triggers),
            false => triggers.retain(|trigger| !is_config(trigger)),
        },
        Change::Remove(Source::Config) => triggers.retain(|trigger| !is_config(trigger)),
        Change::Set {
            source: Source::Image { tag, containers },
            automatic,
        } => set_image(
            &mut triggers,
            tag,
            &chosen_containers(object, containers)?,
            *automatic,
            namespace,
        ),
        Change::Remove(Source::Image { tag, containers }) => triggers.retain(|trigger| {
            let parameters = &trigger["imageChangeParams"];
            let same_containers = containers.is_empty() || parameters["containerNames"] == json!(containers);
            !(is_image(trigger) && tag.is(&parameters["from"], namespace) && same_containers)
        }),
        Change::Set {
            source: Source::Webhook(_) | Source::WebhookAllowEnv,
            ..
        }
        | Change::Remove(Source::Webhook(_) | Source::WebhookAllowEnv) => {
            return Err(Failure::refused("webhook triggers can only be set on build configs"));
        }
    }
    Ok(triggers.into())
}

fn is_image(trigger: &Value) -> bool {
    trigger["type"] == "ImageChange"
}

fn set_automatic(trigger: &mut Value, automatic: bool) {
    if let Some(parameters) = trigger["imageChangeParams"].as_object_mut() {
        match automatic {
            true => parameters.insert("automatic".into(), true.into()),
            false => parameters.remove("automatic"),
        };
    }
}

/// A container has one image trigger: those that name one of the containers give way, unless they are this very one.
fn set_image(triggers: &mut Vec<Value>, tag: &StreamTag, containers: &[String], automatic: bool, namespace: &str) {
    let names = json!(containers);
    let same = |trigger: &Value| {
        let parameters = &trigger["imageChangeParams"];
        is_image(trigger) && tag.is(&parameters["from"], namespace) && parameters["containerNames"] == names
    };
    if let Some(trigger) = triggers.iter_mut().find(|trigger| same(trigger)) {
        return set_automatic(trigger, automatic);
    }
    let taken = |name: &Value| {
        name.as_str()
            .is_some_and(|name| containers.iter().any(|container| container == name))
    };
    triggers.retain(|trigger| {
        let names = trigger["imageChangeParams"]["containerNames"].as_array();
        !(is_image(trigger) && names.is_some_and(|names| names.iter().any(taken)))
    });
    let mut trigger = json!({
        "type": "ImageChange",
        "imageChangeParams": {"containerNames": containers, "from": tag.reference(namespace)},
    });
    set_automatic(&mut trigger, automatic);
    triggers.push(trigger);
}

fn chosen_containers(object: &Value, wanted: &[String]) -> Result<Vec<String>, Failure> {
    let spec = &object["spec"]["template"]["spec"];
    let names = |list: &str| -> Vec<String> {
        let containers = spec[list].as_array().into_iter().flatten();
        containers
            .filter_map(|container| container["name"].as_str().map(str::to_string))
            .collect()
    };
    let known = names("containers");
    match (wanted, known.as_slice()) {
        ([], [only]) => Ok(vec![only.clone()]),
        ([], _) => Err(Failure::refused(
            "you must specify --containers when setting --from-image on an object with several containers",
        )
        .hint(format!("its containers are: {}", known.join(", ")))),
        (wanted, _) => {
            let all = [known.clone(), names("initContainers")].concat();
            match wanted.iter().find(|name| !all.contains(name)) {
                None => Ok(wanted.to_vec()),
                Some(missing) => Err(Failure::refused(format!(
                    "there is no container named \"{missing}\" in the pod template"
                ))
                .hint(format!("its containers are: {}", all.join(", ")))),
            }
        }
    }
}
