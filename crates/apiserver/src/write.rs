//! The one way of every write: prepare (hooks and validation; nothing happens yet), then commit.
//!
//! ```text
//! create  ─┐
//! update  ─┤
//! apply   ─┼─> Prepared ─> commit (one revision, all or none) ─> Written
//! delete  ─┘
//! ```

mod apply;
mod commit;
mod create;
mod delete;
mod namespace;
mod ownership;
mod update;

use std::sync::Arc;

use bytes::Bytes;
use weir_store::Expect;

use crate::cache::{Entry, Form};
use crate::catalog::Served;
use crate::{ApiError, Object};

pub(crate) use apply::{ApplyRequest, apply};
pub(crate) use commit::{CommitFailure, commit};
pub(crate) use create::{CreateMode, create, prepare_create, random_suffix};
pub(crate) use delete::{DeleteOptions, delete};
pub(crate) use ownership::Claim;
pub(crate) use update::{Changed, Proposal, prepare_update, update};

/// Largest stored object, in JSON.
const MAX_OBJECT: usize = 3 << 19;

/// A write that is decided but not done.
pub(crate) struct Prepared {
    pub served: Arc<Served>,
    pub key: Arc<str>,
    pub expect: Expect,
    pub effect: Effect,
    /// After the write; of a deletion, before it.
    pub object: Object,
    /// Its stored form.
    pub value: Bytes,
    /// The state that the write starts from.
    pub existing: Option<Arc<Entry>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Create,
    Update,
    Delete,
    /// The object is already as it should be; the store is not bothered and the revision stays.
    Nothing,
}

/// A write that is done, or would be if it was not a dry run.
pub(crate) struct Written {
    pub served: Arc<Served>,
    pub effect: Effect,
    pub entry: Arc<Entry>,
    object: Object,
}

impl Written {
    /// As it leaves the server.
    pub fn object(&self, form: &Form) -> Object {
        let mut object = self.object.clone();
        let metadata = crate::metadata::members(&mut object);
        match self.entry.revision {
            0 => metadata.remove("resourceVersion"),
            revision => metadata.insert("resourceVersion".to_owned(), revision.to_string().into()),
        };
        form.strategy.decorate(&mut object);
        object
    }
}

/// The stored form, within the bound.
fn encode(form: &Form, object: &Object) -> Result<Bytes, ApiError> {
    let value = form.encode(object)?;
    if value.len() > MAX_OBJECT {
        return Err(ApiError::request_entity_too_large(format!(
            "the object has {} bytes, limit is {MAX_OBJECT}",
            value.len()
        )));
    }
    Ok(value)
}

/// The body is of the kind that the path is about.
pub(crate) fn check_kind(served: &Served, object: &Object) -> Result<(), ApiError> {
    let kind = served.kind();
    let (found, expected) = (object["apiVersion"].as_str().unwrap_or_default(), kind.api_version());
    if found != expected {
        return Err(ApiError::bad_request(format!(
            "the API version in the data ({found}) does not match the expected API version ({expected})"
        )));
    }
    match object["kind"].as_str().unwrap_or_default() {
        found if found == kind.kind => Ok(()),
        found => Err(ApiError::bad_request(format!(
            "{found} in version \"{}\" cannot be handled as a {}: the kind does not match the URL",
            kind.version, kind.kind
        ))),
    }
}
