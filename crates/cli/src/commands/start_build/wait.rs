use futures::{StreamExt, pin_mut};
use serde_json::Value;
use weir_api::build::{Build, BuildPhase};

use crate::failure::Failure;
use crate::resource::Resource;
use crate::selection::Selection;
use crate::session::Session;

/// The build once it has ended.
pub async fn wait(session: &Session<'_>, name: &str) -> Result<Build, Failure> {
    let (api, resource) = (session.api().await?, Resource::builds());
    let namespace = session.namespace().await?;
    let selection = Selection {
        fields: Some(format!("metadata.name={name}")),
        ..Selection::in_namespace(namespace)
    };
    let mut phase = String::new();
    loop {
        let live = api.get(&resource.object(namespace, name)).await?;
        let version = live["metadata"]["resourceVersion"]
            .as_str()
            .unwrap_or_default()
            .to_string();
        tell(session, name, &live, &mut phase);
        if let Some(build) = finished(live)? {
            return Ok(build);
        }
        let changes = api
            .watch(selection.call(&resource).query("resourceVersion", version))
            .await?;
        pin_mut!(changes);
        while let Some(change) = changes.next().await {
            let object = change?.object;
            tell(session, name, &object, &mut phase);
            if let Some(build) = finished(object)? {
                return Ok(build);
            }
        }
    }
}

/// Tells a person in front of a terminal about each new phase.
fn tell(session: &Session<'_>, name: &str, build: &Value, told: &mut String) {
    let phase = build["status"]["phase"].as_str().unwrap_or_default();
    if phase != told {
        session.progress(format!("build {name} is {}", phase.to_lowercase()));
        *told = phase.into();
    }
}

fn finished(object: Value) -> Result<Option<Build>, Failure> {
    let build: Build = serde_json::from_value(object)
        .map_err(|error| Failure::refused(format!("the server sent a build that cannot be read: {error}")))?;
    Ok(build.status.phase.is_terminal().then_some(build))
}

pub fn outcome(session: &Session<'_>, name: &str, build: &Build) -> Result<(), Failure> {
    let status = &build.status;
    if status.phase == BuildPhase::Complete {
        return Ok(());
    }
    let namespace = build.metadata.namespace.as_deref().unwrap_or_default();
    let mut message = format!("the build {namespace}/{name} status is \"{}\"", status.phase.as_str());
    if !status.reason.is_empty() {
        message.push_str(&format!(" ({})", status.reason));
    }
    if !status.message.is_empty() {
        message.push_str(&format!(": {}", status.message));
    }
    Err(Failure::refused(message).hint(format!("`{} describe build/{name}` tells more", session.program)))
}
