use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde_json::{Value, json};
use weir_api::apps::DeploymentConfig;
use weir_api::build::BuildConfig;
use weir_api::image::TagEvent;

use super::*;
use crate::history::record_tag_event;
use crate::source::StreamKey;

const REPOSITORY: &str = "registry:5000/ns/s";

/// The stream `ns/s` with tags `a` (image 1, policy Source), `local` (image 2, policy Local) and `pointer` (no digest).
fn lookup(namespace: &str, name: &str) -> Option<ImageStream> {
    if (namespace, name) != ("ns", "s") {
        return None;
    }
    let mut stream = ImageStream::default();
    stream.status.docker_image_repository = REPOSITORY.into();
    for (tag, reference, image) in [
        ("a", "r.io/x@sha256:1", "sha256:1"),
        ("local", "r.io/x@sha256:2", "sha256:2"),
        ("pointer", "r.io/x:3", ""),
    ] {
        let created = Time(jiff::Timestamp::UNIX_EPOCH);
        let event = TagEvent {
            created,
            docker_image_reference: reference.into(),
            image: image.into(),
            generation: 1,
        };
        assert!(record_tag_event(&mut stream, tag, event).changed());
    }
    for tag in ["local", "pointer"] {
        stream
            .spec
            .tags
            .push(serde_json::from_value(json!({"name": tag, "referencePolicy": {"type": "Local"}})).unwrap());
    }
    Some(stream)
}

/// images 36
#[test]
fn the_reference_policy_decides_where_to_pull_from() {
    let stream = lookup("ns", "s").unwrap();
    let table = [
        ("a", Some("r.io/x@sha256:1".to_owned())),
        ("local", Some(format!("{REPOSITORY}@sha256:2"))),
        ("pointer", Some("r.io/x:3".to_owned())),
        ("none", None),
        ("", None),
    ];
    for (tag, expected) in table {
        assert_eq!(resolve(Some(&stream), tag), expected, "{tag}");
    }
    let mut homeless = stream;
    homeless.status.docker_image_repository.clear();
    assert_eq!(resolve(Some(&homeless), "local"), Some("r.io/x@sha256:2".into()));
    assert_eq!(resolve(None, "a"), None);
}

fn dc(triggers: Value) -> DeploymentConfig {
    serde_json::from_value(json!({
        "metadata": {"namespace": "ns", "name": "d"},
        "spec": {"triggers": triggers, "template": {"spec": {
            "initContainers": [{"name": "init", "image": "old"}],
            "containers": [{"name": "web", "image": "old"}, {"name": "side", "image": "r.io/x@sha256:1"}],
        }}},
    }))
    .unwrap()
}

fn on(tag: &str, containers: &[&str], last: &str) -> Value {
    json!({"type": "ImageChange", "imageChangeParams": {
        "automatic": true, "containerNames": containers, "lastTriggeredImage": last,
        "from": {"kind": "ImageStreamTag", "name": tag},
    }})
}

fn pair(name: &str, image: &str) -> (String, String) {
    (name.into(), image.into())
}

#[test]
fn a_moved_tag_changes_the_named_containers_that_differ() {
    let dc = dc(json!([{"type": "ConfigChange"}, on("s:a", &["web", "side", "init"], "")]));
    let image = "r.io/x@sha256:1";
    let expected = DeploymentConfigPlan::Patch {
        containers: vec![pair("web", image)],
        init_containers: vec![pair("init", image)],
        last_triggered: vec![(1, image.into())],
    };
    assert_eq!(deployment_config(&dc, lookup), expected);
    let keys = deployment_config_streams(&dc);
    assert_eq!(
        keys,
        [StreamKey {
            namespace: "ns".into(),
            name: "s".into()
        }]
    );
}

#[test]
fn what_is_as_wished_needs_no_write() {
    let dc = dc(json!([on("s:a", &["side"], "r.io/x@sha256:1")]));
    assert_eq!(deployment_config(&dc, lookup), DeploymentConfigPlan::Unchanged);
    let manual = json!({"type": "ImageChange", "imageChangeParams": {
        "containerNames": ["web"], "from": {"kind": "ImageStreamTag", "name": "s:a"}}});
    let manual = self::dc(json!([manual]));
    assert_eq!(deployment_config(&manual, lookup), DeploymentConfigPlan::Unchanged);
    assert_eq!(deployment_config_streams(&manual), []);
}

#[test]
fn an_image_set_by_hand_is_set_back() {
    let dc = dc(json!([on("s:a", &["web"], "r.io/x@sha256:1")]));
    let expected = DeploymentConfigPlan::Patch {
        containers: vec![pair("web", "r.io/x@sha256:1")],
        init_containers: vec![],
        last_triggered: vec![],
    };
    assert_eq!(deployment_config(&dc, lookup), expected);
}

#[test]
fn triggers_of_one_deployment_config_apply_together_or_not_at_all() {
    let waiting = dc(json!([on("s:a", &["web"], ""), on("s:none", &["side"], "")]));
    assert!(matches!(deployment_config(&waiting, lookup), DeploymentConfigPlan::Waiting(tag) if tag.tag == "none"));
    let known = dc(json!([on("s:a", &["web"], ""), on("s:none", &["side"], "kept")]));
    let DeploymentConfigPlan::Patch {
        containers,
        last_triggered,
        ..
    } = deployment_config(&known, lookup)
    else {
        panic!("both have an image");
    };
    assert_eq!(containers, [pair("web", "r.io/x@sha256:1"), pair("side", "kept")]);
    assert_eq!(last_triggered, [(0, "r.io/x@sha256:1".to_owned())]);
}

fn bc(triggers: Value, status: Value) -> BuildConfig {
    serde_json::from_value(json!({
        "metadata": {"namespace": "ns", "name": "b"},
        "spec": {
            "triggers": triggers, "source": {}, "output": {},
            "strategy": {"type": "Source", "sourceStrategy": {"from": {"kind": "ImageStreamTag", "name": "s:a"}}},
        },
        "status": {"imageChangeTriggers": status},
    }))
    .unwrap()
}

fn recorded(name: &str, image: &str) -> Value {
    json!({"from": {"name": name}, "lastTriggeredImageID": image})
}

#[test]
fn a_moved_strategy_image_starts_a_build() {
    let bc = bc(
        json!([{"type": "ConfigChange"}, {"type": "ImageChange", "imageChange": {}}]),
        json!([]),
    );
    let BuildConfigPlan::Instantiate {
        from,
        triggered_by_image,
        causes,
    } = build_config(&bc, lookup)
    else {
        panic!("a build is due");
    };
    assert_eq!(from.name.as_deref(), Some("s:a"));
    assert_eq!(triggered_by_image.kind.as_deref(), Some("DockerImage"));
    assert_eq!(triggered_by_image.name.as_deref(), Some("r.io/x@sha256:1"));
    let cause = json!({"message": "Image change", "imageChangeBuild": {
        "imageID": "r.io/x@sha256:1", "fromRef": {"kind": "ImageStreamTag", "name": "s:a"}}});
    assert_eq!(serde_json::to_value(&causes).unwrap(), json!([cause]));
    assert_eq!(build_config_streams(&bc).len(), 1);
}

#[test]
fn what_was_built_already_or_is_paused_or_unknown_starts_nothing() {
    let change = |fields: Value| json!([{"type": "ImageChange", "imageChange": fields}]);
    let explicit = json!({"kind": "ImageStreamTag", "name": "s:none"});
    let table = [
        (change(json!({})), json!([recorded("s:a", "r.io/x@sha256:1")])),
        (change(json!({"lastTriggeredImageID": "r.io/x@sha256:1"})), json!([])),
        (change(json!({"paused": true})), json!([])),
        (change(json!({"from": explicit})), json!([])),
    ];
    for (triggers, status) in table {
        assert_eq!(
            build_config(&bc(triggers.clone(), status), lookup),
            BuildConfigPlan::Nothing,
            "{triggers}"
        );
    }
}

#[test]
fn several_moved_tags_make_one_build_with_a_cause_each() {
    let from =
        |name: &str| json!({"type": "ImageChange", "imageChange": {"from": {"kind": "ImageStreamTag", "name": name}}});
    let bc = bc(
        json!([from("s:local"), from("s:a"), from("s:local")]),
        json!([recorded("s:a", "older")]),
    );
    let BuildConfigPlan::Instantiate { from, causes, .. } = build_config(&bc, lookup) else {
        panic!("a build is due");
    };
    assert_eq!((from.name.as_deref(), causes.len()), (Some("s:local"), 2));
}

fn deployment(annotation: &str) -> Value {
    json!({
        "kind": "Deployment",
        "metadata": {"namespace": "ns", "name": "d", "annotations": {"image.openshift.io/triggers": annotation}},
        "spec": {"paused": true, "template": {"spec": {
            "initContainers": [{"name": "init", "image": " "}],
            "containers": [{"name": "web", "image": " "}, {"name": "side", "image": "r.io/x@sha256:1"}],
        }}},
    })
}

fn entry(tag: &str, path: &str) -> Value {
    json!({"from": {"kind": "ImageStreamTag", "name": tag}, "fieldPath": path})
}

fn plan(entries: Value) -> Result<Vec<(String, String)>, AnnotationError> {
    Ok(match annotation(&deployment(&entries.to_string()), lookup)? {
        AnnotationPlan::Unchanged => Vec::new(),
        AnnotationPlan::Patch { images } => images
            .into_iter()
            .map(|change| (change.pointer, change.image))
            .collect(),
    })
}

/// images 95
#[test]
fn field_paths_name_containers_by_name_or_index() {
    let base = "spec.template.spec";
    let pod = "/spec/template/spec";
    let table = [
        (r#"containers[?(@.name=="web")].image"#, Some("containers/0")),
        ("containers[?(@.name=='web')].image", Some("containers/0")),
        (r#"containers[?(@.name=="init")].image"#, Some("initContainers/0")),
        ("initContainers[0].image", Some("initContainers/0")),
        ("containers[0].image", Some("containers/0")),
        ("containers[1].image", None),
    ];
    for (tail, expected) in table {
        let expected = expected.map(|place| pair(&format!("{pod}/{place}/image"), "r.io/x@sha256:1"));
        assert_eq!(
            plan(json!([entry("s:a", &format!("{base}.{tail}"))])),
            Ok(expected.into_iter().collect()),
            "{tail}"
        );
    }
}

#[test]
fn broken_field_paths_are_errors_and_foreign_ones_are_not() {
    let path = |tail: &str| format!("spec.template.spec.{tail}");
    for tail in [
        "containers[x].image",
        "containers[-1].image",
        "containers[0]",
        "volumes[0].image",
        "containers[0 ].image",
    ] {
        let expected = FieldPathError::Malformed(path(tail));
        assert_eq!(plan(json!([entry("s:a", &path(tail))])), Err(expected.into()), "{tail}");
    }
    for tail in ["containers[2].image", r#"containers[?(@.name=="no")].image"#] {
        let error = plan(json!([entry("s:a", &path(tail))])).unwrap_err();
        assert_eq!(error.to_string(), format!("no such container: {}", path(tail)));
    }
    assert_eq!(plan(json!([entry("s:a", "spec.containers[0].image")])), Ok(vec![]));
}

#[test]
fn each_entry_stands_alone() {
    let entries = json!([
        entry("s:none", "spec.template.spec.containers[0].image"),
        entry("s:local", "spec.template.spec.containers[1].image"),
    ]);
    let expected = pair(
        "/spec/template/spec/containers/1/image",
        &format!("{REPOSITORY}@sha256:2"),
    );
    assert_eq!(plan(entries), Ok(vec![expected]));
}

#[test]
fn paused_entries_do_nothing_however_it_is_written() {
    for paused in [
        json!({"paused": true}),
        json!({"paused": "true"}),
        json!({"pause": true}),
    ] {
        let mut one = entry("s:a", "spec.template.spec.containers[0].image");
        one.as_object_mut().unwrap().extend(paused.as_object().unwrap().clone());
        let object = deployment(&json!([one]).to_string());
        assert_eq!(annotation(&object, lookup), Ok(AnnotationPlan::Unchanged), "{paused}");
        assert_eq!(annotation_streams(&object), []);
    }
}

/// images 96
#[test]
fn two_entries_for_one_field_are_refused() {
    let one = entry("s:a", "spec.template.spec.containers[0].image");
    assert!(matches!(plan(json!([one, one])), Err(AnnotationError::Duplicate(_))));
}

#[test]
fn text_that_is_no_list_of_triggers_is_refused() {
    for text in ["{", "{}", "[1]", r#"[{"paused": 1}]"#, r#"[{"fieldPath": 1}]"#] {
        assert!(
            matches!(
                annotation(&deployment(text), lookup),
                Err(AnnotationError::Malformed(_))
            ),
            "{text}"
        );
        assert_eq!(annotation_streams(&deployment(text)), []);
    }
    let many: Vec<_> = (0..300).map(|n| entry("s:a", &n.to_string())).collect();
    assert_eq!(plan(many.into()), Err(AnnotationError::TooMany));
    assert_eq!(
        annotation(&json!({"kind": "Deployment"}), lookup),
        Ok(AnnotationPlan::Unchanged)
    );
    assert_eq!(
        annotation(&json!({"kind": "Secret"}), lookup),
        Ok(AnnotationPlan::Unchanged)
    );
}
