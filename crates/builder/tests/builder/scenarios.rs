use std::sync::Arc;

use serde_json::json;
use weir_engine::fake::{End, FakeEngine, Script};
use weir_engine::{EngineError, Image, ImageConfig};

use crate::repository::Repository;
use crate::scene::{SHOWN, Scene, inline_build, source_build};

const DIGEST: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const ADDRESS: &str = "127.0.0.1:5000";

pub fn builder_image() -> String {
    format!("{SHOWN}/openshift/nodejs@{DIGEST}")
}

/// An engine that can pull the builder image, and a builder that works with it.
pub fn scene() -> (FakeEngine, Scene) {
    let engine = FakeEngine::new();
    let config = ImageConfig {
        user: "1001".into(),
        labels: [(
            "io.openshift.s2i.scripts-url".to_owned(),
            "image:///usr/libexec/s2i".to_owned(),
        )]
        .into(),
        ..ImageConfig::default()
    };
    engine.publish(
        &format!("{ADDRESS}/openshift/nodejs@{DIGEST}"),
        Image {
            config,
            ..Image::default()
        },
    );
    let scene = Scene::new(Arc::new(engine.clone()), ADDRESS);
    (engine, scene)
}

fn sample() -> Repository {
    Repository::new(&[("server.js", "console.log('V1')"), (".s2i/environment", "A=1\n")])
}

pub fn calls(engine: &FakeEngine, verb: &str) -> Vec<String> {
    let calls = engine.calls().into_iter();
    calls
        .filter_map(|call| call.strip_prefix(&format!("{verb} ")).map(str::to_owned))
        .collect()
}

/// Nothing of a build is left on the machine but the image under its output's name.
pub fn assert_clean(engine: &FakeEngine, scene: &Scene) {
    assert!(!scene.work_dir().exists(), "a build left its directory");
    let left = futures::executor::block_on(weir_engine::Images::images(engine, &Default::default())).unwrap();
    let tags: Vec<String> = left.into_iter().flat_map(|image| image.tags).collect();
    assert!(!tags.iter().any(|tag| tag.starts_with("temp.")), "{tags:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn source_build_goes_from_repository_to_pushed_image() {
    let (engine, mut scene) = scene();
    let repository = sample();
    let commit = repository.commit(&[("a", "b")], "Second version");
    scene.api.answer_conflicts(2);
    scene
        .api
        .create(source_build("app-1", &repository.uri(), &builder_image()));
    let (pod, build) = scene.ended("hello", "app-1").await;
    let (_, clone_log) = scene.log("hello/app-1-build/git-clone").await;
    let (_, log) = scene.log("hello/app-1-build/sti-build").await;
    assert_eq!(pod["status"]["phase"], "Succeeded", "{clone_log}{log}\n{build:#}");

    assert_eq!(build["spec"]["revision"]["git"]["commit"], commit.as_str());
    let digest = build["status"]["output"]["to"]["imageDigest"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(digest.starts_with("sha256:"), "{build:#}");
    let stages: Vec<&str> = build["status"]["stages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stage| stage["name"].as_str().unwrap())
        .collect();
    assert_eq!(stages, ["FetchInputs", "PullImages", "Build", "PushImage"]);
    assert_eq!(
        build["status"]["phase"], "Pending",
        "phases of a build that went well are the controller's"
    );

    assert!(
        clone_log.starts_with(&format!(
            "Cloning \"file://{}\" ...\n\tCommit:\t{commit} (Second version)\n",
            repository.uri()
        )),
        "{clone_log}"
    );
    assert!(
        clone_log.contains("\tAuthor:\tAnn <ann@example.com>\n\tDate:\t"),
        "{clone_log}"
    );
    for line in [
        format!("Pulling image {SHOWN}/openshift/nodejs@{DIGEST} ...\n"),
        format!("Generating dockerfile with builder image {SHOWN}/openshift/nodejs@{DIGEST}\n"),
        format!("FROM {SHOWN}/openshift/nodejs@{DIGEST}\n"),
        format!("\nPushing image {SHOWN}/hello/app:latest ...\n"),
        format!("Successfully pushed {SHOWN}/hello/app@{digest}\n"),
        "Push successful\n".to_owned(),
    ] {
        assert!(log.contains(&line), "{line}\n{log}");
    }
    assert_eq!(
        scene.api.audiences(),
        ["registry:openshift/nodejs", "registry:hello/app"]
    );
    assert_eq!(calls(&engine, "push"), [format!("{ADDRESS}/hello/app:latest")]);
    let image = weir_engine::Images::image(&engine, &format!("{ADDRESS}/hello/app:latest"))
        .await
        .unwrap();
    assert!(
        image.config.env.contains(&("A".to_owned(), "1".to_owned())),
        "{:?}",
        image.config.env
    );
    assert!(
        image
            .config
            .env
            .contains(&("OPENSHIFT_BUILD_COMMIT".to_owned(), commit))
    );
    scene.stop().await;
    assert!(!scene.work_dir().exists(), "the builder leaves no directory behind");
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_have_their_reason_and_say_what_to_do() {
    let (engine, scene) = scene();
    let repository = sample();
    let fail = Script {
        stdout: "npm ERR! missing script\n".into(),
        end: End::Exit(1),
        ..Script::default()
    };
    engine.script(&["/bin/sh", "-c", "false"], fail);
    let mut wrong_context = source_build("context-1", &repository.uri(), &builder_image());
    wrong_context["spec"]["source"]["contextDir"] = json!("nowhere");
    let mut no_dockerfile = inline_build("nofile-1", "");
    no_dockerfile["spec"]["source"] = json!({"git": {"uri": repository.uri()}});
    let mut hook = inline_build("hook-1", &format!("FROM {}\n", builder_image()));
    hook["spec"]["postCommit"] = json!({"command": ["false"]});
    let table = [
        (
            source_build("gone-1", "/nowhere/at/all", &builder_image()),
            "FetchSourceFailed",
            "check the address",
        ),
        (
            source_build("ssh-1", "git@example.com:a/b.git", &builder_image()),
            "FetchSourceFailed",
            "https",
        ),
        (
            source_build("option-1", "--upload-pack=id", &builder_image()),
            "FetchSourceFailed",
            "may not start",
        ),
        (wrong_context, "InvalidContextDirectory", "spec.source.contextDir"),
        (
            source_build("image-1", &repository.uri(), &format!("{SHOWN}/openshift/python:3")),
            "PullBuilderImageFailed",
            "manifest unknown",
        ),
        (no_dockerfile, "ManageDockerfileFailed", "has no file"),
        (
            inline_build("syntax-1", "NONSENSE\n"),
            "ManageDockerfileFailed",
            "Dockerfile",
        ),
        (
            inline_build("step-1", &format!("FROM {}\nRUN false\n", builder_image())),
            "DockerBuildFailed",
            "non-zero code: 1",
        ),
        (hook, "DockerBuildFailed", "post commit hook failed"),
    ];
    for (object, reason, words) in table {
        let name = object["metadata"]["name"].as_str().unwrap().to_owned();
        scene.api.create(object);
        let (pod, build) = scene.ended("hello", &name).await;
        assert_eq!(build["status"]["phase"], "Failed", "{name}: {build:#}");
        assert_eq!(build["status"]["reason"], reason, "{name}: {build:#}");
        assert!(
            build["status"]["message"].as_str().unwrap().contains(words),
            "{name}: {build:#}"
        );
        let statuses = [
            &pod["status"]["initContainerStatuses"],
            &pod["status"]["containerStatuses"],
        ];
        let failed = statuses
            .into_iter()
            .flat_map(|list| list.as_array().unwrap())
            .find(|one| one["state"]["terminated"]["exitCode"] == 1);
        let last_words = failed.unwrap()["state"]["terminated"]["message"].as_str().unwrap();
        assert!(last_words.contains("error: "), "{name}: {last_words}");
    }
    assert!(calls(&engine, "push").is_empty());
    assert_clean(&engine, &scene);
}

#[tokio::test(flavor = "multi_thread")]
async fn push_is_tried_three_times_and_warns() {
    let (engine, scene) = scene();
    let output = format!("{ADDRESS}/hello/app:latest");
    engine.fail_next(
        "push",
        EngineError::Registry {
            message: "connection refused".into(),
        },
    );
    scene
        .api
        .create(inline_build("retry-1", &format!("FROM {}\n", builder_image())));
    let (pod, _) = scene.ended("hello", "retry-1").await;
    assert_eq!(pod["status"]["phase"], "Succeeded");
    let (_, log) = scene.log("hello/retry-1-build/docker-build").await;
    assert_eq!(
        log.matches("Warning: Push failed, retrying in 5s ...").count(),
        1,
        "{log}"
    );

    engine.reject(
        &output,
        EngineError::Denied {
            message: "authentication required".into(),
        },
    );
    scene
        .api
        .create(inline_build("denied-1", &format!("FROM {}\n", builder_image())));
    let (_, build) = scene.ended("hello", "denied-1").await;
    assert_eq!(build["status"]["reason"], "PushImageToRegistryFailed");
    let (_, log) = scene.log("hello/denied-1-build/docker-build").await;
    assert!(
        log.contains("Registry server User Name: <token>\n") && log.contains("Password: <<non-empty>>\n"),
        "{log}"
    );
    assert!(!log.contains("builder for registry:"), "the token is not shown: {log}");
    assert_clean(&engine, &scene);
}

#[tokio::test(flavor = "multi_thread")]
async fn build_without_output_pushes_nothing() {
    let (engine, scene) = scene();
    let mut build = inline_build("quiet-1", &format!("FROM {}\n", builder_image()));
    build["status"] = json!({});
    build["spec"]["output"] = json!({});
    scene.api.create(build);
    let (pod, build) = scene.ended("hello", "quiet-1").await;
    assert_eq!(pod["status"]["phase"], "Succeeded");
    assert_eq!(build["status"]["output"], json!(null));
    let (_, log) = scene.log("hello/quiet-1-build/docker-build").await;
    assert!(log.ends_with("Build complete, no image push requested\n"), "{log}");
    assert!(calls(&engine, "push").is_empty());
    assert_clean(&engine, &scene);
}

/// A git server that accepts connections and never answers.
async fn silent_server() -> (String, tokio::task::JoinHandle<()>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/repo.git", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((connection, _)) = listener.accept().await {
            held.push(connection);
        }
    });
    (uri, serving)
}

async fn until_cloning(scene: &Scene, pod: &str) {
    let what = "the start of the clone";
    scene
        .api
        .until(what, |api| {
            let pod = api.pod("hello", pod)?;
            (!pod["status"]["initContainerStatuses"][0]["state"]["running"].is_null()).then_some(())
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_the_pod_ends_the_build_and_leaves_nothing() {
    let (engine, scene) = scene();
    let (uri, serving) = silent_server().await;
    scene.api.create(source_build("cancel-1", &uri, &builder_image()));
    until_cloning(&scene, "cancel-1-build").await;
    let log = scene.log("hello/cancel-1-build/git-clone?follow=true");
    scene.api.request_deletion("hello", "cancel-1-build");
    scene
        .api
        .until("the pod to go", |api| {
            api.pod("hello", "cancel-1-build").is_none().then_some(())
        })
        .await;
    let (_, log) = log.await;
    assert!(log.is_empty() || log.starts_with("Cloning"), "{log}");
    // A build that comes after it finds its place free.
    scene
        .api
        .create(inline_build("after-1", &format!("FROM {}\n", builder_image())));
    scene.ended("hello", "after-1").await;
    assert_clean(&engine, &scene);
    assert_eq!(scene.log("hello/cancel-1-build/git-clone").await.0, 404);
    serving.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn build_that_takes_too_long_fails() {
    let (_engine, scene) = scene();
    let (uri, serving) = silent_server().await;
    let mut build = source_build("late-1", &uri, &builder_image());
    build["spec"]["completionDeadlineSeconds"] = json!(1);
    scene.api.create(build);
    let (pod, build) = scene.ended("hello", "late-1").await;
    assert_eq!(pod["status"]["reason"], "DeadlineExceeded");
    assert!(
        build["status"]["message"]
            .as_str()
            .unwrap()
            .contains("completionDeadlineSeconds"),
        "{build:#}"
    );
    serving.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn build_interrupted_before_its_push_runs_again() {
    let (engine, mut scene) = scene();
    let (uri, serving) = silent_server().await;
    scene.api.create(source_build("again-1", &uri, &builder_image()));
    until_cloning(&scene, "again-1-build").await;
    scene.stop().await;
    serving.abort();
    // The server comes back, so to say: what the pod asks for can be fetched now.
    let repository = sample();
    let told = repository.commit(&[("page", "1")], "Told by the run that was cut off");
    repository.commit(&[("page", "2")], "Came later");
    scene.api.change_build("hello", "again-1", |build| {
        build["spec"]["revision"] = json!({"type": "Git", "git": {"commit": told}});
    });
    scene.api.change_pod("hello", "again-1-build", |pod| {
        let build = source_build("again-1", &repository.uri(), &builder_image());
        for list in ["initContainers", "containers"] {
            pod["spec"][list][0]["env"] = json!([{"name": "BUILD", "value": build.to_string()}]);
        }
    });
    scene.restart().await;
    let (pod, _) = scene.ended("hello", "again-1").await;
    assert_eq!(pod["status"]["phase"], "Succeeded");
    assert_eq!(pod["status"]["containerStatuses"][0]["restartCount"], 1);
    let (_, log) = scene.log("hello/again-1-build/git-clone").await;
    assert!(
        log.contains("The builder was restarted while this build ran; the build begins again.\nCloning"),
        "{log}"
    );
    assert!(
        log.contains("(Told by the run that was cut off)"),
        "the same commit is built: {log}"
    );
    assert_eq!(calls(&engine, "push").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn push_is_never_made_twice() {
    let (engine, mut scene) = scene();
    scene
        .api
        .create(inline_build("once-1", &format!("FROM {}\n", builder_image())));
    scene.ended("hello", "once-1").await;
    scene.stop().await;
    let record = scene
        .directory
        .path()
        .join("data/builds/logs/hello/once-1-build/push.json");
    let digest = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    for (state, phase) in [
        (json!({"state": "done", "digest": digest}), "Succeeded"),
        (json!({"state": "begun"}), "Failed"),
    ] {
        // As an end of the builder just then would have left it.
        std::fs::write(&record, state.to_string()).unwrap();
        scene.api.change_pod("hello", "once-1-build", |pod| {
            pod["status"] = json!({"phase": "Running", "containerStatuses": [
                {"name": "docker-build", "image": "", "imageID": "", "ready": true, "restartCount": 0,
                 "state": {"running": {"startedAt": "2026-11-23T10:00:00Z"}}}]});
        });
        scene.restart().await;
        let (pod, build) = scene.ended("hello", "once-1").await;
        assert_eq!(pod["status"]["phase"], phase, "{build:#}");
        scene.stop().await;
    }
    let build = scene.api.build("hello", "once-1");
    assert_eq!(build["status"]["output"]["to"]["imageDigest"], digest);
    assert!(
        build["status"]["message"]
            .as_str()
            .unwrap()
            .contains("start-build --from-build=once-1"),
        "{build:#}"
    );
    assert_eq!(calls(&engine, "push").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn build_waits_for_an_engine_that_is_just_starting() {
    let (engine, scene) = scene();
    engine.set_away(true);
    scene
        .api
        .create(inline_build("early-1", &format!("FROM {}\n", builder_image())));
    let following = scene.log("hello/early-1-build/docker-build?follow=true");
    let coming = async {
        // The builder has seen the pod when the log can be followed; only then does the engine come.
        tokio::task::yield_now().await;
        engine.set_away(false);
    };
    let ((_, log), ()) = tokio::join!(following, coming);
    assert!(log.ends_with("Push successful\n"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn images_of_interrupted_builds_are_swept_at_start() {
    let (engine, mut scene) = scene();
    scene
        .api
        .create(inline_build("first-1", &format!("FROM {}\n", builder_image())));
    scene.ended("hello", "first-1").await;
    scene.stop().await;
    let built = engine
        .calls()
        .into_iter()
        .find_map(|call| call.strip_prefix("build ").map(str::to_owned))
        .unwrap();
    engine.add_image(Image {
        tags: vec![built.clone(), "temp.builder.weir.dev/somebody/else:latest".into()],
        ..Image::default()
    });
    scene.restart().await;
    scene
        .api
        .create(inline_build("second-1", &format!("FROM {}\n", builder_image())));
    scene.ended("hello", "second-1").await;
    let images = weir_engine::Images::images(&engine, &Default::default()).await.unwrap();
    let tags: Vec<String> = images.into_iter().flat_map(|image| image.tags).collect();
    assert!(
        !tags.contains(&built) && tags.contains(&"temp.builder.weir.dev/somebody/else:latest".to_owned()),
        "{tags:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_can_be_followed_before_the_build_begins_and_go_with_the_pod() {
    let (_engine, scene) = scene();
    assert_eq!(scene.log("hello/none-build/docker-build").await.0, 404);
    scene
        .api
        .create(inline_build("log-1", &format!("FROM {}\nUSER 5\n", builder_image())));
    let (status, log) = scene.log("hello/log-1-build/docker-build?follow=true").await;
    assert_eq!(status, 200);
    assert!(
        log.starts_with("\nPulling image") && log.ends_with("Push successful\n"),
        "{log}"
    );
    let (_, tail) = scene.log("hello/log-1-build/docker-build?tailLines=1").await;
    assert_eq!(tail, "Push successful\n");
    assert_eq!(scene.log("hello/log-1-build/nope").await.0, 400);
    assert_eq!(scene.log("hello/log-1-build/docker-build?tailLines=x").await.0, 400);
    assert_eq!(scene.log("hello/..%2f..%2fetc/docker-build").await.0, 404);
    scene.api.request_deletion("hello", "log-1-build");
    scene
        .api
        .until("the pod to go", |api| {
            api.pod("hello", "log-1-build").is_none().then_some(())
        })
        .await;
    scene
        .api
        .create(inline_build("next-1", &format!("FROM {}\n", builder_image())));
    scene.ended("hello", "next-1").await;
    assert!(
        !scene
            .directory
            .path()
            .join("data/builds/logs/hello/log-1-build")
            .exists()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_reach_the_fetch_and_the_context_only_by_name() {
    let (engine, scene) = scene();
    let repository = sample();
    let mut build = source_build("secret-1", &repository.uri(), &builder_image());
    build["spec"]["source"]["sourceSecret"] = json!({"name": "missing"});
    scene.api.create(build.clone());
    let (_, told) = scene.ended("hello", "secret-1").await;
    assert_eq!(told["status"]["reason"], "FetchSourceFailed");
    assert!(
        told["status"]["message"]
            .as_str()
            .unwrap()
            .contains("the secret missing cannot be read"),
        "{told:#}"
    );

    scene.api.add_secret("hello", "npm", json!({".npmrc": "czNjcmV0"}));
    build["metadata"]["name"] = json!("secret-2");
    build["spec"]["source"] =
        json!({"git": {"uri": repository.uri()}, "secrets": [{"secret": {"name": "npm"}, "destinationDir": "etc"}]});
    scene.api.create(build);
    let (pod, told) = scene.ended("hello", "secret-2").await;
    assert_eq!(pod["status"]["phase"], "Succeeded", "{told:#}");
    let (_, log) = scene.log("hello/secret-2-build/sti-build").await;
    assert!(
        log.contains("RUN rm /opt/app-root/src/etc/.npmrc") && !log.contains("s3cret"),
        "{log}"
    );
    assert_clean(&engine, &scene);
}
