use futures::{StreamExt, pin_mut};
use serde_json::Value;

use super::{Args, print};
use crate::failure::Failure;
use crate::resource::Resource;
use crate::selection::Selection;
use crate::session::Session;

/// The log of a rollout; once it is complete, that of a pod it made.
pub async fn run(args: &Args, session: &Session<'_>, name: &str) -> Result<(), Failure> {
    let (api, namespace) = (session.api().await?, session.namespace().await?);
    let resource = Resource::deployment_configs();
    let config = api.get(&resource.object(namespace, name)).await?;
    if args.follow && !has_rollout(&config) {
        session.progress(format!("waiting for the first rollout of {name}"));
        wait_for_rollout(session, name, &config).await?;
    }
    print(session, args.call(&resource.subresource(namespace, name, "log"))).await
}

async fn wait_for_rollout(session: &Session<'_>, name: &str, config: &Value) -> Result<(), Failure> {
    let selection = Selection {
        fields: Some(format!("metadata.name={name}")),
        ..Selection::in_namespace(session.namespace().await?)
    };
    let version = config["metadata"]["resourceVersion"].as_str().unwrap_or_default();
    let call = selection
        .call(&Resource::deployment_configs())
        .query("resourceVersion", version);
    let changes = session.api().await?.watch(call).await?;
    pin_mut!(changes);
    while let Some(change) = changes.next().await {
        if has_rollout(&change?.object) {
            return Ok(());
        }
    }
    Err(Failure::refused(format!("the server stopped watching before {name} was rolled out")).hint("try again"))
}

fn has_rollout(config: &Value) -> bool {
    config["status"]["latestVersion"].as_i64().unwrap_or(0) > 0
}
