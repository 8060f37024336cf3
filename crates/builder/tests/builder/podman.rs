use std::sync::Arc;

use futures::{StreamExt, TryStreamExt};
use serde_json::{Value, json};
use weir_engine::find::podman::{PodmanService, command, remove_everything};
use weir_engine::{ContainerSpec, Credentials, DockerEngine, Endpoint, Engine, ImportSpec, LogOptions, Transfer};

use crate::binary::archive;
use crate::registry::Registry;
use crate::repository::Repository;
use crate::scene::{SHOWN, Scene, binary_build, inline_build, source_build};

const BUSYBOX: &str = "/bin/busybox";
const TOOLS: [&str; 12] = [
    "sh", "cat", "cp", "id", "ls", "mkdir", "readlink", "rm", "sleep", "tar", "touch", "env",
];

const ASSEMBLE: &str = "#!/bin/sh\nset -e\necho \"---> Installing application source\"\ncp -r /tmp/src/. /opt/app-root/src/\n\
    id\nreadlink /proc/self/ns/net\nls -a /run /var/run 2>/dev/null || true\nenv\n\
    [ ! -e /opt/app-root/src/etc/token ] || cat /opt/app-root/src/etc/token > /dev/null\n\
    [ ! -x /opt/app-root/src/hook ] || /opt/app-root/src/hook\n";

/// Podman as the engine and a registry, both of this test's own.
pub struct Bench {
    service: PodmanService,
    directory: tempfile::TempDir,
    engine: Arc<dyn Engine>,
    pub registry: Registry,
}

impl Bench {
    /// `None`, with the reason printed, where real containers cannot be run.
    pub async fn new() -> Option<Self> {
        if command().is_none() || !rustix::process::geteuid().is_root() || !std::path::Path::new(BUSYBOX).exists() {
            println!("skipped: needs podman, root and {BUSYBOX}");
            return None;
        }
        let directory = tempfile::tempdir().unwrap();
        let registry = Registry::start().await;
        let service = PodmanService::start(directory.path(), &[registry.address.to_string()]).unwrap();
        let engine = Arc::new(DockerEngine::new(Endpoint::Unix(service.socket().to_owned())));
        let bench = Self {
            service,
            directory,
            engine,
            registry,
        };
        bench.publish_builder().await;
        Some(bench)
    }

    fn address(&self) -> String {
        self.registry.address.to_string()
    }

    /// Makes a small builder image and pushes it to `openshift/mini`.
    async fn publish_builder(&self) {
        let reference = format!("{}/openshift/mini:latest", self.address());
        let archive = root_file_system();
        let changes = [
            "USER 1001",
            "WORKDIR /opt/app-root/src",
            "ENV PATH=/bin",
            "LABEL io.openshift.s2i.scripts-url=image:///usr/libexec/s2i",
        ];
        let spec = ImportSpec {
            rootfs: futures::stream::once(async move { Ok(archive.into()) }).boxed(),
            reference: reference.clone(),
            changes: changes.map(str::to_owned).to_vec(),
        };
        self.engine.import(spec).await.unwrap();
        let credentials = Credentials {
            username: "test".into(),
            password: "test".into(),
        };
        let transfers: Vec<Transfer> = self
            .engine
            .push(&reference, Some(&credentials))
            .try_collect()
            .await
            .unwrap();
        assert!(matches!(transfers.last(), Some(Transfer::Done { .. })));
        self.engine.remove_image(&reference, true).await.unwrap();
    }

    fn builder_image(&self) -> String {
        format!(
            "{SHOWN}/openshift/mini@{}",
            self.registry.digest("openshift/mini", "latest").unwrap()
        )
    }

    /// Builds an application with a builder image and runs it.
    pub async fn run_application(&self, builder: &str) {
        let mut scene = Scene::new(self.engine.clone(), &self.address());
        let package = r#"{"name": "page", "version": "1.0.0", "scripts": {"start": "node server.js"}}"#;
        let server = "console.log(`it runs as ${process.getuid()} on ${process.env.PORT}`)";
        let repository = Repository::new(&[("package.json", package), ("server.js", server)]);
        scene.api.create(source_build("page-1", &repository.uri(), builder));
        let (pod, _) = scene.ended("hello", "page-1").await;
        let (_, log) = scene.log("hello/page-1-build/sti-build").await;
        println!("{log}");
        assert_eq!(pod["status"]["phase"], "Succeeded");
        let container = ContainerSpec {
            name: "page".to_owned(),
            image: format!("{}/hello/app:latest", self.address()),
            ..ContainerSpec::default()
        };
        let id = self.engine.create(&container).await.unwrap();
        self.engine.start(&id).await.unwrap();
        assert_eq!(self.engine.wait(&id).await.unwrap(), 0);
        let printed: Vec<_> = self
            .engine
            .logs(&id, LogOptions::default())
            .try_collect()
            .await
            .unwrap();
        let printed: Vec<u8> = printed.into_iter().flat_map(|chunk| chunk.bytes).collect();
        let printed = String::from_utf8(printed).unwrap();
        assert!(printed.contains("it runs as 1001 on 8080"), "{printed}");
        scene.stop().await;
    }
}

/// Also when a test has failed: containers of a test must not go on.
impl Drop for Bench {
    fn drop(&mut self) {
        self.service.stop();
        if let Err(error) = remove_everything(self.directory.path()) {
            eprintln!("the test's engine leaves something behind: {error}");
        }
    }
}

fn root_file_system() -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    let mut file = |path: &str, mode: u32, owner: u64, bytes: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(mode);
        header.set_uid(owner);
        archive.append_data(&mut header, path, bytes).unwrap();
    };
    file("bin/busybox", 0o755, 0, &std::fs::read(BUSYBOX).unwrap());
    file("usr/libexec/s2i/assemble", 0o755, 0, ASSEMBLE.as_bytes());
    file(
        "usr/libexec/s2i/run",
        0o755,
        0,
        b"#!/bin/sh\nexec cat /opt/app-root/src/page\n",
    );
    file("etc/passwd", 0o644, 0, b"root:x:0:0::/:/bin/sh\n");
    for (path, mode, owner) in [("tmp", 0o1777, 0), ("opt/app-root/src", 0o775, 1001)] {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Directory);
        header.set_size(0);
        header.set_mode(mode);
        header.set_uid(owner);
        archive.append_data(&mut header, path, std::io::empty()).unwrap();
    }
    for tool in TOOLS {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        archive
            .append_link(&mut header, format!("bin/{tool}"), "busybox")
            .unwrap();
    }
    archive.into_inner().unwrap()
}

/// Paths in a layer as the registry has it.
fn paths(registry: &Registry, layer: &Value) -> Vec<String> {
    let blob = registry.blob(layer["digest"].as_str().unwrap()).unwrap();
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(blob.as_slice()));
    archive
        .entries()
        .unwrap()
        .map(|entry| entry.unwrap().path().unwrap().display().to_string())
        .collect()
}

/// When the files of these layers changed, in seconds since 1970.
fn times(registry: &Registry, layers: &[Value]) -> Vec<u64> {
    let blobs = layers
        .iter()
        .map(|layer| registry.blob(layer["digest"].as_str().unwrap()).unwrap());
    let times = blobs.flat_map(|blob| {
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(blob.as_slice()));
        let entries = archive.entries().unwrap();
        entries
            .map(|entry| entry.unwrap().header().mtime().unwrap())
            .collect::<Vec<_>>()
    });
    times.collect()
}

fn config(registry: &Registry, manifest: &Value) -> Value {
    let blob = registry.blob(manifest["config"]["digest"].as_str().unwrap()).unwrap();
    serde_json::from_slice(&blob).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn builds_run_on_podman() {
    let Some(bench) = Bench::new().await else { return };
    let mut scene = Scene::new(bench.engine.clone(), &bench.address());
    source_build_gives_one_layer_and_keeps_no_secret(&bench, &scene).await;
    dockerfile_build_with_two_stages(&bench, &scene).await;
    an_upload_becomes_the_layer_of_an_image_from_scratch(&bench, &scene).await;
    failing_and_cancelled_builds_leave_nothing(&bench, &scene).await;
    scene.stop().await;
}

async fn source_build_gives_one_layer_and_keeps_no_secret(bench: &Bench, scene: &Scene) {
    let repository = Repository::new(&[
        ("page", "V1\n"),
        (".s2i/environment", "PLAN=a $HOME \"b\"\n"),
        ("notes.md", "x"),
        (".s2iignore", "*.md\n"),
    ]);
    scene.api.add_secret("hello", "token", json!({"token": "czNjcmV0"}));
    let mut build = source_build("app-1", &repository.uri(), &bench.builder_image());
    build["spec"]["source"]["secrets"] = json!([{"secret": {"name": "token"}, "destinationDir": "etc"}]);
    build["spec"]["postCommit"] = json!({"script": "cat /opt/app-root/src/page && touch /tmp/only-here"});
    scene.api.create(build);
    let (pod, told) = scene.ended("hello", "app-1").await;
    let (_, log) = scene.log("hello/app-1-build/sti-build").await;
    assert_eq!(pod["status"]["phase"], "Succeeded", "{log}\n{told:#}");

    let base = bench.registry.manifest("openshift/mini", "latest").unwrap();
    let manifest = bench
        .registry
        .manifest("hello", "app")
        .or_else(|| bench.registry.manifest("hello/app", "latest"))
        .unwrap();
    let layers = manifest["layers"].as_array().unwrap();
    assert_eq!(
        layers.len(),
        base["layers"].as_array().unwrap().len() + 1,
        "{manifest:#}"
    );
    let paths = paths(&bench.registry, layers.last().unwrap());
    let has = |name: &str| paths.iter().any(|path| path.ends_with(name));
    assert!(has("opt/app-root/src/page") && has("tmp/src/page"), "{paths:?}");
    assert!(!has("token") && !has("only-here") && !has("notes.md"), "{paths:?}");

    let digest = bench.registry.digest("hello/app", "latest").unwrap();
    assert_eq!(told["status"]["output"]["to"]["imageDigest"], digest.as_str());
    let config = config(&bench.registry, &manifest);
    assert_eq!(config["config"]["User"], "1001");
    assert_eq!(config["config"]["Cmd"], json!(["/usr/libexec/s2i/run"]));
    assert_eq!(
        config["config"]["Labels"]["io.openshift.build.image"],
        bench.builder_image().as_str()
    );
    let environment = config["config"]["Env"].as_array().unwrap();
    assert!(environment.contains(&json!("PLAN=a $HOME \"b\"")), "{environment:?}");

    assert!(log.contains("---> Installing application source\n"), "{log}");
    assert!(log.contains("uid=1001"), "{log}");
    assert!(
        log.contains(&format!("FROM {}", bench.builder_image())) && !log.contains(&bench.address()),
        "{log}"
    );
    let own = std::fs::read_link("/proc/self/ns/net").unwrap().display().to_string();
    assert!(
        log.contains("net:[") && !log.contains(&own),
        "build steps have a network of their own: {log}"
    );
    assert!(!log.contains("s3cret") && !log.contains("for registry:"), "{log}");
    let users = bench.registry.authorizations();
    assert!(users.iter().any(|user| user.starts_with("Basic ")), "{users:?}");
}

async fn dockerfile_build_with_two_stages(bench: &Bench, scene: &Scene) {
    let repository = Repository::new(&[
        (
            "docker/Dockerfile",
            "ARG BASE=nothing\nFROM base AS one\nUSER 0\nCOPY page /made\nRUN echo $WHO >> /made\nFROM ${BASE}\nCOPY --from=one /made /made\nRUN cat /made\n",
        ),
        ("docker/page", "hello\n"),
    ]);
    let mut build = source_build("docker-1", &repository.uri(), "");
    build["spec"]["strategy"] = json!({"type": "Docker", "dockerStrategy": {
        "env": [{"name": "WHO", "value": "world"}], "buildArgs": [{"name": "BASE", "value": bench.builder_image()}]}});
    build["spec"]["source"]["contextDir"] = json!("docker");
    build["spec"]["source"]["images"] =
        json!([{"as": ["base"], "from": {"kind": "DockerImage", "name": bench.builder_image()}}]);
    build["spec"]["output"]["imageLabels"] = json!([{"name": "team", "value": "a \"b\" $c"}]);
    scene.api.create(build);
    let (pod, told) = scene.ended("hello", "docker-1").await;
    let (_, log) = scene.log("hello/docker-1-build/docker-build").await;
    assert_eq!(pod["status"]["phase"], "Succeeded", "{log}\n{told:#}");
    assert!(log.contains("hello\nworld\n"), "{log}");
    let manifest = bench.registry.manifest("hello/app", "latest").unwrap();
    let config = config(&bench.registry, &manifest);
    assert_eq!(config["config"]["Labels"]["team"], "a \"b\" $c");
    assert_eq!(config["config"]["Labels"]["io.openshift.build.name"], "docker-1");
    assert!(
        config["config"]["Env"]
            .as_array()
            .unwrap()
            .contains(&json!("WHO=world"))
    );
}

async fn an_upload_becomes_the_layer_of_an_image_from_scratch(bench: &Bench, scene: &Scene) {
    let mut build = binary_build("up-1", json!({}));
    build["spec"]["source"]["contextDir"] = json!("web");
    scene.api.create(build);
    let pod = scene.receiving("hello", "up-1").await;
    let before = std::time::SystemTime::now();
    let content = archive(&[
        ("web/Dockerfile", "FROM scratch\nCOPY site /\n"),
        ("web/site/page", "uploaded\n"),
        ("web/site/run", "#!/bin/sh\n"),
        ("beside", "not in the context"),
    ]);
    assert_eq!(scene.upload(&pod, content.into()).await.0, 200);
    let (pod, told) = scene.ended("hello", "up-1").await;
    let (_, log) = scene.log("hello/up-1-build/docker-build").await;
    assert_eq!(pod["status"]["phase"], "Succeeded", "{log}\n{told:#}");
    let manifest = bench.registry.manifest("hello/app", "latest").unwrap();
    let layers = manifest["layers"].as_array().unwrap();
    let mut found: Vec<String> = layers.iter().flat_map(|layer| paths(&bench.registry, layer)).collect();
    found.retain(|path| !path.ends_with('/'));
    found.sort();
    assert_eq!(found, ["page", "run"], "{manifest:#}");
    let config = config(&bench.registry, &manifest);
    assert_eq!(
        config["config"]["Labels"]["io.openshift.build.source-context-dir"],
        "web"
    );
    assert_eq!(config["config"]["Labels"]["io.openshift.build.commit.id"], Value::Null);
    let since = before.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let times = times(&bench.registry, layers);
    assert!(times.iter().all(|time| *time >= since), "{times:?} is before {since}");
}

async fn failing_and_cancelled_builds_leave_nothing(bench: &Bench, scene: &Scene) {
    let from = format!("FROM {}\nUSER 0\n", bench.builder_image());
    scene
        .api
        .create(inline_build("fail-1", &format!("{from}RUN echo before; exit 7\n")));
    let (_, told) = scene.ended("hello", "fail-1").await;
    assert_eq!(told["status"]["reason"], "DockerBuildFailed", "{told:#}");
    let (_, log) = scene.log("hello/fail-1-build/docker-build").await;
    assert!(
        log.contains("before\n") && log.contains("error: build error: "),
        "{log}"
    );

    let before = bench.registry.digest("hello/app", "latest");
    let marker = format!("98765.{}", std::process::id());
    scene
        .api
        .create(inline_build("cancel-1", &format!("{from}RUN sleep {marker}\n")));
    until_process(&marker, true).await;
    scene.api.request_deletion("hello", "cancel-1-build");
    scene
        .api
        .until("the pod to go", |api| {
            api.pod("hello", "cancel-1-build").is_none().then_some(())
        })
        .await;
    until_process(&marker, false).await;
    assert_eq!(bench.registry.digest("hello/app", "latest"), before);

    let images = bench.engine.images(&Default::default()).await.unwrap();
    let tags: Vec<String> = images.into_iter().flat_map(|image| image.tags).collect();
    assert!(!tags.iter().any(|tag| tag.starts_with("temp.")), "{tags:?}");
    assert!(!scene.work_dir().exists());
}

/// Waits until a process with this word on its command line is there, or is not.
async fn until_process(word: &str, wanted: bool) {
    let there = || {
        std::fs::read_dir("/proc").unwrap().flatten().any(|entry| {
            let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).split('\0').any(|part| part == word)
        })
    };
    let mut ticks = tokio::time::interval(std::time::Duration::from_millis(50));
    let waiting = async {
        while there() != wanted {
            // Nothing tells of another process's children.
            ticks.tick().await;
        }
    };
    let limit = std::time::Duration::from_secs(60);
    assert!(
        tokio::time::timeout(limit, waiting).await.is_ok(),
        "process {word}: there is {}",
        !wanted
    );
}
