mod server_side;

use std::path::PathBuf;

use serde_json::Value;
use weir_api::names::annotation::LAST_APPLIED;

use crate::api::{Call, PatchType};
use crate::choice::Chosen;
use crate::failure::Failure;
use crate::manifest::{self, Document};
use crate::session::Session;
use crate::three_way::{self, Lists};
use crate::writing::{Validation, WriteOptions};

const FIELD_MANAGER: &str = "kubectl-client-side-apply";

/// Bring objects to what files say; make those that are not there
#[derive(clap::Args, Debug)]
pub struct Args {
    /// A file, a directory, or - for standard input
    #[arg(short, long, value_name = "FILE", required = true)]
    filename: Vec<PathBuf>,
    /// Also read the directories in a directory
    #[arg(short = 'R', long)]
    recursive: bool,
    /// What to do about unknown fields
    #[arg(long, value_name = "HOW", default_value = "strict")]
    validate: Validation,
    /// Let the server merge, which knows who owns which field
    #[arg(long)]
    server_side: bool,
    /// Take over fields that others own
    #[arg(long)]
    force_conflicts: bool,
    /// Name under which fields are owned, with --server-side
    #[arg(long, value_name = "NAME", default_value = server_side::FIELD_MANAGER)]
    field_manager: String,
    #[command(flatten)]
    writing: WriteOptions,
    /// Nothing will be made of it: no record of the file is kept.
    #[arg(skip)]
    trial: bool,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    args.check()?;
    let documents = manifest::read(&args.filename, args.recursive, &session.terminal)?;
    let mut failures = Vec::new();
    for document in documents {
        match apply(&args, session, &document).await {
            Ok(applied) => {
                let resource = &applied.chosen.resource;
                args.writing.report(session, resource, applied.object, applied.done)?;
            }
            Err(failure) => failures.push(failure),
        }
    }
    session.terminal.end_with(failures)
}

/// What an apply made of an object.
pub struct Applied {
    pub chosen: Chosen,
    pub object: Value,
    done: &'static str,
}

impl Args {
    fn check(&self) -> Result<(), Failure> {
        if self.force_conflicts && !self.server_side {
            return Err(Failure::usage("--force-conflicts only works with --server-side"));
        }
        if self.server_side && self.writing.client_only() {
            return Err(Failure::usage(
                "--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)",
            ));
        }
        Ok(())
    }

    /// As the server would do it, for looking at.
    pub fn trial(server_side: bool, force_conflicts: bool) -> Self {
        Self {
            filename: Vec::new(),
            recursive: false,
            validate: Validation::Ignore,
            server_side,
            force_conflicts,
            field_manager: server_side::FIELD_MANAGER.into(),
            writing: WriteOptions::of_server(),
            trial: true,
        }
    }
}

pub async fn apply(args: &Args, session: &Session<'_>, document: &Document) -> Result<Applied, Failure> {
    let resource = document.resource(session.discovery().await?)?;
    let namespace = document.namespace(session.namespace().await?, session.global.namespace.as_deref())?;
    let chosen = Chosen::new(resource, &namespace, document.name()?);
    let (object, done) = match args.server_side {
        true => (
            server_side::apply(args, session, &chosen, document).await?,
            "serverside-applied",
        ),
        false => client_side(args, session, &chosen, document).await?,
    };
    Ok(Applied { chosen, object, done })
}

async fn client_side(
    args: &Args,
    session: &Session<'_>,
    chosen: &Chosen,
    document: &Document,
) -> Result<(Value, &'static str), Failure> {
    let mut wanted = with_record(&document.object);
    if args.trial {
        forget(&mut wanted);
    }
    match session.api().await?.find(&chosen.path()).await? {
        None => {
            let created = create(args, session, chosen, wanted).await;
            let created =
                created.map_err(|failure| failure.during(format!("error when creating \"{}\"", document.source)))?;
            Ok((created, "created"))
        }
        Some(live) => update(args, session, chosen, wanted, live, document).await,
    }
}

async fn create(args: &Args, session: &Session<'_>, chosen: &Chosen, wanted: Value) -> Result<Value, Failure> {
    if args.writing.client_only() {
        return Ok(wanted);
    }
    let call = marked(
        args,
        Call::post(&chosen.resource.collection(Some(&chosen.namespace)), &wanted),
    );
    session.api().await?.json(call).await
}

async fn update(
    args: &Args,
    session: &Session<'_>,
    chosen: &Chosen,
    wanted: Value,
    live: Value,
    document: &Document,
) -> Result<(Value, &'static str), Failure> {
    let applied = record(&live);
    if applied.is_none() && !args.trial {
        session.terminal.note(format!(
            "Warning: {} was not made by apply: fields that the file leaves out stay as they are. From now on apply keeps track.",
            chosen.label()
        ));
    }
    let applied = applied.unwrap_or(Value::Null);
    let patch = three_way::patch(&applied, &wanted, &live, Lists::ByItem);
    let nothing_to_do = patch.as_object().is_none_or(serde_json::Map::is_empty);
    if nothing_to_do || args.writing.client_only() {
        let done = if nothing_to_do { "unchanged" } else { "configured" };
        return Ok((live, done));
    }
    let before = live["metadata"]["resourceVersion"].clone();
    let answer = match send(args, session, chosen, PatchType::Strategic, &patch).await {
        // A kind whose lists the server knows nothing about takes whole lists.
        Err(failure) if failure.status().is_some_and(|status| status.code == 415) => {
            let patch = three_way::patch(&applied, &wanted, &live, Lists::Whole);
            send(args, session, chosen, PatchType::Merge, &patch).await
        }
        answer => answer,
    };
    let after = answer.map_err(|failure| failure.during(format!("error when applying \"{}\"", document.source)))?;
    let done = if after["metadata"]["resourceVersion"] == before {
        "unchanged"
    } else {
        "configured"
    };
    Ok((after, done))
}

async fn send(
    args: &Args,
    session: &Session<'_>,
    chosen: &Chosen,
    patch_type: PatchType,
    patch: &Value,
) -> Result<Value, Failure> {
    session
        .api()
        .await?
        .json(marked(args, Call::patch(&chosen.path(), patch_type, patch)))
        .await
}

fn marked(args: &Args, call: Call) -> Call {
    let call = call
        .query("fieldManager", FIELD_MANAGER)
        .query("fieldValidation", args.validate.parameter());
    args.writing.mark(call)
}

/// The object with the note of what was applied, for the next time.
fn with_record(object: &Value) -> Value {
    let mut plain = object.clone();
    forget(&mut plain);
    if let Some(fields) = plain.as_object_mut() {
        fields.remove("status");
    }
    let record = format!("{plain}\n");
    let annotations = &mut plain["metadata"]["annotations"];
    if !annotations.is_object() {
        *annotations = serde_json::json!({});
    }
    annotations[LAST_APPLIED] = record.into();
    plain
}

fn forget(object: &mut Value) {
    if let Some(annotations) = object["metadata"]["annotations"].as_object_mut() {
        annotations.remove(LAST_APPLIED);
    }
}

fn record(live: &Value) -> Option<Value> {
    serde_json::from_str(live["metadata"]["annotations"][LAST_APPLIED].as_str()?).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::with_record;
    use crate::testing::Server;

    const CONFIG: &str = "/apis/apps.openshift.io/v1/namespaces/myproject/deploymentconfigs";
    const MARK: &str = "fieldManager=kubectl-client-side-apply&fieldValidation=Strict";

    fn file(image: &str, replicas: u32) -> Value {
        json!({"apiVersion": "apps.openshift.io/v1", "kind": "DeploymentConfig", "metadata": {"name": "web"}, "spec": {
            "replicas": replicas, "template": {"spec": {"containers": [{"name": "web", "image": image}]}}}})
    }

    async fn apply(server: &Server, object: &Value) -> String {
        let outcome = server.run_words(&["apply", "-f", "-"], &object.to_string()).await;
        assert_eq!((outcome.err.as_str(), outcome.code), ("", 0));
        outcome.out
    }

    #[tokio::test]
    async fn what_is_not_there_is_made_with_a_record_of_the_file() {
        let server = Server::new();
        let call = format!("POST {CONFIG}?{MARK}");
        server.on(&call, 201, json!({"metadata": {"name": "web"}}));
        assert_eq!(
            apply(&server, &file("a", 1)).await,
            "deploymentconfig.apps.openshift.io/web created\n"
        );
        assert_eq!(server.body(&call), with_record(&file("a", 1)));
    }

    #[tokio::test]
    async fn the_same_file_again_changes_nothing() {
        let server = Server::new();
        let mut live = with_record(&file("a", 1));
        live["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"] = "Always".into();
        server.on(&format!("GET {CONFIG}/web"), 200, live);
        assert_eq!(
            apply(&server, &file("a", 1)).await,
            "deploymentconfig.apps.openshift.io/web unchanged\n"
        );
        assert_eq!(server.calls().len(), 1);
    }

    #[tokio::test]
    async fn a_changed_file_sends_the_difference() {
        let server = Server::new();
        server.on(&format!("GET {CONFIG}/web"), 200, with_record(&file("a", 1)));
        let call = format!("PATCH {CONFIG}/web?{MARK}");
        server.on(&call, 200, json!({"metadata": {"name": "web", "resourceVersion": "2"}}));
        assert_eq!(
            apply(&server, &file("b", 2)).await,
            "deploymentconfig.apps.openshift.io/web configured\n"
        );
        let body = server.body(&call);
        assert_eq!(
            body["spec"],
            json!({"replicas": 2, "template": {"spec": {"containers": [{"name": "web", "image": "b"}]}}})
        );
    }
}
