//! Bitbucket Cloud (`repo:push`) and Bitbucket Server (`repo:refs_changed`). One call can tell of several branches.

use serde::Deserialize;
use weir_apiserver::ApiError;

use super::branch;
use super::payload::{Delivery, Told, shown};
use super::revision::{Commit, Person, is_gone};

const HEADER: &str = "X-Event-Key";

/// Of Bitbucket Cloud.
#[derive(Default, Deserialize)]
#[serde(default)]
struct CloudPush {
    push: Option<CloudChanges>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CloudChanges {
    changes: Option<Vec<CloudChange>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CloudChange {
    /// The newest first.
    commits: Option<Vec<CloudCommit>>,
    /// What the branch was; nothing for a new one.
    old: Option<CloudBranch>,
    /// What the branch is; nothing for one that is gone.
    new: Option<CloudBranch>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CloudBranch {
    r#type: Option<String>,
    name: Option<String>,
    target: Option<CloudCommit>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CloudCommit {
    hash: Option<String>,
    message: Option<String>,
    author: Option<CloudAuthor>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CloudAuthor {
    username: Option<String>,
    user: Option<CloudUser>,
    /// `NAME <ADDRESS>`, as git has it.
    raw: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CloudUser {
    username: Option<String>,
}

/// Of Bitbucket Server.
#[derive(Default, Deserialize)]
#[serde(default)]
struct ServerPush {
    changes: Option<Vec<ServerChange>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ServerChange {
    r#ref: Option<ServerRef>,
    to_hash: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ServerRef {
    display_id: Option<String>,
    r#type: Option<String>,
}

/// A branch that moved, and where it is now: `None` when it is gone.
struct Moved {
    branch: String,
    commit: Option<Commit>,
}

pub(super) fn read(delivery: &Delivery<'_>) -> Result<Told, ApiError> {
    let moved: Vec<Option<Moved>> = match delivery.event(&[HEADER])? {
        "repo:push" => {
            let push: CloudPush = delivery.json()?;
            let changes = push.push.and_then(|push| push.changes).unwrap_or_default();
            changes.into_iter().map(CloudChange::moved).collect()
        }
        "repo:refs_changed" => {
            let push: ServerPush = delivery.json()?;
            let changes = push.changes.unwrap_or_default();
            changes.into_iter().map(ServerChange::moved).collect()
        }
        other => {
            return Err(ApiError::bad_request(format!(
                "Unknown Bitbucket {HEADER} {}",
                shown(other)
            )));
        }
    };
    if moved.is_empty() {
        return Err(ApiError::bad_request(
            "Unable to extract valid event from payload: it tells of no changes",
        ));
    }
    Ok(first_that_concerns(moved.into_iter().flatten(), delivery))
}

fn first_that_concerns(mut moved: impl Iterator<Item = Moved>, delivery: &Delivery<'_>) -> Told {
    let found = moved.find(|moved| branch::concerns(&moved.branch, delivery.source, None));
    match found.and_then(|moved| moved.commit) {
        Some(commit) => Told::build(commit.revision()),
        None => Told::NOTHING,
    }
}

impl CloudChange {
    /// `None` for what is no branch.
    fn moved(self) -> Option<Moved> {
        let is_gone = self.new.is_none() && self.commits.as_ref().is_none_or(Vec::is_empty);
        let now = self.new.or(self.old)?;
        if now.r#type.as_deref() == Some("tag") {
            return None;
        }
        let newest = self.commits.unwrap_or_default().into_iter().next().or(now.target);
        Some(Moved {
            branch: now.name.unwrap_or_default(),
            commit: newest.filter(|_| !is_gone).map(CloudCommit::commit),
        })
    }
}

impl CloudCommit {
    fn commit(self) -> Commit {
        let author = self.author.map(CloudAuthor::person);
        Commit {
            id: self.hash,
            committer: author.clone(),
            author,
            message: self.message,
        }
    }
}

impl CloudAuthor {
    fn person(self) -> Person {
        let username = self.username.or(self.user.and_then(|user| user.username));
        let raw = self.raw.unwrap_or_default();
        let (name, rest) = raw.split_once('<').unwrap_or((&raw, ""));
        Person {
            name: username.or_else(|| Some(name.trim().to_owned())),
            email: rest.strip_suffix('>').map(str::to_owned),
        }
    }
}

impl ServerChange {
    fn moved(self) -> Option<Moved> {
        let reference = self.r#ref.unwrap_or_default();
        if reference.r#type.as_deref() == Some("TAG") {
            return None;
        }
        let commit = Commit {
            id: self.to_hash.filter(|hash| !is_gone(Some(hash))),
            ..Commit::default()
        };
        Some(Moved {
            branch: reference.display_id.unwrap_or_default(),
            commit: Some(commit).filter(|commit| commit.id.is_some()),
        })
    }
}
