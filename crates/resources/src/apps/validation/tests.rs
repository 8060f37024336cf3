use serde_json::{Value, json};
use weir_api::apps::DeploymentConfig;

use super::super::defaults::default_config;

fn problems(change: impl FnOnce(&mut Value)) -> Vec<String> {
    let mut config = json!({"metadata": {"name": "web", "namespace": "ns"}, "spec": {
        "replicas": 1,
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}},
    }});
    change(&mut config["spec"]);
    default_config(&mut config);
    let config: DeploymentConfig = serde_json::from_value(config).unwrap();
    super::deployment_config(&config)
        .iter()
        .map(ToString::to_string)
        .collect()
}

fn image_trigger(params: Value) -> Value {
    json!([{"type": "ImageChange", "imageChangeParams": params}])
}

#[test]
fn an_ordinary_config_has_no_problems() {
    assert_eq!(problems(|_| {}), Vec::<String>::new());
    let triggered = problems(|spec| {
        spec["template"]["spec"]["containers"][0]["image"] = "".into();
        spec["triggers"] =
            image_trigger(json!({"automatic": true, "containerNames": ["c"], "from": {"name": "web:latest"}}));
        spec["strategy"] = json!({"type": "Recreate", "recreateParams": {
            "mid": {"failurePolicy": "Ignore", "tagImages": [{"to": {"kind": "ImageStreamTag", "name": "web:live"}}]}}});
    });
    assert_eq!(triggered, Vec::<String>::new());
}

#[test]
fn each_mistake_is_named_with_its_field() {
    type Change = fn(&mut Value);
    let table: &[(Change, &str)] = &[
        (|spec| spec["replicas"] = json!(-1), "spec.replicas: Invalid value: -1"),
        (|spec| spec["template"] = json!(null), "spec.template: Required value"),
        (
            |spec| spec["template"]["metadata"] = json!({}),
            "spec.selector: Invalid value: {}: selector cannot be empty",
        ),
        (
            |spec| spec["selector"] = json!({"app": "db"}),
            "spec.template.metadata.labels: Invalid value",
        ),
        (
            |spec| spec["minReadySeconds"] = json!(600),
            "spec.minReadySeconds: Invalid value: 600: must be less than the deployment timeout",
        ),
        (
            |spec| spec["strategy"] = json!({"activeDeadlineSeconds": 60}),
            "spec.strategy.activeDeadlineSeconds: Invalid value: 60",
        ),
        (
            |spec| spec["strategy"] = json!({"type": "Magic"}),
            "spec.strategy.type: Invalid value: \"Magic\": unsupported strategy type, use \"Custom\"",
        ),
        (
            |spec| spec["strategy"] = json!({"type": "Custom"}),
            "spec.strategy.customParams: Required value",
        ),
        (
            |spec| spec["strategy"] = json!({"rollingParams": {"timeoutSeconds": 0}}),
            "spec.strategy.rollingParams.timeoutSeconds: Invalid value: 0: must be >0",
        ),
        (
            |spec| spec["strategy"] = json!({"rollingParams": {"maxSurge": 0, "maxUnavailable": "0%"}}),
            "spec.strategy.rollingParams.maxUnavailable: Invalid value: \"0%\": cannot be 0 when maxSurge is 0 as well",
        ),
        (
            |spec| spec["strategy"] = json!({"rollingParams": {"maxUnavailable": "101%"}}),
            "spec.strategy.rollingParams.maxUnavailable: Invalid value: \"101%\": must not be greater than 100%",
        ),
        (
            |spec| spec["strategy"] = json!({"rollingParams": {"maxSurge": "many"}}),
            "spec.strategy.rollingParams.maxSurge: Invalid value: \"many\"",
        ),
        (
            |spec| spec["strategy"] = json!({"rollingParams": {"pre": {}}}),
            "spec.strategy.rollingParams.pre.failurePolicy: Required value",
        ),
        (
            |spec| spec["strategy"] = json!({"rollingParams": {"pre": {"failurePolicy": "Abort"}}}),
            "spec.strategy.rollingParams.pre: Invalid value: \"<empty>\": One of execNewPod or tagImages must be specified",
        ),
        (
            |spec| {
                spec["strategy"] = json!({"rollingParams": {"post": {"failurePolicy": "Abort", "execNewPod": {"containerName": "gone"}}}})
            },
            "spec.strategy.rollingParams.post.execNewPod.containerName: Invalid value: \"gone\"",
        ),
        (
            |spec| spec["triggers"] = json!([{"type": "ImageChange"}]),
            "spec.triggers[0].imageChangeParams: Required value",
        ),
        (
            |spec| spec["triggers"] = image_trigger(json!({"from": {"name": "web"}, "containerNames": ["c"]})),
            "spec.triggers[0].imageChangeParams.from.name: Invalid value: \"web\"",
        ),
        (
            |spec| {
                spec["triggers"] =
                    image_trigger(json!({"from": {"kind": "DockerImage", "name": "a:b"}, "containerNames": ["c"]}))
            },
            "spec.triggers[0].imageChangeParams.from.kind: Invalid value: \"DockerImage\"",
        ),
        (
            |spec| spec["triggers"] = image_trigger(json!({"from": {"name": "a:b"}})),
            "spec.triggers[0].imageChangeParams.containerNames: Required value",
        ),
        (
            |spec| spec["triggers"] = image_trigger(json!({"from": {"name": "a:b"}, "containerNames": ["gone"]})),
            "spec.triggers[0].imageChangeParams.containerNames[0]: Invalid value: \"gone\"",
        ),
        (
            |spec| spec["template"]["spec"]["containers"][0]["image"] = "".into(),
            "spec.template.spec.containers[0].image: Required value",
        ),
        (
            |spec| spec["template"]["spec"]["restartPolicy"] = "Never".into(),
            "spec.template.spec.restartPolicy: Unsupported value: \"Never\"",
        ),
    ];
    for (change, expected) in table {
        let found = problems(*change);
        assert!(
            found.iter().any(|problem| problem.starts_with(expected)),
            "{expected}: {found:?}"
        );
    }
}
