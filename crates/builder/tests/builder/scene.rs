use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use weir_builder::{Builder, BuilderConfig, ChildProgram};
use weir_engine::Engine;

use crate::api::Api;
use crate::repository::child_program;

pub const SHOWN: &str = "docker-registry.default.svc:5000";

/// A builder at work, with the API and the engine it works for.
pub struct Scene {
    pub api: Api,
    pub directory: tempfile::TempDir,
    engine: Arc<dyn Engine>,
    registry_address: String,
    router: axum::Router,
    stop: CancellationToken,
    running: Option<JoinHandle<()>>,
}

impl Scene {
    pub fn new(engine: Arc<dyn Engine>, registry_address: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::set_permissions(directory.path(), PermissionsExt::from_mode(0o711)).unwrap();
        let mut scene = Self {
            api: Api::new(),
            directory,
            engine,
            registry_address: registry_address.to_owned(),
            router: axum::Router::new(),
            stop: CancellationToken::new(),
            running: None,
        };
        child_program(scene.directory.path());
        scene.start();
        scene
    }

    pub fn work_dir(&self) -> PathBuf {
        self.directory.path().join("work")
    }

    fn start(&mut self) {
        let config = BuilderConfig {
            work_dir: Some(self.work_dir()),
            child: ChildProgram::File(self.directory.path().join("weir-builder-child")),
            ..BuilderConfig::new(
                self.directory.path().join("data"),
                self.api.client(),
                self.engine.clone(),
                self.registry_address.clone(),
            )
        };
        let builder = Builder::new(config).unwrap();
        self.router = builder.router();
        self.stop = CancellationToken::new();
        self.running = Some(tokio::spawn(builder.run(self.stop.clone())));
    }

    pub async fn stop(&mut self) {
        self.stop.cancel();
        if let Some(running) = self.running.take() {
            running.await.unwrap();
        }
    }

    pub async fn restart(&mut self) {
        self.stop().await;
        self.start();
    }

    /// Waits for the end of a build's pod. Returns the pod and the build.
    pub async fn ended(&self, namespace: &str, build: &str) -> (Value, Value) {
        let name = format!("{build}-build");
        let pod = self
            .api
            .until("the end of the build", |api| {
                let pod = api.pod(namespace, &name)?;
                matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed")).then_some(pod)
            })
            .await;
        (pod, self.api.build(namespace, build))
    }

    /// What the upload route answers to somebody who uploads for the container of this pod.
    pub fn upload(&self, pod: &Value, content: Body) -> impl Future<Output = (u16, String)> + Send + 'static {
        let (namespace, name) = (text(pod, "namespace"), text(pod, "name"));
        let uri = format!("/upload/{namespace}/{name}/git-clone?uid={}", text(pod, "uid"));
        let answer = self.router.clone().oneshot(Request::post(uri).body(content).unwrap());
        async move {
            let answer = answer.await.unwrap();
            let status = answer.status().as_u16();
            let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
            (status, String::from_utf8(body.to_vec()).unwrap())
        }
    }

    /// The pod of a build that waits for its upload.
    pub async fn receiving(&self, namespace: &str, build: &str) -> Value {
        let name = format!("{build}-build");
        self.api
            .until("a build that takes its upload", |api| {
                let pod = api.pod(namespace, &name)?;
                let state = &pod["status"]["initContainerStatuses"][0]["state"];
                (!state["running"].is_null()).then_some(pod)
            })
            .await
    }

    /// What the log route answers.
    pub async fn log(&self, path: &str) -> (u16, String) {
        let request = Request::get(format!("/containerLogs/{path}"))
            .body(Body::empty())
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }
}

fn text(pod: &Value, field: &str) -> String {
    pod["metadata"][field].as_str().unwrap().to_owned()
}

/// A Dockerfile build of what is uploaded.
pub fn binary_build(name: &str, binary: Value) -> Value {
    let mut build = inline_build(name, "");
    build["spec"]["source"] = json!({"type": "Binary", "binary": binary});
    build
}

/// A source build of this repository.
pub fn source_build(name: &str, uri: &str, builder: &str) -> Value {
    json!({
        "apiVersion": "build.openshift.io/v1", "kind": "Build",
        "metadata": {"namespace": "hello", "name": name},
        "spec": {
            "source": {"type": "Git", "git": {"uri": uri}},
            "strategy": {"type": "Source", "sourceStrategy": {"from": {"kind": "DockerImage", "name": builder}}},
            "output": {"to": {"kind": "ImageStreamTag", "name": "app:latest"}},
        },
        "status": {"outputDockerImageReference": format!("{SHOWN}/hello/app:latest")},
    })
}

/// A Dockerfile build without a repository.
pub fn inline_build(name: &str, dockerfile: &str) -> Value {
    json!({
        "apiVersion": "build.openshift.io/v1", "kind": "Build",
        "metadata": {"namespace": "hello", "name": name},
        "spec": {
            "source": {"type": "Dockerfile", "dockerfile": dockerfile},
            "strategy": {"type": "Docker", "dockerStrategy": {}},
            "output": {"to": {"kind": "ImageStreamTag", "name": "app:latest"}},
        },
        "status": {"outputDockerImageReference": format!("{SHOWN}/hello/app:latest")},
    })
}
