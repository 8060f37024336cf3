use std::borrow::Borrow;

use k8s_openapi::api::core::v1::Container;
use weir_api::apps::{DeploymentConfig, DeploymentTriggerImageChangeParams};
use weir_api::image::ImageStream;

use super::resolve_in;
use crate::source::{StreamKey, StreamTag, text};

/// What the image change triggers of a DeploymentConfig ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeploymentConfigPlan {
    /// Everything is as the triggers want it.
    Unchanged,
    /// Nothing may change before this tag has an image: triggers of one DeploymentConfig apply together or not at all.
    Waiting(StreamTag),
    /// One write of the DeploymentConfig with all of this.
    Patch {
        /// Container name and its new image.
        containers: Vec<(String, String)>,
        /// Init container name and its new image.
        init_containers: Vec<(String, String)>,
        /// Index into `spec.triggers` and the new `lastTriggeredImage`.
        last_triggered: Vec<(usize, String)>,
    },
}

/// Plans what follows for `dc` from the images its automatic triggers name.
///
/// A trigger whose tag is gone keeps the image it set last; one that never had an image holds everything back.
pub fn deployment_config<L, S>(dc: &DeploymentConfig, lookup: L) -> DeploymentConfigPlan
where
    L: Fn(&str, &str) -> Option<S>,
    S: Borrow<ImageStream>,
{
    let (mut containers, mut init_containers, mut last_triggered) = (Vec::new(), Vec::new(), Vec::new());
    for (index, params, tag) in automatic_triggers(dc) {
        let Some(image) = resolve_in(&lookup, &tag).or_else(|| non_empty(&params.last_triggered_image)) else {
            return DeploymentConfigPlan::Waiting(tag);
        };
        if params.last_triggered_image != image {
            last_triggered.push((index, image.clone()));
        }
        let pod = dc.spec.template.as_ref().and_then(|template| template.spec.as_ref());
        let init = pod.and_then(|pod| pod.init_containers.as_deref()).unwrap_or_default();
        set_images(&mut init_containers, init, params, &image);
        set_images(
            &mut containers,
            pod.map(|pod| pod.containers.as_slice()).unwrap_or_default(),
            params,
            &image,
        );
    }
    if containers.is_empty() && init_containers.is_empty() && last_triggered.is_empty() {
        return DeploymentConfigPlan::Unchanged;
    }
    DeploymentConfigPlan::Patch {
        containers,
        init_containers,
        last_triggered,
    }
}

/// The streams whose changes concern `dc`.
pub fn deployment_config_streams(dc: &DeploymentConfig) -> Vec<StreamKey> {
    let mut keys: Vec<_> = automatic_triggers(dc).map(|(_, _, tag)| tag.stream).collect();
    keys.sort();
    keys.dedup();
    keys
}

fn automatic_triggers(
    dc: &DeploymentConfig,
) -> impl Iterator<Item = (usize, &DeploymentTriggerImageChangeParams, StreamTag)> {
    let namespace = text(&dc.metadata.namespace);
    dc.spec
        .triggers
        .iter()
        .flatten()
        .enumerate()
        .filter_map(move |(index, trigger)| {
            let params = trigger.image_change_params.as_ref().filter(|params| params.automatic)?;
            Some((index, params, StreamTag::of(&params.from, namespace)?))
        })
}

/// Adds the containers of `params` whose image is another. The last trigger that names a container wins.
fn set_images(
    planned: &mut Vec<(String, String)>,
    containers: &[Container],
    params: &DeploymentTriggerImageChangeParams,
    image: &str,
) {
    for container in containers
        .iter()
        .filter(|container| params.container_names.contains(&container.name))
    {
        planned.retain(|(name, _)| *name != container.name);
        if container.image.as_deref() != Some(image) {
            planned.push((container.name.clone(), image.to_owned()));
        }
    }
}

fn non_empty(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}
