//! A Kubernetes-style API server that knows no group of its own: resources are described as data
//! ([`Resource`]) and given their meaning by a [`Strategy`]; everything else is one generic path.
//!
//! ```text
//! listener -> request_info -> authentication -> authorization -> limits -> decode
//!   -> Admission::complete -> Strategy::prepare -> Strategy::validate -> Admission::judge -> store.commit
//!   -> encode -> response                               store.watch -> watch cache -> every watcher (bounded)
//! ```

// What a served kind is.
mod definitions;
mod resource;
pub mod schema;

// What its handlers get and give.
mod admission;
mod authn;
mod context;
mod error;
mod field_validation;
mod follower;
pub mod metadata;
pub mod names;
mod objects;
mod warnings;

// The path of a request.
mod body;
mod chain;
mod core;
mod fields;
mod gzip;
mod in_flight;
mod list;
mod list_options;
mod managed_fields;
mod patch;
mod protobuf;
mod query;
mod representation;
mod request_info;
mod selector;
mod server;
mod status;
mod verbs;
mod write;

// What is stored and served.
mod cache;
mod catalog;
mod describe;
mod metrics;

#[cfg(test)]
mod complexity;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;

pub use admission::{Admission, Creation, Reservation, StoredObject, StoredObjects};
pub use authn::{Attributes, Authenticator, Authorizer, Decision, UserInfo};
pub use body::{DocumentFormat, decode_document};
pub use context::{Connect, RequestContext};
pub use core::Clock;
pub use definitions::{Definitions, DefinitionsError};
pub use describe::{ReadyCheck, VersionInfo};
pub use error::{ApiError, Cause, ErrorDetails, FieldError};
pub use field_validation::FieldValidation;
pub use follower::{Followed, Follower};
pub use in_flight::InFlightLimits;
pub use objects::{ObjectWatch, Objects, Planned, UpdateMode};
pub use protobuf::{ProtobufTables, TableError};
pub use resource::{
    Column, Companion, GroupResource, GroupVersionKind, Handler, Object, Resource, Scope, Serving, Strategy,
    Subresource, SubresourceHandler, Verb, View, VirtualResource,
};
pub use schema::{Fields, ListKey, ListType, PatchStrategy, Schema, Topology};
pub use selector::{FieldSelector, LabelSelector, SelectorError};
pub use server::{BuildError, Server, ServerBuilder};
