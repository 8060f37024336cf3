//! Server-side apply, and the owners that every write leaves.

use serde_json::{Value, json};

use super::client::{JSON_PATCH, MERGE, Scene, scene, toy, toys, version};

const APPLY: &str = "application/apply-patch+yaml";

fn path() -> String {
    format!("{}/t", toys("a"))
}

fn wish(spec: Value) -> Value {
    toy("t", spec)
}

/// The owners as `OPERATION MANAGER[/SUBRESOURCE]` with their fields.
fn owners(object: &Value) -> Vec<(String, Value)> {
    let list = object["metadata"]["managedFields"].as_array();
    let entries = list.into_iter().flatten().map(|entry| {
        assert_eq!(entry["fieldsType"], "FieldsV1");
        assert_eq!(entry["apiVersion"], "toys.example.com/v1");
        assert_eq!(entry["time"], "1970-01-01T00:00:00Z");
        let text = |field: &str| entry[field].as_str().unwrap_or_default();
        let through = match text("subresource") {
            "" => String::new(),
            subresource => format!("/{subresource}"),
        };
        let name = format!("{} {}{through}", text("operation"), text("manager"));
        (name, entry["fieldsV1"].clone())
    });
    entries.collect()
}

fn owner_names(object: &Value) -> Vec<String> {
    owners(object).into_iter().map(|(name, _)| name).collect()
}

impl Scene {
    async fn apply(&self, manager: &str, spec: Value) -> super::client::Answer {
        let path = format!("{}?fieldManager={manager}", path());
        self.patch(&path, APPLY, &wish(spec)).await
    }
}

#[tokio::test]
async fn every_write_notes_down_who_owns_what() {
    let scene = scene().await;
    let create = format!("{}?fieldManager=kubectl-create", toys("a"));
    let made = scene.post(&create, &wish(json!({"size": 1}))).await.expect(201);
    assert_eq!(
        owners(&made),
        [(
            "Update kubectl-create".to_owned(),
            json!({"f:spec": {"f:color": {}, "f:size": {}}})
        )],
        "with defaults, without what only the server writes"
    );

    let labels = json!({"metadata": {"labels": {"l": "v"}}});
    let labeled = format!("{}?fieldManager=kubectl-label", path());
    let labeled = scene.patch(&labeled, MERGE, &labels).await.expect(200);
    let label = (
        "Update kubectl-label".to_owned(),
        json!({"f:metadata": {"f:labels": {".": {}, "f:l": {}}}}),
    );
    assert!(owners(&labeled).contains(&label), "{labeled}");

    let mut put = labeled.clone();
    put["spec"]["size"] = 2.into();
    let agent = [
        ("content-type", "application/json"),
        ("user-agent", "oc/4.22 (linux/amd64) kubernetes/x"),
    ];
    let body = put.to_string();
    let written = scene
        .request(http::Method::PUT, &path(), &agent, body.as_bytes())
        .await
        .expect(200);
    assert!(owners(&written).contains(&("Update oc".to_owned(), json!({"f:spec": {"f:size": {}}}))));
    assert!(owners(&written).contains(&("Update kubectl-create".to_owned(), json!({"f:spec": {"f:color": {}}}))));

    let status = format!("{}/status?fieldManager=agent", path());
    let status = scene
        .patch(&status, MERGE, &json!({"status": {"ready": true}, "spec": {"size": 9}}))
        .await
        .expect(200);
    let ready = ("Update agent/status".to_owned(), json!({"f:status": {"f:ready": {}}}));
    assert!(owners(&status).contains(&ready), "{status}");

    let size = format!("{}/size?fieldManager=scaler", path());
    scene
        .patch(&size, MERGE, &json!({"spec": {"size": 7}}))
        .await
        .expect(200);
    let sized = scene.get(&path()).await.expect(200);
    assert!(
        owners(&sized).contains(&("Update scaler/size".to_owned(), json!({"f:spec": {"f:size": {}}}))),
        "{sized}"
    );
    assert!(
        !owner_names(&sized).contains(&"Update oc".to_owned()),
        "it owns nothing any more"
    );
}

#[tokio::test]
async fn a_status_in_the_main_resource_is_nobodys() {
    let scene = scene().await;
    let mut object = wish(json!({}));
    object["status"] = json!({"ready": true});
    let made = scene.post(&toys("a"), &object).await.expect(201);
    assert_eq!(
        owners(&made),
        [("Update unknown".to_owned(), json!({"f:spec": {"f:color": {}}}))]
    );
}

#[tokio::test]
async fn writes_that_change_nothing_leave_the_revision_and_the_owners() {
    let scene = scene().await;
    let made = scene.make("t", json!({"size": 1})).await;
    let other = format!("{}?fieldManager=other", path());
    let same = scene
        .patch(&other, MERGE, &json!({"spec": {"size": 1}}))
        .await
        .expect(200);
    assert_eq!(same, made);
    let applied = scene.apply("a", json!({"size": 1})).await.expect(200);
    assert_ne!(version(&applied), version(&made), "a new owner is a change");
    let again = scene.apply("a", json!({"size": 1})).await.expect(200);
    assert_eq!(again, applied);
}

#[tokio::test]
async fn apply_creates_changes_and_removes() {
    let scene = scene().await;
    let made = scene
        .apply("a", json!({"size": 1, "parts": [{"name": "p"}]}))
        .await
        .expect(201);
    assert_eq!(
        made["spec"],
        json!({"color": "grey", "size": 1, "parts": [{"name": "p"}]})
    );
    assert_eq!(made["metadata"]["generation"], 1);
    assert_eq!(
        owners(&made),
        [(
            "Apply a".to_owned(),
            json!({"f:spec": {"f:parts": {"k:{\"name\":\"p\"}": {".": {}, "f:name": {}}}, "f:size": {}}})
        )]
    );
    let changed = scene.apply("a", json!({"parts": [{"name": "q"}]})).await.expect(200);
    assert_eq!(changed["spec"], json!({"color": "grey", "parts": [{"name": "q"}]}));
    assert_eq!(changed["metadata"]["generation"], 2);
    assert_eq!(changed["metadata"]["uid"], made["metadata"]["uid"]);
}

#[tokio::test]
async fn yaml_is_a_wish_too_and_a_dry_run_leaves_nothing() {
    let scene = scene().await;
    let yaml = b"apiVersion: toys.example.com/v1\nkind: Toy\nmetadata:\n  name: t\n  creationTimestamp: null\nspec:\n  size: 4\n";
    let headers = [("content-type", APPLY)];
    let dry = format!("{}?fieldManager=a&dryRun=All", path());
    let answer = scene
        .request(http::Method::PATCH, &dry, &headers, yaml)
        .await
        .expect(201);
    assert_eq!(answer["spec"]["size"], 4);
    assert_eq!(scene.get(&path()).await.status, 404);
    let real = format!("{}?fieldManager=a", path());
    let answer = scene
        .request(http::Method::PATCH, &real, &headers, yaml)
        .await
        .expect(201);
    assert_eq!(
        owners(&answer),
        [("Apply a".to_owned(), json!({"f:spec": {"f:size": {}}}))]
    );
}

#[tokio::test]
async fn conflicts_name_every_field_and_force_takes_them() {
    let scene = scene().await;
    let create = format!("{}?fieldManager=kubectl-client-side-apply", toys("a"));
    scene
        .post(
            &create,
            &wish(json!({"size": 1, "parts": [{"name": "p", "image": "one"}]})),
        )
        .await
        .expect(201);
    let status = format!("{}/status?fieldManager=agent", path());
    scene
        .patch(&status, MERGE, &json!({"status": {"ready": true}}))
        .await
        .expect(200);

    let spec = json!({"size": 2, "parts": [{"name": "p", "image": "two"}]});
    let refused = scene.apply("a", spec.clone()).await;
    assert_eq!(
        refused.error(),
        "409 Conflict Apply failed with 2 conflicts: conflicts with \"kubectl-client-side-apply\" using \
         toys.example.com/v1:\n- .spec.parts[name=\"p\"].image\n- .spec.size"
    );
    assert_eq!(
        refused.json()["details"]["causes"],
        json!([
            {"reason": "FieldManagerConflict",
             "message": "conflict with \"kubectl-client-side-apply\" using toys.example.com/v1",
             "field": ".spec.parts[name=\"p\"].image"},
            {"reason": "FieldManagerConflict",
             "message": "conflict with \"kubectl-client-side-apply\" using toys.example.com/v1",
             "field": ".spec.size"},
        ])
    );
    let force = format!("{}?fieldManager=a&force=true", path());
    let forced = scene.patch(&force, APPLY, &wish(spec)).await.expect(200);
    assert_eq!(forced["spec"]["size"], 2);
    assert!(scene.apply("a", json!({"size": 3})).await.status == 200, "its own now");

    let status = format!("{}/status?fieldManager=b", path());
    let mut ready = wish(json!({}));
    ready["status"] = json!({"ready": false});
    assert_eq!(
        scene.patch(&status, APPLY, &ready).await.error(),
        "409 Conflict Apply failed with 1 conflict: conflict with \"agent\" with subresource \"status\" using \
         toys.example.com/v1: .status.ready"
    );
}

#[tokio::test]
async fn the_status_is_applied_apart() {
    let scene = scene().await;
    let mut object = wish(json!({"size": 1}));
    object["status"] = json!({"ready": true});
    let main = format!("{}?fieldManager=a", path());
    let applied = scene.patch(&main, APPLY, &object).await.expect(201);
    assert!(applied["status"]["ready"].is_null());
    assert_eq!(
        owners(&applied),
        [("Apply a".to_owned(), json!({"f:spec": {"f:size": {}}}))]
    );

    object["spec"]["size"] = 5.into();
    let status = format!("{}/status?fieldManager=a", path());
    let applied = scene.patch(&status, APPLY, &object).await.expect(200);
    assert_eq!(
        (&applied["status"]["ready"], &applied["spec"]["size"]),
        (&json!(true), &json!(1))
    );
    assert!(owners(&applied).contains(&("Apply a/status".to_owned(), json!({"f:status": {"f:ready": {}}}))));

    let again = scene.apply("a", json!({"size": 1})).await.expect(200);
    assert_eq!(
        again["status"]["ready"], true,
        "the main wish says nothing of the status"
    );
    let absent = format!("{}/nobody/status?fieldManager=a", toys("a"));
    assert_eq!(scene.patch(&absent, APPLY, &toy("nobody", json!({}))).await.status, 404);
}

#[tokio::test]
async fn wishes_that_cannot_be_are_refused() {
    let scene = scene().await;
    let made = scene.make("t", json!({})).await;
    let with = |pointer: &str, value: Value| {
        let mut object = wish(json!({}));
        let (parent, field) = pointer.rsplit_once('/').expect("a pointer");
        object.pointer_mut(parent).expect("a parent")[field] = value;
        object
    };
    let table = [
        (with("/metadata/managedFields", json!([])), 400),
        (with("/metadata/name", json!("other")), 400),
        (with("/metadata/namespace", json!("b")), 400),
        (with("/kind", json!("Ball")), 400),
        (with("/apiVersion", json!("toys.example.com/v2")), 400),
        (with("/spec/parts", json!([{}])), 400),
        (with("/spec/color", json!("invisible")), 422),
        (with("/metadata/resourceVersion", json!("1")), 409),
        (with("/metadata/uid", json!("other")), 409),
        (json!([]), 400),
    ];
    for (object, code) in table {
        let named = format!("{}?fieldManager=a&force=true", path());
        let answer = scene.patch(&named, APPLY, &object).await;
        assert_eq!(answer.status, code, "{object}: {}", answer.text());
    }
    assert_eq!(scene.get(&path()).await.expect(200), made);
    for (field, value) in [("uid", "some"), ("resourceVersion", "4")] {
        let mut object = toy("new", json!({}));
        object["metadata"][field] = value.into();
        let answer = scene
            .patch(&format!("{}/new?fieldManager=a", toys("a")), APPLY, &object)
            .await;
        assert_eq!(answer.status, 409, "{}", answer.text());
    }
    let revision = with("/metadata/resourceVersion", json!(version(&made)));
    let named = format!("{}?fieldManager=a", path());
    scene.patch(&named, APPLY, &revision).await.expect(200);
}

#[tokio::test]
async fn whoever_writes_gives_a_name_that_can_be_noted_down() {
    let scene = scene().await;
    scene.make("t", json!({})).await;
    let long = "x".repeat(129);
    let table = [
        (
            APPLY,
            String::new(),
            "422 Invalid PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch",
        ),
        (
            MERGE,
            "?force=true".to_owned(),
            "422 Invalid PatchOptions.meta.k8s.io \"\" is invalid: force: Forbidden: may not be specified for non-apply patch",
        ),
        (
            MERGE,
            format!("?fieldManager={long}"),
            "422 Invalid PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Too long: may not be more than 128 bytes",
        ),
        (
            MERGE,
            "?fieldManager=a%07".to_owned(),
            "422 Invalid PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Invalid value: \"a\\u0007\": invalid character U+0007 (at position 1)",
        ),
    ];
    for (content_type, query, wanted) in table {
        let answer = scene
            .patch(&format!("{}{query}", path()), content_type, &wish(json!({})))
            .await;
        assert_eq!(answer.error(), wanted);
    }
}

#[tokio::test]
async fn who_may_not_create_may_not_apply_what_is_not_there() {
    let scene = scene().await;
    let headers = [("content-type", APPLY), ("authorization", "Bearer painter-token")];
    let body = wish(json!({"color": "red"})).to_string();
    let named = format!("{}?fieldManager=a", path());
    let refused = scene
        .request(http::Method::PATCH, &named, &headers, body.as_bytes())
        .await;
    assert_eq!(
        refused.error(),
        "403 Forbidden toys.toys.example.com \"t\" is forbidden: User \"painter\" cannot create resource \"toys\" in \
         API group \"toys.example.com\" in the namespace \"a\""
    );
    scene.make("t", json!({"color": "red"})).await;
    scene
        .request(http::Method::PATCH, &named, &headers, body.as_bytes())
        .await
        .expect(200);
}

#[tokio::test]
async fn fields_are_handed_over_by_a_patch_of_the_list_itself() {
    let scene = scene().await;
    let create = format!("{}?fieldManager=kubectl-client-side-apply", toys("a"));
    let made = scene
        .post(&create, &wish(json!({"size": 1, "old": 1})))
        .await
        .expect(201);
    let mut entry = made["metadata"]["managedFields"][0].clone();
    entry["manager"] = "kubectl".into();
    entry["operation"] = "Apply".into();
    let migration = |version: &str| {
        json!([
            {"op": "replace", "path": "/metadata/managedFields", "value": [entry]},
            {"op": "replace", "path": "/metadata/resourceVersion", "value": version},
        ])
    };
    assert_eq!(
        scene.patch(&path(), JSON_PATCH, &migration("1")).await.status,
        409,
        "it is stale"
    );
    let migrated = scene
        .patch(&path(), JSON_PATCH, &migration(version(&made)))
        .await
        .expect(200);
    assert_eq!(owner_names(&migrated), ["Apply kubectl"]);
    let applied = scene.apply("kubectl", json!({"size": 2})).await.expect(200);
    assert_eq!(
        applied["spec"],
        json!({"color": "grey", "size": 2}),
        "what the client applied once is removed"
    );
}

#[tokio::test]
async fn a_broken_list_is_ignored_and_an_empty_one_forgets_everybody() {
    let scene = scene().await;
    let made = scene.make("t", json!({"size": 1})).await;
    let broken = json!({"metadata": {"managedFields": [{"manager": "x", "operation": "Wish"}]}});
    assert_eq!(scene.patch(&path(), MERGE, &broken).await.expect(200), made);
    let status = format!("{}/status", path());
    let through_status = json!({"metadata": {"managedFields": [{}]}});
    assert_eq!(scene.patch(&status, MERGE, &through_status).await.expect(200), made);

    let forgotten = scene
        .patch(&path(), MERGE, &json!({"metadata": {"managedFields": [{}]}}))
        .await
        .expect(200);
    assert!(forgotten["metadata"]["managedFields"].is_null());
    let changed = scene
        .patch(&path(), MERGE, &json!({"spec": {"size": 2}}))
        .await
        .expect(200);
    assert!(
        changed["metadata"]["managedFields"].is_null(),
        "it stays like that until somebody applies"
    );
    scene
        .apply("a", json!({"size": 3}))
        .await
        .error()
        .contains("before-first-apply");
    let applied = scene.apply("a", json!({"size": 2})).await.expect(200);
    assert_eq!(owner_names(&applied), ["Apply a", "Update before-first-apply"]);
}

#[tokio::test]
async fn what_is_computed_cannot_be_applied() {
    let scene = scene().await;
    scene.make("t", json!({})).await;
    let size = format!("{}/size?fieldManager=a", path());
    assert_eq!(
        scene.patch(&size, APPLY, &json!({"spec": {"size": 3}})).await.status,
        415
    );
}
