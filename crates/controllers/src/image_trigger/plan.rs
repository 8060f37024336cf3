use json_patch::{AddOperation, Patch, PatchOperation, ReplaceOperation, TestOperation, jsonptr::PointerBuf};
use k8s_openapi::api::core::v1::Container;
use serde_json::Value;
use weir_api::apps::DeploymentConfig;
use weir_api::build::{BuildConfig, BuildRequest};
use weir_api::image::ImageStream;
use weir_imagestream::triggers::{self, BuildConfigPlan, DeploymentConfigPlan};

/// The change that brings `config` in line with the streams, if it needs one: exactly the fields that differ, valid for
/// the version of the object that was looked at and no other.
pub fn deployment_config<L, S>(config: &DeploymentConfig, lookup: L) -> Option<Patch>
where
    L: Fn(&str, &str) -> Option<S>,
    S: std::borrow::Borrow<ImageStream>,
{
    let DeploymentConfigPlan::Patch {
        containers,
        init_containers,
        last_triggered,
    } = triggers::deployment_config(config, lookup)
    else {
        return None;
    };
    let pod = config
        .spec
        .template
        .as_ref()
        .and_then(|template| template.spec.as_ref());
    let main = pod.map(|pod| pod.containers.as_slice()).unwrap_or_default();
    let init = pod.and_then(|pod| pod.init_containers.as_deref()).unwrap_or_default();

    let mut operations = vec![same_version(config)];
    operations.extend(images("containers", main, &containers));
    operations.extend(images("initContainers", init, &init_containers));
    operations.extend(last_triggered.into_iter().map(|(trigger, image)| {
        let trigger = trigger.to_string();
        add(
            &["spec", "triggers", &trigger, "imageChangeParams", "lastTriggeredImage"],
            image,
        )
    }));
    Some(Patch(operations))
}

/// The one build request that the moved images of `config` ask for, if any.
pub fn build_config<L, S>(config: &BuildConfig, lookup: L) -> Option<BuildRequest>
where
    L: Fn(&str, &str) -> Option<S>,
    S: std::borrow::Borrow<ImageStream>,
{
    let BuildConfigPlan::Instantiate {
        from,
        triggered_by_image,
        causes,
    } = triggers::build_config(config, lookup)
    else {
        return None;
    };
    let mut request = BuildRequest {
        triggered_by_image: Some(triggered_by_image),
        from: Some(from),
        triggered_by: causes,
        ..BuildRequest::default()
    };
    request.metadata.name = config.metadata.name.clone();
    request.metadata.namespace = config.metadata.namespace.clone();
    Some(request)
}

/// Makes the patch fail with a conflict if the object is not the one that was looked at: positions in lists mean
/// nothing in another version.
fn same_version(config: &DeploymentConfig) -> PatchOperation {
    let version = config.metadata.resource_version.clone().unwrap_or_default();
    PatchOperation::Replace(ReplaceOperation {
        path: PointerBuf::from_tokens(["metadata", "resourceVersion"]),
        value: Value::from(version),
    })
}

/// Sets the image of every named container. The name is tested too, so that the positions cannot be off.
fn images<'a>(
    list: &'a str,
    containers: &'a [Container],
    changes: &'a [(String, String)],
) -> impl Iterator<Item = PatchOperation> + 'a {
    let position = |name: &str| containers.iter().position(|container| container.name == name);
    changes
        .iter()
        .filter_map(move |(name, image)| Some((position(name)?, name, image)))
        .flat_map(move |(position, name, image)| {
            let position = position.to_string();
            let path = |field| ["spec", "template", "spec", list, position.as_str(), field];
            let test = TestOperation {
                path: PointerBuf::from_tokens(path("name")),
                value: Value::from(name.as_str()),
            };
            [PatchOperation::Test(test), add(&path("image"), image.clone())]
        })
}

/// `add` sets a member whether or not it is there.
fn add(path: &[&str], value: String) -> PatchOperation {
    PatchOperation::Add(AddOperation {
        path: PointerBuf::from_tokens(path.iter().copied()),
        value: Value::from(value),
    })
}
