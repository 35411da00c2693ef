//! What waits, and what a person said about it, as an append-only journal.
//!
//! A row says that runs were queued or cancelled, moved in the order, or that something was paused or resumed. A queued
//! run that has a `run.json` has left the queue. Rows are JSON lines; a torn last line is cut off on opening.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

use domain::run::CancelledBy;
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
    /// Runs that waited are cancelled. Their records follow.
    Cancelled {
        /// Their experiment.
        experiment: String,
        /// Task folder and run number.
        runs: Vec<(String, u32)>,
        /// When.
        at_ms: Timestamp,
        /// Who said so.
        by: CancelledBy,
        /// Why, if a rule did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// Runs stand elsewhere in the order.
    Moved {
        /// Their experiment.
        experiment: String,
        /// Task folder, run number, and the place: milliseconds since the epoch, and the order among those.
        runs: Vec<(String, u32, i64, u64)>,
    },
    /// Something does not start any more.
    Paused {
        /// What.
        what: Pausable,
    },
    /// It starts again.
    Resumed {
        /// What.
        what: Pausable,
    },
}

/// What can be paused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Pausable {
    /// Everything.
    Queue,
    /// A sweep.
    Sweep {
        /// Its experiment.
        experiment: String,
        /// Its name.
        sweep: String,
    },
    /// A task.
    Task {
        /// Its experiment.
        experiment: String,
        /// Its folder.
        task: String,
    },
}

/// A run that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedRun {
    /// The run.
    pub id: RunId,
    /// Since when.
    pub at_ms: Timestamp,
    /// Its place among those of that millisecond.
    pub nth: u64,
}

/// A run that was cancelled while it waited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CancelledRun {
    /// The run.
    pub id: RunId,
    /// When.
    pub at_ms: Timestamp,
    /// Who said so.
    pub by: CancelledBy,
    /// Why, if a rule did.
    pub reason: Option<String>,
}

/// What is known of a run outside the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Nothing: there is no such task any more.
    Gone,
    /// It has no record yet: if it was queued, it waits.
    Unrecorded,
    /// It has a record, or one of a larger number has.
    Recorded,
}

/// What the journal says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Noted {
    /// The runs that wait, in order.
    pub waiting: Vec<QueuedRun>,
    /// The runs that were cancelled and have no record yet.
    pub cancelled: Vec<CancelledRun>,
    /// Where runs were moved to.
    pub places: BTreeMap<RunId, (i64, u64)>,
    /// What is paused.
    pub paused: BTreeSet<Pausable>,
}

/// The open journal.
#[derive(Debug)]
pub struct QueueJournal {
    path: PathBuf,
    file: File,
}

impl QueueJournal {
    /// Opens the journal and returns what it says that is still of use.
    ///
    /// The file is rewritten without the rest, so it never grows beyond one life of the server.
    pub fn open(
        layout: &Layout,
        known: impl Fn(&RunId) -> Known,
    ) -> Result<(Self, Noted), StorageError> {
        let path = layout.queue();
        let text = match fs::read(&path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            Err(error) => return Err(StorageError::read(&path)(error)),
        };
        let mut rows = Vec::new();
        for line in text.lines() {
            match serde_json::from_str(line) {
                Ok(row) => rows.push(row),
                // Rows are written whole; only the last one can be torn, and then its submission was never confirmed.
                Err(_) => {
                    tracing::error!(line, path = %path.display(), "skipped a damaged row of the queue's journal");
                }
            }
        }
        let noted = Noted::of(rows, known);
        atomic::write(&path, &noted.bytes(), Durability::Disk)?;
        let file = OpenOptions::new()
            .append(true)
            .open(&path)
            .map_err(StorageError::write(&path))?;
        Ok((Self { path, file }, noted))
    }

    /// Notes rows; durable when it returns.
    pub fn note(&mut self, rows: &[QueueRow]) -> Result<(), StorageError> {
        let bytes: Vec<u8> = rows.iter().flat_map(line).collect();
        let append = |file: &mut File| {
            file.write_all(&bytes)?;
            file.sync_data()
        };
        append(&mut self.file).map_err(StorageError::write(&self.path))
    }

    /// Notes that runs wait from now on; durable when it returns.
    pub fn enqueue(&mut self, runs: &[QueuedRun]) -> Result<(), StorageError> {
        self.note(&enqueued(runs))
    }
}

impl Noted {
    /// What rows say together that is still of use.
    pub fn of(rows: impl IntoIterator<Item = QueueRow>, known: impl Fn(&RunId) -> Known) -> Self {
        let mut noted = Self::default();
        for row in rows {
            noted.take(row);
        }
        noted.keep(known);
        noted
    }

    fn take(&mut self, row: QueueRow) {
        match row {
            QueueRow::Enqueued {
                experiment,
                runs,
                at_ms,
            } => {
                // Those of one act may stand in several rows: their order goes on.
                let last = self.waiting.last().filter(|last| last.at_ms == at_ms);
                let first = last.map_or(0, |last| last.nth + 1);
                let runs = (first..).zip(runs).map(|(nth, run)| QueuedRun {
                    id: id(&experiment, run),
                    at_ms,
                    nth,
                });
                self.waiting.extend(runs);
            }
            QueueRow::Cancelled {
                experiment,
                runs,
                at_ms,
                by,
                reason,
            } => {
                let runs = runs.into_iter().map(|run| CancelledRun {
                    id: id(&experiment, run),
                    at_ms,
                    by,
                    reason: reason.clone(),
                });
                self.cancelled.extend(runs);
            }
            QueueRow::Moved { experiment, runs } => {
                let places = runs.into_iter().map(|(task, number, at_ms, sub)| {
                    (id(&experiment, (task, number)), (at_ms, sub))
                });
                self.places.extend(places);
            }
            QueueRow::Paused { what } => {
                self.paused.insert(what);
            }
            QueueRow::Resumed { what } => {
                self.paused.remove(&what);
            }
        }
    }

    /// Drops what the records know better, and what is about tasks that are gone.
    fn keep(&mut self, known: impl Fn(&RunId) -> Known) {
        let is_open = |id: &RunId| known(id) == Known::Unrecorded;
        self.cancelled.retain(|run| is_open(&run.id));
        let cancelled: BTreeSet<&RunId> = self.cancelled.iter().map(|run| &run.id).collect();
        self.waiting
            .retain(|run| is_open(&run.id) && !cancelled.contains(&run.id));
        self.places
            .retain(|run, _| is_open(run) && !cancelled.contains(run));
        self.paused.retain(|what| match what {
            Pausable::Task { experiment, task } => {
                known(&id(experiment, (task.clone(), 1))) != Known::Gone
            }
            Pausable::Queue | Pausable::Sweep { .. } => true,
        });
    }

    fn bytes(&self) -> Vec<u8> {
        let mut rows = enqueued(&self.waiting);
        rows.extend(self.cancelled.iter().map(|run| QueueRow::Cancelled {
            experiment: run.id.task.experiment.clone(),
            runs: vec![(run.id.task.task.clone(), run.id.number)],
            at_ms: run.at_ms,
            by: run.by,
            reason: run.reason.clone(),
        }));
        rows.extend(moved(
            self.places.iter().map(|(run, place)| (run.clone(), *place)),
        ));
        rows.extend(
            self.paused
                .iter()
                .map(|what| QueueRow::Paused { what: what.clone() }),
        );
        rows.iter().flat_map(line).collect()
    }
}

/// The rows that say that runs wait.
pub fn enqueued(runs: &[QueuedRun]) -> Vec<QueueRow> {
    runs.chunk_by(|a, b| a.id.task.experiment == b.id.task.experiment && a.at_ms == b.at_ms)
        .filter_map(|chunk| {
            let first = chunk.first()?;
            Some(QueueRow::Enqueued {
                experiment: first.id.task.experiment.clone(),
                runs: chunk.iter().map(|run| name(&run.id)).collect(),
                at_ms: first.at_ms,
            })
        })
        .collect()
}

/// The rows that say where runs were moved to.
pub fn moved(runs: impl Iterator<Item = (RunId, (i64, u64))>) -> Vec<QueueRow> {
    let mut by_experiment: BTreeMap<String, Vec<(String, u32, i64, u64)>> = BTreeMap::new();
    for (run, (at_ms, sub)) in runs {
        let (task, number) = name(&run);
        by_experiment
            .entry(run.task.experiment)
            .or_default()
            .push((task, number, at_ms, sub));
    }
    let row = |(experiment, runs)| QueueRow::Moved { experiment, runs };
    by_experiment.into_iter().map(row).collect()
}

fn id(experiment: &str, (task, number): (String, u32)) -> RunId {
    let task = TaskId {
        experiment: experiment.to_owned(),
        task,
    };
    RunId { task, number }
}

fn name(id: &RunId) -> (String, u32) {
    (id.task.task.clone(), id.number)
}

fn line(row: &QueueRow) -> Vec<u8> {
    let mut bytes = serde_json::to_vec(row).expect("rows have text keys");
    bytes.push(b'\n');
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(task: &str, number: u32, nth: u64) -> QueuedRun {
        QueuedRun {
            id: id("e", (task.to_owned(), number)),
            at_ms: Timestamp(5),
            nth,
        }
    }

    fn project() -> (tempfile::TempDir, Layout) {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        fs::create_dir_all(layout.state_dir()).unwrap();
        (dir, layout)
    }

    #[test]
    fn the_journal_survives_a_torn_last_line_and_keeps_the_order() {
        let (_dir, layout) = project();
        let all = |_: &RunId| Known::Unrecorded;
        let (mut journal, noted) = QueueJournal::open(&layout, all).unwrap();
        assert_eq!(noted, Noted::default());
        journal.enqueue(&[run("b", 1, 0), run("a", 1, 1)]).unwrap();
        journal.enqueue(&[run("a", 2, 2)]).unwrap();
        let mut text = fs::read(layout.queue()).unwrap();
        text.extend_from_slice(br#"{"op":"enqueued","exper"#);
        fs::write(layout.queue(), text).unwrap();
        let known = |id: &RunId| match id.number {
            1 => Known::Unrecorded,
            _ => Known::Recorded,
        };
        let (_, noted) = QueueJournal::open(&layout, known).unwrap();
        assert_eq!(noted.waiting, [run("b", 1, 0), run("a", 1, 1)]);
        let (_, noted) = QueueJournal::open(&layout, all).unwrap();
        assert_eq!(
            noted.waiting,
            [run("b", 1, 0), run("a", 1, 1)],
            "the file was rewritten without the others"
        );
    }

    #[test]
    fn what_a_person_said_survives_and_what_is_over_does_not() {
        let (_dir, layout) = project();
        let (mut journal, _) = QueueJournal::open(&layout, |_| Known::Unrecorded).unwrap();
        let task = |task: &str| Pausable::Task {
            experiment: "e".to_owned(),
            task: task.to_owned(),
        };
        let sweep = Pausable::Sweep {
            experiment: "e".to_owned(),
            sweep: "s".to_owned(),
        };
        journal
            .enqueue(&[run("a", 1, 0), run("b", 1, 1), run("c", 1, 2)])
            .unwrap();
        let mut rows = vec![
            QueueRow::Paused {
                what: Pausable::Queue,
            },
            QueueRow::Paused {
                what: sweep.clone(),
            },
            QueueRow::Resumed {
                what: Pausable::Queue,
            },
            QueueRow::Paused { what: task("a") },
            QueueRow::Paused { what: task("gone") },
            QueueRow::Cancelled {
                experiment: "e".to_owned(),
                runs: vec![("b".to_owned(), 1)],
                at_ms: Timestamp(6),
                by: CancelledBy::Rule,
                reason: Some("why".to_owned()),
            },
        ];
        let places = [(run("a", 1, 0).id, (7, 8)), (run("b", 1, 0).id, (9, 9))];
        rows.extend(moved(places.into_iter()));
        journal.note(&rows).unwrap();
        let known = |id: &RunId| match id.task.task.as_str() {
            "gone" => Known::Gone,
            "c" => Known::Recorded,
            _ => Known::Unrecorded,
        };
        for _ in 0..2 {
            let (_, noted) = QueueJournal::open(&layout, known).unwrap();
            assert_eq!(noted.waiting, [run("a", 1, 0)]);
            let cancelled = CancelledRun {
                id: run("b", 1, 0).id,
                at_ms: Timestamp(6),
                by: CancelledBy::Rule,
                reason: Some("why".to_owned()),
            };
            assert_eq!(noted.cancelled, [cancelled]);
            assert_eq!(noted.places, BTreeMap::from([(run("a", 1, 0).id, (7, 8))]));
            assert_eq!(noted.paused, BTreeSet::from([sweep.clone(), task("a")]));
        }
    }
}
