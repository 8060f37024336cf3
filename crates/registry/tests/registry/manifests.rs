use axum::body::Body;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use weir_oci::limits::MANIFEST_BYTES;
use weir_oci::{Digest, ManifestType};
use weir_registry::Action;

use crate::fixture::{ADMIN, Fixture, Reply, digest_of, fixture, image, index, repository, request};

async fn get_accepting(fixture: &Fixture, path: &str, accept: &str) -> Reply {
    fixture
        .send(
            request(ADMIN, Method::GET, path)
                .header("accept", accept)
                .body(Body::empty())
                .unwrap(),
        )
        .await
}

#[tokio::test]
async fn a_pushed_tag_is_in_the_stream_when_the_push_is_answered() {
    let fixture = fixture();
    let app = repository("ns/app");
    let first = fixture.push_image(ADMIN, "ns/app", "latest", "one").await;
    assert_eq!(
        fixture.streams.history(&app, &"latest".parse().unwrap()),
        [digest_of(&first)]
    );
    let second = fixture.push_image(ADMIN, "ns/app", "latest", "two").await;
    fixture.push_image(ADMIN, "ns/app", "latest", "two").await;
    assert_eq!(
        fixture.streams.history(&app, &"latest".parse().unwrap()),
        [digest_of(&second), digest_of(&first)]
    );
    let reply = fixture.get("/v2/ns/app/manifests/latest").await;
    assert_eq!(reply.text(), second.to_string());
    assert_eq!(reply.header("docker-content-digest"), digest_of(&second).as_str());
    assert_eq!(reply.header("content-type"), ManifestType::OciManifest.as_str());
    let old = format!("/v2/ns/app/manifests/{}", digest_of(&first));
    assert_eq!(fixture.get(&old).await.text(), first.to_string());
    let head = fixture.call(ADMIN, Method::HEAD, &old).await;
    assert_eq!(head.header("content-length"), first.to_string().len().to_string());
}

#[tokio::test]
async fn a_manifest_is_refused_until_all_it_names_is_here() {
    let fixture = fixture();
    let manifest = image("{}", &["layer"]);
    let put = async || fixture.put_manifest(ADMIN, "ns/app", "latest", &manifest).await;
    let reply = put().await;
    reply.assert_error(400, "MANIFEST_BLOB_UNKNOWN");
    assert_eq!(reply.json()["errors"][0]["detail"].as_array().unwrap().len(), 2);
    fixture.push_blob(ADMIN, "ns/app", b"{}").await;
    fixture.push_blob(ADMIN, "ns/other", b"layer").await;
    put().await.assert_error(400, "MANIFEST_BLOB_UNKNOWN");
    assert!(!fixture.streams.has_stream(&repository("ns/app")));
    fixture.push_blob(ADMIN, "ns/app", b"layer").await;
    assert_eq!(put().await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn sizes_and_types_and_digests_must_be_right() {
    let fixture = fixture();
    let manifest = fixture.push_content(ADMIN, "ns/app", "layer").await;
    let put =
        async |manifest: &Value, reference: &str| fixture.put_manifest(ADMIN, "ns/app", reference, manifest).await;
    let mut wrong_size = manifest.clone();
    wrong_size["layers"][0]["size"] = 99.into();
    put(&wrong_size, "latest").await.assert_error(400, "MANIFEST_INVALID");
    let mut ambiguous = manifest.clone();
    ambiguous["manifests"] = json!([]);
    put(&ambiguous, "latest").await.assert_error(400, "MANIFEST_INVALID");
    put(&manifest, Digest::sha256_of(b"other").as_str())
        .await
        .assert_error(400, "DIGEST_INVALID");
    put(&manifest, ".odd").await.assert_error(400, "TAG_INVALID");
    put(&manifest, "sha256:odd").await.assert_error(400, "DIGEST_INVALID");
    let mismatched = request(ADMIN, Method::PUT, "/v2/ns/app/manifests/latest")
        .header("content-type", ManifestType::OciIndex.as_str());
    fixture
        .send(mismatched.body(Body::from(manifest.to_string())).unwrap())
        .await
        .assert_error(400, "MANIFEST_INVALID");
    let large =
        request(ADMIN, Method::PUT, "/v2/ns/app/manifests/latest").body(Body::from(vec![b' '; MANIFEST_BYTES + 1]));
    fixture.send(large.unwrap()).await.assert_error(413, "SIZE_INVALID");
    assert!(!fixture.streams.has_stream(&repository("ns/app")));
}

#[tokio::test]
async fn a_push_by_digest_makes_an_image_and_no_stream() {
    let fixture = fixture();
    let manifest = fixture.push_content(ADMIN, "ns/app", "layer").await;
    let digest = digest_of(&manifest);
    let reply = fixture.put_manifest(ADMIN, "ns/app", digest.as_str(), &manifest).await;
    assert_eq!(reply.status, StatusCode::CREATED);
    assert!(fixture.streams.has_image(&digest));
    assert!(!fixture.streams.has_stream(&repository("ns/app")));
    assert_eq!(fixture.get(reply.header("location")).await.text(), manifest.to_string());
}

#[tokio::test]
async fn an_index_is_accepted_once_its_parts_are_here_and_makes_them_pullable() {
    let fixture = fixture();
    let part = fixture.push_content(ADMIN, "ns/app", "layer").await;
    let index = index(&[&part]);
    fixture
        .put_manifest(ADMIN, "ns/app", "latest", &index)
        .await
        .assert_error(400, "MANIFEST_BLOB_UNKNOWN");
    fixture
        .put_manifest(ADMIN, "ns/app", digest_of(&part).as_str(), &part)
        .await;
    assert_eq!(
        fixture.put_manifest(ADMIN, "ns/app", "latest", &index).await.status,
        StatusCode::CREATED
    );
    assert_eq!(
        fixture.get("/v2/ns/app/manifests/latest").await.text(),
        index.to_string()
    );
    // Another stream that has the index has its parts too.
    fixture
        .streams
        .tag(&repository("ns2/b"), &"x".parse().unwrap(), &digest_of(&index));
    let reply = fixture.get(&format!("/v2/ns2/b/manifests/{}", digest_of(&part))).await;
    assert_eq!(reply.text(), part.to_string());
}

#[tokio::test]
async fn a_layer_is_not_served_as_a_manifest() {
    let fixture = fixture();
    let inner = image("{}", &[]).to_string();
    let digest = fixture.push_blob(ADMIN, "ns/app", inner.as_bytes()).await;
    fixture
        .get(&format!("/v2/ns/app/manifests/{digest}"))
        .await
        .assert_error(404, "MANIFEST_UNKNOWN");
}

#[tokio::test]
async fn the_accept_header_never_changes_the_bytes_of_a_digest() {
    let fixture = fixture();
    let manifest = fixture.push_image(ADMIN, "ns/app", "latest", "layer").await;
    let path = format!("/v2/ns/app/manifests/{}", digest_of(&manifest));
    let oci = ManifestType::OciManifest.as_str();
    for accept in [
        oci,
        "*/*",
        &format!("text/html, {oci};q=0.5"),
        "application/vnd.docker.distribution.manifest.v2+json, */*;q=0.1",
    ] {
        let reply = get_accepting(&fixture, &path, accept).await;
        assert_eq!(
            (reply.text(), reply.header("content-type")),
            (manifest.to_string(), oci),
            "{accept}"
        );
    }
    get_accepting(&fixture, &path, ManifestType::DockerManifest.as_str())
        .await
        .assert_error(404, "MANIFEST_UNKNOWN");
}

#[tokio::test]
async fn a_missing_stream_is_made_if_the_pusher_may() {
    let fixture = fixture();
    for action in [Action::Pull(repository("ns/app")), Action::Push(repository("ns/app"))] {
        fixture.streams.allow("pusher", action);
    }
    let manifest = fixture.push_content("pusher", "ns/app", "layer").await;
    let put = async || fixture.put_manifest("pusher", "ns/app", "latest", &manifest).await;
    put().await.assert_error(403, "DENIED");
    assert!(!fixture.streams.has_stream(&repository("ns/app")));
    fixture.streams.allow_creating_streams("pusher");
    assert_eq!(put().await.status, StatusCode::CREATED);
    assert!(fixture.streams.has_stream(&repository("ns/app")));
}

#[tokio::test]
async fn a_push_is_not_answered_while_the_api_is_away() {
    let fixture = fixture();
    let manifest = fixture.push_content(ADMIN, "ns/app", "layer").await;
    // The permission is remembered; the stream cannot be written.
    fixture.streams.set_down(true);
    fixture
        .put_manifest(ADMIN, "ns/app", "latest", &manifest)
        .await
        .assert_error(503, "UNAVAILABLE");
    fixture.streams.set_down(false);
    assert_eq!(
        fixture.put_manifest(ADMIN, "ns/app", "latest", &manifest).await.status,
        StatusCode::CREATED
    );
}

#[tokio::test]
async fn what_is_not_there_is_unknown() {
    let fixture = fixture();
    fixture
        .get("/v2/ns/app/manifests/latest")
        .await
        .assert_error(404, "NAME_UNKNOWN");
    fixture
        .get("/v2/ns/app/tags/list")
        .await
        .assert_error(404, "NAME_UNKNOWN");
    fixture.push_image(ADMIN, "ns/app", "latest", "layer").await;
    for reference in ["other", ".odd", Digest::sha256_of(b"x").as_str()] {
        fixture
            .get(&format!("/v2/ns/app/manifests/{reference}"))
            .await
            .assert_error(404, "MANIFEST_UNKNOWN");
    }
    fixture
        .get("/v2/ns/app/manifests/sha256:odd")
        .await
        .assert_error(400, "DIGEST_INVALID");
    fixture
        .get("/v2/app/manifests/latest")
        .await
        .assert_error(400, "NAME_INVALID");
    fixture
        .get("/v2/a/b/c/manifests/latest")
        .await
        .assert_error(400, "NAME_INVALID");
    fixture
        .call(ADMIN, Method::POST, "/v2/ns/app/manifests/latest")
        .await
        .assert_error(405, "UNSUPPORTED");
}

#[tokio::test]
async fn tags_and_repositories_are_listed_in_pages() {
    let fixture = fixture();
    for tag in ["c", "a", "b"] {
        fixture.push_image(ADMIN, "ns/app", tag, "layer").await;
    }
    fixture.push_image(ADMIN, "ns/other", "latest", "layer").await;
    assert_eq!(
        fixture.get("/v2/ns/app/tags/list").await.json(),
        json!({"name": "ns/app", "tags": ["a", "b", "c"]})
    );
    let page = fixture.get("/v2/ns/app/tags/list?n=2").await;
    assert_eq!(page.json()["tags"], json!(["a", "b"]));
    assert_eq!(page.header("link"), "</v2/ns/app/tags/list?last=b&n=2>; rel=\"next\"");
    assert_eq!(
        fixture.get("/v2/ns/app/tags/list?last=b&n=2").await.json()["tags"],
        json!(["c"])
    );
    fixture
        .get("/v2/ns/app/tags/list?n=x")
        .await
        .assert_error(400, "PAGINATION_NUMBER_INVALID");
    let catalog = fixture.get("/v2/_catalog?n=1").await;
    assert_eq!(catalog.json(), json!({"repositories": ["ns/app"]}));
    assert_eq!(catalog.header("link"), "</v2/_catalog?last=ns%2Fapp&n=1>; rel=\"next\"");
    assert_eq!(
        fixture.get("/v2/_catalog?last=ns%2Fapp&n=1").await.json(),
        json!({"repositories": ["ns/other"]})
    );
}

#[tokio::test]
async fn a_manifest_is_deleted_only_when_no_tag_ever_meant_it() {
    let fixture = fixture();
    let tagged = fixture.push_image(ADMIN, "ns/app", "latest", "one").await;
    let path = format!("/v2/ns/app/manifests/{}", digest_of(&tagged));
    fixture
        .call(ADMIN, Method::DELETE, &path)
        .await
        .assert_error(405, "UNSUPPORTED");
    fixture
        .call(ADMIN, Method::DELETE, "/v2/ns/app/manifests/latest")
        .await
        .assert_error(405, "UNSUPPORTED");
    let loose = fixture.push_content(ADMIN, "ns/app", "two").await;
    let path = format!("/v2/ns/app/manifests/{}", digest_of(&loose));
    fixture
        .put_manifest(ADMIN, "ns/app", digest_of(&loose).as_str(), &loose)
        .await;
    assert_eq!(
        fixture.call(ADMIN, Method::DELETE, &path).await.status,
        StatusCode::ACCEPTED
    );
    fixture.get(&path).await.assert_error(404, "MANIFEST_UNKNOWN");
    fixture
        .call(ADMIN, Method::DELETE, &path)
        .await
        .assert_error(404, "MANIFEST_UNKNOWN");
}
