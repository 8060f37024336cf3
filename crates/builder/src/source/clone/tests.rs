use std::process::Command;
use std::sync::Mutex;

use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;

use super::*;

#[test]
fn waiting_times_are_written_as_in_go() {
    for (seconds, text) in [(16, "16s"), (64, "1m4s"), (256, "4m16s"), (4096, "1h8m16s")] {
        assert_eq!(duration_text(Duration::from_secs(seconds)), text);
    }
}

/// A repository to clone from, and a place to clone to.
struct Scene {
    directory: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let scene = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        std::fs::create_dir(scene.path("origin")).unwrap();
        scene.git(&["init", "--quiet", "--initial-branch=main"]);
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .args([
                "-c",
                "user.name=Ann",
                "-c",
                "user.email=ann@x",
                "-c",
                "protocol.file.allow=always",
            ])
            .args(arguments)
            .current_dir(self.path("origin"))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "git {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn commit(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path("origin").join(name), text).unwrap();
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", &format!("Add {name}")]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Clones into a fresh work directory, and returns that with the outcome and the log.
    async fn clone(&self, checkout: Option<&str>) -> (PathBuf, Result<Commit, String>, Vec<String>) {
        let job = FetchJob {
            url: self.path("origin").display().to_string(),
            checkout: checkout.map(str::to_owned),
            credentials: SourceCredentials {
                username: "u".into(),
                password: "p".into(),
                ca: None,
            },
            http_proxy: None,
            https_proxy: None,
            no_proxy: None,
            skip_tls_verification: false,
            log_level: 0,
            allow_local: true,
        };
        self.run(&job).await
    }

    async fn run(&self, job: &FetchJob) -> (PathBuf, Result<Commit, String>, Vec<String>) {
        let work = tempfile::tempdir_in(self.directory.path()).unwrap().keep();
        let lines = Mutex::new(Vec::new());
        let outcome = clone(job, &work, &|line| lines.lock().unwrap().push(line)).await;
        (work, outcome, lines.into_inner().unwrap())
    }
}

#[tokio::test]
async fn default_branch_is_cloned_and_the_commit_known() {
    let scene = Scene::new();
    scene.commit("a", "1");
    let id = scene.commit("b", "2");
    let (work, outcome, log) = scene.clone(None).await;
    let commit = outcome.unwrap();
    assert_eq!(
        (commit.id.as_str(), commit.subject.as_str(), commit.author_name.as_str()),
        (id.as_str(), "Add b", "Ann")
    );
    assert_eq!(std::fs::read_to_string(work.join("source/b")).unwrap(), "2");
    assert_eq!(
        log,
        [format!("Cloning \"file://{}\" ...", scene.path("origin").display())]
    );
    assert!(!work.join("home").exists(), "nothing of the credentials is left");
}

#[tokio::test]
async fn branches_tags_commits_and_other_refs_are_found() {
    let scene = Scene::new();
    let first = scene.commit("a", "1");
    scene.git(&["tag", "--annotate", "--message", "x", "v1"]);
    scene.git(&["checkout", "--quiet", "-b", "feature/x"]);
    let second = scene.commit("a", "2");
    scene.git(&["update-ref", "refs/pull/7/head", "HEAD"]);
    scene.git(&["checkout", "--quiet", "main"]);
    scene.git(&["branch", "--quiet", "-D", "feature/x"]);
    scene.git(&["branch", "--quiet", "other", &first]);
    let table = [
        ("v1", &first),
        ("other", &first),
        (first.as_str(), &first),
        ("refs/pull/7/head", &second),
        ("main", &first),
    ];
    for (name, expected) in table {
        let (_, outcome, _) = scene.clone(Some(name)).await;
        assert_eq!(&outcome.unwrap().id, expected, "{name}");
    }
    let (_, outcome, _) = scene.clone(Some("nope")).await;
    assert!(outcome.unwrap_err().contains("check spec.source.git.ref"));
}

#[tokio::test]
async fn missing_and_empty_repositories_are_told_apart() {
    let scene = Scene::new();
    let (_, outcome, _) = scene.clone(None).await;
    assert!(outcome.unwrap_err().contains("the repository is empty"));
    std::fs::remove_dir_all(scene.path("origin")).unwrap();
    let (_, outcome, _) = scene.clone(None).await;
    assert!(outcome.unwrap_err().contains("not found"));
}

#[tokio::test]
async fn hooks_and_settings_of_the_repository_run_nothing() {
    let scene = Scene::new();
    scene.commit("a", "1");
    let proof = scene.path("proof");
    let program = format!("#!/bin/sh\ntouch {}\n", proof.display());
    for hook in [
        "post-checkout",
        "post-merge",
        "pre-push",
        "reference-transaction",
        "post-update",
    ] {
        let path = scene.path("origin").join(".git/hooks").join(hook);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &program).unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
    let script = scene.path("origin").join("evil");
    std::fs::write(&script, &program).unwrap();
    std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    for key in [
        "core.fsmonitor",
        "core.sshCommand",
        "uploadpack.packObjectsHook",
        "filter.x.smudge",
        "core.alternateRefsCommand",
    ] {
        scene.git(&["config", key, &script.display().to_string()]);
    }
    std::fs::write(scene.path("origin").join(".gitattributes"), "* filter=x\n").unwrap();
    std::fs::remove_file(&proof).ok();
    scene.git(&[
        "-c",
        "filter.x.clean=cat",
        "-c",
        "core.fsmonitor=false",
        "add",
        ".gitattributes",
    ]);
    scene.git(&[
        "-c",
        "core.fsmonitor=false",
        "-c",
        "core.hooksPath=/dev/null",
        "commit",
        "--quiet",
        "--message",
        "x",
    ]);
    std::fs::remove_file(&proof).ok();
    let (_, outcome, _) = scene.clone(None).await;
    outcome.unwrap();
    assert!(!proof.exists());
}

#[tokio::test]
async fn submodules_on_the_local_file_system_are_refused() {
    let scene = Scene::new();
    scene.commit("a", "1");
    let origin = scene.path("origin").display().to_string();
    scene.git(&["submodule", "--quiet", "add", &origin, "sub"]);
    scene.git(&["commit", "--quiet", "--message", "Add a submodule"]);
    let (work, outcome, _) = scene.clone(None).await;
    let error = outcome.unwrap_err();
    assert!(error.contains("local file system"), "{error}");
    assert!(!work.join("source/sub/a").exists());
}

#[tokio::test]
async fn local_repositories_can_be_switched_off() {
    let scene = Scene::new();
    scene.commit("a", "1");
    let job = FetchJob {
        url: scene.path("origin").display().to_string(),
        checkout: None,
        credentials: SourceCredentials::default(),
        http_proxy: None,
        https_proxy: None,
        no_proxy: None,
        skip_tls_verification: false,
        log_level: 0,
        allow_local: false,
    };
    let (work, outcome, _) = scene.run(&job).await;
    assert!(outcome.unwrap_err().contains("switched off"));
    assert!(!work.join("source").exists());
}

/// Serves the files of a directory to whoever says the right word, as a web server without git does.
async fn file_server(directory: PathBuf, authorization: &'static str) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = axum::Router::new().fallback(move |request: Request| {
        let directory = directory.clone();
        async move {
            if request
                .headers()
                .get(header::AUTHORIZATION)
                .is_none_or(|said| said != authorization)
            {
                return (
                    StatusCode::UNAUTHORIZED,
                    [(header::WWW_AUTHENTICATE, "Basic realm=\"git\"")],
                )
                    .into_response();
            }
            let path = request.uri().path().trim_start_matches("/repo.git/");
            match std::fs::read(directory.join(path)) {
                Ok(bytes) => bytes.into_response(),
                Err(_) => StatusCode::NOT_FOUND.into_response(),
            }
        }
    });
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    format!("http://{address}/repo.git")
}

#[tokio::test(flavor = "multi_thread")]
async fn private_repository_is_fetched_with_the_secret_and_not_without() {
    let scene = Scene::new();
    let commit = scene.commit("a", "1");
    scene.git(&["update-server-info"]);
    // user:pa:ss word
    let url = file_server(scene.path("origin").join(".git"), "Basic dXNlcjpwYTpzcyB3b3Jk").await;
    let credentials = |username: &str, password: &str| SourceCredentials {
        username: username.into(),
        password: password.into(),
        ca: None,
    };
    let mut job = FetchJob {
        url,
        checkout: None,
        credentials: credentials("user", "pa:ss word"),
        http_proxy: None,
        https_proxy: None,
        no_proxy: Some("127.0.0.1".into()),
        skip_tls_verification: false,
        log_level: 0,
        allow_local: true,
    };
    let (work, outcome, _) = scene.run(&job).await;
    assert_eq!(outcome.unwrap().id, commit);
    let found = Command::new("grep")
        .args(["-r", "pa:ss\\|pa%3Ass"])
        .arg(&work)
        .output()
        .unwrap();
    assert!(
        found.stdout.is_empty(),
        "no credential is left: {}",
        String::from_utf8_lossy(&found.stdout)
    );

    job.credentials = credentials("user", "wrong");
    assert!(
        scene
            .run(&job)
            .await
            .1
            .unwrap_err()
            .contains("with provided credentials")
    );
    job.credentials = SourceCredentials::default();
    assert!(
        scene
            .run(&job)
            .await
            .1
            .unwrap_err()
            .contains("spec.source.sourceSecret")
    );
}
