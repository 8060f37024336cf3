use serde::Deserialize;
use weir_api::build::{GitSourceRevision, SourceControlUser, SourceRevision};

use super::payload::cut;

/// Longest message that is kept of a commit, in bytes: a page of text. Build and cause both have it.
const MAX_MESSAGE: usize = 4 << 10;
/// Longest name, address or hash that is kept.
const MAX_WORD: usize = 256;

/// A commit as callers tell it; nothing of it is certain.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Commit {
    #[serde(alias = "commit")]
    pub id: Option<String>,
    pub author: Option<Person>,
    pub committer: Option<Person>,
    pub message: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct Person {
    pub name: Option<String>,
    pub email: Option<String>,
}

impl Commit {
    /// `None` when the commit has no hash: then the branch is built as it is.
    pub fn revision(self) -> Option<SourceRevision> {
        let commit = self.id.filter(|id| !id.is_empty())?;
        Some(SourceRevision {
            r#type: "Git".to_owned(),
            git: Some(GitSourceRevision {
                commit: cut(&commit, MAX_WORD).to_owned(),
                author: user(self.author),
                committer: user(self.committer),
                message: cut(&self.message.unwrap_or_default(), MAX_MESSAGE).to_owned(),
            }),
        })
    }
}

/// Servers write zeros for the commit of a branch that is gone.
pub(super) fn is_gone(hash: Option<&str>) -> bool {
    hash.is_some_and(|hash| !hash.is_empty() && hash.bytes().all(|byte| byte == b'0'))
}

fn user(person: Option<Person>) -> SourceControlUser {
    let person = person.unwrap_or_default();
    SourceControlUser {
        name: cut(&person.name.unwrap_or_default(), MAX_WORD).to_owned(),
        email: cut(&person.email.unwrap_or_default(), MAX_WORD).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_a_commit_has_bounds() {
        let commit = Commit {
            id: Some("a".repeat(1_000)),
            author: Some(Person {
                name: Some("ä".repeat(1_000)),
                email: None,
            }),
            message: Some("x".repeat(1 << 20)),
            ..Commit::default()
        };
        let git = commit.revision().and_then(|revision| revision.git).unwrap();
        assert_eq!(
            (git.commit.len(), git.author.name.len(), git.message.len()),
            (MAX_WORD, MAX_WORD, MAX_MESSAGE)
        );
        assert_eq!(git.committer, SourceControlUser::default());
    }

    #[test]
    fn a_commit_without_a_hash_is_no_revision() {
        assert_eq!(Commit::default().revision(), None);
        let table = [
            (None, false),
            (Some(""), false),
            (Some("000"), true),
            (Some("00a"), false),
        ];
        for (hash, wanted) in table {
            assert_eq!(is_gone(hash), wanted, "{hash:?}");
        }
    }
}
