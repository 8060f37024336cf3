use async_trait::async_trait;
use serde_json::{Value, json};
use weir_api::apps::DeploymentRequest;
use weir_apiserver::{ApiError, FieldError, Object, RequestContext, SubresourceHandler, UpdateMode};
use weir_imagestream::resolve;

use super::{DEPLOYMENT_CONFIGS, encoded, kind};
use crate::image::IMAGE_STREAMS;
use crate::{decode, generation, json};

/// Somebody else wrote the config: look again, so often.
const ATTEMPTS: usize = 5;
const IMAGE_CHANGE: &str = "ImageChange";
const CONFIG_CHANGE: &str = "ConfigChange";

/// `deploymentconfigs/NAME/instantiate`: asks for the next rollout, with the images of now.
pub(super) struct Instantiate;

#[async_trait]
impl SubresourceHandler for Instantiate {
    async fn create(&self, cx: &RequestContext, name: &str, object: Object) -> Result<Object, ApiError> {
        let request: DeploymentRequest = decode::typed(&object)?;
        if request.name != name {
            let why = format!(
                "the name of the request ({}) does not match the name on the URL ({name})",
                request.name
            );
            return Err(ApiError::bad_request(why));
        }
        for _ in 1..ATTEMPTS {
            match attempt(cx, name, &request).await {
                Err(error) if error.is_conflict() => {}
                done => return done,
            }
        }
        attempt(cx, name, &request).await
    }
}

async fn attempt(cx: &RequestContext, name: &str, request: &DeploymentRequest) -> Result<Object, ApiError> {
    let stored = cx.objects.get(&DEPLOYMENT_CONFIGS, &cx.namespace, name).await?;
    if json::flag(&stored, "/spec/paused") {
        let problem = FieldError::invalid("spec.paused", true, "cannot deploy a paused deployment config");
        return Err(ApiError::invalid(&kind("DeploymentConfig"), name, vec![problem]));
    }
    let mut config = stored.clone();
    if request.latest {
        take_latest_images(cx, &mut config, request).await?;
    }
    let latest = json::number(&config, "/status/latestVersion").unwrap_or_default();
    let before = match encoded::deployment(cx, name, latest).await? {
        Some(deployment) => Some(encoded::decode(&deployment).map_err(ApiError::internal)?),
        None => None,
    };
    all_images_resolved(&config, name)?;
    let Some(details) = details(&config, before.as_ref(), request.force) else {
        return Ok(nothing_to_do(name));
    };
    config["status"]["details"] = details;
    json::put(&mut config, &["status", "latestVersion"], latest + 1);
    generation::follow(&mut config, &stored, true);
    cx.objects
        .update(
            &cx.for_resource(DEPLOYMENT_CONFIGS),
            &DEPLOYMENT_CONFIGS,
            config,
            UpdateMode::Internal,
        )
        .await
}

/// Puts what each trigger's tag means now into the template. Tags that mean nothing are skipped.
async fn take_latest_images(
    cx: &RequestContext,
    config: &mut Object,
    request: &DeploymentRequest,
) -> Result<(), ApiError> {
    if request.exclude_triggers.iter().any(|kind| kind == IMAGE_CHANGE) {
        return Ok(());
    }
    for index in 0..json::items(config, "/spec/triggers").len() {
        let trigger = &config["spec"]["triggers"][index];
        let params = &trigger["imageChangeParams"];
        let counts = request.force || json::flag(params, "/automatic");
        if json::text(trigger, "/type") != IMAGE_CHANGE || !counts {
            continue;
        }
        let names = params["containerNames"].clone();
        let Some(image) = latest_image(cx, &params["from"]).await? else {
            continue;
        };
        set_images(config, &names, &image);
        json::put(
            &mut config["spec"]["triggers"][index],
            &["imageChangeParams", "lastTriggeredImage"],
            image,
        );
    }
    Ok(())
}

async fn latest_image(cx: &RequestContext, from: &Value) -> Result<Option<String>, ApiError> {
    let Some((stream, tag)) = json::text(from, "/name").split_once(':') else {
        return Ok(None);
    };
    let namespace = match json::text(from, "/namespace") {
        "" => &cx.namespace,
        named => named,
    };
    match cx.objects.get(&IMAGE_STREAMS, namespace, stream).await {
        Ok(stream) => Ok(resolve::pull_spec(&decode::stored(&stream)?, tag).filter(|image| !image.is_empty())),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

fn set_images(config: &mut Object, names: &Value, image: &str) {
    for list in ["/spec/template/spec/initContainers", "/spec/template/spec/containers"] {
        for container in json::items_mut(config, list) {
            let is_named = json::items(names, "").contains(&container["name"]);
            if is_named {
                container["image"] = image.into();
            }
        }
    }
}

fn all_images_resolved(config: &Object, name: &str) -> Result<(), ApiError> {
    let is_open = |trigger: &Value| {
        json::text(trigger, "/type") == IMAGE_CHANGE
            && json::text(trigger, "/imageChangeParams/lastTriggeredImage").is_empty()
    };
    if json::items(config, "/spec/triggers").iter().any(is_open) {
        return Err(ApiError::bad_request(format!(
            "cannot trigger a deployment for {name:?} because it contains unresolved images"
        )));
    }
    Ok(())
}

/// Why there is a rollout, as `status.details`. `None`: there is no reason for one. `before` is the config of the rollout
/// that is the newest now.
fn details(config: &Object, before: Option<&Value>, force: bool) -> Option<Value> {
    if force {
        return Some(json!({"message": "manual change", "causes": [{"type": "Manual"}]}));
    }
    let images = changed_images(config, before);
    if !images.is_empty() {
        let cause = |image: String| json!({"type": IMAGE_CHANGE, "imageTrigger": {"from": {"kind": "DockerImage", "name": image}}});
        return Some(json!({"message": "image change", "causes": images.into_iter().map(cause).collect::<Vec<_>>()}));
    }
    let follows_config = json::items(config, "/spec/triggers")
        .iter()
        .any(|trigger| trigger["type"] == CONFIG_CHANGE);
    let changed = before.is_none_or(|before| before["spec"]["template"] != config["spec"]["template"]);
    (follows_config && changed).then(|| json!({"message": "config change", "causes": [{"type": CONFIG_CHANGE}]}))
}

/// Images of automatic triggers that the newest rollout was not made of.
fn changed_images(config: &Object, before: Option<&Value>) -> Vec<String> {
    let last = |trigger: &Value| json::text(trigger, "/imageChangeParams/lastTriggeredImage").to_owned();
    let triggers = json::items(config, "/spec/triggers")
        .iter()
        .filter(|trigger| trigger["type"] == IMAGE_CHANGE && json::flag(trigger, "/imageChangeParams/automatic"));
    let was_there = |image: &String| {
        before.is_some_and(|before| {
            json::items(before, "/spec/triggers")
                .iter()
                .any(|trigger| last(trigger) == *image)
        })
    };
    triggers
        .map(last)
        .filter(|image| !image.is_empty() && !was_there(image))
        .collect()
}

fn nothing_to_do(name: &str) -> Object {
    json!({
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "message": format!("deployment config {name:?} cannot be instantiated"),
        "code": 204,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(image: &str) -> Object {
        json!({"spec": {"triggers": [{"type": "ConfigChange"},
            {"type": "ImageChange", "imageChangeParams": {"automatic": true, "lastTriggeredImage": image}}],
            "template": {"spec": {"containers": [{"name": "c", "image": image}]}}}})
    }

    #[test]
    fn a_rollout_needs_a_reason() {
        let message = |details: Option<Value>| details.map(|details| json::text(&details, "/message").to_owned());
        assert_eq!(
            message(details(&config("a"), None, true)).as_deref(),
            Some("manual change")
        );
        assert_eq!(
            message(details(&config("a"), None, false)).as_deref(),
            Some("image change")
        );
        assert_eq!(details(&config("a"), Some(&config("a")), false), None);
        let moved = details(&config("b"), Some(&config("a")), false).unwrap();
        assert_eq!(
            moved["causes"],
            json!([{"type": "ImageChange", "imageTrigger": {"from": {"kind": "DockerImage", "name": "b"}}}])
        );
        let mut edited = config("a");
        edited["spec"]["template"]["spec"]["containers"][0]["command"] = json!(["x"]);
        assert_eq!(
            message(details(&edited, Some(&config("a")), false)).as_deref(),
            Some("config change")
        );
        edited["spec"]["triggers"].as_array_mut().unwrap().remove(0);
        assert_eq!(details(&edited, Some(&config("a")), false), None);
    }
}
