use http::Method;
use serde_json::json;

use super::client::{JSON_PATCH, MERGE, TABLE, names, scene};

const NAMES: &str = "/apis/toys.example.com/v1/namespaces/a/toynames";
const MIRRORS: &str = "/apis/toys.example.com/v1/mirrors";

#[tokio::test]
async fn computed_lists_are_selected_and_tabulated_like_stored_ones() {
    let scene = scene().await;
    scene.make("one", json!({})).await;
    scene.make("two", json!({})).await;
    scene
        .patch(
            "/apis/toys.example.com/v1/namespaces/a/toys/two",
            MERGE,
            &json!({"metadata": {"labels": {"l": "v"}}}),
        )
        .await
        .expect(200);
    let list = scene.get(NAMES).await.expect(200);
    assert_eq!(
        (names(&list), &list["kind"]),
        (vec!["one", "two"], &json!("ToyNameList"))
    );
    assert_eq!(
        names(&scene.get(&format!("{NAMES}?labelSelector=l")).await.expect(200)),
        ["two"]
    );
    assert_eq!(
        names(
            &scene
                .get(&format!("{NAMES}?fieldSelector=metadata.name%3Done"))
                .await
                .expect(200)
        ),
        ["one"]
    );
    let table = scene.get_as(NAMES, TABLE).await.expect(200);
    assert_eq!(table["columnDefinitions"][1]["name"], "Created At");
    assert_eq!(table["rows"][0]["cells"], json!(["one", "1970-01-01T00:00:00Z"]));
}

#[tokio::test]
async fn computed_objects_are_written_through() {
    let scene = scene().await;
    let object =
        json!({"kind": "ToyName", "apiVersion": "toys.example.com/v1", "metadata": {"name": "t"}, "text": "a"});
    let path = format!("{NAMES}/t");
    assert_eq!(
        scene.get(&path).await.error(),
        "404 NotFound toynames.toys.example.com \"t\" not found"
    );
    scene.put(&path, &object).await.expect(201);
    let updated = scene.put(&path, &json!({"text": "b"})).await.expect(200);
    assert_eq!(updated["text"], "b");
    let patched = scene
        .patch(
            &path,
            JSON_PATCH,
            &json!([{"op": "replace", "path": "/text", "value": "c"}]),
        )
        .await
        .expect(200);
    assert_eq!(patched["text"], "c");
    let gone = scene
        .delete(&path, json!({"propagationPolicy": "Foreground"}))
        .await
        .expect(200);
    assert_eq!(gone["options"]["propagationPolicy"], "Foreground");
    assert_eq!(scene.get(&path).await.status, 404);
}

#[tokio::test]
async fn verbs_that_are_not_listed_are_not_allowed() {
    let scene = scene().await;
    assert_eq!(scene.post(NAMES, &json!({"metadata": {"name": "t"}})).await.status, 405);
    assert_eq!(scene.delete(NAMES, json!(null)).await.status, 405);
    assert_eq!(scene.get(MIRRORS).await.status, 405);
    assert_eq!(scene.get(&format!("{MIRRORS}/x")).await.status, 405);
}

#[tokio::test]
async fn actions_see_who_asks_and_how() {
    let scene = scene().await;
    let headers = [("content-type", "application/json"), ("user-agent", "oc/4")];
    let body = br#"{"kind":"Mirror","apiVersion":"toys.example.com/v1","metadata":{"creationTimestamp":null}}"#;
    let answer = scene
        .request(Method::POST, &format!("{MIRRORS}?dryRun=All"), &headers, body)
        .await
        .expect(201);
    assert_eq!(
        answer["status"],
        json!({"user": "admin", "agent": "oc/4", "dryRun": true})
    );
}
