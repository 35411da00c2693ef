//! The life of one run, and of the runs that follow it in its slot.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use domain::run::{CancelledBy, Outcome, RunStatus};
use rustix::process::{Signal, WaitStatus};

use super::error_log;
use super::keeper::Keeper;
use super::watch::Watch;
use crate::process::tree::{Children, Reaped};
use crate::process::{clock, identity, signals, spawn, tree};
use crate::storage::atomic::Durability;
use crate::storage::format::{self, RunFile};
use crate::storage::layout::RunDir;
use crate::storage::lock::FileLock;
use crate::storage::{StorageError, runs};

/// How often the remains of a process tree are looked at while they are being killed: a stranger's child tells nobody here
/// of its end. This lasts for milliseconds at the end of a cancelled run only.
const TREE_CHECK: Duration = Duration::from_millis(5);

/// What was killed and is still there is killed again after this pause.
const KILL_AGAIN: Duration = Duration::from_secs(1);

/// Leftovers of a task that ended by itself get this long after SIGTERM.
const LEFTOVER_GRACE: Duration = Duration::from_secs(1);

/// Runs the task of this run folder and records how it ended; then those whose folders come through standard input, one
/// after the other, until that is closed. Nothing of a run is left when the next one begins.
///
/// # Errors
/// A record could not be read or written. A run that another supervisor has is left alone.
pub fn supervise(first: &Path) -> Result<(), StorageError> {
    // A session leader already if started by hand: harmless.
    rustix::process::setsid().ok();
    tree::become_subreaper();
    let watch = Watch::start().map_err(StorageError::write(first))?;
    let keeper = Keeper::start();
    let mut next = Some(first.to_path_buf());
    while let Some(path) = next {
        let dir = RunDir::new(path);
        match supervise_one(&dir, &watch)? {
            Some(lock) => keeper.keep(dir, lock),
            None => announce(None),
        }
        next = watch.next_run();
    }
    Ok(())
}

/// One run; its lock when its end is recorded, `None` if it is not ours to run.
fn supervise_one(dir: &RunDir, watch: &Watch) -> Result<Option<FileLock>, StorageError> {
    let Some(lock) = FileLock::try_acquire(&dir.supervisor_lock())? else {
        return Ok(None);
    };
    let mut run = runs::read(dir)?;
    if run.status != RunStatus::Starting {
        return Ok(None);
    }
    run.supervisor_pid = Some(std::process::id());
    let outcome = match start(dir, &mut run, watch) {
        Ok(pid) => {
            announce(Some(&run));
            wait_for_end(dir, &mut run, pid, watch)?
        }
        Err(reason) => Outcome::FailedToStart { reason },
    };
    finish(dir, run, outcome)?;
    Ok(Some(lock))
}

/// Starts the process and records that it runs; the reason if that is impossible.
fn start(dir: &RunDir, run: &mut RunFile, watch: &Watch) -> Result<u32, String> {
    // Nobody knows yet that this run is ours: a request that is here already was meant for the one before.
    watch.take_cancel();
    let log = runs::open_log(dir).map_err(|error| error.to_string())?;
    let child = spawn::task(run, &log).map_err(|error| explain_start(run, &error))?;
    let pid = child.id();
    run.process = Some(identity::of(pid));
    run.started_at_ms = Some(clock::now());
    run.status = RunStatus::Running;
    if let Err(error) = runs::write(dir, run, Durability::Process) {
        signals::send_to_group(pid, Signal::KILL);
        return Err(error.to_string());
    }
    Ok(pid)
}

fn explain_start(run: &RunFile, error: &std::io::Error) -> String {
    let program = run.command.first().map_or("", String::as_str);
    if !Path::new(&run.working_dir).is_dir() {
        return format!("the working directory `{}` does not exist", run.working_dir);
    }
    match error.kind() {
        std::io::ErrorKind::NotFound => format!("`{program}` does not exist"),
        std::io::ErrorKind::PermissionDenied => format!("`{program}` may not be executed"),
        _ => format!("`{program}`: {error}"),
    }
}

/// Waits until nothing of the task is left and says how it ended.
fn wait_for_end(
    dir: &RunDir,
    run: &mut RunFile,
    pid: u32,
    watch: &Watch,
) -> Result<Outcome, StorageError> {
    let mut cancelled = None;
    let mut kill_at: Option<Instant> = None;
    loop {
        match tree::reap_until(pid) {
            Reaped::Sought(status) => {
                let grace = if cancelled.is_some() {
                    Duration::ZERO
                } else {
                    LEFTOVER_GRACE
                };
                clear_tree(grace, watch);
                return Ok(cancelled.unwrap_or_else(|| outcome_of(status)));
            }
            Reaped::Others(Children::Left) => {}
            // The end can no longer be seen.
            Reaped::Others(Children::Gone) => return Ok(Outcome::Lost),
        }
        let (is_cancelled, is_shutdown) = (watch.take_cancel(), watch.take_shutdown());
        if is_cancelled || is_shutdown {
            if kill_at.is_some() {
                kill_at = Some(Instant::now());
            } else {
                cancelled = is_cancelled.then_some(Outcome::Cancelled {
                    by: CancelledBy::User,
                });
                signals::send_to_group(pid, Signal::TERM);
                // A stopped process gets the signal only when it continues.
                signals::send_to_group(pid, Signal::CONT);
                kill_at = Some(Instant::now() + Duration::from_secs(run.grace_period_secs));
                run.status = RunStatus::Terminating;
                runs::write(dir, run, Durability::Process)?;
                announce(Some(run));
            }
        }
        if kill_at.is_some_and(|at| Instant::now() >= at) {
            signals::send_to_group(pid, Signal::KILL);
            tree::signal_descendants(Signal::KILL);
            kill_at = Some(Instant::now() + KILL_AGAIN);
        }
        watch.wait(kill_at.map(|at| at.saturating_duration_since(Instant::now())));
    }
}

/// Ends what the task's process left behind and returns when nothing descends from this process any more.
fn clear_tree(grace: Duration, watch: &Watch) {
    let kill_at = Instant::now() + grace;
    while tree::reap() == Children::Left {
        let is_over = Instant::now() >= kill_at;
        tree::signal_descendants(if is_over { Signal::KILL } else { Signal::TERM });
        watch.wait(Some(TREE_CHECK));
    }
}

fn outcome_of(status: WaitStatus) -> Outcome {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(0), _) => Outcome::Succeeded,
        (Some(exit_code), _) => Outcome::Failed { exit_code },
        (None, Some(signal)) => Outcome::Signaled { signal },
        (None, None) => Outcome::Lost,
    }
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
fn announce(run: Option<&RunFile>) {
    let line = format::to_json(&run.map(RunFile::to_record));
    let mut out = std::io::stdout().lock();
    out.write_all(&line).and_then(|()| out.flush()).ok();
}
