use std::time::Duration;

use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::{Request, Response, header};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::watch;
use url::Url;
use url::form_urlencoded::Serializer;

use super::machine::{ISSUER, Machine, answer};

const SELF: &str = "/apis/user.openshift.io/v1/users/~";
const TOKENS: &str = "/apis/oauth.openshift.io/v1/oauthaccesstokens";
const VERIFIER: &str = "a-verifier-that-is-long-enough-to-be-one-of-rfc-7636";

fn s256(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(text))
}

fn implicit() -> String {
    format!("{ISSUER}/oauth/token/implicit")
}

/// As `oc login -u -p` asks.
fn challenging() -> Vec<(&'static str, String)> {
    vec![
        ("client_id", "openshift-challenging-client".into()),
        ("response_type", "code".into()),
        ("redirect_uri", implicit()),
        ("code_challenge", s256(VERIFIER)),
        ("code_challenge_method", "S256".into()),
    ]
}

fn with(mut parameters: Vec<(&'static str, String)>, key: &'static str, value: &str) -> Vec<(&'static str, String)> {
    parameters.retain(|(name, _)| *name != key);
    if !value.is_empty() {
        parameters.push((key, value.into()));
    }
    parameters
}

fn encoded(parameters: &[(&'static str, String)]) -> String {
    Serializer::new(String::new()).extend_pairs(parameters).finish()
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

async fn authorize(machine: &Machine, parameters: &[(&'static str, String)], basic: Option<String>) -> Response<Body> {
    let mut request = Request::builder()
        .uri(format!("/oauth/authorize?{}", encoded(parameters)))
        .header("x-csrf-token", "1");
    if let Some(basic) = basic {
        request = request.header(header::AUTHORIZATION, basic);
    }
    machine.send(request.body(Body::empty()).unwrap()).await
}

fn location(response: &Response<Body>) -> Url {
    assert_eq!(response.status(), 302);
    response.headers()[header::LOCATION].to_str().unwrap().parse().unwrap()
}

fn parameter(url: &Url, key: &str) -> Option<String> {
    url.query_pairs()
        .find(|(name, _)| name == key)
        .map(|(_, value)| value.into_owned())
}

async fn code(machine: &Machine, user: &str) -> String {
    let password: String = user.chars().rev().collect();
    let response = authorize(machine, &challenging(), Some(basic(user, &password))).await;
    parameter(&location(&response), "code").unwrap()
}

fn exchange(code: &str) -> Vec<(&'static str, String)> {
    vec![
        ("grant_type", "authorization_code".into()),
        ("code", code.into()),
        ("code_verifier", VERIFIER.into()),
        ("redirect_uri", implicit()),
    ]
}

async fn redeem(machine: &Machine, form: &[(&'static str, String)], client: &str) -> (u16, Value) {
    let request = Request::post("/oauth/token")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::AUTHORIZATION, basic(client, ""));
    answer(machine.send(request.body(Body::from(encoded(form))).unwrap()).await).await
}

pub(super) async fn login(machine: &Machine, user: &str) -> String {
    let form = exchange(&code(machine, user).await);
    let (status, token) = redeem(machine, &form, "openshift-challenging-client").await;
    assert_eq!(status, 200, "{token}");
    assert_eq!(
        (&token["token_type"], &token["expires_in"]),
        (&json!("Bearer"), &json!(86_400))
    );
    token["access_token"].as_str().unwrap().to_owned()
}

fn name_of(token: &str) -> String {
    format!("sha256~{}", s256(token.trim_start_matches("sha256~")))
}

async fn whoami(machine: &Machine, token: &str) -> (u16, Value) {
    machine.call_with_token(token, "GET", SELF, Value::Null).await
}

#[tokio::test]
async fn the_metadata_names_what_clients_need() {
    let machine = Machine::start().await;
    let request = Request::get("/.well-known/oauth-authorization-server").header("x-csrf-token", "1");
    let (code, metadata) = answer(machine.send(request.body(Body::empty()).unwrap()).await).await;
    assert_eq!((code, metadata["issuer"].as_str()), (200, Some(ISSUER)));
    assert_eq!(metadata["authorization_endpoint"], format!("{ISSUER}/oauth/authorize"));
    assert_eq!(metadata["token_endpoint"], format!("{ISSUER}/oauth/token"));
    assert_eq!(metadata["code_challenge_methods_supported"], json!(["S256"]));
}

#[tokio::test]
async fn a_password_becomes_a_token_that_can_be_ended() {
    let machine = Machine::start().await;
    let response = authorize(&machine, &challenging(), None).await;
    assert_eq!(response.status(), 401);
    assert!(
        response.headers()[header::WWW_AUTHENTICATE]
            .to_str()
            .unwrap()
            .starts_with("Basic ")
    );

    let token = login(&machine, "jane").await;
    assert!(token.starts_with("sha256~"));
    let (status, me) = whoami(&machine, &token).await;
    assert_eq!((status, me["metadata"]["name"].as_str()), (200, Some("jane")), "{me}");
    assert_eq!(me["identities"], json!(["mirror:jane"]));
    let identity = machine.found("/apis/user.openshift.io/v1/identities/mirror:jane").await;
    assert_eq!(identity["user"], json!({"name": "jane", "uid": me["metadata"]["uid"]}));

    let review = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    let (_, review) = machine.call_with_token(&token, "POST", review, json!({})).await;
    let info = &review["status"]["userInfo"];
    assert_eq!(
        info["groups"],
        json!(["system:authenticated:oauth", "system:authenticated"])
    );
    assert_eq!(info["uid"], me["metadata"]["uid"]);

    let path = format!("{TOKENS}/{}", name_of(&token));
    let (status, _) = machine.call_with_token(&token, "DELETE", &path, Value::Null).await;
    assert_eq!(status, 200);
    assert_eq!(whoami(&machine, &token).await.0, 401);
    assert_eq!(
        login(&machine, "jane").await.len(),
        token.len(),
        "the second login finds the user"
    );
}

#[tokio::test]
async fn tokens_and_codes_are_kept_as_hashes_only() {
    let machine = Machine::start().await;
    let unused = code(&machine, "joe").await;
    let token = login(&machine, "jane").await;
    let tokens = machine.found(TOKENS).await;
    let codes = machine.found("/apis/oauth.openshift.io/v1/oauthauthorizetokens").await;
    assert_eq!(tokens["items"][0]["metadata"]["name"], name_of(&token));
    assert_eq!(codes["items"][0]["metadata"]["name"], name_of(&unused));
    for secret in [&token, &unused] {
        let text = format!("{tokens}{codes}");
        assert!(!text.contains(secret.trim_start_matches("sha256~")));
    }
    let (status, _) = whoami(&machine, &name_of(&token)).await;
    assert_eq!(status, 401, "the name of a token is no token");
}

#[tokio::test]
async fn a_token_ends_with_its_time_and_with_its_user() {
    let machine = Machine::start().await;
    let token = login(&machine, "jane").await;
    machine.pass(86_399);
    assert_eq!(whoami(&machine, &token).await.0, 200);
    machine.pass(1);
    assert_eq!(whoami(&machine, &token).await.0, 401);

    let token = login(&machine, "jane").await;
    assert_eq!(machine.delete("/apis/user.openshift.io/v1/users/jane").await.0, 200);
    assert_eq!(whoami(&machine, &token).await.0, 401);
    machine
        .created(
            "/apis/user.openshift.io/v1/users",
            json!({"metadata": {"name": "jane"}}),
        )
        .await;
    assert_eq!(whoami(&machine, &token).await.0, 401, "another user of the same name");
    let password = Some(basic("jane", "enaj"));
    let refused = authorize(&machine, &challenging(), password).await;
    assert_eq!(
        refused.status(),
        403,
        "an identity is not given to another user by itself"
    );
}

#[tokio::test]
async fn a_code_is_good_once_for_its_client_its_address_and_its_verifier() {
    let machine = Machine::start().await;
    let client = "openshift-challenging-client";
    let good = exchange(&code(&machine, "jane").await);
    assert_eq!(redeem(&machine, &good, client).await.0, 200);
    let (status, again) = redeem(&machine, &good, client).await;
    assert_eq!((status, again["error"].as_str()), (400, Some("invalid_grant")));

    let table = [
        (
            "code_verifier",
            "another-verifier-that-is-long-enough-for-rfc-7636",
            client,
        ),
        ("code_verifier", "", client),
        ("redirect_uri", "https://127.0.0.1:8443/oauth/token/other", client),
        ("redirect_uri", "", client),
        ("redirect_uri", &implicit(), "openshift-cli-client"),
    ];
    for (key, value, client) in table {
        let good = exchange(&code(&machine, "jane").await);
        let (status, refused) = redeem(&machine, &with(good.clone(), key, value), client).await;
        assert_eq!(
            (status, refused["error"].as_str()),
            (400, Some("invalid_grant")),
            "{key}={value} {client}"
        );
        let (status, _) = redeem(&machine, &good, "openshift-challenging-client").await;
        assert_eq!(status, 400, "the code is used up");
    }

    let old = exchange(&code(&machine, "jane").await);
    machine.pass(300);
    assert_eq!(redeem(&machine, &old, client).await.0, 400);

    let good = exchange(&code(&machine, "jane").await);
    for (form, error, status) in [
        (
            with(good.clone(), "grant_type", "password"),
            "unsupported_grant_type",
            400,
        ),
        (with(good.clone(), "grant_type", ""), "invalid_request", 400),
        (with(good.clone(), "code", "sha256~nonsense"), "invalid_grant", 400),
        (with(good.clone(), "code", "nonsense"), "invalid_grant", 400),
        (with(good.clone(), "code", ""), "invalid_request", 400),
    ] {
        let (code, refused) = redeem(&machine, &form, client).await;
        assert_eq!((code, refused["error"].as_str()), (status, Some(error)));
    }
    let (status, unknown) = redeem(&machine, &good, "nobody").await;
    assert_eq!((status, unknown["error"].as_str()), (401, Some("invalid_client")));
}

#[tokio::test]
async fn of_two_who_exchange_a_code_at_once_one_gets_a_token() {
    let machine = Machine::start().await;
    for _ in 0..8 {
        let form = exchange(&code(&machine, "jane").await);
        let client = "openshift-challenging-client";
        let (one, other) = tokio::join!(redeem(&machine, &form, client), redeem(&machine, &form, client));
        let mut codes = [one.0, other.0];
        codes.sort_unstable();
        assert_eq!(codes, [200, 400]);
    }
}

#[tokio::test]
async fn answers_go_to_registered_addresses_and_nowhere_else() {
    let machine = Machine::start().await;
    for wrong in [
        "https://evil.example/oauth/token/implicit",
        "https://127.0.0.1:8443/oauth/token/implicit@evil.example",
        "http://127.0.0.1:8443/oauth/token/implicit",
        "javascript:alert(1)",
    ] {
        let parameters = with(challenging(), "redirect_uri", wrong);
        let response = authorize(&machine, &parameters, Some(basic("jane", "enaj"))).await;
        assert_eq!(response.status(), 400, "{wrong}");
        assert!(!response.headers().contains_key(header::LOCATION));
    }
    let unknown = with(challenging(), "client_id", "nobody");
    assert_eq!(authorize(&machine, &unknown, None).await.status(), 400);
    let mut twice = challenging();
    twice.push(("redirect_uri", implicit()));
    assert_eq!(authorize(&machine, &twice, None).await.status(), 400);

    let wrong_type = with(with(challenging(), "response_type", "token"), "state", "a b&c");
    let to = location(&authorize(&machine, &wrong_type, None).await);
    assert!(to.as_str().starts_with(&implicit()));
    assert_eq!(parameter(&to, "error").as_deref(), Some("unsupported_response_type"));
    assert_eq!(parameter(&to, "state").as_deref(), Some("a b&c"));
    let unbound = with(with(challenging(), "code_challenge", ""), "code_challenge_method", "");
    let to = location(&authorize(&machine, &unbound, Some(basic("jane", "enaj"))).await);
    assert_eq!(
        (parameter(&to, "error").as_deref(), parameter(&to, "code")),
        (Some("invalid_request"), None)
    );
}

#[tokio::test]
async fn wrong_passwords_take_longer_and_longer_and_right_ones_do_not() {
    let machine = Machine::start().await;
    for password in ["wrong", "", "worse"] {
        let response = authorize(&machine, &challenging(), Some(basic("jane", password))).await;
        assert_eq!(response.status(), 401);
        assert!(response.headers().contains_key(header::WWW_AUTHENTICATE));
    }
    let seconds =
        |machine: &Machine| -> Vec<f32> { machine.pauses.seen.borrow().iter().map(Duration::as_secs_f32).collect() };
    assert_eq!(seconds(&machine), [0.25, 0.5, 1.0]);
    assert_eq!(
        authorize(&machine, &challenging(), Some(basic("jane", "enaj")))
            .await
            .status(),
        302
    );
    assert_eq!(seconds(&machine).len(), 3);
    authorize(&machine, &challenging(), Some(basic("nobody", "x"))).await;
    assert_eq!(seconds(&machine)[3], 2.0, "the source is known");
    assert_eq!(machine.get("/apis/user.openshift.io/v1/users/nobody").await.0, 404);
}

#[tokio::test]
async fn a_source_may_not_try_many_passwords_at_once() {
    let machine = Machine::start().await;
    let parameters = challenging();
    machine.pauses.held.send_replace(true);
    let (refused, _) = watch::channel(0);
    let tries = (0..20).map(|number: u32| {
        let (machine, parameters, refused) = (&machine, &parameters, &refused);
        async move {
            let response = authorize(machine, parameters, Some(basic("jane", &number.to_string()))).await;
            if response.status() == 429 {
                assert!(response.headers().contains_key("retry-after"));
                refused.send_modify(|count| *count += 1);
            }
            response.status().as_u16()
        }
    });
    let release = async {
        refused.subscribe().wait_for(|count| *count == 12).await.unwrap();
        machine.pauses.held.send_replace(false);
    };
    let (answers, ()) = tokio::join!(futures::future::join_all(tries), release);
    assert_eq!(answers.iter().filter(|code| **code == 401).count(), 8, "{answers:?}");
    assert_eq!(
        authorize(&machine, &parameters, Some(basic("jane", "enaj")))
            .await
            .status(),
        302
    );
}

#[tokio::test]
async fn a_browser_is_shown_a_form_that_only_it_can_send() {
    let machine = Machine::start().await;
    let callback = "http://127.0.0.1:40123/callback";
    let parameters = with(
        with(challenging(), "client_id", "openshift-cli-client"),
        "redirect_uri",
        callback,
    );
    let path = format!("/oauth/authorize?{}", encoded(&parameters));
    let response = machine.send(Request::get(&path).body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), 200);
    let headers = response.headers().clone();
    let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(
        policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
        "{policy}"
    );
    assert!(
        policy.ends_with("form-action 'self' http://127.0.0.1:40123"),
        "{policy}"
    );
    let cookie = headers[header::SET_COOKIE]
        .to_str()
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    assert!(
        headers[header::SET_COOKIE]
            .to_str()
            .unwrap()
            .contains("Secure; HttpOnly; SameSite=Strict")
    );
    let csrf = cookie.split_once('=').unwrap().1.to_owned();

    let send = async |cookie: Option<&str>, csrf: &str, password: &str| {
        let form = [
            ("csrf", csrf.to_owned()),
            ("username", "jane".into()),
            ("password", password.into()),
        ];
        let mut request = Request::post(&path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(cookie) = cookie {
            request = request.header(header::COOKIE, format!("other=1; {cookie}"));
        }
        machine.send(request.body(Body::from(encoded(&form))).unwrap()).await
    };
    assert_eq!(
        send(None, &csrf, "enaj").await.status(),
        200,
        "another site does not have the cookie"
    );
    assert_eq!(send(Some(&cookie), "guess", "enaj").await.status(), 200);
    assert_eq!(
        send(Some(&cookie), &csrf, "wrong").await.status(),
        200,
        "the form again"
    );
    let to = location(&send(Some(&cookie), &csrf, "enaj").await);
    assert_eq!((to.port(), to.path()), (Some(40123), "/callback"));
    let form = with(exchange(&parameter(&to, "code").unwrap()), "redirect_uri", callback);
    assert_eq!(redeem(&machine, &form, "openshift-cli-client").await.0, 200);
}

#[tokio::test]
async fn a_browser_is_never_challenged() {
    let machine = Machine::start().await;
    let path = format!("/oauth/authorize?{}", encoded(&challenging()));
    let request = Request::get(&path).header(header::AUTHORIZATION, basic("jane", "enaj"));
    let response = machine.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), 401);
    assert!(!response.headers().contains_key(header::WWW_AUTHENTICATE));
}

#[tokio::test]
async fn large_bodies_are_refused() {
    let machine = Machine::start().await;
    for path in [
        "/oauth/token".to_owned(),
        format!("/oauth/authorize?{}", encoded(&challenging())),
    ] {
        let request = Request::post(path).body(Body::from("x".repeat(1 << 20))).unwrap();
        let code = machine.send(request).await.status().as_u16();
        assert!(code == 413 || code == 400, "{code}");
    }
}

#[tokio::test]
async fn everybody_sees_and_ends_his_own_tokens() {
    let machine = Machine::start().await;
    let (jane, joe) = (login(&machine, "jane").await, login(&machine, "joe").await);
    let own = "/apis/oauth.openshift.io/v1/useroauthaccesstokens";
    let (code, list) = machine.call_with_token(&jane, "GET", own, Value::Null).await;
    assert_eq!((code, list["items"].as_array().unwrap().len()), (200, 1), "{list}");
    assert_eq!(list["items"][0]["metadata"]["name"], name_of(&jane));
    let of_joe = format!("{own}/{}", name_of(&joe));
    assert_eq!(machine.call_with_token(&jane, "GET", &of_joe, Value::Null).await.0, 404);
    assert_eq!(
        machine.call_with_token(&jane, "DELETE", &of_joe, Value::Null).await.0,
        404
    );
    assert_eq!(
        machine.call_with_token(&joe, "DELETE", &of_joe, Value::Null).await.0,
        200
    );
    assert_eq!(
        (whoami(&machine, &jane).await.0, whoami(&machine, &joe).await.0),
        (200, 401)
    );
    let (code, _) = machine.call_with_token(&jane, "GET", TOKENS, Value::Null).await;
    assert_eq!(code, 403, "tokens of all are not for everybody");
}

#[tokio::test]
async fn token_reviews_know_the_tokens_of_users() {
    let machine = Machine::start().await;
    let token = login(&machine, "jane").await;
    let path = "/apis/authentication.k8s.io/v1/tokenreviews";
    let review = machine.created(path, json!({"spec": {"token": token}})).await;
    assert_eq!(review["status"]["user"]["username"], "jane", "{review}");
    let review = machine
        .created(path, json!({"spec": {"token": format!("{token}x")}}))
        .await;
    assert_eq!(review["status"]["authenticated"], false);
}
