use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use rusqlite::{Connection, OpenFlags, params};
use weir_store::{Change, Record, RestoredChange, Revision};

/// Written into the file's header, so that a foreign SQLite file is refused and not taken for an empty store.
const APPLICATION_ID: i64 = 0x5745_4952;
/// Version of the tables below. In format 1 entries had no number of their own, and most of them lay outside of their page.
const FORMAT: i64 = 2;
/// Some usual objects fit in one page, so that a group of commits fills few of them.
const PAGE: i64 = 8 << 10;
/// Bits of an entry's number that tell the changes of one commit apart.
const ORDINAL_BITS: i64 = 16;
/// Changes of one commit at most.
pub(crate) const COMMIT_CHANGES: usize = 1 << ORDINAL_BITS;

const FROM_FORMAT_1: &str = "
    INSERT INTO change SELECT revision << 16 | ordinal, key, created, value FROM entry ORDER BY revision, ordinal;
    DROP TABLE entry;";

/// Why a data directory cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(
        "the data directory {directory} is in use by another process (pid {pid}); stop it or choose another --data-dir"
    )]
    InUse { directory: PathBuf, pid: String },
    #[error("the data directory's {path} cannot be opened: {source}")]
    Directory { path: PathBuf, source: std::io::Error },
    #[error("{path} is not a store of this program; move it away or choose another --data-dir")]
    Foreign { path: PathBuf },
    #[error(
        "{path} was written by a newer version (format {found}, this one reads up to {FORMAT}); use that version again"
    )]
    Newer { path: PathBuf, found: i64 },
    #[error("{path} is damaged: {detail}; restore it from a backup")]
    Damaged { path: PathBuf, detail: String },
    #[error("{path}: {source}")]
    Sqlite { path: PathBuf, source: rusqlite::Error },
}

/// The SQLite file. Only the writer thread uses it after the start.
pub(crate) struct Database {
    connection: Connection,
}

/// Everything the file holds, in revision order.
pub(crate) struct Loaded {
    pub(crate) revision: Revision,
    pub(crate) compacted: Revision,
    pub(crate) changes: Vec<RestoredChange>,
}

/// One row to delete: history that nobody can ask for any more.
pub(crate) type Garbage = (Arc<str>, Revision);

impl Database {
    pub(crate) fn open(path: &Path) -> Result<Self, OpenError> {
        let sqlite = |source| OpenError::Sqlite {
            path: path.to_owned(),
            source,
        };
        create_private(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(sqlite)?;
        let database = Self { connection };
        let found = database.format(path)?;
        database.prepare(found).map_err(sqlite)?;
        Ok(database)
    }

    /// The format of the tables; `None` when there are none yet.
    fn format(&self, path: &Path) -> Result<Option<i64>, OpenError> {
        let sqlite = |source| OpenError::Sqlite {
            path: path.to_owned(),
            source,
        };
        let read = |pragma| {
            self.connection
                .pragma_query_value(None, pragma, |row| row.get::<_, i64>(0))
                .map_err(sqlite)
        };
        let tables: i64 = self
            .connection
            .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
            .map_err(|source| match source.sqlite_error_code() {
                Some(rusqlite::ErrorCode::NotADatabase) => OpenError::Foreign { path: path.to_owned() },
                _ => OpenError::Sqlite {
                    path: path.to_owned(),
                    source,
                },
            })?;
        if tables > 0 && read("application_id")? != APPLICATION_ID {
            return Err(OpenError::Foreign { path: path.to_owned() });
        }
        match read("user_version")? {
            found if found > FORMAT => Err(OpenError::Newer {
                path: path.to_owned(),
                found,
            }),
            found => Ok((tables > 0).then_some(found)),
        }
    }

    /// `page_size` and `auto_vacuum` must be set before the first table; the checkpoint is run by the writer at quiet
    /// moments.
    fn prepare(&self, found: Option<i64>) -> Result<(), rusqlite::Error> {
        let upgrade = if found == Some(1) { FROM_FORMAT_1 } else { "" };
        self.connection.execute_batch(&format!(
            "PRAGMA page_size = {PAGE};
             PRAGMA auto_vacuum = INCREMENTAL;
             PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA wal_autocheckpoint = 0;
             PRAGMA locking_mode = EXCLUSIVE;
             PRAGMA cache_size = -4096;
             BEGIN IMMEDIATE;
             CREATE TABLE IF NOT EXISTS change (
                 number  INTEGER PRIMARY KEY,
                 key     TEXT    NOT NULL,
                 created INTEGER NOT NULL,
                 value   BLOB
             );
             CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
             {upgrade}
             PRAGMA application_id = {APPLICATION_ID};
             PRAGMA user_version = {FORMAT};
             COMMIT;"
        ))
    }

    pub(crate) fn load(&self, path: &Path) -> Result<Loaded, OpenError> {
        let sqlite = |source| OpenError::Sqlite {
            path: path.to_owned(),
            source,
        };
        let revision = self.meta("revision").map_err(sqlite)?;
        let compacted = self.meta("compacted").map_err(sqlite)?;
        let mut statement = self
            .connection
            .prepare("SELECT number, key, created, value FROM change ORDER BY number")
            .map_err(sqlite)?;
        let rows = statement.query_map([], restored).map_err(sqlite)?;
        let changes = rows
            .collect::<Result<Vec<_>, _>>()
            .map_err(|source| match source.sqlite_error_code() {
                Some(rusqlite::ErrorCode::DatabaseCorrupt) => OpenError::Damaged {
                    path: path.to_owned(),
                    detail: source.to_string(),
                },
                _ => OpenError::Sqlite {
                    path: path.to_owned(),
                    source,
                },
            })?;
        Ok(Loaded {
            revision,
            compacted,
            changes,
        })
    }

    fn meta(&self, name: &str) -> Result<Revision, rusqlite::Error> {
        let found = self
            .connection
            .query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| {
                row.get::<_, i64>(0)
            });
        match found {
            Ok(value) => Ok(Revision(value as u64)),
            Err(rusqlite::Error::QueryReturnedNoRows) => Ok(Revision(0)),
            Err(error) => Err(error),
        }
    }

    /// Writes all changes and drops the garbage in one transaction. Durable when it returns.
    pub(crate) fn write(
        &mut self,
        changes: &[Change],
        compacted: Revision,
        garbage: &[Garbage],
    ) -> Result<(), rusqlite::Error> {
        let transaction = self.connection.transaction()?;
        {
            let mut insert = transaction
                .prepare_cached("INSERT INTO change (number, key, created, value) VALUES (?1, ?2, ?3, ?4)")?;
            for (ordinal, change) in ordinals(changes) {
                let created = change.current.as_ref().map_or(change.revision, |record| record.created);
                let value = change.current.as_ref().map(|record| &*record.value);
                insert.execute(params![
                    first_number(change.revision) + ordinal,
                    &*change.key,
                    created.0 as i64,
                    value
                ])?;
            }
            if !garbage.is_empty() {
                let mut delete =
                    transaction.prepare_cached("DELETE FROM change WHERE number BETWEEN ?1 AND ?2 AND key = ?3")?;
                for (key, revision) in garbage {
                    let first = first_number(*revision);
                    delete.execute(params![first, first + COMMIT_CHANGES as i64 - 1, &**key])?;
                }
                let mut floor =
                    transaction.prepare_cached("INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)")?;
                floor.execute(params!["compacted", compacted.0 as i64])?;
                // Deleting a tombstone may delete the newest row; the floor keeps its revision from being used again.
                floor.execute(params!["revision", compacted.0 as i64])?;
            }
        }
        transaction.commit()
    }

    /// Moves the log into the file. Cheap when little was written since the last time.
    pub(crate) fn checkpoint(&self) -> Result<(), rusqlite::Error> {
        self.connection
            .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
        self.connection.execute_batch("PRAGMA incremental_vacuum(256);")
    }
}

/// The number of the first change of a commit. Numbers grow with revisions, so new rows are always the last.
fn first_number(revision: Revision) -> i64 {
    (revision.0 as i64) << ORDINAL_BITS
}

/// Position of each change within its own commit.
fn ordinals(changes: &[Change]) -> impl Iterator<Item = (i64, &Change)> {
    let mut last = (Revision(0), 0);
    changes.iter().map(move |change| {
        let ordinal = if change.revision == last.0 { last.1 + 1 } else { 0 };
        last = (change.revision, ordinal);
        (ordinal, change)
    })
}

fn restored(row: &rusqlite::Row<'_>) -> Result<RestoredChange, rusqlite::Error> {
    let revision = Revision((row.get::<_, i64>(0)? >> ORDINAL_BITS) as u64);
    let key: Arc<str> = row.get_ref(1)?.as_str()?.into();
    let created = Revision(row.get::<_, i64>(2)? as u64);
    let value = row.get_ref(3)?.as_blob_or_null()?.map(Bytes::copy_from_slice);
    let current = value.map(|value| Record {
        key: key.clone(),
        value,
        created,
        modified: revision,
    });
    Ok(RestoredChange { revision, key, current })
}

/// Objects hold secrets: the file is for its owner only, from its first byte.
fn create_private(path: &Path) -> Result<(), OpenError> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = std::fs::File::options();
    options.write(true).create(true).truncate(false).mode(0o600);
    options.open(path).map(drop).map_err(|source| OpenError::Directory {
        path: path.to_owned(),
        source,
    })
}
