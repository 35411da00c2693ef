//! What waits, as an append-only journal.
//!
//! A row says that runs were queued, or that one left the queue without a record of its own. A queued run that has a
//! `run.json` has left the queue too. Rows are JSON lines; a torn last line is cut off on opening.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

use domain::task::{RunId, TaskId};
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::atomic::{self, Durability};
use super::{Layout, StorageError};

/// One row of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum QueueRow {
    /// Runs wait, in this order, behind those that wait already.
    Enqueued {
        /// Their experiment.
        experiment: String,
        /// Task folder and run number.
        runs: Vec<(String, u32)>,
        /// When.
        at_ms: Timestamp,
    },
}

/// A run that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedRun {
    /// The run.
    pub id: RunId,
    /// Since when.
    pub at_ms: Timestamp,
}

/// The open journal.
#[derive(Debug)]
pub struct QueueJournal {
    path: PathBuf,
    file: File,
}

impl QueueJournal {
    /// Opens the journal, keeps the rows of runs for which `still_waits` holds, and returns those in order.
    ///
    /// The file is rewritten without the others, so it never grows beyond one life of the server.
    pub fn open(
        layout: &Layout,
        still_waits: impl Fn(&RunId) -> bool,
    ) -> Result<(Self, Vec<QueuedRun>), StorageError> {
        let path = layout.queue();
        let text = match fs::read(&path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            Err(error) => return Err(StorageError::read(&path)(error)),
        };
        let mut waiting: Vec<QueuedRun> = Vec::new();
        for line in text.lines() {
            let Ok(QueueRow::Enqueued {
                experiment,
                runs,
                at_ms,
            }) = serde_json::from_str(line)
            else {
                // Rows are written whole; only the last one can be torn, and then its submission was never confirmed.
                tracing::error!(line, path = %path.display(), "skipped a damaged row of the queue's journal");
                continue;
            };
            for (task, number) in runs {
                let id = RunId {
                    task: TaskId {
                        experiment: experiment.clone(),
                        task,
                    },
                    number,
                };
                if still_waits(&id) {
                    waiting.push(QueuedRun { id, at_ms });
                }
            }
        }
        let rows: Vec<u8> = waiting
            .iter()
            .flat_map(|run| line(&row_of(std::slice::from_ref(run))))
            .collect();
        atomic::write(&path, &rows, Durability::Disk)?;
        let file = OpenOptions::new()
            .append(true)
            .open(&path)
            .map_err(StorageError::write(&path))?;
        Ok((Self { path, file }, waiting))
    }

    /// Notes that runs of one experiment wait from now on; durable when it returns.
    pub fn enqueue(&mut self, runs: &[QueuedRun]) -> Result<(), StorageError> {
        let bytes: Vec<u8> = runs
            .chunk_by(|a, b| a.id.task.experiment == b.id.task.experiment && a.at_ms == b.at_ms)
            .flat_map(|chunk| line(&row_of(chunk)))
            .collect();
        let append = |file: &mut File| {
            file.write_all(&bytes)?;
            file.sync_data()
        };
        append(&mut self.file).map_err(StorageError::write(&self.path))
    }
}

fn row_of(runs: &[QueuedRun]) -> QueueRow {
    QueueRow::Enqueued {
        experiment: runs
            .first()
            .map(|run| run.id.task.experiment.clone())
            .unwrap_or_default(),
        runs: runs
            .iter()
            .map(|run| (run.id.task.task.clone(), run.id.number))
            .collect(),
        at_ms: runs.first().map_or(Timestamp(0), |run| run.at_ms),
    }
}

fn line(row: &QueueRow) -> Vec<u8> {
    let mut bytes = serde_json::to_vec(row).expect("rows have text keys");
    bytes.push(b'\n');
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(task: &str, number: u32) -> QueuedRun {
        QueuedRun {
            id: RunId {
                task: TaskId {
                    experiment: "e".to_owned(),
                    task: task.to_owned(),
                },
                number,
            },
            at_ms: Timestamp(5),
        }
    }

    #[test]
    fn the_journal_survives_a_torn_last_line_and_keeps_the_order() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        fs::create_dir_all(layout.state_dir()).unwrap();
        let (mut journal, waiting) = QueueJournal::open(&layout, |_| true).unwrap();
        assert!(waiting.is_empty());
        journal.enqueue(&[run("b", 1), run("a", 1)]).unwrap();
        journal.enqueue(&[run("a", 2)]).unwrap();
        let mut text = fs::read(layout.queue()).unwrap();
        text.extend_from_slice(br#"{"op":"enqueued","exper"#);
        fs::write(layout.queue(), text).unwrap();
        let (_, waiting) = QueueJournal::open(&layout, |id| id.number == 1).unwrap();
        assert_eq!(waiting, [run("b", 1), run("a", 1)]);
        let (_, waiting) = QueueJournal::open(&layout, |_| true).unwrap();
        assert_eq!(
            waiting,
            [run("b", 1), run("a", 1)],
            "the file was rewritten without the others"
        );
    }
}
