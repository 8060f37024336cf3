//! What every blob store promises. Each test runs against each implementation.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use futures::StreamExt;
use weir_blobstore::{
    BlobStore, BlobStream, DiskStore, DiskStoreConfig, IngestError, LinkError, LinkKind, MemoryStore, ReadError,
    UPLOAD_LIFETIME, Upload,
};
use weir_oci::{Algorithm, Digest, RepositoryName};

/// A store and whatever it needs to live.
struct Fixture {
    store: Arc<dyn BlobStore>,
    _directory: Option<tempfile::TempDir>,
}

fn memory() -> Fixture {
    Fixture {
        store: Arc::new(MemoryStore::new()),
        _directory: None,
    }
}

fn disk() -> Fixture {
    let directory = tempfile::TempDir::new().unwrap();
    let config = DiskStoreConfig {
        directory: directory.path().into(),
        max_blob_bytes: 1 << 30,
    };
    Fixture {
        store: Arc::new(DiskStore::open(config).unwrap()),
        _directory: Some(directory),
    }
}

macro_rules! contract {
    ($($test:ident),* $(,)?) => {
        mod memory_store { $(#[tokio::test] async fn $test() { super::$test(&*super::memory().store).await })* }
        mod disk_store { $(#[tokio::test] async fn $test() { let fixture = super::disk(); super::$test(&*fixture.store).await })* }
    };
}

contract!(
    an_upload_in_pieces_becomes_a_blob,
    content_of_every_size_is_read_back,
    sha512_is_as_good_as_sha256,
    the_wrong_digest_ends_the_upload,
    an_upload_continues_only_where_it_stands,
    what_arrived_before_the_sender_broke_off_is_kept,
    an_upload_belongs_to_its_repository,
    a_cancelled_upload_is_gone,
    an_upload_is_written_by_one_request_at_a_time,
    ranges_are_read_exactly_and_checked,
    links_belong_to_a_repository_and_a_kind,
    only_blobs_that_are_here_can_be_linked,
    small_content_is_put_with_its_link,
    a_deleted_blob_is_gone_and_can_come_back,
    idle_uploads_are_swept,
);

fn repository(name: &str) -> RepositoryName {
    name.parse().unwrap()
}

fn content(pieces: &[&'static [u8]]) -> BlobStream {
    let pieces: Vec<_> = pieces.iter().map(|piece| Ok(Bytes::from_static(piece))).collect();
    futures::stream::iter(pieces).boxed()
}

async fn upload(store: &dyn BlobStore, bytes: Bytes) -> Digest {
    let upload = store.start_upload(&repository("ns/app")).await.unwrap();
    let digest = Digest::sha256_of(&bytes);
    store
        .append(&upload, None, futures::stream::iter([Ok(bytes)]).boxed())
        .await
        .unwrap();
    store.finish_upload(&upload, &digest).await.unwrap();
    digest
}

async fn read(store: &dyn BlobStore, digest: &Digest) -> Bytes {
    store.open(digest, None).await.unwrap().collect().await.unwrap()
}

async fn an_upload_in_pieces_becomes_a_blob(store: &dyn BlobStore) {
    let app = repository("ns/app");
    let upload = store.start_upload(&app).await.unwrap();
    assert_eq!(store.upload_offset(&upload).await.unwrap(), 0);
    assert_eq!(
        store
            .append(&upload, Some(0), content(&[b"hel", b"lo "]))
            .await
            .unwrap(),
        6
    );
    assert_eq!(store.append(&upload, None, content(&[b"world"])).await.unwrap(), 11);
    let digest = Digest::sha256_of(b"hello world");
    assert_eq!(store.stat(&digest).await.unwrap(), None);
    assert_eq!(store.finish_upload(&upload, &digest).await.unwrap(), 11);
    assert_eq!(store.stat(&digest).await.unwrap(), Some(11));
    assert_eq!(read(store, &digest).await, "hello world");
    assert!(store.is_linked(&app, LinkKind::Blob, &digest).await.unwrap());
    assert!(matches!(
        store.upload_offset(&upload).await,
        Err(IngestError::UploadUnknown)
    ));
}

async fn content_of_every_size_is_read_back(store: &dyn BlobStore) {
    for size in [
        0,
        1,
        1000,
        256 * 1024 - 1,
        256 * 1024,
        256 * 1024 + 1,
        3 * 1024 * 1024 + 17,
    ] {
        let bytes: Bytes = (0..size).map(|index| (index % 251) as u8).collect();
        let digest = upload(store, bytes.clone()).await;
        let reader = store.open(&digest, None).await.unwrap();
        assert_eq!((reader.size, reader.range.clone()), (size, 0..size));
        assert!(reader.collect().await.unwrap() == bytes, "{size}");
    }
}

async fn sha512_is_as_good_as_sha256(store: &dyn BlobStore) {
    for bytes in [Bytes::from_static(b"x"), Bytes::from(vec![7; 1024 * 1024])] {
        let upload = store.start_upload(&repository("ns/app")).await.unwrap();
        let digest = Digest::of(Algorithm::Sha512, &bytes);
        store
            .append(&upload, None, futures::stream::iter([Ok(bytes.clone())]).boxed())
            .await
            .unwrap();
        store.finish_upload(&upload, &digest).await.unwrap();
        assert!(read(store, &digest).await == bytes);
    }
}

async fn the_wrong_digest_ends_the_upload(store: &dyn BlobStore) {
    let upload = store.start_upload(&repository("ns/app")).await.unwrap();
    store.append(&upload, None, content(&[b"hello"])).await.unwrap();
    let expected = Digest::sha256_of(b"other");
    let result = store.finish_upload(&upload, &expected).await;
    assert!(matches!(result, Err(IngestError::DigestMismatch { actual, .. }) if actual == Digest::sha256_of(b"hello")));
    assert_eq!(store.stat(&expected).await.unwrap(), None);
    assert_eq!(store.stat(&Digest::sha256_of(b"hello")).await.unwrap(), None);
    assert!(matches!(
        store.append(&upload, None, content(&[b"x"])).await,
        Err(IngestError::UploadUnknown)
    ));
}

async fn an_upload_continues_only_where_it_stands(store: &dyn BlobStore) {
    let upload = store.start_upload(&repository("ns/app")).await.unwrap();
    store.append(&upload, None, content(&[b"hello"])).await.unwrap();
    for given in [0, 4, 6, u64::MAX] {
        let result = store.append(&upload, Some(given), content(&[b"x"])).await;
        assert!(matches!(result, Err(IngestError::Offset { expected: 5, .. })));
    }
    assert_eq!(store.append(&upload, Some(5), content(&[b"!"])).await.unwrap(), 6);
}

async fn what_arrived_before_the_sender_broke_off_is_kept(store: &dyn BlobStore) {
    let upload = store.start_upload(&repository("ns/app")).await.unwrap();
    let broken = futures::stream::iter([Ok(Bytes::from_static(b"hello ")), Err("connection reset".to_owned())]).boxed();
    assert!(matches!(
        store.append(&upload, None, broken).await,
        Err(IngestError::Body(_))
    ));
    assert_eq!(store.upload_offset(&upload).await.unwrap(), 6);
    store.append(&upload, Some(6), content(&[b"world"])).await.unwrap();
    store
        .finish_upload(&upload, &Digest::sha256_of(b"hello world"))
        .await
        .unwrap();
}

async fn an_upload_belongs_to_its_repository(store: &dyn BlobStore) {
    let upload = store.start_upload(&repository("ns/app")).await.unwrap();
    let stolen = Upload {
        repository: repository("evil/app"),
        id: upload.id,
    };
    assert!(matches!(
        store.upload_offset(&stolen).await,
        Err(IngestError::UploadUnknown)
    ));
    assert!(matches!(
        store.append(&stolen, None, content(&[b"x"])).await,
        Err(IngestError::UploadUnknown)
    ));
    assert!(matches!(
        store.cancel_upload(&stolen).await,
        Err(IngestError::UploadUnknown)
    ));
}

async fn a_cancelled_upload_is_gone(store: &dyn BlobStore) {
    let upload = store.start_upload(&repository("ns/app")).await.unwrap();
    store.append(&upload, None, content(&[b"x"])).await.unwrap();
    store.cancel_upload(&upload).await.unwrap();
    assert!(matches!(
        store.cancel_upload(&upload).await,
        Err(IngestError::UploadUnknown)
    ));
    assert!(matches!(
        store.finish_upload(&upload, &Digest::sha256_of(b"x")).await,
        Err(IngestError::UploadUnknown)
    ));
}

async fn an_upload_is_written_by_one_request_at_a_time(store: &dyn BlobStore) {
    let upload = store.start_upload(&repository("ns/app")).await.unwrap();
    let (sender, receiver) = futures::channel::mpsc::unbounded::<Result<Bytes, String>>();
    let mut first = Box::pin(store.append(&upload, None, receiver.boxed()));
    // The first request has the upload once it waits for its content.
    while !matches!(store.upload_offset(&upload).await, Err(IngestError::UploadBusy))
        && futures::poll!(&mut first).is_pending()
    {
        if matches!(
            store.append(&upload, None, content(&[])).await,
            Err(IngestError::UploadBusy)
        ) {
            break;
        }
    }
    assert!(matches!(
        store.append(&upload, None, content(&[b"x"])).await,
        Err(IngestError::UploadBusy)
    ));
    sender.unbounded_send(Ok(Bytes::from_static(b"hello"))).unwrap();
    drop(sender);
    assert_eq!(first.await.unwrap(), 5);
}

async fn ranges_are_read_exactly_and_checked(store: &dyn BlobStore) {
    let bytes: Bytes = (0..1_000_000u32).map(|index| (index % 253) as u8).collect();
    let digest = upload(store, bytes.clone()).await;
    for range in [0..1, 5..600_000, 999_999..1_000_000, 0..1_000_000] {
        let reader = store.open(&digest, Some(range.clone())).await.unwrap();
        assert_eq!((reader.size, reader.range.clone()), (1_000_000, range.clone()));
        assert!(reader.collect().await.unwrap() == bytes.slice(range.start as usize..range.end as usize));
    }
    for range in [0..1_000_001, 1_000_000..1_000_001, 5..5] {
        assert!(matches!(
            store.open(&digest, Some(range)).await,
            Err(ReadError::Range { size: 1_000_000, .. })
        ));
    }
    assert!(matches!(
        store.open(&Digest::sha256_of(b"none"), None).await,
        Err(ReadError::Unknown)
    ));
}

async fn links_belong_to_a_repository_and_a_kind(store: &dyn BlobStore) {
    let (app, other) = (repository("ns/app"), repository("other/app"));
    let digest = upload(store, Bytes::from_static(b"layer")).await;
    assert!(!store.is_linked(&other, LinkKind::Blob, &digest).await.unwrap());
    assert!(!store.is_linked(&app, LinkKind::Manifest, &digest).await.unwrap());
    store.link(&other, LinkKind::Blob, &digest).await.unwrap();
    store.link(&other, LinkKind::Blob, &digest).await.unwrap();
    assert_eq!(store.links(&other, LinkKind::Blob).await.unwrap(), vec![digest.clone()]);
    assert!(store.unlink(&app, LinkKind::Blob, &digest).await.unwrap());
    assert!(!store.unlink(&app, LinkKind::Blob, &digest).await.unwrap());
    assert!(store.is_linked(&other, LinkKind::Blob, &digest).await.unwrap());
    assert_eq!(store.links(&app, LinkKind::Blob).await.unwrap(), []);
}

async fn only_blobs_that_are_here_can_be_linked(store: &dyn BlobStore) {
    let result = store
        .link(&repository("ns/app"), LinkKind::Blob, &Digest::sha256_of(b"none"))
        .await;
    assert!(matches!(result, Err(LinkError::BlobUnknown)));
}

async fn small_content_is_put_with_its_link(store: &dyn BlobStore) {
    let app = repository("ns/app");
    for bytes in [Bytes::from_static(b"{}"), Bytes::from(vec![b' '; 1024 * 1024])] {
        let digest = Digest::sha256_of(&bytes);
        store
            .put(&app, LinkKind::Manifest, &digest, bytes.clone())
            .await
            .unwrap();
        store
            .put(&app, LinkKind::Manifest, &digest, bytes.clone())
            .await
            .unwrap();
        assert!(read(store, &digest).await == bytes);
        assert!(store.is_linked(&app, LinkKind::Manifest, &digest).await.unwrap());
    }
    let result = store
        .put(
            &app,
            LinkKind::Manifest,
            &Digest::sha256_of(b"a"),
            Bytes::from_static(b"b"),
        )
        .await;
    assert!(matches!(result, Err(IngestError::DigestMismatch { .. })));
}

async fn a_deleted_blob_is_gone_and_can_come_back(store: &dyn BlobStore) {
    for bytes in [Bytes::from_static(b"small"), Bytes::from(vec![1; 1024 * 1024])] {
        let digest = upload(store, bytes.clone()).await;
        assert!(store.delete(&digest).await.unwrap());
        assert!(!store.delete(&digest).await.unwrap());
        assert_eq!(store.stat(&digest).await.unwrap(), None);
        assert!(matches!(store.open(&digest, None).await, Err(ReadError::Unknown)));
        assert_eq!(upload(store, bytes.clone()).await, digest);
        assert!(read(store, &digest).await == bytes);
    }
}

async fn idle_uploads_are_swept(store: &dyn BlobStore) {
    let upload = store.start_upload(&repository("ns/app")).await.unwrap();
    let now = SystemTime::now();
    assert_eq!(store.sweep(now).await.unwrap(), 0);
    assert_eq!(store.upload_offset(&upload).await.unwrap(), 0);
    assert_eq!(store.sweep(now + UPLOAD_LIFETIME).await.unwrap(), 1);
    assert!(matches!(
        store.upload_offset(&upload).await,
        Err(IngestError::UploadUnknown)
    ));
}
