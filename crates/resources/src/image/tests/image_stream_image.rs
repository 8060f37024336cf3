use serde_json::json;

use super::server::*;

/// images 49
#[tokio::test]
async fn an_image_is_found_by_the_start_of_its_digest() {
    let api = TestServer::start().await;
    api.stream(json!([])).await;
    let digest = api.push("ns/s:a", "1").await;
    let hex = digest.strip_prefix("sha256:").unwrap();
    for id in [&digest, &digest[..15], hex, &hex[..6]] {
        let (code, image) = api.get(&format!("ns/imagestreamimages/s@{id}")).await;
        assert_eq!(
            (code, &image["metadata"]["name"]),
            (200, &json!(format!("s@{id}"))),
            "{image}"
        );
        assert_eq!(image["image"]["metadata"]["name"], digest);
        assert!(image["image"].get("dockerImageManifest").is_none());
    }
}

#[tokio::test]
async fn what_is_not_in_the_stream_is_not_found() {
    let api = TestServer::start().await;
    api.stream(json!([])).await;
    let (code, answer) = api.get("ns/imagestreamimages/s@abc").await;
    assert_eq!(
        (code, &answer["details"]["kind"], &answer["details"]["name"]),
        (404, &json!("imagestreamimage"), &json!("s@abc"))
    );
    let (code, answer) = api.get("ns/imagestreamimages/s").await;
    assert_eq!(
        (code, &answer["message"]),
        (400, &json!("ImageStreamImages must be retrieved with <name>@<id>"))
    );
    assert_eq!(api.get("ns/imagestreamimages").await.0, 405);
}

/// images 50, 68
#[tokio::test]
async fn a_manifest_of_an_index_belongs_to_the_stream() {
    let api = TestServer::start().await;
    let (index, parts) = super::image_stream_import::publish_index(&api, "r.io/a/b:1");
    let import = super::image_stream_import::request("s", json!([super::image_stream_import::whole("r.io/a/b:1")]));
    let (code, answer) = api.post("ns/imagestreamimports", import).await;
    assert_eq!(
        (code, items(&answer["status"]["import"], "1")[0]["image"].as_str()),
        (201, Some(index.as_str())),
        "{answer}"
    );
    for part in parts {
        let (code, image) = api.get(&format!("ns/imagestreamimages/s@{part}")).await;
        assert_eq!((code, &image["image"]["metadata"]["name"]), (200, &json!(part)));
    }
}
