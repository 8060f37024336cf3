use std::sync::Arc;

use serde_json::{Value, json};
use weir_store::Store;

use super::client::{JSON_PATCH, MERGE, STRATEGIC, scene, toys, version};

#[tokio::test]
async fn every_kind_of_patch_changes_the_stored_object() {
    let scene = scene().await;
    let path = format!("{}/t", toys("a"));
    scene
        .make("t", json!({"parts": [{"name": "a", "x": 1}, {"name": "b"}]}))
        .await;
    let table = [
        (
            MERGE,
            json!({"metadata": {"labels": {"l": "v"}}, "spec": {"color": "red"}}),
            "/metadata/labels/l",
            json!("v"),
        ),
        (
            STRATEGIC,
            json!({"spec": {"parts": [{"name": "a", "y": 2}, {"name": "b", "$patch": "delete"}]}}),
            "/spec/parts",
            json!([{"name": "a", "x": 1, "y": 2}]),
        ),
        (
            JSON_PATCH,
            json!([{"op": "add", "path": "/spec/parts/-", "value": {"name": "c"}}]),
            "/spec/parts/1/name",
            json!("c"),
        ),
        (
            MERGE,
            json!({"spec": {"parts": [{"name": "z"}]}}),
            "/spec/parts",
            json!([{"name": "z"}]),
        ),
        (
            MERGE,
            json!({"metadata": {"labels": null}}),
            "/metadata/labels",
            Value::Null,
        ),
    ];
    for (content_type, patch, pointer, wanted) in table {
        let patched = scene.patch(&path, content_type, &patch).await.expect(200);
        assert_eq!(patched.pointer(pointer).cloned().unwrap_or_default(), wanted, "{patch}");
        assert_eq!(scene.get(&path).await.expect(200), patched, "{patch}");
    }
}

#[tokio::test]
async fn patches_that_cannot_be_applied_are_refused() {
    let scene = scene().await;
    let path = format!("{}/t", toys("a"));
    let made = scene.make("t", json!({})).await;
    let table = [
        ("application/apply-patch+yaml", json!({}), 422),
        ("application/json", json!({}), 415),
        (MERGE, json!([]), 400),
        (JSON_PATCH, json!({}), 400),
        (JSON_PATCH, json!([{"op": "explode", "path": "/spec"}]), 400),
        (
            JSON_PATCH,
            json!([{"op": "test", "path": "/spec/color", "value": "red"}]),
            422,
        ),
        (JSON_PATCH, json!([{"op": "replace", "path": "", "value": 1}]), 422),
        (STRATEGIC, json!({"spec": {"parts": [{"x": 1}]}}), 400),
        (MERGE, json!({"metadata": {"name": "u"}}), 400),
        (MERGE, json!({"metadata": {"namespace": "b"}}), 400),
        (MERGE, json!({"kind": "Other"}), 400),
        (MERGE, json!({"spec": {"color": "invisible"}}), 422),
        (MERGE, json!({"metadata": {"resourceVersion": "1"}}), 409),
        (MERGE, json!({"metadata": {"uid": "x"}}), 409),
    ];
    for (content_type, patch, code) in table {
        let answer = scene.patch(&path, content_type, &patch).await;
        assert_eq!(answer.status, code, "{content_type} {patch}: {}", answer.text());
    }
    assert_eq!(scene.get(&path).await.expect(200), made);
    assert_eq!(
        scene.patch(&format!("{}/u", toys("a")), MERGE, &json!({})).await.status,
        404
    );
}

#[tokio::test]
async fn a_patch_that_changes_nothing_keeps_the_version() {
    let scene = scene().await;
    let path = format!("{}/t", toys("a"));
    let made = scene.make("t", json!({"color": "red"})).await;
    let before = scene.store.revision();
    for (content_type, patch) in [
        (MERGE, json!({"spec": {"color": "red"}})),
        (STRATEGIC, json!({})),
        (JSON_PATCH, json!([])),
    ] {
        assert_eq!(scene.patch(&path, content_type, &patch).await.expect(200), made);
    }
    assert_eq!(scene.store.revision(), before);
}

#[tokio::test]
async fn a_patch_may_be_bound_to_a_version() {
    let scene = scene().await;
    let path = format!("{}/t", toys("a"));
    let made = scene.make("t", json!({})).await;
    let bound = json!({"metadata": {"resourceVersion": version(&made)}, "spec": {"color": "red"}});
    scene.patch(&path, STRATEGIC, &bound).await.expect(200);
    assert_eq!(
        scene.patch(&path, STRATEGIC, &bound).await.expect(409)["reason"],
        "Conflict"
    );
    let bound = json!([{"op": "replace", "path": "/metadata/resourceVersion", "value": version(&made)}]);
    assert_eq!(scene.patch(&path, JSON_PATCH, &bound).await.status, 409);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn patches_at_the_same_time_are_all_kept() {
    let scene = Arc::new(scene().await);
    let path = format!("{}/t", toys("a"));
    scene.make("t", json!({})).await;
    let mut writers = tokio::task::JoinSet::new();
    for index in 0..6 {
        let (scene, path) = (scene.clone(), path.clone());
        writers.spawn(async move {
            let patch = json!({"spec": {"parts": [{"name": format!("p{index}")}]}});
            scene.patch(&path, STRATEGIC, &patch).await.expect(200);
        });
    }
    writers.join_all().await;
    let parts = scene.get(&path).await.expect(200)["spec"]["parts"]
        .as_array()
        .map(Vec::len);
    assert_eq!(parts, Some(6));
}

#[tokio::test]
async fn a_dry_patch_shows_the_result_and_stores_nothing() {
    let scene = scene().await;
    let path = format!("{}/t", toys("a"));
    let made = scene.make("t", json!({})).await;
    let shown = scene
        .patch(&format!("{path}?dryRun=All"), MERGE, &json!({"spec": {"color": "red"}}))
        .await
        .expect(200);
    assert_eq!(shown["spec"]["color"], "red");
    assert_eq!(scene.get(&path).await.expect(200), made);
}
