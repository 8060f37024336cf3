use http::Method;
use serde_json::{Value, json};
use weir_store::Store;

use super::client::{MERGE, TABLE, all_toys, names, scene, toy, toys, version};

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
async fn versions_of_lists_are_exact_or_at_least_what_was_asked_for() {
    let scene = scene().await;
    let before = version(&scene.make("one", json!({})).await).to_owned();
    scene.make("two", json!({})).await;
    let newest = scene.store.revision().0.to_string();
    let table = [
        (
            format!("resourceVersion={before}&resourceVersionMatch=Exact"),
            vec!["one"],
            &before,
        ),
        (format!("resourceVersion={before}&limit=5"), vec!["one"], &before),
        (format!("resourceVersion={before}"), vec!["one", "two"], &newest),
        (
            format!("resourceVersion={before}&resourceVersionMatch=NotOlderThan&limit=5"),
            vec!["one", "two"],
            &newest,
        ),
        ("resourceVersion=0".to_owned(), vec!["one", "two"], &newest),
        ("resourceVersion=0&limit=1".to_owned(), vec!["one"], &newest),
    ];
    for (query, wanted, at) in table {
        let list = scene.get(&format!("{}?{query}", toys("a"))).await.expect(200);
        assert_eq!((names(&list), version(&list)), (wanted, at.as_str()), "{query}");
    }
    scene.store.compact(scene.store.revision()).await.expect("compacts");
    let path = format!("{}?resourceVersion={before}&resourceVersionMatch=Exact", toys("a"));
    assert_eq!(scene.get(&path).await.expect(410)["reason"], "Expired");
}

#[tokio::test(start_paused = true)]
async fn a_version_of_the_future_is_waited_for_and_then_refused() {
    let scene = scene().await;
    scene.make("one", json!({})).await;
    let future = scene.store.revision().0 + 2;
    let paths = [
        format!("{}?resourceVersion={future}", toys("a")),
        format!("{}?resourceVersion={future}&resourceVersionMatch=Exact", toys("a")),
        format!("{}/one?resourceVersion={future}", toys("a")),
        format!("{}?watch=true&resourceVersion={future}", toys("a")),
    ];
    for path in &paths {
        let began = tokio::time::Instant::now();
        let refused = scene.get(path).await;
        let status = refused.expect(504);
        assert_eq!(status["reason"], "Timeout", "{path}");
        assert_eq!(
            status["details"]["causes"][0]["reason"], "ResourceVersionTooLarge",
            "{path}"
        );
        assert_eq!(refused.headers["retry-after"], "1");
        assert_eq!(began.elapsed().as_secs(), 3, "{path}");
    }
    let write = async {
        scene.make("two", json!({})).await;
        scene.make("three", json!({})).await;
    };
    let (list, ()) = tokio::join!(scene.get(&paths[0]), write);
    assert_eq!(names(&list.expect(200)), ["one", "three", "two"]);
}

#[tokio::test]
async fn options_of_lists_that_do_not_go_together_are_refused() {
    let scene = scene().await;
    let invalid = "422 Invalid ListOptions.meta.k8s.io \"\" is invalid: ";
    let table = [
        (
            "resourceVersionMatch=Exact",
            "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided",
        ),
        (
            "resourceVersion=0&resourceVersionMatch=Exact",
            "resourceVersionMatch: Forbidden: resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"",
        ),
        (
            "resourceVersion=1&resourceVersionMatch=NotOlderThan&continue=x",
            "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided",
        ),
        (
            "resourceVersion=1&resourceVersionMatch=Odd",
            "resourceVersionMatch: Unsupported value: \"Odd\": supported values: \"Exact\", \"NotOlderThan\", \"\"",
        ),
        (
            "sendInitialEvents=true",
            "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list",
        ),
    ];
    for (query, why) in table {
        let refused = scene.get(&format!("{}?{query}", toys("a"))).await;
        assert_eq!(refused.error(), format!("{invalid}{why}"), "{query}");
    }
}

#[tokio::test]
async fn continue_tokens_that_lead_elsewhere_are_refused() {
    use base64::Engine;
    let scene = scene().await;
    for name in ["a1", "a2", "a3"] {
        scene.make(name, json!({})).await;
    }
    let first = scene.get(&format!("{}?limit=1", toys("a"))).await.expect(200);
    let token = first["metadata"]["continue"].as_str().expect("a token");
    let elsewhere = scene.get(&format!("{}?limit=1&continue={token}", toys("b"))).await;
    assert_eq!(elsewhere.status, 400, "{}", elsewhere.text());
    let with_version = scene
        .get(&format!("{}?continue={token}&resourceVersion=1", toys("a")))
        .await;
    assert_eq!(
        with_version.error(),
        "400 BadRequest specifying resource version is not allowed when using continue"
    );
    let encoded = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    for bad in [
        "x".to_owned(),
        token[..token.len() - 3].to_owned(),
        encoded("{}"),
        encoded(r#"{"rv":1}"#),
        encoded(r#"{"rv":-1,"start":"a/a1"}"#),
        encoded(r#"{"rv":1,"start":"../../core/secrets/a/x"}"#),
        encoded(r#"{"rv":1,"start":"b/x"}"#),
    ] {
        let refused = scene.get(&format!("{}?limit=1&continue={bad}", toys("a"))).await;
        assert!(
            refused.error().starts_with("400 BadRequest continue key is not valid"),
            "{bad}: {}",
            refused.text()
        );
    }
}

#[tokio::test]
async fn pages_over_a_changing_collection_are_one_snapshot() {
    let scene = scene().await;
    for index in 0..40 {
        scene.make(&format!("t{index:02}"), json!({"round": 0})).await;
    }
    let mut path = format!("{}?limit=7", toys("a"));
    let (mut seen, mut revisions) = (Vec::new(), std::collections::BTreeSet::new());
    for round in 1.. {
        let page = scene.get(&path).await.expect(200);
        revisions.insert(version(&page).to_owned());
        let rounds = page["items"]
            .as_array()
            .expect("items")
            .iter()
            .map(|item| &item["spec"]["round"]);
        assert!(rounds.clone().all(|made_in| made_in == 0), "nothing of later shows");
        seen.extend(names(&page).into_iter().map(str::to_owned));
        let left = page["metadata"]["remainingItemCount"].as_u64().unwrap_or(0);
        assert_eq!(seen.len() + usize::try_from(left).expect("small"), 40);
        let Some(token) = page["metadata"]["continue"].as_str() else {
            break;
        };
        path = format!("{}?limit=7&continue={token}", toys("a"));
        for index in (round..40).step_by(3) {
            let patch = json!({"spec": {"round": round}});
            let toy = format!("{}/t{index:02}", toys("a"));
            let answer = scene.patch(&toy, MERGE, &patch).await;
            assert!(matches!(answer.status, 200 | 404), "{}", answer.text());
        }
        scene
            .delete(&format!("{}/t{:02}", toys("a"), 39 - round), json!(null))
            .await
            .expect(200);
        scene
            .make(&format!("t{index:02}x", index = 20 + round), json!({"round": round}))
            .await;
    }
    let wanted: Vec<String> = (0..40).map(|index| format!("t{index:02}")).collect();
    assert_eq!(seen, wanted);
    assert_eq!(revisions.len(), 1);
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

#[tokio::test]
async fn long_lists_are_packed_for_clients_that_unpack_them() {
    let scene = scene().await;
    for n in 0..8 {
        scene
            .make(&format!("t{n}"), json!({"text": "long ".repeat(10_000)}))
            .await;
    }
    let gzip = [("accept-encoding", "gzip")];
    let plain = scene.get(&toys("a")).await;
    assert!(plain.headers.get("content-encoding").is_none());
    let packed = scene.request(Method::GET, &toys("a"), &gzip, b"").await;
    assert_eq!(packed.headers["content-encoding"], "gzip");
    assert!(packed.body.len() < plain.body.len() / 10);
    assert_eq!(packed.unpacked(), plain.body);
    let short = scene
        .request(Method::GET, &format!("{}/t0", toys("a")), &gzip, b"")
        .await;
    assert!(short.headers.get("content-encoding").is_none());
}
