//! What only the disk does: surviving restarts, torn writes and damage.

use std::os::unix::fs::FileExt;

use futures::StreamExt;
use tempfile::TempDir;

use super::*;

fn repository() -> RepositoryName {
    "ns/app".parse().unwrap()
}

fn open(directory: &TempDir) -> Result<DiskStore, OpenError> {
    DiskStore::open(DiskStoreConfig {
        directory: directory.path().into(),
        max_blob_bytes: 64 * 1024 * 1024,
    })
}

/// Waits until the writer thread has let go of the journal.
fn close(store: DiskStore) {
    let journal = Arc::downgrade(&store.shared.journal.file());
    drop(store);
    while journal.strong_count() > 0 {
        std::thread::yield_now();
    }
}

async fn upload(store: &DiskStore, content: &Bytes) -> Digest {
    let upload = store.start_upload(&repository()).await.unwrap();
    store
        .append(&upload, None, futures::stream::iter([Ok(content.clone())]).boxed())
        .await
        .unwrap();
    let digest = Digest::sha256_of(content);
    store.finish_upload(&upload, &digest).await.unwrap();
    digest
}

async fn read(store: &DiskStore, digest: &Digest) -> Result<Bytes, ReadError> {
    store.open(digest, None).await?.collect().await
}

fn large() -> Bytes {
    (0..PACKED_BYTES as u32).flat_map(u32::to_le_bytes).collect()
}

#[tokio::test]
async fn what_was_stored_is_there_after_a_restart() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory).unwrap();
    let small = upload(&store, &Bytes::from_static(b"small")).await;
    let big = upload(&store, &large()).await;
    store.unlink(&repository(), LinkKind::Blob, &small).await.unwrap();
    close(store);
    let store = open(&directory).unwrap();
    assert_eq!(read(&store, &small).await.unwrap(), "small");
    assert_eq!(read(&store, &big).await.unwrap(), large());
    assert!(store.is_linked(&repository(), LinkKind::Blob, &big).await.unwrap());
    assert!(!store.is_linked(&repository(), LinkKind::Blob, &small).await.unwrap());
}

#[tokio::test]
async fn an_upload_goes_on_after_a_restart_where_it_stood() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory).unwrap();
    let upload = store.start_upload(&repository()).await.unwrap();
    store
        .append(
            &upload,
            None,
            futures::stream::iter([Ok(Bytes::from_static(b"hello "))]).boxed(),
        )
        .await
        .unwrap();
    close(store);
    let store = open(&directory).unwrap();
    assert_eq!(store.upload_offset(&upload).await.unwrap(), 6);
    store
        .append(
            &upload,
            Some(6),
            futures::stream::iter([Ok(Bytes::from_static(b"world"))]).boxed(),
        )
        .await
        .unwrap();
    let digest = Digest::sha256_of(b"hello world");
    assert_eq!(store.finish_upload(&upload, &digest).await.unwrap(), 11);
    let stranger = Upload {
        repository: "other/app".parse().unwrap(),
        id: upload.id,
    };
    assert!(matches!(
        store.upload_offset(&stranger).await,
        Err(IngestError::UploadUnknown)
    ));
}

#[tokio::test]
async fn a_torn_end_of_the_journal_is_cut_off_at_every_length() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory).unwrap();
    let first = upload(&store, &Bytes::from_static(b"first")).await;
    let journal = directory.path().join("journal");
    let kept = std::fs::metadata(&journal).unwrap().len();
    let second = upload(&store, &Bytes::from_static(b"second")).await;
    close(store);
    let whole = std::fs::read(&journal).unwrap();
    for cut in kept as usize..whole.len() {
        std::fs::write(&journal, &whole[..cut]).unwrap();
        let store = open(&directory).unwrap();
        assert_eq!(read(&store, &first).await.unwrap(), "first");
        let found = read(&store, &second).await;
        assert!(
            matches!(&found, Err(ReadError::Unknown)) || found.unwrap() == "second",
            "cut at {cut}"
        );
        close(store);
    }
}

#[tokio::test]
async fn damage_before_valid_records_is_an_error_and_never_an_empty_store() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory).unwrap();
    upload(&store, &Bytes::from_static(b"first")).await;
    upload(&store, &Bytes::from_static(b"second")).await;
    close(store);
    let journal = directory.path().join("journal");
    let whole = std::fs::read(&journal).unwrap();
    for at in [8, 15, 30, 60] {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x40;
        std::fs::write(&journal, &damaged).unwrap();
        assert!(
            matches!(open(&directory), Err(OpenError::Damaged { offset: 8, .. })),
            "at {at}"
        );
    }
    std::fs::write(&journal, b"something else").unwrap();
    assert!(matches!(open(&directory), Err(OpenError::Format(_))));
}

#[tokio::test]
async fn a_damaged_blob_is_never_served_whole_and_is_set_aside() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory).unwrap();
    let big = upload(&store, &large()).await;
    let file = std::fs::File::options()
        .write(true)
        .open(store.shared.files.blob_path(&big))
        .unwrap();
    file.write_all_at(b"X", 700_000).unwrap();
    let mut reader = store.open(&big, None).await.unwrap();
    let (mut received, mut failure) = (0, None);
    while let Some(piece) = reader.bytes.next().await {
        match piece {
            Ok(piece) => received += piece.len(),
            Err(error) => failure = Some(error),
        }
    }
    assert!(received < large().len());
    assert!(matches!(failure, Some(ReadError::Corrupt(digest)) if digest == big));
    assert!(matches!(read(&store, &big).await, Err(ReadError::Unknown)));
    assert_eq!(std::fs::read_dir(directory.path().join("damaged")).unwrap().count(), 1);
    assert_eq!(upload(&store, &large()).await, big);
    assert_eq!(read(&store, &big).await.unwrap(), large());
}

#[tokio::test]
async fn a_blob_of_the_wrong_length_fails_before_the_first_byte() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory).unwrap();
    let big = upload(&store, &large()).await;
    let file = std::fs::File::options()
        .write(true)
        .open(store.shared.files.blob_path(&big))
        .unwrap();
    file.set_len(10).unwrap();
    assert!(matches!(store.open(&big, None).await, Err(ReadError::Corrupt(_))));
    assert!(matches!(store.open(&big, None).await, Err(ReadError::Unknown)));
}

#[tokio::test]
async fn damaged_packed_content_is_not_served() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory).unwrap();
    let small = upload(&store, &Bytes::from_static(b"some small content")).await;
    let Some(index::Place::Packed { offset, .. }) = store.shared.journal.index().place(&small) else {
        panic!("packed")
    };
    store.shared.journal.file().write_all_at(b"X", offset).unwrap();
    assert!(matches!(read(&store, &small).await, Err(ReadError::Corrupt(_))));
    assert_eq!(store.stat(&small).await.unwrap(), None);
}

#[tokio::test]
async fn a_directory_is_used_by_one_store_at_a_time() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory).unwrap();
    assert!(matches!(open(&directory), Err(OpenError::InUse(_))));
    close(store);
    assert!(open(&directory).is_ok());
}

#[tokio::test]
async fn idle_uploads_and_leftovers_are_swept_and_blobs_stay() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory).unwrap();
    let big = upload(&store, &large()).await;
    let idle = store.start_upload(&repository()).await.unwrap();
    let leftover = directory
        .path()
        .join("blobs/sha256")
        .join(Digest::sha256_of(b"x").hex());
    std::fs::write(&leftover, b"x").unwrap();
    let now = SystemTime::now();
    assert_eq!(store.sweep(now).await.unwrap(), 0);
    assert_eq!(store.sweep(now + crate::UPLOAD_LIFETIME).await.unwrap(), 2);
    assert!(matches!(
        store.upload_offset(&idle).await,
        Err(IngestError::UploadUnknown)
    ));
    assert!(!leftover.exists());
    assert_eq!(read(&store, &big).await.unwrap(), large());
}

#[tokio::test]
async fn a_finished_upload_leaves_no_file_behind() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory).unwrap();
    upload(&store, &Bytes::from_static(b"small")).await;
    upload(&store, &large()).await;
    store
        .put(&repository(), LinkKind::Manifest, &Digest::sha256_of(&large()), large())
        .await
        .unwrap();
    let wrong = store.start_upload(&repository()).await.unwrap();
    assert!(matches!(
        store.finish_upload(&wrong, &Digest::sha256_of(b"x")).await,
        Err(IngestError::DigestMismatch { .. })
    ));
    assert_eq!(std::fs::read_dir(directory.path().join("uploads")).unwrap().count(), 0);
}
