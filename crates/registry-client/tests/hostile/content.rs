use axum::body::Body;
use bytes::Bytes;
use futures::StreamExt;
use weir_oci::limits::MANIFEST_BYTES;
use weir_oci::{Digest, Tag};
use weir_registry_client::{FetchError, RegistryClient, Selector};

use crate::server::{Server, answer, client, error, good_manifest, manifest};

fn latest() -> Selector {
    Selector::Tag(Tag::latest())
}

#[tokio::test]
async fn a_manifest_with_another_digest_than_asked_for_is_refused() {
    let server = Server::start(|_| good_manifest()).await;
    let wanted = Digest::sha256_of(b"other");
    let result = client()
        .fetch_manifest(&server.source(), &Selector::Digest(wanted.clone()))
        .await;
    assert!(matches!(result, Err(FetchError::Integrity { expected, .. }) if expected == wanted));
    let right = Selector::Digest(Digest::sha256_of(manifest().as_bytes()));
    assert!(client().fetch_manifest(&server.source(), &right).await.is_ok());
}

#[tokio::test]
async fn the_digest_of_a_tag_is_computed_and_not_believed() {
    let server = Server::start(|_| {
        let lie = Digest::sha256_of(b"lie").to_string();
        answer(200, &[("docker-content-digest", &lie)], manifest())
    });
    let fetched = client()
        .fetch_manifest(&server.await.source(), &latest())
        .await
        .unwrap();
    assert_eq!(fetched.digest, Digest::sha256_of(manifest().as_bytes()));
}

#[tokio::test]
async fn a_blob_with_another_digest_fails_at_its_end() {
    let server = Server::start(|_| answer(200, &[], "tampered")).await;
    let digest = Digest::sha256_of(b"original");
    let result = client().fetch_blob(&server.source(), &digest, 100).await;
    assert!(matches!(result, Err(FetchError::Integrity { .. })));
    let stream = client().stream_blob(&server.source(), &digest).await.unwrap();
    let pieces: Vec<_> = stream.bytes.collect().await;
    assert!(matches!(pieces.last(), Some(Err(FetchError::Integrity { .. }))));
}

#[tokio::test]
async fn an_oversized_manifest_is_not_read_whether_it_says_so_or_not() {
    let announced = Server::start(|_| answer(200, &[], vec![b' '; MANIFEST_BYTES + 1])).await;
    let unannounced = Server::start(|_| {
        let endless = futures::stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from(vec![b' '; 65_536])));
        answer(200, &[], Body::from_stream(endless))
    })
    .await;
    for server in [announced, unannounced] {
        let result = client().fetch_manifest(&server.source(), &latest()).await;
        assert!(
            matches!(result, Err(FetchError::TooLarge { what: "manifest", .. })),
            "{result:?}"
        );
    }
}

#[tokio::test]
async fn web_pages_are_neither_manifests_nor_registries() {
    let page = Server::start(|_| answer(200, &[("content-type", "text/html")], "<html>")).await;
    let result = client().fetch_manifest(&page.source(), &latest()).await;
    assert!(matches!(result, Err(FetchError::Manifest(_))), "{result:?}");
    let missing = Server::start(|_| answer(404, &[("content-type", "text/html")], "<html>")).await;
    let result = client().fetch_manifest(&missing.source(), &latest()).await;
    assert!(matches!(result, Err(FetchError::NotV2 { .. })), "{result:?}");
    let registry = Server::start(|asked| answer(if asked.path == "/v2/" { 200 } else { 404 }, &[], "nothing")).await;
    let result = client().fetch_manifest(&registry.source(), &latest()).await;
    assert!(matches!(result, Err(FetchError::NotFound)), "{result:?}");
}

#[tokio::test]
async fn free_text_of_a_foreign_server_is_not_passed_on() {
    let server = Server::start(|_| error(418, "TEAPOT")).await;
    let failure = client().fetch_manifest(&server.source(), &latest()).await.unwrap_err();
    assert_eq!(failure.to_string(), "the registry answered 418 (TEAPOT)");
    let server = Server::start(|_| error(418, "<script>")).await;
    let failure = client().fetch_manifest(&server.source(), &latest()).await.unwrap_err();
    assert_eq!(failure.to_string(), "the registry answered 418");
}

#[tokio::test]
async fn pages_of_tags_are_followed_at_home_only() {
    let server = Server::start(|asked| match asked.query.get("last").map(String::as_str) {
        None => answer(
            200,
            &[("link", "</v2/a/b/tags/list?last=b&n=2>; rel=\"next\"")],
            r#"{"tags":["a","not a tag",""]}"#,
        ),
        Some(_) => answer(200, &[], r#"{"name":"a/b","tags":["c"]}"#),
    })
    .await;
    let tags = client().list_tags(&server.source()).await.unwrap();
    assert_eq!(tags.iter().map(Tag::as_str).collect::<Vec<_>>(), ["a", "latest", "c"]);
    for link in [
        "<http://127.0.0.1:1/v2/a/b/tags/list>; rel=\"next\"",
        "</v2/secret/tags/list>; rel=next",
    ] {
        let server = Server::start(move |_| answer(200, &[("link", link)], r#"{"tags":["a"]}"#)).await;
        let result = client().list_tags(&server.source()).await;
        assert!(matches!(result, Err(FetchError::Protocol(_))), "{link}");
    }
}

#[tokio::test]
async fn endless_pages_of_tags_end() {
    let server = Server::start(|asked| {
        let next = format!("</v2/a/b/tags/list?last={}>; rel=\"next\"", asked.before);
        answer(200, &[("link", &next)], r#"{"tags":["a"]}"#)
    })
    .await;
    let result = client().list_tags(&server.source()).await;
    assert!(matches!(result, Err(FetchError::TooLarge { .. })));
    assert_eq!(server.asked().len(), 200);
}

#[tokio::test]
async fn a_repository_without_tags_has_none() {
    let server = Server::start(|_| answer(200, &[], r#"{"name":"a/b","tags":null}"#)).await;
    assert_eq!(client().list_tags(&server.source()).await.unwrap(), []);
    let server = Server::start(|_| answer(200, &[], "[]")).await;
    assert!(matches!(
        client().list_tags(&server.source()).await,
        Err(FetchError::Protocol(_))
    ));
}
