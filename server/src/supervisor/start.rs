//! The start of a run: its output, its limits, its process, and the record that it runs.

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Instant;

use domain::queue::ExecutorName;
use domain::run::{Outcome, RunStatus};
use rustix::process::Signal;

use super::capture::Capture;
use super::keyboard::Keyboard;
use super::meter::Meter;
use super::pump::Pump;
use super::rules::Rules;
use super::run::Slot;
use super::warm::{self, Forked, Streams};
use crate::process::cgroup::{Cgroup, Limits};
use crate::process::settings::Settings;
use crate::process::tree::{self, Reaped};
use crate::process::warm::MARK;
use crate::process::{clock, identity, oom, signals, spawn};
use crate::storage::atomic::Durability;
use crate::storage::format::RunFile;
use crate::storage::layout::RunDir;
use crate::storage::lock::FileLock;
use crate::storage::{runs, secrets};

/// A task's process that runs, and what looks after it.
pub(super) struct Started {
    /// The leader of its session and process group; a descendant of this process.
    pub(super) pid: u32,
    /// When, by the monotonic clock.
    pub(super) at: Instant,
    /// What carries its output, unless that is the log itself.
    pub(super) pump: Option<Pump>,
    /// Its control group, if it has one.
    pub(super) cgroup: Option<Cgroup>,
    /// The conditions that end it, if there are any.
    pub(super) rules: Option<Rules>,
    /// What it uses.
    pub(super) meter: Meter,
    /// What the kernel had killed before.
    pub(super) oom_before: oom::Before,
    /// How its end is seen if it is not a child of this process.
    forked: Option<Forked>,
    /// What is typed, of a run in the foreground; the person's terminal is as it was when this is dropped.
    _keyboard: Option<Keyboard>,
}

impl Started {
    /// How it has ended, if it has; reaps whatever else has ended.
    pub(super) fn look(&self, slot: &Slot) -> Reaped {
        match &self.forked {
            None => tree::reap_until(self.pid, &slot.spared),
            Some(forked) => warm::look(forked, slot),
        }
    }

    /// Readable when it has ended; `None` if a signal tells of it.
    pub(super) fn end(&self) -> Option<BorrowedFd<'_>> {
        self.forked.as_ref().map(Forked::end)
    }
}

/// Starts the process and records that it runs; the outcome of the run if it has none. `lock` is the run's.
pub(super) fn start(
    dir: &RunDir,
    run: &mut RunFile,
    slot: &Slot,
    lock: &FileLock,
) -> Result<Started, Outcome> {
    let mut capture = match &slot.foreground {
        Some(foreground) => Capture::in_foreground(dir, foreground),
        None => Capture::open(dir, run.execution.capture.unwrap_or_default()),
    }
    .map_err(failed)?;
    let cgroup = limited(run);
    // Before the first row can be written.
    let (rules, warnings) = Rules::watch(dir, &run.stop_when);
    run.warnings.extend(warnings);
    let oom_before = oom::Before::now();
    let mut at = Instant::now();
    let mut with_secrets = run.clone();
    with_secrets.environment = secrets::environment_of(run).map_err(failed)?;
    let settings = settings(run, &capture, cgroup.as_ref());
    // Whoever finds this and no process in the record knows that there may be one all the same, and does not start another.
    lock.note(std::process::id()).map_err(failed)?;
    let (pid, forked) = if let Some(ExecutorName::Fork { .. }) = &run.execution.executor {
        let forked = fork(dir, &with_secrets, &settings, &capture, slot)?;
        // What was imported before is no part of its time.
        at = Instant::now();
        // Whatever was forked can be found by the mark when the supervisor is dead.
        run.environment.push((MARK.to_owned(), forked.mark.clone()));
        (forked.pid, Some(forked))
    } else {
        let streams = spawn::Streams {
            stdin: capture.stdin(),
            stdout: capture.stdout(),
            stderr: capture.stderr(),
        };
        let pid = spawn::task(&with_secrets, &settings, streams).map_err(failed)?;
        (pid, None)
    };
    let meter = Meter::start(at);
    run.process = Some(identity::of(pid));
    run.started_at_ms = Some(clock::now());
    run.status = RunStatus::Running;
    let kill = |reason: String| {
        signals::send_to_group(pid, Signal::KILL);
        failed(reason)
    };
    // A run of which no record says that it runs could be started twice.
    runs::write(dir, run, Durability::Process).map_err(|error| kill(error.to_string()))?;
    let keyboard = capture
        .take_keyboard()
        .map_err(|error| kill(error.to_string()))?;
    let pump = capture.carry().map_err(|error| kill(error.to_string()))?;
    if let Some(forked) = &forked {
        forked.begin();
    }
    Ok(Started {
        pid,
        at,
        pump,
        cgroup,
        rules,
        meter,
        oom_before,
        forked,
        _keyboard: keyboard,
    })
}

fn failed(reason: impl ToString) -> Outcome {
    Outcome::FailedToStart {
        reason: reason.to_string(),
    }
}

fn fork(
    dir: &RunDir,
    run: &RunFile,
    settings: &Settings,
    capture: &Capture,
    slot: &Slot,
) -> Result<Forked, Outcome> {
    let nothing = File::open("/dev/null").map_err(failed)?;
    let log = runs::open_log(dir).map_err(failed)?;
    let streams = Streams {
        descriptors: [nothing.as_fd(), capture.stdout(), capture.stderr()],
        settings,
        log: log.as_fd(),
    };
    warm::fork(dir, run, &streams, slot)
}

/// What the process sets on itself before it becomes the task.
fn settings(run: &RunFile, capture: &Capture, cgroup: Option<&Cgroup>) -> Settings {
    Settings {
        nice: run.execution.nice,
        umask: run.execution.umask,
        limits: run.execution.limits.clone(),
        cgroup: cgroup.map(|group| group.folder().to_path_buf()),
        terminal: capture.is_terminal(),
        input: capture.is_terminal() && capture.stdin().is_some(),
    }
}

/// The control group of a run whose resources are to be enforced. Where none can be made the run goes on, and says so.
fn limited(run: &mut RunFile) -> Option<Cgroup> {
    let limits = Limits {
        memory_bytes: run.resources.memory_mb.saturating_mul(1024 * 1024),
        cpus: run.resources.cpus,
    };
    if run.execution.enforce != Some(true) || limits.is_empty() {
        return None;
    }
    // A supervisor has one run at a time.
    match Cgroup::create(&format!("runyard-{}", std::process::id()), &limits) {
        Ok(group) => Some(group),
        Err(error) => {
            run.warnings.push(format!(
                "its memory and processors are not limited: {error}"
            ));
            None
        }
    }
}
