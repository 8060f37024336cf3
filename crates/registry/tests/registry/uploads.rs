use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use futures::StreamExt;
use http::{Method, StatusCode};
use weir_blobstore::LinkKind;
use weir_oci::Digest;
use weir_registry::Action;

use crate::fixture::{ADMIN, Fixture, Reply, fixture, repository, request};

async fn start(fixture: &Fixture) -> String {
    let reply = fixture.call(ADMIN, Method::POST, "/v2/ns/app/blobs/uploads/").await;
    assert_eq!(reply.status, StatusCode::ACCEPTED);
    assert_eq!(reply.header("range"), "0-0");
    reply.header("location").to_owned()
}

async fn chunk(fixture: &Fixture, method: Method, path: &str, range: Option<&str>, content: &'static str) -> Reply {
    let mut request = request(ADMIN, method, path).header("content-length", content.len());
    if let Some(range) = range {
        request = request.header("content-range", range);
    }
    fixture.send(request.body(Body::from(content)).unwrap()).await
}

#[tokio::test]
async fn a_blob_is_pushed_in_chunks_and_read_back() {
    let fixture = fixture();
    let upload = start(&fixture).await;
    let reply = chunk(&fixture, Method::PATCH, &upload, Some("0-5"), "hello ").await;
    assert_eq!((reply.status, reply.header("range")), (StatusCode::ACCEPTED, "0-5"));
    let status = fixture.get(&upload).await;
    assert_eq!((status.status, status.header("range")), (StatusCode::NO_CONTENT, "0-5"));
    let digest = Digest::sha256_of(b"hello world");
    let reply = chunk(
        &fixture,
        Method::PUT,
        &format!("{upload}?digest={digest}"),
        Some("6-10"),
        "world",
    )
    .await;
    assert_eq!(reply.status, StatusCode::CREATED);
    assert_eq!(reply.header("docker-content-digest"), digest.as_str());
    assert_eq!(fixture.get(reply.header("location")).await.text(), "hello world");
    fixture.get(&upload).await.assert_error(404, "BLOB_UPLOAD_UNKNOWN");
}

#[tokio::test]
async fn a_refused_upload_is_heard_out_so_that_its_sender_reads_the_answer() {
    const PIECES: usize = 40;
    let fixture = fixture();
    let upload = start(&fixture).await;
    let heard = Arc::new(AtomicUsize::new(0));
    let counter = heard.clone();
    let pieces = futures::stream::iter(0..PIECES).map(move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
        Ok::<_, std::convert::Infallible>(vec![0; 1000])
    });
    let wrong_place = request(ADMIN, Method::PATCH, &upload).header("content-range", "9-40008");
    let reply = fixture.send(wrong_place.body(Body::from_stream(pieces)).unwrap()).await;
    reply.assert_error(416, "RANGE_INVALID");
    assert_eq!(heard.load(Ordering::Relaxed), PIECES);
}

#[tokio::test]
async fn a_blob_is_pushed_in_one_patch_or_one_put_or_one_post() {
    let fixture = fixture();
    let upload = start(&fixture).await;
    assert_eq!(
        chunk(&fixture, Method::PATCH, &upload, None, "one").await.status,
        StatusCode::ACCEPTED
    );
    let path = format!("{upload}?digest={}", Digest::sha256_of(b"one"));
    assert_eq!(
        chunk(&fixture, Method::PUT, &path, None, "").await.status,
        StatusCode::CREATED
    );

    let path = format!("{}?digest={}", start(&fixture).await, Digest::sha256_of(b"two"));
    assert_eq!(
        chunk(&fixture, Method::PUT, &path, None, "two").await.status,
        StatusCode::CREATED
    );

    let three = fixture.push_blob(ADMIN, "ns/app", b"three").await;
    let large = vec![7; 1024 * 1024];
    let four = fixture.push_blob(ADMIN, "ns/app", &large).await;
    for (digest, size) in [
        (Digest::sha256_of(b"one"), 3),
        (Digest::sha256_of(b"two"), 3),
        (three, 5),
        (four, large.len()),
    ] {
        assert_eq!(
            fixture.get(&format!("/v2/ns/app/blobs/{digest}")).await.body.len(),
            size
        );
    }
}

#[tokio::test]
async fn chunks_out_of_order_are_refused_and_the_client_learns_where_to_go_on() {
    let fixture = fixture();
    let upload = start(&fixture).await;
    chunk(&fixture, Method::PATCH, &upload, None, "hello").await;
    let reply = chunk(&fixture, Method::PATCH, &upload, Some("9-9"), "x").await;
    reply.assert_error(416, "RANGE_INVALID");
    assert_eq!(
        (reply.header("range"), reply.header("location")),
        ("0-4", upload.as_str())
    );
    chunk(&fixture, Method::PATCH, &upload, Some("5-9"), "x")
        .await
        .assert_error(400, "SIZE_INVALID");
    chunk(&fixture, Method::PATCH, &upload, Some("five"), "x")
        .await
        .assert_error(416, "RANGE_INVALID");
    assert_eq!(
        chunk(&fixture, Method::PATCH, &upload, Some("5-5"), "!").await.status,
        StatusCode::ACCEPTED
    );
}

#[tokio::test]
async fn the_wrong_digest_is_refused_and_stores_nothing() {
    let fixture = fixture();
    let wrong = Digest::sha256_of(b"other");
    let path = format!("{}?digest={wrong}", start(&fixture).await);
    chunk(&fixture, Method::PUT, &path, None, "content")
        .await
        .assert_error(400, "DIGEST_INVALID");
    fixture
        .get(&format!("/v2/ns/app/blobs/{wrong}"))
        .await
        .assert_error(404, "BLOB_UNKNOWN");
    let upload = start(&fixture).await;
    for query in [
        "",
        "?digest=",
        "?digest=sha256:abc",
        "?digest=md5:d41d8cd98f00b204e9800998ecf8427e",
    ] {
        chunk(&fixture, Method::PUT, &format!("{upload}{query}"), None, "x")
            .await
            .assert_error(400, "DIGEST_INVALID");
    }
}

#[tokio::test]
async fn a_cancelled_upload_is_gone() {
    let fixture = fixture();
    let upload = start(&fixture).await;
    assert_eq!(
        fixture.call(ADMIN, Method::DELETE, &upload).await.status,
        StatusCode::NO_CONTENT
    );
    chunk(&fixture, Method::PATCH, &upload, None, "x")
        .await
        .assert_error(404, "BLOB_UPLOAD_UNKNOWN");
}

#[tokio::test]
async fn an_upload_is_known_only_in_its_repository() {
    let fixture = fixture();
    let upload = start(&fixture).await;
    let elsewhere = upload.replace("/ns/app/", "/ns/other/");
    chunk(&fixture, Method::PATCH, &elsewhere, None, "x")
        .await
        .assert_error(404, "BLOB_UPLOAD_UNKNOWN");
}

#[tokio::test]
async fn a_blob_is_mounted_by_whoever_may_pull_it_there() {
    let fixture = fixture();
    let digest = fixture.push_blob(ADMIN, "ns1/a", b"layer").await;
    let path = format!("/v2/ns2/b/blobs/uploads/?mount={digest}&from=ns1/a");
    let reply = fixture.call(ADMIN, Method::POST, &path).await;
    assert_eq!(reply.status, StatusCode::CREATED);
    assert_eq!(fixture.get(reply.header("location")).await.text(), "layer");
}

#[tokio::test]
async fn a_mount_without_the_right_to_pull_is_an_upload_like_any_other() {
    let fixture = fixture();
    let digest = fixture.push_blob(ADMIN, "ns1/a", b"layer").await;
    let missing = Digest::sha256_of(b"nowhere");
    for action in [Action::Pull(repository("ns2/b")), Action::Push(repository("ns2/b"))] {
        fixture.streams.allow("tenant", action);
    }
    for query in [
        format!("mount={digest}&from=ns1/a"),
        format!("mount={missing}&from=ns1/a"),
        format!("mount={digest}&from=../a"),
        format!("mount={digest}"),
    ] {
        let reply = fixture
            .call("tenant", Method::POST, &format!("/v2/ns2/b/blobs/uploads/?{query}"))
            .await;
        assert_eq!(reply.status, StatusCode::ACCEPTED, "{query}");
        assert!(reply.header("location").starts_with("/v2/ns2/b/blobs/uploads/"));
    }
    assert!(
        !fixture
            .blobs
            .is_linked(&repository("ns2/b"), LinkKind::Blob, &digest)
            .await
            .unwrap()
    );
}
