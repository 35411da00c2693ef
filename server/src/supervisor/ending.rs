//! The end of a run: by itself, or by a request, a time limit or a rule, with its grace period; nothing of it is left.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use domain::queue::StopSignal;
use domain::run::{Outcome, RunStatus};
use rustix::process::Signal;

use super::plan::{Act, Cause, Plan};
use super::pump::Drained;
use super::run::{Slot, announce};
use super::start::Started;
use crate::process::oom::Evidence;
use crate::process::tree::{Children, Reaped};
use crate::process::{signals, tree};
use crate::storage::atomic::Durability;
use crate::storage::format::RunFile;
use crate::storage::layout::RunDir;
use crate::storage::runs;

/// How often the remains of a process tree are looked at while they are being killed: a stranger's child tells nobody here
/// of its end. This lasts for milliseconds at the end of a cancelled run only.
const TREE_CHECK: Duration = Duration::from_millis(5);

/// Leftovers of a task that ended by itself get this long after SIGTERM.
const LEFTOVER_GRACE: Duration = Duration::from_secs(1);

/// Output that somebody still holds open when nothing of the task is left is waited for no longer than this.
const DRAIN: Duration = Duration::from_secs(2);

/// A run that goes on.
pub(super) struct Going<'a> {
    pub(super) dir: &'a RunDir,
    pub(super) run: &'a mut RunFile,
    pub(super) started: Started,
    pub(super) slot: &'a Slot,
}

/// How it ended.
pub(super) struct Ended {
    pub(super) outcome: Outcome,
    /// The line for lists, where the reason is not in the log.
    pub(super) error_line: Option<String>,
}

impl Going<'_> {
    /// Waits until nothing of the task is left and says how it ended.
    pub(super) fn wait_for_end(mut self) -> Ended {
        let limits = self.run.time_limits;
        let grace = Duration::from_secs(self.run.grace_period_secs);
        let mut plan = Plan::new(self.started.at, limits, grace);
        let status = loop {
            match self.started.look(self.slot) {
                Reaped::Sought(status) => break Some(status),
                Reaped::Others(Children::Left) => {}
                // The end can no longer be seen.
                Reaped::Others(Children::Gone) => break None,
            }
            self.take_requests(&mut plan);
            let is_unfinished = self.judge_metrics(&mut plan);
            loop {
                match plan.due(Instant::now()) {
                    Act::Wait => break,
                    act => self.act(act),
                }
            }
            let spared = &self.slot.spared;
            self.started.meter.tick(self.dir, spared, Instant::now());
            if !is_unfinished {
                self.wait(&plan);
            }
        };
        let is_killed = plan.cause().is_some();
        let grace = if is_killed {
            Duration::ZERO
        } else {
            LEFTOVER_GRACE
        };
        clear_tree(grace, self.slot);
        self.conclude(status, plan.cause())
    }

    /// Sleeps until something happens or is due.
    fn wait(&self, plan: &Plan) {
        let sample_at = self.started.meter.next();
        let next = plan.next().map_or(sample_at, |at| at.min(sample_at));
        let limit = next.saturating_duration_since(Instant::now());
        let metrics = self
            .started
            .rules
            .as_ref()
            .map(super::rules::Rules::descriptor);
        let also: Vec<_> = metrics.into_iter().chain(self.started.end()).collect();
        self.slot.watch.wait_also_for(&also, Some(limit));
    }

    fn take_requests(&mut self, plan: &mut Plan) {
        let asked = self.slot.watch.take_cancel().map(Cause::Cancelled);
        let shutdown = self.slot.watch.take_shutdown().then_some(Cause::Shutdown);
        for cause in asked.into_iter().chain(shutdown) {
            let act = plan.request(cause, Instant::now());
            self.act(act);
        }
    }

    /// True if there is more to read at once.
    fn judge_metrics(&mut self, plan: &mut Plan) -> bool {
        if plan.cause().is_some() {
            // Also closes what would wake us.
            self.started.rules = None;
        }
        let Some(rules) = &mut self.started.rules else {
            return false;
        };
        let look = rules.look();
        self.run.warnings.extend(look.given_up);
        if let Some(rule) = look.holds {
            let act = plan.request(Cause::Stopped(rule), Instant::now());
            self.act(act);
        }
        look.is_unfinished
    }

    fn act(&mut self, act: Act) {
        let pid = self.started.pid;
        match act {
            Act::Wait => {}
            Act::Ask => {
                signals::send_to_group(pid, stop_signal(self.run));
                // A stopped process gets the signal only when it continues.
                signals::send_to_group(pid, Signal::CONT);
                self.run.status = RunStatus::Terminating;
                // The record says already that it runs, and its end is what counts.
                match runs::write(self.dir, self.run, Durability::Process) {
                    Ok(()) => announce(Some(self.run)),
                    Err(error) => tracing::warn!(%error, "the record is behind"),
                }
            }
            Act::Kill => {
                if let Some(group) = &self.started.cgroup {
                    group.kill();
                }
                signals::send_to_group(pid, Signal::KILL);
                tree::signal_descendants(Signal::KILL, &self.slot.spared);
            }
        }
    }

    fn conclude(mut self, status: Option<ExitStatus>, cause: Option<&Cause>) -> Ended {
        if let Some(pump) = self.started.pump.take()
            && pump.finish(DRAIN) == Drained::Cut
        {
            let warning = "its log may lack an end: somebody else holds its output open, or it could not be written";
            self.run.warnings.push(warning.to_owned());
        }
        self.run.usage = Some(self.started.meter.summary());
        let outcome = match cause.and_then(Cause::outcome) {
            Some(outcome) => outcome,
            None => status.map_or(Outcome::Lost, |status| self.own_outcome(status)),
        };
        let error_line = match cause {
            Some(Cause::Stopped(rule)) => Some(rule.clone()),
            _ => None,
        };
        Ended {
            outcome,
            error_line,
        }
    }

    /// The outcome of a process that nobody here has ended.
    fn own_outcome(&mut self, status: ExitStatus) -> Outcome {
        let has_run_out = |started: &Started| {
            let group = started.cgroup.as_ref();
            group.is_some_and(crate::process::cgroup::Cgroup::has_run_out_of_memory)
        };
        match (status.code(), status.signal()) {
            (Some(0), _) => Outcome::Succeeded,
            (Some(exit_code), _) => Outcome::Failed { exit_code },
            (None, Some(signal)) if signal == Signal::KILL.as_raw() => {
                if has_run_out(&self.started) {
                    return Outcome::OutOfMemory;
                }
                match self.started.oom_before.judge(self.started.pid) {
                    Evidence::This => Outcome::OutOfMemory,
                    Evidence::Nothing => Outcome::Signaled { signal },
                    Evidence::Somebody => {
                        let warning = "while it ran, the kernel killed a process because memory ran out; it does not say which";
                        self.run.warnings.push(warning.to_owned());
                        Outcome::Signaled { signal }
                    }
                }
            }
            (None, Some(signal)) => Outcome::Signaled { signal },
            (None, None) => Outcome::Lost,
        }
    }
}

/// Ends what the task's process left behind and returns when nothing descends from this process any more but what is spared.
pub(super) fn clear_tree(grace: Duration, slot: &Slot) {
    let kill_at = Instant::now() + grace;
    while tree::reap(&slot.spared) == Children::Left {
        let is_over = Instant::now() >= kill_at;
        let signal = if is_over { Signal::KILL } else { Signal::TERM };
        tree::signal_descendants(signal, &slot.spared);
        slot.watch.wait(Some(TREE_CHECK));
    }
}

fn stop_signal(run: &RunFile) -> Signal {
    match run.execution.stop_signal.unwrap_or_default() {
        StopSignal::Term => Signal::TERM,
        StopSignal::Int => Signal::INT,
    }
}
