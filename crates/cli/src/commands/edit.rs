//! `edit`: one object in an editor, and the difference back to the server.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::api::{Call, PatchType};
use crate::choice::{Choice, Chosen};
use crate::failure::Failure;
use crate::manifest::parse_value;
use crate::output::{json, yaml};
use crate::session::Session;
use crate::three_way::{self, Lists};

/// Change an object in an editor
///
/// For example: edit dc/web. The editor is the one that KUBE_EDITOR, OC_EDITOR, VISUAL or EDITOR names, else vi.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The object
    #[arg(value_name = "TYPE/NAME", required = true)]
    what: Vec<String>,
    /// Form of the text: yaml or json
    #[arg(short, long, default_value = "yaml", value_parser = ["yaml", "json"])]
    output: String,
}

const EDITORS: [&str; 4] = ["KUBE_EDITOR", "OC_EDITOR", "VISUAL", "EDITOR"];

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let choice = Choice {
        words: &args.what,
        ..Choice::default()
    };
    for chosen in choice.resolve(session).await? {
        edit(&args, session, &chosen).await?;
    }
    Ok(())
}

async fn edit(args: &Args, session: &Session<'_>, chosen: &Chosen) -> Result<(), Failure> {
    let api = session.api().await?;
    let live = shown(chosen.get(api).await?);
    let text = match args.output.as_str() {
        "json" => json::render(&live),
        _ => format!("{HEAD}{}", yaml::render(&live)),
    };
    let mut file = tempfile::Builder::new()
        .prefix("edit-")
        .suffix(&format!(".{}", args.output))
        .tempfile()?;
    file.write_all(text.as_bytes())?;
    open_editor(file.path())?;
    let written = std::fs::read_to_string(file.path())?;
    let call = match change(&live, &written, chosen) {
        Ok(Some(call)) => call,
        Ok(None) => {
            session.terminal.note("Edit cancelled, no changes made.");
            return Ok(());
        }
        Err(failure) => return Err(kept(file, failure)),
    };
    match api.json(call).await {
        Ok(_) => session.terminal.line(format!("{} edited", chosen.label())),
        Err(failure) => Err(kept(file, failure)),
    }
}

/// What was written as a request; `None` when it is what was there.
fn change(live: &Value, written: &str, chosen: &Chosen) -> Result<Option<Call>, Failure> {
    let wanted: Value = match written.trim().is_empty() {
        true => Value::Null,
        false => parse_value(written).map_err(|error| Failure::refused(format!("the text cannot be read: {error}")))?,
    };
    if wanted.is_null() || wanted == *live {
        return Ok(None);
    }
    for field in ["/kind", "/apiVersion", "/metadata/name", "/metadata/namespace"] {
        if wanted.pointer(field) != live.pointer(field) {
            return Err(Failure::refused(format!(
                "an edit cannot change {} of an object",
                field.trim_start_matches('/').replace('/', ".")
            )));
        }
    }
    let patch = three_way::patch(live, &wanted, live, Lists::Whole);
    let call = Call::patch(&chosen.path(), PatchType::Merge, &patch);
    Ok(Some(call.query("fieldManager", "kubectl-edit")))
}

const HEAD: &str = "# Lines that begin with '#' are left out, and an empty file changes nothing.\n";

/// The object without what nobody edits.
fn shown(mut object: Value) -> Value {
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.remove("managedFields");
    }
    object
}

fn open_editor(path: &Path) -> Result<(), Failure> {
    let mut named = EDITORS.iter().filter_map(|name| std::env::var(name).ok());
    let editor = named
        .find(|editor| !editor.trim().is_empty())
        .unwrap_or_else(|| "vi".into());
    // The name may come with arguments; a shell takes them apart as everywhere else.
    let status = Command::new("sh")
        .arg("-c")
        .arg(format!("{editor} \"$1\""))
        .arg("edit")
        .arg(path)
        .status()
        .map_err(|error| Failure::refused(format!("cannot start the editor {editor}: {error}")))?;
    match status.success() {
        true => Ok(()),
        false => Err(Failure::refused(format!("the editor {editor} ended with {status}"))
            .hint(format!("{} chooses another one", EDITORS[0]))),
    }
}

/// Nobody writes the same text twice with pleasure.
fn kept(file: tempfile::NamedTempFile, failure: Failure) -> Failure {
    match file.keep() {
        Ok((_, path)) => failure.hint(format!("what you wrote is kept in {}", path.display())),
        Err(_) => failure,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::resource::Resource;

    #[test]
    fn only_what_was_changed_is_sent() {
        let chosen = Chosen::new(&Resource::pods(), "ns", "p".into());
        let live = json!({"kind": "Pod", "metadata": {"name": "p", "labels": {"a": "b"}}, "spec": {"x": 1}});
        let with = |text: &str| change(&live, text, &chosen);
        assert!(with("").unwrap().is_none());
        assert!(with(&yaml::render(&live)).unwrap().is_none());
        assert!(with("{kind: Pod, metadata: {name: q}}").is_err());
        assert!(with("{").is_err());
        assert!(
            with("{kind: Pod, metadata: {name: p}, spec: {x: 2}}")
                .unwrap()
                .is_some()
        );
    }
}
