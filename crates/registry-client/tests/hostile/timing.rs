use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures::StreamExt;
use weir_oci::{Digest, Tag};
use weir_registry_client::{FetchError, Phase, RegistryClient, Selector, Source, Timeouts};

use crate::server::{Server, answer, client, error, good_manifest, impatient};

fn latest() -> Selector {
    Selector::Tag(Tag::latest())
}

/// Accepts connections and never says anything.
fn silent() -> Server {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // Kept open until the process ends; the kernel accepts on its behalf.
    Box::leak(Box::new(listener));
    Server::at(address)
}

fn soon() -> Timeouts {
    let soon = Duration::from_millis(100);
    Timeouts {
        connect: soon,
        headers: soon,
        idle_body: soon,
    }
}

#[tokio::test]
async fn a_registry_that_accepts_and_is_silent_costs_a_bounded_time() {
    let server = silent();
    let source = Source {
        insecure: false,
        ..server.source()
    };
    let result = impatient(soon(), Vec::new()).fetch_manifest(&source, &latest()).await;
    assert!(
        matches!(result, Err(FetchError::Timeout(Phase::Connecting))),
        "{result:?}"
    );
    let plain = impatient(soon(), vec![(server.address.to_string(), server.address)]);
    let result = plain.fetch_manifest(&source, &latest()).await;
    assert!(matches!(result, Err(FetchError::Timeout(Phase::Headers))), "{result:?}");
}

#[tokio::test]
async fn a_body_that_stalls_costs_a_bounded_time() {
    let stalling = || {
        let first = futures::stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"{"))]);
        answer(200, &[], Body::from_stream(first.chain(futures::stream::pending())))
    };
    let server = Server::start(move |_| stalling()).await;
    let client = impatient(
        Timeouts {
            idle_body: soon().idle_body,
            ..Timeouts::default()
        },
        Vec::new(),
    );
    let result = client.fetch_manifest(&server.source(), &latest()).await;
    assert!(matches!(result, Err(FetchError::Timeout(Phase::Body))), "{result:?}");
    let stream = client
        .stream_blob(&server.source(), &Digest::sha256_of(b"x"))
        .await
        .unwrap();
    let pieces: Vec<_> = stream.bytes.collect().await;
    assert!(matches!(pieces.last(), Some(Err(FetchError::Timeout(Phase::Body)))));
}

#[tokio::test]
async fn passing_failures_are_tried_again_a_few_times() {
    let server = Server::start(|asked| {
        if asked.before < 2 {
            error(503, "UNAVAILABLE")
        } else {
            good_manifest()
        }
    })
    .await;
    assert!(client().fetch_manifest(&server.source(), &latest()).await.is_ok());
    let server = Server::start(|_| error(500, "UNKNOWN")).await;
    let result = client().fetch_manifest(&server.source(), &latest()).await;
    assert!(matches!(result, Err(FetchError::Server { status: 500, .. })));
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn lasting_failures_are_not_tried_again() {
    for (status, code) in [(404, "MANIFEST_UNKNOWN"), (403, "DENIED"), (400, "NAME_INVALID")] {
        let server = Server::start(move |_| error(status, code)).await;
        assert!(client().fetch_manifest(&server.source(), &latest()).await.is_err());
        assert_eq!(server.asked().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn a_rate_limit_is_respected() {
    let limited = |wait: &'static str| answer(429, &[("retry-after", wait)], "");
    let server = Server::start(move |asked| {
        if asked.before == 0 {
            limited("0")
        } else {
            good_manifest()
        }
    })
    .await;
    assert!(client().fetch_manifest(&server.source(), &latest()).await.is_ok());
    let server = Server::start(move |_| limited("3600")).await;
    let result = client().fetch_manifest(&server.source(), &latest()).await;
    assert!(matches!(result, Err(FetchError::RateLimited { retry_after: Some(wait) }) if wait.as_secs() == 3600));
    assert_eq!(server.asked().len(), 1);
    let server = Server::start(|_| error(429, "TOOMANYREQUESTS")).await;
    let failure = client().fetch_manifest(&server.source(), &latest()).await.unwrap_err();
    assert!(failure.to_string().starts_with("toomanyrequests: "));
}
