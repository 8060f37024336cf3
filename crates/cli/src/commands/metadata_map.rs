//! What `label` and `annotate` share: they change one map in the metadata.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::api::{Call, PatchType};
use crate::choice::{Choice, Chosen};
use crate::failure::Failure;
use crate::session::Session;

#[derive(clap::Args, Debug)]
pub struct Words {
    /// The objects, then KEY=VALUE to set or KEY- to remove
    #[arg(value_name = "TYPE/NAME|KEY=VALUE|KEY-", required = true)]
    words: Vec<String>,
    /// Change the objects that a file, a directory or standard input (-) describes
    #[arg(short, long, value_name = "FILE")]
    filename: Vec<PathBuf>,
    /// Change the objects with these labels
    #[arg(short = 'l', long, value_name = "LABELS")]
    selector: Option<String>,
    /// Change everything of the kinds named
    #[arg(long)]
    all: bool,
    /// Replace values that are there
    #[arg(long)]
    overwrite: bool,
    /// Show what is there
    #[arg(long)]
    list: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Map {
    Labels,
    Annotations,
}

impl Map {
    fn field(self) -> &'static str {
        match self {
            Self::Labels => "labels",
            Self::Annotations => "annotations",
        }
    }

    fn done(self) -> &'static str {
        match self {
            Self::Labels => "labeled",
            Self::Annotations => "annotated",
        }
    }

    /// What is said when something was taken away and nothing came.
    fn undone(self) -> &'static str {
        match self {
            Self::Labels => "unlabeled",
            Self::Annotations => "annotated",
        }
    }
}

pub async fn run(args: Words, session: &Session<'_>, map: Map) -> Result<(), Failure> {
    let (objects, changes): (Vec<String>, Vec<String>) = args.words.iter().cloned().partition(|word| !is_change(word));
    let changes = changes.iter().map(|word| parse(word)).collect::<Vec<_>>();
    if changes.is_empty() && !args.list {
        return Err(Failure::usage(format!(
            "at least one change of {} is required, as KEY=VALUE or KEY-",
            map.field()
        )));
    }
    let choice = Choice {
        words: &objects,
        files: &args.filename,
        labels: args.selector.as_deref(),
        all: args.all,
        ..Choice::default()
    };
    for chosen in choice.resolve(session).await? {
        let live = chosen.get(session.api().await?).await?;
        if args.list {
            list(session, &live["metadata"][map.field()])?;
        } else {
            change(&args, session, map, &chosen, &live, &changes).await?;
        }
    }
    Ok(())
}

fn list(session: &Session<'_>, values: &Value) -> Result<(), Failure> {
    let values = values.as_object().into_iter().flatten();
    values.into_iter().try_for_each(|(key, value)| {
        session
            .terminal
            .line(format!("{key}={}", value.as_str().unwrap_or_default()))
    })
}

async fn change(
    args: &Words,
    session: &Session<'_>,
    map: Map,
    chosen: &Chosen,
    live: &Value,
    changes: &[(&str, Option<&str>)],
) -> Result<(), Failure> {
    let current = &live["metadata"][map.field()];
    let mut patch = json!({});
    for (key, value) in changes {
        match (current[key].as_str(), value) {
            (Some(old), Some(new)) if old != *new && !args.overwrite => {
                return Err(Failure::refused(format!(
                    "'{key}' already has a value ({old}), and --overwrite is false"
                )));
            }
            (Some(old), Some(new)) if old == *new => {}
            (_, Some(new)) => patch[key] = (*new).into(),
            (Some(_), None) => patch[key] = Value::Null,
            (None, None) => session
                .terminal
                .line(format!("{} \"{key}\" not found.", map.field().trim_end_matches('s')))?,
        }
    }
    let values: Vec<&Value> = patch
        .as_object()
        .into_iter()
        .flatten()
        .map(|(_, value)| value)
        .collect();
    let done = match values.as_slice() {
        [] => return session.terminal.line(format!("{} not {}", chosen.label(), map.done())),
        values if values.iter().all(|value| value.is_null()) && !args.overwrite => map.undone(),
        _ => map.done(),
    };
    let body = json!({ "metadata": { map.field(): patch } });
    session
        .api()
        .await?
        .json(Call::patch(&chosen.path(), PatchType::Merge, &body))
        .await?;
    session.terminal.line(format!("{} {done}", chosen.label()))
}

/// `KEY=VALUE` and `KEY-` are changes; names of objects have no `=` and cannot end in a dash.
fn is_change(word: &str) -> bool {
    word.contains('=') || word.ends_with('-')
}

fn parse(word: &str) -> (&str, Option<&str>) {
    match word.split_once('=') {
        Some((key, value)) => (key, Some(value)),
        None => (word.trim_end_matches('-'), None),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Server;

    const STREAM: &str = "/apis/image.openshift.io/v1/namespaces/myproject/imagestreams/web";

    fn server() -> Server {
        let server = Server::new();
        server.on(
            &format!("GET {STREAM}"),
            200,
            json!({"metadata": {"name": "web", "labels": {"x": "y"}}}),
        );
        server.on(&format!("PATCH {STREAM}"), 200, json!({}));
        server
    }

    #[tokio::test]
    async fn labels_are_set_and_removed() {
        let server = server();
        let outcome = server.run("label is web tier=front x-").await;
        assert_eq!(outcome.out, "imagestream.image.openshift.io/web labeled\n");
        assert_eq!(
            server.body(&format!("PATCH {STREAM}")),
            json!({"metadata": {"labels": {"tier": "front", "x": null}}})
        );
    }

    #[tokio::test]
    async fn values_are_replaced_only_on_demand() {
        let outcome = server().run("label is web x=z").await;
        assert_eq!(
            outcome.err,
            "error: 'x' already has a value (y), and --overwrite is false\n"
        );
        assert_eq!(server().run("label is web x=z --overwrite").await.code, 0);
        assert_eq!(
            server().run("label is web x=y").await.out,
            "imagestream.image.openshift.io/web not labeled\n"
        );
    }

    #[tokio::test]
    async fn annotations_go_into_their_own_map() {
        let server = server();
        assert_eq!(
            server.run("annotate is/web a.b/c=text").await.out,
            "imagestream.image.openshift.io/web annotated\n"
        );
        assert_eq!(
            server.body(&format!("PATCH {STREAM}")),
            json!({"metadata": {"annotations": {"a.b/c": "text"}}})
        );
    }
}
