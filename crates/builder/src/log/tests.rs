use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use futures::{FutureExt, StreamExt};
use jiff::Timestamp;

use super::*;

struct Scene {
    _directory: tempfile::TempDir,
    root: std::path::PathBuf,
    second: Arc<AtomicI64>,
    store: LogStore,
    pod: PodKey,
}

fn clock(second: &Arc<AtomicI64>) -> store::Clock {
    let second = second.clone();
    Arc::new(move || Timestamp::from_second(second.load(Ordering::SeqCst)).unwrap())
}

impl Scene {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("logs");
        let second = Arc::new(AtomicI64::new(1000));
        let store = LogStore::open(&root, clock(&second)).unwrap();
        let pod = PodKey::new("hello", "app-1-build").unwrap();
        store
            .expect(&pod, "u-1", &["git-clone".into(), "sti-build".into()])
            .unwrap();
        Self {
            _directory: directory,
            root,
            second,
            store,
            pod,
        }
    }

    fn writer(&self) -> LogWriter {
        self.store.writer(&self.pod, "sti-build").unwrap()
    }

    async fn read(&self, options: LogOptions) -> String {
        read(&self.store, &self.pod, "sti-build", options).await
    }
}

async fn read(store: &LogStore, pod: &PodKey, container: &str, options: LogOptions) -> String {
    let chunks: Vec<_> = store
        .read(pod, container, &options)
        .unwrap()
        .map(Result::unwrap)
        .collect()
        .await;
    String::from_utf8(chunks.concat()).unwrap()
}

#[tokio::test]
async fn lines_are_read_whole_by_tail_by_time_and_by_size() {
    let scene = Scene::new();
    let writer = scene.writer();
    for number in 1..=3 {
        scene.second.store(1000 + number, Ordering::SeqCst);
        writer.line(&format!("line {number}"));
    }
    let since = Timestamp::from_second(1002).unwrap();
    let table = [
        (LogOptions::default(), "line 1\nline 2\nline 3\n"),
        (
            LogOptions {
                tail: Some(2),
                ..LogOptions::default()
            },
            "line 2\nline 3\n",
        ),
        (
            LogOptions {
                tail: Some(0),
                ..LogOptions::default()
            },
            "",
        ),
        (
            LogOptions {
                tail: Some(99),
                ..LogOptions::default()
            },
            "line 1\nline 2\nline 3\n",
        ),
        (
            LogOptions {
                since: Some(since),
                ..LogOptions::default()
            },
            "line 2\nline 3\n",
        ),
        (
            LogOptions {
                limit: Some(9),
                ..LogOptions::default()
            },
            "line 1\nli",
        ),
        (
            LogOptions {
                tail: Some(1),
                timestamps: true,
                ..LogOptions::default()
            },
            "1970-01-01T00:16:43.000000000Z line 3\n",
        ),
    ];
    for (options, expected) in table {
        assert_eq!(scene.read(options.clone()).await, expected, "{options:?}");
    }
}

#[tokio::test]
async fn a_follower_sees_every_line_from_the_first_to_the_end() {
    let scene = Scene::new();
    let options = LogOptions {
        follow: true,
        ..LogOptions::default()
    };
    let mut follower = scene.store.read(&scene.pod, "sti-build", &options).unwrap();
    assert!(follower.next().now_or_never().is_none(), "nothing was written yet");
    let writer = scene.writer();
    writer.line("first");
    assert_eq!(follower.next().await.unwrap().unwrap(), "first\n");
    assert!(follower.next().now_or_never().is_none());
    writer.output("second\nthi");
    assert_eq!(follower.next().await.unwrap().unwrap(), "second\n");
    writer.output("rd");
    drop(writer);
    scene.store.end(&scene.pod, "sti-build");
    assert_eq!(follower.next().await.unwrap().unwrap(), "third\n");
    assert!(follower.next().await.is_none());
}

#[tokio::test]
async fn many_lines_reach_a_slow_follower() {
    let scene = Scene::new();
    let options = LogOptions {
        follow: true,
        ..LogOptions::default()
    };
    let follower = scene.store.read(&scene.pod, "sti-build", &options).unwrap();
    let writer = scene.writer();
    let mut expected = String::new();
    for number in 0..20_000 {
        writer.output(&format!("line {number}\n"));
        expected.push_str(&format!("line {number}\n"));
    }
    scene.store.end_all(&scene.pod);
    let chunks: Vec<_> = follower.map(Result::unwrap).collect().await;
    assert!(String::from_utf8(chunks.concat()).unwrap() == expected);
    let tail = scene
        .read(LogOptions {
            tail: Some(12_345),
            ..LogOptions::default()
        })
        .await;
    assert_eq!(tail.lines().next(), Some("line 7655"));
}

#[tokio::test]
async fn logs_survive_a_restart_and_go_with_the_pod() {
    let scene = Scene::new();
    scene.writer().line("before");
    let again = LogStore::open(&scene.root, clock(&scene.second)).unwrap();
    assert_eq!(
        read(
            &again,
            &scene.pod,
            "sti-build",
            LogOptions {
                follow: true,
                ..LogOptions::default()
            }
        )
        .await,
        "before\n"
    );
    again.expect(&scene.pod, "u-1", &["sti-build".into()]).unwrap();
    again.writer(&scene.pod, "sti-build").unwrap().line("after");
    assert_eq!(
        read(&again, &scene.pod, "sti-build", LogOptions::default()).await,
        "before\nafter\n"
    );
    assert_eq!(again.pods().unwrap(), [(scene.pod.clone(), "u-1".to_owned())]);
    again.remove(&scene.pod).unwrap();
    assert!(again.read(&scene.pod, "sti-build", &LogOptions::default()).is_err());
    assert!(again.pods().unwrap().is_empty());
    assert_eq!(std::fs::read_dir(&scene.root).unwrap().count(), 0);
}

#[tokio::test]
async fn another_pod_of_the_same_name_does_not_inherit_the_log() {
    let scene = Scene::new();
    scene.writer().line("old");
    scene.store.expect(&scene.pod, "u-2", &["sti-build".into()]).unwrap();
    assert_eq!(scene.read(LogOptions::default()).await, "");
}

#[tokio::test]
async fn last_words_are_the_end_of_the_log() {
    let scene = Scene::new();
    let writer = scene.writer();
    for number in 1..=100 {
        writer.line(&format!("line {number}"));
    }
    assert_eq!(scene.store.tail(&scene.pod, "sti-build", 2, 2048), "line 99\nline 100");
    assert_eq!(scene.store.tail(&scene.pod, "sti-build", 80, 20), "line 99\nline 100");
    assert_eq!(scene.store.tail(&scene.pod, "nope", 80, 20), "");
}

#[test]
fn names_from_outside_do_not_leave_the_directory() {
    let scene = Scene::new();
    std::fs::write(scene.root.join("secret.log"), "x").unwrap();
    for container in ["../secret", "../../secret", "a/b", "", ".", "Secret"] {
        assert!(
            scene.store.read(&scene.pod, container, &LogOptions::default()).is_err(),
            "{container}"
        );
    }
}
