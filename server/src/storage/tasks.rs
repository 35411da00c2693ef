//! What is on disk: every task with its runs.

use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;

use domain::identity::IdentityRule;
use domain::run::{Outcome, RunStatus};
use domain::task::{RunId, Task, TaskId};
use domain::time::Timestamp;

use super::atomic::{self, Durability};
use super::format::{self, FORMAT, RunFile, SweepFile, TaskFile};
use super::layout::RunDir;
use super::settings::Settings;
use super::{Layout, StorageError, identities, project, run_folders, runs, sweeps};

/// A task with all its runs, oldest first.
#[derive(Clone, Debug)]
pub struct StoredTask {
    /// The saved task.
    pub task: Task,
    /// Its runs in order.
    pub runs: Vec<RunFile>,
    /// Set if its sweep was queued as it was submitted: a task of such a sweep without any run still waits.
    pub queued_at_ms: Option<Timestamp>,
}

/// What a scan found.
#[derive(Debug, Default)]
pub struct Scan {
    /// The readable tasks, by sweep's time, then place in the sweep.
    pub tasks: Vec<StoredTask>,
    /// Task folders whose submission never happened.
    pub unfinished: Vec<TaskId>,
    /// What could not be read: each its own fault domain.
    pub problems: Vec<StorageError>,
}

/// Reads all tasks of an experiment. One damaged task or run never hides another.
pub fn scan(layout: &Layout, experiment: &str) -> Result<Scan, StorageError> {
    let mut scan = Scan::default();
    let dir = layout.tasks(experiment);
    if !dir.is_dir() {
        return Ok(scan);
    }
    let committed = sweeps::committed(layout, experiment)?;
    let rules = rules(layout, experiment, &committed);
    let entries = fs::read_dir(&dir).map_err(StorageError::read(&dir))?;
    for name in entries
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().into_string().ok())
    {
        let id = TaskId {
            experiment: experiment.to_owned(),
            task: name,
        };
        if id.task.starts_with('.') {
            scan.unfinished.push(id);
            continue;
        }
        match read(layout, &id) {
            Ok(file) => match committed.get(&file.sweep) {
                None => scan.unfinished.push(id),
                Some(sweep) => {
                    let queued_at_ms = sweep
                        .as_ref()
                        .filter(|sweep| sweep.queued)
                        .map(|sweep| sweep.created_at_ms);
                    let runs = read_runs(layout, &id, &file.former, &mut scan.problems);
                    let mut task = file.into_task(id);
                    if let (Some(sweep), Some(rule)) = (sweep, rules.get(task.sweep.as_str())) {
                        task.identity = identities::settle(layout, &task, sweep, rule);
                    }
                    scan.tasks.push(StoredTask {
                        task,
                        runs,
                        queued_at_ms,
                    });
                }
            },
            // A folder without its file, or with half of it, is what a death in the middle of a submission leaves.
            Err(StorageError::Read { source, .. }) if source.kind() == ErrorKind::NotFound => {
                scan.unfinished.push(id);
            }
            Err(StorageError::Damaged { .. }) if !committed.contains_key(sweep_of(&id)) => {
                scan.unfinished.push(id);
            }
            Err(problem) => scan.problems.push(problem),
        }
    }
    scan.tasks
        .sort_by(|a, b| order(&a.task).cmp(&order(&b.task)));
    Ok(scan)
}

/// The rule of identities in force for every sweep that can be read.
fn rules<'a>(
    layout: &Layout,
    experiment: &str,
    committed: &'a HashMap<String, Option<SweepFile>>,
) -> HashMap<&'a str, IdentityRule> {
    let Ok(file) = project::read_experiment(layout, experiment) else {
        return HashMap::new();
    };
    // Settings that cannot be understood end a start elsewhere, with a message.
    let settings = Settings::read(layout).unwrap_or_default().identity;
    let sweeps = committed.values().flatten();
    sweeps
        .map(|sweep| {
            (
                sweep.sweep.as_str(),
                identities::rule_of(sweep, &file, &settings),
            )
        })
        .collect()
}

/// The sweep that a task's name names: `<sweep>_<i>-of-<n>`.
fn sweep_of(id: &TaskId) -> &str {
    id.task
        .rsplit_once('_')
        .map_or(id.task.as_str(), |(sweep, _)| sweep)
}

fn order(task: &Task) -> (Timestamp, &str, u64) {
    (task.created_at_ms, &task.sweep, task.index)
}

fn read(layout: &Layout, id: &TaskId) -> Result<TaskFile, StorageError> {
    format::read_json(&layout.task_file(id))
}

fn read_runs(
    layout: &Layout,
    id: &TaskId,
    former: &[String],
    problems: &mut Vec<StorageError>,
) -> Vec<RunFile> {
    let Ok(entries) = fs::read_dir(layout.runs(id)) else {
        return Vec::new();
    };
    let mut found: Vec<RunFile> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(|number| {
            let run = RunId {
                task: id.clone(),
                number,
            };
            read_run(layout, &run, former).unwrap_or_else(|problem| {
                problems.push(problem);
                None
            })
        })
        .collect();
    found.sort_by_key(|run| run.number);
    found
}

/// One run's record; `None` for a folder without a record: it never started anything, and its number is taken again.
fn read_run(
    layout: &Layout,
    id: &RunId,
    former: &[String],
) -> Result<Option<RunFile>, StorageError> {
    let dir = layout.run(id);
    let is_elsewhere = run_folders::linked(layout, id).is_some();
    match runs::read(&dir) {
        // Somebody removed the folder, and another run has its name now.
        Ok(record) if is_elsewhere && !run_folders::belongs(&record, &id.task, former) => {
            Ok(Some(gone(id, &dir)))
        }
        Ok(record) => Ok(Some(record)),
        Err(StorageError::Read { source, .. }) if source.kind() == ErrorKind::NotFound => {
            Ok((is_elsewhere && !dir.path().is_dir()).then(|| gone(id, &dir)))
        }
        Err(problem) => Err(problem),
    }
}

/// What is known of a run whose folder was removed by hand: that there was one.
fn gone(id: &RunId, dir: &RunDir) -> RunFile {
    RunFile {
        format: FORMAT,
        task: Some(id.task.clone()),
        number: id.number,
        status: RunStatus::Finished,
        outcome: Some(Outcome::Lost),
        error_line: Some(format!("its folder `{}` is gone", dir.path().display())),
        ..RunFile::default()
    }
}

/// One task; `None` if it is not there, or its sweep never happened.
pub fn read_one(layout: &Layout, id: &TaskId) -> Result<Option<StoredTask>, StorageError> {
    let file = match read(layout, id) {
        Ok(file) => file,
        Err(StorageError::Read { source, .. }) if source.kind() == ErrorKind::NotFound => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let sweep = match sweeps::read(layout, &id.experiment, &file.sweep) {
        Ok(sweep) => Some(sweep),
        Err(StorageError::Read { source, .. }) if source.kind() == ErrorKind::NotFound => {
            return Ok(None);
        }
        // A record that cannot be read still says that its sweep happened.
        Err(error) => {
            tracing::error!(%error, "a sweep's record is damaged");
            None
        }
    };
    let committed = HashMap::from([(file.sweep.clone(), sweep)]);
    let rules = rules(layout, &id.experiment, &committed);
    let mut problems = Vec::new();
    let runs = read_runs(layout, id, &file.former, &mut problems);
    for problem in &problems {
        tracing::error!(%problem, "skipped a file that cannot be read");
    }
    let sweep = committed.get(&file.sweep).and_then(Option::as_ref);
    let mut task = file.into_task(id.clone());
    if let (Some(sweep), Some(rule)) = (sweep, rules.get(task.sweep.as_str())) {
        task.identity = identities::settle(layout, &task, sweep, rule);
    }
    let queued_at_ms = sweep
        .filter(|sweep| sweep.queued)
        .map(|sweep| sweep.created_at_ms);
    Ok(Some(StoredTask {
        task,
        runs,
        queued_at_ms,
    }))
}

/// Rewrites what is saved of a task. What the file says beyond the change stays, whatever the caller knows of the task.
pub fn update(
    layout: &Layout,
    id: &TaskId,
    durability: Durability,
    change: impl FnOnce(&mut TaskFile),
) -> Result<(), StorageError> {
    let mut file = read(layout, id)?;
    change(&mut file);
    atomic::write(&layout.task_file(id), &format::to_json(&file), durability)
}

/// Gives a task another name: first its file says what it was called, then one rename.
///
/// # Errors
/// [`StorageError::Write`] with [`ErrorKind::AlreadyExists`] if a task has that name; nothing has changed then.
pub fn rename(layout: &Layout, id: &TaskId, to: &TaskId) -> Result<Vec<String>, StorageError> {
    let target = layout.task(to);
    if fs::symlink_metadata(&target).is_ok() {
        return Err(StorageError::write(&target)(
            ErrorKind::AlreadyExists.into(),
        ));
    }
    let mut former = Vec::new();
    update(layout, id, Durability::Disk, |file| {
        // A death before the rename leaves the task's own name here: it leads to itself.
        file.former
            .retain(|name| *name != id.task && *name != to.task);
        file.former.push(id.task.clone());
        former.clone_from(&file.former);
    })?;
    atomic::rename_new(&layout.task(id), &target)?;
    atomic::sync_dir(&layout.tasks(&id.experiment))?;
    Ok(former)
}

/// The text of a task's `config.yaml`.
pub fn read_config(layout: &Layout, id: &TaskId) -> Result<String, StorageError> {
    let path = layout.task_config(id);
    fs::read_to_string(&path).map_err(StorageError::read(&path))
}

/// The text of a task's `raw_config.yaml`, if it has one.
pub fn read_raw_config(layout: &Layout, id: &TaskId) -> Result<Option<String>, StorageError> {
    let path = layout.task_raw_config(id);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StorageError::read(&path)(error)),
    }
}
