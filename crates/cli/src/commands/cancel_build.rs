use std::cmp::Reverse;
use std::time::Duration;

use futures::{StreamExt, pin_mut};
use serde_json::{Value, json};
use weir_api::build::{Build, BuildPhase};
use weir_api::names::annotation::BUILD_NUMBER;
use weir_api::names::label::BUILD_CONFIG_NAME;

use super::logs;
use crate::api::Call;
use crate::failure::Failure;
use crate::resource::Resource;
use crate::selection::Selection;
use crate::session::Session;
use crate::target;

/// How long a build may take to be cancelled before that is reported as a failure.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often the mark is set anew because the build changed in between.
const CONFLICT_RETRIES: usize = 10;

/// Cancel builds that are running or waiting
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Builds, or build configs as bc/NAME
    #[arg(value_name = "BUILD|bc/NAME", required = true)]
    what: Vec<String>,
    /// Only builds in this state
    #[arg(long, value_name = "STATE", value_parser = ["new", "pending", "running"])]
    state: Vec<String>,
    /// Start the same build again
    #[arg(long)]
    restart: bool,
    /// Print the log of what is cancelled
    #[arg(long)]
    dump_logs: bool,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let mut builds = Vec::new();
    let mut failed = false;
    for word in &args.what {
        match chosen(session, word).await? {
            Some(found) => builds.extend(found),
            None => {
                let namespace = session.namespace().await?;
                session
                    .terminal
                    .note(format!("error: build {namespace}/{word} not found"));
                failed = true;
            }
        }
    }
    let wanted = |build: &Build| {
        let phase = build.status.phase.as_str().to_lowercase();
        args.state.is_empty() || args.state.contains(&phase)
    };
    builds.retain(wanted);
    cancel(&args, session, &unfinished(session, &builds)).await?;
    match failed {
        true => Err(Failure::refused("failure during the build cancellation")),
        false => Ok(()),
    }
}

/// The names of the builds that can still be cancelled. About the others there is nothing to do, which is no failure.
fn unfinished(session: &Session<'_>, builds: &[Build]) -> Vec<String> {
    let mut names = Vec::new();
    for build in builds {
        let (name, phase) = (build.metadata.name.clone().unwrap_or_default(), build.status.phase);
        match phase.is_terminal() {
            true => session
                .terminal
                .note(format!("build {name} has ended as {} already", phase.as_str())),
            false => names.push(name),
        }
    }
    names
}

/// The build of that name, or the unfinished builds of a build config. `None`: there is no such build.
async fn chosen(session: &Session<'_>, word: &str) -> Result<Option<Vec<Build>>, Failure> {
    let (api, namespace) = (session.api().await?, session.namespace().await?);
    let (resource, name) = target::one(&[word.to_string()], Some(Resource::builds()))?;
    let objects = match resource.kind.as_str() {
        "BuildConfig" => {
            let selection = Selection::labelled(namespace, format!("{BUILD_CONFIG_NAME}={name}"));
            selection.list(api, &Resource::builds()).await?
        }
        "Build" => match api.find(&resource.object(namespace, &name)).await? {
            Some(build) => vec![build],
            None => return Ok(None),
        },
        kind => return Err(Failure::usage(format!("builds can be cancelled, a {kind} cannot"))),
    };
    let mut builds = objects.into_iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    if resource.kind == "BuildConfig" {
        builds.retain(|build| !build.status.phase.is_terminal());
        builds.sort_by_key(|build| Reverse(number(build)));
    }
    Ok(Some(builds))
}

fn parse(object: Value) -> Result<Build, Failure> {
    serde_json::from_value(object)
        .map_err(|error| Failure::refused(format!("the server sent a build that cannot be read: {error}")))
}

/// Which build of its config it is.
fn number(build: &Build) -> u64 {
    let annotations = build.metadata.annotations.as_ref();
    let number = annotations.and_then(|annotations| annotations.get(BUILD_NUMBER));
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// All are marked, the youngest of a config first, before any is waited for: where one ends, none that was chosen too
/// shall take its place.
async fn cancel(args: &Args, session: &Session<'_>, names: &[String]) -> Result<(), Failure> {
    if args.dump_logs {
        for name in names {
            dump_log(session, name).await?;
        }
    }
    for name in names {
        mark(session, name).await?;
        session.terminal.line(format!(
            "{} marked for cancellation, waiting to be cancelled",
            Resource::builds().named(name)
        ))?;
    }
    for name in names {
        see_off(args, session, name).await?;
    }
    Ok(())
}

async fn dump_log(session: &Session<'_>, name: &str) -> Result<(), Failure> {
    // A build that is new has nothing to tell yet, and its log would be waited for.
    if is_new(session, name).await? {
        return Ok(());
    }
    let namespace = session.namespace().await?;
    session
        .terminal
        .line(format!("==== Build {namespace}/{name} logs ===="))?;
    logs::run(logs::Args::of_build(name), session).await
}

/// Waits for the end of a build that is marked, and starts it again if that is wanted.
async fn see_off(args: &Args, session: &Session<'_>, name: &str) -> Result<(), Failure> {
    let label = Resource::builds().named(name);
    match tokio::time::timeout(PATIENCE, until_cancelled(session, name)).await {
        Ok(ended) => ended?,
        Err(_) => {
            return Err(
                Failure::refused(format!("build {name} was not cancelled within {PATIENCE:?}"))
                    .hint(format!("`{} describe build/{name}` tells its state", session.program)),
            );
        }
    }
    session.terminal.line(format!("{label} cancelled"))?;
    if args.restart {
        let path = Resource::builds().subresource(session.namespace().await?, name, "clone");
        let request =
            json!({"apiVersion": "build.openshift.io/v1", "kind": "BuildRequest", "metadata": {"name": name}});
        session.api().await?.json(Call::post(&path, &request)).await?;
        session.terminal.line(format!("{label} restarted"))?;
    }
    Ok(())
}

async fn is_new(session: &Session<'_>, name: &str) -> Result<bool, Failure> {
    let path = Resource::builds().object(session.namespace().await?, name);
    let build = session.api().await?.get(&path).await?;
    Ok(matches!(build["status"]["phase"].as_str(), None | Some("" | "New")))
}

/// Builds have no status of their own address: the mark is set by writing the whole build.
async fn mark(session: &Session<'_>, name: &str) -> Result<(), Failure> {
    let api = session.api().await?;
    let path = Resource::builds().object(session.namespace().await?, name);
    let mut tries = 0;
    loop {
        let mut build = api.get(&path).await?;
        build["status"]["cancelled"] = true.into();
        match api.json(Call::put(&path, &build)).await {
            Err(failure) if failure.is_conflict() && tries < CONFLICT_RETRIES => tries += 1,
            answer => return answer.map(|_| ()),
        }
    }
}

async fn until_cancelled(session: &Session<'_>, name: &str) -> Result<(), Failure> {
    let (api, resource) = (session.api().await?, Resource::builds());
    let namespace = session.namespace().await?;
    let selection = Selection {
        fields: Some(format!("metadata.name={name}")),
        ..Selection::in_namespace(namespace)
    };
    loop {
        let live = api.get(&resource.object(namespace, name)).await?;
        let version = live["metadata"]["resourceVersion"]
            .as_str()
            .unwrap_or_default()
            .to_string();
        if ended(live)? {
            return Ok(());
        }
        let changes = api
            .watch(selection.call(&resource).query("resourceVersion", version))
            .await?;
        pin_mut!(changes);
        while let Some(change) = changes.next().await {
            if ended(change?.object)? {
                return Ok(());
            }
        }
    }
}

fn ended(object: Value) -> Result<bool, Failure> {
    let build = parse(object)?;
    match build.status.phase {
        BuildPhase::Cancelled => Ok(true),
        phase if phase.is_terminal() => Err(Failure::refused(format!(
            "the build ended as {} before it could be cancelled",
            phase.as_str()
        ))),
        _ => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Server;

    const BUILDS: &str = "/apis/build.openshift.io/v1/namespaces/myproject/builds";
    const BUILD: &str = "/apis/build.openshift.io/v1/namespaces/myproject/builds/b-1";

    fn build(phase: &str) -> serde_json::Value {
        json!({"metadata": {"name": "b-1", "resourceVersion": "1"}, "status": {"phase": phase}})
    }

    #[tokio::test]
    async fn a_build_is_marked_and_waited_for() {
        let server = Server::new();
        let get = format!("GET {BUILD}");
        server
            .on(&get, 200, build("Running"))
            .on(&get, 200, build("Running"))
            .on(&get, 200, build("Cancelled"));
        server.on(&format!("PUT {BUILD}"), 200, json!({}));
        let outcome = server.run("cancel-build b-1").await;
        assert_eq!(
            outcome.out,
            "build.build.openshift.io/b-1 marked for cancellation, waiting to be cancelled\nbuild.build.openshift.io/b-1 cancelled\n"
        );
        assert_eq!(server.body(&format!("PUT {BUILD}"))["status"]["cancelled"], true);
    }

    #[tokio::test]
    async fn what_has_ended_need_not_be_cancelled() {
        let server = Server::new();
        server.on(&format!("GET {BUILD}"), 200, build("Complete"));
        let outcome = server.run("cancel-build build/b-1").await;
        assert_eq!(
            (outcome.err.as_str(), outcome.code),
            ("build b-1 has ended as Complete already\n", 0)
        );
    }

    #[tokio::test]
    async fn those_that_wait_are_marked_before_the_one_they_wait_for() {
        let server = Server::new();
        let named = |number: u64, phase: &str| {
            let annotations = json!({"openshift.io/build.number": number.to_string()});
            let metadata = json!({"name": format!("b-{number}"), "resourceVersion": "1", "annotations": annotations});
            json!({"metadata": metadata, "status": {"phase": phase}})
        };
        let builds = [named(10, "New"), named(8, "Complete"), named(9, "Running")];
        let selector = "labelSelector=openshift.io%2Fbuild-config.name%3Db&limit=500";
        server.on(&format!("GET {BUILDS}?{selector}"), 200, json!({"items": builds}));
        for number in [9, 10] {
            let get = format!("GET {BUILDS}/b-{number}");
            server
                .on(&get, 200, named(number, "Running"))
                .on(&get, 200, named(number, "Cancelled"));
            server.on(&format!("PUT {BUILDS}/b-{number}"), 200, json!({}));
        }
        let outcome = server.run("cancel-build bc/b").await;
        let lines = [
            "b-10 marked for cancellation, waiting to be cancelled",
            "b-9 marked for cancellation, waiting to be cancelled",
            "b-10 cancelled",
            "b-9 cancelled",
        ];
        let expected: String = lines.map(|line| format!("build.build.openshift.io/{line}\n")).concat();
        assert_eq!((outcome.out, outcome.err.as_str()), (expected, ""));
    }
}
