use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{PodTemplateSpec, ReplicationController, ReplicationControllerSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use weir_api::apps::DeploymentConfig;
use weir_api::names::{annotation, label};
use weir_api::to_object;

use crate::deployment::Phase;
use crate::error::ReconcileError;
use crate::ownership::controller_reference;

/// Copied from the config, so that users who run deployments themselves are heard.
const IGNORE: &str = "deploy.openshift.io/deployer-pod.ignore";

/// Name of the deployment of `version`.
pub fn name(config: &DeploymentConfig, version: i64) -> String {
    format!("{}-{version}", config.metadata.name.as_deref().unwrap_or_default())
}

/// The replication controller of the config's latest version: no replicas yet, the config inside, a rollout to be begun.
pub fn replication_controller(config: &DeploymentConfig) -> Result<ReplicationController, ReconcileError> {
    let version = config.status.latest_version;
    let name = name(config, version);
    let config_name = config.metadata.name.clone().unwrap_or_default();
    let own = [
        (label::DEPLOYMENT_CONFIG, config_name.clone()),
        (label::DEPLOYMENT, name.clone()),
    ];
    let own = own.map(|(key, value)| (key.to_owned(), value));

    let mut selector = config.spec.selector.clone();
    selector.extend(own.clone());
    let mut labels = config.metadata.labels.clone().unwrap_or_default();
    labels.insert(label::DEPLOYMENT_CONFIG_NAME.to_owned(), config_name);

    Ok(ReplicationController {
        metadata: ObjectMeta {
            name: Some(name),
            namespace: config.metadata.namespace.clone(),
            labels: Some(labels),
            annotations: Some(annotations(config)?),
            owner_references: Some(vec![controller_reference(config, true)]),
            ..ObjectMeta::default()
        },
        spec: Some(ReplicationControllerSpec {
            replicas: Some(0),
            min_ready_seconds: config.spec.min_ready_seconds,
            selector: Some(selector),
            template: Some(pod_template(config, own)),
        }),
        status: None,
    })
}

fn annotations(config: &DeploymentConfig) -> Result<BTreeMap<String, String>, ReconcileError> {
    let version = config.status.latest_version.to_string();
    let reason = config
        .status
        .details
        .as_ref()
        .map(|details| details.message.clone())
        .unwrap_or_default();
    let mut annotations = BTreeMap::from(
        [
            (
                annotation::DEPLOYMENT_CONFIG_NAME,
                config.metadata.name.clone().unwrap_or_default(),
            ),
            (annotation::DEPLOYMENT_CONFIG_LATEST_VERSION, version),
            (annotation::DEPLOYMENT_PHASE, Phase::New.as_str().to_owned()),
            (annotation::DEPLOYMENT_ENCODED_CONFIG, encode(config)?),
            (annotation::DEPLOYMENT_STATUS_REASON, reason),
            (annotation::DESIRED_REPLICAS, config.spec.replicas.to_string()),
            (annotation::DEPLOYMENT_REPLICAS, "0".to_owned()),
        ]
        .map(|(key, value)| (key.to_owned(), value)),
    );
    if let Some(ignore) = crate::ownership::annotation(&config.metadata, IGNORE) {
        annotations.insert(IGNORE.to_owned(), ignore.to_owned());
    }
    Ok(annotations)
}

/// The config as JSON, without what would only repeat it: an object's annotations have a common bound.
fn encode(config: &DeploymentConfig) -> Result<String, ReconcileError> {
    let mut config = config.clone();
    config.metadata.managed_fields = None;
    if let Some(annotations) = &mut config.metadata.annotations {
        annotations.remove(annotation::LAST_APPLIED);
    }
    let what = || {
        format!(
            "deploymentconfig {}",
            config.metadata.name.as_deref().unwrap_or_default()
        )
    };
    let encoded = to_object(&config).and_then(|object| serde_json::to_string(&object));
    encoded.map_err(|source| ReconcileError::Encode { what: what(), source })
}

fn pod_template(config: &DeploymentConfig, own_labels: [(String, String); 2]) -> PodTemplateSpec {
    let mut template = config.spec.template.clone().unwrap_or_default();
    let deployment = own_labels[1].1.clone();
    let meta = template.metadata.get_or_insert_default();
    meta.labels.get_or_insert_default().extend(own_labels);
    meta.annotations.get_or_insert_default().extend(
        [
            (annotation::DEPLOYMENT_NAME, deployment),
            (
                annotation::DEPLOYMENT_CONFIG_NAME,
                config.metadata.name.clone().unwrap_or_default(),
            ),
            (
                annotation::DEPLOYMENT_CONFIG_LATEST_VERSION,
                config.status.latest_version.to_string(),
            ),
        ]
        .map(|(key, value)| (key.to_owned(), value)),
    );
    for container in template.spec.iter_mut().flat_map(|spec| &mut spec.containers) {
        container.image = container.image.take().map(|image| image.trim().to_owned());
    }
    template
}
