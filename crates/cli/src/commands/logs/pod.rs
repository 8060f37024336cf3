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
        // The server answers when there is something to follow, or knows why there is not.
        session.progress(format!("waiting for pod {name} to start"));
    }
    let path = Resource::pods().subresource(session.namespace().await?, &name, "log");
    tell_default(args, session, &pod);
    for container in containers(args, &pod)? {
        print(session, args.call(&path).query("container", container)).await?;
    }
    Ok(())
}

/// Says which container is shown when nobody chose one of several.
fn tell_default(args: &Args, session: &Session<'_>, pod: &Value) {
    let names = |list: &str| -> Vec<&str> {
        let containers = pod["spec"][list].as_array().into_iter().flatten();
        containers.filter_map(|container| container["name"].as_str()).collect()
    };
    let (own, init) = (names("containers"), names("initContainers"));
    let chosen = args.container.is_some() || args.all_containers;
    if chosen || own.len() + init.len() < 2 || !pod["metadata"]["annotations"][DEFAULT_CONTAINER].is_null() {
        return;
    }
    if let Some(first) = own.first() {
        let init = init.iter().map(|name| format!("{name} (init)"));
        let all: Vec<String> = own.iter().map(|name| (*name).to_owned()).chain(init).collect();
        session
            .terminal
            .note(format!("Defaulted container \"{first}\" out of: {}", all.join(", ")));
    }
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
        Some(container) => Err(Failure::refused(format!(
            "container {container} is not valid for pod {}",
            pod["metadata"]["name"].as_str().unwrap_or_default()
        ))
        .hint(format!("its containers are: {}", all.join(", ")))),
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
