//! The end of a run: by itself, or by a request with its grace period; nothing of it is left.

use std::time::{Duration, Instant};

use domain::queue::StopSignal;
use domain::run::{Outcome, RunStatus};
use rustix::process::{Signal, WaitStatus};

use super::run::{Slot, announce};
use super::start::Started;
use crate::process::tree::{Children, Reaped};
use crate::process::{signals, tree};
use crate::storage::atomic::Durability;
use crate::storage::format::RunFile;
use crate::storage::layout::RunDir;
use crate::storage::{StorageError, runs};

/// How often the remains of a process tree are looked at while they are being killed: a stranger's child tells nobody here
/// of its end. This lasts for milliseconds at the end of a cancelled run only.
const TREE_CHECK: Duration = Duration::from_millis(5);

/// What was killed and is still there is killed again after this pause.
const KILL_AGAIN: Duration = Duration::from_secs(1);

/// Leftovers of a task that ended by itself get this long after SIGTERM.
const LEFTOVER_GRACE: Duration = Duration::from_secs(1);

/// Waits until nothing of the task is left and says how it ended.
pub(super) fn wait_for_end(
    dir: &RunDir,
    run: &mut RunFile,
    started: &Started,
    slot: &Slot,
) -> Result<Outcome, StorageError> {
    let (pid, watch) = (started.pid, &slot.watch);
    let mut cancelled = None;
    let mut kill_at: Option<Instant> = None;
    loop {
        match tree::reap_until(pid, &slot.spared) {
            Reaped::Sought(status) => {
                let grace = if cancelled.is_some() {
                    Duration::ZERO
                } else {
                    LEFTOVER_GRACE
                };
                clear_tree(grace, slot);
                return Ok(cancelled.unwrap_or_else(|| outcome_of(status)));
            }
            Reaped::Others(Children::Left) => {}
            // The end can no longer be seen.
            Reaped::Others(Children::Gone) => return Ok(Outcome::Lost),
        }
        let (asked, is_shutdown) = (watch.take_cancel(), watch.take_shutdown());
        if asked.is_some() || is_shutdown {
            if kill_at.is_some() {
                kill_at = Some(Instant::now());
            } else {
                cancelled = asked.map(|by| Outcome::Cancelled { by });
                signals::send_to_group(pid, stop_signal(run));
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
            tree::signal_descendants(Signal::KILL, &slot.spared);
            kill_at = Some(Instant::now() + KILL_AGAIN);
        }
        watch.wait(kill_at.map(|at| at.saturating_duration_since(Instant::now())));
    }
}

fn stop_signal(run: &RunFile) -> Signal {
    match run.execution.stop_signal.unwrap_or_default() {
        StopSignal::Term => Signal::TERM,
        StopSignal::Int => Signal::INT,
    }
}

/// Ends what the task's process left behind and returns when nothing descends from this process any more but what is spared.
fn clear_tree(grace: Duration, slot: &Slot) {
    let kill_at = Instant::now() + grace;
    while tree::reap(&slot.spared) == Children::Left {
        let is_over = Instant::now() >= kill_at;
        let signal = if is_over { Signal::KILL } else { Signal::TERM };
        tree::signal_descendants(signal, &slot.spared);
        slot.watch.wait(Some(TREE_CHECK));
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
