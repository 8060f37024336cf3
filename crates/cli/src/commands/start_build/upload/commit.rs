use std::path::Path;
use std::process::Command;

use crate::failure::Failure;

const FORMAT: &str = "--format=%H%x00%an%x00%ae%x00%cn%x00%ce%x00%s";
/// Far above the first line of any message; the address of a request has a bound too.
const MAX_MESSAGE_CHARS: usize = 512;

/// What a repository tells of a commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commit {
    pub id: String,
    pub author_name: String,
    pub author_email: String,
    pub committer_name: String,
    pub committer_email: String,
    /// The first line of the message.
    pub message: String,
}

/// Asks git about a commit of a repository.
pub fn read(repository: &Path, commit: &str) -> Result<Commit, Failure> {
    let refused = |why: String| {
        Failure::refused(format!(
            "cannot read commit {commit} of the repository {}: {why}",
            repository.display()
        ))
    };
    // Behind `--end-of-options` nothing is taken for an option, whatever it begins with.
    let output = Command::new("git")
        .arg("-C")
        .arg(repository)
        .args([
            "log",
            "-1",
            "--no-show-signature",
            FORMAT,
            "--end-of-options",
            commit,
            "--",
        ])
        .output()
        .map_err(|error| refused(format!("git cannot be started: {error}")))?;
    if !output.status.success() {
        return Err(refused(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    parse(&String::from_utf8_lossy(&output.stdout)).ok_or_else(|| refused("git printed something else".to_owned()))
}

fn parse(printed: &str) -> Option<Commit> {
    let fields: Vec<&str> = printed.trim_end_matches('\n').splitn(6, '\0').collect();
    let [id, author_name, author_email, committer_name, committer_email, message] = fields.try_into().ok()?;
    Some(Commit {
        id: id.to_owned(),
        author_name: author_name.to_owned(),
        author_email: author_email.to_owned(),
        committer_name: committer_name.to_owned(),
        committer_email: committer_email.to_owned(),
        message: message.chars().take(MAX_MESSAGE_CHARS).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_prints_is_taken_apart() {
        let commit = parse("abc\0Ann\0a@x\0Bob\0b@x\0One: two\n").unwrap();
        assert_eq!((commit.id.as_str(), commit.message.as_str()), ("abc", "One: two"));
        assert_eq!(commit.committer_name, "Bob");
        assert_eq!(parse("abc\n"), None);
    }
}
