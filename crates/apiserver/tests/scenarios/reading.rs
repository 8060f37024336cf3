use serde_json::{Value, json};
use weir_store::{Revision, Store};

use super::client::{TABLE, all_toys, names, scene, toy, toys, version};

#[tokio::test]
async fn an_object_is_read_as_it_was_written_with_what_the_server_adds() {
    let scene = scene().await;
    let made = scene.make("t", json!({"odd": {"unknown": [1, null]}})).await;
    let read = scene.get(&format!("{}/t", toys("a"))).await.expect(200);
    assert_eq!(read, made);
    assert_eq!(read["apiVersion"], "toys.example.com/v1");
    assert_eq!(read["metadata"]["creationTimestamp"], "1970-01-01T00:00:00Z");
    assert_eq!(read["metadata"]["namespace"], "a");
    assert_eq!(read["metadata"]["generation"], 1);
    assert_eq!(read["spec"], json!({"color": "grey", "odd": {"unknown": [1, null]}}));
    assert_eq!(read["status"]["address"], "a/t");
}

#[tokio::test]
async fn what_is_missing_is_answered_with_a_status() {
    let scene = scene().await;
    let table = [
        (
            format!("{}/x", toys("a")),
            "404 NotFound toys.toys.example.com \"x\" not found",
        ),
        (
            "/api/v1/namespaces/x".to_owned(),
            "404 NotFound namespaces \"x\" not found",
        ),
        (
            "/api/v1/pods".to_owned(),
            "404 NotFound the server could not find the requested resource",
        ),
        (
            "/apis/no/v1/pods".to_owned(),
            "404 NotFound the server could not find the requested resource",
        ),
        (
            "/apis/toys.example.com/v2/toys".to_owned(),
            "404 NotFound the server could not find the requested resource",
        ),
        (
            format!("{}/x/none", toys("a")),
            "404 NotFound the server could not find the requested resource",
        ),
        (
            "/apis/toys.example.com/v1/toys/x".to_owned(),
            "404 NotFound the server could not find the requested resource",
        ),
        (
            "/api/v1/namespaces/a/namespaces".to_owned(),
            "404 NotFound the server could not find the requested resource",
        ),
        (
            format!("{}?resourceVersion=x", toys("a")),
            "400 BadRequest invalid resource version: \"x\"",
        ),
        (
            format!("{}?fieldSelector=spec.odd%3D1", toys("a")),
            "400 BadRequest field label not supported: spec.odd",
        ),
    ];
    for (path, wanted) in table {
        assert_eq!(scene.get(&path).await.error(), wanted, "{path}");
    }
}

#[tokio::test]
async fn lists_select_by_namespace_label_and_field() {
    let scene = scene().await;
    for (namespace, name, color, tier) in [
        ("a", "one", "red", "x"),
        ("a", "two", "blue", "y"),
        ("b", "one", "red", "y"),
    ] {
        let mut object = toy(name, json!({"color": color}));
        object["metadata"]["labels"] = json!({"tier": tier});
        scene.post(&toys(namespace), &object).await.expect(201);
    }
    let table = [
        (toys("a"), vec!["one", "two"]),
        (toys("b"), vec!["one"]),
        (toys("none"), vec![]),
        (all_toys().to_owned(), vec!["one", "two", "one"]),
        (format!("{}?labelSelector=tier%3Dy", all_toys()), vec!["two", "one"]),
        (format!("{}?labelSelector=tier+in+(x)", all_toys()), vec!["one"]),
        (
            format!("{}?fieldSelector=spec.color%3Dred", all_toys()),
            vec!["one", "one"],
        ),
        (format!("{}?fieldSelector=spec.color!%3Dred", all_toys()), vec!["two"]),
        (
            format!("{}?fieldSelector=metadata.namespace%3Db", all_toys()),
            vec!["one"],
        ),
        (
            format!("{}?fieldSelector=metadata.name%3Dtwo,spec.color%3Dblue", toys("a")),
            vec!["two"],
        ),
    ];
    for (path, wanted) in table {
        let list = scene.get(&path).await.expect(200);
        assert_eq!(names(&list), wanted, "{path}");
        assert_eq!(
            (&list["kind"], &list["apiVersion"]),
            (&json!("ToyList"), &json!("toys.example.com/v1"))
        );
        assert_eq!(version(&list), scene.store.revision().0.to_string(), "{path}");
    }
}

#[tokio::test]
async fn chunks_show_the_state_of_the_first_one() {
    let scene = scene().await;
    for name in ["a1", "a2", "a3", "a4", "a5"] {
        scene.make(name, json!({})).await;
    }
    let first = scene.get(&format!("{}?limit=2", toys("a"))).await.expect(200);
    assert_eq!(names(&first), ["a1", "a2"]);
    assert_eq!(first["metadata"]["remainingItemCount"], 3);
    scene
        .delete(&format!("{}/a4", toys("a")), json!(null))
        .await
        .expect(200);
    scene.make("a0", json!({})).await;
    scene.make("a9", json!({})).await;

    let token = first["metadata"]["continue"].as_str().expect("a token");
    let second = scene
        .get(&format!("{}?limit=2&continue={token}", toys("a")))
        .await
        .expect(200);
    assert_eq!(names(&second), ["a3", "a4"]);
    assert_eq!(version(&second), version(&first));
    let token = second["metadata"]["continue"].as_str().expect("a token");
    let third = scene
        .get(&format!("{}?limit=2&continue={token}", toys("a")))
        .await
        .expect(200);
    assert_eq!(names(&third), ["a5"]);
    assert!(third["metadata"]["continue"].is_null());
}

#[tokio::test]
async fn chunks_of_a_selection_are_full_and_end() {
    let scene = scene().await;
    for name in ["a1", "b2", "a3", "b4", "a5"] {
        let color = if name.starts_with('a') { "red" } else { "blue" };
        scene.make(name, json!({"color": color})).await;
    }
    let path = format!("{}?limit=2&fieldSelector=spec.color%3Dred", toys("a"));
    let first = scene.get(&path).await.expect(200);
    assert_eq!(names(&first), ["a1", "a3"]);
    assert!(first["metadata"]["remainingItemCount"].is_null());
    let token = first["metadata"]["continue"].as_str().expect("a token");
    let second = scene.get(&format!("{path}&continue={token}")).await.expect(200);
    assert_eq!(names(&second), ["a5"]);
    assert!(second["metadata"]["continue"].is_null());
}

#[tokio::test]
async fn a_compacted_chunk_is_gone_but_says_how_to_go_on() {
    let scene = scene().await;
    for name in ["a1", "a2", "a3"] {
        scene.make(name, json!({})).await;
    }
    let path = format!("{}?limit=1", toys("a"));
    let first = scene.get(&path).await.expect(200);
    let token = first["metadata"]["continue"].as_str().expect("a token");
    scene.make("a4", json!({})).await;
    scene.store.compact(scene.store.revision()).await.expect("compacts");

    let gone = scene.get(&format!("{path}&continue={token}")).await;
    let status = gone.expect(410);
    assert_eq!(status["reason"], "Expired");
    let token = status["metadata"]["continue"].as_str().expect("a way on");
    let rest = scene.get(&format!("{}?continue={token}", toys("a"))).await.expect(200);
    assert_eq!(names(&rest), ["a2", "a3", "a4"]);
}

#[tokio::test]
async fn versions_of_lists_are_exact_newer_or_refused() {
    let scene = scene().await;
    let before = version(&scene.make("one", json!({})).await).to_owned();
    scene.make("two", json!({})).await;
    let exact = scene
        .get(&format!(
            "{}?resourceVersion={before}&resourceVersionMatch=Exact",
            toys("a")
        ))
        .await
        .expect(200);
    assert_eq!((names(&exact), version(&exact)), (vec!["one"], before.as_str()));
    let newer = scene
        .get(&format!("{}?resourceVersion={before}", toys("a")))
        .await
        .expect(200);
    assert_eq!(names(&newer), ["one", "two"]);

    let future = scene.store.revision().0 + 10;
    for path in [
        toys("a"),
        format!("{}/one", toys("a")),
        format!("{}?watch=true&", toys("a")),
    ] {
        let mark = if path.contains('?') { "" } else { "?" };
        let refused = scene.get(&format!("{path}{mark}resourceVersion={future}")).await;
        let status = refused.expect(504);
        assert_eq!(
            status["details"]["causes"][0]["reason"], "ResourceVersionTooLarge",
            "{path}"
        );
        assert_eq!(refused.headers["retry-after"], "1");
    }
    scene
        .store
        .compact(Revision(scene.store.revision().0))
        .await
        .expect("compacts");
    let gone = scene
        .get(&format!(
            "{}?resourceVersion={before}&resourceVersionMatch=Exact",
            toys("a")
        ))
        .await;
    assert_eq!(gone.expect(410)["reason"], "Expired");
}

#[tokio::test]
async fn long_lists_are_whole() {
    let scene = scene().await;
    let text = "x".repeat(40_000);
    for index in 0..10 {
        scene.make(&format!("t{index}"), json!({"text": text})).await;
    }
    let answer = scene.get(&toys("a")).await;
    let list = answer.expect(200);
    assert_eq!(list["items"].as_array().map(Vec::len), Some(10));
    assert!(answer.body.len() > 400_000);
}

#[tokio::test]
async fn tables_of_histories_show_the_oldest_first_and_lists_keep_the_order_of_names() {
    let scene = scene().await;
    for name in ["t-2", "t-10"] {
        scene.make(name, json!({})).await;
    }
    let table = scene.get_as(&toys("a"), TABLE).await.expect(200);
    let rows: Vec<&Value> = table["rows"].as_array().expect("rows").iter().collect();
    assert_eq!(
        rows.iter().map(|row| &row["cells"][0]).collect::<Vec<_>>(),
        ["t-2", "t-10"]
    );
    let list = scene.get(&toys("a")).await.expect(200);
    assert_eq!(names(&list), ["t-10", "t-2"]);
}

#[tokio::test]
async fn tables_have_the_columns_of_their_kind() {
    let scene = scene().await;
    let made = scene.make("t", json!({"color": "red", "parts": [{"name": "p"}]})).await;
    let table = scene.get_as(&toys("a"), TABLE).await.expect(200);
    assert_eq!(
        (&table["kind"], &table["apiVersion"]),
        (&json!("Table"), &json!("meta.k8s.io/v1"))
    );
    assert_eq!(version(&table), version(&made));
    let columns: Vec<&str> = table["columnDefinitions"]
        .as_array()
        .expect("columns")
        .iter()
        .filter_map(|c| c["name"].as_str())
        .collect();
    assert_eq!(columns, ["Name", "Color", "Parts"]);
    assert_eq!(table["columnDefinitions"][2]["priority"], 1);
    assert_eq!(table["rows"][0]["cells"], json!(["t", "red", 1]));
    let row = &table["rows"][0]["object"];
    assert_eq!(
        (&row["kind"], &row["metadata"]),
        (&json!("PartialObjectMetadata"), &made["metadata"])
    );
    assert!(row["spec"].is_null());

    let full = scene
        .get_as(&format!("{}?includeObject=Object", toys("a")), TABLE)
        .await
        .expect(200);
    assert_eq!(full["rows"][0]["object"], made);
    let none = scene
        .get_as(&format!("{}?includeObject=None", toys("a")), TABLE)
        .await
        .expect(200);
    assert!(none["rows"][0]["object"].is_null());
    let one = scene.get_as(&format!("{}/t", toys("a")), TABLE).await.expect(200);
    assert_eq!(one["rows"].as_array().map(Vec::len), Some(1));
    assert_eq!(version(&one), version(&made));
}

#[tokio::test]
async fn metadata_can_be_had_alone() {
    let scene = scene().await;
    let made = scene.make("t", json!({})).await;
    let accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
    let list = scene.get_as(&toys("a"), accept).await.expect(200);
    assert_eq!(list["kind"], "PartialObjectMetadataList");
    let item = json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": made["metadata"]});
    assert_eq!(list["items"], json!([item]));
    let accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
    let one = scene.get_as(&format!("{}/t", toys("a")), accept).await;
    assert_eq!(one.expect(200), item);
}

#[tokio::test]
async fn a_protobuf_accept_is_answered_with_json() {
    let scene = scene().await;
    scene.make("t", json!({})).await;
    let answer = scene
        .get_as(&toys("a"), "application/vnd.kubernetes.protobuf,application/json")
        .await;
    assert_eq!(names(&answer.expect(200)), ["t"]);
    assert_eq!(answer.headers["content-type"], "application/json");
}
