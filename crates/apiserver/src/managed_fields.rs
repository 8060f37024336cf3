//! `metadata.managedFields`: who owns which fields of an object. Writes record it, and server-side apply decides by it.
//! All pure; time and names are arguments.
//!
//! ```text
//! entry      one manager's fields, and the list of all managers
//! writer     who writes: by what name, through which part of the object
//! reset      what a client may do to the list itself
//! update     a write: the writer owns what it changes
//! ancient    the bound on managers that wrote long ago
//! apply      server-side apply: the applier owns what it says
//! prune      what an applier no longer says and nobody else wants
//! conflict   fields that somebody else owns with another value
//! last_applied   the annotation by which `kubectl apply` did the same on the client
//! ```

mod ancient;
mod apply;
mod conflict;
mod entry;
mod last_applied;
mod prune;
mod reset;
mod update;
mod writer;

pub(crate) use apply::{Applied, ApplyError, Wish, apply};
pub(crate) use entry::{ManagedFields, is_same_but_for_times};
pub(crate) use reset::claimed;
pub(crate) use update::{changes, record};
pub(crate) use writer::{Part, Writer, check_options};

#[cfg(test)]
mod tests;
