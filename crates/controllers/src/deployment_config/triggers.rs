use k8s_openapi::api::core::v1::{Container, ObjectReference, PodTemplateSpec};
use weir_api::apps::{
    DeploymentCause, DeploymentCauseImageTrigger, DeploymentConfig, DeploymentDetails, DeploymentTriggerPolicy,
};

use crate::deployment::Deployment;

const IMAGE_CHANGE: &str = "ImageChange";
const CONFIG_CHANGE: &str = "ConfigChange";

/// What the triggers of a config ask for.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// The next version, for these reasons.
    RollOut(DeploymentDetails),
    /// Not before every image is known.
    WaitForImages,
    Nothing,
}

/// Decides about the next version. `latest` is the deployment of `status.latestVersion`, if it exists.
pub fn decide(config: &DeploymentConfig, latest: Option<&Deployment<'_>>) -> Verdict {
    let triggers = config.spec.triggers.as_deref().unwrap_or_default();
    let by_image = triggers.iter().any(|trigger| trigger.r#type == IMAGE_CHANGE);
    let by_config = triggers.iter().any(|trigger| trigger.r#type == CONFIG_CHANGE);
    if config.status.latest_version == 0 {
        return initial(triggers, by_image, by_config);
    }
    let Some(latest) = latest else { return Verdict::Nothing };
    if by_image {
        let images = new_images(config, latest);
        if !images.is_empty() {
            return Verdict::RollOut(image_change(images));
        }
    }
    if by_config && !is_latest_template(config, latest) {
        return Verdict::RollOut(config_change());
    }
    Verdict::Nothing
}

/// Whether the triggers leave every rollout to the user.
pub fn is_manual(config: &DeploymentConfig) -> bool {
    config.spec.triggers.as_ref().is_none_or(Vec::is_empty)
}

/// Whether a container still waits for its image.
pub fn lacks_image(config: &DeploymentConfig) -> bool {
    let containers = containers(config.spec.template.as_ref());
    containers.iter().any(|container| image(container).is_empty())
}

fn initial(triggers: &[DeploymentTriggerPolicy], by_image: bool, by_config: bool) -> Verdict {
    if by_image {
        let params = triggers
            .iter()
            .filter_map(|trigger| trigger.image_change_params.as_ref());
        return match params.clone().all(|params| !params.last_triggered_image.is_empty()) {
            true => Verdict::RollOut(config_change()),
            false => Verdict::WaitForImages,
        };
    }
    if by_config {
        Verdict::RollOut(config_change())
    } else {
        Verdict::Nothing
    }
}

fn config_change() -> DeploymentDetails {
    let cause = DeploymentCause {
        r#type: CONFIG_CHANGE.into(),
        image_trigger: None,
    };
    DeploymentDetails {
        message: "config change".into(),
        causes: vec![cause],
    }
}

fn image_change(images: Vec<String>) -> DeploymentDetails {
    let cause = |name: String| DeploymentCause {
        r#type: IMAGE_CHANGE.into(),
        image_trigger: Some(DeploymentCauseImageTrigger {
            from: ObjectReference {
                kind: Some("DockerImage".into()),
                name: Some(name),
                ..ObjectReference::default()
            },
        }),
    };
    DeploymentDetails {
        message: "image change".into(),
        causes: images.into_iter().map(cause).collect(),
    }
}

/// Images of the config's containers that the latest deployment does not run.
fn new_images(config: &DeploymentConfig, latest: &Deployment<'_>) -> Vec<String> {
    let deployed = latest.controller.spec.as_ref().and_then(|spec| spec.template.as_ref());
    let deployed: Vec<&str> = containers(deployed).iter().map(image).collect();
    let wanted = containers(config.spec.template.as_ref()).iter().map(image);
    wanted
        .filter(|wanted| !deployed.contains(wanted))
        .map(str::to_owned)
        .collect()
}

/// A deployment that does not say what it was made from cannot be compared and counts as up to date.
fn is_latest_template(config: &DeploymentConfig, latest: &Deployment<'_>) -> bool {
    latest
        .encoded_config()
        .is_none_or(|deployed| deployed.spec.template == config.spec.template)
}

fn containers(template: Option<&PodTemplateSpec>) -> &[Container] {
    template
        .and_then(|template| template.spec.as_ref())
        .map(|spec| spec.containers.as_slice())
        .unwrap_or_default()
}

fn image(container: &Container) -> &str {
    container.image.as_deref().unwrap_or_default().trim()
}
