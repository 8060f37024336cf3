//! The next Build of a BuildConfig, and what the BuildConfig remembers of it. Pure: what references mean is an argument.

mod inputs;
mod metadata;
mod options;
mod trigger_status;

use serde_json::{Value, json};
use weir_apiserver::{ApiError, Object};

pub(super) use inputs::{set_binary, strategy_field};
pub(super) use options::apply_options;
pub(super) use trigger_status::{TriggerImage, already_built, image_triggers, status_entries};

use crate::json;

/// Account that builds run as when nothing is said.
const SERVICE_ACCOUNT: &str = "builder";
/// What a BuildConfig has and a Build has not.
const ONLY_IN_CONFIGS: [&str; 4] = [
    "/triggers",
    "/runPolicy",
    "/successfulBuildsHistoryLimit",
    "/failedBuildsHistoryLimit",
];

/// What the references of a BuildConfig's inputs mean now.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    /// Image that the strategy starts from, if it names one.
    pub strategy: Option<String>,
    /// One per entry of `source.images`.
    pub images: Vec<String>,
}

/// The Build with this number.
pub(super) fn build(config: &Object, request: &Object, inputs: &Inputs, number: i64) -> Result<Object, ApiError> {
    let mut build = json!({
        "kind": "Build",
        "apiVersion": weir_api::build::API_VERSION,
        "metadata": metadata::of_build(config, request, number),
        "spec": inputs::pinned(spec_of(config), inputs),
        "status": {"phase": "New", "config": config_reference(config), "output": {}},
    });
    let spec = &mut build["spec"];
    for part in ["revision", "triggeredBy"] {
        if !json::is_unset(request, &format!("/{part}")) {
            spec[part] = request[part].clone();
        }
    }
    set_binary(spec, request);
    apply_options(spec, config, request)?;
    Ok(build)
}

fn spec_of(config: &Object) -> Value {
    let mut spec = config["spec"].clone();
    for field in ONLY_IN_CONFIGS {
        json::remove(&mut spec, field);
    }
    json::set_default_text(&mut spec, "", "serviceAccount", SERVICE_ACCOUNT);
    spec
}

fn config_reference(config: &Object) -> Value {
    json!({
        "kind": "BuildConfig",
        "name": config["metadata"]["name"],
        "namespace": config["metadata"]["namespace"],
    })
}

/// `NAMESPACE/NAME`, as messages name a BuildConfig.
pub(super) fn full_name(config: &Object) -> String {
    format!(
        "{}/{}",
        json::text(config, "/metadata/namespace"),
        json::text(config, "/metadata/name")
    )
}

#[cfg(test)]
mod tests;
