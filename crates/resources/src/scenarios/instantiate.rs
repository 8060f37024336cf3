use serde_json::{Value, json};

use super::build_configs::{CONFIG, CONFIGS, config, ready};
use super::machine::{HOST, Machine};

const INSTANTIATE: &str = "/apis/build.openshift.io/v1/namespaces/ns/buildconfigs/web/instantiate";

fn request(extra: Value) -> Value {
    let mut request = json!({"kind": "BuildRequest", "metadata": {"name": "web"}});
    request
        .as_object_mut()
        .unwrap()
        .extend(extra.as_object().unwrap().clone());
    request
}

/// builds 36, 38
#[tokio::test]
async fn a_build_is_numbered_labelled_and_pinned() {
    let (machine, image) = ready().await;
    machine
        .changed(CONFIG, |config| config["status"]["lastVersion"] = json!(3))
        .await;
    let build = machine
        .created(
            INSTANTIATE,
            request(json!({"dockerStrategyOptions": {}, "sourceStrategyOptions": {}})),
        )
        .await;
    assert_eq!(
        (build["kind"].as_str(), build["metadata"]["name"].as_str()),
        (Some("Build"), Some("web-4"))
    );
    assert_eq!(build["metadata"]["labels"]["openshift.io/build.start-policy"], "Serial");
    assert_eq!(build["metadata"]["annotations"]["openshift.io/build.number"], "4");
    assert_eq!(
        build["spec"]["strategy"]["sourceStrategy"]["from"],
        json!({"kind": "DockerImage", "name": image})
    );
    assert_eq!(
        build["spec"]["output"]["to"],
        json!({"kind": "ImageStreamTag", "name": "web:latest"})
    );
    assert_eq!(build["spec"]["triggeredBy"], json!([{"message": "Manually triggered"}]));
    assert_eq!(build["status"]["phase"], "New");
    let config = machine.found(CONFIG).await;
    assert_eq!(config["status"]["lastVersion"], 4);
    assert_eq!(
        config["status"]["imageChangeTriggers"],
        json!([{"from": {"name": "nodejs:latest"}, "lastTriggeredImageID": image, "lastTriggerTime": null}])
    );
    assert_eq!(
        build["metadata"]["ownerReferences"][0]["uid"], config["metadata"]["uid"],
        "the build goes when the config goes"
    );
    let stored = machine
        .found("/apis/build.openshift.io/v1/namespaces/ns/builds/web-4")
        .await;
    assert_eq!(stored, build);
}

/// builds 39
#[tokio::test]
async fn an_image_that_is_not_there_costs_no_number() {
    let machine = Machine::with_namespace().await;
    machine.created(CONFIGS, config()).await;
    let (code, refused) = machine.post(INSTANTIATE, request(json!({}))).await;
    assert_eq!((code, refused["reason"].as_str()), (422, Some("Invalid")));
    assert_eq!(
        refused["message"],
        "Error resolving ImageStreamTag nodejs:latest in namespace ns: imagestreams.image.openshift.io \"nodejs\" not found"
    );
    assert_eq!(refused["details"]["causes"][0]["field"], "from");
    machine
        .created(
            "/apis/image.openshift.io/v1/namespaces/ns/imagestreams",
            json!({"metadata": {"name": "nodejs"}}),
        )
        .await;
    let (_, refused) = machine.post(INSTANTIATE, request(json!({}))).await;
    assert_eq!(
        refused["message"],
        "Error resolving ImageStreamTag nodejs:latest in namespace ns: unable to find latest tagged image"
    );
    assert_eq!(machine.found(CONFIG).await["status"]["lastVersion"], 0);
}

/// builds 40, 41
#[tokio::test]
async fn a_paused_config_and_an_outdated_request_build_nothing() {
    let (machine, _) = ready().await;
    let (code, refused) = machine.post(INSTANTIATE, request(json!({"lastVersion": 4}))).await;
    assert_eq!(code, 400);
    assert_eq!(
        refused["message"],
        "the LastVersion(0) on build config ns/web does not match the build request LastVersion(4)"
    );
    machine.created(INSTANTIATE, request(json!({"lastVersion": 0}))).await;
    machine
        .changed(CONFIG, |config| {
            config["metadata"]["annotations"] = json!({"openshift.io/build-config.paused": "true"});
        })
        .await;
    let (code, refused) = machine.post(INSTANTIATE, request(json!({}))).await;
    assert_eq!(
        (code, refused["message"].as_str()),
        (
            400,
            Some("can't instantiate from BuildConfig ns/web: BuildConfig is paused")
        )
    );
    let clone = "/apis/build.openshift.io/v1/namespaces/ns/builds/web-1/clone";
    assert_eq!(machine.post(clone, json!({"metadata": {"name": "web-1"}})).await.0, 500);
}

/// builds 42, 43, 44
#[tokio::test]
async fn the_request_adds_variables_and_may_not_overrule_the_system() {
    let (machine, _) = ready().await;
    let build = machine
        .created(
            INSTANTIATE,
            json!({"metadata": {"name": "web", "labels": {"openshift.io/build-config.name": "evil"}}, "env": [{"name": "A", "value": "2"}]}),
        )
        .await;
    assert_eq!(
        build["spec"]["strategy"]["sourceStrategy"]["env"],
        json!([{"name": "A", "value": "2"}])
    );
    assert_eq!(build["metadata"]["labels"]["openshift.io/build-config.name"], "web");
    let (code, _) = machine
        .post(
            INSTANTIATE,
            request(json!({"dockerStrategyOptions": {"noCache": true}})),
        )
        .await;
    assert_eq!(code, 400);
    let (code, _) = machine.post(INSTANTIATE, json!({"metadata": {"name": "other"}})).await;
    assert_eq!(code, 400);
}

/// builds 18
#[tokio::test]
async fn an_image_change_is_recorded_with_its_moment_and_asks_once() {
    let (machine, image) = ready().await;
    let from = json!({"kind": "ImageStreamTag", "name": "nodejs:latest"});
    let change = request(json!({"from": from, "triggeredByImage": {"kind": "DockerImage", "name": image}}));
    machine.created(INSTANTIATE, change.clone()).await;
    let recorded = machine.found(CONFIG).await["status"]["imageChangeTriggers"].clone();
    assert_eq!(recorded[0]["lastTriggerTime"], "2027-01-15T08:00:00Z");
    let (code, refused) = machine.post(INSTANTIATE, change).await;
    assert_eq!(code, 500);
    assert!(
        refused["message"]
            .as_str()
            .unwrap()
            .contains("has already instantiated a build for imageid"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_number_somebody_took_is_skipped() {
    let (machine, _) = ready().await;
    let lone = json!({"metadata": {"name": "web-1"}, "spec": {"source": {"dockerfile": "FROM scratch"}, "strategy": {"dockerStrategy": {}}}});
    machine
        .created("/apis/build.openshift.io/v1/namespaces/ns/builds", lone)
        .await;
    let build = machine.created(INSTANTIATE, request(json!({}))).await;
    assert_eq!(build["metadata"]["name"], "web-2");
    assert_eq!(machine.found(CONFIG).await["status"]["lastVersion"], 2);
}

#[tokio::test]
async fn a_build_that_is_refused_costs_no_number() {
    let machine = Machine::with_namespace().await;
    let mut binary = config();
    binary["spec"]["source"] = json!({"type": "Binary", "binary": {}});
    binary["spec"]["strategy"] = json!({"dockerStrategy": {}});
    binary["spec"]["triggers"] = json!([]);
    machine.created(CONFIGS, binary).await;
    let (code, refused) = machine.post(INSTANTIATE, request(json!({}))).await;
    assert_eq!(
        (code, refused["details"]["causes"][0]["field"].as_str()),
        (422, Some("spec.source")),
        "{refused}"
    );
    assert_eq!(machine.found(CONFIG).await["status"]["lastVersion"], 0);
}

#[tokio::test]
async fn builds_need_their_service_account() {
    let (machine, _) = ready().await;
    machine.delete("/api/v1/namespaces/ns/serviceaccounts/builder").await;
    let (code, refused) = machine.post(INSTANTIATE, request(json!({}))).await;
    assert_eq!(code, 500);
    assert!(
        refused["message"]
            .as_str()
            .unwrap()
            .contains("error getting push/pull secrets for service account ns/builder")
    );
}

#[tokio::test]
async fn a_dry_run_builds_nothing() {
    let (machine, _) = ready().await;
    let build = machine
        .created(&format!("{INSTANTIATE}?dryRun=All"), request(json!({})))
        .await;
    assert_eq!(build["metadata"]["name"], "web-1");
    assert_eq!(
        machine
            .get("/apis/build.openshift.io/v1/namespaces/ns/builds/web-1")
            .await
            .0,
        404
    );
    assert_eq!(machine.found(CONFIG).await["status"]["lastVersion"], 0);
}

#[tokio::test]
async fn the_policy_of_a_tag_decides_what_is_pulled() {
    let machine = Machine::with_namespace().await;
    let image = machine.push("nodejs", '1').await;
    assert!(
        image.starts_with(&format!("{HOST}/ns/nodejs@sha256:")),
        "pushed images are pulled from here"
    );
    let mut by_image = config();
    by_image["spec"]["strategy"]["sourceStrategy"]["from"] =
        json!({"kind": "ImageStreamImage", "name": format!("nodejs@sha256:{}", "1".repeat(64))});
    by_image["spec"]["triggers"] = json!([]);
    machine.created(CONFIGS, by_image).await;
    let build = machine.created(INSTANTIATE, request(json!({}))).await;
    assert_eq!(build["spec"]["strategy"]["sourceStrategy"]["from"]["name"], image);
}
