use http::Method;
use serde_json::json;

use super::client::{MERGE, names, scene, toy, toys, version};

#[tokio::test]
async fn what_is_gone_is_confirmed_by_name_and_uid() {
    let scene = scene().await;
    let path = format!("{}/t", toys("a"));
    let made = scene.make("t", json!({})).await;
    let gone = scene
        .delete(&path, json!({"propagationPolicy": "Background"}))
        .await
        .expect(200);
    assert_eq!((&gone["kind"], &gone["status"]), (&json!("Status"), &json!("Success")));
    assert_eq!(
        gone["details"],
        json!({"name": "t", "group": "toys.example.com", "kind": "toys", "uid": made["metadata"]["uid"]})
    );
    assert_eq!(scene.get(&path).await.status, 404);
    assert_eq!(scene.delete(&path, json!(null)).await.status, 404);
}

#[tokio::test]
async fn finalizers_keep_an_object_until_they_are_gone() {
    let scene = scene().await;
    let path = format!("{}/t", toys("a"));
    let mut object = toy("t", json!({}));
    object["metadata"]["finalizers"] = json!(["example.com/x", "example.com/y"]);
    scene.post(&toys("a"), &object).await.expect(201);
    let marked = scene.delete(&path, json!(null)).await.expect(200);
    assert_eq!(marked["metadata"]["deletionTimestamp"], "1970-01-01T00:00:00Z");
    assert_eq!(marked["metadata"]["deletionGracePeriodSeconds"], 0);
    let again = scene.delete(&path, json!(null)).await.expect(200);
    assert_eq!(again, marked);

    let added = scene
        .patch(
            &path,
            MERGE,
            &json!({"metadata": {"finalizers": ["example.com/x", "example.com/z"]}}),
        )
        .await;
    assert!(
        added
            .error()
            .contains("no new finalizers can be added if the object is being deleted")
    );
    let one = scene
        .patch(&path, MERGE, &json!({"metadata": {"finalizers": ["example.com/x"]}}))
        .await
        .expect(200);
    assert_ne!(version(&one), version(&marked));
    scene
        .patch(&path, MERGE, &json!({"metadata": {"deletionTimestamp": null}}))
        .await
        .expect(200);
    assert_eq!(scene.get(&path).await.status, 200);
    scene
        .patch(&path, MERGE, &json!({"metadata": {"finalizers": null}}))
        .await
        .expect(200);
    assert_eq!(scene.get(&path).await.status, 404);
}

#[tokio::test]
async fn graceful_deletion_waits_for_the_word_that_it_is_over() {
    let scene = scene().await;
    let path = format!("{}/t", toys("a"));
    scene.make("t", json!({"graceSeconds": 30})).await;
    let marked = scene.delete(&path, json!(null)).await.expect(200);
    assert_eq!(marked["metadata"]["deletionTimestamp"], "1970-01-01T00:00:30Z");
    assert_eq!(marked["metadata"]["deletionGracePeriodSeconds"], 30);
    let longer = scene.delete(&path, json!({"gracePeriodSeconds": 60})).await.expect(200);
    assert_eq!(longer, marked);
    let shorter = scene
        .delete(&format!("{path}?gracePeriodSeconds=5"), json!(null))
        .await
        .expect(200);
    assert_eq!(shorter["metadata"]["deletionTimestamp"], "1970-01-01T00:00:05Z");
    scene
        .patch(&path, MERGE, &json!({"spec": {"color": "red"}}))
        .await
        .expect(200);
    assert_eq!(scene.get(&path).await.status, 200);
    let soon = scene.delete(&path, json!({"gracePeriodSeconds": -1})).await.expect(200);
    assert_eq!(
        soon["metadata"]["deletionGracePeriodSeconds"], 1,
        "less than nothing is a second"
    );
    let over = scene.delete(&path, json!({"gracePeriodSeconds": 0})).await.expect(200);
    assert_eq!(over["kind"], "Status");
    assert_eq!(scene.get(&path).await.status, 404);

    scene.make("now", json!({"graceSeconds": 30})).await;
    let now = scene
        .delete(&format!("{}/now", toys("a")), json!({"gracePeriodSeconds": 0}))
        .await
        .expect(200);
    assert_eq!(now["status"], "Success");
}

#[tokio::test]
async fn preconditions_name_the_object_that_is_meant() {
    let scene = scene().await;
    let path = format!("{}/t", toys("a"));
    let made = scene.make("t", json!({})).await;
    for (preconditions, wanted) in [
        (
            json!({"uid": "x"}),
            "the UID in the precondition (x) does not match the UID in record (",
        ),
        (
            json!({"resourceVersion": "1"}),
            "the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (",
        ),
    ] {
        let refused = scene.delete(&path, json!({"preconditions": preconditions})).await;
        let start = format!("409 Conflict Operation cannot be fulfilled on toys.toys.example.com \"t\": {wanted}");
        assert!(refused.error().starts_with(&start), "{}", refused.text());
    }
    let met = json!({"uid": made["metadata"]["uid"], "resourceVersion": version(&made)});
    scene.delete(&path, json!({"preconditions": met})).await.expect(200);
}

#[tokio::test]
async fn options_that_make_no_sense_are_refused() {
    let scene = scene().await;
    let path = format!("{}/t", toys("a"));
    scene.make("t", json!({"glued": true})).await;
    let table = [
        (
            json!({"propagationPolicy": "Odd"}),
            "422 Invalid DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Unsupported value: \"Odd\": \
             supported values: \"Background\", \"Foreground\", \"Orphan\", \"nil\"",
        ),
        (
            json!({"propagationPolicy": "Orphan", "orphanDependents": true}),
            "422 Invalid DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Invalid value: \"Orphan\": \
             orphanDependents and deletionPropagation cannot be both set",
        ),
        (
            json!({"dryRun": ["Some"]}),
            "422 Invalid DeleteOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: [\"Some\"]: supported values: \
             \"All\"",
        ),
        (json!({"kind": "Toy"}), "400 BadRequest "),
        (json!([]), "400 BadRequest "),
    ];
    for (options, wanted) in table {
        let error = scene.delete(&path, options.clone()).await.error();
        assert!(error.starts_with(wanted), "{options}: {error}");
    }
    let refused = scene.delete(&path, json!(null)).await;
    assert_eq!(
        refused.error(),
        "403 Forbidden toys.toys.example.com \"t\" is forbidden: it is glued to the table"
    );
}

#[tokio::test]
async fn a_collection_is_deleted_by_selection() {
    let scene = scene().await;
    for (name, color) in [("r1", "red"), ("b1", "blue"), ("r2", "red")] {
        scene.make(name, json!({"color": color})).await;
    }
    let deleted = scene
        .delete(&format!("{}?fieldSelector=spec.color%3Dred", toys("a")), json!(null))
        .await
        .expect(200);
    assert_eq!(names(&deleted), ["r1", "r2"]);
    assert_eq!(names(&scene.get(&toys("a")).await.expect(200)), ["b1"]);
    scene.delete(&toys("a"), json!(null)).await.expect(200);
    assert_eq!(names(&scene.get(&toys("a")).await.expect(200)), Vec::<&str>::new());
}

#[tokio::test]
async fn protobuf_options_are_understood() {
    let scene = scene().await;
    let path = format!("{}/t", toys("a"));
    scene.make("t", json!({"graceSeconds": 30})).await;
    let mut body = b"k8s\0".to_vec();
    body.extend([0x0a, 19, 0x0a, 2]);
    body.extend(b"v1");
    body.extend([0x12, 13]);
    body.extend(b"DeleteOptions");
    body.extend([0x12, 2, 0x08, 0]);
    let headers = [("content-type", "application/vnd.kubernetes.protobuf")];
    let gone = scene.request(Method::DELETE, &path, &headers, &body).await.expect(200);
    assert_eq!(gone["status"], "Success");
}

#[tokio::test]
async fn propagation_policies_leave_a_word_for_the_garbage_collector() {
    let scene = scene().await;
    let path = format!("{}/t", toys("a"));
    let mut object = toy("t", json!({}));
    object["metadata"]["finalizers"] = json!(["example.com/x"]);
    scene.post(&toys("a"), &object).await.expect(201);
    let table = [
        (
            json!({"propagationPolicy": "Foreground"}),
            json!(["example.com/x", "foregroundDeletion"]),
        ),
        (json!(null), json!(["example.com/x", "foregroundDeletion"])),
        (
            json!({"propagationPolicy": "Orphan"}),
            json!(["example.com/x", "orphan"]),
        ),
    ];
    for (options, wanted) in table {
        let marked = scene.delete(&path, options.clone()).await.expect(200);
        assert_eq!(marked["metadata"]["finalizers"], wanted, "{options}");
    }
    for (query, code, wanted) in [
        ("orphanDependents=false", 202, json!(["example.com/x"])),
        ("orphanDependents=true", 200, json!(["example.com/x", "orphan"])),
        (
            "propagationPolicy=Foreground",
            200,
            json!(["example.com/x", "foregroundDeletion"]),
        ),
    ] {
        let marked = scene.delete(&format!("{path}?{query}"), json!(null)).await.expect(code);
        assert_eq!(marked["metadata"]["finalizers"], wanted, "{query}");
    }
}
