//! What quotas and limit ranges MEAN: how much an object uses, which quotas count it, what is too much, and what a
//! container gets that says nothing. Pure: the server that refuses and the controller that reports share these rules.
//!
//! ```text
//! pod ──PodUsage──> Amounts ─┐
//! object ──Counted─> Amounts ─┴─> Quota::asks ──> Quota::exceeded (used + asked > hard?)
//! LimitRange ──> Limits ──> defaults, violations
//! ```

mod amounts;
mod counted;
mod limits;
mod pod;
mod quantity;
mod quota;
mod scope;

pub use amounts::Amounts;
pub use counted::{Counted, names_of};
pub use limits::{ContainerDefaults, Limits};
pub use pod::{PodUsage, is_compute};
pub use quantity::Quantity;
pub use quota::{Exceeded, Holdings, Quota};
pub use scope::{PodTraits, Scope, ScopeRule};
