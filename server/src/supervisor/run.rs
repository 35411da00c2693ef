//! The life of one run, and of the runs that follow it in its slot.

use std::io::Write;
use std::path::Path;

use domain::run::{Outcome, RunStatus};

use super::keeper::Keeper;
use super::watch::Watch;
use super::{ending, error_log, start};
use crate::process::tree::Spared;
use crate::process::{clock, tree};
use crate::storage::atomic::Durability;
use crate::storage::format::{self, RunFile};
use crate::storage::layout::RunDir;
use crate::storage::lock::FileLock;
use crate::storage::{StorageError, runs};

/// What the runs of a slot share.
pub(super) struct Slot {
    /// What wakes the supervisor.
    pub(super) watch: Watch,
    /// The child that outlives runs, if there is one.
    pub(super) spared: Spared,
}

/// Runs the task of this run folder and records how it ended; then those whose folders come through standard input, one
/// after the other, until that is closed. Nothing of a run is left when the next one begins.
///
/// # Errors
/// A record could not be read or written. A run that another supervisor has is left alone.
pub fn supervise(first: &Path) -> Result<(), StorageError> {
    // A session leader already if started by hand: harmless.
    rustix::process::setsid().ok();
    tree::become_subreaper();
    let slot = Slot {
        watch: Watch::start().map_err(StorageError::write(first))?,
        spared: Spared::default(),
    };
    let keeper = Keeper::start();
    let mut next = Some(first.to_path_buf());
    while let Some(path) = next {
        let dir = RunDir::new(path);
        match supervise_one(&dir, &slot)? {
            Some(lock) => keeper.keep(dir, lock),
            None => announce(None),
        }
        next = slot.watch.next_run();
    }
    Ok(())
}

/// One run; its lock when its end is recorded, `None` if it is not ours to run.
fn supervise_one(dir: &RunDir, slot: &Slot) -> Result<Option<FileLock>, StorageError> {
    let Some(lock) = FileLock::try_acquire(&dir.supervisor_lock())? else {
        return Ok(None);
    };
    let mut run = runs::read(dir)?;
    if run.status != RunStatus::Starting {
        return Ok(None);
    }
    run.supervisor_pid = Some(std::process::id());
    // Nobody knows yet that this run is ours: a request that is here already was meant for the one before.
    slot.watch.take_cancel();
    let outcome = match start::start(dir, &mut run, slot) {
        Ok(started) => {
            announce(Some(&run));
            ending::wait_for_end(dir, &mut run, &started, slot)?
        }
        Err(reason) => Outcome::FailedToStart { reason },
    };
    finish(dir, run, outcome)?;
    Ok(Some(lock))
}

/// Records the end and tells the news: the slot is free before the disk has answered.
fn finish(dir: &RunDir, mut run: RunFile, outcome: Outcome) -> Result<(), StorageError> {
    run.ended_at_ms = Some(clock::now());
    if !outcome.is_success() {
        run.error_line = error_log::write(dir, &outcome);
    }
    run.status = RunStatus::Finished;
    run.outcome = Some(outcome);
    runs::write(dir, &run, Durability::Process)?;
    announce(Some(&run));
    Ok(())
}

/// Tells the server what the record says now; nothing, if the run is not ours. The server may be gone, and then nobody
/// needs to know.
pub(super) fn announce(run: Option<&RunFile>) {
    let line = format::to_json(&run.map(RunFile::to_record));
    let mut out = std::io::stdout().lock();
    out.write_all(&line).and_then(|()| out.flush()).ok();
}
