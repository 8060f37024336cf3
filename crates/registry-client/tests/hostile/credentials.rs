use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use weir_oci::Tag;
use weir_registry_client::{Credentials, FetchError, Keyring, RegistryClient, Secret, Selector, Source};

use crate::server::{Answer, Asked, Server, answer, client, error, good_manifest};

const CANARY: &str = "c4nary";

fn latest() -> Selector {
    Selector::Tag(Tag::latest())
}

fn with_credentials(server: &Server, credentials: Credentials) -> Source {
    let mut keyring = Keyring::default();
    keyring.add(&server.address.to_string(), credentials).unwrap();
    Source {
        keyring: Arc::new(keyring),
        ..server.source()
    }
}

fn password(server: &Server) -> Source {
    with_credentials(server, Credentials::password("user", CANARY))
}

fn saw_canary(server: &Server) -> bool {
    let basic = STANDARD.encode(format!("user:{CANARY}"));
    server
        .asked()
        .iter()
        .any(|asked| format!("{asked:?}").contains(CANARY) || format!("{asked:?}").contains(&basic))
}

fn challenge(realm: &str) -> Answer {
    let header = format!("Bearer realm=\"{realm}\",service=\"registry\",scope=\"repository:*:*\"");
    answer(401, &[("www-authenticate", &header)], "")
}

/// A registry with its token endpoint at its own address. The token is good for `repository:a/b:pull`.
fn token_registry(asked: &Asked) -> Answer {
    let realm = format!("http://{}/token", asked.header("host"));
    match (asked.path.as_str(), asked.header("authorization")) {
        ("/token", _) => answer(200, &[], r#"{"token":"t0ken","expires_in":300}"#),
        (_, "Bearer t0ken") => good_manifest(),
        _ => challenge(&realm),
    }
}

#[tokio::test]
async fn a_token_is_fetched_once_and_for_reading_this_repository_only() {
    let server = Server::start(token_registry).await;
    let client = client();
    for _ in 0..3 {
        client.fetch_manifest(&password(&server), &latest()).await.unwrap();
    }
    let asked = server.asked();
    let tokens: Vec<_> = asked.iter().filter(|asked| asked.path == "/token").collect();
    assert_eq!(tokens.len(), 1);
    assert_eq!(tokens[0].query["scope"], "repository:a/b:pull");
    assert_eq!(tokens[0].query["service"], "registry");
    assert!(tokens[0].header("authorization").starts_with("Basic "));
    // One challenge, and then only requests with the token.
    assert_eq!(asked.len(), 5);
}

#[tokio::test]
async fn a_token_that_is_no_longer_accepted_is_replaced() {
    let server = Server::start(|asked| match (asked.path.as_str(), asked.before) {
        ("/token", before) => answer(200, &[], format!("{{\"access_token\":\"token-{before}\"}}")),
        // The first token works once.
        (_, 1) => good_manifest(),
        _ if asked.header("authorization") == "Bearer token-1" => good_manifest(),
        _ => challenge(&format!("http://{}/token", asked.header("host"))),
    })
    .await;
    let client = client();
    client.fetch_manifest(&password(&server), &latest()).await.unwrap();
    client.fetch_manifest(&password(&server), &latest()).await.unwrap();
    assert_eq!(server.asked().iter().filter(|asked| asked.path == "/token").count(), 2);
}

#[tokio::test]
async fn passwords_are_not_sent_to_a_foreign_token_server() {
    let thief = Server::start(|_| answer(401, &[], "")).await;
    let realm = format!("http://localhost:{}/token", thief.address.port());
    let server = Server::start(move |_| challenge(&realm)).await;
    let result = client().fetch_manifest(&password(&server), &latest()).await;
    assert!(matches!(result, Err(FetchError::ForeignRealm { .. })), "{result:?}");
    assert!(!thief.asked().is_empty() && !saw_canary(&thief));
    assert!(!format!("{result:?}").contains(CANARY));
}

#[tokio::test]
async fn passwords_are_not_sent_along_with_a_redirect() {
    let thief = Server::start(|_| good_manifest()).await;
    let target = format!("http://localhost:{}/v2/a/b/manifests/latest", thief.address.port());
    let server = Server::start(move |asked| match asked.header("authorization") {
        "" => answer(401, &[("www-authenticate", "Basic realm=x")], ""),
        _ => answer(307, &[("location", &target)], ""),
    })
    .await;
    client().fetch_manifest(&password(&server), &latest()).await.unwrap();
    assert!(saw_canary(&server));
    assert!(
        thief
            .asked()
            .iter()
            .all(|asked| asked.header("authorization").is_empty())
    );
    assert!(!saw_canary(&thief));
}

#[tokio::test]
async fn a_token_server_cannot_redirect_the_password() {
    let thief = Server::start(|_| answer(200, &[], r#"{"token":"x"}"#)).await;
    let target = format!("http://localhost:{}/", thief.address.port());
    let server = Server::start(move |asked| match asked.path.as_str() {
        "/token" => answer(307, &[("location", &target)], ""),
        _ => challenge(&format!("http://{}/token", asked.header("host"))),
    })
    .await;
    let result = client().fetch_manifest(&password(&server), &latest()).await;
    assert!(
        matches!(result, Err(FetchError::Server { status: 307, .. })),
        "{result:?}"
    );
    assert!(thief.asked().is_empty());
}

#[tokio::test]
async fn nothing_is_sent_before_it_is_asked_for() {
    let server = Server::start(|_| good_manifest()).await;
    client().fetch_manifest(&password(&server), &latest()).await.unwrap();
    assert!(!saw_canary(&server));
}

#[tokio::test]
async fn basic_credentials_are_used_where_only_they_are_offered() {
    let server = Server::start(|asked| match asked.header("authorization") {
        "" => answer(401, &[("www-authenticate", "Negotiate, Basic realm=\"x\"")], ""),
        header if header == format!("Basic {}", STANDARD.encode(format!("user:{CANARY}"))) => good_manifest(),
        _ => error(401, "UNAUTHORIZED"),
    })
    .await;
    assert!(client().fetch_manifest(&password(&server), &latest()).await.is_ok());
    let wrong = with_credentials(&server, Credentials::password("user", "wrong"));
    assert!(matches!(
        client().fetch_manifest(&wrong, &latest()).await,
        Err(FetchError::WrongCredentials)
    ));
    let result = client().fetch_manifest(&server.source(), &latest()).await;
    assert!(matches!(
        result,
        Err(FetchError::Unauthorized { had_credentials: false })
    ));
}

#[tokio::test]
async fn identity_and_registry_tokens_are_used_in_their_ways() {
    let server = Server::start(token_registry).await;
    let identity = with_credentials(&server, Credentials::IdentityToken(Secret::new(CANARY)));
    client().fetch_manifest(&identity, &latest()).await.unwrap();
    let token = server.asked().into_iter().find(|asked| asked.path == "/token").unwrap();
    assert_eq!(token.header("content-type"), "application/x-www-form-urlencoded");
    assert!(token.query.is_empty());
    let server = Server::start(token_registry).await;
    let registry = with_credentials(&server, Credentials::RegistryToken(Secret::new("t0ken")));
    client().fetch_manifest(&registry, &latest()).await.unwrap();
    assert!(server.asked().iter().all(|asked| asked.path != "/token"));
}

#[tokio::test]
async fn broken_challenges_and_tokens_are_errors() {
    for header in [
        "Bearer",
        "Bearer realm=\"\"",
        "Bearer realm=\"file:///x\"",
        "Digest realm=\"x\"",
        "",
    ] {
        let server = Server::start(move |_| answer(401, &[("www-authenticate", header)], "")).await;
        let result = client().fetch_manifest(&password(&server), &latest()).await;
        assert!(
            matches!(result, Err(FetchError::Protocol(_) | FetchError::Unauthorized { .. })),
            "{header}: {result:?}"
        );
        assert!(!saw_canary(&server), "{header}");
    }
    for body in ["", "[]", "{}", "{\"token\":\"\"}", "{\"token\":5}", "<html>"] {
        let server = Server::start(move |asked| match asked.path.as_str() {
            "/token" => answer(200, &[], body),
            _ => challenge(&format!("http://{}/token", asked.header("host"))),
        })
        .await;
        let result = client().fetch_manifest(&password(&server), &latest()).await;
        assert!(matches!(result, Err(FetchError::Protocol(_))), "{body}: {result:?}");
    }
}

#[tokio::test]
async fn a_token_may_not_allow_it_either() {
    let server = Server::start(|asked| match asked.path.as_str() {
        "/token" => answer(200, &[], r#"{"token":"t0ken"}"#),
        _ if asked.header("authorization").is_empty() => challenge(&format!("http://{}/token", asked.header("host"))),
        _ => error(401, "UNAUTHORIZED"),
    })
    .await;
    let result = client().fetch_manifest(&password(&server), &latest()).await;
    assert!(matches!(
        result,
        Err(FetchError::Unauthorized { had_credentials: true })
    ));
    let result = client().fetch_manifest(&server.source(), &latest()).await;
    assert!(matches!(
        result,
        Err(FetchError::Unauthorized { had_credentials: false })
    ));
}
