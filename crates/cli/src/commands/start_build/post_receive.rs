//! What git tells a post-receive hook, as the payload of a generic webhook.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::Args;
use crate::failure::Failure;
use crate::session::Session;

/// Far above the references of any push.
const INPUT_BYTES: u64 = 4 * 1024 * 1024;
/// References that a webhook is told of; each costs a call of git.
const MAX_REFERENCES: usize = 256;
/// Commit, author, committer, and the message to the end.
const FORMAT: &str = "--format=%H%n%an%n%ae%n%cn%n%ce%n%B";

/// A reference that moved, and where to.
#[derive(Debug, PartialEq)]
struct Moved<'a> {
    commit: &'a str,
    reference: &'a str,
}

/// The payload; `None` when nothing was given or nothing moved.
pub fn event(args: &Args, session: &Session<'_>) -> Result<Option<Value>, Failure> {
    let Some(path) = &args.git_post_receive else {
        return Ok(None);
    };
    let text = read(path, session)?;
    let moved = moved(&text)?;
    let repository = args.git_repository.as_deref().unwrap_or(Path::new("."));
    let references: Vec<Value> = moved.iter().map(|moved| told(moved, repository, session)).collect();
    Ok((!references.is_empty()).then(|| json!({"git": {"refs": references}})))
}

fn read(path: &Path, session: &Session<'_>) -> Result<String, Failure> {
    let text = if path == Path::new("-") {
        session.terminal.read_input(INPUT_BYTES)
    } else {
        let mut text = String::new();
        File::open(path)
            .and_then(|file| file.take(INPUT_BYTES).read_to_string(&mut text))
            .map(|_| text)
    };
    text.map_err(|error| Failure::refused(format!("cannot read {}: {error}", path.display())))
}

/// Lines `OLD NEW REFERENCE`. References that are gone or stayed are left out.
fn moved(text: &str) -> Result<Vec<Moved<'_>>, Failure> {
    let mut all = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let is_hash = |word: &str| word.bytes().all(|byte| byte.is_ascii_hexdigit());
        match words[..] {
            [] => {}
            [old, new, reference] if is_hash(old) && is_hash(new) => {
                if old != new && new.bytes().any(|byte| byte != b'0') {
                    all.push(Moved { commit: new, reference });
                }
            }
            _ => {
                return Err(Failure::refused(format!(
                    "line {} is not what git tells a post-receive hook: OLD NEW REFERENCE is expected",
                    number + 1
                )));
            }
        }
    }
    match all.len() {
        0..=MAX_REFERENCES => Ok(all),
        many => Err(Failure::refused(format!(
            "{many} references moved, a webhook is told of {MAX_REFERENCES} at most"
        ))),
    }
}

/// The reference with what the repository knows of its commit.
fn told(moved: &Moved<'_>, repository: &Path, session: &Session<'_>) -> Value {
    let mut told = json!({"ref": moved.reference, "commit": moved.commit});
    match show(moved.commit, repository) {
        Ok(shown) => describe(&mut told, &shown),
        Err(why) => session
            .terminal
            .note(format!("Warning: nothing is known of commit {}: {why}", moved.commit)),
    }
    told
}

fn show(commit: &str, repository: &Path) -> Result<String, String> {
    let shown = Command::new("git")
        .arg("-C")
        .arg(repository)
        .args(["show", "--no-patch", FORMAT, commit, "--"])
        .output()
        .map_err(|error| format!("git cannot be started: {error}"))?;
    match shown.status.success() {
        true => Ok(String::from_utf8_lossy(&shown.stdout).into_owned()),
        false => Err(String::from_utf8_lossy(&shown.stderr).trim().to_owned()),
    }
}

fn describe(told: &mut Value, shown: &str) {
    let mut lines = shown.splitn(6, '\n');
    let mut next = || lines.next().unwrap_or_default();
    told["commit"] = next().into();
    told["author"] = json!({"name": next(), "email": next()});
    told["committer"] = json!({"name": next(), "email": next()});
    told["message"] = next().trim_end().into();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_that_are_gone_or_stayed_are_left_out() {
        let zeros = "0".repeat(40);
        let text = format!(
            "{zeros} abc1 refs/heads/new\nabc1 {zeros} refs/heads/gone\n\nabc abc refs/heads/same\na1 b2 refs/heads/dev\n"
        );
        let shown: Vec<(&str, &str)> = moved(&text)
            .unwrap()
            .iter()
            .map(|moved| (moved.commit, moved.reference))
            .collect();
        assert_eq!(shown, [("abc1", "refs/heads/new"), ("b2", "refs/heads/dev")]);
        assert_eq!(moved("").unwrap(), []);
        for wrong in ["abc", "a --output=x refs/heads/x", "a b c d"] {
            assert!(moved(wrong).is_err(), "{wrong}");
        }
        assert!(moved(&"a b refs/heads/x\n".repeat(MAX_REFERENCES + 1)).is_err());
    }

    #[test]
    fn a_commit_is_told_as_git_shows_it() {
        let mut told = json!({"ref": "r", "commit": "abc"});
        describe(&mut told, "abcdef\nJane\nj@x\nJoe\njoe@x\nMend it\n\nAll of it\n");
        assert_eq!(
            told,
            json!({"ref": "r", "commit": "abcdef", "author": {"name": "Jane", "email": "j@x"},
                "committer": {"name": "Joe", "email": "joe@x"}, "message": "Mend it\n\nAll of it"})
        );
    }
}
