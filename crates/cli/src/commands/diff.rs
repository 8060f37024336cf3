//! `diff`: what an apply would change, as the program `diff` shows it.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::apply;
use crate::choice::Chosen;
use crate::failure::Failure;
use crate::manifest;
use crate::output::yaml;
use crate::session::Session;

/// Show what `apply` would change
///
/// For example: diff -f web.yaml. It ends with 1 when something would change. KUBECTL_EXTERNAL_DIFF names another
/// program to compare with.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// A file, a directory, or - for standard input
    #[arg(short, long, value_name = "FILE", required = true)]
    filename: Vec<PathBuf>,
    /// Also read the directories in a directory
    #[arg(short = 'R', long)]
    recursive: bool,
    /// Compare with what a server-side apply would do
    #[arg(long)]
    server_side: bool,
    /// Take over fields that others own
    #[arg(long, requires = "server_side")]
    force_conflicts: bool,
}

/// What the program says when there are differences, and we with it.
const DIFFERENT: i32 = 1;
/// What a failure ends with, whatever it is: 1 would say that there are differences.
const FAILED: u8 = 2;

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    show(args, session).await.map_err(|failure| match failure {
        Failure::Ended { .. } | Failure::Output(_) => failure,
        failure => Failure::Ended {
            code: FAILED,
            message: failure.text(),
        },
    })
}

async fn show(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let trial = apply::Args::trial(args.server_side, args.force_conflicts);
    let (live, merged) = (directory("LIVE-")?, directory("MERGED-")?);
    for document in manifest::read(&args.filename, args.recursive, &session.terminal)? {
        let after = apply::apply(&trial, session, &document).await?;
        let name = file_name(&after.chosen);
        if let Some(before) = session.api().await?.find(&after.chosen.path()).await? {
            write(live.path(), &name, before)?;
        }
        write(merged.path(), &name, after.object)?;
    }
    compare(session, live.path(), merged.path())
}

fn directory(prefix: &str) -> Result<tempfile::TempDir, Failure> {
    let made = tempfile::Builder::new().prefix(prefix).tempdir();
    made.map_err(|error| Failure::refused(format!("cannot make a directory to compare in: {error}")))
}

fn file_name(chosen: &Chosen) -> String {
    let version = chosen.resource.api_version().replace('/', ".");
    format!(
        "{version}.{}.{}.{}",
        chosen.resource.kind, chosen.namespace, chosen.name
    )
    .replace(['/', ':'], "-")
}

fn write(directory: &Path, name: &str, object: Value) -> Result<(), Failure> {
    let mut object = object;
    // Who owns what, and when it was written, is no change of the object.
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.remove("managedFields");
    }
    let written = std::fs::write(directory.join(name), yaml::render(&object));
    written.map_err(|error| Failure::refused(format!("cannot write what to compare: {error}")))
}

fn compare(session: &Session<'_>, live: &Path, merged: &Path) -> Result<(), Failure> {
    let program = std::env::var("KUBECTL_EXTERNAL_DIFF")
        .ok()
        .filter(|program| !program.trim().is_empty());
    let words: Vec<String> = match program {
        Some(program) => program.split_whitespace().map(str::to_owned).collect(),
        None => ["diff", "-u", "-N"].map(str::to_owned).to_vec(),
    };
    let output = Command::new(&words[0]).args(&words[1..]).args([live, merged]).output();
    let output = output.map_err(|error| Failure::refused(format!("cannot run {}: {error}", words[0])))?;
    session.terminal.write(&output.stdout)?;
    if !output.stderr.is_empty() {
        session
            .terminal
            .note(String::from_utf8_lossy(&output.stderr).trim_end());
    }
    match output.status.code() {
        Some(0) => Ok(()),
        Some(DIFFERENT) => Err(Failure::Ended { code: 1, message: None }),
        _ => Err(Failure::Ended {
            code: FAILED,
            message: Some(format!("error: {} ended with {}", words[0], output.status)),
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Server, status};

    #[tokio::test]
    async fn a_failure_does_not_look_like_a_difference() {
        let server = Server::new();
        let config = "/apis/apps.openshift.io/v1/namespaces/myproject/deploymentconfigs/web";
        server.on(&format!("GET {config}"), 500, status(500, "InternalError", "broken"));
        let file =
            json!({"apiVersion": "apps.openshift.io/v1", "kind": "DeploymentConfig", "metadata": {"name": "web"}});
        let outcome = server.run_words(&["diff", "-f", "-"], &file.to_string()).await;
        assert_eq!(
            (outcome.err.as_str(), outcome.code),
            ("Error from server (InternalError): broken\n", 2)
        );
    }
}
