//! The agent with a real engine: Podman as our own child. Skipped, with the reason, where it is missing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tower::ServiceExt;
use weir_agent::Clock;
use weir_engine::find::podman::{self, PodmanService, remove_everything};
use weir_engine::{BuildProgress, BuildSpec, Builds, ContainerSpec, Containers, DockerEngine, Endpoint};

use crate::support::world::{World, is_ready};

const IMAGE: &str = "localhost/weir-agent-test/web:1";
/// Real containers on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
/// What the agent may add to the engine's own time.
const OUR_SHARE: Duration = Duration::from_millis(250);

/// A service with everything of its own, which goes away with it.
struct Podman {
    service: PodmanService,
    directory: tempfile::TempDir,
    engine: DockerEngine,
}

impl Podman {
    fn start() -> Option<Self> {
        if !std::path::Path::new("/bin/busybox").exists() {
            println!("skipped: there is no static /bin/busybox for the containers (apt-get install busybox-static)");
            return None;
        }
        if podman::command().is_none() {
            println!("skipped: the command podman is not in PATH (apt-get install podman)");
            return None;
        }
        let directory = tempfile::tempdir().expect("a directory");
        let service = match PodmanService::start(directory.path(), &[]) {
            Ok(service) => service,
            Err(error) => {
                println!("skipped: {error}");
                return None;
            }
        };
        let engine = DockerEngine::new(Endpoint::Unix(service.socket().to_owned()));
        Some(Self {
            service,
            directory,
            engine,
        })
    }

    fn installation(&self) -> String {
        podman::network_name(self.directory.path())
    }

    /// An image that serves its directory over HTTP.
    async fn build_image(&self) {
        let busybox = std::fs::read("/bin/busybox").expect("readable");
        let dockerfile = "FROM scratch\nCOPY busybox /bin/busybox\nCOPY index.html /www/index.html\n\
            CMD [\"/bin/busybox\", \"httpd\", \"-f\", \"-v\", \"-p\", \"8080\", \"-h\", \"/www\"]\n";
        let mut archive = tar::Builder::new(Vec::new());
        for (name, content, mode) in [
            ("Dockerfile", dockerfile.as_bytes(), 0o644),
            ("busybox", &busybox, 0o755),
            ("index.html", b"hello", 0o644),
        ] {
            let mut header = tar::Header::new_ustar();
            header.set_size(content.len() as u64);
            header.set_mode(mode);
            archive.append_data(&mut header, name, content).expect("into memory");
        }
        let context = Bytes::from(archive.into_inner().expect("into memory"));
        let context = futures::stream::once(async move { Ok(context) }).boxed();
        let spec = BuildSpec {
            tag: Some(IMAGE.to_owned()),
            ..BuildSpec::new(context)
        };
        let progress: Vec<BuildProgress> = self.engine.build(spec).try_collect().await.expect("the image is built");
        assert!(matches!(progress.last(), Some(BuildProgress::Built { .. })));
    }
}

impl Drop for Podman {
    fn drop(&mut self) {
        self.service.stop();
        if let Err(error) = remove_everything(self.directory.path()) {
            eprintln!("left behind: {error}");
        }
    }
}

fn web(name: &str) -> Value {
    json!({"metadata": {"name": name}, "spec": {"terminationGracePeriodSeconds": 1, "containers": [{
        "name": "c", "image": IMAGE, "env": [{"name": "WORD", "value": "given"}],
        "readinessProbe": {"httpGet": {"path": "/index.html", "port": 8080}}}]}})
}

async fn ready(world: &World, name: &str) -> Value {
    let wanted = |pod: &Value| pod["metadata"]["name"] == name && is_ready(pod);
    tokio::time::timeout(PATIENCE, world.pod_when(name, wanted))
        .await
        .expect("in time")
}

/// One request to a pod, from the host.
async fn fetch(pod: &Value) -> String {
    let address = format!("{}:8080", pod["status"]["podIP"].as_str().expect("an address"));
    let mut stream = tokio::net::TcpStream::connect(address)
        .await
        .expect("the pod is reachable from the host");
    stream
        .write_all(b"GET /index.html HTTP/1.0\r\n\r\n")
        .await
        .expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("answered");
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn pods_live_on_podman() {
    let Some(podman) = Podman::start() else { return };
    podman.build_image().await;
    let mut world = World::idle(Clock::system());
    world.start_in(Arc::new(podman.engine.clone()), &podman.installation(), "127.0.0.1:1");

    a_pod_serves_and_talks(&world).await;
    a_pod_starts_about_as_fast_as_its_engine(&world, &podman).await;
    containers_share_an_address(&world).await;
    a_pod_may_ask_for_much(&world).await;
    a_new_agent_finds_everything_running(&mut world, &podman).await;
    pods_survive_the_death_of_the_service(&world, &podman).await;
    deleted_pods_leave_nothing(&world, &podman).await;
    world.stop().await;
}

async fn a_pod_serves_and_talks(world: &World) {
    world.create_pod(web("p"));
    let pod = ready(world, "p").await;
    assert!(fetch(&pod).await.ends_with("hello"));
    let log = log(world, "p").await;
    assert!(log.contains("response:200"), "{log}");
}

/// The engine's own time is measured in the same run, on a container of the same image.
async fn a_pod_starts_about_as_fast_as_its_engine(world: &World, podman: &Podman) {
    let network = weir_engine::NetworkMode::Named(podman.installation());
    let spec = ContainerSpec {
        name: "plain".to_owned(),
        image: IMAGE.to_owned(),
        network,
        ..ContainerSpec::default()
    };
    let begin = Instant::now();
    let id = podman.engine.create(&spec).await.expect("made");
    podman.engine.start(&id).await.expect("started");
    let own = begin.elapsed();
    podman.engine.remove(&id, true).await.expect("removed");

    let begin = Instant::now();
    world.create_pod(
        json!({"metadata": {"name": "quick"}, "spec": {"terminationGracePeriodSeconds": 1,
        "containers": [{"name": "c", "image": IMAGE}]}}),
    );
    ready(world, "quick").await;
    let ours = begin.elapsed();
    println!("podman: create and start take {own:?}, a pod takes {ours:?}");
    // Twice the engine's time is noise of a busy machine, not our share.
    assert!(ours <= own * 2 + OUR_SHARE, "{ours:?} against {own:?}");
}

async fn containers_share_an_address(world: &World) {
    world.create_pod(json!({"metadata": {"name": "two"}, "spec": {"terminationGracePeriodSeconds": 1, "containers": [
        {"name": "web", "image": IMAGE},
        {"name": "c", "image": IMAGE, "command": ["/bin/busybox", "sleep", "600"], "readinessProbe":
            {"exec": {"command": ["/bin/busybox", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/index.html"]}}}]}}));
    let pod = ready(world, "two").await;
    assert!(fetch(&pod).await.ends_with("hello"));
}

/// Limits, rights and every kind of volume, on a kernel that has to take them.
async fn a_pod_may_ask_for_much(world: &World) {
    world.store.put(
        "configmaps",
        json!({"metadata": {"name": "cm", "namespace": "ns"}, "data": {"word": "from the map"}}),
    );
    world.store.put(
        "secrets",
        json!({"metadata": {"name": "s", "namespace": "ns"}, "data": {"key": "Z2VoZWlt"}}),
    );
    let script = "echo $WORD; /bin/busybox id -u; /bin/busybox cat /map/word /secret/key; echo ok > /empty/f; \
        echo ok > /memory/f; /bin/busybox cat /empty/f /memory/f; if echo x 2>/dev/null > /f; then echo bad; fi; \
        exec /bin/busybox sleep 600";
    world.create_pod(
        json!({"metadata": {"name": "much"}, "spec": {"terminationGracePeriodSeconds": 1,
        "securityContext": {"fsGroup": 2000, "runAsNonRoot": true},
        "volumes": [{"name": "map", "configMap": {"name": "cm"}}, {"name": "empty", "emptyDir": {}},
            {"name": "secret", "secret": {"secretName": "s", "defaultMode": 0o400}},
            {"name": "memory", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}}],
        "containers": [{"name": "c", "image": IMAGE, "command": ["/bin/busybox", "sh", "-c", script],
            "env": [{"name": "WORD", "valueFrom": {"configMapKeyRef": {"name": "cm", "key": "word"}}}],
            "resources": {"limits": {"memory": "64Mi", "cpu": "500m"}, "requests": {"cpu": "100m"}},
            "securityContext": {"runAsUser": 1234, "readOnlyRootFilesystem": true, "allowPrivilegeEscalation": false,
                "capabilities": {"drop": ["ALL"]}},
            "readinessProbe": {"exec": {"command": ["/bin/busybox", "test", "-e", "/memory/f"]}},
            "volumeMounts": [{"name": "map", "mountPath": "/map"}, {"name": "secret", "mountPath": "/secret"},
                {"name": "empty", "mountPath": "/empty"}, {"name": "memory", "mountPath": "/memory"}]}]}}),
    );
    ready(world, "much").await;
    assert_eq!(
        log(world, "much").await,
        "from the map\n1234\nfrom the mapgeheimok\nok\n"
    );
}

async fn log(world: &World, pod: &str) -> String {
    let path = format!("/containerLogs/ns/{pod}/c");
    let request = http::Request::get(path).body(axum::body::Body::empty()).expect("valid");
    let answer = world.router().oneshot(request).await.expect("infallible");
    assert_eq!(answer.status(), 200);
    let bytes = answer.into_body().collect().await.expect("a log").to_bytes();
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn a_new_agent_finds_everything_running(world: &mut World, podman: &Podman) {
    let before = ready(world, "p").await;
    world.stop().await;
    assert!(fetch(&before).await.ends_with("hello"), "it runs without an agent");
    world.start_in(Arc::new(podman.engine.clone()), &podman.installation(), "127.0.0.1:1");
    world.create_pod(web("after"));
    ready(world, "after").await;
    let after = world.store.get("pods", "ns", "p").expect("the pod is there");
    assert_eq!(
        after["status"]["containerStatuses"],
        before["status"]["containerStatuses"]
    );
}

async fn pods_survive_the_death_of_the_service(world: &World, podman: &Podman) {
    let first = podman.service.pid().expect("it runs");
    let pid = rustix::process::Pid::from_raw(first.cast_signed()).expect("a process");
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("our child");
    world.create_pod(web("risen"));
    ready(world, "risen").await;
    assert_ne!(podman.service.pid(), Some(first));
    let pod = ready(world, "p").await;
    assert!(fetch(&pod).await.ends_with("hello"));
}

async fn deleted_pods_leave_nothing(world: &World, podman: &Podman) {
    for name in ["p", "quick", "two", "much", "after", "risen"] {
        world.mark_deleted_named(name, 1);
    }
    for name in ["p", "quick", "two", "much", "after", "risen"] {
        tokio::time::timeout(PATIENCE, world.gone(name)).await.expect("in time");
    }
    let left = podman
        .engine
        .list(&std::collections::BTreeMap::new())
        .await
        .expect("a list");
    assert!(left.is_empty(), "{left:?}");
}
