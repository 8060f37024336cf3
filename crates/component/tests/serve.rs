//! A served router over TLS with an own authority, and how it stops.

use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
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

/// Longer than any test runs.
const FOREVER: Duration = Duration::from_secs(3600);
/// So short that a test can wait for it.
const SOON: Duration = Duration::from_millis(50);
const REQUEST: &str = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";

/// A server over plain TCP, for clients that misbehave. It ends with the runtime of the test.
async fn plain_server(options: ServeOptions) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let address = listener.local_addr().expect("address");
    let router = Router::new().route("/", get(|| async { "hello" }));
    tokio::spawn(serve(listener, None, router, options, CancellationToken::new()));
    address
}

/// Sends `bytes` and returns the head of the answer, or what came before the server closed the connection.
async fn answer(stream: &mut TcpStream, bytes: &[u8]) -> String {
    // A server that refuses may close before it has read all.
    let _ = stream.write_all(bytes).await;
    let mut said = Vec::new();
    let mut piece = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut piece).await {
        said.extend_from_slice(&piece[..count]);
        if said.ends_with(b"hello") {
            break;
        }
    }
    String::from_utf8_lossy(&said).into_owned()
}

#[tokio::test]
async fn client_that_does_not_finish_a_head_is_cut_off_and_an_idle_one_is_not() {
    let address = plain_server(ServeOptions {
        head: SOON,
        idle: FOREVER,
        ..ServeOptions::default()
    })
    .await;
    let mut idle = TcpStream::connect(address).await.expect("connect");
    assert!(answer(&mut idle, REQUEST.as_bytes()).await.ends_with("hello"));

    let mut silent = TcpStream::connect(address).await.expect("connect");
    assert_eq!(answer(&mut silent, b"").await, "");
    let mut slow = TcpStream::connect(address).await.expect("connect");
    assert_eq!(answer(&mut slow, b"GET / HTTP/1.1\r\nhost:").await, "");
    let mut slow_later = TcpStream::connect(address).await.expect("connect");
    assert!(answer(&mut slow_later, REQUEST.as_bytes()).await.ends_with("hello"));
    assert_eq!(answer(&mut slow_later, b"GET / HT").await, "");

    // Longer idle than all of that took.
    assert!(answer(&mut idle, REQUEST.as_bytes()).await.ends_with("hello"));
}

#[tokio::test]
async fn idle_connection_is_closed_in_the_end() {
    let address = plain_server(ServeOptions {
        head: FOREVER,
        idle: SOON,
        ..ServeOptions::default()
    })
    .await;
    let mut stream = TcpStream::connect(address).await.expect("connect");
    assert!(answer(&mut stream, REQUEST.as_bytes()).await.ends_with("hello"));
    assert_eq!(stream.read(&mut [0; 16]).await.expect("the end"), 0);
}

#[tokio::test]
async fn client_that_begins_no_handshake_is_cut_off() {
    let directory = tempfile::tempdir().expect("temporary directory");
    let authority = Authority::load_or_create(directory.path()).expect("authority");
    let tls = authority.server_config(&["localhost".into()]).expect("certificate");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let address = listener.local_addr().expect("address");
    let options = ServeOptions {
        handshake: SOON,
        ..ServeOptions::default()
    };
    tokio::spawn(serve(
        listener,
        Some(tls),
        Router::new(),
        options,
        CancellationToken::new(),
    ));
    let mut stream = TcpStream::connect(address).await.expect("connect");
    assert_eq!(stream.read(&mut [0; 16]).await.expect("the end"), 0);
}

#[tokio::test]
async fn long_answer_is_not_cut_off_by_the_watchdog() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let address = listener.local_addr().expect("address");
    let (release, released) = oneshot::channel::<()>();
    let gate = std::sync::Arc::new(std::sync::Mutex::new(Some(released)));
    let wait = get(move || async move {
        let released = gate.lock().expect("not poisoned").take().expect("called once");
        released.await.expect("test releases");
        "hello"
    });
    let router = Router::new().route("/wait", wait).route("/", get(|| async { "hello" }));
    let options = ServeOptions {
        head: SOON,
        idle: SOON,
        ..ServeOptions::default()
    };
    tokio::spawn(serve(listener, None, router, options, CancellationToken::new()));
    let mut waiting = TcpStream::connect(address).await.expect("connect");
    let wait = tokio::spawn(async move { answer(&mut waiting, b"GET /wait HTTP/1.1\r\nhost: x\r\n\r\n").await });
    // Another client idles until it is cut off, three times over; meanwhile the first one waits for its answer.
    for _ in 0..3 {
        let mut idle = TcpStream::connect(address).await.expect("connect");
        assert_eq!(answer(&mut idle, b"").await, "");
    }
    release.send(()).expect("handler waits");
    assert!(wait.await.expect("client").ends_with("hello"));
}

#[tokio::test]
async fn heads_over_their_bounds_are_refused() {
    let address = plain_server(ServeOptions::default()).await;
    let lines = |count: usize, length: usize| {
        let line = |number: usize| format!("x-{number}: {}\r\n", "v".repeat(length));
        (0..count).map(line).collect::<String>()
    };
    let table = [
        (lines(90, 10), "200"),
        (lines(101, 10), "431"),
        (lines(50, 1000), "200"),
        (lines(80, 1000), "431"),
        (lines(1, 10 << 20), "431"),
    ];
    for (lines, wanted) in table {
        let mut stream = TcpStream::connect(address).await.expect("connect");
        let request = format!("GET / HTTP/1.1\r\nhost: x\r\n{lines}\r\n");
        let said = answer(&mut stream, request.as_bytes()).await;
        let status = said.split(' ').nth(1).unwrap_or_default();
        assert_eq!(status, wanted, "{} bytes: {said:?}", request.len());
    }
}

#[tokio::test]
async fn client_that_reads_nothing_is_cut_off() {
    /// Tells when the answer that holds it is dropped.
    struct Answering(Option<oneshot::Sender<()>>);
    impl Drop for Answering {
        fn drop(&mut self) {
            // Nobody listens any more once the test is over.
            let _ = self.0.take().map(|dropped| dropped.send(()));
        }
    }
    let (sender, dropped) = oneshot::channel();
    let answering = std::sync::Mutex::new(Some(Answering(Some(sender))));
    let answering = std::sync::Arc::new(answering);
    let endless = get(move || {
        let answering = answering.lock().expect("not poisoned").take();
        async move {
            axum::body::Body::from_stream(futures::stream::repeat_with(move || {
                let _held = &answering;
                Ok::<_, std::io::Error>(bytes::Bytes::from_static(&[b'x'; 64 << 10]))
            }))
        }
    });
    let options = ServeOptions {
        stalled: SOON,
        ..ServeOptions::default()
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let address = listener.local_addr().expect("address");
    let router = Router::new().route("/", endless);
    tokio::spawn(serve(listener, None, router, options, CancellationToken::new()));
    let mut stuck = TcpStream::connect(address).await.expect("connect");
    stuck.write_all(REQUEST.as_bytes()).await.expect("sent");
    let dropped = tokio::time::timeout(Duration::from_secs(60), dropped).await;
    assert!(dropped.is_ok(), "the answer ends while its reader is still connected");
    drop(stuck);
}
