use serde_json::{Value, json};

use super::server::*;

async fn pushed() -> (TestServer, String) {
    let api = TestServer::start().await;
    api.stream(json!([])).await;
    let digest = api.push("ns/s:latest", "1").await;
    (api, digest)
}

#[tokio::test]
async fn a_tag_shows_its_image_and_the_streams_identity() {
    let (api, digest) = pushed().await;
    let (_, stream) = api.get("ns/imagestreams/s").await;
    let (code, tag) = api.get("ns/imagestreamtags/s:latest").await;
    assert_eq!(code, 200);
    assert_eq!(
        (&tag["kind"], &tag["tag"], &tag["generation"]),
        (&json!("ImageStreamTag"), &Value::Null, &json!(1))
    );
    for field in ["uid", "resourceVersion", "namespace"] {
        assert_eq!(tag["metadata"][field], stream["metadata"][field], "{field}");
    }
    assert_eq!(tag["metadata"]["name"], "s:latest");
    assert_eq!(
        tag["metadata"]["creationTimestamp"],
        items(&stream, "latest")[0]["created"]
    );
    assert_eq!(tag["image"]["metadata"]["name"], digest);
    assert_eq!(tag["image"]["dockerImageReference"], format!("{HOST}/ns/s@{digest}"));
    assert_eq!(tag["image"].get("kind"), None);
    assert_eq!(
        tag["image"]["dockerImageMetadata"]["Config"]["ExposedPorts"],
        json!({"8080/tcp": {}})
    );
}

/// images 38
#[tokio::test]
async fn a_tag_is_named_by_stream_and_tag() {
    let (api, _) = pushed().await;
    for name in ["s", "s:a:b"] {
        let (code, answer) = api.get(&format!("ns/imagestreamtags/{name}")).await;
        assert_eq!(
            (code, &answer["message"]),
            (400, &json!("ImageStreamTags must be retrieved with <name>:<tag>"))
        );
    }
    let (code, answer) = api.get("ns/imagestreamtags/s:none").await;
    assert_eq!(
        (code, &answer["message"]),
        (404, &json!("imagestreamtags.image.openshift.io \"s:none\" not found"))
    );
    let (code, answer) = api.get("ns/imagestreamtags/none:a").await;
    assert_eq!(
        (code, &answer["details"]["kind"], &answer["details"]["name"]),
        (404, &json!("imagestreamtags"), &json!("none"))
    );
}

/// images 36
#[tokio::test]
async fn the_reference_policy_decides_what_is_shown() {
    let api = TestServer::start().await;
    let digest = publish(&api.registries, "r.io/a/b:1", "1");
    for (policy, expected) in [
        ("Local", format!("{HOST}/ns/{}@{digest}", "local")),
        ("Source", format!("r.io/a/b@{digest}")),
    ] {
        let name = policy.to_lowercase();
        let import = json!({
            "metadata": {"name": name},
            "spec": {"import": true, "images": [{"from": {"kind": "DockerImage", "name": "r.io/a/b:1"}, "referencePolicy": {"type": policy}}]},
        });
        let (code, answer) = api.post("ns/imagestreamimports", import).await;
        assert_eq!(code, 201, "{answer}");
        let (_, tag) = api.get(&format!("ns/imagestreamtags/{name}:1")).await;
        assert_eq!(tag["image"]["dockerImageReference"], expected, "{policy}");
    }
}

/// images 39
#[tokio::test]
async fn a_put_without_version_creates_stream_and_tag() {
    let api = TestServer::start().await;
    let asked = json!({"metadata": {"name": "s:v1"}, "tag": external("", "r.io/x:1")});
    let (code, tag) = api.put("ns/imagestreamtags/s:v1", asked.clone()).await;
    assert_eq!((code, &tag["tag"]["name"]), (201, &json!("v1")), "{tag}");
    let (_, stream) = api.get("ns/imagestreams/s").await;
    assert_eq!(wish(&stream, "v1")["generation"], 1);
    assert_eq!(api.put("ns/imagestreamtags/s:v1", asked).await.0, 200);
}

#[tokio::test]
async fn generation_zero_renews_the_wish() {
    let api = TestServer::start().await;
    let mut asked = json!({"metadata": {"name": "s:v1"}, "tag": external("", "r.io/x:1")});
    asked["tag"]["generation"] = 0.into();
    for generation in [1, 2] {
        let (_, tag) = api.put("ns/imagestreamtags/s:v1", asked.clone()).await;
        assert_eq!(tag["tag"]["generation"], generation);
    }
}

/// images 40
#[tokio::test]
async fn a_stale_version_is_a_conflict_and_a_version_of_nothing_is_missing() {
    let (api, _) = pushed().await;
    let asked = |name: &str, version: &str| json!({"metadata": {"name": name, "resourceVersion": version}, "tag": external("", "r.io/x:1")});
    let (code, answer) = api.put("ns/imagestreamtags/s:a", asked("s:a", "999999")).await;
    assert_eq!(code, 409);
    assert!(
        answer["message"]
            .as_str()
            .unwrap()
            .contains("another caller has updated the resource version to"),
        "{answer}"
    );
    assert_eq!(api.put("ns/imagestreamtags/none:a", asked("none:a", "1")).await.0, 404);
}

/// images 41
#[tokio::test]
async fn a_tag_that_is_wished_for_cannot_be_created_again() {
    let (api, _) = pushed().await;
    let asked = json!({"metadata": {"name": "s:latest", "annotations": {"k": "v"}}, "tag": external("", "r.io/x:1")});
    let (code, tag) = api.post("ns/imagestreamtags", asked.clone()).await;
    assert_eq!(
        (code, &tag["tag"]["name"], &tag["tag"]["annotations"]),
        (201, &json!("latest"), &json!({"k": "v"})),
        "{tag}"
    );
    let (code, answer) = api.post("ns/imagestreamtags", asked).await;
    assert_eq!((code, &answer["reason"]), (409, &json!("AlreadyExists")));
    let (code, _) = api.post("ns/imagestreamtags", json!({"metadata": {"name": "s"}})).await;
    assert_eq!(code, 422);
}

/// images 42
#[tokio::test]
async fn a_pushed_tag_has_no_wish_to_update() {
    let (api, _) = pushed().await;
    let (code, answer) = api
        .put("ns/imagestreamtags/s:latest", json!({"metadata": {"name": "s:latest"}}))
        .await;
    assert_eq!(code, 400);
    assert_eq!(
        answer["message"],
        "imagestreamtag latest is not a spec tag in imagestream ns/s, cannot be updated"
    );
}

/// images 43
#[tokio::test]
async fn annotations_are_those_of_the_wish() {
    let (api, _) = pushed().await;
    let asked = json!({"metadata": {"name": "s:latest"}, "tag": {}});
    assert_eq!(api.put("ns/imagestreamtags/s:latest", asked).await.0, 201);
    let (code, tag) = api
        .patch(
            "ns/imagestreamtags/s:latest",
            json!({"metadata": {"annotations": {"k": "v"}}}),
        )
        .await;
    assert_eq!(code, 200, "{tag}");
    assert_eq!(tag["tag"]["annotations"], json!({"k": "v"}));
    assert_eq!(tag["image"]["metadata"]["annotations"]["k"], "v");
    let (_, stream) = api.get("ns/imagestreams/s").await;
    assert_eq!(stream["metadata"].get("annotations"), None);
    let (code, _) = api
        .patch(
            "ns/imagestreamtags/s:latest",
            json!({"metadata": {"labels": {"k": "v"}}}),
        )
        .await;
    assert_eq!(code, 422);
}

/// images 44
#[tokio::test]
async fn a_deleted_tag_takes_wish_and_history_with_it() {
    let (api, digest) = pushed().await;
    let uid = api.get("ns/imagestreams/s").await.1["metadata"]["uid"].clone();
    let (code, _) = api
        .delete(
            "ns/imagestreamtags/s:latest",
            json!({"preconditions": {"uid": "other"}}),
        )
        .await;
    assert_eq!(code, 409);
    let (code, answer) = api
        .delete("ns/imagestreamtags/s:latest", json!({"preconditions": {"uid": uid}}))
        .await;
    assert_eq!((code, &answer["status"]), (200, &json!("Success")), "{answer}");
    let (_, stream) = api.get("ns/imagestreams/s").await;
    assert_eq!(stream["status"].get("tags"), None);
    assert_eq!(api.get(&format!("images/{digest}")).await.0, 200);
    assert_eq!(api.delete("ns/imagestreamtags/s:latest", Value::Null).await.0, 404);
}

/// images 21, 45, 48
#[tokio::test]
async fn tags_without_an_image_are_not_there() {
    let (api, digest) = pushed().await;
    let tags = json!([pointer("pointer", "r.io/x:1"), external("wished", "r.io/x:1")]);
    assert_eq!(
        api.patch("ns/imagestreams/s", json!({"spec": {"tags": tags}})).await.0,
        200
    );
    let (_, list) = api.get("ns/imagestreamtags").await;
    let names: Vec<&Value> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| &tag["metadata"]["name"])
        .collect();
    assert_eq!(names, ["s:latest"]);
    assert_eq!(list["items"][0]["image"]["metadata"]["name"], digest);
    for tag in ["pointer", "wished"] {
        assert_eq!(api.get(&format!("ns/imagestreamtags/s:{tag}")).await.0, 404);
    }
    api.delete(&format!("images/{digest}"), Value::Null).await;
    let (code, answer) = api.get("ns/imagestreamtags/s:latest").await;
    assert_eq!((code, &answer["details"]["kind"]), (404, &json!("images")));
}

#[tokio::test]
async fn oc_tag_copies_between_streams() {
    let (api, digest) = pushed().await;
    let from = json!({"kind": "ImageStreamImage", "namespace": "ns", "name": format!("s@{digest}")});
    let asked =
        json!({"metadata": {"name": "prod:v1"}, "tag": {"from": from, "importPolicy": {"importMode": "Legacy"}}});
    let (code, tag) = api.put("other/imagestreamtags/prod:v1", asked).await;
    assert_eq!(code, 201, "{tag}");
    assert_eq!(
        tag["image"]["dockerImageReference"],
        format!("{HOST}/other/prod@{digest}")
    );
}
