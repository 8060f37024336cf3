use std::time::Duration;

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};
use weir_store::{Expect, Store, Write};

use super::client::{MERGE, Scene, TABLE, all_toys, scene, toy, toys, version};

async fn recolor(scene: &Scene, name: &str, color: &str) -> Value {
    let path = format!("{}/{name}", toys("a"));
    scene
        .patch(&path, MERGE, &json!({"spec": {"color": color}}))
        .await
        .expect(200)
}

async fn remove(scene: &Scene, name: &str) {
    scene
        .delete(&format!("{}/{name}", toys("a")), json!(null))
        .await
        .expect(200);
}

#[tokio::test]
async fn a_watch_from_a_revision_shows_every_later_change_once() {
    let scene = scene().await;
    let start = version(&scene.make("one", json!({})).await).to_owned();
    recolor(&scene, "one", "red").await;
    let mut watch = scene
        .watch(&format!("{}?watch=true&resourceVersion={start}", toys("a")))
        .await;
    scene.make("two", json!({})).await;
    scene.post(&toys("b"), &toy("elsewhere", json!({}))).await.expect(201);
    remove(&scene, "one").await;
    assert_eq!(watch.brief(3).await, ["MODIFIED one", "ADDED two", "DELETED one"]);
}

#[tokio::test]
async fn a_watch_without_a_revision_begins_with_what_exists() {
    let scene = scene().await;
    scene.make("one", json!({})).await;
    for query in ["watch=true", "watch=true&resourceVersion=0", "watch=1&resourceVersion="] {
        let mut watch = scene.watch(&format!("{}?{query}", all_toys())).await;
        assert_eq!(watch.brief(1).await, ["ADDED one"], "{query}");
    }
    let mut watch = scene.watch(&format!("{}?watch=true", all_toys())).await;
    scene.make("two", json!({})).await;
    assert_eq!(watch.brief(2).await, ["ADDED one", "ADDED two"]);
}

#[tokio::test]
async fn a_deleted_object_is_shown_as_it_was_at_the_revision_of_its_end() {
    let scene = scene().await;
    let made = scene.make("one", json!({"color": "red"})).await;
    let mut watch = scene
        .watch(&format!("{}?watch=true&resourceVersion={}", toys("a"), version(&made)))
        .await;
    remove(&scene, "one").await;
    let event = watch.next().await.expect("an event");
    assert_eq!(event["type"], "DELETED");
    assert_eq!(event["object"]["spec"], made["spec"]);
    assert_eq!(event["object"]["metadata"]["uid"], made["metadata"]["uid"]);
    assert_eq!(event["object"]["status"]["address"], "a/one");
    assert_eq!(version(&event["object"]), scene.store.revision().0.to_string());
}

#[tokio::test]
async fn coming_into_and_leaving_a_selection_is_an_arrival_and_a_departure() {
    let scene = scene().await;
    let start = version(&scene.make("one", json!({"color": "blue"})).await).to_owned();
    let selected = format!(
        "{}?watch=true&resourceVersion={start}&fieldSelector=spec.color%3Dred",
        toys("a")
    );
    let mut live = scene.watch(&selected).await;
    recolor(&scene, "one", "red").await;
    scene
        .patch(&format!("{}/one", toys("a")), MERGE, &json!({"spec": {"x": 1}}))
        .await
        .expect(200);
    let left = recolor(&scene, "one", "blue").await;
    recolor(&scene, "one", "grey").await;
    recolor(&scene, "one", "red").await;
    let wanted = ["ADDED one", "MODIFIED one", "DELETED one", "ADDED one"];
    let mut resumed = scene.watch(&selected).await;
    assert_eq!(resumed.brief(4).await, wanted);
    assert_eq!(live.brief(2).await, wanted[..2]);
    let departure = live.next().await.expect("an event");
    assert_eq!(departure["object"]["spec"]["color"], "red");
    assert_eq!(version(&departure["object"]), version(&left));

    let named = format!("{}?watch=true&fieldSelector=metadata.name%3Dtwo", toys("a"));
    let mut named = scene.watch(&named).await;
    scene.make("three", json!({})).await;
    scene.make("two", json!({})).await;
    assert_eq!(named.brief(1).await, ["ADDED two"]);
}

#[tokio::test]
async fn initial_events_end_with_a_marked_bookmark() {
    let scene = scene().await;
    scene.make("one", json!({})).await;
    scene.make("two", json!({})).await;
    let query = "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    let mut watch = scene.watch(&format!("{}?{query}", toys("a"))).await;
    assert_eq!(watch.brief(2).await, ["ADDED one", "ADDED two"]);
    let bookmark = watch.next().await.expect("a bookmark");
    assert_eq!(bookmark["type"], "BOOKMARK");
    assert_eq!(bookmark["object"]["kind"], "Toy");
    assert_eq!(
        bookmark["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"],
        "true"
    );
    assert_eq!(version(&bookmark["object"]), scene.store.revision().0.to_string());
    scene.make("three", json!({})).await;
    assert_eq!(watch.brief(1).await, ["ADDED three"]);

    let mut empty = scene.watch(&format!("{}?{query}", toys("b"))).await;
    assert_eq!(empty.next().await.expect("a bookmark")["type"], "BOOKMARK");
}

#[tokio::test]
async fn initial_events_can_be_declined() {
    let scene = scene().await;
    scene.make("one", json!({})).await;
    let query = "watch=true&sendInitialEvents=false&resourceVersionMatch=NotOlderThan";
    let mut watch = scene.watch(&format!("{}?{query}", toys("a"))).await;
    scene.make("two", json!({})).await;
    assert_eq!(watch.brief(1).await, ["ADDED two"]);
    for bad in [
        "sendInitialEvents=true",
        "resourceVersionMatch=NotOlderThan",
        "sendInitialEvents=true&resourceVersionMatch=Exact",
    ] {
        assert_eq!(
            scene.get(&format!("{}?watch=true&{bad}", toys("a"))).await.status,
            422,
            "{bad}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn idle_watches_get_bookmarks_and_end_in_time() {
    let scene = scene().await;
    let began = tokio::time::Instant::now();
    let mut watch = scene
        .watch(&format!(
            "{}?watch=true&allowWatchBookmarks=true&timeoutSeconds=150",
            toys("a")
        ))
        .await;
    scene.post(&toys("b"), &toy("elsewhere", json!({}))).await.expect(201);
    let reached = scene.store.revision().0.to_string();
    for second in [60, 120, 148] {
        assert_eq!(watch.brief(1).await, [format!("BOOKMARK {reached}")]);
        assert_eq!(began.elapsed().as_secs(), second);
    }
    assert_eq!(watch.next().await, None);
    assert_eq!(began.elapsed().as_secs(), 150);

    let mut silent = scene
        .watch(&format!("{}?watch=true&timeoutSeconds=150", toys("a")))
        .await;
    assert_eq!(silent.next().await, None);
}

#[tokio::test]
async fn a_compacted_revision_ends_the_watch_with_expired() {
    let scene = scene().await;
    let start = version(&scene.make("one", json!({})).await).to_owned();
    for round in 0..1_100 {
        recolor(&scene, "one", &format!("c{round}")).await;
    }
    // Too long ago for the cache, but the store still knows.
    let mut old = scene
        .watch(&format!("{}?watch=true&resourceVersion={start}", toys("a")))
        .await;
    assert_eq!(old.brief(1_100).await.len(), 1_100);
    recolor(&scene, "one", "last").await;
    assert_eq!(
        old.next().await.expect("it goes on live")["object"]["spec"]["color"],
        "last"
    );

    scene.store.compact(scene.store.revision()).await.expect("compacts");
    let mut watch = scene
        .watch(&format!("{}?watch=true&resourceVersion={start}", toys("a")))
        .await;
    let event = watch.next().await.expect("an error");
    assert_eq!(
        (&event["type"], &event["object"]["code"]),
        (&json!("ERROR"), &json!(410))
    );
    assert_eq!(event["object"]["reason"], "Expired");
    assert_eq!(watch.next().await, None);
}

#[tokio::test]
async fn rows_of_a_watched_table_name_their_columns_once() {
    let scene = scene().await;
    scene.make("one", json!({"color": "red"})).await;
    let mut watch = scene.watch_as(&format!("{}?watch=true", toys("a")), TABLE).await;
    let first = watch.next().await.expect("an event");
    assert_eq!(
        (&first["type"], &first["object"]["kind"]),
        (&json!("ADDED"), &json!("Table"))
    );
    assert_eq!(first["object"]["rows"][0]["cells"], json!(["one", "red", 0]));
    assert_eq!(first["object"]["columnDefinitions"].as_array().map(Vec::len), Some(3));
    let changed = recolor(&scene, "one", "blue").await;
    let second = watch.next().await.expect("an event");
    assert_eq!(second["object"]["rows"][0]["cells"], json!(["one", "blue", 0]));
    assert!(second["object"]["columnDefinitions"].is_null());
    assert_eq!(version(&second["object"]), version(&changed));
    remove(&scene, "one").await;
    let third = watch.next().await.expect("an event");
    assert_eq!(third["type"], "DELETED");
    assert_eq!(
        version(&third["object"]["rows"][0]["object"]),
        scene.store.revision().0.to_string()
    );
}

#[tokio::test]
async fn a_reader_that_does_not_read_is_cut_off_and_slows_nobody() {
    let scene = scene().await;
    let start = version(&scene.make("one", json!({})).await).to_owned();
    let path = format!("{}?watch=true&resourceVersion={start}", toys("a"));
    let mut stuck = scene.watch(&path).await;
    let mut reading = scene.watch(&path).await;
    let text = "x".repeat(100_000);
    for round in 0..20 {
        let patch = json!({"spec": {"text": text, "round": round}});
        scene
            .patch(&format!("{}/one", toys("a")), MERGE, &patch)
            .await
            .expect(200);
        assert_eq!(reading.brief(1).await, ["MODIFIED one"]);
    }
    let mut seen = 0;
    while stuck.next().await.is_some() {
        seen += 1;
    }
    assert!((1..20).contains(&seen), "{seen}");
}

/// Commits that give the cache no time to follow, until the store drops it as a watcher.
async fn outrun_the_cache(scene: &Scene) {
    for index in 0..5_000 {
        let write = Write {
            key: format!("/registry/toys.example.com/toys/a/t{index:04}"),
            expect: Expect::Absent,
            value: Some(Bytes::from(toy(&format!("t{index:04}"), json!({})).to_string())),
        };
        scene.store.commit(vec![write]).await.expect("commits");
    }
}

#[tokio::test]
async fn a_cache_that_fell_behind_catches_up_from_the_history_of_the_store() {
    let scene = scene().await;
    let start = scene.store.revision().0;
    let path = format!("{}?watch=true&resourceVersion={start}", toys("a"));
    let mut watch = scene.watch(&path).await;
    outrun_the_cache(&scene).await;
    for index in 0..5_000 {
        assert_eq!(watch.brief(1).await, [format!("ADDED t{index:04}")]);
    }
    let list = scene.get(&toys("a")).await.expect(200);
    assert_eq!(list["items"].as_array().map(Vec::len), Some(5_000));
}

#[tokio::test]
async fn a_cache_that_missed_changes_starts_over_and_tells_its_watchers() {
    let scene = scene().await;
    let mut watch = scene.watch(&format!("{}?watch=true", toys("a"))).await;
    outrun_the_cache(&scene).await;
    scene.store.compact(scene.store.revision()).await.expect("compacts");
    let list = scene.get(&toys("a")).await.expect(200);
    assert_eq!(list["items"].as_array().map(Vec::len), Some(5_000));
    let mut event = watch.next().await.expect("an event");
    while event["type"] == "ADDED" {
        event = watch.next().await.expect("it does not end in silence");
    }
    assert_eq!(
        (&event["type"], &event["object"]["reason"]),
        (&json!("ERROR"), &json!("Expired"))
    );
    assert_eq!(watch.next().await, None);
    let mut again = scene
        .watch(&format!("{}?watch=true&resourceVersion={}", toys("a"), version(&list)))
        .await;
    scene.make("next", json!({})).await;
    assert_eq!(again.brief(1).await, ["ADDED next"]);
}

#[tokio::test]
async fn draining_ends_watches_and_readiness() {
    let scene = scene().await;
    let mut watch = scene.watch(&format!("{}?watch=true", toys("a"))).await;
    assert_eq!(scene.get("/readyz").await.status, 200);
    scene.server.drain();
    assert_eq!(watch.next().await, None);
    assert_eq!(scene.get("/readyz").await.status, 503);
    assert_eq!(scene.get("/livez").await.status, 200);
}

#[tokio::test]
async fn a_watch_is_not_a_get_of_a_name() {
    let scene = scene().await;
    scene.make("one", json!({})).await;
    let one = scene.get(&format!("{}/one?watch=true", toys("a"))).await.expect(200);
    assert_eq!(one["kind"], "Toy");
    let refused = scene
        .request(Method::GET, "/apis/toys.example.com/v1/mirrors?watch=true", &[], b"")
        .await;
    assert_eq!(refused.status, 405);
}

/// Many watchers of one change hear of it, whoever they are and however they select.
#[tokio::test]
async fn every_watcher_hears_of_a_change() {
    let scene = scene().await;
    let mut watches = Vec::new();
    for index in 0..50 {
        let namespaced = if index % 2 == 0 {
            toys("a")
        } else {
            all_toys().to_owned()
        };
        watches.push(scene.watch(&format!("{namespaced}?watch=true")).await);
    }
    scene.make("one", json!({})).await;
    for watch in &mut watches {
        let heard = tokio::time::timeout(Duration::from_secs(30), watch.brief(1))
            .await
            .expect("in time");
        assert_eq!(heard, ["ADDED one"]);
    }
}

#[tokio::test]
async fn a_watch_of_a_view_follows_the_stored_objects_and_shows_its_own() {
    let scene = scene().await;
    let names = toys("a").replace("/a/toys", "/a/toynames");
    scene.make("one", json!({"text": "first", "color": "red"})).await;
    scene.make("other", json!({"color": "blue"})).await;
    let selected = format!("{names}?watch=true&fieldSelector=color%3Dred");
    let mut watch = scene.watch(&selected).await;
    let mut table = scene.watch_as(&selected, TABLE).await;
    let first = watch.next().await.expect("an event");
    assert_eq!(
        (&first["type"], &first["object"]["kind"], &first["object"]["text"]),
        (&json!("ADDED"), &json!("ToyName"), &json!("first"))
    );
    assert_eq!(table.next().await.expect("a row")["object"]["kind"], "Table");
    recolor(&scene, "other", "red").await;
    let second = watch.next().await.expect("an event");
    assert_eq!(
        (&second["type"], &second["object"]["metadata"]["name"]),
        (&json!("ADDED"), &json!("other"))
    );
    recolor(&scene, "one", "blue").await;
    let third = watch.next().await.expect("an event");
    assert_eq!(
        (&third["type"], &third["object"]["metadata"]["name"]),
        (&json!("DELETED"), &json!("one"))
    );
    let mirrors = scene.get("/apis/toys.example.com/v1/mirrors?watch=true").await;
    assert_eq!(
        mirrors.status, 405,
        "a computed resource that shows nothing stored cannot be followed"
    );
}
