use jiff::Timestamp;
use serde_json::json;

use super::*;

fn config() -> Object {
    json!({
        "metadata": {"name": "web", "namespace": "ns", "uid": "u", "labels": {"app": "web"}, "annotations": {"a": "b"}},
        "spec": {
            "runPolicy": "Serial",
            "triggers": [{"type": "ConfigChange"}, {"type": "ImageChange", "imageChange": {}},
                {"type": "ImageChange", "imageChange": {"from": {"kind": "ImageStreamTag", "name": "base:1", "namespace": "other"}}}],
            "successfulBuildsHistoryLimit": 5,
            "source": {"git": {"uri": "u"}, "images": [{"from": {"kind": "ImageStreamTag", "name": "base:1"}, "as": ["base"]}]},
            "strategy": {"type": "Source", "sourceStrategy": {
                "from": {"kind": "ImageStreamTag", "name": "nodejs:20"}, "env": [{"name": "A", "value": "1"}]}},
            "output": {"to": {"kind": "ImageStreamTag", "name": "web:latest"}},
            "mountTrustedCA": true,
        },
        "status": {"lastVersion": 3},
    })
}

fn inputs() -> Inputs {
    Inputs {
        strategy: Some("reg/nodejs@sha256:1".into()),
        images: vec!["reg/base@sha256:2".into()],
    }
}

fn generate(request: Value) -> Object {
    build(&config(), &request, &inputs(), 4).unwrap()
}

#[test]
fn a_build_says_where_it_comes_from() {
    let built = generate(json!({"metadata": {"name": "web"}}));
    assert_eq!(built["metadata"]["name"], "web-4");
    assert_eq!(
        built["metadata"]["labels"],
        json!({"app": "web", "buildconfig": "web", "openshift.io/build-config.name": "web", "openshift.io/build.start-policy": "Serial"})
    );
    assert_eq!(
        built["metadata"]["annotations"],
        json!({"openshift.io/build-config.name": "web", "openshift.io/build.number": "4"})
    );
    assert_eq!(built["metadata"]["ownerReferences"][0]["uid"], "u");
    assert_eq!(built["metadata"]["ownerReferences"][0].get("blockOwnerDeletion"), None);
    assert_eq!(
        built["status"]["config"],
        json!({"kind": "BuildConfig", "name": "web", "namespace": "ns"})
    );
}

#[test]
fn inputs_are_pinned_and_the_output_is_not() {
    let spec = generate(json!({}))["spec"].clone();
    assert_eq!(
        spec["strategy"]["sourceStrategy"]["from"],
        json!({"kind": "DockerImage", "name": "reg/nodejs@sha256:1"})
    );
    assert_eq!(
        spec["source"]["images"][0]["from"],
        json!({"kind": "DockerImage", "name": "reg/base@sha256:2"})
    );
    assert_eq!(
        spec["output"]["to"],
        json!({"kind": "ImageStreamTag", "name": "web:latest"})
    );
    assert_eq!(spec["serviceAccount"], "builder");
    assert_eq!(spec["mountTrustedCA"], true, "fields without a typed form live on");
    for gone in ["triggers", "runPolicy", "successfulBuildsHistoryLimit"] {
        assert_eq!(spec.get(gone), None, "{gone}");
    }
}

#[test]
fn the_request_adds_but_never_overrides_what_the_system_says() {
    let built = generate(json!({
        "metadata": {"name": "web", "labels": {"app": "other", "openshift.io/build-config.name": "evil"},
            "annotations": {"note": "n", "openshift.io/build.number": "99"}},
        "env": [{"name": "A", "value": "2"}, {"name": "B", "value": "3"}],
        "revision": {"git": {"commit": "c"}},
        "triggeredBy": [{"message": "Manually triggered"}],
        "sourceStrategyOptions": {"incremental": true},
        "dockerStrategyOptions": {},
    }));
    assert_eq!(built["metadata"]["labels"]["app"], "other");
    assert_eq!(built["metadata"]["labels"]["openshift.io/build-config.name"], "web");
    assert_eq!(built["metadata"]["annotations"]["openshift.io/build.number"], "4");
    assert_eq!(built["metadata"]["annotations"]["note"], "n");
    let strategy = &built["spec"]["strategy"]["sourceStrategy"];
    assert_eq!(
        strategy["env"],
        json!([{"name": "A", "value": "2"}, {"name": "B", "value": "3"}])
    );
    assert_eq!(strategy["incremental"], true);
    assert_eq!(built["spec"]["revision"]["git"]["commit"], "c");
    assert_eq!(built["spec"]["triggeredBy"][0]["message"], "Manually triggered");
}

#[test]
fn options_of_another_strategy_are_refused() {
    let refused = build(
        &config(),
        &json!({"dockerStrategyOptions": {"noCache": true}}),
        &inputs(),
        4,
    )
    .unwrap_err();
    assert_eq!(refused.code, 400);
    assert_eq!(
        refused.message,
        "Cannot specify Docker build specific options on ns/web, not a Docker build."
    );
    let mut docker = config();
    docker["spec"]["strategy"] = json!({"dockerStrategy": {"buildArgs": [{"name": "A", "value": "1"}]}});
    let incremental = json!({"sourceStrategyOptions": {"incremental": false}});
    assert_eq!(
        build(&docker, &incremental, &Inputs::default(), 4).unwrap_err().code,
        400
    );
    let arguments = json!({"dockerStrategyOptions": {"buildArgs": [{"name": "A", "value": "2"}], "noCache": true}});
    let built = build(&docker, &arguments, &Inputs::default(), 4).unwrap();
    assert_eq!(
        built["spec"]["strategy"]["dockerStrategy"],
        json!({"buildArgs": [{"name": "A", "value": "2"}], "noCache": true})
    );
}

/// builds 46
#[test]
fn binary_source_comes_from_the_request_only() {
    let mut config = config();
    config["spec"]["source"] = json!({"binary": {}, "dockerfile": "FROM x"});
    let plain = build(&config, &json!({}), &inputs(), 4).unwrap();
    assert_eq!(plain["spec"]["source"].get("binary"), None);
    let file = build(&config, &json!({"binary": {"asFile": "Dockerfile"}}), &inputs(), 4).unwrap();
    assert_eq!(file["spec"]["source"], json!({"binary": {"asFile": "Dockerfile"}}));
}

#[test]
fn custom_builds_are_told_their_base_image() {
    let mut config = config();
    config["spec"]["strategy"] = json!({"customStrategy": {"from": {"kind": "ImageStreamTag", "name": "c:1"}}});
    let built = build(&config, &json!({}), &inputs(), 4).unwrap();
    assert_eq!(
        built["spec"]["strategy"]["customStrategy"]["env"],
        json!([{"name": "OPENSHIFT_CUSTOM_BUILD_BASE_IMAGE", "value": "reg/nodejs@sha256:1"}])
    );
}

#[test]
fn trigger_status_is_written_anew_with_every_build() {
    let now: Timestamp = "2026-01-01T00:00:00.5Z".parse().unwrap();
    let triggers = image_triggers(&config());
    assert_eq!(
        triggers.iter().map(|trigger| trigger.is_strategys).collect::<Vec<_>>(),
        [true, false]
    );
    let latest = [Some("reg/nodejs@sha256:1".to_owned()), None];
    let request = json!({"from": {"name": "nodejs:20"}, "triggeredByImage": {"name": "reg/nodejs@sha256:0"}});
    assert_eq!(
        status_entries(&triggers, &latest, &request, now),
        vec![
            json!({"from": {"name": "nodejs:20"}, "lastTriggeredImageID": "reg/nodejs@sha256:0", "lastTriggerTime": "2026-01-01T00:00:00Z"}),
            json!({"from": {"name": "base:1", "namespace": "other"}, "lastTriggerTime": null}),
        ]
    );
    let manual = status_entries(&triggers, &latest, &json!({}), now);
    assert_eq!(manual[0]["lastTriggeredImageID"], "reg/nodejs@sha256:1");
    assert_eq!(manual[0]["lastTriggerTime"], Value::Null);
}

#[test]
fn an_image_asks_only_once() {
    let mut config = config();
    config["status"]["imageChangeTriggers"] = json!([{"from": {"name": "nodejs:20"}, "lastTriggeredImageID": "x"}]);
    let request = |image: &str| json!({"from": {"name": "nodejs:20"}, "triggeredByImage": {"name": image}});
    assert!(already_built(&config, &request("y")).is_ok());
    let refused = already_built(&config, &request("x")).unwrap_err();
    assert_eq!(refused.code, 500);
    assert!(
        refused
            .message
            .contains("build config ns/web has already instantiated a build for imageid x")
    );
}
