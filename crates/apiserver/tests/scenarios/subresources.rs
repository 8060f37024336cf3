use http::Method;
use serde_json::json;

use super::client::{MERGE, scene, toy, toys, version};

#[tokio::test]
async fn status_changes_only_through_its_own_path() {
    let scene = scene().await;
    let path = format!("{}/t", toys("a"));
    let mut object = scene.make("t", json!({})).await;
    object["status"] = json!({"done": true});
    object["spec"]["color"] = "red".into();
    let main = scene.put(&path, &object).await.expect(200);
    assert_eq!(
        (&main["status"], &main["spec"]["color"]),
        (&json!({"address": "a/t"}), &json!("red"))
    );
    object["metadata"]["resourceVersion"] = version(&main).into();
    object["spec"]["color"] = "blue".into();
    let status = scene.put(&format!("{path}/status"), &object).await.expect(200);
    assert_eq!(
        (&status["status"]["done"], &status["spec"]["color"]),
        (&json!(true), &json!("red"))
    );
    assert_eq!(status["metadata"]["generation"], main["metadata"]["generation"]);
    let patched = scene
        .patch(
            &format!("{path}/status"),
            MERGE,
            &json!({"status": {"more": 1}, "spec": {"x": 1}}),
        )
        .await
        .expect(200);
    assert_eq!(
        (&patched["status"]["more"], &patched["spec"]["x"]),
        (&json!(1), &json!(null))
    );
    assert_eq!(scene.get(&format!("{path}/status")).await.expect(200), patched);
    assert_eq!(scene.delete(&format!("{path}/status"), json!(null)).await.status, 405);
}

#[tokio::test]
async fn custom_subresources_are_objects_of_their_own() {
    let scene = scene().await;
    let path = format!("{}/t/size", toys("a"));
    scene.make("t", json!({})).await;
    let mut size = scene.get(&path).await.expect(200);
    assert_eq!(size["kind"], "Size");
    size["spec"]["size"] = 3.into();
    // Clients send it without a content type.
    let put = scene
        .request(Method::PUT, &path, &[], size.to_string().as_bytes())
        .await
        .expect(200);
    assert_eq!(put["spec"]["size"], 3);
    let patched = scene
        .patch(&path, MERGE, &json!({"spec": {"size": 5}}))
        .await
        .expect(200);
    assert_eq!(patched["spec"]["size"], 5);
    assert_eq!(scene.put(&path, &size).await.status, 409);
    assert_eq!(
        scene.get(&format!("{}/t", toys("a"))).await.expect(200)["spec"]["size"],
        5
    );
    assert_eq!(scene.post(&path, &size).await.status, 405);
    assert_eq!(scene.get(&format!("{path}/below")).await.status, 404);
    assert_eq!(scene.get(&format!("{}/none/size", toys("a"))).await.status, 404);
}

#[tokio::test]
async fn writes_that_belong_together_share_a_revision_or_do_not_happen() {
    let scene = scene().await;
    scene.make("t", json!({"color": "red"})).await;
    let path = format!("{}/t/copy", toys("a"));
    let copy = scene.post(&path, &json!({"spec": {"name": "u"}})).await.expect(201);
    let original = scene.get(&format!("{}/t", toys("a"))).await.expect(200);
    assert_eq!(
        (&copy["spec"]["color"], &original["status"]["copies"]),
        (&json!("red"), &json!(1))
    );
    assert_eq!(version(&copy), version(&original));
    let again = scene.post(&path, &json!({"spec": {"name": "u"}})).await;
    assert_eq!(
        again.error(),
        "409 AlreadyExists toys.toys.example.com \"u\" already exists"
    );
    assert_eq!(scene.get(&format!("{}/t", toys("a"))).await.expect(200), original);
}

#[tokio::test]
async fn connections_get_the_raw_request() {
    let scene = scene().await;
    scene.post(&toys("a"), &toy("t", json!({}))).await.expect(201);
    let path = format!("{}/t/bell/x/y?times=1&times=2", toys("a"));
    let answer = scene
        .request(Method::POST, &path, &[("content-type", "odd/type")], b"ding")
        .await
        .expect(200);
    assert_eq!(
        answer,
        json!({"who": "admin", "name": "t", "rest": "x/y", "method": "POST", "body": "ding", "times": ["1", "2"]})
    );
    assert_eq!(scene.request(Method::PUT, &path, &[], b"").await.status, 405);
}
