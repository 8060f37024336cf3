//! Where a build's source comes from: addresses and refs that are safe to hand to git, the clone itself (run in the
//! unprivileged child), what is uploaded instead of it, the facts of the
//! commit, and what the builder wants to know about the tree.

mod clone;
mod commit;
mod credentials;
mod git_ref;
mod git_url;
mod survey;
mod unpack;

pub(crate) use git_ref::GitRef;
pub(crate) use git_url::GitUrl;

pub(crate) use clone::{FetchJob, clone, source_directory};
pub(crate) use commit::{COMMIT_FORMAT, Commit};
pub(crate) use credentials::{SourceCredentials, SourceSecret};
pub(crate) use survey::{Survey, SurveyError, SurveyJob, survey};
pub(crate) use unpack::{UnpackJob, unpack};
