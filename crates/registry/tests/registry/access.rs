use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{Method, Request, StatusCode};
use serde_json::json;
use weir_oci::Digest;
use weir_registry::Action;

use crate::fixture::{ADMIN, Fixture, Reply, fixture, repository};

async fn anonymous(fixture: &Fixture, path: &str) -> Reply {
    fixture
        .send(
            Request::get(path)
                .header("host", "registry.test:5000")
                .body(Body::empty())
                .unwrap(),
        )
        .await
}

async fn basic(fixture: &Fixture, path: &str, credentials: &str) -> Reply {
    let header = format!("Basic {}", STANDARD.encode(credentials));
    fixture
        .send(
            Request::get(path)
                .header("authorization", header)
                .body(Body::empty())
                .unwrap(),
        )
        .await
}

#[tokio::test]
async fn without_credentials_the_answer_is_a_challenge() {
    let fixture = fixture();
    let digest = Digest::sha256_of(b"x");
    for path in [
        "/v2/",
        "/v2/_catalog",
        "/v2/ns/app/tags/list",
        "/v2/ns/app/manifests/latest",
        &format!("/v2/ns/app/blobs/{digest}"),
    ] {
        let reply = anonymous(&fixture, path).await;
        reply.assert_error(401, "UNAUTHORIZED");
        assert_eq!(
            reply.header("www-authenticate"),
            "Bearer realm=\"http://registry.test:5000/openshift/token\""
        );
    }
}

#[tokio::test]
async fn the_token_endpoint_gives_back_what_it_gets() {
    let fixture = fixture();
    let reply = anonymous(&fixture, "/openshift/token?scope=repository:ns/app:pull").await;
    assert_eq!(reply.json(), json!({"token": "anonymous", "access_token": "anonymous"}));
    let reply = basic(&fixture, "/openshift/token", &format!("whoever:{ADMIN}")).await;
    assert_eq!(reply.json(), json!({"token": ADMIN, "access_token": ADMIN}));
    for wrong in ["whoever:wrong", "whoever:", "nothing"] {
        let reply = basic(&fixture, "/openshift/token", wrong).await;
        assert_eq!(
            (reply.status, reply.body.len()),
            (StatusCode::UNAUTHORIZED, 0),
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn valid_tokens_are_welcome_and_others_are_challenged() {
    let fixture = fixture();
    assert_eq!(fixture.get("/v2/").await.status, StatusCode::OK);
    assert_eq!(
        basic(&fixture, "/v2/", &format!("x:{ADMIN}")).await.status,
        StatusCode::OK
    );
    assert_eq!(
        fixture.call("anonymous", Method::GET, "/v2/").await.status,
        StatusCode::OK
    );
    for path in ["/v2/", "/v2/ns/app/tags/list"] {
        let reply = fixture.call("wrong", Method::GET, path).await;
        reply.assert_error(401, "UNAUTHORIZED");
        assert!(reply.header("www-authenticate").starts_with("Bearer realm="));
    }
}

#[tokio::test]
async fn each_operation_needs_its_right() {
    let fixture = fixture();
    fixture.push_image(ADMIN, "ns/app", "latest", "layer").await;
    let digest = Digest::sha256_of(b"layer");
    let blob = format!("/v2/ns/app/blobs/{digest}");
    let reads = [
        (Method::GET, "/v2/ns/app/tags/list"),
        (Method::GET, "/v2/ns/app/manifests/latest"),
        (Method::HEAD, blob.as_str()),
    ];
    let writes = [
        (Method::POST, "/v2/ns/app/blobs/uploads/"),
        (Method::PUT, "/v2/ns/app/manifests/latest"),
        (
            Method::PATCH,
            "/v2/ns/app/blobs/uploads/00000000-0000-0000-0000-000000000000",
        ),
    ];
    let removals = [
        (Method::DELETE, blob.as_str()),
        (Method::DELETE, "/v2/ns/app/manifests/latest"),
    ];
    fixture.streams.add_user("nobody");
    fixture.streams.allow("reader", Action::Pull(repository("ns/app")));
    fixture
        .streams
        .allow("blind-writer", Action::Push(repository("ns/app")));
    for action in [Action::Pull(repository("ns/app")), Action::Push(repository("ns/app"))] {
        fixture.streams.allow("writer", action);
    }
    let denied = async |token: &str, (method, path): &(Method, &str)| {
        fixture.call(token, method.clone(), path).await.status == StatusCode::FORBIDDEN
    };
    for read in &reads {
        assert!(
            denied("nobody", read).await && denied("blind-writer", read).await,
            "{read:?}"
        );
        assert!(
            !denied("reader", read).await && !denied("writer", read).await,
            "{read:?}"
        );
    }
    for write in &writes {
        assert!(
            denied("nobody", write).await && denied("reader", write).await && denied("blind-writer", write).await,
            "{write:?}"
        );
        assert!(!denied("writer", write).await, "{write:?}");
    }
    for removal in &removals {
        assert!(
            denied("nobody", removal).await && denied("writer", removal).await,
            "{removal:?}"
        );
    }
    assert!(denied("writer", &(Method::GET, "/v2/_catalog")).await);
}

#[tokio::test]
async fn anonymous_callers_are_asked_to_log_in_and_not_told_no() {
    let fixture = fixture();
    let reply = fixture.call("anonymous", Method::GET, "/v2/ns/app/tags/list").await;
    reply.assert_error(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn health_needs_no_credentials() {
    let fixture = fixture();
    for path in ["/", "/healthz"] {
        let reply = anonymous(&fixture, path).await;
        assert_eq!(
            (reply.status, reply.body.len(), reply.header("cache-control")),
            (StatusCode::OK, 0, "no-cache")
        );
    }
}

#[tokio::test]
async fn a_query_is_bounded() {
    let fixture = fixture();
    let reply = fixture
        .get(&format!("/v2/ns/app/tags/list?last={}", "x".repeat(5_000)))
        .await;
    reply.assert_error(414, "UNSUPPORTED");
}
