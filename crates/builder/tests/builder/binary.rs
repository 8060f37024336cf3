//! Builds whose source is uploaded.

use std::io::Error;

use axum::body::{Body, Bytes};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::scenarios::{assert_clean, builder_image, calls, scene};
use crate::scene::{Scene, binary_build, source_build};

/// An archive of these files.
pub fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_mode(if text.starts_with("#!") { 0o755 } else { 0o644 });
        header.set_size(text.len() as u64);
        archive.append_data(&mut header, name, text.as_bytes()).unwrap();
    }
    archive.into_inner().unwrap()
}

fn dockerfile() -> String {
    format!("FROM {}\nCOPY page /\n", builder_image())
}

/// An upload that a test sends piece by piece.
fn pieces() -> (mpsc::Sender<Result<Bytes, Error>>, Body) {
    let (sender, receiver) = mpsc::channel(1);
    (sender, Body::from_stream(ReceiverStream::new(receiver)))
}

fn upload_file(scene: &Scene, pod: &str) -> std::path::PathBuf {
    scene
        .directory
        .path()
        .join("data/builds/logs/hello")
        .join(pod)
        .join("upload")
}

fn reason(build: &Value) -> (&str, &str) {
    let text = |field: &str| build["status"][field].as_str().unwrap_or_default();
    (text("reason"), text("message"))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_uploaded_archive_is_built_and_not_kept() {
    let (engine, scene) = scene();
    scene.api.create(binary_build("up-1", json!({})));
    let pod = scene.receiving("hello", "up-1").await;
    assert_eq!(pod["status"]["phase"], "Pending");
    let content = archive(&[("Dockerfile", &dockerfile()), ("page", "V1")]);
    assert_eq!(scene.upload(&pod, content.into()).await, (200, String::new()));
    let (pod, build) = scene.ended("hello", "up-1").await;
    let (_, clone_log) = scene.log("hello/up-1-build/git-clone").await;
    let (_, log) = scene.log("hello/up-1-build/docker-build?follow=true").await;
    assert_eq!(pod["status"]["phase"], "Succeeded", "{clone_log}{log}\n{build:#}");
    assert_eq!(clone_log, "Receiving source from STDIN as archive ...\n");
    assert_eq!(calls(&engine, "push").len(), 1);
    assert!(build["spec"]["revision"].is_null(), "an upload tells of no commit");
    assert!(!upload_file(&scene, "up-1-build").exists());
    assert_clean(&engine, &scene);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_uploaded_file_is_the_dockerfile() {
    let (_engine, scene) = scene();
    scene
        .api
        .create(binary_build("file-1", json!({"asFile": "Dockerfile"})));
    let pod = scene.receiving("hello", "file-1").await;
    let text = format!("FROM {}\nLABEL one=file\n", builder_image());
    assert_eq!(scene.upload(&pod, text.into()).await.0, 200);
    let (pod, build) = scene.ended("hello", "file-1").await;
    assert_eq!(pod["status"]["phase"], "Succeeded", "{build:#}");
    let (_, clone_log) = scene.log("hello/file-1-build/git-clone").await;
    assert_eq!(clone_log, "Receiving source from STDIN as file Dockerfile\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_is_the_source_of_a_source_build_too() {
    let (engine, scene) = scene();
    let mut build = source_build("s2i-1", "", &builder_image());
    build["spec"]["source"] = json!({"type": "Binary", "binary": {}, "contextDir": "web"});
    scene.api.create(build);
    let pod = scene.receiving("hello", "s2i-1").await;
    let content = archive(&[
        ("web/server.js", "V1"),
        ("web/.s2i/environment", "A=uploaded\n"),
        ("other", ""),
    ]);
    assert_eq!(scene.upload(&pod, content.into()).await.0, 200);
    let (pod, build) = scene.ended("hello", "s2i-1").await;
    assert_eq!(pod["status"]["phase"], "Succeeded", "{build:#}");
    let image = weir_engine::Images::image(&engine, "127.0.0.1:5000/hello/app:latest")
        .await
        .unwrap();
    let variable = |name: &str| {
        image
            .config
            .env
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    };
    assert_eq!(variable("A"), Some("uploaded"));
    assert_eq!(variable("OPENSHIFT_BUILD_COMMIT"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_built_from_fails_the_build_with_upstreams_reason() {
    let (engine, scene) = scene();
    let mut wrong_context = binary_build("context-1", json!({}));
    wrong_context["spec"]["source"]["contextDir"] = json!("nowhere");
    let unable = "unable to extract binary build input, must be a zip, tar, or gzipped tar, or specified as a file";
    let table = [
        (
            binary_build("text-1", json!({})),
            b"no archive".to_vec(),
            "FetchSourceFailed",
            unable,
        ),
        (
            binary_build("empty-1", json!({})),
            Vec::new(),
            "FetchSourceFailed",
            unable,
        ),
        (
            wrong_context,
            archive(&[("a", "b")]),
            "InvalidContextDirectory",
            "spec.source.contextDir",
        ),
        (
            binary_build("nofile-1", json!({})),
            archive(&[("a", "b")]),
            "ManageDockerfileFailed",
            "has no file",
        ),
        (
            binary_build("name-1", json!({"asFile": "../x"})),
            Vec::new(),
            "FetchSourceFailed",
            unable,
        ),
    ];
    for (object, content, expected, words) in table {
        let name = object["metadata"]["name"].as_str().unwrap().to_owned();
        scene.api.create(object);
        let pod = scene.receiving("hello", &name).await;
        assert_eq!(scene.upload(&pod, content.into()).await.0, 200, "{name}");
        let (_, build) = scene.ended("hello", &name).await;
        let (reason, message) = reason(&build);
        assert!(reason == expected && message.contains(words), "{name}: {build:#}");
        // The log ends when nothing of the build is left.
        scene.log(&format!("hello/{name}-build/docker-build?follow=true")).await;
        assert!(!upload_file(&scene, &format!("{name}-build")).exists());
    }
    assert_clean(&engine, &scene);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_breaks_off_fails_the_build() {
    let (engine, scene) = scene();
    scene.api.create(binary_build("broken-1", json!({})));
    let pod = scene.receiving("hello", "broken-1").await;
    let (sender, body) = pieces();
    let answer = tokio::spawn(scene.upload(&pod, body));
    sender.send(Ok(Bytes::from_static(b"half"))).await.unwrap();
    sender.send(Err(Error::other("connection reset"))).await.unwrap();
    assert_eq!(answer.await.unwrap().0, 400);
    let (pod, build) = scene.ended("hello", "broken-1").await;
    let (why, message) = reason(&build);
    assert_eq!(why, "FetchSourceFailed");
    assert!(
        message.starts_with("Failed to fetch the input source. the upload broke off after 4 bytes"),
        "{message}"
    );
    assert_eq!(
        pod["status"]["initContainerStatuses"][0]["state"]["terminated"]["exitCode"],
        1
    );
    let (_, log) = scene.log("hello/broken-1-build/git-clone").await;
    assert!(log.contains("error: the upload broke off"), "{log}");
    assert_clean(&engine, &scene);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_uploads_for_another_build_or_twice() {
    let (_engine, scene) = scene();
    scene
        .api
        .create(binary_build("mine-1", json!({"asFile": "Dockerfile"})));
    let pod = scene.receiving("hello", "mine-1").await;
    let mut stranger = pod.clone();
    stranger["metadata"]["uid"] = json!("another");
    assert_eq!(scene.upload(&stranger, Body::empty()).await.0, 409);
    let (sender, body) = pieces();
    let answer = tokio::spawn(scene.upload(&pod, body));
    sender.send(Ok(Bytes::from(dockerfile()))).await.unwrap();
    // The second piece is taken when the first one was, so that the upload is under way.
    sender.send(Ok(Bytes::from_static(b"\n"))).await.unwrap();
    assert_eq!(scene.upload(&pod, Body::empty()).await.0, 409);
    drop(sender);
    assert_eq!(answer.await.unwrap().0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_the_pod_ends_the_upload() {
    let (engine, scene) = scene();
    scene.api.create(binary_build("gone-1", json!({})));
    let pod = scene.receiving("hello", "gone-1").await;
    let (sender, body) = pieces();
    let answer = tokio::spawn(scene.upload(&pod, body));
    for piece in ["it", "goes", "on"] {
        sender.send(Ok(Bytes::from_static(piece.as_bytes()))).await.unwrap();
    }
    scene.api.request_deletion("hello", "gone-1-build");
    assert_eq!(
        answer.await.unwrap(),
        (409, "the build ended before the upload did".to_owned())
    );
    scene
        .api
        .until("the end of the pod", |api| {
            api.pod("hello", "gone-1-build").is_none().then_some(())
        })
        .await;
    assert_clean(&engine, &scene);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_was_answered_outlives_the_builder() {
    let (engine, mut scene) = scene();
    engine.set_away(true);
    scene.api.create(binary_build("kept-1", json!({})));
    let pod = scene.receiving("hello", "kept-1").await;
    let content = archive(&[("Dockerfile", &dockerfile()), ("page", "V1")]);
    assert_eq!(scene.upload(&pod, content.into()).await.0, 200);
    scene.stop().await;
    engine.set_away(false);
    scene.restart().await;
    let (pod, build) = scene.ended("hello", "kept-1").await;
    assert_eq!(pod["status"]["phase"], "Succeeded", "{build:#}");
    assert_eq!(pod["status"]["containerStatuses"][0]["restartCount"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn half_an_upload_does_not_outlive_the_builder_and_the_build_says_so() {
    let (_engine, mut scene) = scene();
    scene.api.create(binary_build("half-1", json!({})));
    let pod = scene.receiving("hello", "half-1").await;
    let (sender, body) = pieces();
    let answer = tokio::spawn(scene.upload(&pod, body));
    sender.send(Ok(Bytes::from_static(b"half"))).await.unwrap();
    sender.send(Ok(Bytes::from_static(b"more"))).await.unwrap();
    scene.stop().await;
    assert_eq!(answer.await.unwrap().0, 409);
    scene.restart().await;
    let (_, build) = scene.ended("hello", "half-1").await;
    let (why, message) = reason(&build);
    assert_eq!(why, "FetchSourceFailed");
    assert!(
        message.contains("restarted before the whole upload was here"),
        "{message}"
    );
}
