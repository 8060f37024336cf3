//! `status`: the project at a glance: what is deployed from which tag, and what builds that tag.

mod graph;
mod lines;
#[cfg(test)]
mod tests;

use crate::failure::Failure;
use crate::resource::Resource;
use crate::selection::Selection;
use crate::session::Session;

use graph::Project;

/// Show the project at a glance
#[derive(clap::Args, Debug)]
pub struct Args {}

pub async fn run(_: Args, session: &Session<'_>) -> Result<(), Failure> {
    let (api, namespace) = (session.api().await?, session.namespace().await?);
    match api.get(&Resource::namespaces().object(namespace, namespace)).await {
        Err(failure) if failure.is_not_found() => {
            return Err(failure.hint(format!("`{} new-project {namespace}` makes it", session.program)));
        }
        // Who may not see the namespace may still see what is in it.
        Err(failure) if failure.is_forbidden() => {}
        answer => {
            answer?;
        }
    }
    let selection = Selection::in_namespace(namespace);
    let list = |resource: Resource| {
        let selection = selection.clone();
        async move { selection.list_if_served(api, &resource).await }
    };
    let (deployments, controllers, pods, builds, configs, streams, services) = futures::try_join!(
        list(Resource::deployment_configs()),
        list(Resource::replication_controllers()),
        list(Resource::pods()),
        list(Resource::builds()),
        list(Resource::build_configs()),
        list(Resource::image_streams()),
        list(Resource::services()),
    )?;
    let project = Project {
        deployments,
        controllers,
        pods,
        builds,
        configs,
        streams,
        services,
    };
    let mut text = format!("In project {namespace} on server {}\n\n", api.server());
    let overview = lines::render(&project, session.now());
    match overview.is_empty() {
        true => text.push_str(&format!(
            "You have no services, deployment configs, or build configs.\n\
             Run '{} new-build IMAGE~SOURCE' to build an image, and 'create dc NAME --image=IMAGE' to run one.\n",
            session.program
        )),
        false => {
            text.push_str(&overview);
            text.push_str(&format!(
                "View details with '{program} describe <resource>/<name>' or list everything with '{program} get all'.\n",
                program = session.program
            ));
        }
    }
    session.terminal.print(&text)
}
