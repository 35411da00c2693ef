//! A run's folder, ready to be started.

use std::path::Path;

use domain::command::StampedFolder;
use domain::experiment::RunFolder;
use domain::queue::CaptureMode;
use domain::run::{Outcome, RunRecord, RunStatus};
use domain::task::{RunId, Task};
use domain::time::Timestamp;

use super::gpu_environment;
use super::launch::Launcher;
use crate::process::clock;
use crate::storage::atomic::Durability;
use crate::storage::format::{FORMAT, RunFile};
use crate::storage::layout::RunDir;
use crate::storage::settings::Settings;
use crate::storage::store::Store;
use crate::storage::{Layout, StorageError, call_folders, run_folders, runs, stamped, sweeps};

/// The width that tasks are told to draw for that have no terminal, columns.
const COLUMNS: u16 = 120;

/// Names a run's folder to its task; no two runs have the same.
pub(super) const RUN_DIR_VARIABLE: &str = "RUNYARD_RUN_DIR";

/// Calls the function of a `__run__` file.
const RUNNER: &str = include_str!("runner.py");

/// Creates the folder of a run with everything in it. A failure is recorded, so that no restart tries it again.
pub(super) fn prepare(
    launcher: &Launcher,
    layout: &Layout,
    task: &Task,
    record: RunRecord,
) -> Result<RunDir, StorageError> {
    if let Some(id) = &task.snapshot {
        // Made at the submission; made again if somebody cleared it away.
        Store::new(layout).tree(id)?;
    }
    let made = if let Some(folder) = &task.run_folder {
        elsewhere(launcher, layout, task, folder, &record)
    } else if let Some(call) = &task.call {
        let id = run_id(task, &record);
        call_folders::claim(layout, &id, Path::new(&call.folder)).and_then(|dir| {
            let file = run_file(launcher, layout, task, record.clone(), &dir);
            runs::create(layout, &dir, &file, task).map(|()| dir)
        })
    } else if let Some((folder, parent)) = stamped(task) {
        let id = run_id(task, &record);
        stamped::claim(layout, &id, folder, parent, local_now()).and_then(|dir| {
            let file = run_file(launcher, layout, task, record.clone(), &dir);
            runs::create(layout, &dir, &file, task).map(|()| dir)
        })
    } else {
        let dir = layout.run(&run_id(task, &record));
        let file = run_file(launcher, layout, task, record, &dir);
        return runs::create(layout, &dir, &file, task).map(|()| dir);
    };
    made.inspect_err(|error| {
        let failed = RunRecord {
            status: RunStatus::Finished,
            outcome: Some(Outcome::FailedToStart {
                reason: error.to_string(),
            }),
            ..record
        };
        if let Err(error) = record_unstarted(launcher, layout, task, failed) {
            tracing::error!(%error, "could not record a run that failed to start");
        }
    })
}

fn elsewhere(
    launcher: &Launcher,
    layout: &Layout,
    task: &Task,
    folder: &RunFolder,
    record: &RunRecord,
) -> Result<RunDir, StorageError> {
    run_folders::install_runner(layout, RUNNER)?;
    let dir = run_folders::claim(layout, &run_id(task, record), Path::new(&folder.parent))?;
    if let Some(id) = &folder.snapshot {
        Store::new(layout).copy_to(id, dir.path())?;
    }
    let file = run_file(launcher, layout, task, record.clone(), &dir);
    runs::create(layout, &dir, &file, task)?;
    Ok(dir)
}

/// The time as people's clocks show it: stamps of folders are for them.
fn local_now() -> Timestamp {
    let now = clock::now();
    let ahead_ms = i64::from(clock::local_offset_minutes(now)) * 60_000;
    Timestamp(now.as_ms().saturating_add(ahead_ms))
}

/// The stamped folder of a task whose runs stand in a base folder.
fn stamped(task: &Task) -> Option<(&StampedFolder, &Path)> {
    let folder = task.stamped_folder.as_ref()?;
    Some((folder, Path::new(folder.parent.as_deref()?)))
}

fn run_id(task: &Task, record: &RunRecord) -> RunId {
    RunId {
        task: task.id.clone(),
        number: record.number,
    }
}

/// Writes the record of a run that ended without having started.
pub(crate) fn record_unstarted(
    launcher: &Launcher,
    layout: &Layout,
    task: &Task,
    record: RunRecord,
) -> Result<(), StorageError> {
    // In its task's own folder, wherever its runs are kept otherwise, unless it got as far as having a place there.
    let dir = layout.run(&run_id(task, &record));
    let file = run_file(launcher, layout, task, record, &dir);
    runs::create(layout, &dir, &file, task)?;
    runs::write(&dir, &file, Durability::Disk)
}

fn run_file(
    launcher: &Launcher,
    layout: &Layout,
    task: &Task,
    record: RunRecord,
    dir: &RunDir,
) -> RunFile {
    let settings = launcher.settings.now();
    let execution = task.execution.over(&settings.run);
    let secrets = layout.secrets();
    let environment = environment(layout, &settings, task, &record, dir);
    RunFile {
        format: FORMAT,
        task: Some(task.id.clone()),
        number: record.number,
        status: record.status,
        outcome: record.outcome,
        queued_at_ms: record.queued_at_ms,
        started_at_ms: None,
        ended_at_ms: record.ended_at_ms,
        process: None,
        supervisor_pid: None,
        error_line: record.error_line,
        command: task.command.clone(),
        working_dir: working_dir(task, dir),
        call_folder: task.call.as_ref().map(|call| call.folder.clone()),
        environment,
        secrets_file: secrets
            .exists()
            .then(|| secrets.to_string_lossy().into_owned()),
        grace_period_secs: execution
            .grace_period_secs
            .unwrap_or(settings.grace_period_secs),
        execution,
        resources: task.policy.resources.clone(),
        allocation: record.allocation,
        time_limits: task.policy.time_limits,
        stop_when: task.policy.stop_when.clone(),
        retry: record.retry,
        usage: None,
        log_bytes: None,
        warnings: Vec::new(),
    }
}

/// A function runs in its own folder, a script where its author expects it.
fn working_dir(task: &Task, dir: &RunDir) -> String {
    match task.run_folder {
        Some(_) => dir.path().to_string_lossy().into_owned(),
        None => task.working_dir.clone(),
    }
}

/// What a task finds in its environment besides the server's own.
fn environment(
    layout: &Layout,
    settings: &Settings,
    task: &Task,
    record: &RunRecord,
    dir: &RunDir,
) -> Vec<(String, String)> {
    let allocation = &record.allocation;
    let folder = task.run_folder.as_ref();
    let config = dir.config().to_string_lossy().into_owned();
    let (columns, rows) = match task
        .execution
        .over(&settings.run)
        .capture
        .unwrap_or_default()
    {
        CaptureMode::Pty { rows, columns } => (columns, Some(rows)),
        CaptureMode::File | CaptureMode::Split => (COLUMNS, None),
    };
    let pairs = [
        ("RUNYARD_CONFIG", config.clone()),
        (RUN_DIR_VARIABLE, dir.path().to_string_lossy().into_owned()),
        (
            "RUNYARD_TASK_DIR",
            layout.task(&task.id).to_string_lossy().into_owned(),
        ),
        ("RUNYARD_RUN_INDEX", record.number.to_string()),
        // Scripts written for Pyruns find their config without a change.
        ("__PYRUNS_CONFIG__", config),
        ("PYTHONUNBUFFERED", "1".to_owned()),
        ("PYTHONIOENCODING", "utf-8".to_owned()),
        // The log is a file, so tools have to be told that it is looked at in colour.
        ("FORCE_COLOR", "1".to_owned()),
        ("CLICOLOR_FORCE", "1".to_owned()),
        ("TERM", "xterm-256color".to_owned()),
        ("COLUMNS", columns.to_string()),
    ];
    let lines = rows.map(|rows| ("LINES", rows.to_string()));
    // Functions written for expyrun find the folder that they were launched from.
    let launched = folder.map(|folder| ("EXPYRUN_CWD", folder.launch_dir.clone()));
    pairs
        .into_iter()
        .chain(lines)
        .chain(launched)
        .chain(of_experiment(task, dir))
        .chain(of_call(task))
        .chain(from_snapshot(layout, task))
        .map(|(name, value)| (name.to_owned(), value))
        .chain(gpu_environment::hidden(&settings.gpu, allocation))
        // What the person set counts more than what we set for everybody, and what they set for this task most.
        .chain(settings.environment.set.clone())
        .chain(task.environment.iter().cloned())
        // But which devices are its own is not the person's to say beside the queue.
        .chain(gpu_environment::given(&settings.gpu, allocation))
        .collect()
}

/// What programs written for EXP find: their folder, their experiment, and which of its runs they are.
fn of_experiment(task: &Task, dir: &RunDir) -> Vec<(&'static str, String)> {
    let Some(stamped) = &task.stamped_folder else {
        return Vec::new();
    };
    let (folder, run) = dir.stamped().unwrap_or((dir.path(), "run_0001"));
    vec![
        ("EXPERIMENT_WORK_DIR", folder.to_string_lossy().into_owned()),
        ("EXPERIMENT_NAME", stamped.name.clone()),
        ("EXPERIMENT_RUN_ID", run.to_owned()),
    ]
}

/// What a run of a Python experiment finds: which function is to be called, for which point, and where its results go.
fn of_call(task: &Task) -> Vec<(&'static str, String)> {
    task.call.as_ref().map_or_else(Vec::new, |call| {
        vec![
            ("RUNYARD_CALL", call.function.clone()),
            ("RUNYARD_POINT", call.point.to_string()),
            ("RUNYARD_OUTPUT_DIR", call.folder.clone()),
        ]
    })
}

/// What code finds that runs from a snapshot: the modules of its own project there, and a source that stays as it is.
fn from_snapshot(layout: &Layout, task: &Task) -> Vec<(&'static str, String)> {
    let Some(id) = &task.snapshot else {
        return Vec::new();
    };
    let tree = Store::new(layout).tree_path(id);
    let kept = sweeps::kept(layout, &task.id.experiment, &task.sweep);
    // A relative folder is one of the snapshot; joining leaves an absolute one as it is.
    let path: Vec<String> = kept
        .python_path
        .iter()
        .map(|folder| tree.join(folder).to_string_lossy().into_owned())
        .collect();
    let mut variables = vec![
        ("RUNYARD_SNAPSHOT", tree.to_string_lossy().into_owned()),
        ("PYTHONDONTWRITEBYTECODE", "1".to_owned()),
    ];
    if !path.is_empty() {
        variables.push(("PYTHONPATH", path.join(":")));
    }
    variables
}
