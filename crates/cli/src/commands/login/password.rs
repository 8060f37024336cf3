use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use kube::client::Body;
use rand::Rng;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use sha2::{Digest, Sha256};
use url::{Url, form_urlencoded};

use crate::failure::Failure;

/// The client of programs that ask for a password themselves; every server has it.
const CLIENT: &str = "openshift-challenging-client";
/// An answer is a few hundred bytes.
const ANSWER_BYTES: usize = 64 << 10;
/// Bytes of randomness that tie a code to this process.
const VERIFIER_BYTES: usize = 48;

/// Where a server says that one logs in.
#[derive(Deserialize)]
struct Endpoints {
    #[serde(deserialize_with = "address")]
    issuer: Url,
    #[serde(deserialize_with = "address")]
    authorization_endpoint: Url,
    #[serde(deserialize_with = "address")]
    token_endpoint: Url,
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Url, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

#[derive(Deserialize)]
struct Token {
    access_token: String,
}

/// A token of the server for this user. `dial` finds the way to an address.
pub async fn token(
    server: &str,
    dial: impl Fn(&Url) -> Result<kube::Client, Failure>,
    user: &str,
    password: &str,
) -> Result<String, Failure> {
    let address: Url = server
        .parse()
        .map_err(|error| Failure::usage(format!("`{server}` is no address of a server: {error}")))?;
    let endpoints = endpoints(&dial(&address)?, server).await?;
    let verifier = random_text();
    let redirect = format!(
        "{}/oauth/token/implicit",
        endpoints.issuer.as_str().trim_end_matches('/')
    );
    let client = dial(&origin(&endpoints.authorization_endpoint))?;
    let code = code(&client, &endpoints, &redirect, &verifier, (user, password)).await?;
    let client = dial(&origin(&endpoints.token_endpoint))?;
    exchange(&client, &endpoints, &redirect, &verifier, &code).await
}

async fn endpoints(client: &kube::Client, server: &str) -> Result<Endpoints, Failure> {
    let request = Request::get("/.well-known/oauth-authorization-server").header("X-CSRF-Token", "1");
    let (head, body) = send(client, request, Vec::new()).await?;
    if head.status() != StatusCode::OK {
        return Err(
            Failure::refused(format!("the server at {server} lets nobody log in with a password"))
                .hint("log in with a token: --token=TOKEN"),
        );
    }
    serde_json::from_slice(&body).map_err(|error| {
        Failure::refused(format!(
            "the server at {server} does not say where one logs in: {error}"
        ))
    })
}

/// Shows name and password, and is sent on with a code.
async fn code(
    client: &kube::Client,
    endpoints: &Endpoints,
    redirect: &str,
    verifier: &str,
    (user, password): (&str, &str),
) -> Result<String, Failure> {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    let query = form(&[
        ("client_id", CLIENT),
        ("response_type", "code"),
        ("redirect_uri", redirect),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ]);
    let basic = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
    let request = Request::get(format!("{}?{query}", endpoints.authorization_endpoint.path()))
        .header("X-CSRF-Token", "1")
        .header(AUTHORIZATION, basic);
    let (head, body) = send(client, request, Vec::new()).await?;
    if head.status() != StatusCode::FOUND {
        return Err(refusal(head.status(), &body));
    }
    let location = head.headers().get(LOCATION).and_then(|location| location.to_str().ok());
    let location: Option<Url> = location.and_then(|location| location.parse().ok());
    let parameter = |name: &str| {
        let mut pairs = location.as_ref()?.query_pairs();
        Some(pairs.find(|(key, _)| key == name)?.1.into_owned())
    };
    parameter("code").ok_or_else(|| {
        let why = parameter("error_description").or_else(|| parameter("error"));
        Failure::refused(format!(
            "Login failed: {}",
            why.as_deref().unwrap_or("the server did not answer with a code")
        ))
    })
}

async fn exchange(
    client: &kube::Client,
    endpoints: &Endpoints,
    redirect: &str,
    verifier: &str,
    code: &str,
) -> Result<String, Failure> {
    let request = Request::post(endpoints.token_endpoint.path())
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(
            AUTHORIZATION,
            format!("Basic {}", STANDARD.encode(format!("{CLIENT}:"))),
        );
    let body = form(&[
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect),
        ("code_verifier", verifier),
    ]);
    let (head, body) = send(client, request, body.into_bytes()).await?;
    if head.status() != StatusCode::OK {
        return Err(refusal(head.status(), &body));
    }
    let token: Token = serde_json::from_slice(&body)
        .map_err(|error| Failure::refused(format!("the server's answer holds no token: {error}")))?;
    Ok(token.access_token)
}

fn refusal(status: StatusCode, body: &[u8]) -> Failure {
    let failure = Failure::refused(format!("Login failed ({status})"));
    match status {
        StatusCode::UNAUTHORIZED => failure.hint("Verify you have provided the correct credentials."),
        _ => failure.hint(String::from_utf8_lossy(body).trim()),
    }
}

async fn send(
    client: &kube::Client,
    request: http::request::Builder,
    body: Vec<u8>,
) -> Result<(Response<()>, Bytes), Failure> {
    let request = request
        .body(Body::from(body))
        .map_err(|error| Failure::usage(format!("the request cannot be written: {error}")))?;
    let unreachable = |error: String| Failure::Unreachable {
        message: format!("the server cannot be asked for a token: {error}"),
        hints: Vec::new(),
    };
    let response = client
        .send(request)
        .await
        .map_err(|error| unreachable(error.to_string()))?;
    let (head, body) = response.into_parts();
    let body = Limited::new(body, ANSWER_BYTES).collect().await;
    let body = body.map_err(|error| unreachable(error.to_string()))?.to_bytes();
    Ok((Response::from_parts(head, ()), body))
}

fn form(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

fn origin(url: &Url) -> Url {
    let mut origin = url.clone();
    origin.set_path("/");
    origin.set_query(None);
    origin
}

fn random_text() -> String {
    let mut random = [0u8; VERIFIER_BYTES];
    rand::rng().fill(&mut random);
    URL_SAFE_NO_PAD.encode(random)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::convert::Infallible;
    use std::sync::{Arc, Mutex};

    use http_body_util::Full;

    use super::*;

    /// A server that knows one user, and what it was asked in the exchange.
    #[derive(Clone, Default)]
    struct Server(Arc<Mutex<HashMap<String, String>>>);

    impl Server {
        fn client(&self) -> kube::Client {
            let server = self.clone();
            let service = tower::service_fn(move |request: Request<Body>| {
                let server = server.clone();
                async move { Ok::<_, Infallible>(server.answer(request).await) }
            });
            kube::Client::new(service, "default")
        }

        async fn answer(&self, request: Request<Body>) -> Response<Full<Bytes>> {
            let (head, body) = request.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            let pairs = |text: &[u8]| form_urlencoded::parse(text).into_owned().collect::<HashMap<_, _>>();
            let respond =
                |code: u16, text: &str| Response::builder().status(code).body(Full::new(text.to_owned().into()));
            let answered = match head.uri.path() {
                "/.well-known/oauth-authorization-server" => respond(
                    200,
                    r#"{"issuer": "https://s:1", "authorization_endpoint": "https://s:1/oauth/authorize",
                        "token_endpoint": "https://s:1/oauth/token"}"#,
                ),
                "/oauth/authorize" if head.headers[AUTHORIZATION] == "Basic amFuZTpwdw==" => {
                    let asked = pairs(head.uri.query().unwrap().as_bytes());
                    let to = format!("{}?code=c0de", asked["redirect_uri"]);
                    self.0.lock().unwrap().extend(asked);
                    Response::builder()
                        .status(302)
                        .header(LOCATION, to)
                        .body(Full::default())
                }
                "/oauth/authorize" => respond(401, "Unauthorized"),
                "/oauth/token" => {
                    self.0.lock().unwrap().extend(pairs(&body));
                    respond(
                        200,
                        r#"{"access_token": "sha256~t", "token_type": "Bearer", "expires_in": 86400}"#,
                    )
                }
                _ => respond(404, ""),
            };
            answered.unwrap()
        }
    }

    #[tokio::test]
    async fn a_password_becomes_a_token_with_a_proof_of_who_asked() {
        let server = Server::default();
        let dial = |_: &Url| Ok(server.client());
        assert_eq!(token("https://s:1", dial, "jane", "pw").await.unwrap(), "sha256~t");
        let asked = server.0.lock().unwrap();
        assert_eq!((asked["code"].as_str(), asked["client_id"].as_str()), ("c0de", CLIENT));
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&asked["code_verifier"]));
        assert_eq!(asked["code_challenge"], challenge);
        assert_eq!(asked["redirect_uri"], "https://s:1/oauth/token/implicit");
    }

    #[tokio::test]
    async fn a_wrong_password_is_told_as_oc_tells_it() {
        let server = Server::default();
        let failure = token("https://s:1", |_| Ok(server.client()), "jane", "wrong")
            .await
            .unwrap_err();
        let text = failure.text().unwrap();
        assert!(text.contains("Login failed (401 Unauthorized)"), "{text}");
        assert!(
            text.contains("Verify you have provided the correct credentials."),
            "{text}"
        );
    }
}
