use std::path::PathBuf;
use std::time::Duration;

use futures::{StreamExt, pin_mut};
use serde_json::{Value, json};

use crate::api::{Call, ChangeKind};
use crate::choice::{Choice, Chosen};
use crate::failure::Failure;
use crate::resource::Resource;
use crate::selection::Selection;
use crate::session::Session;
use crate::writing::DryRun;

/// Delete objects
#[derive(clap::Args, Debug)]
pub struct Args {
    /// What to delete: TYPE NAME..., TYPE/NAME..., or kinds with --selector or --all
    #[arg(value_name = "TYPE[/NAME]")]
    what: Vec<String>,
    /// Delete the objects that a file, a directory or standard input (-) describes
    #[arg(short, long, value_name = "FILE", conflicts_with = "what")]
    filename: Vec<PathBuf>,
    /// Delete the objects with these labels
    #[arg(short = 'l', long, value_name = "LABELS")]
    selector: Option<String>,
    /// Delete the objects with these fields
    #[arg(long, value_name = "FIELDS")]
    field_selector: Option<String>,
    /// Delete everything of the kinds named
    #[arg(long)]
    all: bool,
    /// Look in all projects
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    /// Wait until the objects are gone
    #[arg(long, default_value_t = true, num_args = 0..=1, default_missing_value = "true", action = clap::ArgAction::Set, value_name = "BOOL")]
    wait: bool,
    /// How long to wait until they are gone, as in 30s or 5m; 0 waits as long as it takes
    #[arg(long, value_name = "DURATION", default_value = "0s", hide_default_value = true, value_parser = crate::age::parse_duration)]
    timeout: Duration,
    /// Seconds that pods get to end by themselves
    #[arg(long, value_name = "SECONDS")]
    grace_period: Option<u32>,
    /// Give pods one second to end by themselves
    #[arg(long, conflicts_with = "grace_period")]
    now: bool,
    /// Delete at once, without waiting for anything to end
    #[arg(long, conflicts_with = "now")]
    force: bool,
    /// What happens to objects that belong to a deleted one
    #[arg(long, default_value = "background", num_args = 0..=1, default_missing_value = "background", require_equals = true)]
    cascade: Cascade,
    /// It is no error when an object is not there
    #[arg(long)]
    ignore_not_found: bool,
    /// Only say what would be done
    #[arg(long, value_name = "WHERE", default_value = "none", num_args = 0..=1, default_missing_value = "client", require_equals = true)]
    dry_run: DryRun,
    /// Print `name` instead of a sentence
    #[arg(short, long, value_parser = ["name"])]
    output: Option<String>,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum Cascade {
    /// They are deleted, afterwards
    Background,
    /// They are deleted first
    Foreground,
    /// They stay
    Orphan,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let choice = Choice {
        words: &args.what,
        files: &args.filename,
        labels: args.selector.as_deref(),
        fields: args.field_selector.as_deref(),
        all: args.all,
        all_namespaces: args.all_namespaces,
    };
    let chosen = choice.resolve(session).await?;
    if args.force {
        session
            .terminal
            .note("Warning: a forced deletion waits for nobody: the program may go on for a while");
    }
    if chosen.is_empty() {
        return session.terminal.line("No resources found");
    }
    let mut failures = Vec::new();
    let mut leaving = Vec::new();
    for object in &chosen {
        match delete(&args, session, object).await {
            Ok(uid) => leaving.push((object, uid)),
            Err(failure)
                if failure.is_not_found() && (args.ignore_not_found || args.all || args.selector.is_some()) => {}
            Err(failure) => failures.push(failure),
        }
    }
    if args.wait && args.dry_run == DryRun::None {
        // Whatever does not end keeps nobody from being waited for.
        let deadline = (!args.timeout.is_zero()).then(|| tokio::time::Instant::now() + args.timeout);
        for (object, uid) in leaving {
            let gone = wait_until_gone(session, object, &uid);
            let gone = match deadline {
                Some(deadline) => tokio::time::timeout_at(deadline, gone)
                    .await
                    .unwrap_or_else(|_| Err(timed_out(object))),
                None => gone.await,
            };
            failures.extend(gone.err());
        }
    }
    session.terminal.end_with(failures)
}

/// Asks for the deletion, says so, and returns the object's uid.
async fn delete(args: &Args, session: &Session<'_>, object: &Chosen) -> Result<String, Failure> {
    let answer = match args.dry_run {
        DryRun::Client => json!({}),
        _ => {
            let call = Call::delete(&object.path(), &options(args));
            session.api().await?.json(call).await?
        }
    };
    let suffix = match args.dry_run {
        DryRun::None => "",
        DryRun::Client => " (dry run)",
        DryRun::Server => " (server dry run)",
    };
    let done = if args.force { "force deleted" } else { "deleted" };
    if args.output.is_some() {
        session.terminal.line(object.label())?;
    } else {
        session.terminal.line(format!("{}{suffix}", object.told(done)))?;
    }
    let uid = answer["details"]["uid"].as_str().or(answer["metadata"]["uid"].as_str());
    Ok(uid.unwrap_or_default().to_string())
}

fn options(args: &Args) -> Value {
    let policy = match args.cascade {
        Cascade::Background => "Background",
        Cascade::Foreground => "Foreground",
        Cascade::Orphan => "Orphan",
    };
    let grace = match (args.grace_period, args.now, args.force) {
        (Some(seconds), ..) => Some(seconds),
        (None, true, _) => Some(1),
        (None, _, true) => Some(0),
        (None, false, false) => None,
    };
    let mut options = json!({"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": policy});
    if let Some(seconds) = grace {
        options["gracePeriodSeconds"] = seconds.into();
    }
    if args.dry_run == DryRun::Server {
        options["dryRun"] = json!(["All"]);
    }
    options
}

fn timed_out(object: &Chosen) -> Failure {
    Failure::refused(format!(
        "timed out waiting for the condition on {}/{}",
        object.resource.plural, object.name
    ))
}

/// Returns when the object is gone, or another one has its name.
pub async fn wait_until_gone(session: &Session<'_>, object: &Chosen, uid: &str) -> Result<(), Failure> {
    let api = session.api().await?;
    let object = &stored(session, object).await?;
    while let Some(live) = api.find(&object.path()).await? {
        let other = !uid.is_empty() && live["metadata"]["uid"] != *uid;
        if other || !object.resource.can("watch") {
            return Ok(());
        }
        let selection = Selection {
            fields: Some(format!("metadata.name={}", object.name)),
            ..Selection::in_namespace(&object.namespace)
        };
        let version = live["metadata"]["resourceVersion"].as_str().unwrap_or_default();
        let changes = api
            .watch(selection.call(&object.resource).query("resourceVersion", version))
            .await?;
        pin_mut!(changes);
        while let Some(change) = changes.next().await {
            if change?.kind == ChangeKind::Deleted {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// What has to be gone: a project is a view of a namespace, which can be watched where the project cannot.
async fn stored(session: &Session<'_>, object: &Chosen) -> Result<Chosen, Failure> {
    let is_project = object.resource.plural_label() == Resource::projects().plural_label();
    if !is_project || object.resource.can("watch") {
        return Ok(object.clone());
    }
    let namespaces = session.discovery().await?.find("namespaces")?;
    Ok(Chosen::new(namespaces, "", object.name.clone()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Server, status};

    const STREAMS: &str = "/apis/image.openshift.io/v1/namespaces/myproject/imagestreams";

    fn success() -> serde_json::Value {
        json!({"kind": "Status", "status": "Success", "details": {"uid": "u1"}})
    }

    #[tokio::test]
    async fn deleting_waits_until_the_object_is_gone() {
        let server = Server::new();
        server.on(&format!("DELETE {STREAMS}/web"), 200, success());
        server.on(
            &format!("GET {STREAMS}/web"),
            200,
            json!({"metadata": {"uid": "u1", "resourceVersion": "5"}}),
        );
        let watch = format!("GET {STREAMS}?fieldSelector=metadata.name%3Dweb&resourceVersion=5&watch=true");
        server.on_text(
            &watch,
            200,
            "{\"type\":\"MODIFIED\",\"object\":{}}\n{\"type\":\"DELETED\",\"object\":{}}\n",
        );
        let outcome = server.run("delete is web").await;
        assert_eq!(
            outcome.out,
            "imagestream.image.openshift.io \"web\" deleted from myproject namespace\n"
        );
        assert_eq!((outcome.err.as_str(), outcome.code), ("", 0));
        assert_eq!(server.calls().last().unwrap(), &watch);
        assert_eq!(
            server.body(&format!("DELETE {STREAMS}/web"))["propagationPolicy"],
            "Background"
        );
    }

    #[tokio::test]
    async fn a_successor_of_the_same_name_is_not_waited_for() {
        let server = Server::new();
        server.on(&format!("DELETE {STREAMS}/web"), 200, success());
        server.on(&format!("GET {STREAMS}/web"), 200, json!({"metadata": {"uid": "u2"}}));
        assert_eq!(server.run("delete is/web").await.code, 0);
    }

    #[tokio::test]
    async fn a_selector_deletes_what_it_selects() {
        let server = Server::new();
        let list = json!({"items": [{"metadata": {"name": "a", "namespace": "myproject"}}, {"metadata": {"name": "b", "namespace": "myproject"}}]});
        server.on(&format!("GET {STREAMS}?labelSelector=app%3Dx&limit=500"), 200, list);
        server.on(&format!("DELETE {STREAMS}/a"), 200, success());
        server.on(&format!("DELETE {STREAMS}/b"), 404, status(404, "NotFound", "gone"));
        let outcome = server.run("delete is -l app=x --wait=false").await;
        assert_eq!((outcome.out.lines().count(), outcome.code), (1, 0));
    }

    #[tokio::test]
    async fn a_project_is_gone_when_its_namespace_is() {
        let server = Server::new();
        server.on("DELETE /apis/project.openshift.io/v1/projects/p", 200, success());
        let namespace = "GET /api/v1/namespaces/p";
        server.on(
            namespace,
            200,
            json!({"metadata": {"uid": "u1", "resourceVersion": "5"}}),
        );
        let watch = "GET /api/v1/namespaces?fieldSelector=metadata.name%3Dp&resourceVersion=5&watch=true";
        server.on_text(watch, 200, "{\"type\":\"DELETED\",\"object\":{}}\n");
        let outcome = server.run("delete project p").await;
        assert_eq!(
            (outcome.out.as_str(), outcome.code),
            ("project.project.openshift.io \"p\" deleted\n", 0)
        );
        assert_eq!(server.calls().last().unwrap(), watch);
    }

    #[tokio::test]
    async fn a_kind_alone_deletes_nothing() {
        let server = Server::new();
        assert_eq!(server.run("delete is").await.code, 2);
        assert!(server.calls().is_empty());
    }
}
