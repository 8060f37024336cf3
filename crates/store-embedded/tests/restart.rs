//! What a store still knows after it was closed or its process was killed.

use std::path::Path;
use std::process::{Command, Stdio};

use bytes::Bytes;
use futures::StreamExt;
use tempfile::TempDir;
use weir_store::{Expect, Limits, Range, ReadError, Revision, Store, Write};
use weir_store_embedded::{EmbeddedStore, OpenError};

fn write(key: &str, expect: Expect, value: Option<&str>) -> Vec<Write> {
    vec![Write {
        key: key.into(),
        expect,
        value: value.map(|value| Bytes::copy_from_slice(value.as_bytes())),
    }]
}

async fn create(store: &EmbeddedStore, key: &str, value: &str) -> Revision {
    store
        .commit(write(key, Expect::Absent, Some(value)))
        .await
        .expect("key is free")
}

async fn keys(store: &EmbeddedStore) -> Vec<String> {
    let range = Range {
        prefix: "/".into(),
        ..Range::default()
    };
    let listing = store.list(range, None).await.expect("list");
    listing.records.iter().map(|record| record.key.to_string()).collect()
}

#[tokio::test]
async fn reopened_store_has_its_records_revision_and_history() {
    let directory = TempDir::new().expect("temporary directory");
    let store = EmbeddedStore::open(directory.path()).expect("open");
    let one = create(&store, "/a/1", "one").await;
    let two = create(&store, "/a/2", "two").await;
    let three = store
        .commit(write("/a/1", Expect::Modified(one), None))
        .await
        .expect("delete");
    drop(store);

    let store = EmbeddedStore::open(directory.path()).expect("reopen");
    assert_eq!(store.revision(), three);
    assert_eq!(keys(&store).await, ["/a/2"]);
    let mut watch = store.watch("/a/", one).await.expect("history is still there");
    let changes = watch.next().await.expect("open").expect("well");
    assert_eq!(
        changes.iter().map(|change| change.revision).collect::<Vec<_>>(),
        [two, three]
    );
    assert_eq!(
        changes[1].previous.as_ref().map(|record| &*record.value),
        Some(&b"one"[..])
    );
}

#[tokio::test]
async fn compaction_survives_a_restart_and_never_reuses_a_revision() {
    let directory = TempDir::new().expect("temporary directory");
    let limits = Limits {
        changes: 8,
        bytes: 1 << 20,
    };
    let store = EmbeddedStore::open_with(directory.path(), limits).expect("open");
    let mut last = Revision(0);
    for round in 0..1500 {
        let created = create(&store, "/a/1", &format!("round {round}")).await;
        last = store
            .commit(write("/a/1", Expect::Modified(created), None))
            .await
            .expect("delete");
    }
    drop(store);

    let store = EmbeddedStore::open_with(directory.path(), limits).expect("reopen");
    assert_eq!(store.revision(), last);
    assert_eq!(create(&store, "/a/1", "again").await, Revision(last.0 + 1));
    let past = store.get("/a/1", Some(Revision(1))).await;
    assert!(
        matches!(past, Err(ReadError::Compacted { .. })),
        "old history is gone: {past:?}"
    );
    assert!(rows(directory.path(), store) < 1500, "superseded rows are deleted");
}

fn rows(directory: &Path, store: EmbeddedStore) -> i64 {
    drop(store);
    let connection = rusqlite::Connection::open(directory.join("store.db")).expect("open");
    connection
        .query_row("SELECT count(*) FROM change", [], |row| row.get(0))
        .expect("count")
}

#[tokio::test]
async fn a_store_of_format_1_is_read_and_becomes_one_of_format_2() {
    let directory = TempDir::new().expect("temporary directory");
    let path = directory.path().join("store.db");
    let old = rusqlite::Connection::open(&path).expect("create");
    old.execute_batch(
        "PRAGMA journal_mode = WAL;
         CREATE TABLE entry (revision INTEGER NOT NULL, ordinal INTEGER NOT NULL, key TEXT NOT NULL,
             created INTEGER NOT NULL, value BLOB, PRIMARY KEY (revision, ordinal)) WITHOUT ROWID;
         CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
         INSERT INTO entry VALUES (1, 0, '/a/1', 1, x'6f6e65'), (2, 0, '/a/2', 2, x'74776f'), (2, 1, '/a/3', 2, x'7468726565'),
             (3, 0, '/a/1', 1, CAST('changed' AS BLOB)), (4, 0, '/a/2', 4, NULL);
         PRAGMA application_id = 0x57454952;
         PRAGMA user_version = 1;",
    )
    .expect("the tables of format 1");
    drop(old);

    for _ in 0..2 {
        let store = EmbeddedStore::open(directory.path()).expect("open");
        assert_eq!(store.revision(), Revision(4));
        assert_eq!(keys(&store).await, ["/a/1", "/a/3"]);
        let one = store.get("/a/1", None).await.expect("get").expect("there");
        assert_eq!(
            (one.created, one.modified, &*one.value),
            (Revision(1), Revision(3), &b"changed"[..])
        );
        let before = store.get("/a/2", Some(Revision(3))).await.expect("history");
        assert_eq!(before.map(|record| record.modified), Some(Revision(2)));
    }
}

#[tokio::test]
async fn second_process_is_refused_and_told_who_holds_the_directory() {
    let directory = TempDir::new().expect("temporary directory");
    let store = EmbeddedStore::open(directory.path()).expect("open");
    match EmbeddedStore::open(directory.path()) {
        Err(OpenError::InUse { pid, .. }) => assert_eq!(pid, std::process::id().to_string()),
        other => panic!("expected to be refused, got {:?}", other.map(|_| "a store")),
    }
    drop(store);
    EmbeddedStore::open(directory.path()).expect("free again");
}

#[test]
fn foreign_file_is_refused_and_left_alone() {
    let directory = TempDir::new().expect("temporary directory");
    let path = directory.path().join("store.db");
    std::fs::write(
        &path,
        "not a database, but long enough to have a header of a hundred bytes or more. ".repeat(4),
    )
    .expect("write");
    let before = std::fs::read(&path).expect("read");
    assert!(matches!(
        EmbeddedStore::open(directory.path()),
        Err(OpenError::Foreign { .. })
    ));
    assert_eq!(std::fs::read(&path).expect("read"), before);
}

#[test]
fn store_file_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let directory = TempDir::new().expect("temporary directory");
    let _store = EmbeddedStore::open(directory.path()).expect("open");
    let mode = std::fs::metadata(directory.path().join("store.db"))
        .expect("metadata")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// Marks the copy of this test binary that is started to be killed.
const CHILD: &str = "WEIR_STORE_CRASH_CHILD";

/// Writes without end and prints each acknowledged key; killed by its parent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn crash_child() {
    let Some(directory) = std::env::var_os(CHILD) else {
        return;
    };
    let store = std::sync::Arc::new(EmbeddedStore::open(Path::new(&directory)).expect("open"));
    let start = store.revision().0;
    let writers = (0..16).map(|writer| {
        let store = store.clone();
        tokio::spawn(async move {
            for number in 0..100_000 {
                let key = format!("/{start}/{writer}/{number}");
                let revision = create(&store, &key, &"x".repeat(512)).await;
                println!("ack {} {key}", revision.0);
            }
        })
    });
    futures::future::join_all(writers).await;
}

#[tokio::test]
async fn acknowledged_commits_survive_kill_and_no_revision_is_reused() {
    use std::io::BufRead;
    let directory = TempDir::new().expect("temporary directory");
    let mut acknowledged = std::collections::BTreeMap::new();
    for round in 0..5 {
        let mut child = Command::new(std::env::current_exe().expect("own path"))
            .args(["--exact", "crash_child", "--nocapture"])
            .env(CHILD, directory.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("start");
        let output = std::io::BufReader::new(child.stdout.take().expect("piped"));
        for (count, line) in output.lines().map_while(Result::ok).enumerate() {
            if count == 200 + round * 150 {
                child.kill().expect("kill");
            }
            // The last line may be cut off by the kill; only whole ones count.
            let words: Vec<&str> = line.split(' ').collect();
            if let ["ack", revision, key] = words[..] {
                let revision: u64 = revision.parse().expect("number");
                let before = acknowledged.insert(revision, key.to_owned());
                assert_eq!(before, None, "revision {revision} was given twice");
            }
        }
        child.wait().expect("wait");
    }
    let store = EmbeddedStore::open(directory.path()).expect("reopen");
    for (revision, key) in &acknowledged {
        let record = store.get(key, None).await.expect("get");
        let record = record.unwrap_or_else(|| panic!("{key} was acknowledged at {revision} and is lost"));
        assert_eq!(record.modified, Revision(*revision));
    }
}
