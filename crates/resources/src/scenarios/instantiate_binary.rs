use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures::StreamExt;
use http::Request;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::build_configs::{CONFIGS, config};
use super::machine::{ADMIN_TOKEN, Answer, Machine, answer};

const BINARY: &str = "/apis/build.openshift.io/v1/namespaces/ns/buildconfigs/web/instantiatebinary";
const BUILD: &str = "/apis/build.openshift.io/v1/namespaces/ns/builds/web-1";
const PODS: &str = "/api/v1/namespaces/ns/pods";

/// A machine with a config of a Dockerfile build whose source is this.
async fn ready(source: Value) -> Arc<Machine> {
    let machine = Machine::with_namespace().await;
    let mut config = config();
    config["spec"]["source"] = source;
    config["spec"]["strategy"] = json!({"dockerStrategy": {}});
    config["spec"]["triggers"] = json!([]);
    machine.created(CONFIGS, config).await;
    Arc::new(machine)
}

fn uploading(machine: &Arc<Machine>, query: &str, content: Body) -> JoinHandle<Answer> {
    let request = Request::post(format!("{BINARY}{query}"))
        .header("authorization", format!("Bearer {ADMIN_TOKEN}"))
        .body(content)
        .unwrap();
    let machine = machine.clone();
    tokio::spawn(async move { answer(machine.send(request).await).await })
}

/// The build, once the upload has made it.
async fn made(machine: &Machine) -> Value {
    let watch = format!("{BUILDS}?watch=true&fieldSelector=metadata.name=web-1");
    let mut pieces = machine.follow(&watch).await;
    let event: Value = serde_json::from_str(&pieces.next().await.unwrap()).unwrap();
    event["object"].clone()
}

const BUILDS: &str = "/apis/build.openshift.io/v1/namespaces/ns/builds";

async fn set_status(machine: &Machine, status: Value) {
    let (code, build) = machine
        .changed(BUILD, |build| {
            let held = build["status"].as_object_mut().unwrap();
            held.extend(status.as_object().unwrap().clone());
        })
        .await;
    assert_eq!(code, 200, "{build}");
}

/// The pod of the build, on this node, and the build running in it.
async fn run(machine: &Machine, node: &str) {
    let pod = json!({"metadata": {"name": "web-1-build"}, "spec": {"nodeName": node, "restartPolicy": "Never",
        "initContainers": [{"name": "git-clone", "image": "b"}], "containers": [{"name": "docker-build", "image": "b"}]}});
    let (code, pod) = machine.call_as("system:weir:controllers", "POST", PODS, pod).await;
    assert_eq!(code, 201, "{pod}");
    set_status(machine, json!({"phase": "Running"})).await;
}

#[tokio::test]
async fn an_upload_is_handed_to_the_pod_of_its_build() {
    let machine = ready(json!({"type": "Binary", "binary": {}})).await;
    let query = "?name=web&revision.commit=0123456789abcdef0123456789abcdef01234567&revision.message=Third&revision.authorName=Ann\
                 &revision.authorEmail=ann%40example.com&revision.committerName=Bob&revision.committerEmail=b";
    let upload = uploading(&machine, query, Body::from("the archive"));
    let build = made(&machine).await;
    assert_eq!(build["spec"]["source"], json!({"type": "Binary", "binary": {}}));
    assert_eq!(
        build["spec"]["revision"],
        json!({"type": "Git", "git": {"commit": "0123456789abcdef0123456789abcdef01234567", "message": "Third",
            "author": {"name": "Ann", "email": "ann@example.com"}, "committer": {"name": "Bob", "email": "b"}}})
    );
    assert_eq!(
        build["spec"]["triggeredBy"],
        Value::Null,
        "nothing but the upload started it"
    );
    run(&machine, "weir-builder").await;
    let (code, build) = upload.await.unwrap();
    assert_eq!((code, build["kind"].as_str()), (201, Some("Build")), "{build}");
    assert_eq!(build["status"]["phase"], "Running");
    let pod = machine.found(&format!("{PODS}/web-1-build")).await;
    let uid = pod["metadata"]["uid"].as_str().unwrap();
    assert_eq!(
        *machine.nodes.asked.lock().unwrap(),
        [format!("weir-builder POST /upload/ns/web-1-build/git-clone?uid={uid}")]
    );
    assert_eq!(*machine.nodes.heard.lock().unwrap(), ["the archive"]);
    let table = machine.table(BUILDS).await;
    assert_eq!(table[0][2], "Binary@0123456");
}

/// builds 46
#[tokio::test]
async fn an_uploaded_dockerfile_takes_the_place_of_the_inline_one() {
    let machine = ready(json!({"dockerfile": "FROM scratch"})).await;
    let upload = uploading(&machine, "?asFile=Dockerfile", Body::from("FROM other"));
    let build = made(&machine).await;
    assert_eq!(
        build["spec"]["source"],
        json!({"type": "Binary", "binary": {"asFile": "Dockerfile"}})
    );
    run(&machine, "weir-builder").await;
    assert_eq!(upload.await.unwrap().0, 201);
}

/// builds 47
#[tokio::test]
async fn an_upload_for_a_build_that_ends_before_it_runs_is_told_why() {
    let failed = json!({"phase": "Failed", "reason": "InvalidOutputReference", "message": "Output image could not be resolved."});
    let table = [
        (
            failed,
            "build web-1 failed: InvalidOutputReference: Output image could not be resolved.",
        ),
        (
            json!({"phase": "Error"}),
            "build web-1 encountered an error: No logs are available.",
        ),
        (
            json!({"phase": "Cancelled"}),
            "build web-1 was cancelled: No logs are available.",
        ),
        (
            json!({"phase": "Complete"}),
            "cannot upload file to build web-1 with status Complete",
        ),
    ];
    for (status, message) in table {
        let machine = ready(json!({"binary": {}})).await;
        let upload = uploading(&machine, "", Body::from("x"));
        made(&machine).await;
        set_status(&machine, status).await;
        let (code, refused) = upload.await.unwrap();
        assert_eq!((code, refused["message"].as_str()), (400, Some(message)));
    }
    let machine = ready(json!({"binary": {}})).await;
    let upload = uploading(&machine, "", Body::from("x"));
    made(&machine).await;
    machine.delete(BUILD).await;
    let (code, refused) = upload.await.unwrap();
    let message = "build web-1 was deleted before it started: No logs are available.";
    assert_eq!((code, refused["message"].as_str()), (400, Some(message)));
}

/// builds 48
#[tokio::test(start_paused = true)]
async fn an_upload_that_nobody_takes_is_given_up_and_its_build_cancelled() {
    let machine = ready(json!({"binary": {}})).await;
    let upload = uploading(&machine, "", Body::from("x"));
    made(&machine).await;
    let (code, refused) = upload.await.unwrap();
    assert_eq!(
        (code, refused["message"].as_str()),
        (
            504,
            Some("Timeout: timed out waiting for build web-1 to start after 5m0s")
        )
    );
    assert_eq!(machine.found(BUILD).await["status"]["cancelled"], true);
}

#[tokio::test]
async fn a_build_that_did_not_get_its_upload_says_why() {
    let machine = ready(json!({"binary": {}})).await;
    machine.nodes.refuse("git-clone");
    let upload = uploading(&machine, "", Body::from("x"));
    made(&machine).await;
    run(&machine, "weir-builder").await;
    set_status(
        &machine,
        json!({"phase": "Failed", "reason": "FetchSourceFailed", "message": "Failed to fetch the input source."}),
    )
    .await;
    let (code, refused) = upload.await.unwrap();
    assert_eq!(
        (code, refused["message"].as_str()),
        (
            400,
            Some("build web-1 failed: FetchSourceFailed: Failed to fetch the input source.")
        )
    );
    assert_eq!(machine.found(BUILD).await["status"]["cancelled"], Value::Null);
}

#[tokio::test(start_paused = true)]
async fn a_build_that_did_not_get_its_upload_and_goes_on_is_cancelled() {
    for (node, expected) in [("weir-builder", 500), ("gone", 503)] {
        let machine = ready(json!({"binary": {}})).await;
        machine.nodes.refuse("git-clone");
        let upload = uploading(&machine, "", Body::from("x"));
        made(&machine).await;
        run(&machine, node).await;
        let (code, refused) = upload.await.unwrap();
        assert_eq!(code, expected, "{refused}");
        assert_eq!(machine.found(BUILD).await["status"]["cancelled"], true);
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_goes_away_leaves_no_build_that_waits_for_it() {
    let machine = ready(json!({"binary": {}})).await;
    let upload = uploading(
        &machine,
        "",
        Body::from_stream(futures::stream::pending::<Result<Bytes, std::io::Error>>()),
    );
    made(&machine).await;
    upload.abort();
    let watch = format!("{BUILDS}?watch=true&fieldSelector=metadata.name=web-1");
    let mut changes = machine.follow(&watch).await;
    let cancelled = async { while !changes.next().await.unwrap().contains("\"cancelled\":true") {} };
    tokio::time::timeout(Duration::from_secs(60), cancelled).await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_built_takes_no_upload() {
    let machine = ready(json!({"binary": {}})).await;
    let (code, refused) = uploading(&machine, "?asFile=a/b", Body::from("x")).await.unwrap();
    assert_eq!(
        (code, refused["details"]["causes"][0]["field"].as_str()),
        (422, Some("spec.source.binary.asFile")),
        "{refused}"
    );
    let request = Request::post(BINARY.replace("web", "other"))
        .header("authorization", format!("Bearer {ADMIN_TOKEN}"))
        .body(Body::from("x"))
        .unwrap();
    assert_eq!(machine.send(request).await.status(), 404);
    let (code, build) = uploading(&machine, "?dryRun=All", Body::from("x")).await.unwrap();
    assert_eq!((code, build["metadata"]["name"].as_str()), (201, Some("web-1")));
    assert_eq!(machine.get(BUILD).await.0, 404);
}

#[tokio::test]
async fn a_refused_upload_is_heard_out_so_that_its_sender_reads_the_answer() {
    const PIECES: usize = 40;
    let machine = ready(json!({"binary": {}})).await;
    let heard = Arc::new(AtomicUsize::new(0));
    let counter = heard.clone();
    let pieces = futures::stream::iter(0..PIECES).map(move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
        Ok::<_, std::convert::Infallible>(vec![0; 1000])
    });
    let upload = uploading(&machine, "?asFile=a/b", Body::from_stream(pieces));
    assert_eq!(upload.await.unwrap().0, 422);
    assert_eq!(heard.load(Ordering::Relaxed), PIECES);
}
