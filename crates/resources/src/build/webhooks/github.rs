//! GitHub, and Gogs and Gitea, which speak like it.

use serde::Deserialize;
use weir_apiserver::ApiError;

use super::branch;
use super::payload::{Delivery, Told, shown};
use super::revision::{Commit, is_gone};

const HEADERS: [&str; 2] = ["X-GitHub-Event", "X-Gogs-Event"];

#[derive(Default, Deserialize)]
#[serde(default)]
struct Push {
    r#ref: Option<String>,
    /// The commit that the branch points to now.
    after: Option<String>,
    head_commit: Option<Commit>,
    repository: Option<Repository>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Repository {
    default_branch: Option<String>,
}

pub(super) fn read(delivery: &Delivery<'_>) -> Result<Told, ApiError> {
    match delivery.event(&HEADERS)? {
        "ping" => Ok(Told::NOTHING),
        "push" => delivery.json().map(|push| pushed(push, delivery)),
        other => Err(ApiError::bad_request(format!(
            "Unknown {} {}",
            HEADERS.join(" or "),
            shown(other)
        ))),
    }
}

fn pushed(push: Push, delivery: &Delivery<'_>) -> Told {
    let default_branch = push.repository.and_then(|repository| repository.default_branch);
    let reference = push.r#ref.unwrap_or_default();
    let concerns = branch::concerns(&reference, delivery.source, default_branch.as_deref());
    if !concerns || is_gone(push.after.as_deref()) {
        return Told::NOTHING;
    }
    let mut commit = push.head_commit.unwrap_or_default();
    commit.id = commit.id.filter(|id| !id.is_empty()).or(push.after);
    Told::build(commit.revision())
}
