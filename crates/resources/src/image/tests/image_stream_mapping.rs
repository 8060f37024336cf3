use serde_json::{Value, json};

use super::server::*;

#[tokio::test]
async fn a_push_records_image_and_event_in_one_revision() {
    let api = TestServer::start().await;
    api.stream(json!([])).await;
    let digest = api.push("ns/s:latest", "1").await;
    let (_, stream) = api.get("ns/imagestreams/s").await;
    let event = &items(&stream, "latest")[0];
    assert_eq!(event["image"], digest);
    assert_eq!(event["dockerImageReference"], format!("{HOST}/ns/s@{digest}"));
    assert_eq!(
        (&event["generation"], &stream["metadata"]["generation"]),
        (&json!(1), &json!(1))
    );
    let (code, image) = api.get(&format!("images/{digest}")).await;
    assert_eq!(code, 200);
    assert_eq!(
        image["metadata"]["resourceVersion"],
        stream["metadata"]["resourceVersion"]
    );
    assert!(image.get("dockerImageManifest").is_none());
    assert_eq!(image["dockerImageMetadata"]["Config"]["Env"], json!(["CONTENT=1"]));
}

/// images 55
#[tokio::test]
async fn the_same_push_again_changes_nothing() {
    let api = TestServer::start().await;
    api.stream(json!([])).await;
    let digest = api.push("ns/s:latest", "1").await;
    let (_, before) = api.get("ns/imagestreams/s").await;
    let (_, image) = api.get(&format!("images/{digest}")).await;
    api.tick();
    api.push("ns/s:latest", "1").await;
    assert_eq!(api.get("ns/imagestreams/s").await.1, before);
    assert_eq!(api.get(&format!("images/{digest}")).await.1, image);
}

/// images 33, 34
#[tokio::test]
async fn every_move_of_a_tag_is_remembered() {
    let api = TestServer::start().await;
    api.stream(json!([])).await;
    for content in ["1", "2", "1"] {
        api.push("ns/s:latest", content).await;
    }
    let (_, stream) = api.get("ns/imagestreams/s").await;
    let images: Vec<&Value> = items(&stream, "latest").iter().map(|event| &event["image"]).collect();
    assert_eq!(images, [&digest_of("1"), &digest_of("2"), &digest_of("1")]);
}

/// images 23
#[tokio::test]
async fn followers_move_in_the_same_write() {
    let api = TestServer::start().await;
    api.stream(json!([following("b", "s:a")])).await;
    let digest = api.push("ns/s:a", "1").await;
    let (_, stream) = api.get("ns/imagestreams/s").await;
    assert_eq!(items(&stream, "b")[0]["image"], digest);
}

#[tokio::test]
async fn an_image_of_another_stream_is_pulled_from_the_own_one() {
    let api = TestServer::start().await;
    api.stream(json!([])).await;
    assert_eq!(api.post("ns/imagestreams", stream("d", json!([]))).await.0, 201);
    let digest = api.push("ns/s:latest", "1").await;
    api.push("ns/d:latest", "1").await;
    let (_, stream) = api.get("ns/imagestreams/d").await;
    assert_eq!(
        items(&stream, "latest")[0]["dockerImageReference"],
        format!("{HOST}/ns/d@{digest}")
    );
}

/// images 56
#[tokio::test]
async fn a_missing_stream_is_told_in_the_words_of_mappings() {
    let api = TestServer::start().await;
    let (code, answer) = api.post("ns/imagestreammappings", mapping("none", "t", "1")).await;
    assert_eq!(
        (code, &answer["details"]["kind"]),
        (404, &json!("imagestreammappings")),
        "{answer}"
    );
    assert_eq!(answer["details"]["name"], "none");
    assert_eq!(api.get(&format!("images/{}", digest_of("1"))).await.0, 404);
}

#[tokio::test]
async fn a_mapping_names_stream_tag_and_image() {
    let api = TestServer::start().await;
    api.stream(json!([])).await;
    let table = [
        ("/tag", "", "tag"),
        ("/tag", "a b", "tag"),
        ("/image/metadata/name", "", "image.metadata.name"),
        ("/image/dockerImageReference", "A/b", "image.dockerImageReference"),
        ("/image/dockerImageManifest", "{", "dockerImageManifest"),
    ];
    for (pointer, value, field) in table {
        let mut asked = mapping("s", "t", "1");
        asked["image"]["dockerImageReference"] = "r.io/x:1".into();
        *asked.pointer_mut(pointer).unwrap() = value.into();
        let (code, answer) = api.post("ns/imagestreammappings", asked).await;
        let fields: Vec<&Value> = answer["details"]["causes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|cause| &cause["field"])
            .collect();
        assert_eq!((code, fields), (422, vec![&json!(field)]), "{answer}");
    }
}

#[tokio::test]
async fn pushes_that_meet_are_all_recorded() {
    let api = TestServer::start().await;
    api.stream(json!([])).await;
    let contents = ["1", "2", "3", "4"];
    futures::future::join_all(contents.map(|content| api.push("ns/s:latest", content))).await;
    let (_, stream) = api.get("ns/imagestreams/s").await;
    assert_eq!(items(&stream, "latest").len(), contents.len());
}
