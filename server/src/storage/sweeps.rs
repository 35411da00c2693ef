//! A submission: all its tasks become visible at one instant, or none.
//!
//! The task folders are written first and made durable with one sync; then `sweeps/<sweep>.json` appears, and with it
//! the tasks exist. Folders whose sweep has no such record are the remains of a submission that never happened:
//! readers do not see them and [`discard_unfinished`] removes them.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use domain::config::Value;
use domain::queue::SweepPolicy;
use domain::task::{Task, TaskId};
use domain::time::Timestamp;

use super::atomic::{self, Durability};
use super::format::{self, Kept, KeptOnly, SweepFile, TaskFile};
use super::index::{self, Index, SweepRow};
use super::{Layout, StorageError, layout};

/// A task about to be written: what is saved, and its config.
#[derive(Clone, Debug)]
pub struct NewTask {
    /// The saved task.
    pub task: Task,
    /// Its resolved config.
    pub config: Value,
    /// The same before anything in it was resolved, if that differs.
    pub raw_config: Option<Value>,
    /// What is kept for a later version, in a file that only its owner reads: it may hold secrets.
    pub kept: Option<Value>,
}

/// Writes a sweep with all its tasks. `tasks` may be long: it is consumed one by one.
///
/// # Errors
/// Nothing is visible afterwards, and what was written has been removed again.
pub fn commit(
    layout: &Layout,
    experiment: &str,
    sweep: &SweepFile,
    tasks: impl Iterator<Item = NewTask>,
) -> Result<Vec<Task>, StorageError> {
    let mut written = Vec::new();
    let result = write_all(layout, experiment, sweep, tasks, &mut written);
    if result.is_err() {
        for task in &written {
            // Invisible without the sweep's record; the next start tries again.
            fs::remove_dir_all(layout.task(&task.id)).ok();
        }
    }
    result.map(|()| written)
}

fn write_all(
    layout: &Layout,
    experiment: &str,
    sweep: &SweepFile,
    tasks: impl Iterator<Item = NewTask>,
    written: &mut Vec<Task>,
) -> Result<(), StorageError> {
    atomic::create_dir_all(&layout.tasks(experiment))?;
    atomic::create_dir_all(&layout.sweeps(experiment))?;
    for new in tasks {
        let dir = layout.task(&new.task.id);
        // Never into a folder that is there already: that would be somebody's task.
        fs::create_dir(&dir).map_err(StorageError::write(&dir))?;
        written.push(new.task.clone());
        write_task(&dir, &new)?;
    }
    atomic::sync_file_system(&layout.tasks(experiment))?;
    atomic::write(
        &layout.sweep_file(experiment, &sweep.sweep),
        &format::to_json(sweep),
        Durability::Disk,
    )
}

/// Adds tasks to a sweep that exists. Each appears whole, by a rename, or not at all.
pub fn extend(
    layout: &Layout,
    experiment: &str,
    tasks: Vec<NewTask>,
) -> Result<Vec<Task>, StorageError> {
    let mut made = Vec::with_capacity(tasks.len());
    for new in &tasks {
        // Readers skip names with a dot in front; the next start removes them.
        let hidden = format!(".{}", new.task.id.task);
        let temporary = layout.tasks(experiment).join(hidden);
        fs::remove_dir_all(&temporary).ok();
        fs::create_dir(&temporary).map_err(StorageError::write(&temporary))?;
        write_task(&temporary, new)?;
        made.push((temporary, layout.task(&new.task.id)));
    }
    atomic::sync_file_system(&layout.tasks(experiment))?;
    for (from, to) in &made {
        if to.exists() {
            let exists = std::io::ErrorKind::AlreadyExists.into();
            return Err(StorageError::write(to)(exists));
        }
        fs::rename(from, to).map_err(StorageError::write(to))?;
    }
    atomic::sync_file_system(&layout.tasks(experiment))?;
    Ok(tasks.into_iter().map(|new| new.task).collect())
}

fn write_task(dir: &Path, new: &NewTask) -> Result<(), StorageError> {
    use domain::config::yaml::to_yaml;
    let write = |name: &str, content: &[u8]| {
        let path = dir.join(name);
        fs::write(&path, content).map_err(StorageError::write(&path))
    };
    write(
        layout::TASK_FILE,
        &format::to_json(&TaskFile::of(&new.task)),
    )?;
    write(layout::TASK_CONFIG, to_yaml(&new.config).as_bytes())?;
    if let Some(kept) = &new.kept {
        atomic::write_private(&dir.join(layout::TASK_KEPT), &format::to_json(kept))?;
    }
    match &new.raw_config {
        Some(raw) => write(layout::TASK_RAW_CONFIG, to_yaml(raw).as_bytes()),
        None => Ok(()),
    }
}

/// The sweeps that happened, by name. A record that cannot be read still says that its sweep happened.
pub type Committed = HashMap<String, Option<SweepFile>>;

/// The sweeps of an experiment that happened. What the index has of a record whose file has not changed is not read again: of
/// such a record, what the person typed is left out.
pub fn committed(
    layout: &Layout,
    experiment: &str,
    index: &mut Option<Index>,
    now: Timestamp,
) -> Result<Committed, StorageError> {
    let dir = layout.sweeps(experiment);
    if !dir.is_dir() {
        return Ok(HashMap::new());
    }
    let entries = fs::read_dir(&dir).map_err(StorageError::read(&dir))?;
    let names = entries
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".json").map(str::to_owned))
        .filter(|name| !name.starts_with('.'));
    let folder = fs::File::open(&dir).map_err(StorageError::read(&dir))?;
    // What is wrong with an index is found, and mended, with its tasks.
    let rows = index.as_ref().map(|index| index.sweeps(experiment));
    let mut known = rows.and_then(Result::ok).unwrap_or_default();
    let (mut found, mut fresh) = (HashMap::new(), Vec::new());
    for name in names {
        let mark = index::sweep_mark(&folder, &format!("{name}.json"), now);
        let row = known.remove(&name).filter(|row| Some(row.mark) == mark);
        let kept = row.and_then(|row| row.open(experiment, &name));
        let file = kept.or_else(|| {
            let file = format::read_json(&layout.sweep_file(experiment, &name))
                .inspect_err(|error| tracing::error!(%error, "a sweep's record is damaged"))
                .ok();
            let named = file.as_ref().filter(|file: &&SweepFile| file.sweep == name);
            if let (Some(file), Some(mark)) = (named, mark) {
                fresh.push((name.clone(), SweepRow::of(experiment, file, mark)));
            }
            file
        });
        found.insert(name, file);
    }
    if let Some(index) = index
        .as_mut()
        .filter(|_| !fresh.is_empty() || !known.is_empty())
    {
        // What was not kept is read again by the next start.
        let kept = index.store_sweeps(experiment, &fresh, known.into_keys());
        if let Err(error) = kept {
            tracing::info!(%error, "the index does not take the records of sweeps");
        }
    }
    Ok(found)
}

/// Writes another rule for a sweep as a whole; what else its record says stays.
pub fn set_policy(
    layout: &Layout,
    experiment: &str,
    sweep: &str,
    policy: SweepPolicy,
) -> Result<(), StorageError> {
    let file = SweepFile {
        policy,
        ..read(layout, experiment, sweep)?
    };
    let path = layout.sweep_file(experiment, sweep);
    atomic::write(&path, &format::to_json(&file), Durability::Disk)
}

/// What the runs of a sweep can be reproduced from; nothing for sweeps of versions that kept nothing.
pub fn kept(layout: &Layout, experiment: &str, sweep: &str) -> Kept {
    let path = layout.sweep_file(experiment, sweep);
    format::read_json::<KeptOnly>(&path)
        .map(|file| file.kept)
        .unwrap_or_default()
}

/// Reads a sweep's record.
pub fn read(layout: &Layout, experiment: &str, sweep: &str) -> Result<SweepFile, StorageError> {
    format::read_json(&layout.sweep_file(experiment, sweep))
}

/// Removes the folder of a task whose submission never happened. Only the dispatcher may call it.
pub fn discard_unfinished(layout: &Layout, id: &TaskId) {
    let dir = layout.task(id);
    if let Err(error) = fs::remove_dir_all(&dir) {
        tracing::warn!(%id, %error, "could not remove the remains of an unfinished submission");
    }
}
