use async_trait::async_trait;
use serde_json::{Value, json};
use weir_api::apps::DeploymentConfigRollback;
use weir_apiserver::{ApiError, FieldError, Object, RequestContext, SubresourceHandler};

use super::{DEPLOYMENT_CONFIGS, encoded, kind};
use crate::{decode, json};

/// `deploymentconfigs/NAME/rollback`: computes what the config would be with parts of an earlier rollout. Nothing is
/// stored; the client writes the answer.
pub(super) struct Rollback;

#[async_trait]
impl SubresourceHandler for Rollback {
    async fn create(&self, cx: &RequestContext, name: &str, object: Object) -> Result<Object, ApiError> {
        let request: DeploymentConfigRollback = decode::typed(&object)?;
        let invalid = |why: &str| invalid(name, why);
        if request.name != name {
            return Err(invalid(&format!("the name in the request must be {name}")));
        }
        let config = match cx.objects.get(&DEPLOYMENT_CONFIGS, &cx.namespace, name).await {
            Err(error) if error.is_not_found() => {
                return Err(invalid(&format!(
                    "cannot get deployment config {}/{name}: {error}",
                    cx.namespace
                )));
            }
            found => found?,
        };
        let latest = json::number(&config, "/status/latestVersion").unwrap_or_default();
        let full_name = format!("{}/{name}", cx.namespace);
        let target = target(&full_name, latest, request.spec.revision).map_err(|why| invalid(&why))?;
        let deployment = encoded::deployment(cx, name, target).await?.ok_or_else(|| {
            let missing = encoded::deployment_name(name, target);
            invalid(&format!("replicationcontrollers \"{missing}\" not found"))
        })?;
        let then = encoded::decode(&deployment).map_err(|why| invalid(&why))?;
        Ok(rolled_back(config, &then, &request))
    }
}

fn target(full_name: &str, latest: i64, asked: i64) -> Result<i64, String> {
    match (latest, asked) {
        (0, _) => Err("cannot rollback an undeployed config".into()),
        (1, 0) => Err(format!("no previous deployment exists for {full_name:?}")),
        (latest, 0) => Ok(latest - 1),
        (latest, asked) if asked == latest => Err(format!("version {asked} is already the latest")),
        (_, asked) => Ok(asked),
    }
}

fn rolled_back(mut config: Object, then: &Value, request: &DeploymentConfigRollback) -> Object {
    let parts = &request.spec;
    let chosen: [(bool, &[&str]); 4] = [
        (parts.include_template, &["template"]),
        (parts.include_replication_meta, &["replicas", "selector"]),
        (parts.include_triggers, &["triggers"]),
        (parts.include_strategy, &["strategy"]),
    ];
    for (_, fields) in chosen.into_iter().filter(|(is_chosen, _)| *is_chosen) {
        for field in fields {
            json::restore(&mut config, then, &format!("/spec/{field}"));
        }
    }
    // An automatic trigger would undo the rollback at once.
    for trigger in json::items_mut(&mut config, "/spec/triggers") {
        if json::text(trigger, "/type") == "ImageChange" {
            json::put(trigger, &["imageChangeParams", "automatic"], false);
        }
    }
    for (name, value) in &request.updated_annotations {
        json::put(&mut config, &["metadata", "annotations", name], value.as_str());
    }
    let next = json::number(&config, "/status/latestVersion").unwrap_or_default() + 1;
    json::put(&mut config, &["status", "latestVersion"], next);
    config
}

fn invalid(name: &str, why: &str) -> ApiError {
    let problem = FieldError::invalid("name", json!(name), why);
    ApiError::invalid(&kind("DeploymentConfigRollback"), name, vec![problem])
}

#[cfg(test)]
mod tests {
    use weir_api::apps::DeploymentConfigRollbackSpec;

    use super::*;

    #[test]
    fn the_target_is_the_version_before_unless_one_is_named() {
        assert_eq!(target("ns/web", 3, 0), Ok(2));
        assert_eq!(target("ns/web", 3, 1), Ok(1));
        assert_eq!(
            target("ns/web", 0, 0).unwrap_err(),
            "cannot rollback an undeployed config"
        );
        assert_eq!(
            target("ns/web", 1, 0).unwrap_err(),
            "no previous deployment exists for \"ns/web\""
        );
        assert_eq!(target("ns/web", 3, 3).unwrap_err(), "version 3 is already the latest");
    }

    #[test]
    fn only_chosen_parts_go_back_and_image_triggers_stop() {
        let now = json!({"spec": {"replicas": 5, "template": "new", "triggers": [
            {"type": "ConfigChange"}, {"type": "ImageChange", "imageChangeParams": {"automatic": true}}]}, "status": {"latestVersion": 2}});
        let then = json!({"spec": {"replicas": 1, "template": "old", "triggers": []}});
        let request = DeploymentConfigRollback {
            spec: DeploymentConfigRollbackSpec {
                include_template: true,
                ..DeploymentConfigRollbackSpec::default()
            },
            ..DeploymentConfigRollback::default()
        };
        let back = rolled_back(now, &then, &request);
        assert_eq!(back["spec"]["template"], "old");
        assert_eq!(back["spec"]["replicas"], 5);
        assert_eq!(
            back["spec"]["triggers"],
            json!([{"type": "ConfigChange"}, {"type": "ImageChange", "imageChangeParams": {"automatic": false}}])
        );
        assert_eq!(back["status"]["latestVersion"], 3);
    }
}
