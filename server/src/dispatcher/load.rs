//! From the files to the state, and the truth about runs whose server died.

use std::sync::Arc;

use domain::run::{Outcome, RunRecord, RunStatus};
use domain::task::{RunId, TaskId};

use super::entry::Entry;
use super::state::State;
use crate::executor::adopt::{self, Adoption};
use crate::process::clock;
use crate::scheduler::{Rules, SweepId};
use crate::storage::index::Index;
use crate::storage::queue::{Known, Noted, QueueJournal};
use crate::storage::scan::{self, StoredRuns, StoredTask, With};
use crate::storage::settings::Settings;
use crate::storage::store::Store;
use crate::storage::{Layout, StorageError, project, runs, sweeps, tasks, trash};

/// What a start finds.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) state: State,
    pub(super) journal: QueueJournal,
    /// What the journal says of the queue.
    pub(super) noted: Noted,
    /// Runs whose supervisors are alive: they are watched again.
    pub(super) adopted: Vec<RunId>,
    /// To be kept up with what happens.
    pub(super) index: Option<Index>,
}

/// Reads all files of the project. Only the holder of the project's lock may call it.
pub(super) fn load(layout: &Layout, rules: Rules) -> Result<Loaded, StorageError> {
    let mut state = State::new(rules);
    let mut adopted = Vec::new();
    Store::new(layout).clean();
    clean_trash(layout);
    let mut index = Index::open(layout)
        .inspect_err(
            |error| tracing::warn!(%error, "there is no index: every start reads all files"),
        )
        .ok();
    let experiments = project::experiments(layout)?;
    for experiment in &experiments {
        let mut with = With {
            index: &mut index,
            now: clock::now(),
            progress: &mut tell_progress,
        };
        let scan = scan::scan_with(layout, experiment, &mut with)?;
        for problem in &scan.problems {
            tracing::error!(%problem, "skipped a file that cannot be read");
        }
        for id in &scan.unfinished {
            sweeps::discard_unfinished(layout, id);
        }
        for (sweep, policy) in scan.policies {
            let experiment = experiment.clone();
            let sweep = SweepId { experiment, sweep };
            state.set_sweep_policy(&sweep, policy, clock::now());
        }
        let mut packed = scan.packed.into_iter().peekable();
        for stored in scan.tasks {
            // In their order, so that the newest task of a point is the last one.
            while let Some(packed) = packed.next_if(|packed| packed.head.is_before(&stored.task)) {
                state.insert_packed(packed);
            }
            let records = settle(layout, &stored, &mut adopted);
            state.insert(stored.task, records);
        }
        packed.for_each(|packed| state.insert_packed(packed));
    }
    if let Some(index) = &mut index
        && let Err(error) = index.keep_only(&experiments)
    {
        tracing::warn!(%error, "could not tidy the index");
    }
    let (journal, noted) = QueueJournal::open(layout, |id| known(&state, id))?;
    Ok(Loaded {
        state,
        journal,
        noted,
        adopted,
        index,
    })
}

/// What the files say of a run that the journal names.
fn known(state: &State, id: &RunId) -> Known {
    let Some(entry) = state.entry(&id.task) else {
        return Known::Gone;
    };
    // A run that a sweep's own record queued stands in the state without having a record.
    let is_recorded = |run: &RunRecord| {
        run.number > id.number || (run.number == id.number && run.status != RunStatus::Queued)
    };
    if entry.runs().iter().any(is_recorded) {
        Known::Recorded
    } else {
        Known::Unrecorded
    }
}

/// Only an index that is made anew takes so long that somebody may wonder.
fn tell_progress(read: u64) {
    if read.is_multiple_of(10_000) {
        tracing::info!(
            "read the files of {read} tasks; the index spares the next start most of them"
        );
    }
}

/// A task as a start would find it. It must not be in the state.
pub fn reload(layout: &Layout, id: &TaskId) -> Result<Option<Entry>, StorageError> {
    let Some(stored) = tasks::read_one(layout, id)? else {
        return Ok(None);
    };
    let runs = settle(layout, &stored, &mut Vec::new());
    Ok(Some(Entry::new(Arc::new(stored.task), runs)))
}

/// Finishes what was being deleted, and deletes what has been in the trash for too long. Nobody waits for it.
fn clean_trash(layout: &Layout) {
    let layout = layout.clone();
    std::thread::spawn(move || {
        // Settings that cannot be understood end a start elsewhere, with a message.
        let keep_days = Settings::read(&layout).unwrap_or_default().trash.keep_days;
        match trash::clean(&layout, keep_days, clock::now()) {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, keep_days, "deleted old tasks from the trash"),
            Err(error) => tracing::warn!(%error, "could not clean the trash"),
        }
    });
}

/// The true records of a task's runs.
fn settle(layout: &Layout, stored: &StoredTask, adopted: &mut Vec<RunId>) -> Vec<RunRecord> {
    let mut records: Vec<RunRecord> = Vec::new();
    let files = match &stored.runs {
        StoredRuns::Indexed(ended) => {
            records.clone_from(ended);
            &[][..]
        }
        StoredRuns::Read(files) => files.as_slice(),
    };
    for run in files {
        let id = RunId {
            task: stored.task.id.clone(),
            number: run.number,
        };
        if run.status.is_terminal() {
            records.push(run.to_record());
            continue;
        }
        let dir = layout.run(&id);
        match adopt::adopt(&dir) {
            Ok(Adoption::Alive(file)) => {
                records.push(file.to_record());
                adopted.push(id);
            }
            Ok(Adoption::Settled(file)) => records.push(file.to_record()),
            Ok(Adoption::NeverStarted(file)) => records.push(RunRecord {
                status: RunStatus::Queued,
                ..file.to_record()
            }),
            Err(error) => {
                tracing::error!(%id, %error, "could not settle a run of an earlier server");
                let record = run.to_record();
                records.push(RunRecord {
                    status: RunStatus::Finished,
                    outcome: Some(Outcome::Lost),
                    ..record
                });
            }
        }
    }
    if let Some(at_ms) = stored.queued_at_ms.filter(|_| stored.runs.is_empty()) {
        records.push(RunRecord::queued(1, at_ms, stored.task.command.clone()));
    }
    records
}

/// The record on disk after the supervisor has gone.
pub(super) fn read_settled(layout: &Layout, id: &RunId) -> Result<RunRecord, StorageError> {
    let dir = layout.run(id);
    match adopt::adopt(&dir)? {
        Adoption::Alive(file) | Adoption::Settled(file) | Adoption::NeverStarted(file) => {
            if file.status.is_terminal() {
                return Ok(file.to_record());
            }
            let file = adopt::mark(
                &dir,
                file,
                Outcome::FailedToStart {
                    reason: "its supervisor ended early".to_owned(),
                },
            );
            runs::write(&dir, &file, crate::storage::atomic::Durability::Disk)?;
            Ok(file.to_record())
        }
    }
}
