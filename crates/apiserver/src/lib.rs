//! A Kubernetes-style API server that knows no group of its own: resources are described as data
//! ([`Resource`]) and given their meaning by a [`Strategy`]; everything else is one generic path.
//!
//! ```text
//! listener -> request_info -> authentication -> authorization -> limits -> decode
//!   -> Strategy::prepare -> Strategy::validate -> store.commit -> encode -> response
//!                                             '-> store.watch -> watch cache -> every watcher (bounded)
//! ```

mod authn;
mod context;
mod error;
pub mod names;
mod objects;
mod query;
mod resource;
pub mod schema;
mod server;

pub use authn::{Attributes, Authenticator, Authorizer, Decision, UserInfo};
pub use context::{Connect, RequestContext};
pub use error::{ApiError, Cause, ErrorDetails, FieldError};
pub use objects::{Objects, Planned, UpdateMode};
pub use resource::{
    Column, GroupResource, GroupVersionKind, Handler, Object, Resource, Scope, Serving, Strategy, Subresource,
    SubresourceHandler, Verb, VirtualResource,
};
pub use schema::{ListType, Schema};
pub use server::{Server, ServerBuilder};
