//! Properties of everything that reads what strangers send. Each module is one target: `check` takes any bytes and
//! panics when the property does not hold. `cargo xtask fuzz` runs them.
//!
//! ```text
//! json_reader  yaml_reader  protobuf_envelope           bodies
//! json_patch   merge_patch  strategic_patch             patches, against models that are as plain as can be
//! server_side_apply                                     who owns what after writes of several managers, the same way
//! label_selector  field_selector  continue_token        query parameters
//! rbac_decision  rbac_coverage                           who may do what, and may pass it on
//! image_reference  image_manifest                       what registries and image streams are given
//! ```

pub mod continue_token;
pub mod field_selector;
pub mod image_manifest;
pub mod image_reference;
pub mod json_patch;
pub mod json_reader;
pub mod label_selector;
pub mod merge_patch;
pub mod protobuf_envelope;
pub mod rbac_coverage;
pub mod rbac_decision;
pub mod server_side_apply;
pub mod strategic_patch;
pub mod yaml_reader;

mod rules;
mod value;
