//! The life of one run.

use std::io::Write;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use domain::run::{CancelledBy, Outcome, RunStatus};
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, waitpid};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::iterator::Signals;

use super::error_log;
use crate::process::tree::Children;
use crate::process::{clock, identity, signals, spawn, tree};
use crate::storage::atomic::Durability;
use crate::storage::format::RunFile;
use crate::storage::layout::RunDir;
use crate::storage::lock::FileLock;
use crate::storage::{StorageError, runs};

/// What a supervisor waits for.
enum Event {
    /// The task's own process has ended.
    Ended(WaitStatus),
    /// A person asks to end the task.
    Cancel,
    /// The system asks everybody to end.
    Shutdown,
}

/// How often the remains of a process tree are looked at while they are being killed. There is no notification for
/// "the last descendant has gone", and this lasts for milliseconds at the end of a cancelled run only.
const TREE_CHECK: Duration = Duration::from_millis(5);

/// Leftovers of a task that ended by itself get this long after SIGTERM.
const LEFTOVER_GRACE: Duration = Duration::from_secs(1);

/// Runs the task of this run folder and records how it ended.
///
/// # Errors
/// The record could not be read or written. A run that another supervisor has is left alone.
pub fn supervise(run_dir: &Path) -> Result<(), StorageError> {
    // A session leader already if started by hand: harmless.
    rustix::process::setsid().ok();
    let dir = RunDir::new(run_dir);
    let Some(_lock) = FileLock::try_acquire(&dir.supervisor_lock())? else {
        return Ok(());
    };
    let mut run = runs::read(&dir)?;
    if run.status != RunStatus::Starting {
        return Ok(());
    }
    tree::become_subreaper();
    let (sender, events) = sync_channel(16);
    watch_signals(sender.clone());
    run.supervisor_pid = Some(std::process::id());
    let outcome = match start(&dir, &mut run) {
        Ok(pid) => {
            watch_exit(pid, sender);
            announce("started");
            wait_for_end(&dir, &mut run, pid, &events)?
        }
        Err(reason) => Outcome::FailedToStart { reason },
    };
    finish(&dir, run, outcome)
}

/// Starts the process and records that it runs; the reason if that is impossible.
fn start(dir: &RunDir, run: &mut RunFile) -> Result<u32, String> {
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

fn watch_exit(pid: u32, sender: SyncSender<Event>) {
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else {
        return;
    };
    thread::spawn(move || {
        loop {
            match waitpid(Some(pid), WaitOptions::empty()) {
                Ok(Some((_, status))) => {
                    // The receiver lives until the process exits.
                    sender.send(Event::Ended(status)).ok();
                    return;
                }
                Ok(None) | Err(rustix::io::Errno::INTR) => {}
                Err(_) => return,
            }
        }
    });
}

fn watch_signals(sender: SyncSender<Event>) {
    // SIGHUP is caught and ignored: the terminal that started us may close.
    let Ok(mut incoming) = Signals::new([SIGUSR1, SIGTERM, SIGINT, SIGHUP]) else {
        return;
    };
    thread::spawn(move || {
        for signal in &mut incoming {
            let event = match signal {
                SIGUSR1 => Event::Cancel,
                SIGTERM => Event::Shutdown,
                _ => continue,
            };
            if sender.send(event).is_err() {
                return;
            }
        }
    });
}

/// Waits until nothing of the task is left and says how it ended.
fn wait_for_end(
    dir: &RunDir,
    run: &mut RunFile,
    pid: u32,
    events: &Receiver<Event>,
) -> Result<Outcome, StorageError> {
    let mut cancelled = None;
    let mut kill_at: Option<Instant> = None;
    loop {
        let event = match kill_at {
            None => events.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(at) => events.recv_timeout(at.saturating_duration_since(Instant::now())),
        };
        match event {
            Ok(Event::Ended(status)) => {
                let grace = if cancelled.is_some() {
                    Duration::ZERO
                } else {
                    LEFTOVER_GRACE
                };
                clear_tree(grace);
                return Ok(cancelled.unwrap_or_else(|| outcome_of(status)));
            }
            Ok(Event::Cancel | Event::Shutdown) if kill_at.is_some() => {
                kill_at = Some(Instant::now());
            }
            Ok(request @ (Event::Cancel | Event::Shutdown)) => {
                if matches!(request, Event::Cancel) {
                    cancelled = Some(Outcome::Cancelled {
                        by: CancelledBy::User,
                    });
                }
                signals::send_to_group(pid, Signal::TERM);
                // A stopped process gets the signal only when it continues.
                signals::send_to_group(pid, Signal::CONT);
                kill_at = Some(Instant::now() + Duration::from_secs(run.grace_period_secs));
                run.status = RunStatus::Terminating;
                runs::write(dir, run, Durability::Process)?;
                announce("terminating");
            }
            Err(RecvTimeoutError::Timeout) => {
                signals::send_to_group(pid, Signal::KILL);
                tree::signal_descendants(Signal::KILL);
                kill_at = Some(Instant::now() + Duration::from_secs(1));
            }
            // Both watchers are gone: the end can no longer be seen.
            Err(RecvTimeoutError::Disconnected) => return Ok(Outcome::Lost),
        }
    }
}

/// Ends what the task's process left behind and returns when nothing descends from this process any more.
fn clear_tree(grace: Duration) {
    let kill_at = Instant::now() + grace;
    while tree::reap() == Children::Left {
        let is_over = Instant::now() >= kill_at;
        tree::signal_descendants(if is_over { Signal::KILL } else { Signal::TERM });
        thread::sleep(TREE_CHECK);
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

/// Records the end, tells the news, and then makes the record survive a power failure: the slot is free before the disk
/// has answered, and the supervisor lives until it has.
fn finish(dir: &RunDir, mut run: RunFile, outcome: Outcome) -> Result<(), StorageError> {
    run.ended_at_ms = Some(clock::now());
    if !outcome.is_success() {
        run.error_line = error_log::write(dir, &outcome);
    }
    run.status = RunStatus::Finished;
    run.outcome = Some(outcome);
    runs::write(dir, &run, Durability::Process)?;
    announce("finished");
    runs::make_durable(dir)
}

/// Tells the server to look at the record. The server may be gone, and then nobody needs to know.
fn announce(word: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{word}").and_then(|()| out.flush()).ok();
}
