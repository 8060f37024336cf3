use std::io::Read;

use serde_json::json;

use crate::testing::{Server, status};

const BUILDS: &str = "/apis/build.openshift.io/v1/namespaces/myproject/builds";
const START: &str = "POST /apis/build.openshift.io/v1/namespaces/myproject/buildconfigs/node-build/instantiate";

fn server() -> Server {
    let server = Server::new();
    server.on(START, 201, json!({"metadata": {"name": "node-build-2"}}));
    server
}

#[tokio::test]
async fn a_build_is_started_with_a_request() {
    let server = server();
    let outcome = server.run("start-build bc/node-build --commit=abc -e A=b=c").await;
    assert_eq!(outcome.out, "build.build.openshift.io/node-build-2 started\n");
    assert_eq!(
        server.body(START),
        json!({
            "apiVersion": "build.openshift.io/v1", "kind": "BuildRequest", "metadata": {"name": "node-build"},
            "triggeredBy": [{"message": "Manually triggered"}], "dockerStrategyOptions": {}, "sourceStrategyOptions": {},
            "env": [{"name": "A", "value": "b=c"}], "revision": {"type": "Git", "git": {"commit": "abc"}},
        })
    );
    assert_eq!(
        server.run("start-build node-build -o name").await.out,
        "build.build.openshift.io/node-build-2\n"
    );
}

#[tokio::test]
async fn following_shows_the_log_and_ends_with_the_build() {
    let server = server();
    server.on_text(
        &format!("GET {BUILDS}/node-build-2/log?follow=true"),
        200,
        "Cloning\nPush successful\n",
    );
    let build = |phase: &str| json!({"metadata": {"name": "node-build-2", "namespace": "myproject", "resourceVersion": "5"}, "status": {"phase": phase}});
    server.on(&format!("GET {BUILDS}/node-build-2"), 200, build("Running"));
    let event = json!({"type": "MODIFIED", "object": build("Complete")});
    let watch = format!("GET {BUILDS}?fieldSelector=metadata.name%3Dnode-build-2&resourceVersion=5&watch=true");
    server.on_text(&watch, 200, &format!("{event}\n"));
    let outcome = server.run("start-build bc/node-build --follow").await;
    assert_eq!(
        outcome.out,
        "build.build.openshift.io/node-build-2 started\nCloning\nPush successful\n"
    );
    assert_eq!((outcome.err.as_str(), outcome.code), ("", 0));
}

#[tokio::test]
async fn a_failed_build_fails_the_command_and_says_why() {
    let server = server();
    let failed = json!({"metadata": {"namespace": "myproject"}, "status": {"phase": "Failed", "reason": "AssembleFailed", "message": "Assemble script failed."}});
    server.on(&format!("GET {BUILDS}/node-build-2"), 200, failed);
    let outcome = server.run("start-build node-build --wait").await;
    assert_eq!(outcome.code, 1);
    assert_eq!(
        outcome.err,
        "error: the build myproject/node-build-2 status is \"Failed\" (AssembleFailed): Assemble script failed.\n\
         hint: `weir describe build/node-build-2` tells more\n"
    );
}

#[tokio::test]
async fn a_config_without_source_is_explained() {
    let server = Server::new();
    let mut refusal = status(422, "Invalid", "no");
    refusal["details"] = json!({"kind": "BuildConfig", "name": "node-build", "causes": [{"reason": "x", "message": "m", "field": "spec.source"}]});
    server.on(START, 422, refusal);
    let outcome = server.run("start-build node-build").await;
    assert_eq!(
        outcome.err,
        "error: build configuration myproject/node-build has no valid source inputs, if this is a binary build you must specify one of \
         '--from-dir', '--from-repo', or '--from-file'\n"
    );
}

const CONFIG: &str = "GET /apis/build.openshift.io/v1/namespaces/myproject/buildconfigs/node-build";
const HOOK: &str = "/apis/build.openshift.io/v1/namespaces/myproject/buildconfigs/node-build/webhooks/s3cret/generic";

fn with_webhooks() -> Server {
    let server = server();
    let config = json!({"metadata": {"name": "node-build", "namespace": "myproject"}, "spec": {"triggers": [
        {"type": "GitHub", "github": {"secret": "s3cret"}}, {"type": "ConfigChange"},
        {"type": "Generic", "generic": {"secretReference": {"name": "hook"}}},
    ]}});
    server.on(CONFIG, 200, config);
    server
}

fn call_of_webhook(words: &str) -> Vec<String> {
    let line = format!("start-build --from-webhook=https://127.0.0.1:8443{HOOK} {words}");
    line.split_whitespace().map(str::to_owned).collect()
}

async fn called(server: &Server, words: &str, input: &str) -> crate::testing::Outcome {
    let words = call_of_webhook(words);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    server.run_words(&words, input).await
}

#[tokio::test]
async fn webhooks_are_listed_without_their_secrets() {
    let server = with_webhooks();
    let base =
        "https://127.0.0.1:8443/apis/build.openshift.io/v1/namespaces/myproject/buildconfigs/node-build/webhooks";
    let all = format!("GitHub {base}/<secret>/github\nGeneric {base}/<secret>/generic\n");
    assert_eq!(server.run("start-build node-build --list-webhooks=all").await.out, all);
    assert_eq!(
        server.run("start-build bc/node-build --list-webhooks=github").await.out,
        format!("{base}/<secret>/github\n")
    );
    let build = json!({"metadata": {"name": "node-build-1"}, "status": {"config": {"name": "node-build"}}});
    server.on(&format!("GET {BUILDS}/node-build-1"), 200, build);
    server.on(
        &format!("GET {BUILDS}/lone"),
        200,
        json!({"metadata": {"name": "lone"}}),
    );
    for words in ["build/node-build-1", "--from-build=node-build-1"] {
        let outcome = server.run(&format!("start-build {words} --list-webhooks=all")).await;
        assert_eq!(outcome.out, all, "{words}");
    }
    assert_eq!(
        server.run("start-build build/lone --list-webhooks=all").await.err,
        "error: the provided Build \"lone\" was not created from a BuildConfig and cannot have webhooks\n"
    );
}

#[tokio::test]
async fn a_webhook_is_called_without_a_payload_and_its_build_told() {
    let server = server();
    let build = json!({"kind": "Build", "metadata": {"name": "node-build-2"}});
    server.on(&format!("POST {HOOK}"), 200, build);
    let outcome = called(&server, "", "").await;
    assert_eq!(outcome.out, "build.build.openshift.io/node-build-2 started\n");
    assert_eq!(outcome.err, "");
    assert!(server.body(&format!("POST {HOOK}")).is_null());
    let outcome = called(&server, "-o name", "").await;
    assert_eq!(outcome.out, "build.build.openshift.io/node-build-2\n");
}

#[tokio::test]
async fn what_a_webhook_says_is_shown() {
    let server = server();
    let said = |message: &str| json!({"kind": "Status", "status": "Success", "message": message, "code": 200});
    let build = json!({"kind": "Build", "metadata": {"name": "node-build-2"}});
    let call = format!("POST {HOOK}");
    server.on_text(&call, 200, &format!("{build}\n{}\n", said("odd payload")));
    server.on(&call, 200, said("skipping build"));
    server.on_text(&call, 200, "");
    server.on(&call, 401, status(401, "Unauthorized", "did not accept your secret"));
    let mut shown = Vec::new();
    for _ in 0..4 {
        let outcome = called(&server, "", "").await;
        shown.push((outcome.code, outcome.out + &outcome.err));
    }
    let started = "build.build.openshift.io/node-build-2 started\n";
    assert_eq!(
        shown,
        [
            (0, format!("{started}Warning: odd payload\n")),
            (0, "Warning: skipping build\nno build was started\n".to_owned()),
            (0, "no build was started\n".to_owned()),
            (
                1,
                "error: the webhook refused the call (401): did not accept your secret\n".to_owned()
            ),
        ]
    );
}

#[tokio::test]
async fn a_webhook_is_told_what_git_tells_its_own_hooks() {
    let server = server();
    let call = format!("POST {HOOK}");
    server.on(
        &call,
        200,
        json!({"kind": "Build", "metadata": {"name": "node-build-2"}}),
    );
    let nowhere = tempfile::tempdir().unwrap();
    let words = format!(
        "--git-post-receive=- --git-repository={}/none",
        nowhere.path().display()
    );
    let outcome = called(&server, &words, "a1 b2 refs/heads/master\n").await;
    assert_eq!(outcome.code, 0, "{}", outcome.err);
    assert!(
        outcome.err.starts_with("Warning: nothing is known of commit b2: "),
        "{}",
        outcome.err
    );
    assert_eq!(
        server.body(&call),
        json!({"git": {"refs": [{"ref": "refs/heads/master", "commit": "b2"}]}})
    );
}

#[tokio::test]
async fn an_address_that_is_none_is_refused() {
    for address in ["webhook", "ftp://x/generic", "https://"] {
        let outcome = server().run(&format!("start-build --from-webhook={address}")).await;
        assert_eq!(outcome.code, 2, "{address}: {}", outcome.err);
    }
}

const UPLOAD: &str = "POST /apis/build.openshift.io/v1/namespaces/myproject/buildconfigs/node-build/instantiatebinary";

fn taking_uploads(query: &str) -> Server {
    let server = Server::new();
    server.on(CONFIG, 200, json!({"metadata": {"name": "node-build"}}));
    server.on(
        &format!("{UPLOAD}{query}"),
        201,
        json!({"metadata": {"name": "node-build-3"}}),
    );
    server
}

/// What the archive that was uploaded has in it.
fn unpacked(server: &Server) -> Vec<(String, String)> {
    let bytes = server.uploaded();
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(bytes.as_slice()));
    let text = |mut entry: tar::Entry<'_, _>| {
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        (entry.path().unwrap().display().to_string(), text)
    };
    archive.entries().unwrap().map(|entry| text(entry.unwrap())).collect()
}

#[tokio::test]
async fn a_directory_is_uploaded_as_an_archive() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("Dockerfile"), "FROM scratch").unwrap();
    let server = taking_uploads("");
    let path = directory.path().display();
    let outcome = server
        .run(&format!(
            "start-build node-build --from-dir={path} -e A=b --build-arg=C=d"
        ))
        .await;
    assert_eq!(
        (outcome.out.as_str(), outcome.err),
        (
            "build.build.openshift.io/node-build-3 started\n",
            format!(
                "WARNING: Specifying environment variables with binary builds is not supported.\n\
                 WARNING: Specifying build arguments with binary builds is not supported.\n\
                 Uploading directory \"{path}\" as binary input for the build ...\n\nUploading finished\n"
            )
        )
    );
    assert_eq!(
        unpacked(&server),
        [("Dockerfile".to_owned(), "FROM scratch".to_owned())]
    );
}

#[tokio::test]
async fn what_of_a_directory_is_not_uploaded_can_be_said() {
    let directory = tempfile::tempdir().unwrap();
    for name in ["page", "notes.log", ".git"] {
        std::fs::write(directory.path().join(name), name).unwrap();
    }
    let server = taking_uploads("");
    let path = directory.path().display();
    let words = format!("start-build node-build --from-dir={path} --exclude=\\.log$");
    assert_eq!(server.run(&words).await.code, 0);
    let names: Vec<String> = unpacked(&server).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, [".git", "page"]);
}

#[tokio::test]
async fn one_file_and_an_archive_are_uploaded_as_they_are() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("My file");
    std::fs::write(&file, "FROM scratch").unwrap();
    let server = taking_uploads("?asFile=My+file");
    let from_file = format!("--from-file={}", file.display());
    let outcome = server.run_words(&["start-build", "node-build", &from_file], "").await;
    assert_eq!(outcome.code, 0, "{}", outcome.err);
    assert!(outcome.err.starts_with("Uploading file \""), "{}", outcome.err);
    assert_eq!(server.uploaded(), b"FROM scratch");
    let server = taking_uploads("");
    let from_archive = format!("--from-archive={}", file.display());
    let outcome = server
        .run_words(&["start-build", "node-build", &from_archive], "")
        .await;
    assert!(
        outcome
            .err
            .contains("WARNING: the provided file may not be an archive (tar, tar.gz, or zip), use --from-file"),
        "{}",
        outcome.err
    );
    assert_eq!(server.uploaded(), b"FROM scratch");
}

fn git(directory: &std::path::Path, words: &[&str]) -> String {
    let output = std::process::Command::new("git")
        .args(["-c", "user.name=Ann", "-c", "user.email=ann@example.com"])
        .args(words)
        .current_dir(directory)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{words:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[tokio::test]
async fn a_repository_is_uploaded_at_a_commit_and_tells_of_it() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    git(directory.path(), &["init", "--quiet", "--initial-branch=main"]);
    std::fs::write(at("page"), "one").unwrap();
    git(directory.path(), &["add", "."]);
    git(directory.path(), &["commit", "--quiet", "--message=First"]);
    let commit = git(directory.path(), &["rev-parse", "HEAD"]);
    std::fs::write(at("page"), "not committed").unwrap();
    let query = format!(
        "?revision.commit={commit}&revision.message=First&revision.authorName=Ann&revision.authorEmail=ann%40example.com\
         &revision.committerName=Ann&revision.committerEmail=ann%40example.com"
    );
    let server = taking_uploads(&query);
    let path = directory.path().display();
    let outcome = server
        .run(&format!("start-build node-build --from-repo={path} --commit=main"))
        .await;
    assert_eq!(outcome.code, 0, "{}", outcome.err);
    assert!(
        outcome
            .err
            .starts_with(&format!("Uploading \"{path}\" at commit \"main\" as binary input")),
        "{}",
        outcome.err
    );
    let page = |server: &Server| unpacked(server).into_iter().find(|(name, _)| name == "page").unwrap().1;
    assert_eq!(page(&server), "one");
    // The directory is uploaded as it is, and tells where it is.
    let outcome = server.run(&format!("start-build node-build --from-dir={path}")).await;
    assert_eq!(outcome.code, 0, "{}", outcome.err);
    assert_eq!(page(&server), "not committed");
    let outcome = server
        .run(&format!("start-build node-build --from-repo={path} --commit=nope"))
        .await;
    assert_eq!(outcome.code, 1);
    assert!(outcome.err.contains("cannot read commit nope"), "{}", outcome.err);
}

#[tokio::test]
async fn what_cannot_be_uploaded_is_said_before_a_build_is_made() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().display();
    let server = Server::new();
    for (words, code, text) in [
        (format!("--from-dir={path}/nope"), 1, "No such file"),
        (format!("--from-file={path}"), 2, "is no file"),
        (format!("--from-archive={path}"), 2, "is a directory"),
        (format!("--from-dir={path} --commit=x"), 2, "--from-repo"),
        (format!("--from-file={path}/x --exclude=y"), 2, "--from-dir"),
        ("--exclude=y".to_owned(), 2, "--from-dir"),
    ] {
        let outcome = server.run(&format!("start-build node-build {words}")).await;
        assert!(outcome.err.contains(text), "{words}: {}", outcome.err);
        assert_eq!(outcome.code, code, "{words}");
    }
    assert_eq!(server.calls(), [""; 0]);
}

#[tokio::test]
async fn a_refused_upload_says_why() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::new();
    let why = "build node-build-3 failed: InvalidOutputReference: Output image could not be resolved.";
    server.on(CONFIG, 200, json!({}));
    server.on(UPLOAD, 400, status(400, "BadRequest", why));
    let outcome = server
        .run(&format!(
            "start-build node-build --from-dir={}",
            directory.path().display()
        ))
        .await;
    assert_eq!(outcome.code, 1);
    assert!(
        outcome.err.contains(why) && !outcome.err.contains("finished"),
        "{}",
        outcome.err
    );
}
