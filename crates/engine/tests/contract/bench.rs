//! What a case needs: an engine, names of its own, a registry, a base image.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures::{FutureExt, StreamExt, TryStreamExt};
use weir_engine::fake::FakeEngine;
use weir_engine::find::podman::{self, PodmanService, remove_everything};
use weir_engine::{
    BuildProgress, BuildSpec, ByteStream, ContainerSpec, DockerEngine, Endpoint, Engine, LogOptions, OutputStream,
};

use crate::dockerd::Dockerd;
use crate::programs;
use crate::registry::Registry;

/// No case takes longer than this on the slowest engine.
const CASE_TIMEOUT: Duration = Duration::from_secs(120);

pub struct Bench {
    pub engine: Arc<dyn Engine>,
    /// Set for the engine whose processes have to be moved by hand.
    pub fake: Option<FakeEngine>,
    /// `host:port` of a registry that holds nothing but what the cases push.
    pub registry: String,
    pub base_image: String,
    counter: AtomicU32,
    _registry: Option<Registry>,
    podman: Option<OwnPodman>,
    docker: Option<Dockerd>,
}

/// Runs one case, and says which one it was when it fails or hangs.
pub async fn case(engine: &str, name: &str, case: impl Future<Output = ()>) {
    let outcome = tokio::time::timeout(CASE_TIMEOUT, AssertUnwindSafe(case).catch_unwind()).await;
    match outcome {
        Ok(Ok(())) => println!("{engine}: {name}: ok"),
        Ok(Err(panic)) => {
            eprintln!("{engine}: {name}: FAILED");
            std::panic::resume_unwind(panic);
        }
        Err(_) => panic!("{engine}: {name}: not done in {CASE_TIMEOUT:?}"),
    }
}

impl Bench {
    pub async fn fake() -> Self {
        let engine = FakeEngine::new();
        programs::teach(&engine);
        let mut bench = Self::new(Arc::new(engine.clone()), "registry.test:5000".to_owned());
        bench.fake = Some(engine);
        bench.build_base().await;
        bench
    }

    pub async fn podman() -> Option<Self> {
        busybox()?;
        if podman::command().is_none() {
            println!("skipped: the command podman is not in PATH (apt-get install podman)");
            return None;
        }
        let registry = Registry::start().await;
        let directory = tempfile::tempdir().expect("a directory for podman");
        let service = match PodmanService::start(directory.path(), &[registry.address()]) {
            Ok(service) => service,
            Err(error) => {
                println!("skipped: {error}");
                return None;
            }
        };
        let engine = DockerEngine::new(Endpoint::Unix(service.socket().to_owned()));
        let mut bench = Self::new(Arc::new(engine), registry.address());
        bench.podman = Some(OwnPodman { service, directory });
        bench._registry = Some(registry);
        bench.build_base().await;
        Some(bench)
    }

    pub async fn docker() -> Option<Self> {
        busybox()?;
        let dockerd = Dockerd::start()?;
        let registry = Registry::start().await;
        let engine = DockerEngine::new(Endpoint::Unix(dockerd.socket()));
        let mut bench = Self::new(Arc::new(engine), registry.address());
        bench.docker = Some(dockerd);
        bench._registry = Some(registry);
        bench.build_base().await;
        Some(bench)
    }

    fn new(engine: Arc<dyn Engine>, registry: String) -> Self {
        let base_image = "localhost/weir-contract/base:1".to_owned();
        let counter = AtomicU32::new(0);
        Self {
            engine,
            fake: None,
            registry,
            base_image,
            counter,
            _registry: None,
            podman: None,
            docker: None,
        }
    }

    /// Ends what was started for these cases, and nothing else.
    pub fn finish(self) {
        drop((self.podman, self.docker));
    }

    /// A name that no other case of this run has.
    pub fn name(&self, word: &str) -> String {
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        format!("weir-contract-{}-{word}-{number}", std::process::id())
    }

    pub fn label(&self, word: &str) -> BTreeMap<String, String> {
        BTreeMap::from([("weir.test/case".to_owned(), self.name(word))])
    }

    pub fn container(&self, program: &[&str]) -> ContainerSpec {
        ContainerSpec {
            name: self.name("c"),
            image: self.base_image.clone(),
            entrypoint: Some(words(program)),
            ..ContainerSpec::default()
        }
    }

    pub async fn run(&self, spec: &ContainerSpec) -> String {
        let id = self.engine.create(spec).await.expect("the container is made");
        self.engine.start(&id).await.expect("the container starts");
        id
    }

    pub async fn drop_container(&self, id: &str) {
        self.engine.remove(id, true).await.expect("the container is removed");
    }

    /// Everything a container printed on one stream.
    pub async fn printed(&self, id: &str, stream: OutputStream) -> String {
        let chunks: Vec<_> = self
            .engine
            .logs(id, LogOptions::default())
            .try_collect()
            .await
            .expect("the log can be read");
        chunks
            .iter()
            .filter(|chunk| chunk.stream == stream)
            .map(|chunk| String::from_utf8_lossy(&chunk.bytes).into_owned())
            .collect()
    }

    /// Builds, and returns the log and the image's id.
    pub async fn build(&self, spec: BuildSpec) -> Result<(String, String), (String, weir_engine::EngineError)> {
        let mut log = String::new();
        let mut progress = self.engine.build(spec);
        loop {
            match progress.try_next().await {
                Ok(Some(BuildProgress::Log(text))) => log.push_str(&text),
                Ok(Some(BuildProgress::Built { image_id })) => return Ok((log, image_id)),
                Ok(None) => panic!("the build ended without an image or an error: {log}"),
                Err(error) => return Err((log, error)),
            }
        }
    }

    async fn build_base(&self) {
        let dockerfile = "FROM scratch\nCOPY busybox /bin/busybox\nCOPY empty /tmp/\nCOPY empty /srv/\n\
                          ENV BASE=yes\nCMD [\"/bin/busybox\", \"sleep\", \"600\"]\n";
        let busybox = std::fs::read("/bin/busybox").unwrap_or_default();
        let files = [
            ("Dockerfile", dockerfile.as_bytes(), 0o644),
            ("busybox", &busybox, 0o755),
            ("empty", b"", 0o644),
        ];
        let spec = BuildSpec {
            tag: Some(self.base_image.clone()),
            ..BuildSpec::new(archive(&files))
        };
        self.build(spec).await.expect("the base image is built");
    }
}

/// Goes away with everything in it, after a failure too.
struct OwnPodman {
    service: PodmanService,
    directory: tempfile::TempDir,
}

impl Drop for OwnPodman {
    fn drop(&mut self) {
        self.service.stop();
        if let Err(error) = remove_everything(self.directory.path()) {
            eprintln!("left behind: {error}");
        }
    }
}

fn busybox() -> Option<()> {
    if std::path::Path::new("/bin/busybox").exists() {
        return Some(());
    }
    println!("skipped: there is no static /bin/busybox for the containers (apt-get install busybox-static)");
    None
}

pub fn words(program: &[&str]) -> Vec<String> {
    program.iter().map(|word| (*word).to_owned()).collect()
}

/// A tar archive of some files: name, content, mode.
pub fn archive(files: &[(&str, &[u8], u32)]) -> ByteStream {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content, mode) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(*mode);
        builder
            .append_data(&mut header, name, *content)
            .expect("packing into memory");
    }
    let bytes: Bytes = builder.into_inner().expect("packing into memory").into();
    futures::stream::once(async move { Ok(bytes) }).boxed()
}
