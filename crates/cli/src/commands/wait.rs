use std::path::PathBuf;
use std::time::Duration;

use futures::{StreamExt, pin_mut};
use serde_json::Value;

use crate::age;
use crate::api::ChangeKind;
use crate::choice::{Choice, Chosen};
use crate::failure::Failure;
use crate::output::json_path::{JsonPath, plain};
use crate::selection::Selection;
use crate::session::Session;

/// Wait until objects are in some state
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The objects: TYPE/NAME..., TYPE NAME..., or kinds with --selector or --all
    #[arg(value_name = "TYPE[/NAME]")]
    what: Vec<String>,
    /// Wait for the objects that a file describes
    #[arg(short, long, value_name = "FILE", conflicts_with = "what")]
    filename: Vec<PathBuf>,
    /// Wait for the objects with these labels
    #[arg(short = 'l', long, value_name = "LABELS")]
    selector: Option<String>,
    /// Wait for everything of the kinds named
    #[arg(long)]
    all: bool,
    /// The state: condition=NAME, condition=NAME=VALUE, delete, create, or jsonpath=PATH=VALUE
    #[arg(long = "for", value_name = "STATE", value_parser = State::parse)]
    state: State,
    /// How long to wait
    #[arg(long, default_value = "30s", value_name = "DURATION", value_parser = age::parse_duration)]
    timeout: Duration,
}

#[derive(Clone, Debug, PartialEq)]
enum State {
    Deleted,
    Created,
    Condition {
        name: String,
        value: String,
    },
    Found {
        path: JsonPath,
        value: Option<String>,
    },
    /// As many pods as this are wanted and there.
    Scaled(u32),
}

impl State {
    fn parse(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            None if text == "delete" => Ok(Self::Deleted),
            None if text == "create" => Ok(Self::Created),
            Some(("condition", rest)) if !rest.is_empty() => {
                let (name, value) = rest.split_once('=').unwrap_or((rest, "true"));
                Ok(Self::Condition {
                    name: name.into(),
                    value: value.into(),
                })
            }
            Some(("jsonpath", rest)) => {
                let (path, value) = match rest.rsplit_once("}=") {
                    Some((path, value)) => (format!("{path}}}"), Some(value.trim_matches(['\'', '"']).to_string())),
                    None => (rest.to_string(), None),
                };
                let path = JsonPath::parse_relaxed(&path).map_err(|error| error.to_string())?;
                Ok(Self::Found { path, value })
            }
            _ => Err("write condition=NAME, condition=NAME=VALUE, delete, create or jsonpath={.path}=VALUE".into()),
        }
    }

    /// Whether an object that is there is in this state.
    fn holds(&self, object: &Value) -> bool {
        match self {
            Self::Deleted => false,
            Self::Created => true,
            Self::Condition { name, value } => object["status"]["conditions"].as_array().is_some_and(|conditions| {
                let same =
                    |text: &Value, wanted: &str| text.as_str().is_some_and(|text| text.eq_ignore_ascii_case(wanted));
                conditions
                    .iter()
                    .any(|condition| same(&condition["type"], name) && same(&condition["status"], value))
            }),
            Self::Found { path, value } => match (path.find(object).as_slice(), value) {
                ([], _) => false,
                (_, None) => true,
                (found, Some(value)) => found.iter().all(|found| plain(found) == *value),
            },
            Self::Scaled(replicas) => ["spec", "status"]
                .iter()
                .all(|part| object[part]["replicas"].as_u64().unwrap_or(0) == u64::from(*replicas)),
        }
    }
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let choice = Choice {
        words: &args.what,
        files: &args.filename,
        labels: args.selector.as_deref(),
        all: args.all,
        ..Choice::default()
    };
    let mut chosen = choice.resolve(session).await?;
    if args.state == State::Deleted {
        // What is not there is no news.
        let mut there = Vec::new();
        for object in chosen {
            if session.api().await?.find(&object.path()).await?.is_some() {
                there.push(object);
            }
        }
        if there.is_empty() {
            return Ok(());
        }
        chosen = there;
    }
    if chosen.is_empty() {
        return Err(Failure::refused("no matching resources found"));
    }
    let deadline = tokio::time::Instant::now() + args.timeout;
    for object in &chosen {
        until(session, object, &args.state, deadline).await?;
        session.terminal.line(format!("{} condition met", object.label()))?;
    }
    Ok(())
}

/// Waits until an object has so many pods.
pub async fn until_scaled(
    session: &Session<'_>,
    object: &Chosen,
    replicas: u32,
    patience: Duration,
) -> Result<(), Failure> {
    let deadline = tokio::time::Instant::now() + patience;
    until(session, object, &State::Scaled(replicas), deadline).await
}

async fn until(
    session: &Session<'_>,
    object: &Chosen,
    state: &State,
    deadline: tokio::time::Instant,
) -> Result<(), Failure> {
    let waited = tokio::time::timeout_at(deadline, wait(session, object, state)).await;
    waited.unwrap_or_else(|_| {
        Err(Failure::refused(format!(
            "timed out waiting for the condition on {}/{}",
            object.resource.plural, object.name
        )))
    })
}

async fn wait(session: &Session<'_>, object: &Chosen, state: &State) -> Result<(), Failure> {
    let api = session.api().await?;
    let selection = Selection {
        fields: Some(format!("metadata.name={}", object.name)),
        ..Selection::in_namespace(&object.namespace)
    };
    loop {
        let mut found = Vec::new();
        let take = |mut page: Value| {
            if let Value::Array(items) = page["items"].take() {
                found.extend(items);
            }
        };
        let version = selection.pages(api, &object.resource, |call| call, take).await?;
        match found.first() {
            Some(live) if state.holds(live) => return Ok(()),
            None if *state == State::Deleted => return Ok(()),
            None if *state != State::Created => {
                // The server's own words for what is not there.
                api.get(&object.path()).await?;
            }
            _ => {}
        }
        let changes = api
            .watch(selection.call(&object.resource).query("resourceVersion", version))
            .await?;
        pin_mut!(changes);
        while let Some(change) = changes.next().await {
            let change = change?;
            match change.kind {
                ChangeKind::Deleted if *state == State::Deleted => return Ok(()),
                ChangeKind::Added | ChangeKind::Modified if state.holds(&change.object) => return Ok(()),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::Server;

    #[test]
    fn states_are_told_apart() {
        let object = json!({"status": {"phase": "Running", "conditions": [{"type": "Available", "status": "True"}]}});
        for (text, holds) in [
            ("condition=available", true),
            ("condition=Available=false", false),
            ("condition=Nope", false),
            ("jsonpath={.status.phase}=Running", true),
            ("jsonpath='{.status.phase}'=Failed", false),
            ("jsonpath={.status.phase}", true),
            ("jsonpath={.status.nothing}", false),
            ("create", true),
            ("delete", false),
        ] {
            let state = State::parse(&text.replace('\'', "")).unwrap();
            assert_eq!(state.holds(&object), holds, "{text}");
        }
        assert!(State::parse("ready").is_err());
    }

    #[tokio::test]
    async fn waiting_ends_with_the_change_that_was_waited_for() {
        let server = Server::new();
        let pods = "GET /api/v1/namespaces/myproject/pods?fieldSelector=metadata.name%3Dweb";
        let pod = |status: &str| json!({"status": {"conditions": [{"type": "Ready", "status": status}]}});
        server.on(
            &format!("{pods}&limit=500"),
            200,
            json!({"metadata": {"resourceVersion": "3"}, "items": [pod("False")]}),
        );
        let change = json!({"type": "MODIFIED", "object": pod("True")});
        server.on_text(
            &format!("{pods}&resourceVersion=3&watch=true"),
            200,
            &format!("{change}\n"),
        );
        let outcome = server.run("wait pod/web --for=condition=Ready").await;
        assert_eq!(
            (outcome.out.as_str(), outcome.code),
            ("pod/web condition met\n", 0),
            "{}",
            outcome.err
        );
    }
}
