//! The node's service: logs over HTTP, exec and attach over WebSocket, as clients speak them.

use crate::support::world::{World, is_ready};
use futures::{SinkExt, StreamExt};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use tower::ServiceExt;
use weir_engine::fake::{End, FakeEngine, Script};

type Socket = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

async fn get(world: &World, path: &str) -> (u16, String) {
    let request = http::Request::get(path).body(axum::body::Body::empty()).unwrap();
    let answer = world.router().oneshot(request).await.unwrap();
    let status = answer.status().as_u16();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

async fn running() -> (World, FakeEngine) {
    let (world, engine) = World::with_fake();
    engine.script(
        &["speak"],
        Script {
            stdout: "one\ntwo\n".to_owned(),
            end: End::UntilStopped { on_stop: None },
            ..Script::default()
        },
    );
    world.create_pod(json!({"spec": {"containers": [{"name": "c", "image": "img:1", "command": ["speak"]}]}}));
    world.pod_when("ready", is_ready).await;
    (world, engine)
}

/// Serves the node on a port and opens a socket to it.
async fn connect(world: &World, path: &str, protocol: &str) -> Result<Socket, Error> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = world.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let mut request = format!("ws://{address}{path}").into_client_request().unwrap();
    request
        .headers_mut()
        .insert("Sec-WebSocket-Protocol", protocol.parse().unwrap());
    let (socket, answer) = tokio_tungstenite::connect_async(request).await?;
    assert_eq!(
        answer.headers()["sec-websocket-protocol"],
        protocol.split(',').next().unwrap()
    );
    Ok(socket)
}

/// All frames until the end: standard output, standard error, the status.
async fn drain(mut socket: Socket) -> (String, String, Value) {
    let (mut out, mut err, mut status) = (String::new(), String::new(), Value::Null);
    while let Some(Ok(message)) = socket.next().await {
        let Message::Binary(bytes) = message else { continue };
        let text = String::from_utf8(bytes[1..].to_vec()).unwrap();
        match bytes[0] {
            1 => out.push_str(&text),
            2 => err.push_str(&text),
            3 => status = serde_json::from_str(&text).unwrap(),
            other => panic!("channel {other}"),
        }
    }
    (out, err, status)
}

#[tokio::test]
async fn logs_are_text() {
    let (world, engine) = running().await;
    assert_eq!(
        get(&world, "/containerLogs/ns/p/c").await,
        (200, "one\ntwo\n".to_owned())
    );
    assert_eq!(get(&world, "/containerLogs/ns/p/c?tailLines=1").await.1, "two\n");
    assert_eq!(get(&world, "/containerLogs/ns/p/c?limitBytes=2").await.1, "on");
    let stamped = get(&world, "/containerLogs/ns/p/c?timestamps=true&tailLines=1").await.1;
    assert!(stamped.ends_with("Z two\n"), "{stamped}");
    let name = engine.specs()[0].name.clone();
    engine.exit(&name, 1);
    let followed = get(&world, "/containerLogs/ns/p/c?follow=true&previous=false").await;
    assert!(followed.1.starts_with("one\ntwo\n"), "{followed:?}");
}

#[tokio::test]
async fn the_attempt_before_has_a_log_too() {
    let (world, engine) = running().await;
    assert_eq!(get(&world, "/containerLogs/ns/p/c?previous=true").await.0, 400);
    let name = engine.specs()[0].name.clone();
    engine.print(&name, "last words\n");
    engine.exit(&name, 1);
    world
        .pod_when("restarted", |pod| {
            pod["status"]["containerStatuses"][0]["restartCount"] == 1
        })
        .await;
    assert_eq!(
        get(&world, "/containerLogs/ns/p/c?previous=true").await.1,
        "one\ntwo\nlast words\n"
    );
}

#[tokio::test]
async fn what_is_not_there_is_told_in_a_status() {
    let (world, engine) = running().await;
    let (code, body) = get(&world, "/containerLogs/ns/other/c").await;
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        (code, &body["kind"], &body["reason"]),
        (404, &json!("Status"), &json!("NotFound"))
    );
    assert_eq!(get(&world, "/containerLogs/ns/p/x").await.0, 400);
    assert_eq!(get(&world, "/containerLogs/ns/p/c?tailLines=x").await.0, 400);
    assert_eq!(get(&world, "/exec/ns/p/c?command=sh").await.0, 400);
    engine.set_away(true);
    assert_eq!(get(&world, "/containerLogs/ns/p/c").await.0, 503);
}

#[tokio::test]
async fn a_command_runs_and_its_end_is_told() {
    let (world, engine) = running().await;
    engine.script(
        &["sh", "-c", "echo a b"],
        Script {
            stdout: "out".to_owned(),
            stderr: "err".to_owned(),
            end: End::Exit(3),
        },
    );
    let path = "/exec/ns/p/c?command=sh&command=-c&command=echo%20a%20b&stdout=true&stderr=true";
    let socket = connect(&world, path, "v5.channel.k8s.io").await.unwrap();
    let (out, err, status) = drain(socket).await;
    assert_eq!((out.as_str(), err.as_str()), ("out", "err"));
    assert_eq!(
        (&status["status"], &status["reason"]),
        (&json!("Failure"), &json!("NonZeroExitCode"))
    );
    assert_eq!(
        status["details"]["causes"][0],
        json!({"reason": "ExitCode", "message": "3"})
    );

    let socket = connect(&world, "/exec/ns/p/c?command=fine&stdout=true", "v4.channel.k8s.io")
        .await
        .unwrap();
    assert_eq!(drain(socket).await.2["status"], "Success");
}

#[tokio::test]
async fn input_arrives_and_its_end_ends_the_command() {
    let (world, engine) = running().await;
    engine.script(
        &["cat"],
        Script {
            end: End::EchoInput { exit: 0 },
            ..Script::default()
        },
    );
    let path = "/exec/ns/p/c?command=cat&stdin=true&stdout=true";
    let mut socket = connect(&world, path, "v5.channel.k8s.io,v4.channel.k8s.io")
        .await
        .unwrap();
    for frame in [
        &b"\0hello "[..],
        b"\x04{\"Width\":80,\"Height\":25}",
        b"\0there",
        b"\xff\0",
    ] {
        socket.send(Message::binary(frame.to_vec())).await.unwrap();
    }
    let (out, _, status) = drain(socket).await;
    assert_eq!((out.as_str(), &status["status"]), ("hello there", &json!("Success")));
}

#[tokio::test]
async fn an_onlooker_sees_what_is_printed_from_now_on() {
    let (world, engine) = running().await;
    let socket = connect(&world, "/attach/ns/p/c?stdout=true&stderr=true", "v5.channel.k8s.io")
        .await
        .unwrap();
    let name = engine.specs()[0].name.clone();
    // The engine is asked after the handshake: what is printed before that is not seen.
    while !engine.calls().iter().any(|call| call.starts_with("attach")) {
        tokio::task::yield_now().await;
    }
    engine.print(&name, "later\n");
    engine.exit(&name, 0);
    let (out, _, status) = drain(socket).await;
    assert_eq!((out.as_str(), &status["status"]), ("later\n", &json!("Success")));
}

#[tokio::test]
async fn protocols_that_nobody_speaks_are_refused() {
    let (world, _engine) = running().await;
    let refused = connect(&world, "/exec/ns/p/c?command=sh", "v1.example.com").await;
    assert!(matches!(refused, Err(Error::Http(_))), "{:?}", refused.is_ok());
}
