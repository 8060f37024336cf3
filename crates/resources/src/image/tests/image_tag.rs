use serde_json::{Value, json};

use super::server::*;

async fn served() -> (TestServer, String) {
    let api = TestServer::start().await;
    api.stream(json!([pointer("pointer", "r.io/x:1"), external("wished", "r.io/x:1")]))
        .await;
    let digest = api.push("ns/s:pushed", "1").await;
    (api, digest)
}

/// images 21, 45, 48
#[tokio::test]
async fn every_tag_is_there_with_or_without_an_image() {
    let (api, digest) = served().await;
    let (_, list) = api.get("ns/imagetags").await;
    let names: Vec<&Value> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| &tag["metadata"]["name"])
        .collect();
    assert_eq!(names, ["s:pointer", "s:pushed", "s:wished"]);
    let (_, tag) = api.get("ns/imagetags/s:pushed").await;
    assert_eq!(
        (&tag["spec"], &tag["image"]["metadata"]["name"]),
        (&Value::Null, &json!(digest))
    );
    assert_eq!(tag["status"]["items"][0]["image"], digest);
    for name in ["pointer", "wished"] {
        let (code, tag) = api.get(&format!("ns/imagetags/s:{name}")).await;
        assert_eq!((code, &tag["image"]), (200, &Value::Null));
    }
    api.delete(&format!("images/{digest}"), Value::Null).await;
    let (code, tag) = api.get("ns/imagetags/s:pushed").await;
    assert_eq!((code, &tag["image"]), (200, &Value::Null));
    assert_eq!(api.get("ns/imagetags/s:none").await.0, 404);
    let (code, answer) = api.get("ns/imagetags/s").await;
    assert_eq!(
        (code, &answer["message"]),
        (400, &json!("ImageTags must be retrieved with <name>:<tag>"))
    );
}

/// images 46
#[tokio::test]
async fn a_removed_wish_leaves_the_history() {
    let (api, _) = served().await;
    let (_, mut tag) = api.get("ns/imagetags/s:pointer").await;
    tag["spec"] = Value::Null;
    let (code, tag) = api.put("ns/imagetags/s:pointer", tag).await;
    assert_eq!((code, &tag["spec"]), (200, &Value::Null), "{tag}");
    let (_, stream) = api.get("ns/imagestreams/s").await;
    assert!(wish(&stream, "pointer").is_null());
    assert_eq!(items(&stream, "pointer").len(), 1);
}

/// images 47
#[tokio::test]
async fn only_the_wish_can_be_changed() {
    let (api, _) = served().await;
    for (patch, field) in [
        (json!({"metadata": {"labels": {"k": "v"}}}), "metadata"),
        (json!({"status": {"items": []}}), "status"),
    ] {
        let (code, answer) = api.patch("ns/imagetags/s:pointer", patch).await;
        assert_eq!(
            (code, &answer["details"]["causes"][0]["field"]),
            (422, &json!(field)),
            "{answer}"
        );
    }
    let (code, tag) = api
        .patch("ns/imagetags/s:wished", json!({"spec": {"from": {"name": "r.io/x:2"}}}))
        .await;
    assert_eq!((code, &tag["spec"]["generation"]), (200, &json!(2)), "{tag}");
}

#[tokio::test]
async fn a_new_tag_needs_a_wish_of_its_name() {
    let (api, _) = served().await;
    let asked = |name: &str, spec: Value| json!({"metadata": {"name": name}, "spec": spec});
    let (code, tag) = api
        .post("ns/imagetags", asked("new:v1", external("v1", "r.io/x:1")))
        .await;
    assert_eq!((code, &tag["metadata"]["name"]), (201, &json!("new:v1")), "{tag}");
    assert_eq!(
        api.post("ns/imagetags", asked("new:v1", external("v1", "r.io/x:1")))
            .await
            .0,
        409
    );
    for (name, spec) in [
        ("new:v2", Value::Null),
        ("new:v2", external("v3", "r.io/x:1")),
        ("new", external("v1", "r.io/x:1")),
    ] {
        assert_eq!(api.post("ns/imagetags", asked(name, spec)).await.0, 422, "{name}");
    }
    assert_eq!(api.delete("ns/imagetags/new:v1", Value::Null).await.0, 200);
    assert_eq!(api.delete("ns/imagetags/new:v1", Value::Null).await.0, 404);
}
