use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use futures::StreamExt;
use tokio::fs::{File, OpenOptions};
use tokio::io::AsyncWriteExt;

use crate::context::MAX_CONTEXT_BYTES;

/// A larger upload is refused: no context of more bytes is built, and it lies on this disk until its build is over.
const MAX_UPLOAD_BYTES: u64 = MAX_CONTEXT_BYTES;
/// An upload of which nothing comes for so long has broken off.
const STALLED: Duration = Duration::from_secs(60);
/// The whole upload, and one that is not whole yet.
const COMPLETE: &str = "upload";
const PARTIAL: &str = "upload.part";

/// Why a build has no upload.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UploadError {
    #[error("the upload broke off after {bytes} bytes: {source}; start the build again")]
    BrokenOff { bytes: u64, source: axum::Error },
    #[error("the client went away while it uploaded; start the build again")]
    Abandoned,
    #[error("nothing of the upload came for {} seconds; start the build again", STALLED.as_secs())]
    Stalled,
    #[error(
        "the upload is larger than {} GiB; leave out what the build does not need",
        MAX_UPLOAD_BYTES / (1024 * 1024 * 1024)
    )]
    TooLarge,
    #[error("cannot keep the upload on this machine: {0}")]
    Io(#[from] io::Error),
}

/// The upload of one build, beside its logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UploadFile {
    directory: PathBuf,
}

impl UploadFile {
    pub fn in_directory(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
        }
    }

    /// Was the whole upload received?
    pub fn is_complete(&self) -> io::Result<bool> {
        self.path().try_exists()
    }

    pub fn path(&self) -> PathBuf {
        self.directory.join(COMPLETE)
    }

    /// Takes in the whole stream. Returns when it is on disk; until then there is no upload.
    pub async fn receive(&self, content: Body) -> Result<(), UploadError> {
        let partial = self.directory.join(PARTIAL);
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&partial)
            .await?;
        write(&mut file, content).await?;
        file.flush().await?;
        file.sync_all().await?;
        tokio::fs::rename(&partial, self.path()).await?;
        Ok(File::open(&self.directory).await?.sync_all().await?)
    }

    /// Takes away whatever was received.
    pub fn remove(&self) -> io::Result<()> {
        for name in [COMPLETE, PARTIAL] {
            match std::fs::remove_file(self.directory.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

async fn write(file: &mut File, content: Body) -> Result<(), UploadError> {
    // What a client announces is believed, so that nothing of an upload that is too large is kept.
    if content.size_hint().lower() > MAX_UPLOAD_BYTES {
        return Err(UploadError::TooLarge);
    }
    let mut pieces = content.into_data_stream();
    let mut bytes = 0;
    loop {
        let piece = match tokio::time::timeout(STALLED, pieces.next()).await {
            Err(_) => return Err(UploadError::Stalled),
            Ok(None) => return Ok(()),
            Ok(Some(Err(source))) => return Err(UploadError::BrokenOff { bytes, source }),
            Ok(Some(Ok(piece))) => piece,
        };
        bytes += piece.len() as u64;
        if bytes > MAX_UPLOAD_BYTES {
            return Err(UploadError::TooLarge);
        }
        file.write_all(&piece).await?;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Error;

    use bytes::Bytes;
    use futures::stream;

    use super::*;

    fn file() -> (tempfile::TempDir, UploadFile) {
        let directory = tempfile::tempdir().unwrap();
        let file = UploadFile::in_directory(directory.path());
        (directory, file)
    }

    #[tokio::test]
    async fn an_upload_is_there_when_all_of_it_has_come() {
        let (_directory, file) = file();
        assert!(!file.is_complete().unwrap());
        file.receive(Body::from("all of it")).await.unwrap();
        assert!(file.is_complete().unwrap());
        assert_eq!(std::fs::read(file.path()).unwrap(), b"all of it");
        file.remove().unwrap();
        file.remove().unwrap();
        assert!(!file.is_complete().unwrap());
    }

    #[tokio::test]
    async fn half_an_upload_is_none() {
        let (directory, file) = file();
        let pieces = [Ok(Bytes::from("half")), Err(Error::from(io::ErrorKind::UnexpectedEof))];
        let refused = file.receive(Body::from_stream(stream::iter(pieces))).await.unwrap_err();
        assert!(matches!(refused, UploadError::BrokenOff { bytes: 4, .. }), "{refused}");
        assert!(!file.is_complete().unwrap());
        file.remove().unwrap();
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn an_upload_that_stands_still_is_given_up() {
        let (_directory, file) = file();
        let never = stream::pending::<Result<Bytes, Error>>();
        let refused = file.receive(Body::from_stream(never)).await.unwrap_err();
        assert!(matches!(refused, UploadError::Stalled), "{refused}");
    }

    #[tokio::test]
    async fn what_is_announced_too_large_is_not_read() {
        let (_directory, file) = file();
        let refused = file.receive(Body::new(Huge)).await.unwrap_err();
        assert!(matches!(refused, UploadError::TooLarge), "{refused}");
    }

    /// A body that must not be read.
    struct Huge;

    impl HttpBody for Huge {
        type Data = Bytes;
        type Error = Error;

        fn poll_frame(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Error>>> {
            panic!("somebody reads an upload that is too large")
        }

        fn size_hint(&self) -> http_body::SizeHint {
            http_body::SizeHint::with_exact(MAX_UPLOAD_BYTES + 1)
        }
    }
}
