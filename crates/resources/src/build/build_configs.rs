use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use weir_api::build::BuildConfig;
use weir_apiserver::{ApiError, FieldError, Object, RequestContext, Resource, Scope, Strategy, Verb};

use super::webhooks::WebHooks;
use super::{
    defaults, instantiate, instantiate_binary, kind, schemas, source_secret, strategy_access, table, triggers,
    validation,
};
use crate::{Config, decode, describe, generation, json};

/// How many finished builds of each outcome are kept when nothing is said.
const HISTORY_LIMIT: i64 = 5;
const LAST_VERSION: &str = "/status/lastVersion";

/// What to build, from what, and when. Builds are made of it at `/instantiate`.
pub(super) fn resource(config: &Config) -> Resource {
    let instantiate = instantiate::Instantiate {
        clock: config.clock.clone(),
    };
    let binary = instantiate_binary::InstantiateBinary::new(instantiate.clone(), config.nodes.clone());
    Resource {
        short_names: &["bc"],
        categories: &["all"],
        subresources: vec![
            describe::subresource(
                "instantiate",
                kind("BuildRequest"),
                &[Verb::Create],
                instantiate.clone(),
            ),
            describe::subresource(
                "instantiatebinary",
                kind("BinaryBuildRequestOptions"),
                &[Verb::Create],
                binary,
            ),
            describe::subresource("webhooks", kind("Build"), &[Verb::Create], WebHooks::new(instantiate)),
        ],
        columns: table::BUILD_CONFIG_COLUMNS,
        cells: table::build_config_cells,
        schema: &schemas::BUILD_CONFIG,
        ..describe::stored(
            kind("BuildConfig"),
            "buildconfigs",
            "buildconfig",
            Scope::Namespaced,
            Arc::new(BuildConfigs),
        )
    }
}

struct BuildConfigs;

#[async_trait]
impl Strategy for BuildConfigs {
    fn default(&self, config: &mut Object) {
        json::map_at(config, &["spec"]);
        let spec = &mut config["spec"];
        json::set_default_text(spec, "", "runPolicy", "Serial");
        defaults::default_spec(spec);
        triggers::normalise(spec);
        json::map_at(config, &["status"]);
        json::set_default(config, "/status", "lastVersion", 0);
    }

    async fn prepare_for_create(&self, cx: &RequestContext, config: &mut Object) -> Result<(), ApiError> {
        decode::typed::<BuildConfig>(config)?;
        strategy_access::check(cx, config).await?;
        source_secret::inject(cx, config).await?;
        for limit in ["successfulBuildsHistoryLimit", "failedBuildsHistoryLimit"] {
            json::set_default(config, "/spec", limit, HISTORY_LIMIT);
        }
        generation::start(config);
        Ok(())
    }

    async fn prepare_for_update(&self, cx: &RequestContext, config: &mut Object, old: &Object) -> Result<(), ApiError> {
        decode::typed::<BuildConfig>(config)?;
        strategy_access::check_change(cx, config, old).await?;
        let (version, stored) = (json::number(config, LAST_VERSION), json::number(old, LAST_VERSION));
        if version < stored {
            json::put(config, &["status", "lastVersion"], stored);
        }
        let changed = config["spec"] != old["spec"] || version > stored;
        generation::follow(config, old, changed);
        Ok(())
    }

    fn validate(&self, config: &Object) -> Vec<FieldError> {
        match decode::or_field_error::<BuildConfig>(config) {
            Ok(typed) => validation::build_config(&typed),
            Err(problem) => vec![problem],
        }
    }

    fn is_decorated(&self) -> bool {
        false
    }

    fn allow_unconditional_update(&self) -> bool {
        false
    }
}

/// `build-config.paused: "true"` stops instantiation.
pub(super) fn is_paused(config: &Value) -> bool {
    let paused = json::meta(config, "annotations", weir_api::names::annotation::BUILD_CONFIG_PAUSED);
    paused.eq_ignore_ascii_case("true")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn defaults_give_a_run_policy_and_a_version() {
        let mut config = json!({"metadata": {"name": "web"}});
        BuildConfigs.default(&mut config);
        assert_eq!(json::text(&config, "/spec/runPolicy"), "Serial");
        assert_eq!(config["status"], json!({"lastVersion": 0}));
        assert_eq!(config["spec"]["triggers"], json!([]));
    }

    #[test]
    fn pausing_is_not_case_sensitive() {
        let with = |value: &str| json!({"metadata": {"annotations": {"openshift.io/build-config.paused": value}}});
        assert!(is_paused(&with("True")));
        assert!(!is_paused(&with("yes")));
        assert!(!is_paused(&json!({})));
    }
}
