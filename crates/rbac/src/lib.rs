//! What roles and bindings mean: who may do what, whether somebody may pass rights on, and what aggregated roles
//! consist of. Pure: no IO, no clock, no knowledge of which kinds there are.
//!
//! ```text
//! Role, ClusterRole, RoleBinding, ClusterRoleBinding -> Index          fed with every change
//! Index + Who + Request -> Grant | nothing                             deny is the default
//! held rules + wanted rules -> what is missing                         nobody passes on what he does not hold
//! ClusterRoles + AggregationRule -> rules                              what an aggregated role consists of
//! ```

mod null;
mod request;
mod rule;
mod subject;

mod aggregation;
mod coverage;
mod index;
mod namespace;

pub use aggregation::{AggregationRule, LabelSelector, Requirement, SourceRole, aggregated_rules};
pub use coverage::{MAX_COMBINATIONS, NotCovered, TooManyCombinations, describe, uncovered};
pub use index::{Binding, Grant, Holders, Index, RoleNotFound};
pub use namespace::{NamespaceBinding, namespace_bindings};
pub use request::{Request, Target};
pub use rule::PolicyRule;
pub use subject::{RoleKind, RoleRef, Subject, SubjectKind, Who, service_account_name};
