//! Streams over the API: which requests are made, with whose rights, and what the answers mean.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::BoxError;
use weir_oci::{Digest, Manifest, RepositoryName, Tag};
use weir_registry::{
    Access, AccessError, Action, ApiStreams, Caller, PushedImage, StreamError, Streams, Token, UserApi,
};

use crate::fixture::{digest_of, image, repository};

const HOST: &str = "registry.svc:5000";

/// An API that answers from a script and remembers what it was asked.
#[derive(Clone, Default)]
struct Script {
    answers: Arc<Mutex<VecDeque<(u16, Value)>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

#[derive(Clone, Debug, PartialEq)]
struct Asked {
    method: Method,
    path: String,
    token: Option<String>,
    body: Value,
}

impl Script {
    fn answer(&self, status: u16, body: Value) -> &Script {
        self.answers.lock().unwrap().push_back((status, body));
        self
    }

    fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    async fn serve(self, method: Method, path: String, token: Option<String>, body: Vec<u8>) -> Response<Body> {
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        self.asked.lock().unwrap().push(Asked {
            method,
            path,
            token,
            body,
        });
        let (status, body) = self
            .answers
            .lock()
            .unwrap()
            .pop_front()
            .expect("an answer in the script");
        Response::builder()
            .status(status)
            .body(Body::from(body.to_string()))
            .unwrap()
    }

    fn streams(&self) -> ApiStreams {
        let own = self.clone();
        let own = tower::service_fn(move |request: Request<kube::client::Body>| {
            let script = own.clone();
            async move {
                let (head, body) = request.into_parts();
                let body = body.collect().await?.to_bytes().to_vec();
                Ok::<_, BoxError>(script.serve(head.method, head.uri.to_string(), None, body).await)
            }
        });
        let users = self.clone();
        let users = tower::service_fn(move |request: Request<Body>| {
            let script = users.clone();
            async move {
                let (head, body) = request.into_parts();
                let token = head.headers["authorization"].to_str().unwrap().to_owned();
                let body = body.collect().await.unwrap().to_bytes().to_vec();
                Ok::<_, Infallible>(script.serve(head.method, head.uri.to_string(), Some(token), body).await)
            }
        });
        ApiStreams::new(kube::Client::new(own, "default"), UserApi::new(users), HOST)
    }
}

fn status(code: u16, kind: &str, name: &str) -> Value {
    json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": "NotFound", "message": "said the API",
           "details": {"kind": kind, "name": name}})
}

fn user() -> Caller {
    Caller::Token(Token::new("t0ken"))
}

fn app() -> RepositoryName {
    repository("ns/app")
}

fn tag() -> Tag {
    "latest".parse().unwrap()
}

fn pushed() -> PushedImage {
    let manifest = image("{}", &["layer"]);
    let body = manifest.to_string();
    PushedImage {
        repository: app(),
        digest: digest_of(&manifest),
        manifest: Manifest::parse(body.as_bytes(), None).unwrap(),
        body: body.into(),
        config: Some("{}".into()),
    }
}

fn stream(tags: Value) -> Value {
    json!({"kind": "ImageStream", "apiVersion": "image.openshift.io/v1", "metadata": {"name": "app", "namespace": "ns"},
           "spec": {"lookupPolicy": {"local": false}}, "status": {"dockerImageRepository": "", "tags": tags}})
}

fn event(image: &str) -> Value {
    json!({"created": "2026-01-01T00:00:00Z", "dockerImageReference": "r.io/a/b", "image": image, "generation": 1})
}

#[tokio::test]
async fn permission_is_asked_with_the_callers_token() {
    let script = Script::default();
    script
        .answer(201, json!({"status": {"allowed": true}}))
        .answer(201, json!({"status": {"allowed": false}}));
    let streams = script.streams();
    assert!(streams.allows(&user(), &Action::Push(app())).await.unwrap());
    assert!(!streams.allows(&user(), &Action::DeleteImages).await.unwrap());
    let asked = script.asked();
    assert_eq!(asked[0].path, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews");
    assert_eq!(asked[0].token.as_deref(), Some("Bearer t0ken"));
    let attributes = json!({"verb": "update", "group": "image.openshift.io", "resource": "imagestreams", "subresource": "layers",
                            "namespace": "ns", "name": "app"});
    assert_eq!(asked[0].body["spec"]["resourceAttributes"], attributes);
    let attributes = json!({"verb": "delete", "group": "image.openshift.io", "resource": "images"});
    assert_eq!(asked[1].body["spec"]["resourceAttributes"], attributes);
}

#[tokio::test]
async fn anonymous_permission_is_asked_with_our_own_rights() {
    let script = Script::default();
    script.answer(201, json!({"status": {"allowed": true}}));
    assert!(
        script
            .streams()
            .allows(&Caller::Anonymous, &Action::Pull(app()))
            .await
            .unwrap()
    );
    let asked = script.asked();
    assert_eq!(
        (asked[0].path.as_str(), &asked[0].token),
        ("/apis/authorization.k8s.io/v1/subjectaccessreviews", &None)
    );
    assert_eq!(asked[0].body["spec"]["user"], "system:anonymous");
}

#[tokio::test]
async fn doubtful_answers_never_permit() {
    let script = Script::default();
    script
        .answer(201, json!({}))
        .answer(201, json!({"status": {"allowed": "true"}}))
        .answer(401, status(401, "", ""))
        .answer(500, status(500, "", ""));
    let streams = script.streams();
    let ask = async || streams.allows(&user(), &Action::Pull(app())).await;
    assert_eq!(ask().await, Ok(false));
    assert_eq!(ask().await, Ok(false));
    assert_eq!(ask().await, Err(AccessError::InvalidToken));
    assert!(matches!(ask().await, Err(AccessError::Unavailable(_))));
}

#[tokio::test]
async fn a_push_is_told_in_one_request_with_all_that_describes_the_image() {
    let script = Script::default();
    script.answer(201, json!({"kind": "Status", "status": "Success"}));
    let image = pushed();
    script.streams().record_push(&image, &tag()).await.unwrap();
    let asked = script.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(
        (asked[0].method.clone(), asked[0].path.as_str()),
        (
            Method::POST,
            "/apis/image.openshift.io/v1/namespaces/ns/imagestreammappings"
        )
    );
    let mapping = &asked[0].body;
    assert_eq!(
        (&mapping["kind"], &mapping["metadata"]["name"], &mapping["tag"]),
        (&json!("ImageStreamMapping"), &json!("app"), &json!("latest"))
    );
    assert_eq!(mapping["image"]["metadata"]["name"], image.digest.as_str());
    assert_eq!(
        mapping["image"]["metadata"]["annotations"]["openshift.io/image.managed"],
        "true"
    );
    assert_eq!(
        mapping["image"]["metadata"]["annotations"]["image.openshift.io/manifestBlobStored"],
        "true"
    );
    assert_eq!(
        mapping["image"]["dockerImageReference"],
        format!("{HOST}/ns/app@{}", image.digest)
    );
    assert_eq!(
        mapping["image"]["dockerImageManifest"],
        String::from_utf8(image.body.to_vec()).unwrap()
    );
    assert_eq!(mapping["image"]["dockerImageConfig"], "{}");
    assert_eq!(mapping["image"]["dockerImageLayers"][0]["size"], 5);
}

#[tokio::test]
async fn a_missing_stream_is_told_apart_from_a_missing_namespace() {
    let script = Script::default();
    script
        .answer(404, status(404, "imagestreammappings", "app"))
        .answer(404, status(404, "namespaces", "ns"))
        .answer(403, status(403, "imagestreammappings", "app"))
        .answer(422, status(422, "", ""))
        .answer(507, status(507, "", ""))
        .answer(503, status(503, "", ""));
    let streams = script.streams();
    let image = pushed();
    let record = async || streams.record_push(&image, &tag()).await;
    assert_eq!(record().await, Err(StreamError::StreamUnknown));
    assert!(matches!(record().await, Err(StreamError::Denied(_))));
    assert!(matches!(record().await, Err(StreamError::Denied(message)) if message == "said the API"));
    assert!(matches!(record().await, Err(StreamError::Invalid(_))));
    assert!(matches!(record().await, Err(StreamError::NoSpace(message)) if message == "said the API"));
    assert!(matches!(record().await, Err(StreamError::Unavailable(_))));
}

#[tokio::test]
async fn a_stream_is_made_with_the_callers_rights_and_may_be_there_already() {
    let script = Script::default();
    script
        .answer(201, json!({}))
        .answer(409, status(409, "", ""))
        .answer(403, status(403, "", ""))
        .answer(404, status(404, "", ""));
    let streams = script.streams();
    assert_eq!(streams.create_stream(&user(), &app()).await, Ok(()));
    assert_eq!(streams.create_stream(&user(), &app()).await, Ok(()));
    assert!(matches!(
        streams.create_stream(&user(), &app()).await,
        Err(StreamError::Denied(_))
    ));
    assert!(matches!(
        streams.create_stream(&user(), &app()).await,
        Err(StreamError::Denied(_))
    ));
    assert!(matches!(
        streams.create_stream(&Caller::Anonymous, &app()).await,
        Err(StreamError::Denied(_))
    ));
    let asked = script.asked();
    assert_eq!(asked.len(), 4);
    assert_eq!(asked[0].token.as_deref(), Some("Bearer t0ken"));
    assert_eq!(asked[0].body["metadata"]["name"], "app");
}

#[tokio::test]
async fn an_image_that_the_api_has_already_is_fine() {
    let script = Script::default();
    script.answer(201, json!({})).answer(409, status(409, "images", "x"));
    let streams = script.streams();
    streams.record_image(&pushed()).await.unwrap();
    streams.record_image(&pushed()).await.unwrap();
    assert_eq!(script.asked()[0].path, "/apis/image.openshift.io/v1/images");
}

#[tokio::test]
async fn tags_mean_the_newest_image_and_reference_tags_mean_none_here() {
    let (new, old) = (Digest::sha256_of(b"new"), Digest::sha256_of(b"old"));
    let tags = json!([
        {"tag": "latest", "items": [event(new.as_str()), event(old.as_str())]},
        {"tag": "external", "items": [event("")]},
        {"tag": "failed", "items": null},
        {"tag": "not a tag", "items": [event(old.as_str())]},
    ]);
    let script = Script::default();
    for _ in 0..4 {
        script.answer(200, stream(tags.clone()));
    }
    script.answer(404, status(404, "imagestreams", "app"));
    let streams = script.streams();
    assert_eq!(streams.resolve_tag(&app(), &tag()).await, Ok(Some(new)));
    assert_eq!(
        streams.resolve_tag(&app(), &"external".parse().unwrap()).await,
        Ok(None)
    );
    assert_eq!(streams.resolve_tag(&app(), &"failed".parse().unwrap()).await, Ok(None));
    assert_eq!(streams.tags(&app()).await, Ok(vec![tag()]));
    assert_eq!(
        streams.resolve_tag(&app(), &tag()).await,
        Err(StreamError::StreamUnknown)
    );
}

#[tokio::test]
async fn history_and_parts_of_indexes_are_known() {
    let (old, part, layer) = (
        Digest::sha256_of(b"old"),
        Digest::sha256_of(b"part"),
        Digest::sha256_of(b"layer"),
    );
    let tags = json!([{"tag": "latest", "items": [event(Digest::sha256_of(b"new").as_str()), event(old.as_str())]}]);
    let listing = json!({"blobs": {layer.as_str(): {"size": 5}}, "images": {part.as_str(): {"layers": [layer]}}});
    let script = Script::default();
    let streams = script.streams();
    script.answer(200, stream(tags.clone()));
    assert_eq!(streams.knows_image(&app(), &old).await, Ok(true));
    script.answer(200, stream(tags.clone())).answer(200, listing.clone());
    assert_eq!(streams.knows_image(&app(), &part).await, Ok(true));
    script.answer(200, stream(tags)).answer(200, listing.clone());
    assert_eq!(streams.knows_image(&app(), &layer).await, Ok(false));
    script.answer(404, status(404, "imagestreams", "app"));
    assert_eq!(streams.knows_image(&app(), &old).await, Ok(false));
    script.answer(200, listing);
    assert!(streams.layers(&app()).await.unwrap().contains(&layer));
    script.answer(404, status(404, "imagestreams", "app"));
    assert!(streams.layers(&app()).await.unwrap().is_empty());
    assert!(
        script
            .asked()
            .iter()
            .any(|asked| asked.path == "/apis/image.openshift.io/v1/namespaces/ns/imagestreams/app/layers")
    );
}

#[tokio::test]
async fn repositories_are_listed_page_by_page_with_the_callers_rights() {
    let item = |name: &str| json!({"metadata": {"namespace": "ns", "name": name}});
    let script = Script::default();
    script
        .answer(200, json!({"metadata": {"continue": "more"}, "items": [item("a")]}))
        .answer(200, json!({"metadata": {}, "items": [item("b")]}));
    assert_eq!(
        script.streams().repositories(&user()).await,
        Ok(vec!["ns/a".to_owned(), "ns/b".to_owned()])
    );
    let asked = script.asked();
    assert!(asked[1].path.ends_with("&continue=more"));
    assert_eq!(asked[1].token.as_deref(), Some("Bearer t0ken"));
    script.answer(StatusCode::FORBIDDEN.as_u16(), status(403, "", ""));
    assert!(matches!(
        script.streams().repositories(&user()).await,
        Err(StreamError::Denied(_))
    ));
}
