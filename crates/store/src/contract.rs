//! What every store backend must do. A backend's tests call [`store_contract!`] with an expression that makes an empty
//! store.
//!
//! [`store_contract!`]: crate::store_contract

use std::sync::Arc;

use bytes::Bytes;
use futures::{FutureExt, StreamExt};

use crate::{Change, CommitError, Expect, Range, ReadError, Revision, Store, Watch, WatchError, Write};

/// Generates one test per case of the contract.
#[macro_export]
macro_rules! store_contract {
    ($make:expr) => {
        $crate::store_contract!(@cases $make;
            created_record_is_read_back_with_its_revisions,
            creation_of_an_existing_key_is_a_conflict,
            update_with_a_stale_revision_is_a_conflict_that_shows_what_is_there,
            update_keeps_the_creation_revision,
            delete_removes_and_expects_its_revision,
            commit_of_several_writes_is_all_or_nothing,
            revisions_grow_by_one_per_commit,
            list_is_in_key_order_and_stays_in_its_prefix,
            list_pages_and_counts_what_remains,
            list_at_an_older_revision_shows_the_past,
            get_at_an_older_revision_shows_the_past,
            future_revision_is_refused,
            compacted_revision_is_refused,
            watch_replays_history_and_goes_on_live,
            watch_sees_previous_records,
            watch_of_a_prefix_sees_only_that_prefix,
            watch_from_a_compacted_revision_is_refused,
            watch_keeps_the_order_of_concurrent_commits,
            slow_watcher_is_dropped_and_told,
            history_is_read_in_pieces_that_never_split_a_commit,
            pages_at_an_older_revision_show_its_keys_once,
        );
    };
    (@cases $make:expr; $($case:ident,)*) => {
        $(
            #[tokio::test]
            async fn $case() {
                let store = $make;
                $crate::contract::$case(std::sync::Arc::new(store)).await;
            }
        )*
    };
}

fn put(key: &str, expect: Expect, value: &str) -> Write {
    Write {
        key: key.into(),
        expect,
        value: Some(Bytes::copy_from_slice(value.as_bytes())),
    }
}

fn delete(key: &str, revision: Revision) -> Write {
    Write {
        key: key.into(),
        expect: Expect::Modified(revision),
        value: None,
    }
}

async fn create(store: &dyn Store, key: &str, value: &str) -> Revision {
    store
        .commit(vec![put(key, Expect::Absent, value)])
        .await
        .expect("key is free")
}

async fn update(store: &dyn Store, key: &str, revision: Revision, value: &str) -> Revision {
    store
        .commit(vec![put(key, Expect::Modified(revision), value)])
        .await
        .expect("revision is current")
}

fn under(prefix: &str) -> Range {
    Range {
        prefix: prefix.into(),
        ..Range::default()
    }
}

async fn keys(store: &dyn Store, range: Range, at: Option<Revision>) -> Vec<String> {
    let listing = store.list(range, at).await.expect("list");
    listing.records.iter().map(|record| record.key.to_string()).collect()
}

async fn next(watch: &mut Watch) -> Vec<Change> {
    watch.next().await.expect("watch goes on").expect("watch is well")
}

/// Reads until `count` changes came; how they were batched is the store's business.
async fn collect(watch: &mut Watch, count: usize) -> Vec<Change> {
    let mut changes = Vec::new();
    while changes.len() < count {
        changes.extend(next(watch).await);
    }
    changes
}

pub async fn created_record_is_read_back_with_its_revisions(store: Arc<dyn Store>) {
    let revision = create(&*store, "/a/1", "one").await;
    let record = store.get("/a/1", None).await.expect("get").expect("present");
    assert_eq!(&*record.value, b"one");
    assert_eq!((record.created, record.modified), (revision, revision));
    assert_eq!(store.revision(), revision);
    assert!(store.get("/a/2", None).await.expect("get").is_none());
}

pub async fn creation_of_an_existing_key_is_a_conflict(store: Arc<dyn Store>) {
    let revision = create(&*store, "/a/1", "one").await;
    let error = store
        .commit(vec![put("/a/1", Expect::Absent, "two")])
        .await
        .expect_err("exists");
    assert!(matches!(error, CommitError::Conflict { index: 0, found: Some(found) } if found.modified == revision));
    assert_eq!(store.revision(), revision, "a refused commit takes no revision");
}

pub async fn update_with_a_stale_revision_is_a_conflict_that_shows_what_is_there(store: Arc<dyn Store>) {
    let first = create(&*store, "/a/1", "one").await;
    let second = update(&*store, "/a/1", first, "two").await;
    let error = store
        .commit(vec![put("/a/1", Expect::Modified(first), "three")])
        .await
        .expect_err("stale");
    assert!(matches!(error, CommitError::Conflict { found: Some(found), .. } if found.modified == second));
    let error = store
        .commit(vec![put("/a/2", Expect::Modified(first), "x")])
        .await
        .expect_err("absent");
    assert!(matches!(error, CommitError::Conflict { found: None, .. }));
}

pub async fn update_keeps_the_creation_revision(store: Arc<dyn Store>) {
    let first = create(&*store, "/a/1", "one").await;
    let second = update(&*store, "/a/1", first, "two").await;
    let record = store.get("/a/1", None).await.expect("get").expect("present");
    assert_eq!((record.created, record.modified), (first, second));
}

pub async fn delete_removes_and_expects_its_revision(store: Arc<dyn Store>) {
    let first = create(&*store, "/a/1", "one").await;
    let second = update(&*store, "/a/1", first, "two").await;
    assert!(store.commit(vec![delete("/a/1", first)]).await.is_err());
    store.commit(vec![delete("/a/1", second)]).await.expect("current");
    assert!(store.get("/a/1", None).await.expect("get").is_none());
    let again = create(&*store, "/a/1", "new").await;
    let record = store.get("/a/1", None).await.expect("get").expect("present");
    assert_eq!(record.created, again, "a new life has a new creation revision");
}

pub async fn commit_of_several_writes_is_all_or_nothing(store: Arc<dyn Store>) {
    create(&*store, "/a/1", "one").await;
    let writes = vec![put("/a/2", Expect::Absent, "two"), put("/a/1", Expect::Absent, "clash")];
    let error = store.commit(writes).await.expect_err("second write clashes");
    assert!(matches!(error, CommitError::Conflict { index: 1, .. }));
    assert!(store.get("/a/2", None).await.expect("get").is_none());

    let writes = vec![put("/a/2", Expect::Absent, "two"), put("/a/3", Expect::Absent, "three")];
    let revision = store.commit(writes).await.expect("both are free");
    for key in ["/a/2", "/a/3"] {
        assert_eq!(
            store.get(key, None).await.expect("get").expect("present").modified,
            revision
        );
    }
}

pub async fn revisions_grow_by_one_per_commit(store: Arc<dyn Store>) {
    let start = store.revision();
    for number in 1..=5 {
        let revision = create(&*store, &format!("/a/{number}"), "x").await;
        assert_eq!(revision, Revision(start.0 + number));
    }
}

pub async fn list_is_in_key_order_and_stays_in_its_prefix(store: Arc<dyn Store>) {
    for key in ["/b/1", "/a/3", "/a/1", "/ab/1", "/a/2"] {
        create(&*store, key, key).await;
    }
    assert_eq!(keys(&*store, under("/a/"), None).await, ["/a/1", "/a/2", "/a/3"]);
    assert_eq!(keys(&*store, under("/c/"), None).await, Vec::<String>::new());
}

pub async fn list_pages_and_counts_what_remains(store: Arc<dyn Store>) {
    for number in 0..5 {
        create(&*store, &format!("/a/{number}"), "x").await;
    }
    let range = Range {
        prefix: "/a/".into(),
        after: Some("/a/1".into()),
        limit: Some(2),
    };
    let page = store.list(range, None).await.expect("list");
    let found: Vec<&str> = page.records.iter().map(|record| &*record.key).collect();
    assert_eq!((found, page.remaining), (vec!["/a/2", "/a/3"], 1));
}

pub async fn list_at_an_older_revision_shows_the_past(store: Arc<dyn Store>) {
    let one = create(&*store, "/a/1", "one").await;
    let two = create(&*store, "/a/2", "two").await;
    update(&*store, "/a/1", one, "uno").await;
    store.commit(vec![delete("/a/2", two)]).await.expect("current");
    create(&*store, "/a/3", "three").await;

    let past = store.list(under("/a/"), Some(two)).await.expect("list");
    let found: Vec<(&str, &[u8])> = past
        .records
        .iter()
        .map(|record| (&*record.key, &*record.value))
        .collect();
    assert_eq!(found, [("/a/1", &b"one"[..]), ("/a/2", &b"two"[..])]);
    assert_eq!(past.revision, two);
}

pub async fn get_at_an_older_revision_shows_the_past(store: Arc<dyn Store>) {
    let one = create(&*store, "/a/1", "one").await;
    let two = update(&*store, "/a/1", one, "two").await;
    update(&*store, "/a/1", two, "three").await;
    let value = |at| {
        let store = store.clone();
        async move {
            store
                .get("/a/1", Some(at))
                .await
                .expect("get")
                .map(|record| record.value)
        }
    };
    assert_eq!(value(one).await.as_deref(), Some(&b"one"[..]));
    assert_eq!(value(two).await.as_deref(), Some(&b"two"[..]));
    assert_eq!(value(Revision(one.0 - 1)).await, None);
}

pub async fn future_revision_is_refused(store: Arc<dyn Store>) {
    let newest = create(&*store, "/a/1", "one").await;
    let future = Some(Revision(newest.0 + 1));
    assert!(matches!(store.get("/a/1", future).await, Err(ReadError::Future { .. })));
    assert!(matches!(
        store.list(under("/a/"), future).await,
        Err(ReadError::Future { .. })
    ));
}

pub async fn compacted_revision_is_refused(store: Arc<dyn Store>) {
    let one = create(&*store, "/a/1", "one").await;
    let two = update(&*store, "/a/1", one, "two").await;
    let three = update(&*store, "/a/1", two, "three").await;
    store.compact(two).await.expect("compact");
    assert!(matches!(
        store.list(under("/a/"), Some(one)).await,
        Err(ReadError::Compacted { .. })
    ));
    assert_eq!(keys(&*store, under("/a/"), Some(two)).await, ["/a/1"]);
    assert_eq!(
        store.get("/a/1", None).await.expect("get").expect("present").modified,
        three
    );
}

pub async fn watch_replays_history_and_goes_on_live(store: Arc<dyn Store>) {
    let one = create(&*store, "/a/1", "one").await;
    let two = create(&*store, "/a/2", "two").await;
    let mut watch = store.watch("/a/", one).await.expect("watch");
    let three = create(&*store, "/a/3", "three").await;
    let seen: Vec<Revision> = collect(&mut watch, 2)
        .await
        .iter()
        .map(|change| change.revision)
        .collect();
    assert_eq!(seen, [two, three]);
}

pub async fn watch_sees_previous_records(store: Arc<dyn Store>) {
    let mut watch = store.watch("/a/", store.revision()).await.expect("watch");
    let one = create(&*store, "/a/1", "one").await;
    let two = update(&*store, "/a/1", one, "two").await;
    store.commit(vec![delete("/a/1", two)]).await.expect("current");
    let changes = collect(&mut watch, 3).await;
    let value = |record: &Option<crate::Record>| record.as_ref().map(|record| record.value.clone());
    let seen: Vec<_> = changes
        .iter()
        .map(|change| (value(&change.previous), value(&change.current)))
        .collect();
    let (one, two) = (Bytes::from_static(b"one"), Bytes::from_static(b"two"));
    assert_eq!(
        seen,
        [
            (None, Some(one.clone())),
            (Some(one), Some(two.clone())),
            (Some(two), None)
        ]
    );
}

pub async fn watch_of_a_prefix_sees_only_that_prefix(store: Arc<dyn Store>) {
    let mut watch = store.watch("/a/", store.revision()).await.expect("watch");
    create(&*store, "/b/1", "x").await;
    create(&*store, "/ab/1", "x").await;
    let mine = create(&*store, "/a/1", "x").await;
    let changes = next(&mut watch).await;
    assert_eq!(changes.iter().map(|change| change.revision).collect::<Vec<_>>(), [mine]);
    assert!(watch.next().now_or_never().is_none(), "nothing else is on its way");
}

pub async fn watch_from_a_compacted_revision_is_refused(store: Arc<dyn Store>) {
    let one = create(&*store, "/a/1", "one").await;
    let two = create(&*store, "/a/2", "two").await;
    store.compact(two).await.expect("compact");
    assert!(matches!(
        store.watch("/a/", one).await,
        Err(WatchError::Compacted { .. })
    ));
    let watch = store.watch("/a/", two).await;
    assert!(watch.is_ok(), "nothing is missing after the compacted revision");
}

pub async fn watch_keeps_the_order_of_concurrent_commits(store: Arc<dyn Store>) {
    const WRITERS: usize = 8;
    const EACH: usize = 25;
    let mut watch = store.watch("/a/", store.revision()).await.expect("watch");
    let writers = (0..WRITERS).map(|writer| {
        let store = store.clone();
        tokio::spawn(async move {
            for number in 0..EACH {
                create(&*store, &format!("/a/{writer}-{number}"), "x").await;
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.expect("writer");
    }
    let changes = collect(&mut watch, WRITERS * EACH).await;
    let revisions: Vec<u64> = changes.iter().map(|change| change.revision.0).collect();
    assert!(
        revisions.windows(2).all(|pair| pair[0] + 1 == pair[1]),
        "every revision once, in order"
    );
}

pub async fn slow_watcher_is_dropped_and_told(store: Arc<dyn Store>) {
    let mut watch = store.watch("/a/", store.revision()).await.expect("watch");
    let mut revision = create(&*store, "/a/1", "x").await;
    for _ in 0..4200 {
        revision = update(&*store, "/a/1", revision, "x").await;
    }
    let end = loop {
        match watch.next().await.expect("an error comes before the end") {
            Ok(_) => continue,
            Err(error) => break error,
        }
    };
    assert!(matches!(end, WatchError::Lagged));
    assert!(watch.next().await.is_none());
}

pub async fn history_is_read_in_pieces_that_never_split_a_commit(store: Arc<dyn Store>) {
    let start = create(&*store, "/a/0", "0").await;
    for number in 1..=5 {
        let pair = ["/a", "/b"].map(|prefix| put(&format!("{prefix}/{number}"), Expect::Absent, "x"));
        store.commit(pair.to_vec()).await.expect("keys are free");
    }
    let (mut from, mut seen) = (start, Vec::new());
    while from < store.revision() {
        let past = store.changes("/a/", from, 3).await.expect("history");
        assert!(past.complete_to > from, "each piece leads on");
        seen.extend(
            past.changes
                .into_iter()
                .map(|change| (change.revision, change.key.to_string())),
        );
        from = past.complete_to;
    }
    let wanted: Vec<_> = (1..=5)
        .map(|number| (Revision(start.0 + number), format!("/a/{number}")))
        .collect();
    assert_eq!(seen, wanted);
    let nothing = store.changes("/a/", from, 3).await.expect("history");
    assert_eq!((nothing.changes.len(), nothing.complete_to), (0, store.revision()));
    store.compact(from).await.expect("compacts");
    let gone = store.changes("/a/", start, 3).await;
    assert!(matches!(gone, Err(WatchError::Compacted { .. })), "{gone:?}");
}

pub async fn pages_at_an_older_revision_show_its_keys_once(store: Arc<dyn Store>) {
    let mut at = Revision(0);
    for key in ["/a/1", "/a/3", "/a/5", "/a/7"] {
        at = create(&*store, key, "then").await;
    }
    let third = store.get("/a/3", None).await.expect("get").expect("present").modified;
    store.commit(vec![delete("/a/3", third)]).await.expect("delete");
    create(&*store, "/a/2", "now").await;
    create(&*store, "/a/3", "now").await;
    update(&*store, "/a/7", at, "now").await;

    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let range = Range {
            after: after.take(),
            limit: Some(1),
            ..under("/a/")
        };
        let page = store.list(range, Some(at)).await.expect("list");
        let record = page.records.first().expect("a record");
        seen.push((record.key.to_string(), record.value.clone(), page.remaining));
        after = Some(record.key.to_string());
        if page.remaining == 0 {
            break;
        }
    }
    let then = Bytes::from_static(b"then");
    let wanted = ["/a/1", "/a/3", "/a/5", "/a/7"].into_iter().zip([3, 2, 1, 0]);
    assert_eq!(
        seen,
        wanted
            .map(|(key, remaining)| (key.to_owned(), then.clone(), remaining))
            .collect::<Vec<_>>()
    );
}
