use futures::{StreamExt, pin_mut};
use serde_json::Value;

use super::{Args, SELECTED_TAIL, print};
use crate::failure::Failure;
use crate::output::server_table::labels;
use crate::resource::Resource;
use crate::selection::Selection;
use crate::session::Session;

const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";

pub async fn one(args: &Args, session: &Session<'_>, name: &str) -> Result<(), Failure> {
    let (api, namespace) = (session.api().await?, session.namespace().await?);
    let pod = api.get(&Resource::pods().object(namespace, name)).await?;
    of_pod(args, session, pod).await
}

/// The pods of a selector, one after the other, or together when they are followed.
pub async fn selected(args: &Args, session: &Session<'_>, selector: &str) -> Result<(), Failure> {
    let selection = Selection::labelled(session.namespace().await?, selector);
    let pods = selection.list(session.api().await?, &Resource::pods()).await?;
    if pods.is_empty() {
        session.terminal.note(format!(
            "No resources found in {} namespace.",
            session.namespace().await?
        ));
        return Ok(());
    }
    let args = Args {
        tail: args.tail.or(Some(SELECTED_TAIL)),
        ..args.clone()
    };
    if !args.follow {
        for pod in pods {
            of_pod(&args, session, pod).await?;
        }
        return Ok(());
    }
    futures::future::try_join_all(pods.into_iter().map(|pod| of_pod(&args, session, pod))).await?;
    Ok(())
}

/// One pod of a replication controller.
pub async fn of_controller(args: &Args, session: &Session<'_>, name: &str) -> Result<(), Failure> {
    let (api, namespace) = (session.api().await?, session.namespace().await?);
    let controller = api
        .get(&Resource::replication_controllers().object(namespace, name))
        .await?;
    let selection = Selection::labelled(namespace, labels(&controller["spec"]["selector"]));
    match selection.list(api, &Resource::pods()).await?.into_iter().next() {
        Some(pod) => of_pod(args, session, pod).await,
        None => Err(Failure::refused(format!(
            "replication controller \"{name}\" has no pods"
        ))),
    }
}

async fn of_pod(args: &Args, session: &Session<'_>, pod: Value) -> Result<(), Failure> {
    let name = pod["metadata"]["name"].as_str().unwrap_or_default().to_string();
    if args.follow && pod["status"]["phase"] == "Pending" {
        session.progress(format!("waiting for pod {name} to start"));
        wait_for_start(session, &name, &pod).await?;
    }
    let path = Resource::pods().subresource(session.namespace().await?, &name, "log");
    for container in containers(args, &pod)? {
        print(session, args.call(&path).query("container", container)).await?;
    }
    Ok(())
}

fn containers(args: &Args, pod: &Value) -> Result<Vec<String>, Failure> {
    let names = |list: &str| -> Vec<String> {
        let containers = pod["spec"][list].as_array().into_iter().flatten();
        containers
            .filter_map(|container| container["name"].as_str().map(str::to_string))
            .collect()
    };
    let own = names("containers");
    let all = [names("initContainers"), own.clone()].concat();
    if args.all_containers {
        return Ok(all);
    }
    match &args.container {
        Some(container) if all.contains(container) => Ok(vec![container.clone()]),
        Some(container) => Err(
            Failure::refused(format!("container {container} is not valid for this pod"))
                .hint(format!("its containers are: {}", all.join(", "))),
        ),
        None => {
            let preferred = pod["metadata"]["annotations"][DEFAULT_CONTAINER]
                .as_str()
                .map(str::to_string);
            Ok(preferred
                .filter(|name| own.contains(name))
                .or(own.into_iter().next())
                .into_iter()
                .collect())
        }
    }
}

/// Returns once the pod has left `Pending`, or is gone.
async fn wait_for_start(session: &Session<'_>, name: &str, pod: &Value) -> Result<(), Failure> {
    let selection = Selection {
        fields: Some(format!("metadata.name={name}")),
        ..Selection::in_namespace(session.namespace().await?)
    };
    let version = pod["metadata"]["resourceVersion"].as_str().unwrap_or_default();
    let call = selection.call(&Resource::pods()).query("resourceVersion", version);
    let changes = session.api().await?.watch(call).await?;
    pin_mut!(changes);
    while let Some(change) = changes.next().await {
        let change = change?;
        if change.kind == crate::api::ChangeKind::Deleted || change.object["status"]["phase"] != "Pending" {
            return Ok(());
        }
    }
    Ok(())
}
