//! What pods and pod templates share: defaults and rules of `spec`.

mod containers;
mod defaults;
mod privilege;
mod validation;

pub(crate) use defaults::{default_pod_spec, default_template};
pub(crate) use validation::{ImageRule, validate_pod_spec, validate_template};
