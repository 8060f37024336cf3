use serde_json::{Value, json};
use weir_api::build::BuildConfig;

use super::super::{defaults, triggers};

/// The problems of a BuildConfig with this spec, after defaulting.
fn problems(spec: Value) -> Vec<String> {
    let mut spec = spec;
    crate::json::set_default(&mut spec, "", "runPolicy", "Serial");
    defaults::default_spec(&mut spec);
    triggers::normalise(&mut spec);
    let config: BuildConfig =
        serde_json::from_value(json!({"metadata": {"name": "web", "namespace": "ns"}, "spec": spec})).unwrap();
    super::build_config(&config).iter().map(ToString::to_string).collect()
}

fn source_build(extra: Value) -> Value {
    let mut spec = json!({
        "source": {"git": {"uri": "https://git.example/web.git"}},
        "strategy": {"sourceStrategy": {"from": {"kind": "ImageStreamTag", "name": "nodejs:20", "namespace": "openshift"}}},
        "output": {"to": {"kind": "ImageStreamTag", "name": "web:latest"}},
    });
    merge(&mut spec, extra);
    spec
}

fn docker_build(extra: Value) -> Value {
    let mut spec = json!({"source": {"dockerfile": "FROM x"}, "strategy": {"dockerStrategy": {}}});
    merge(&mut spec, extra);
    spec
}

fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}

#[test]
fn ordinary_configs_have_no_problems() {
    for spec in [
        source_build(json!({})),
        docker_build(json!({})),
        source_build(json!({"triggers": [{"type": "ConfigChange"}, {"type": "ImageChange"},
            {"type": "GitHub", "github": {"secret": "s"}}, {"type": "Generic", "generic": {"secretReference": {"name": "s"}, "allowEnv": true}}]})),
        source_build(json!({"source": {"git": {"uri": "git@git.example:web.git"}}})),
        source_build(json!({"source": {"git": {"uri": "/srv/git/web.git"}}})),
        docker_build(json!({"output": {"to": {"kind": "DockerImage", "name": "registry.example/a/b:c"}}})),
        docker_build(
            json!({"source": {"images": [{"from": {"kind": "ImageStreamTag", "name": "a:b"}, "as": ["base"]}]}}),
        ),
    ] {
        assert_eq!(problems(spec.clone()), Vec::<String>::new(), "{spec}");
    }
}

/// builds 28, 29
#[test]
fn each_mistake_is_named_with_its_field() {
    let long = "x".repeat(60_001);
    let table = [
        (
            json!({"strategy": {"dockerStrategy": {}, "sourceStrategy": {"from": {"name": "a:b"}}}, "source": {"dockerfile": "FROM x"}}),
            "spec.strategy: Invalid value: \"\": must provide a value for exactly one of sourceStrategy",
        ),
        (
            json!({}),
            "spec.strategy: Invalid value: \"\": must provide a value for exactly one of",
        ),
        (
            json!({"strategy": {"dockerStrategy": {}}}),
            "spec.source: Invalid value: \"\": must provide a value for at least one source input",
        ),
        (
            source_build(json!({"source": {"binary": {}}})),
            "spec.source.git: Invalid value: \"\": may not be set when binary is also set",
        ),
        (
            source_build(json!({"source": {"binary": {}}})),
            "spec.source.binary: Invalid value: \"\": may not be set when git is also set",
        ),
        (
            docker_build(json!({"source": {"dockerfile": long}})),
            "spec.source.dockerfile: Invalid value: \"\": must be smaller than 60000 bytes",
        ),
        (
            source_build(json!({"source": {"contextDir": "../up"}})),
            "spec.source.contextDir: Invalid value: \"../up\": context dir must not be a relative path",
        ),
        (
            source_build(json!({"source": {"git": {"uri": ""}}})),
            "spec.source.git.uri: Required value",
        ),
        (
            source_build(json!({"source": {"git": {"uri": "--upload-pack=touch /x"}}})),
            "spec.source.git.uri: Invalid value",
        ),
        (
            source_build(json!({"source": {"git": {"uri": "ext::sh -c id"}}})),
            "spec.source.git.uri: Invalid value",
        ),
        (
            source_build(json!({"source": {"git": {"ref": "--help"}}})),
            "spec.source.git.ref: Invalid value",
        ),
        (
            source_build(json!({"source": {"git": {"httpProxy": "nonsense"}}})),
            "spec.source.git.httpproxy: Invalid value",
        ),
        (
            source_build(json!({"source": {"sourceSecret": {}}})),
            "spec.source.sourceSecret.name: Required value",
        ),
        (
            source_build(json!({"source": {"secrets": [{"secret": {"name": ""}}]}})),
            "spec.source.secrets[0].secret.name: Required value",
        ),
        (
            source_build(json!({"source": {"configMaps": [{"configMap": {"name": "c"}, "destinationDir": "../x"}]}})),
            "spec.source.configMaps[0].destinationDir: Invalid value: \"../x\"",
        ),
        (
            docker_build(json!({"source": {"secrets": [{"secret": {"name": "s"}, "destinationDir": "/x"}]}})),
            "spec.source.secrets[0].destinationDir: Invalid value: \"/x\"",
        ),
        (
            docker_build(json!({"source": {"images": [{"from": {"kind": "ImageStreamTag", "name": "a:b"}}]}})),
            "spec.source.images[0].paths: Required value",
        ),
        (
            docker_build(
                json!({"source": {"images": [{"from": {"kind": "DockerImage", "name": "a"}, "as": ["x", "x"]}]}}),
            ),
            "spec.source.images[0].as[1]: Duplicate value: \"x\"",
        ),
        (
            docker_build(
                json!({"source": {"images": [{"from": {"kind": "DockerImage", "name": "a"},
                "paths": [{"sourcePath": "rel", "destinationDir": "d"}]}]}}),
            ),
            "spec.source.images[0].paths[0].sourcePath: Invalid value: \"rel\"",
        ),
        (
            docker_build(
                json!({"source": {"images": [{"from": {"kind": "DockerImage", "name": "a"},
                "paths": [{"sourcePath": "/abs", "destinationDir": "a/../.."}]}]}}),
            ),
            "spec.source.images[0].paths[0].destinationDir: Invalid value",
        ),
        (
            source_build(json!({"output": {"to": {"kind": "Pod"}}})),
            "spec.output.to.kind: Invalid value: \"Pod\"",
        ),
        (
            source_build(json!({"output": {"to": {"kind": "ImageStreamTag", "name": "a:b:c"}}})),
            "spec.output.to.name: Invalid value",
        ),
        (
            source_build(json!({"output": {"to": {"kind": "DockerImage", "name": "a", "namespace": "n"}}})),
            "spec.output.to.namespace: Invalid value: \"n\"",
        ),
        (
            source_build(json!({"output": {"imageLabels": [{"name": "a", "value": "1"}, {"name": "a"}]}})),
            "spec.output.imageLabels[1].name: Invalid value: \"a\": duplicate name",
        ),
        (
            source_build(json!({"strategy": {"sourceStrategy": {"from": {"kind": "Pod"}}}})),
            "spec.strategy.sourceStrategy.from.kind: Invalid value: \"Pod\": must be 'ImageStreamTag', 'ImageStreamImage', or 'DockerImage'",
        ),
        (
            docker_build(json!({"strategy": {"dockerStrategy": {"dockerfilePath": "/etc/passwd"}}})),
            "spec.strategy.dockerStrategy.dockerfilePath: Invalid value",
        ),
        (
            docker_build(json!({"strategy": {"dockerStrategy": {"env": [{"name": "a=b"}]}}})),
            "spec.strategy.dockerStrategy.env[0].name: Invalid value",
        ),
        (
            docker_build(
                json!({"strategy": {"dockerStrategy": {"env": [{"name": "a", "valueFrom": {"resourceFieldRef": {"resource": "cpu"}}}]}}}),
            ),
            "spec.strategy.dockerStrategy.env[0].valueFrom: Invalid value: \"\": ResourceFieldRef is not valid",
        ),
        (
            docker_build(json!({"strategy": {"dockerStrategy": {"volumes": [{"name": "v"}]}}})),
            "spec.strategy.dockerStrategy.volumes: Forbidden",
        ),
        (
            source_build(json!({"postCommit": {"command": ["a"], "script": "b"}})),
            "spec.postCommit: Invalid value: \"\": cannot use command and script together",
        ),
        (
            source_build(json!({"completionDeadlineSeconds": 0})),
            "spec.completionDeadlineSeconds: Invalid value: 0",
        ),
        (
            source_build(json!({"runPolicy": "Random"})),
            "spec.runPolicy: Invalid value: \"Random\": run policy must Parallel, Serial, or SerialLatestOnly",
        ),
        (
            source_build(json!({"failedBuildsHistoryLimit": -1})),
            "spec.failedBuildsHistoryLimit: Invalid value: -1",
        ),
        (
            source_build(json!({"triggers": [{"type": "ImageChange"}, {"type": "ImageChange",
                "imageChange": {"from": {"kind": "ImageStreamTag", "name": "nodejs:20", "namespace": "openshift"}}}]})),
            "spec.triggers[1].imageChange: Invalid value: \"nodejs:20\": multiple ImageChange triggers refer to the same image stream tag",
        ),
        (
            source_build(json!({"triggers": [{"type": "GitHub", "github": {}}]})),
            "spec.triggers[0].github: Invalid value: \"\": must provide a value for at least one of secret or secretReference",
        ),
        (
            source_build(json!({"triggers": [{"type": "Generic"}]})),
            "spec.triggers[0].generic: Required value",
        ),
        (
            source_build(json!({"triggers": [{"type": "GitLab", "gitlab": {"secret": "s", "allowEnv": true}}]})),
            "spec.triggers[0].gitlab.allowEnv: Invalid value: true: git webhooks cannot allow env vars",
        ),
    ];
    for (spec, expected) in table {
        let found = problems(spec);
        assert!(
            found.iter().any(|problem| problem.starts_with(expected)),
            "{expected}: {found:?}"
        );
    }
}
