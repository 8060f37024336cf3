//! `config`: the kubeconfig, without a server.

use serde_json::{Value, json};

use crate::failure::Failure;
use crate::kubeconfig::Document;
use crate::output::format::Format;
use crate::output::table::Table;
use crate::session::Session;

/// Look into the kubeconfig, and change it
///
/// For example: config use-context demo/127-0-0-1:8443/admin
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    /// Print the name of the context in use
    CurrentContext,
    /// List the contexts
    GetContexts(GetContexts),
    /// List the servers
    GetClusters,
    /// List the users
    GetUsers,
    /// Use another context from now on
    UseContext(UseContext),
    /// Change a context, or make one
    SetContext(SetContext),
    /// Forget a context
    DeleteContext(UseContext),
    /// Print the whole of it, without secrets
    View(View),
}

#[derive(clap::Args, Debug)]
struct GetContexts {
    /// Only the context of this name
    name: Option<String>,
    /// Print the names and nothing else
    #[arg(short, long, value_parser = ["name"])]
    output: Option<String>,
    /// Leave out the line of headers
    #[arg(long)]
    no_headers: bool,
}

#[derive(clap::Args, Debug)]
struct UseContext {
    /// Name of the context
    name: String,
}

#[derive(clap::Args, Debug)]
struct SetContext {
    /// Name of the context
    #[arg(required_unless_present = "current")]
    name: Option<String>,
    /// The context in use
    #[arg(long, conflicts_with = "name")]
    current: bool,
    /// Its server
    #[arg(long, value_name = "NAME")]
    cluster: Option<String>,
    /// Its user
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
}

#[derive(clap::Args, Debug)]
struct View {
    /// Only what the context in use needs
    #[arg(long)]
    minify: bool,
    /// Print secrets too
    #[arg(long)]
    raw: bool,
    /// Form of the output: yaml, json or jsonpath=TEMPLATE
    #[arg(short, long, default_value = "yaml", value_parser = document_format)]
    output: Format,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let mut document = Document::open(session.kubeconfig.target())?;
    match args.what {
        What::CurrentContext => session.terminal.line(current(&document, session)?),
        What::GetContexts(args) => contexts(&args, &document, session),
        What::GetClusters => names(&document, "clusters", session),
        What::GetUsers => names(&document, "users", session),
        What::UseContext(UseContext { name }) => {
            known(&document, &name)?;
            document.set_current_context(&name);
            document.save()?;
            session.terminal.line(format!("Switched to context \"{name}\"."))
        }
        What::SetContext(args) => set_context(args, document, session),
        What::DeleteContext(UseContext { name }) => {
            let path = session.kubeconfig.target().display().to_string();
            if !document.remove("contexts", &name) {
                return Err(Failure::refused(format!("cannot delete context {name}, not in {path}")));
            }
            document.save()?;
            session.terminal.line(format!("deleted context {name} from {path}"))
        }
        What::View(args) => view(&args, &document, session),
    }
}

fn current(document: &Document, session: &Session<'_>) -> Result<String, Failure> {
    match session.global.context.as_deref().or(document.current_context()) {
        Some(name) => Ok(name.into()),
        None => Err(Failure::refused("current-context is not set")),
    }
}

fn known(document: &Document, name: &str) -> Result<(), Failure> {
    match document.entry("contexts", "context", name) {
        Some(_) => Ok(()),
        None => Err(Failure::refused(format!("no context exists with the name: \"{name}\""))),
    }
}

fn contexts(args: &GetContexts, document: &Document, session: &Session<'_>) -> Result<(), Failure> {
    let mut found = document.entries("contexts");
    found.sort_by_key(|entry| name(entry).to_owned());
    if let Some(wanted) = &args.name {
        found.retain(|entry| name(entry) == wanted);
        if found.is_empty() {
            return Err(Failure::refused(format!("context {wanted} not found")));
        }
    }
    if args.output.is_some() {
        return found.iter().try_for_each(|entry| session.terminal.line(name(entry)));
    }
    let mut rows = Vec::new();
    if !args.no_headers {
        rows.push(
            ["CURRENT", "NAME", "CLUSTER", "AUTHINFO", "NAMESPACE"]
                .map(str::to_owned)
                .to_vec(),
        );
    }
    rows.extend(found.iter().map(|entry| {
        let field = |field: &str| entry["context"][field].as_str().unwrap_or_default().to_owned();
        let mark = if document.current_context() == Some(name(entry)) {
            "*"
        } else {
            ""
        };
        vec![
            mark.into(),
            name(entry).to_owned(),
            field("cluster"),
            field("user"),
            field("namespace"),
        ]
    }));
    session.terminal.print(&Table::default().render(&rows))
}

fn names(document: &Document, list: &str, session: &Session<'_>) -> Result<(), Failure> {
    session.terminal.line("NAME")?;
    let entries = document.entries(list);
    entries.iter().try_for_each(|entry| session.terminal.line(name(entry)))
}

fn set_context(args: SetContext, mut document: Document, session: &Session<'_>) -> Result<(), Failure> {
    let context = match args.name {
        Some(name) => name,
        None => current(&document, session)?,
    };
    let modified = document.entry("contexts", "context", &context).is_some();
    let fields = document.entry_mut("contexts", "context", &context);
    for (field, value) in [
        ("cluster", args.cluster),
        ("user", args.user),
        ("namespace", session.global.namespace.clone()),
    ] {
        if let Some(value) = value {
            fields.insert(field.into(), value.into());
        }
    }
    document.save()?;
    let done = if modified { "modified" } else { "created" };
    session.terminal.line(format!("Context \"{context}\" {done}."))
}

fn view(args: &View, document: &Document, session: &Session<'_>) -> Result<(), Failure> {
    let mut shown = document.value().clone();
    if args.minify {
        minify(&mut shown, &current(document, session)?);
    }
    if !args.raw {
        hide(&mut shown);
    }
    session.terminal.print(&args.output.document(&shown))
}

fn document_format(text: &str) -> Result<Format, String> {
    match Format::parse(text) {
        Ok(format @ (Format::Yaml | Format::Json | Format::JsonPath(_))) => Ok(format),
        _ => Err("use yaml, json or jsonpath=TEMPLATE".into()),
    }
}

/// Leaves the context, its cluster and its user.
fn minify(document: &mut Value, context: &str) {
    let field = |field: &str| -> Value {
        let contexts = document["contexts"].as_array().into_iter().flatten();
        let found = contexts.into_iter().find(|entry| entry["name"] == context);
        found.map(|entry| entry["context"][field].clone()).unwrap_or_default()
    };
    let keep = [
        ("contexts", json!(context)),
        ("clusters", field("cluster")),
        ("users", field("user")),
    ];
    for (list, wanted) in keep {
        if let Some(entries) = document[list].as_array_mut() {
            entries.retain(|entry| entry["name"] == wanted);
        }
    }
}

/// Replaces what should not be seen over a shoulder.
fn hide(document: &mut Value) {
    for (list, inner, field, with) in [
        ("clusters", "cluster", "certificate-authority-data", "DATA+OMITTED"),
        ("users", "user", "client-certificate-data", "DATA+OMITTED"),
        ("users", "user", "client-key-data", "DATA+OMITTED"),
        ("users", "user", "token", "REDACTED"),
        ("users", "user", "password", "REDACTED"),
    ] {
        for entry in document[list].as_array_mut().into_iter().flatten() {
            if let Some(value) = entry[inner].get_mut(field) {
                *value = with.into();
            }
        }
    }
}

fn name(entry: &Value) -> &str {
    entry["name"].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_and_what_is_not_used_is_left_out() {
        let mut document = json!({
            "contexts": [{"name": "a", "context": {"cluster": "c", "user": "u"}}, {"name": "b", "context": {}}],
            "clusters": [{"name": "c", "cluster": {"certificate-authority-data": "x"}}, {"name": "d"}],
            "users": [{"name": "u", "user": {"token": "secret"}}],
        });
        minify(&mut document, "a");
        hide(&mut document);
        assert_eq!(document["contexts"].as_array().unwrap().len(), 1);
        assert_eq!(document["clusters"].as_array().unwrap().len(), 1);
        assert_eq!(document["users"][0]["user"]["token"], "REDACTED");
        assert_eq!(
            document["clusters"][0]["cluster"]["certificate-authority-data"],
            "DATA+OMITTED"
        );
    }
}
