//! Finding the truth about a run whose server has died.

use domain::run::{Outcome, RunStatus};
use rustix::process::Signal;

use super::prepare::RUN_DIR_VARIABLE;
use crate::process::{clock, identity, signals, tree, warm};
use crate::storage::atomic::Durability;
use crate::storage::format::RunFile;
use crate::storage::layout::RunDir;
use crate::storage::lock::FileLock;
use crate::storage::{StorageError, runs};

/// What became of a run.
#[derive(Debug)]
pub enum Adoption {
    /// Its supervisor lives and goes on.
    Alive(RunFile),
    /// It has ended; the record says how.
    Settled(RunFile),
    /// Its process was never started: it waits again.
    NeverStarted(RunFile),
}

/// Looks at a run. The supervisor's lock decides: a supervisor that has not come to it yet will find it taken while
/// this function holds it, or the record settled afterwards, and will not start anything.
pub fn adopt(dir: &RunDir) -> Result<Adoption, StorageError> {
    let Some(lock) = FileLock::try_acquire(&dir.supervisor_lock())? else {
        return Ok(Adoption::Alive(runs::read(dir)?));
    };
    let mut file = runs::read(dir)?;
    if file.status.is_terminal() {
        return Ok(Adoption::Settled(file));
    }
    if file.process.is_none() {
        // An interpreter that was importing for it may be stuck.
        tree::kill_marked(warm::MARK, &dir.path().to_string_lossy());
        let Some(supervisor) = lock.noted() else {
            return Ok(Adoption::NeverStarted(file));
        };
        // Its supervisor died between the start and the record of it, or right before: nobody knows, so it is not started again.
        file.supervisor_pid = Some(supervisor);
    }
    if let Some(process) = file
        .process
        .as_ref()
        .filter(|process| identity::is_alive(process))
    {
        // Nobody could record its end: better no process than one nobody answers for.
        signals::send_to_group(process.pid, Signal::KILL);
    }
    // What left the group carries the folder of this run in its environment, or the mark of what it was forked from.
    let is_mark = |(name, _): &&(String, String)| name == RUN_DIR_VARIABLE || name == warm::MARK;
    for (name, value) in file.environment.iter().filter(is_mark) {
        tree::kill_marked(name, value);
    }
    let mut file = mark(dir, file, Outcome::Lost);
    // Whatever wrote to it is gone: this is how far it came.
    file.log_bytes = runs::log_bytes(dir);
    runs::write(dir, &file, Durability::Disk)?;
    Ok(Adoption::Settled(file))
}

/// The record with an end; the caller writes it.
pub fn mark(_dir: &RunDir, file: RunFile, outcome: Outcome) -> RunFile {
    RunFile {
        status: RunStatus::Finished,
        outcome: Some(outcome),
        ended_at_ms: Some(clock::now()),
        ..file
    }
}
