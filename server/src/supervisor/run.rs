//! The life of one run, and of the runs that follow it in its slot.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use domain::run::{Outcome, RunStatus};

use super::ending::{Ended, Going};
use super::foreground::Foreground;
use super::keeper::Keeper;
use super::warm::{self, WarmPlace};
use super::watch::Watch;
use super::{error_log, start};
use crate::process::tree::Spared;
use crate::process::{clock, tree};
use crate::storage::atomic::Durability;
use crate::storage::format::{self, RunFile};
use crate::storage::layout::RunDir;
use crate::storage::lock::FileLock;
use crate::storage::{StorageError, call_folders, runs};

/// A record that cannot be written is tried again after this pause, then after longer ones: nothing tells of space on a disk.
const WRITE_AGAIN: Duration = Duration::from_millis(100);
/// The longest of them.
const WRITE_AGAIN_LONGEST: Duration = Duration::from_secs(5);

/// What the runs of a slot share.
pub(super) struct Slot {
    /// What wakes the supervisor.
    pub(super) watch: Watch,
    /// The child that outlives runs, if there is one.
    pub(super) spared: Spared,
    /// The interpreter that runs are forked from, which is that child.
    pub(super) warm: WarmPlace,
    /// Where a person sees and types, if the run goes on in the foreground.
    pub(super) foreground: Option<Foreground>,
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
        warm: WarmPlace::default(),
        foreground: None,
    };
    let keeper = Keeper::start();
    // The working directory changes with each task that is started.
    let mut next = Some(std::path::absolute(first).map_err(StorageError::read(first))?);
    while let Some(path) = next {
        let dir = RunDir::new(path);
        match supervise_one(&dir, &slot)? {
            Some(lock) => keeper.keep(dir, lock),
            None => announce(None),
        }
        next = slot.watch.next_run();
    }
    warm::leave(&slot);
    Ok(())
}

/// Runs the task of this run folder in the foreground of the terminal that this process was started in.
///
/// # Errors
/// A record could not be read or written, or there is no standard output.
pub fn supervise_in_foreground(path: &Path) -> Result<(), StorageError> {
    let foreground = Foreground::take().map_err(StorageError::write(path))?;
    tree::become_subreaper();
    let slot = Slot {
        watch: Watch::start_in_foreground().map_err(StorageError::write(path))?,
        spared: Spared::default(),
        warm: WarmPlace::default(),
        foreground: Some(foreground),
    };
    let dir = RunDir::new(std::path::absolute(path).map_err(StorageError::read(path))?);
    match supervise_one(&dir, &slot)? {
        Some(lock) => Keeper::start().keep(dir, lock),
        None => announce(None),
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
    let claimed = take_call_folder(dir, &run);
    let started = match &claimed {
        Ok(_) => start::start(dir, &mut run, slot, &lock),
        Err(outcome) => Err(outcome.clone()),
    };
    let ended = match started {
        Ok(started) => {
            announce(Some(&run));
            let run = &mut run;
            Going {
                dir,
                run,
                started,
                slot,
            }
            .wait_for_end()
        }
        Err(outcome) => Ended {
            outcome,
            error_line: None,
        },
    };
    finish(dir, run, ended, slot, claimed.ok().flatten())?;
    Ok(Some(lock))
}

/// The lock of the point's folder, for a run that has one; the outcome of a run that cannot have it.
fn take_call_folder(dir: &RunDir, run: &RunFile) -> Result<Option<FileLock>, Outcome> {
    let Some(folder) = &run.call_folder else {
        return Ok(None);
    };
    let taken = call_folders::begin(dir, Path::new(folder));
    taken.map(Some).map_err(|error| Outcome::FailedToStart {
        reason: error.to_string(),
    })
}

/// Records the end and tells the news: the slot is free before the disk has answered, and so is the folder of a point, which a
/// retry may be given at once.
fn finish(
    dir: &RunDir,
    mut run: RunFile,
    ended: Ended,
    slot: &Slot,
    call_folder: Option<FileLock>,
) -> Result<(), StorageError> {
    let Ended {
        outcome,
        error_line,
    } = ended;
    run.ended_at_ms = Some(clock::now());
    if !outcome.is_success() {
        run.error_line = error_line.or_else(|| error_log::write(dir, &outcome));
    }
    run.log_bytes = runs::log_bytes(dir);
    run.status = RunStatus::Finished;
    run.outcome = Some(outcome);
    record_patiently(dir, &mut run, slot)?;
    drop(call_folder);
    announce(Some(&run));
    Ok(())
}

/// Records the end, however long that cannot be done: as long as this process lives, the end is not lost. It gives up where
/// there is no folder any more, and when the system ends everything.
fn record_patiently(dir: &RunDir, run: &mut RunFile, slot: &Slot) -> Result<(), StorageError> {
    let mut pause = WRITE_AGAIN;
    let mut has_told = false;
    loop {
        let Err(error) = runs::write(dir, run, Durability::Process) else {
            return Ok(());
        };
        if !dir.path().is_dir() || slot.watch.take_shutdown() {
            return Err(error);
        }
        if !has_told {
            tell_of_delay(run, &error);
            has_told = true;
        }
        wait_out(pause, slot);
        pause = (pause * 2).min(WRITE_AGAIN_LONGEST);
    }
}

/// The server learns that the end waits for the disk; for it the run goes on until it is recorded.
fn tell_of_delay(run: &mut RunFile, error: &StorageError) {
    let reason =
        std::error::Error::source(error).map_or_else(String::new, |source| format!(": {source}"));
    run.warnings.push(format!(
        "its end could not be recorded at once: {error}{reason}"
    ));
    let going_on = RunFile {
        status: RunStatus::Terminating,
        outcome: None,
        ended_at_ms: None,
        ..run.clone()
    };
    announce(Some(&going_on));
}

/// Lets time pass, whatever signals come; a request of the system to end cuts it short.
fn wait_out(pause: Duration, slot: &Slot) {
    let until = Instant::now() + pause;
    while Instant::now() < until && !slot.watch.is_shutdown_asked() {
        slot.watch
            .wait(Some(until.saturating_duration_since(Instant::now())));
    }
}

/// Tells the server what the record says now; nothing, if the run is not ours. The server may be gone, and then nobody
/// needs to know.
pub(super) fn announce(run: Option<&RunFile>) {
    let line = format::to_json(&run.map(RunFile::to_record));
    let mut out = std::io::stdout().lock();
    out.write_all(&line).and_then(|()| out.flush()).ok();
}
