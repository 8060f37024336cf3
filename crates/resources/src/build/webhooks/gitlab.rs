use serde::Deserialize;
use weir_apiserver::ApiError;

use super::branch;
use super::payload::{Delivery, Told, shown};
use super::revision::{Commit, is_gone};

const HEADER: &str = "X-Gitlab-Event";

#[derive(Default, Deserialize)]
#[serde(default)]
struct Push {
    r#ref: Option<String>,
    /// The commit that the branch points to now.
    after: Option<String>,
    /// The oldest first. None when a branch was made where another one is.
    commits: Option<Vec<Commit>>,
    project: Option<Project>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Project {
    default_branch: Option<String>,
}

pub(super) fn read(delivery: &Delivery<'_>) -> Result<Told, ApiError> {
    match delivery.event(&[HEADER])? {
        "Push Hook" => delivery.json().map(|push| pushed(push, delivery)),
        other => Err(ApiError::bad_request(format!("Unknown {HEADER} {}", shown(other)))),
    }
}

fn pushed(push: Push, delivery: &Delivery<'_>) -> Told {
    let default_branch = push.project.and_then(|project| project.default_branch);
    let reference = push.r#ref.unwrap_or_default();
    let concerns = branch::concerns(&reference, delivery.source, default_branch.as_deref());
    if !concerns || is_gone(push.after.as_deref()) {
        return Told::NOTHING;
    }
    let mut commit = push.commits.and_then(|mut commits| commits.pop()).unwrap_or_default();
    commit.id = commit.id.filter(|id| !id.is_empty()).or(push.after);
    // GitLab tells only who wrote it.
    commit.committer.clone_from(&commit.author);
    Told::build(commit.revision())
}
