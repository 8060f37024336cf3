//! What the verbs of `set` share: the objects that are named, and the containers in them.

use serde_json::Value;

use crate::editing::{Edited, edit};
use crate::failure::Failure;
use crate::session::Session;
use crate::target::Targets;

/// Lets `change` change every object that the words name, and says `done` of those that it changed.
pub async fn change_each(
    session: &Session<'_>,
    words: &[String],
    done: &str,
    mut change: impl FnMut(&mut Value) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let (api, namespace) = (session.api().await?, session.namespace().await?);
    let targets = Targets::parse(words, session.discovery().await?)?.targets;
    if targets.iter().all(|target| target.names.is_empty()) {
        return Err(Failure::usage("resource(s) were provided, but no name was specified").hint("write TYPE/NAME"));
    }
    for target in targets {
        for name in &target.names {
            let path = target.resource.object(namespace, name);
            if edit(api, &path, &mut change).await? == Edited::Changed {
                let label = target.resource.named(name);
                session.terminal.line(format!("{label} {done}"))?;
            }
        }
    }
    Ok(())
}

/// The pod's spec itself, or that of the template.
pub fn pod_spec(object: &mut Value) -> Result<&mut Value, Failure> {
    let kind = object["kind"].as_str().unwrap_or_default().to_owned();
    let spec = match object["spec"]["containers"].is_array() {
        true => &mut object["spec"],
        false => &mut object["spec"]["template"]["spec"],
    };
    match spec["containers"].is_array() {
        true => Ok(spec),
        false => Err(Failure::refused(format!("a {kind} has no containers"))),
    }
}

/// The containers of these names; all without names.
pub fn containers<'a>(object: &'a mut Value, names: &[String]) -> Result<Vec<&'a mut Value>, Failure> {
    let all = pod_spec(object)?["containers"].as_array_mut().into_iter().flatten();
    let wanted = |container: &&mut Value| {
        let name = container["name"].as_str().unwrap_or_default();
        names.is_empty() || names.iter().any(|wanted| wanted == name || wanted == "*")
    };
    let found: Vec<&mut Value> = all.filter(wanted).collect();
    match found.is_empty() {
        false => Ok(found),
        true => Err(Failure::refused(format!(
            "unable to find container named \"{}\"",
            names.join("\", \"")
        ))),
    }
}

/// Sets a field, or takes it away.
pub fn put(fields: &mut Value, name: &str, value: Option<Value>) {
    match value {
        Some(value) => fields[name] = value,
        None => {
            fields.as_object_mut().and_then(|fields| fields.remove(name));
        }
    }
}
