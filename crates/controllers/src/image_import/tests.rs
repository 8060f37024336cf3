use std::time::Duration;

use serde_json::{Value, json};
use weir_api::image::ImageStream;

use super::plan::{Plan, Retry, plan};
use crate::testing::{ago, meta, now, object};

/// A stream that wishes for the tag `latest` of another registry, looked at before with this outcome.
fn stream(condition: Option<(&str, i64)>) -> ImageStream {
    let conditions: Vec<Value> = condition
        .iter()
        .map(|(reason, generation)| {
            json!({"type": "ImportSuccess", "status": "False", "reason": reason, "generation": generation,
            "lastTransitionTime": ago(60).to_string()})
        })
        .collect();
    let mut meta = meta("app");
    meta["annotations"] = json!({"openshift.io/image.dockerRepositoryCheck": ago(60).to_string()});
    object(json!({
        "metadata": meta,
        "spec": {"tags": [{"name": "latest", "generation": 2, "from": {"kind": "DockerImage", "name": "elsewhere/app:v1"}}]},
        "status": {"tags": [{"tag": "latest", "items": null, "conditions": conditions}]},
    }))
}

#[test]
fn a_new_wish_is_imported_at_once() {
    let Plan::Import(import) = plan(&stream(None), None, now()) else {
        panic!("an import")
    };
    assert_eq!(import.metadata.resource_version.as_deref(), Some("7"));
    assert_eq!(
        import.spec.images[0].to.as_ref().map(|to| to.name.as_str()),
        Some("latest")
    );
}

#[test]
fn a_wish_that_failed_for_good_is_left() {
    for reason in ["NotFound", "Unauthorized", "Invalid"] {
        assert_eq!(plan(&stream(Some((reason, 2))), None, now()), Plan::Nothing, "{reason}");
    }
}

#[test]
fn a_wish_that_failed_in_passing_is_tried_again_later() {
    let failed = stream(Some(("ServiceUnavailable", 2)));
    assert_eq!(plan(&failed, None, now()), Plan::Schedule);
    let retry = Retry::after(0, now());
    assert_eq!(plan(&failed, Some(&retry), now()), Plan::Wait(Duration::from_secs(30)));
    let Plan::Again(import) = plan(&failed, Some(&retry), retry.due) else {
        panic!("another try")
    };
    assert_eq!(import.spec.images.len(), 1);
}

#[test]
fn tries_come_more_and_more_rarely() {
    let pauses: Vec<i64> = (0..8)
        .map(|tries| Retry::after(tries, now()).due.duration_since(now()).as_secs())
        .collect();
    assert_eq!(pauses, [30, 60, 120, 240, 480, 900, 900, 900]);
}

#[test]
fn a_stream_on_its_way_out_has_no_wishes() {
    let mut going = stream(None);
    going.metadata.deletion_timestamp = Some(k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(now()));
    assert_eq!(plan(&going, None, now()), Plan::Nothing);
}
