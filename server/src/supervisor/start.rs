//! The start of a run: its process, and the record that it runs.

use std::fs::File;
use std::path::Path;

use domain::run::RunStatus;
use rustix::process::Signal;

use super::run::Slot;
use crate::process::{clock, identity, signals, spawn};
use crate::storage::atomic::Durability;
use crate::storage::format::RunFile;
use crate::storage::layout::RunDir;
use crate::storage::{runs, secrets};

/// A task's process that runs.
pub(super) struct Started {
    /// The leader of its session and process group; a child of this process.
    pub(super) pid: u32,
}

/// Starts the process and records that it runs; the reason if that is impossible.
pub(super) fn start(dir: &RunDir, run: &mut RunFile, slot: &Slot) -> Result<Started, String> {
    let log = runs::open_log(dir).map_err(|error| error.to_string())?;
    let mut with_secrets = run.clone();
    with_secrets.environment = secrets::environment_of(run).map_err(|error| error.to_string())?;
    let started = start_process(&with_secrets, &log, slot)?;
    run.process = Some(identity::of(started.pid));
    run.started_at_ms = Some(clock::now());
    run.status = RunStatus::Running;
    if let Err(error) = runs::write(dir, run, Durability::Process) {
        signals::send_to_group(started.pid, Signal::KILL);
        return Err(error.to_string());
    }
    Ok(started)
}

/// The one place that knows how a process comes to be: what executes a run is told apart here.
fn start_process(run: &RunFile, log: &File, _slot: &Slot) -> Result<Started, String> {
    let child = spawn::task(run, log).map_err(|error| explain_start(run, &error))?;
    Ok(Started { pid: child.id() })
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
