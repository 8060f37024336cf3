use std::cmp::Reverse;

use futures::{StreamExt, pin_mut};
use serde_json::Value;
use weir_api::build::BuildPhase;
use weir_api::names::label::BUILD_CONFIG_NAME;

use super::{Args, print};
use crate::api::ChangeKind;
use crate::failure::Failure;
use crate::resource::Resource;
use crate::selection::Selection;
use crate::session::Session;

/// The log of the newest build of a build config, or of the one with a number.
pub async fn of_config(args: &Args, session: &Session<'_>, name: &str) -> Result<(), Failure> {
    let (api, namespace) = (session.api().await?, session.namespace().await?);
    api.get(&Resource::build_configs().object(namespace, name)).await?;
    if let Some(version) = args.version {
        return one(args, session, &format!("{name}-{version}")).await;
    }
    let selection = Selection::labelled(namespace, format!("{BUILD_CONFIG_NAME}={name}"));
    let mut builds = Vec::new();
    let take = |mut page: Value| {
        if let Value::Array(items) = page["items"].take() {
            builds.extend(items);
        }
    };
    let version = selection.pages(api, &Resource::builds(), |call| call, take).await?;
    builds.sort_by_key(|build| Reverse(created(build)));
    match builds.first() {
        Some(newest) => one(args, session, build_name(newest)).await,
        None if args.follow => {
            session.progress(format!("waiting for the first build of {name}"));
            let first = first_build(session, &selection, version).await?;
            one(args, session, &first).await
        }
        None => Err(Failure::refused(format!("no builds found for \"{name}\""))
            .hint(format!("`{} start-build {name}` starts one", session.program))),
    }
}

/// The log of one build. Following begins with its first line, however early one asks.
pub async fn one(args: &Args, session: &Session<'_>, name: &str) -> Result<(), Failure> {
    let path = Resource::builds().subresource(session.namespace().await?, name, "log");
    let call = Args {
        version: None,
        ..args.clone()
    }
    .call(&path);
    loop {
        match print(session, call.clone()).await {
            // The server waits only so long for a build to start; a follower has time.
            Err(failure) if args.follow && is_timeout(&failure) && is_waiting(session, name).await? => {
                session.progress(format!("build {name} has not started yet"));
            }
            result => return result,
        }
    }
}

/// Follows the log of a build that was just started.
pub async fn follow(session: &Session<'_>, name: &str) -> Result<(), Failure> {
    one(&Args::following(), session, name).await
}

fn is_timeout(failure: &Failure) -> bool {
    failure
        .status()
        .is_some_and(|status| status.code == 504 || status.reason == "Timeout")
}

async fn is_waiting(session: &Session<'_>, name: &str) -> Result<bool, Failure> {
    let build = session
        .api()
        .await?
        .get(&Resource::builds().object(session.namespace().await?, name))
        .await?;
    let phase: BuildPhase = serde_json::from_value(build["status"]["phase"].clone()).unwrap_or_default();
    Ok(matches!(phase, BuildPhase::New | BuildPhase::Pending))
}

async fn first_build(session: &Session<'_>, selection: &Selection, version: String) -> Result<String, Failure> {
    let call = selection.call(&Resource::builds()).query("resourceVersion", version);
    let changes = session.api().await?.watch(call).await?;
    pin_mut!(changes);
    while let Some(change) = changes.next().await {
        let change = change?;
        if change.kind == ChangeKind::Added {
            return Ok(build_name(&change.object).to_string());
        }
    }
    Err(Failure::refused("the server stopped watching before a build was there").hint("try again"))
}

fn created(build: &Value) -> String {
    build["metadata"]["creationTimestamp"]
        .as_str()
        .unwrap_or_default()
        .to_string()
}

fn build_name(build: &Value) -> &str {
    build["metadata"]["name"].as_str().unwrap_or_default()
}
