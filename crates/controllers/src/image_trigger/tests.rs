use serde_json::{Value, json};
use weir_api::build::BuildConfig;
use weir_api::image::ImageStream;
use weir_imagestream::source::StreamKey;

use super::Target;
use super::index::Index;
use super::plan;
use crate::key::Key;
use crate::testing::{a_config, ago, config, meta, object, with};

/// The stream `app` whose tag `latest` is the image with this digest.
fn stream(digest: &str) -> ImageStream {
    object(
        json!({"metadata": meta("app"), "status": {"dockerImageRepository": "r/ns/app", "tags": [{"tag": "latest",
        "items": [{"created": ago(1).to_string(), "image": digest, "dockerImageReference": format!("r/ns/app@{digest}")}]}]}}),
    )
}

fn app(name: &str, digest: &str) -> Option<ImageStream> {
    (name == "app").then(|| stream(digest))
}

fn trigger(stream: &str, containers: Value, last: &str) -> Value {
    json!({"type": "ImageChange", "imageChangeParams": {"automatic": true, "containerNames": containers,
        "from": {"kind": "ImageStreamTag", "name": format!("{stream}:latest")}, "lastTriggeredImage": last}})
}

fn triggered(triggers: Value) -> Value {
    let containers = json!([{"name": "side", "image": "s"}, {"name": "web", "image": " "}]);
    let spec = json!({"containers": containers, "initContainers": [{"name": "prepare"}]});
    with(
        config(1, 0),
        json!({"spec": {"triggers": triggers, "template": {"spec": spec}}}),
    )
}

fn patch(config: Value, digest: &str) -> Option<Value> {
    let patch = plan::deployment_config(&a_config(config), |_, name| app(name, digest));
    patch.map(|patch| serde_json::to_value(patch).expect("JSON"))
}

#[test]
fn the_patch_sets_exactly_the_images_that_differ_in_the_version_that_was_seen() {
    let config = triggered(json!([{"type": "ConfigChange"}, trigger("app", json!(["web", "prepare"]), "")]));
    let expected = json!([
        {"op": "replace", "path": "/metadata/resourceVersion", "value": "7"},
        {"op": "test", "path": "/spec/template/spec/containers/1/name", "value": "web"},
        {"op": "add", "path": "/spec/template/spec/containers/1/image", "value": "r/ns/app@sha256:1"},
        {"op": "test", "path": "/spec/template/spec/initContainers/0/name", "value": "prepare"},
        {"op": "add", "path": "/spec/template/spec/initContainers/0/image", "value": "r/ns/app@sha256:1"},
        {"op": "add", "path": "/spec/triggers/1/imageChangeParams/lastTriggeredImage", "value": "r/ns/app@sha256:1"},
    ]);
    assert_eq!(patch(config, "sha256:1"), Some(expected));
}

#[test]
fn applying_the_patch_leaves_nothing_to_patch() {
    let mut config = triggered(json!([trigger("app", json!(["web"]), "")]));
    let first = plan::deployment_config(&a_config(config.clone()), |_, name| app(name, "sha256:1")).expect("a patch");
    json_patch::patch(&mut config, &first).expect("it applies");
    assert_eq!(patch(config.clone(), "sha256:1"), None, "one moved tag is one change");
    assert!(patch(config, "sha256:2").is_some(), "the next move is the next change");
}

#[test]
fn a_trigger_without_an_image_holds_the_others_back() {
    let config = triggered(json!([
        trigger("app", json!(["web"]), ""),
        trigger("missing", json!(["side"]), "")
    ]));
    assert_eq!(patch(config, "sha256:1"), None);
}

#[test]
fn a_build_is_asked_for_once_with_the_image_that_moved() {
    let base = json!({"metadata": meta("builds"), "spec": {"triggers": [{"type": "ImageChange", "imageChange": {}}],
        "strategy": {"sourceStrategy": {"from": {"kind": "ImageStreamTag", "name": "app:latest"}}}}});
    let config: BuildConfig = object(base.clone());
    let request = plan::build_config(&config, |_, name| app(name, "sha256:1")).expect("a request");
    assert_eq!(request.metadata.name.as_deref(), Some("builds"));
    assert_eq!(
        request.triggered_by_image.and_then(|image| image.name).as_deref(),
        Some("r/ns/app@sha256:1")
    );
    assert_eq!(request.from.and_then(|from| from.name).as_deref(), Some("app:latest"));
    let recorded = json!({"status": {"imageChangeTriggers": [
        {"from": {"name": "app:latest"}, "lastTriggeredImageID": "r/ns/app@sha256:1", "lastTriggerTime": null}]}});
    let config: BuildConfig = object(with(base, recorded));
    assert_eq!(plan::build_config(&config, |_, name| app(name, "sha256:1")), None);
}

#[test]
fn a_stream_finds_the_objects_that_name_it_and_no_others() {
    let key = |name: &str| StreamKey {
        namespace: "ns".into(),
        name: name.into(),
    };
    let target = |name: &str| Target::DeploymentConfig(Key::new("ns", name));
    let found = |index: &Index, stream: &str| index.dependants(&key(stream)).cloned().collect::<Vec<_>>();
    let mut index = Index::default();
    index.set(&target("a"), vec![key("x"), key("y")]);
    index.set(&target("b"), vec![key("y")]);
    assert_eq!(found(&index, "y"), [target("a"), target("b")]);
    index.set(&target("a"), vec![key("x")]);
    assert_eq!(found(&index, "y"), [target("b")]);
    index.remove(&target("b"));
    assert!(found(&index, "y").is_empty());
    assert_eq!(found(&index, "x"), [target("a")]);
}
