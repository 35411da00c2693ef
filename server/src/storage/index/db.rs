//! The rows in SQLite.

use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use domain::task::TaskId;
use rusqlite::{Connection, params};

use super::Mark;
use super::row::{Row, checksum};
use super::sweep_row::{SweepMark, SweepRow};
use crate::storage::{Layout, StorageError};

/// The shape of the tables, and of the texts in them. Another one is made anew.
const SHAPE: i64 = 2;

const TABLES: &str = "
    CREATE TABLE tasks (
        experiment TEXT NOT NULL, task TEXT NOT NULL,
        inode INTEGER NOT NULL, changed_ns INTEGER NOT NULL, runs_changed_ns INTEGER NOT NULL,
        text TEXT NOT NULL, checksum INTEGER NOT NULL,
        PRIMARY KEY (experiment, task)
    ) WITHOUT ROWID;
    CREATE TABLE sweeps (
        experiment TEXT NOT NULL, sweep TEXT NOT NULL,
        inode INTEGER NOT NULL, changed_ns INTEGER NOT NULL, bytes INTEGER NOT NULL,
        text TEXT NOT NULL, checksum INTEGER NOT NULL,
        PRIMARY KEY (experiment, sweep)
    ) WITHOUT ROWID;";

/// A row as it stands in the file.
#[derive(Clone, Debug)]
pub struct StoredRow {
    /// The task's name.
    pub task: String,
    /// What its folders looked like.
    pub mark: Mark,
    /// What is kept of it.
    pub text: Arc<str>,
    checksum: i64,
}

impl StoredRow {
    /// The row, if it is as it was written.
    pub fn open(&self, experiment: &str) -> Option<Row> {
        let id = TaskId {
            experiment: experiment.to_owned(),
            task: self.task.clone(),
        };
        let is_whole = checksum(&id, self.mark, &self.text) == self.checksum;
        is_whole.then(|| Row::from_text(id, &self.text, self.mark))?
    }
}

/// The open index. One process has it: the one that holds the project's lock.
#[derive(Debug)]
pub struct Index {
    path: PathBuf,
    db: Connection,
}

impl Index {
    /// Opens the index; one that is missing, of another shape or damaged is made anew.
    pub fn open(layout: &Layout) -> Result<Self, StorageError> {
        let path = layout.index();
        match Self::open_at(&path) {
            Ok(index) => Ok(index),
            Err(error) if is_busy(&error) => Err(failed(&path, &error)),
            Err(error) => {
                tracing::info!(%error, "the index cannot be used and is made anew from the files");
                Self::anew(layout)
            }
        }
    }

    /// Deletes the index and makes an empty one.
    pub fn anew(layout: &Layout) -> Result<Self, StorageError> {
        let path = layout.index();
        for suffix in ["", "-wal", "-shm", "-journal"] {
            let file = PathBuf::from(format!("{}{suffix}", path.display()));
            match fs::remove_file(&file) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(StorageError::write(&file)(error));
                }
                _ => {}
            }
        }
        Self::open_at(&path).map_err(|error| failed(&path, &error))
    }

    fn open_at(path: &Path) -> rusqlite::Result<Self> {
        let db = Connection::open(path)?;
        db.busy_timeout(Duration::from_secs(1))?;
        // One process has it, so no memory is shared with others: that works on network file systems, too.
        db.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        // What a power failure takes is read from the files again.
        db.pragma_update(None, "synchronous", "NORMAL")?;
        db.pragma_update(None, "temp_store", "MEMORY")?;
        let shape: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        let tables: i64 =
            db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        if tables == 0 {
            db.execute_batch(TABLES)?;
            db.pragma_update(None, "user_version", SHAPE)?;
        } else if shape != SHAPE {
            return Err(rusqlite::Error::InvalidQuery);
        }
        let path = path.to_path_buf();
        Ok(Self { path, db })
    }

    /// Every row of an experiment, as it stands: nothing is checked yet.
    pub fn rows(&self, experiment: &str) -> Result<Vec<StoredRow>, StorageError> {
        let read = || -> rusqlite::Result<Vec<StoredRow>> {
            let mut statement = self.db.prepare(
                "SELECT task, inode, changed_ns, runs_changed_ns, text, checksum
                 FROM tasks WHERE experiment = ?1",
            )?;
            let mut rows = statement.query([experiment])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let mark = Mark {
                    inode: row.get(1)?,
                    changed_ns: row.get(2)?,
                    runs_changed_ns: row.get(3)?,
                };
                found.push(StoredRow {
                    task: row.get(0)?,
                    mark,
                    text: Arc::from(row.get_ref(4)?.as_str()?),
                    checksum: row.get(5)?,
                });
            }
            Ok(found)
        };
        read().map_err(|error| failed(&self.path, &error))
    }

    /// Writes rows and forgets others, all or nothing.
    pub fn store<'a>(
        &mut self,
        rows: impl IntoIterator<Item = &'a Row>,
        gone: impl IntoIterator<Item = &'a TaskId>,
    ) -> Result<(), StorageError> {
        let write = || -> rusqlite::Result<()> {
            let transaction = self.db.transaction()?;
            {
                let mut insert = transaction
                    .prepare("INSERT OR REPLACE INTO tasks VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
                for row in rows {
                    let (id, mark, text) = (&row.task.id, row.mark, row.to_text());
                    insert.execute(params![
                        id.experiment,
                        id.task,
                        mark.inode,
                        mark.changed_ns,
                        mark.runs_changed_ns,
                        text,
                        checksum(id, mark, &text)
                    ])?;
                }
                let mut delete =
                    transaction.prepare("DELETE FROM tasks WHERE experiment = ?1 AND task = ?2")?;
                for id in gone {
                    delete.execute(params![id.experiment, id.task])?;
                }
            }
            transaction.commit()
        };
        write().map_err(|error| failed(&self.path, &error))
    }

    /// What is kept of an experiment's sweeps, by name: nothing is checked yet.
    pub fn sweeps(&self, experiment: &str) -> Result<HashMap<String, SweepRow>, StorageError> {
        let read = || -> rusqlite::Result<HashMap<String, SweepRow>> {
            let mut statement = self.db.prepare(
                "SELECT sweep, inode, changed_ns, bytes, text, checksum
                 FROM sweeps WHERE experiment = ?1",
            )?;
            let rows = statement.query_map([experiment], |row| {
                let mark = SweepMark {
                    inode: row.get(1)?,
                    changed_ns: row.get(2)?,
                    bytes: row.get(3)?,
                };
                let text = row.get(4)?;
                let checksum = row.get(5)?;
                let kept = SweepRow {
                    mark,
                    text,
                    checksum,
                };
                Ok((row.get(0)?, kept))
            })?;
            rows.collect()
        };
        read().map_err(|error| failed(&self.path, &error))
    }

    /// Keeps records of an experiment's sweeps and forgets others, all or nothing.
    pub fn store_sweeps(
        &mut self,
        experiment: &str,
        fresh: &[(String, SweepRow)],
        gone: impl Iterator<Item = String>,
    ) -> Result<(), StorageError> {
        let write = || -> rusqlite::Result<()> {
            let transaction = self.db.transaction()?;
            {
                let mut delete = transaction
                    .prepare("DELETE FROM sweeps WHERE experiment = ?1 AND sweep = ?2")?;
                for sweep in gone {
                    delete.execute([experiment, &sweep])?;
                }
                let mut insert = transaction
                    .prepare("INSERT OR REPLACE INTO sweeps VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
                for (sweep, row) in fresh {
                    let SweepMark {
                        inode,
                        changed_ns,
                        bytes,
                    } = row.mark;
                    insert.execute(params![
                        experiment,
                        sweep,
                        inode,
                        changed_ns,
                        bytes,
                        row.text,
                        row.checksum
                    ])?;
                }
            }
            transaction.commit()
        };
        write().map_err(|error| failed(&self.path, &error))
    }

    /// Forgets experiments that are not among these.
    pub fn keep_only(&mut self, experiments: &[String]) -> Result<(), StorageError> {
        let forget = || -> rusqlite::Result<()> {
            let known: Vec<String> = self
                .db
                .prepare("SELECT DISTINCT experiment FROM tasks")?
                .query_map([], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            for gone in known.iter().filter(|known| !experiments.contains(known)) {
                self.db
                    .execute("DELETE FROM tasks WHERE experiment = ?1", [gone])?;
                self.db
                    .execute("DELETE FROM sweeps WHERE experiment = ?1", [gone])?;
            }
            Ok(())
        };
        forget().map_err(|error| failed(&self.path, &error))
    }

    /// How many tasks it knows.
    pub fn count(&self) -> Result<u64, StorageError> {
        let count = self
            .db
            .query_row("SELECT count(*) FROM tasks", [], |row| row.get::<_, i64>(0));
        count
            .map(|count| u64::try_from(count).unwrap_or(0))
            .map_err(|error| failed(&self.path, &error))
    }
}

/// True if another process still has it: the one that held the project before.
fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked)
    )
}

fn failed(path: &Path, error: &rusqlite::Error) -> StorageError {
    StorageError::Damaged {
        path: path.to_path_buf(),
        message: error.to_string(),
    }
}
