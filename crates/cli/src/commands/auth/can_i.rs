use serde_json::{Value, json};

use super::rules;
use crate::api::Call;
use crate::failure::Failure;
use crate::session::Session;

/// Ask whether you may do something, or (--list) what you may do
#[derive(clap::Args, Debug)]
pub struct Args {
    /// What you would do, such as get or create
    #[arg(required_unless_present = "list")]
    verb: Option<String>,
    /// With what: TYPE, TYPE/NAME, or a path that begins with a slash
    #[arg(required_unless_present = "list")]
    what: Option<String>,
    /// The object you would do it with
    name: Option<String>,
    /// A part of the object, such as log or status
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    subresource: String,
    /// Ask about all projects
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    /// List all that you may do in this project
    #[arg(long, conflicts_with_all = ["verb", "what"])]
    list: bool,
    /// Leave out the headings of the list
    #[arg(long, requires = "list")]
    no_headers: bool,
    /// Say nothing; only the exit code tells
    #[arg(short, long)]
    quiet: bool,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let (Some(verb), Some(what)) = (&args.verb, &args.what) else {
        return list(&args, session).await;
    };
    let question = match what.starts_with('/') {
        true => json!({"nonResourceAttributes": {"verb": verb, "path": what}}),
        false => json!({"resourceAttributes": attributes(&args, verb, what, session).await?}),
    };
    let review = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": question});
    let call = Call::post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", &review);
    let status = session.api().await?.json(call).await?["status"].take();
    let allowed = status["allowed"] == true;
    if !args.quiet {
        session.terminal.line(words(&status, allowed))?;
    }
    match allowed {
        true => Ok(()),
        false => Err(Failure::ended(1)),
    }
}

fn words(status: &Value, allowed: bool) -> String {
    if allowed {
        return "yes".to_owned();
    }
    let mut words = "no".to_owned();
    for field in ["reason", "evaluationError"] {
        if let Some(why) = status[field].as_str().filter(|why| !why.is_empty()) {
            words.push_str(" - ");
            words.push_str(why);
        }
    }
    words
}

/// The kind as the server knows it. What the server does not know may be asked about nevertheless.
async fn attributes(args: &Args, verb: &str, what: &str, session: &Session<'_>) -> Result<Value, Failure> {
    let (kind, name) = match what.split_once('/') {
        Some(_) if args.name.is_some() => {
            return Err(Failure::usage(
                "write the object as TYPE/NAME or as TYPE NAME, not as both",
            ));
        }
        Some((kind, name)) => (kind, name),
        None => (what, args.name.as_deref().unwrap_or_default()),
    };
    let mut namespace = match args.all_namespaces {
        true => "",
        false => session.namespace().await?,
    };
    let (mut plural, mut group, mut version) = (kind.to_owned(), "", "");
    if kind != "*" {
        match session.discovery().await?.find(kind) {
            Ok(resource) => {
                (plural, group, version) = (resource.plural.clone(), &resource.group, &resource.version);
                if !resource.namespaced {
                    if !args.all_namespaces && !args.quiet {
                        let group = Some(group).filter(|group| !group.is_empty());
                        let of_group = group.map(|group| format!(" in group '{group}'")).unwrap_or_default();
                        session.terminal.note(format!(
                            "Warning: resource '{plural}' is not namespace scoped{of_group}\n"
                        ));
                    }
                    namespace = "";
                }
            }
            Err(_) if !args.quiet => {
                session
                    .terminal
                    .note(format!("Warning: the server doesn't have a resource type '{kind}'\n"));
            }
            Err(_) => {}
        }
    }
    Ok(json!({
        "namespace": namespace,
        "verb": verb,
        "group": group,
        "version": version,
        "resource": plural,
        "subresource": args.subresource,
        "name": name,
    }))
}

async fn list(args: &Args, session: &Session<'_>) -> Result<(), Failure> {
    let namespace = session.namespace().await?;
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace},
    });
    let call = Call::post("/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", &review);
    let status = session.api().await?.json(call).await?["status"].take();
    if status["incomplete"] == true {
        let why = status["evaluationError"].as_str().unwrap_or_default();
        session
            .terminal
            .note(format!("warning: the list may be incomplete: {why}"));
    }
    session.terminal.print(&rules::table(&status, !args.no_headers))
}
