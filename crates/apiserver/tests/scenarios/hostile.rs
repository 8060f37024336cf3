//! What nobody in good faith sends. All of it is refused, in words, before it costs much.

use axum::body::Body;
use bytes::Bytes;
use futures::stream;
use http::{Method, Request};
use serde_json::{Value, json};
use weir_apiserver::UserInfo;

use super::client::{Answer, JSON_PATCH, STRATEGIC, Scene, scene, toy, toys};

const MEBIBYTE: usize = 1 << 20;

fn is_a_status(answer: &Answer, code: u16) -> Value {
    let status: Value = serde_json::from_slice(&answer.body).expect("a Status");
    assert_eq!((answer.status, &status["kind"]), (code, &json!("Status")), "{status}");
    assert_eq!(status["code"], code);
    status
}

/// A POST whose body comes in pieces of a mebibyte; how many of them were asked for.
async fn stream_body(scene: &Scene) -> (Answer, usize) {
    let (asked, counted) = std::sync::mpsc::channel();
    let pieces = std::iter::repeat_with(move || {
        asked.send(()).expect("the test counts");
        Ok::<_, std::io::Error>(Bytes::from(vec![b' '; MEBIBYTE]))
    });
    let mut request = Request::post(toys("a"))
        .body(Body::from_stream(stream::iter(pieces.take(100))))
        .expect("a request");
    request.extensions_mut().insert(UserInfo {
        username: "admin".to_owned(),
        ..UserInfo::default()
    });
    let answer = Answer::of(scene.send(request).await).await;
    (answer, counted.try_iter().count())
}

#[tokio::test]
async fn a_body_over_three_mebibytes_is_refused_at_the_bound() {
    let scene = scene().await;
    let (answer, read) = stream_body(&scene).await;
    let status = is_a_status(&answer, 413);
    assert_eq!(status["reason"], "RequestEntityTooLarge");
    assert!(read <= 5, "{read} MiB were read");

    let whole = vec![b' '; 4 * MEBIBYTE];
    let answer = scene.request(Method::POST, &toys("a"), &[], &whole).await;
    is_a_status(&answer, 413);
}

#[tokio::test]
async fn an_object_over_its_bound_is_refused_even_when_the_body_is_not() {
    let scene = scene().await;
    let answer = scene
        .post(&toys("a"), &toy("large", json!({"note": "x".repeat(2 * MEBIBYTE)})))
        .await;
    is_a_status(&answer, 413);
}

#[tokio::test]
async fn bodies_that_nest_too_deeply_are_refused_in_every_format() {
    let scene = scene().await;
    let nested = |depth: usize| format!("{{\"spec\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    let bomb = {
        let mut text = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for level in 1..9 {
            let alias = format!("*a{}", level - 1);
            text.push_str(&format!("a{level}: &a{level} [{}]\n", vec![alias; 10].join(",")));
        }
        text
    };
    let table = [
        ("application/json", nested(100_000)),
        ("application/yaml", nested(100_000)),
        ("application/yaml", "- ".repeat(100_000)),
        ("application/yaml", bomb),
    ];
    for (content_type, body) in table {
        let headers = [("content-type", content_type)];
        let answer = scene.request(Method::POST, &toys("a"), &headers, body.as_bytes()).await;
        is_a_status(&answer, 400);
    }
}

#[tokio::test]
async fn heads_over_their_bounds_are_refused() {
    let scene = scene().await;
    let keys = format!("{}?{}", toys("a"), "a&".repeat(1_000_000 / 40));
    is_a_status(&scene.get(&keys).await, 414);
    let names: Vec<String> = (0..101).map(|number| format!("x-{number}")).collect();
    let many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "v")).collect();
    is_a_status(&scene.request(Method::GET, &toys("a"), &many, b"").await, 431);
    let long = "v".repeat(65 << 10);
    is_a_status(
        &scene.request(Method::GET, &toys("a"), &[("x-long", &long)], b"").await,
        431,
    );
}

#[tokio::test]
async fn selectors_have_a_bounded_number_of_terms() {
    let scene = scene().await;
    let labels = |count: usize| format!("{}?labelSelector={}", toys("a"), vec!["!a"; count].join(","));
    assert_eq!(scene.get(&labels(2_000)).await.status, 200);
    is_a_status(&scene.get(&labels(2_001)).await, 400);
}

#[tokio::test]
async fn patches_that_grow_without_end_are_refused_and_change_nothing() {
    let scene = scene().await;
    let path = format!("{}/t", toys("a"));
    let made = scene.post(&toys("a"), &toy("t", json!({"list": [0]}))).await;
    assert_eq!(made.status, 201);
    let copies = vec![json!({"op": "copy", "from": "/spec/list", "path": "/spec/list/-"}); 100];
    let tests = vec![json!({"op": "test", "path": "/kind", "value": "Toy"}); 10_001];
    for operations in [copies, tests] {
        let answer = scene.patch(&path, JSON_PATCH, &Value::Array(operations)).await;
        is_a_status(&answer, 413);
    }
    let parts = vec![json!({"name": "a"}); 1_000];
    let answer = scene.patch(&path, STRATEGIC, &json!({"spec": {"parts": parts}})).await;
    is_a_status(&answer, 413);
    assert_eq!(scene.get(&path).await.body, made.body);
}
