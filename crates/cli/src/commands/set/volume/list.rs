use std::fmt::Write;

use serde_json::Value;

use super::super::objects::pod_spec;
use crate::failure::Failure;
use crate::session::Session;
use crate::target::Targets;

pub async fn run(words: &[String], wanted: &[String], session: &Session<'_>) -> Result<(), Failure> {
    let (api, namespace) = (session.api().await?, session.namespace().await?);
    for target in Targets::parse(words, session.discovery().await?)?.targets {
        for name in &target.names {
            let mut object = api.get(&target.resource.object(namespace, name)).await?;
            let label = format!("{}/{name}", target.resource.plural);
            session
                .terminal
                .print(&render(&label, pod_spec(&mut object)?, wanted))?;
        }
    }
    Ok(())
}

fn render(label: &str, spec: &Value, wanted: &[String]) -> String {
    let mut text = format!("{label}\n");
    for volume in spec["volumes"].as_array().into_iter().flatten() {
        let name = volume["name"].as_str().unwrap_or_default();
        let _ = writeln!(text, "  {} as {name}", what(volume));
        for container in spec["containers"].as_array().into_iter().flatten() {
            let container_name = container["name"].as_str().unwrap_or_default();
            if !wanted.is_empty() && !wanted.iter().any(|name| name == container_name) {
                continue;
            }
            for mount in container["volumeMounts"].as_array().into_iter().flatten() {
                if mount["name"] == name {
                    let path = mount["mountPath"].as_str().unwrap_or_default();
                    let _ = writeln!(text, "    mounted at {path}");
                }
            }
        }
    }
    text
}

fn what(volume: &Value) -> String {
    let text = |path: &str| volume.pointer(path).and_then(Value::as_str).unwrap_or_default();
    if volume["emptyDir"].is_object() {
        "empty directory".into()
    } else if volume["configMap"].is_object() {
        format!("configMap/{}", text("/configMap/name"))
    } else if volume["secret"].is_object() {
        format!("secret/{}", text("/secret/secretName"))
    } else {
        "unknown".into()
    }
}
