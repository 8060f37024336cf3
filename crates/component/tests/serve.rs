//! A served router over TLS with an own authority, and how it stops.

use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use weir_component::{Authority, CancellationToken, ServeOptions, serve};

fn client(authority: &Authority) -> reqwest::Client {
    let root = reqwest::Certificate::from_pem(authority.certificate().as_bytes()).expect("own certificate");
    reqwest::Client::builder()
        .tls_certs_only([root])
        .build()
        .expect("client")
}

#[tokio::test]
async fn client_that_trusts_the_authority_is_served_and_another_is_not() {
    let directory = tempfile::tempdir().expect("temporary directory");
    let authority = Authority::load_or_create(directory.path()).expect("authority");
    let tls = authority
        .server_config(&["localhost".into(), "127.0.0.1".into()])
        .expect("certificate");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let url = format!("https://{}/", listener.local_addr().expect("address"));
    let shutdown = CancellationToken::new();
    let router = Router::new().route("/", get(|| async { "hello" }));
    let server = tokio::spawn(serve(
        listener,
        Some(tls),
        router,
        ServeOptions::default(),
        shutdown.clone(),
    ));

    let again = Authority::load_or_create(directory.path()).expect("the same authority");
    let answer = client(&again)
        .get(&url)
        .send()
        .await
        .expect("trusted")
        .text()
        .await
        .expect("body");
    assert_eq!(answer, "hello");

    let other_directory = tempfile::tempdir().expect("temporary directory");
    let other = Authority::load_or_create(other_directory.path()).expect("another authority");
    assert!(client(&other).get(&url).send().await.is_err());

    shutdown.cancel();
    server.await.expect("server");
}

#[tokio::test]
async fn request_in_flight_finishes_after_shutdown_began() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let url = format!("http://{}/", listener.local_addr().expect("address"));
    let (entered, has_entered) = oneshot::channel::<()>();
    let (release, released) = oneshot::channel::<()>();
    let gates = std::sync::Arc::new(std::sync::Mutex::new(Some((entered, released))));
    let router = Router::new().route(
        "/",
        get(move || async move {
            let gates = gates.lock().expect("not poisoned").take();
            let (entered, released) = gates.expect("called once");
            entered.send(()).expect("test waits");
            released.await.expect("test releases");
            "done"
        }),
    );
    let shutdown = CancellationToken::new();
    let server = tokio::spawn(serve(listener, None, router, ServeOptions::default(), shutdown.clone()));
    let request = tokio::spawn(async move { reqwest::get(url).await.expect("answer").text().await.expect("body") });
    has_entered.await.expect("handler runs");
    shutdown.cancel();
    release.send(()).expect("handler waits");
    assert_eq!(request.await.expect("request"), "done");
    server.await.expect("server");
}

#[tokio::test]
async fn request_that_never_ends_does_not_hold_up_shutdown() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let url = format!("http://{}/", listener.local_addr().expect("address"));
    let (entered, has_entered) = oneshot::channel::<()>();
    let entered = std::sync::Arc::new(std::sync::Mutex::new(Some(entered)));
    let router = Router::new().route(
        "/",
        get(move || async move {
            let entered = entered.lock().expect("not poisoned").take();
            entered.expect("called once").send(()).expect("test waits");
            std::future::pending::<()>().await;
        }),
    );
    let shutdown = CancellationToken::new();
    let options = ServeOptions {
        drain: Duration::from_millis(50),
        ..ServeOptions::default()
    };
    let server = tokio::spawn(serve(listener, None, router, options, shutdown.clone()));
    let request = tokio::spawn(reqwest::get(url));
    has_entered.await.expect("handler runs");
    let begun = Instant::now();
    shutdown.cancel();
    server.await.expect("server");
    assert!(begun.elapsed() < Duration::from_secs(30), "shutdown is bounded");
    assert!(request.await.expect("request").is_err());
}
