use http::Method;
use serde_json::json;
use weir_apiserver::InFlightLimits;

use super::client::{scene, scene_with, toy, toys};

#[tokio::test]
async fn tokens_decide_who_asks_and_rules_what_they_may() {
    let scene = scene().await;
    let path = toys("a");
    let table = [
        (Method::GET, path.as_str(), "Bearer admin-token", 200, ""),
        (Method::GET, path.as_str(), "bearer viewer-token", 200, ""),
        (
            Method::GET,
            path.as_str(),
            "Bearer bogus",
            401,
            "401 Unauthorized Unauthorized",
        ),
        (
            Method::GET,
            path.as_str(),
            "Basic YTpi",
            401,
            "401 Unauthorized Unauthorized",
        ),
        (
            Method::GET,
            path.as_str(),
            "Bearer ",
            401,
            "401 Unauthorized Unauthorized",
        ),
        (
            Method::POST,
            path.as_str(),
            "Bearer viewer-token",
            403,
            "403 Forbidden toys.toys.example.com is forbidden: User \"viewer\" cannot create resource \"toys\" in API group \
             \"toys.example.com\" in the namespace \"a\"",
        ),
        (
            Method::GET,
            "/metrics",
            "Bearer x-token",
            403,
            "403 Forbidden forbidden: User \"x\" cannot get path \"/metrics\"",
        ),
        (Method::GET, "/metrics", "Bearer admin-token", 200, ""),
        (
            Method::GET,
            "/api/v1/unknown",
            "Bearer x-token",
            403,
            "403 Forbidden unknown is forbidden: User \"x\" cannot list \
            resource \"unknown\" in API group \"\" at the cluster scope",
        ),
    ];
    for (method, path, authorization, status, error) in table {
        let answer = scene
            .request(method, path, &[("authorization", authorization)], b"")
            .await;
        assert_eq!(answer.status, status, "{authorization} {}", answer.text());
        if status >= 400 {
            assert_eq!(answer.error(), error);
        }
    }
}

#[tokio::test]
async fn without_credentials_only_the_open_doors_open() {
    let scene = scene().await;
    let anonymous = |method: Method, path: &str| {
        http::Request::builder()
            .method(method)
            .uri(path)
            .body(axum::body::Body::empty())
            .expect("a request")
    };
    for (method, path, status) in [
        (Method::HEAD, "/", 403),
        (Method::GET, "/version", 200),
        (Method::GET, "/livez", 200),
        (Method::GET, "/readyz", 200),
        (Method::GET, "/healthz", 200),
        (Method::GET, "/api", 403),
        (Method::GET, "/apis", 403),
        (Method::GET, "/openapi/v3", 403),
        (Method::GET, "/.well-known/oauth-authorization-server", 403),
        (Method::GET, "/metrics", 403),
        (Method::GET, "/api/v1/namespaces", 403),
        (Method::POST, "/apis/toys.example.com/v1/namespaces/a/toys/x/bell", 200),
    ] {
        let response = scene.send(anonymous(method.clone(), path)).await;
        assert_eq!(response.status(), status, "{method} {path}");
    }
}

#[tokio::test]
async fn who_may_impersonate_becomes_somebody_else() {
    let scene = scene().await;
    let as_viewer = [("impersonate-user", "viewer")];
    assert_eq!(
        scene.request(Method::GET, &toys("a"), &as_viewer, b"").await.status,
        200
    );
    let body = toy("t", json!({})).to_string();
    let refused = scene
        .request(Method::POST, &toys("a"), &as_viewer, body.as_bytes())
        .await;
    assert!(refused.error().contains("User \"viewer\" cannot create"));
    let not_allowed = [("authorization", "Bearer viewer-token"), ("impersonate-user", "admin")];
    assert_eq!(
        scene.request(Method::GET, &toys("a"), &not_allowed, b"").await.error(),
        "403 Forbidden users \"admin\" is forbidden: User \"viewer\" cannot impersonate resource \"users\" in API group \"\" \
         at the cluster scope"
    );
    assert_eq!(
        scene
            .request(Method::GET, &toys("a"), &[("impersonate-group", "x")], b"")
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn too_many_watches_are_sent_away() {
    let limits = InFlightLimits {
        watches: 1,
        ..InFlightLimits::default()
    };
    let scene = scene_with(|builder| builder.in_flight_limits(limits)).await;
    let path = format!("{}?watch=true", toys("a"));
    let first = scene.watch(&path).await;
    let refused = scene.get(&path).await;
    assert_eq!(refused.expect(429)["reason"], "TooManyRequests");
    assert_eq!(refused.headers["retry-after"], "1");
    drop(first);
    scene.watch(&path).await;
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_one_user_is_sent_away_and_other_users_are_served() {
    let limits = InFlightLimits {
        reads_per_user: 1,
        waiting_per_user: 1,
        ..InFlightLimits::default()
    };
    let scene = scene_with(|builder| builder.in_flight_limits(limits)).await;
    // Waits for a revision that does not come, and holds its place meanwhile.
    let slow = format!("{}?resourceVersion=1000000", toys("a"));
    let viewer = [("authorization", "Bearer viewer-token")];
    let admin = [("authorization", "Bearer admin-token")];
    let plain = toys("a");
    let flood = (0..5).map(|_| scene.request(Method::GET, &slow, &viewer, b""));
    let flood = futures::future::join_all(flood);
    let other = async {
        let began = tokio::time::Instant::now();
        let answer = scene.request(Method::GET, &plain, &admin, b"").await;
        (answer.status, began.elapsed().as_secs())
    };
    let (flood, other) = tokio::join!(flood, other);
    assert_eq!(other, (200, 0));
    let mut statuses: Vec<u16> = flood.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [429, 429, 429, 504, 504]);
    for refused in flood.iter().filter(|answer| answer.status == 429) {
        assert_eq!(refused.json()["reason"], "TooManyRequests");
        assert_eq!(refused.headers["retry-after"], "1");
    }
}

#[tokio::test]
async fn a_long_list_counts_until_its_end() {
    let limits = InFlightLimits {
        reads_per_user: 1,
        waiting_per_user: 0,
        ..InFlightLimits::default()
    };
    let scene = scene_with(|builder| builder.in_flight_limits(limits)).await;
    for index in 0..8 {
        scene
            .make(&format!("t{index}"), json!({"text": "x".repeat(30_000)}))
            .await;
    }
    let unread = scene.watch(&toys("a")).await; // any answer whose body is taken line by line
    assert_eq!(scene.get(&toys("a")).await.status, 429);
    drop(unread);
    assert_eq!(scene.get(&toys("a")).await.status, 200);
    assert_eq!(scene.get(&format!("{}/t1", toys("a"))).await.status, 200);
}
