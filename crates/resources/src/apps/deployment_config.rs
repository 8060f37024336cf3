use std::sync::Arc;

use async_trait::async_trait;
use serde_json::json;
use weir_api::apps::DeploymentConfig;
use weir_apiserver::{
    ApiError, FieldError, GroupVersionKind, Object, RequestContext, Resource, Scope, Strategy, Subresource, Verb,
};

use super::{defaults, instantiate, kind, log, rollback, scale, schemas, table, validation};
use crate::{Config, decode, describe, generation, json};

/// How many old rollouts are kept when nothing is said.
const REVISION_HISTORY_LIMIT: i64 = 10;
const LATEST_VERSION: &str = "/status/latestVersion";
/// Counts that clients expect to be there even when they are zero.
const COUNTS: [&str; 6] = [
    "latestVersion",
    "observedGeneration",
    "replicas",
    "updatedReplicas",
    "availableReplicas",
    "unavailableReplicas",
];

/// An application, the images it follows, and how it is replaced by its next version.
pub(super) fn resource(config: &Config) -> Resource {
    let kind = kind("DeploymentConfig");
    Resource {
        short_names: &["dc"],
        categories: &["all"],
        subresources: subresources(config, kind),
        columns: table::COLUMNS,
        cells: table::cells,
        schema: &schemas::DEPLOYMENT_CONFIG,
        ..describe::stored(
            kind,
            "deploymentconfigs",
            "deploymentconfig",
            Scope::Namespaced,
            Arc::new(DeploymentConfigs),
        )
    }
}

fn subresources(config: &Config, deployment_config: GroupVersionKind) -> Vec<Subresource> {
    const WRITE: &[Verb] = &[Verb::Get, Verb::Update, Verb::Patch];
    vec![
        describe::subresource(
            "instantiate",
            kind("DeploymentRequest"),
            &[Verb::Create],
            instantiate::Instantiate,
        ),
        describe::subresource(
            "log",
            kind("DeploymentLog"),
            &[Verb::Get],
            log::DeploymentLog(config.nodes.clone()),
        ),
        describe::subresource(
            "rollback",
            kind("DeploymentConfigRollback"),
            &[Verb::Create],
            rollback::Rollback,
        ),
        describe::subresource("scale", scale::KIND, WRITE, scale::Scale),
        describe::status(deployment_config),
    ]
}

struct DeploymentConfigs;

#[async_trait]
impl Strategy for DeploymentConfigs {
    fn default(&self, config: &mut Object) {
        defaults::default_config(config);
        json::map_at(config, &["status"]);
        for count in COUNTS {
            json::set_default(config, "/status", count, 0);
        }
    }

    async fn prepare_for_create(&self, _cx: &RequestContext, config: &mut Object) -> Result<(), ApiError> {
        decode::typed::<DeploymentConfig>(config)?;
        json::set_default(config, "/spec", "revisionHistoryLimit", REVISION_HISTORY_LIMIT);
        for trigger in json::items_mut(config, "/spec/triggers") {
            json::remove(trigger, "/imageChangeParams/lastTriggeredImage");
        }
        config["status"] = json!({});
        for count in COUNTS {
            config["status"][count] = 0.into();
        }
        generation::start(config);
        Ok(())
    }

    async fn prepare_for_update(
        &self,
        _cx: &RequestContext,
        config: &mut Object,
        old: &Object,
    ) -> Result<(), ApiError> {
        decode::typed::<DeploymentConfig>(config)?;
        let next = json::number(old, LATEST_VERSION).unwrap_or_default() + 1;
        let rolls_out = json::number(config, LATEST_VERSION) == Some(next);
        json::restore(config, old, "/status");
        if rolls_out {
            json::put(config, &["status", "latestVersion"], next);
        }
        let changed = rolls_out || config["spec"] != old["spec"];
        generation::follow(config, old, changed);
        Ok(())
    }

    fn validate(&self, config: &Object) -> Vec<FieldError> {
        match decode::or_field_error::<DeploymentConfig>(config) {
            Ok(config) => validation::deployment_config(&config),
            Err(problem) => vec![problem],
        }
    }

    fn validate_update(&self, config: &Object, old: &Object) -> Vec<FieldError> {
        let mut problems = self.validate(config);
        for field in ["latestVersion", "observedGeneration"] {
            let path = format!("/status/{field}");
            if json::number(config, &path) < json::number(old, &path) {
                let message = format!("{field} cannot be decremented");
                problems.push(FieldError::invalid(
                    format!("status.{field}"),
                    &config["status"][field],
                    message,
                ));
            }
        }
        problems
    }

    fn is_decorated(&self) -> bool {
        false
    }

    fn allow_unconditional_update(&self) -> bool {
        false
    }
}
