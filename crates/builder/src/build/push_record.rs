use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

const FILE: &str = "push.json";

/// How far the push of a build had come: what a restarted builder has to know, so that nothing is pushed twice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "camelCase")]
pub(crate) enum PushState {
    /// The build can be run again from its start.
    #[default]
    NotBegun,
    /// Whether the registry has the image is unknown.
    Begun,
    /// It has.
    Done { digest: Option<String> },
}

/// The record of one build's push, on disk beside its logs.
#[derive(Clone, Debug)]
pub(crate) struct PushRecord {
    directory: PathBuf,
}

impl PushRecord {
    pub fn in_directory(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
        }
    }

    pub fn read(&self) -> io::Result<PushState> {
        match std::fs::read(self.directory.join(FILE)) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(io::Error::other),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(PushState::NotBegun),
            Err(error) => Err(error),
        }
    }

    /// Returns when the record is on disk, whole.
    pub fn write(&self, state: &PushState) -> io::Result<()> {
        let temporary = self.directory.join(format!("{FILE}.new"));
        let mut file = File::create(&temporary)?;
        file.write_all(&serde_json::to_vec(state).map_err(io::Error::other)?)?;
        file.sync_all()?;
        std::fs::rename(&temporary, self.directory.join(FILE))?;
        File::open(&self.directory)?.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_is_read_back() {
        let directory = tempfile::tempdir().unwrap();
        let record = PushRecord::in_directory(directory.path());
        assert_eq!(record.read().unwrap(), PushState::NotBegun);
        for state in [
            PushState::Begun,
            PushState::Done {
                digest: Some("sha256:1".into()),
            },
            PushState::Done { digest: None },
        ] {
            record.write(&state).unwrap();
            assert_eq!(record.read().unwrap(), state);
        }
    }

    #[test]
    fn broken_record_is_an_error_and_not_a_fresh_start() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join(FILE), "{").unwrap();
        assert!(PushRecord::in_directory(directory.path()).read().is_err());
    }
}
