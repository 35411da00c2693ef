//! One task on disk, with its runs.

use std::collections::HashMap;
use std::fs;
use std::io::{self, ErrorKind};

use domain::config::Value;
use domain::run::{Outcome, RunRecord, RunStatus};
use domain::task::{RunId, Task, TaskId};

use super::atomic::{self, Durability};
use super::format::{self, FORMAT, RunFile, TaskFile};
use super::layout::RunDir;
use super::scan::rules;
pub use super::scan::{Scan, StoredRuns, StoredTask, scan};
use super::{Layout, StorageError, identities, run_folders, runs, sweeps};

/// What is saved of a task.
pub(super) fn read(layout: &Layout, id: &TaskId) -> Result<TaskFile, StorageError> {
    format::read_json(&layout.task_file(id))
}

/// The records of a task's runs, oldest first. What cannot be read is a problem of its own.
pub(super) fn read_runs(
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

/// A task as its file says it, with its runs, if every one of them has ended and everything can be read.
///
/// `None` also for a task whose run folders are elsewhere: nothing tells that one of them was removed.
pub(super) fn at_rest(layout: &Layout, id: &TaskId) -> Option<(Task, Vec<RunRecord>)> {
    let file = read(layout, id)
        .ok()
        .filter(|file| file.run_folder.is_none() && file.call.is_none())?;
    let mut problems = Vec::new();
    let runs = read_runs(layout, id, &file.former, &mut problems);
    let ended = ended(layout, id, &runs).filter(|_| problems.is_empty())?;
    Some((file.into_task(id.clone()), ended))
}

/// The records, if all of them are final, and nothing else lies among the runs: a folder without a record may get one, and
/// a link may come to lead nowhere, and no mark would tell.
pub(super) fn ended(layout: &Layout, id: &TaskId, runs: &[RunFile]) -> Option<Vec<RunRecord>> {
    let folders = match fs::read_dir(layout.runs(id)) {
        Ok(entries) => {
            let is_folder =
                |entry: io::Result<fs::DirEntry>| Some(entry.ok()?.file_type().ok()?.is_dir());
            entries
                .map(|entry| is_folder(entry).unwrap_or(false).then_some(()))
                .collect::<Option<Vec<()>>>()?
                .len()
        }
        Err(error) if error.kind() == ErrorKind::NotFound => 0,
        Err(_) => return None,
    };
    if folders != runs.len() {
        return None;
    }
    runs.iter()
        .map(|run| run.status.is_terminal().then(|| run.to_record()))
        .collect()
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
        runs: StoredRuns::Read(runs),
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

/// Writes another command of a task that has never run, with the config that says the same. The task's file is what counts: it is
/// the last.
pub fn replace_command(layout: &Layout, task: &Task, config: &Value) -> Result<(), StorageError> {
    let path = layout.task_config(&task.id);
    let before = fs::read(&path).map_err(StorageError::read(&path))?;
    let text = domain::config::yaml::to_yaml(config);
    atomic::write(&path, text.as_bytes(), Durability::Disk)?;
    update(layout, &task.id, Durability::Disk, |file| {
        file.command.clone_from(&task.command);
        file.working_dir.clone_from(&task.working_dir);
        file.environment.clone_from(&task.environment);
        file.identity.clone_from(&task.identity);
        file.edited_at_ms = task.edited_at_ms;
    })
    .inspect_err(|_| {
        // What cannot be put back says what was meant; the task runs what its file says.
        atomic::write(&path, &before, Durability::Process).ok();
    })
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
