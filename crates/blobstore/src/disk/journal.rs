use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, RwLock, RwLockReadGuard};

use tokio::sync::{mpsc, oneshot};
use weir_oci::Algorithm;

use super::files::BlobDirectories;
use super::index::Index;
use super::record::Record;
use crate::StorageError;

/// Commits that wait for the writer. Each may hold packed content, so this bounds memory too (about 32 MiB).
const WAITING: usize = 128;
/// What one flush takes together. Small enough that nobody waits long for others' bytes.
const BATCH_BYTES: usize = 8 * 1024 * 1024;

/// The journal: one writer thread appends what everybody wants to commit, and flushes once for all who wait.
pub(super) struct Journal {
    jobs: mpsc::Sender<Job>,
    file: Arc<File>,
    index: Arc<RwLock<Index>>,
}

struct Job {
    records: Vec<Record>,
    /// A file got a name in this directory, which must be durable before the journal says so.
    new_name: Option<Algorithm>,
    done: oneshot::Sender<Result<(), StorageError>>,
}

struct Writer {
    file: Arc<File>,
    index: Arc<RwLock<Index>>,
    directories: BlobDirectories,
    end: u64,
    /// After a failed flush the kernel may have dropped what was written; nothing more is promised.
    stopped: bool,
}

impl Journal {
    pub(super) fn start(file: File, index: Index, end: u64, directories: BlobDirectories) -> io::Result<Journal> {
        let file = Arc::new(file);
        let index = Arc::new(RwLock::new(index));
        let (jobs, waiting) = mpsc::channel(WAITING);
        let writer = Writer {
            file: file.clone(),
            index: index.clone(),
            directories,
            end,
            stopped: false,
        };
        std::thread::Builder::new()
            .name("blob-journal".into())
            .spawn(move || writer.run(waiting))?;
        Ok(Journal { jobs, file, index })
    }

    /// Makes records durable, all or nothing as far as one torn write allows: later ones never without earlier ones.
    pub(super) async fn commit(&self, records: Vec<Record>, new_name: Option<Algorithm>) -> Result<(), StorageError> {
        let (done, result) = oneshot::channel();
        self.jobs
            .send(Job {
                records,
                new_name,
                done,
            })
            .await
            .map_err(|_| StorageError::Stopped)?;
        result.await.map_err(|_| StorageError::Stopped)?
    }

    pub(super) fn index(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// The file, to read packed content from.
    pub(super) fn file(&self) -> Arc<File> {
        self.file.clone()
    }
}

impl Writer {
    /// Ends when the store is dropped.
    fn run(mut self, mut waiting: mpsc::Receiver<Job>) {
        while let Some(first) = waiting.blocking_recv() {
            let mut batch = vec![first];
            let mut bytes = size(&batch[0]);
            while bytes < BATCH_BYTES {
                let Ok(job) = waiting.try_recv() else { break };
                bytes += size(&job);
                batch.push(job);
            }
            let result = self.write(&batch);
            if let Err(error) = &result {
                tracing::error!(%error, "the blob journal cannot be written");
            }
            for job in batch {
                // Whoever gave up waiting does not need the answer.
                let _ = job.done.send(result.clone());
            }
        }
    }

    fn write(&mut self, batch: &[Job]) -> Result<(), StorageError> {
        if self.stopped {
            return Err(StorageError::Stopped);
        }
        for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
            if batch.iter().any(|job| job.new_name == Some(algorithm)) {
                self.or_stop(self.directories.sync(algorithm), "flushing the blob directory")?;
            }
        }
        let records = || batch.iter().flat_map(|job| &job.records);
        let mut buffer = Vec::new();
        let contents: Vec<usize> = records().map(|record| record.encode(&mut buffer)).collect();
        if let Err(error) = self.file.write_all_at(&buffer, self.end) {
            self.or_stop(
                self.file.set_len(self.end),
                "cutting an unfinished record off the journal",
            )?;
            return Err(StorageError::io("writing the journal")(error));
        }
        self.or_stop(self.file.sync_data(), "flushing the journal")?;
        let mut index = self.index.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        for (record, content) in records().zip(contents) {
            index.apply(record, self.end + content as u64);
        }
        self.end += buffer.len() as u64;
        Ok(())
    }

    fn or_stop(&mut self, result: io::Result<()>, doing: &'static str) -> Result<(), StorageError> {
        self.stopped |= result.is_err();
        result.map_err(StorageError::io(doing))
    }
}

fn size(job: &Job) -> usize {
    let content = |record: &Record| match record {
        Record::Packed { content, .. } => content.len(),
        _ => 0,
    };
    job.records.iter().map(content).sum()
}
