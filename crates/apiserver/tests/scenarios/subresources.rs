use axum::body::Body;
use bytes::Bytes;
use futures::stream;
use http::{Method, Request};
use serde_json::json;
use weir_apiserver::InFlightLimits;

use super::client::{MERGE, scene, scene_with, toy, toys, version};

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
    let path = format!("{}/t/bell?times=1&times=2", toys("a"));
    let answer = scene
        .request(Method::POST, &path, &[("content-type", "odd/type")], b"ding")
        .await
        .expect(200);
    assert_eq!(
        answer,
        json!({"who": "admin", "name": "t", "method": "POST", "body": "ding", "times": ["1", "2"]})
    );
    assert_eq!(scene.request(Method::PUT, &path, &[], b"").await.status, 405);
}

#[tokio::test]
async fn a_path_follows_only_where_it_is_expected() {
    let scene = scene().await;
    let below = |path: &str| format!("{}/t/{path}", toys("a"));
    let knock = async |path: &str| scene.request(Method::POST, &below(path), &[], b"").await;
    let table = [
        ("knock", json!([])),
        ("knock/x", json!(["x"])),
        ("knock/x/", json!(["x", ""])),
        ("knock/a%2Fb%20c/y+z/", json!(["a/b c", "y+z", ""])),
    ];
    for (path, wanted) in table {
        assert_eq!(knock(path).await.expect(200)["path"], wanted, "{path}");
    }
    assert_eq!(knock("knock/%ff").await.status, 400);
    assert_eq!(knock("bell/x").await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn a_brief_connection_counts_as_a_write_and_a_lasting_one_does_not() {
    let limits = InFlightLimits {
        writes_per_user: 1,
        waiting_per_user: 0,
        ..InFlightLimits::default()
    };
    let scene = scene_with(|builder| builder.in_flight_limits(limits)).await;
    let path = |name: &str| format!("{}/t/{name}", toys("a"));
    let unfinished = |name: &str| {
        let body = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
        Request::post(path(name))
            .header("authorization", "Bearer admin-token")
            .body(body)
            .expect("a request")
    };
    let mut lasting = Box::pin(scene.send(unfinished("bell")));
    assert!(futures::poll!(&mut lasting).is_pending());
    let mut brief = Box::pin(scene.send(unfinished("knock")));
    assert!(futures::poll!(&mut brief).is_pending());
    let admin = [("authorization", "Bearer admin-token")];
    let second = async |name: &str| scene.request(Method::POST, &path(name), &admin, b"").await;
    assert_eq!(second("knock").await.expect(429)["reason"], "TooManyRequests");
    assert_eq!(second("bell").await.status, 200);
    assert_eq!(brief.await.status(), 504);
    assert!(futures::poll!(&mut lasting).is_pending());
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_by_connections_too() {
    let scene = scene().await;
    let path = format!("{}/t/knock", toys("a"));
    let answer = scene.request(Method::POST, &path, &[], &vec![b' '; 4 << 20]).await;
    assert_eq!(answer.expect(413)["reason"], "RequestEntityTooLarge");
    let answer = scene.request(Method::POST, &path, &[], &vec![b' '; 2 << 20]).await;
    assert_eq!(answer.expect(200)["heard"], 2 << 20);
}
