//! The start of a run: its output, its limits, its process, and the record that it runs.

use std::time::Instant;

use domain::run::RunStatus;
use rustix::process::Signal;

use super::capture::Capture;
use super::meter::Meter;
use super::pump::Pump;
use super::rules::Rules;
use super::run::Slot;
use crate::process::cgroup::{Cgroup, Limits};
use crate::process::settings::Settings;
use crate::process::{clock, identity, oom, signals, spawn};
use crate::storage::atomic::Durability;
use crate::storage::format::RunFile;
use crate::storage::layout::RunDir;
use crate::storage::{runs, secrets};

/// A task's process that runs, and what looks after it.
pub(super) struct Started {
    /// The leader of its session and process group; a child of this process.
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
}

/// Starts the process and records that it runs; the reason if that is impossible.
pub(super) fn start(dir: &RunDir, run: &mut RunFile, slot: &Slot) -> Result<Started, String> {
    let capture = Capture::open(dir, run.execution.capture.unwrap_or_default())
        .map_err(|error| error.to_string())?;
    let cgroup = limited(run);
    // Before the first row can be written.
    let (rules, warnings) = Rules::watch(dir, &run.stop_when);
    run.warnings.extend(warnings);
    let oom_before = oom::Before::now();
    let at = Instant::now();
    let meter = Meter::start(at);
    let mut with_secrets = run.clone();
    with_secrets.environment = secrets::environment_of(run).map_err(|error| error.to_string())?;
    let pid = start_process(&with_secrets, &capture, cgroup.as_ref(), slot)?;
    run.process = Some(identity::of(pid));
    run.started_at_ms = Some(clock::now());
    run.status = RunStatus::Running;
    let kill = |reason: String| {
        signals::send_to_group(pid, Signal::KILL);
        reason
    };
    // A run of which no record says that it runs could be started twice.
    runs::write(dir, run, Durability::Process).map_err(|error| kill(error.to_string()))?;
    let pump = capture.carry().map_err(|error| kill(error.to_string()))?;
    Ok(Started {
        pid,
        at,
        pump,
        cgroup,
        rules,
        meter,
        oom_before,
    })
}

/// The one place that knows how a process comes to be: what executes a run is told apart here.
fn start_process(
    run: &RunFile,
    capture: &Capture,
    cgroup: Option<&Cgroup>,
    _slot: &Slot,
) -> Result<u32, String> {
    spawn::task(
        run,
        &settings(run, capture, cgroup),
        capture.stdout(),
        capture.stderr(),
    )
}

/// What the process sets on itself before it becomes the task.
fn settings(run: &RunFile, capture: &Capture, cgroup: Option<&Cgroup>) -> Settings {
    Settings {
        nice: run.execution.nice,
        umask: run.execution.umask,
        limits: run.execution.limits.clone(),
        cgroup: cgroup.map(|group| group.folder().to_path_buf()),
        terminal: capture.is_terminal(),
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
