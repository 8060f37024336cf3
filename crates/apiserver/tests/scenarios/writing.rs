use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::Method;
use serde_json::{Value, json};
use weir_store::Store;

use super::client::{MERGE, names, scene, scene_with, toy, toys, version};

#[tokio::test]
async fn a_creation_answers_with_the_whole_object() {
    let scene = scene().await;
    let mut object = toy("t", json!({"color": "red"}));
    object["metadata"]["uid"] = "mine".into();
    object["metadata"]["creationTimestamp"] = Value::Null;
    object["status"] = json!({"claimed": true});
    let made = scene.post(&toys("a"), &object).await.expect(201);
    assert_ne!(made["metadata"]["uid"], "mine");
    assert_eq!(made["status"], json!({"address": "a/t"}));
    assert_eq!(version(&made), scene.store.revision().0.to_string());
    let again = scene.post(&toys("a"), &object).await;
    assert_eq!(
        again.error(),
        "409 AlreadyExists toys.toys.example.com \"t\" already exists"
    );
}

#[tokio::test]
async fn names_can_be_generated() {
    let scene = scene().await;
    let mut object = toy("", json!({}));
    object["metadata"] = json!({"generateName": "pre-"});
    let one = scene.post(&toys("a"), &object).await.expect(201);
    let two = scene.post(&toys("a"), &object).await.expect(201);
    let name = one["metadata"]["name"].as_str().expect("a name");
    assert!(name.starts_with("pre-") && name.len() == 9, "{name}");
    assert_ne!(one["metadata"]["name"], two["metadata"]["name"]);
    assert_eq!(one["metadata"]["generateName"], "pre-");
}

#[tokio::test]
async fn a_generated_name_that_is_taken_is_replaced_by_another() {
    let next = Arc::new(AtomicUsize::new(0));
    let scene = scene_with(|builder| {
        // Every suffix comes three times, and the last for ever.
        builder.name_suffixes(move || (next.fetch_add(1, Ordering::Relaxed) / 3).min(2).to_string())
    })
    .await;
    let object = json!({"metadata": {"generateName": "pre-"}});
    for name in ["pre-0", "pre-1", "pre-2"] {
        let made = scene.post(&toys("a"), &object).await.expect(201);
        assert_eq!(made["metadata"]["name"], name);
    }
    let refused = scene.post(&toys("a"), &object).await;
    assert_eq!(
        refused.error(),
        "409 AlreadyExists toys.toys.example.com \"pre-2\" already exists, the server was not able to generate a unique name \
         for the object"
    );
    assert_eq!(refused.json()["details"]["retryAfterSeconds"], 1);
}

#[tokio::test]
async fn a_put_of_what_is_not_there_creates_it_where_the_kind_allows_that() {
    let scene = scene().await;
    let path = "/apis/toys.example.com/v1/namespaces/a/marbles/m";
    let marble = json!({"kind": "Marble", "apiVersion": "toys.example.com/v1", "metadata": {"name": "m"}});
    let mut another = marble.clone();
    another["metadata"]["uid"] = "x".into();
    assert_eq!(scene.put(path, &another).await.expect(409)["reason"], "Conflict");
    let dry = scene.put(&format!("{path}?dryRun=All"), &marble).await.expect(201);
    assert!(dry["metadata"]["resourceVersion"].is_null());
    assert_eq!(scene.get(path).await.status, 404);
    let made = scene.put(path, &marble).await.expect(201);
    assert_eq!(scene.put(path, &made).await.expect(200), made);
    assert_eq!(scene.patch(&format!("{path}2"), MERGE, &json!({})).await.status, 404);
    let elsewhere = path.replace("/a/", "/none/");
    assert_eq!(scene.put(&elsewhere, &marble).await.status, 404);
    let may_update = [
        ("authorization", "Bearer updater-token"),
        ("content-type", "application/json"),
    ];
    let body = marble.to_string().replace("\"m\"", "\"n\"");
    let refused = scene
        .request(
            Method::PUT,
            &path.replace("marbles/m", "marbles/n"),
            &may_update,
            body.as_bytes(),
        )
        .await;
    assert_eq!(refused.status, 403, "{}", refused.text());
}

#[tokio::test]
async fn bodies_that_do_not_fit_are_refused_with_the_reason() {
    let scene = scene().await;
    let mut elsewhere = toy("t", json!({}));
    elsewhere["metadata"]["namespace"] = "b".into();
    let mut versioned = toy("t", json!({}));
    versioned["metadata"]["resourceVersion"] = "1".into();
    let other_kind = json!({"kind": "Other", "apiVersion": "toys.example.com/v1", "metadata": {"name": "t"}});
    let other_version = json!({"kind": "Toy", "apiVersion": "v1", "metadata": {"name": "t"}});
    let table = [
        (
            toys("a"),
            elsewhere,
            "400 BadRequest the namespace of the provided object does not match",
        ),
        (toys("a"), versioned, "400 BadRequest resourceVersion should not be set"),
        (
            toys("a"),
            other_kind,
            "400 BadRequest Other in version \"v1\" cannot be handled as a Toy",
        ),
        (
            toys("a"),
            other_version,
            "400 BadRequest the API version in the data (v1) does not match",
        ),
        (
            toys("a"),
            toy("Bad_Name", json!({})),
            "422 Invalid Toy.toys.example.com \"Bad_Name\" is invalid: metadata.name:",
        ),
        (
            toys("a"),
            toy("t", json!({"color": "invisible"})),
            "422 Invalid Toy.toys.example.com \"t\" is invalid: spec.color: Unsupported value: \"invisible\": supported \
             values: \"grey\", \"red\", \"blue\"",
        ),
        (
            toys("a"),
            toy("", json!({})),
            "422 Invalid Toy.toys.example.com \"\" is invalid: metadata.name: Required value",
        ),
        (
            toys("none"),
            toy("t", json!({})),
            "404 NotFound namespaces \"none\" not found",
        ),
        (
            "/apis/toys.example.com/v1/toys".to_owned(),
            toy("t", json!({})),
            "405 MethodNotAllowed",
        ),
        (format!("{}/t", toys("a")), toy("t", json!({})), "405 MethodNotAllowed"),
        (
            format!("{}?dryRun=Some", toys("a")),
            toy("t", json!({})),
            "422 Invalid CreateOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: [\"Some\"]: supported values: \
             \"All\"",
        ),
        (
            format!("{}?fieldValidation=Odd", toys("a")),
            toy("t", json!({})),
            "400 BadRequest invalid fieldValidation",
        ),
    ];
    for (path, object, wanted) in table {
        let error = scene.post(&path, &object).await.error();
        assert!(error.starts_with(wanted), "{error}\n{wanted}");
    }
    assert_eq!(names(&scene.get(&toys("a")).await.expect(200)), Vec::<&str>::new());
}

#[tokio::test]
async fn bodies_may_be_yaml_or_leave_out_what_the_path_says() {
    let scene = scene().await;
    let yaml = b"metadata:\n  name: y\nspec:\n  color: red\n";
    let made = scene
        .request(Method::POST, &toys("a"), &[("content-type", "application/yaml")], yaml)
        .await
        .expect(201);
    assert_eq!((&made["kind"], &made["spec"]["color"]), (&json!("Toy"), &json!("red")));
    let untyped = scene
        .request(Method::POST, &toys("a"), &[], br#"{"metadata":{"name":"u"}}"#)
        .await;
    assert_eq!(untyped.expect(201)["apiVersion"], "toys.example.com/v1");
}

#[tokio::test]
async fn large_and_deep_bodies_are_refused() {
    let scene = scene().await;
    let large = toy("t", json!({"text": "x".repeat(4 << 20)}));
    assert_eq!(
        scene.post(&toys("a"), &large).await.expect(413)["reason"],
        "RequestEntityTooLarge"
    );
    let larger_than_an_object = toy("t", json!({"text": "x".repeat(2 << 20)}));
    assert_eq!(scene.post(&toys("a"), &larger_than_an_object).await.status, 413);
    let deep = format!("{{\"spec\":{}{}}}", "[".repeat(100), "]".repeat(100));
    let refused = scene.request(Method::POST, &toys("a"), &[], deep.as_bytes()).await;
    assert_eq!(refused.status, 400, "{}", refused.text());
}

#[tokio::test]
async fn an_update_needs_the_newest_version_if_it_names_one() {
    let scene = scene().await;
    let path = format!("{}/t", toys("a"));
    let mut object = scene.make("t", json!({})).await;
    object["spec"]["color"] = "red".into();
    let updated = scene.put(&path, &object).await.expect(200);
    assert_eq!(updated["metadata"]["generation"], 2);
    assert_eq!(updated["metadata"]["uid"], object["metadata"]["uid"]);
    object["spec"]["color"] = "blue".into();
    assert_eq!(
        scene.put(&path, &object).await.error(),
        "409 Conflict Operation cannot be fulfilled on toys.toys.example.com \"t\": the object has been modified; please \
         apply your changes to the latest version and try again"
    );
    let unconditional = scene.put(&path, &toy("t", json!({"color": "blue"}))).await.expect(200);
    assert_eq!(
        unconditional["metadata"]["creationTimestamp"],
        object["metadata"]["creationTimestamp"]
    );
    let mut other_uid = toy("t", json!({}));
    other_uid["metadata"]["uid"] = "x".into();
    assert!(
        scene
            .put(&path, &other_uid)
            .await
            .error()
            .contains("Precondition failed: UID")
    );
    assert_eq!(scene.put(&path, &toy("u", json!({}))).await.status, 400);
    assert_eq!(
        scene
            .put(&format!("{}/u", toys("a")), &toy("u", json!({})))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn a_write_that_changes_nothing_keeps_the_version() {
    let scene = scene().await;
    let path = format!("{}/t", toys("a"));
    let made = scene.make("t", json!({"color": "red"})).await;
    let before = scene.store.revision();
    assert_eq!(scene.put(&path, &made).await.expect(200), made);
    assert_eq!(
        scene.put(&path, &toy("t", json!({"color": "red"}))).await.expect(200),
        made
    );
    assert_eq!(scene.store.revision(), before);
}

#[tokio::test]
async fn a_dry_run_does_everything_but_store() {
    let scene = scene().await;
    let before = scene.store.revision();
    let dry = format!("{}?dryRun=All", toys("a"));
    let shown = scene.post(&dry, &toy("t", json!({}))).await.expect(201);
    assert_eq!(
        (&shown["spec"]["color"], &shown["status"]["address"]),
        (&json!("grey"), &json!("a/t"))
    );
    assert!(shown["metadata"]["resourceVersion"].is_null() && !shown["metadata"]["uid"].is_null());
    assert_eq!(
        scene.post(&dry, &toy("t", json!({"color": "invisible"}))).await.status,
        422
    );
    assert_eq!(scene.store.revision(), before);

    let made = scene.make("t", json!({})).await;
    assert_eq!(
        scene.post(&dry, &toy("t", json!({}))).await.error(),
        "409 AlreadyExists toys.toys.example.com \"t\" already exists"
    );
    let path = format!("{}/t", toys("a"));
    let shown = scene
        .put(&format!("{path}?dryRun=All"), &toy("t", json!({"color": "red"})))
        .await
        .expect(200);
    assert_eq!(
        (&shown["spec"]["color"], version(&shown)),
        (&json!("red"), version(&made))
    );
    scene
        .delete(&format!("{path}?dryRun=All"), json!(null))
        .await
        .expect(200);
    scene.delete(&path, json!({"dryRun": ["All"]})).await.expect(200);
    assert_eq!(scene.get(&path).await.expect(200), made);
}

#[tokio::test]
async fn nothing_new_comes_into_a_namespace_that_ends() {
    let scene = scene().await;
    let held = json!({"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": "c"}, "spec": {"finalizers": ["kubernetes"]}});
    scene.post("/api/v1/namespaces", &held).await.expect(201);
    let ending = scene.delete("/api/v1/namespaces/c", json!(null)).await.expect(200);
    assert_eq!(ending["status"]["phase"], "Terminating");
    assert!(!ending["metadata"]["deletionTimestamp"].is_null());
    let refused = scene.post(&toys("c"), &toy("t", json!({}))).await;
    assert_eq!(
        refused.error(),
        "403 Forbidden toys.toys.example.com \"t\" is forbidden: unable to create new content in namespace c because it is \
         being terminated"
    );
    assert_eq!(refused.json()["details"]["causes"][0]["reason"], "NamespaceTerminating");
    let mut done = scene.get("/api/v1/namespaces/c").await.expect(200);
    done["spec"]["finalizers"] = json!([]);
    scene.put("/api/v1/namespaces/c", &done).await.expect(200);
    assert_eq!(scene.get("/api/v1/namespaces/c").await.status, 404);
}
