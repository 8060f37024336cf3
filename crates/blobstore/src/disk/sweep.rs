use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use weir_oci::{Algorithm, Digest};

use super::Shared;
use super::files::blocking;
use crate::{StorageError, UPLOAD_LIFETIME};

/// A blob's file gets its record within milliseconds. What has none after this was left by a crash.
const LEFTOVER_AGE: Duration = Duration::from_secs(60 * 60);

/// Removes uploads that nobody continues, and blob files that the journal does not name.
pub(super) async fn sweep(shared: &Arc<Shared>, now: SystemTime) -> Result<usize, StorageError> {
    let busy: HashSet<PathBuf> = shared.uploads.busy().into_iter().collect();
    let directory = shared.uploads.directory().to_path_buf();
    let expired = blocking("sweeping uploads", move || {
        let expired = older_than(&directory, now, UPLOAD_LIFETIME)?;
        remove(expired.into_iter().filter(|path| !busy.contains(path)))
    })
    .await?;
    shared.uploads.forget_idle(&expired);
    let leftovers = sweep_leftovers(shared, now).await?;
    Ok(expired.len() + leftovers)
}

async fn sweep_leftovers(shared: &Arc<Shared>, now: SystemTime) -> Result<usize, StorageError> {
    // Nobody is between naming a file and writing it down while this is held.
    let _placing = shared.placement.write().await;
    let shared = shared.clone();
    blocking("sweeping blobs", move || {
        let mut removed = 0;
        for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
            let old = older_than(&shared.files.blobs_of(algorithm), now, LEFTOVER_AGE)?;
            let unknown = old.into_iter().filter(|path| {
                let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                let digest: Option<Digest> = format!("{algorithm}:{name}").parse().ok();
                !digest.is_some_and(|digest| {
                    shared
                        .journal
                        .index()
                        .place(&digest)
                        .is_some_and(|place| place.is_file())
                })
            });
            removed += remove(unknown)?.len();
        }
        Ok(removed)
    })
    .await
}

fn older_than(directory: &Path, now: SystemTime, age: Duration) -> io::Result<Vec<PathBuf>> {
    let mut old = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let modified = match entry.metadata() {
            Ok(metadata) => metadata.modified()?,
            // It went away while we looked.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        if now.duration_since(modified).unwrap_or_default() >= age {
            old.push(entry.path());
        }
    }
    Ok(old)
}

fn remove(paths: impl Iterator<Item = PathBuf>) -> io::Result<Vec<PathBuf>> {
    let mut removed = Vec::new();
    for path in paths {
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => removed.push(path),
        }
    }
    Ok(removed)
}
