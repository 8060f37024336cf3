use axum::body::Body;
use http::{Method, StatusCode};
use weir_oci::Digest;
use weir_registry::Action;

use crate::fixture::{ADMIN, fixture, repository, request};

#[tokio::test]
async fn a_blob_is_described_by_head_and_read_by_get() {
    let fixture = fixture();
    let digest = fixture.push_blob(ADMIN, "ns/app", b"0123456789").await;
    let path = format!("/v2/ns/app/blobs/{digest}");
    let head = fixture.call(ADMIN, Method::HEAD, &path).await;
    assert_eq!(
        (head.status, head.header("content-length"), head.body.len()),
        (StatusCode::OK, "10", 0)
    );
    assert_eq!(head.header("docker-content-digest"), digest.as_str());
    let get = fixture.get(&path).await;
    assert_eq!(
        (get.text().as_str(), get.header("content-type")),
        ("0123456789", "application/octet-stream")
    );
}

#[tokio::test]
async fn parts_of_a_blob_are_read_by_range() {
    let fixture = fixture();
    let digest = fixture.push_blob(ADMIN, "ns/app", b"0123456789").await;
    let path = format!("/v2/ns/app/blobs/{digest}");
    let get = async |range: &str| {
        fixture
            .send(
                request(ADMIN, Method::GET, &path)
                    .header("range", range)
                    .body(Body::empty())
                    .unwrap(),
            )
            .await
    };
    for (range, content, answered) in [
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-1", "9", "bytes 9-9/10"),
    ] {
        let reply = get(range).await;
        assert_eq!(
            (reply.status, reply.text().as_str(), reply.header("content-range")),
            (StatusCode::PARTIAL_CONTENT, content, answered)
        );
    }
    let reply = get("bytes=10-").await;
    reply.assert_error(416, "RANGE_INVALID");
    assert_eq!(reply.header("content-range"), "bytes */10");
}

#[tokio::test]
async fn a_client_that_has_the_blob_is_not_sent_it_again() {
    let fixture = fixture();
    let digest = fixture.push_blob(ADMIN, "ns/app", b"layer").await;
    let path = format!("/v2/ns/app/blobs/{digest}");
    let etag = fixture.get(&path).await.header("etag").to_owned();
    let reply = fixture
        .send(
            request(ADMIN, Method::GET, &path)
                .header("if-none-match", etag)
                .body(Body::empty())
                .unwrap(),
        )
        .await;
    assert_eq!((reply.status, reply.body.len()), (StatusCode::NOT_MODIFIED, 0));
}

#[tokio::test]
async fn a_blob_of_another_repository_is_unknown_until_the_stream_has_its_image() {
    let fixture = fixture();
    let manifest = fixture.push_image(ADMIN, "ns1/a", "x", "layer").await;
    let layer = Digest::sha256_of(b"layer");
    let path = format!("/v2/ns2/b/blobs/{layer}");
    fixture.streams.allow("tenant", Action::Pull(repository("ns2/b")));
    fixture
        .call("tenant", Method::GET, &path)
        .await
        .assert_error(404, "BLOB_UNKNOWN");
    let image = crate::fixture::digest_of(&manifest);
    fixture.streams.tag(&repository("ns2/b"), &"x".parse().unwrap(), &image);
    assert_eq!(fixture.call("tenant", Method::GET, &path).await.text(), "layer");
    assert_eq!(
        fixture
            .call("tenant", Method::GET, "/v2/ns2/b/manifests/x")
            .await
            .text(),
        manifest.to_string()
    );
}

#[tokio::test]
async fn a_deleted_blob_is_unknown_at_once_and_stays_in_other_repositories() {
    let fixture = fixture();
    let digest = fixture.push_blob(ADMIN, "ns1/a", b"layer").await;
    fixture.push_blob(ADMIN, "ns2/b", b"layer").await;
    let (ours, theirs) = (format!("/v2/ns1/a/blobs/{digest}"), format!("/v2/ns2/b/blobs/{digest}"));
    assert_eq!(fixture.get(&ours).await.status, StatusCode::OK);
    assert_eq!(
        fixture.call(ADMIN, Method::DELETE, &ours).await.status,
        StatusCode::ACCEPTED
    );
    fixture.get(&ours).await.assert_error(404, "BLOB_UNKNOWN");
    assert_eq!(fixture.get(&theirs).await.status, StatusCode::OK);
    fixture
        .call(ADMIN, Method::DELETE, &ours)
        .await
        .assert_error(404, "BLOB_UNKNOWN");
    for _ in 0..2 {
        assert_eq!(
            fixture
                .call(ADMIN, Method::DELETE, &format!("/admin/blobs/{digest}"))
                .await
                .status,
            StatusCode::NO_CONTENT
        );
    }
    fixture.get(&theirs).await.assert_error(404, "BLOB_UNKNOWN");
}
