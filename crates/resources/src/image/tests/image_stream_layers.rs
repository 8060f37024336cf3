use serde_json::{Value, json};
use weir_oci::Digest;

use super::server::*;

/// images 51
#[tokio::test]
async fn an_empty_stream_has_no_blobs_and_a_missing_one_is_missing() {
    let api = TestServer::start().await;
    api.stream(json!([])).await;
    let (code, layers) = api.get("ns/imagestreams/s/layers").await;
    assert_eq!(
        (code, &layers["blobs"], &layers["images"]),
        (200, &json!({}), &json!({}))
    );
    assert_eq!(api.get("ns/imagestreams/none/layers").await.0, 404);
}

/// images 52
#[tokio::test]
async fn layers_config_and_manifest_are_blobs() {
    let api = TestServer::start().await;
    api.stream(json!([])).await;
    let digest = api.push("ns/s:a", "1").await;
    let (_, layers) = api.get("ns/imagestreams/s/layers").await;
    let layer = Digest::sha256_of(b"1").to_string();
    let config = Digest::sha256_of(manifest("1").1.as_bytes()).to_string();
    assert_eq!(
        layers["blobs"][&layer],
        json!({"size": 100, "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip"})
    );
    assert_eq!(
        layers["blobs"][&config],
        json!({"size": null, "mediaType": "application/vnd.oci.image.config.v1+json"})
    );
    assert_eq!(
        layers["blobs"][&digest],
        json!({"size": null, "mediaType": "application/vnd.oci.image.manifest.v1+json"})
    );
    assert_eq!(layers["images"][&digest], json!({"layers": [layer], "config": config}));
}

/// images 53
#[tokio::test]
async fn an_image_that_is_gone_is_told() {
    let api = TestServer::start().await;
    api.stream(json!([])).await;
    let digest = api.push("ns/s:a", "1").await;
    assert_eq!(api.delete(&format!("images/{digest}"), Value::Null).await.0, 200);
    let (_, layers) = api.get("ns/imagestreams/s/layers").await;
    assert_eq!(layers["images"][&digest]["imageMissing"], true);
}
