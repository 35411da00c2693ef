//! Removed tasks: `<experiment>/trash/<ms>/<task>`, one folder for each removal, named after its time.
//!
//! A task goes there, and comes back, by one rename: at any instant it is in one of the two places, whole. Of a run folder
//! elsewhere (`exp.3`) only the link goes along: what a person chose a place for is never moved or deleted from here.
//! Deleting renames to a hidden name first, so that half of a task is never seen; [`clean`] finishes what a death cut off.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use domain::names::check_name;
use domain::protocol::organise::TrashId;
use domain::task::{Task, TaskId};
use domain::time::Timestamp;

use super::format::{self, RunFile, TaskFile};
use super::layout::{RunDir, TASK_FILE};
use super::{Layout, StorageError, atomic, project, runs};

const DAY_MS: i64 = 86_400_000;
/// The unit of `st_blocks`, whatever the file system’s own is.
const BLOCK_BYTES: u64 = 512;

/// Makes the folder of one removal; its time is `now`, or the first millisecond behind it that is free.
pub fn begin(layout: &Layout, experiment: &str, now: Timestamp) -> Result<Timestamp, StorageError> {
    let trash = layout.trash(experiment);
    atomic::create_dir_all(&trash)?;
    let mut at = now;
    loop {
        match fs::create_dir(layout.removal(experiment, at)) {
            Ok(()) => return Ok(at),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => at = Timestamp(at.0 + 1),
            Err(error) => return Err(StorageError::write(&trash)(error)),
        }
    }
}

/// Moves a task into the folder of a removal.
pub fn remove(layout: &Layout, task: &TaskId, at: Timestamp) -> Result<(), StorageError> {
    let to = layout.removal(&task.experiment, at).join(&task.task);
    atomic::rename_new(&layout.task(task), &to)
}

/// Makes a removal, or what came back from it, survive a power failure; a folder that nothing is in goes.
pub fn finish(layout: &Layout, experiment: &str, at: Timestamp) -> Result<(), StorageError> {
    let folder = layout.removal(experiment, at);
    for dir in [layout.tasks(experiment), folder.clone()] {
        atomic::sync_dir(&dir)?;
    }
    // Fails unless it is empty, and that is right.
    fs::remove_dir(&folder).ok();
    atomic::sync_dir(&layout.trash(experiment))
}

/// Moves a task back. Refused with [`ErrorKind::AlreadyExists`] if there is a task of its name again.
pub fn restore(layout: &Layout, task: &TaskId, at: Timestamp) -> Result<(), StorageError> {
    let from = layout.removal(&task.experiment, at).join(&task.task);
    atomic::rename_new(&from, &layout.task(task))
}

/// What is in the trash of an experiment, last removed first.
pub fn list(layout: &Layout, experiment: &str) -> Vec<TrashId> {
    let mut found = Vec::new();
    for (at, folder) in removals(layout, experiment) {
        for name in names(&folder) {
            let is_task = check_name(&name).is_ok() && is_real_dir(&folder.join(&name));
            if is_task {
                let task = TaskId {
                    experiment: experiment.to_owned(),
                    task: name,
                };
                found.push(TrashId {
                    task,
                    removed_at_ms: Some(at),
                });
            }
        }
    }
    found.sort_by(|a, b| (b.removed_at_ms, &a.task).cmp(&(a.removed_at_ms, &b.task)));
    found
}

/// When the task of this name was removed: at that time, or, without one, last. `None` if it is not there.
///
/// The name of the experiment must be that of one.
pub fn find(layout: &Layout, id: &TrashId) -> Option<Timestamp> {
    let TaskId { experiment, task } = &id.task;
    check_name(task).ok()?;
    let is_there = |at: Timestamp| is_real_dir(&layout.removal(experiment, at).join(task));
    match id.removed_at_ms {
        Some(at) => is_there(at).then_some(at),
        None => removals(layout, experiment)
            .into_iter()
            .map(|(at, _)| at)
            .filter(|at| is_there(*at))
            .max(),
    }
}

/// What is saved of a removed task, with its runs, oldest first.
pub fn read(
    layout: &Layout,
    task: &TaskId,
    at: Timestamp,
) -> Result<(Task, Vec<RunFile>), StorageError> {
    let folder = layout.removal(&task.experiment, at).join(&task.task);
    let file: TaskFile = format::read_json(&folder.join(TASK_FILE))?;
    let runs_dir = folder.join("runs");
    let mut found: Vec<RunFile> = names(&runs_dir)
        .into_iter()
        .filter(|name| name.parse::<u32>().is_ok())
        .filter_map(|name| {
            let place = runs_dir.join(name);
            runs::read(&RunDir::new(fs::read_link(&place).unwrap_or(place))).ok()
        })
        .collect();
    found.sort_by_key(|run| run.number);
    Ok((file.into_task(task.clone()), found))
}

/// The room that the trash of an experiment takes on the disk, bytes: what deleting it would give back. Files that have
/// another name elsewhere (sources, lists of packages) are not counted, and no link is followed.
pub fn room(layout: &Layout, experiment: &str) -> u64 {
    let mut folders: Vec<std::path::PathBuf> = removals(layout, experiment)
        .into_iter()
        .map(|(_, folder)| folder)
        .collect();
    let mut bytes = 0;
    while let Some(folder) = folders.pop() {
        // What goes away meanwhile takes no room.
        let entries = fs::read_dir(&folder).into_iter().flatten();
        for entry in entries.filter_map(Result::ok) {
            let Ok(found) = entry.metadata() else {
                continue;
            };
            if found.is_dir() {
                folders.push(entry.path());
            }
            if found.is_dir() || found.nlink() == 1 {
                bytes += found.blocks() * BLOCK_BYTES;
            }
        }
    }
    bytes
}

/// Deletes a removed task for good.
pub fn delete(layout: &Layout, task: &TaskId, at: Timestamp) -> Result<(), StorageError> {
    let folder = layout.removal(&task.experiment, at);
    let (from, hidden) = (
        folder.join(&task.task),
        folder.join(format!(".{}", task.task)),
    );
    // What an earlier attempt left.
    remove_all(&hidden)?;
    atomic::rename_new(&from, &hidden)?;
    remove_all(&hidden)?;
    fs::remove_dir(&folder).ok();
    Ok(())
}

/// Finishes what a death cut off, and deletes what is older than `keep_days`; 0 keeps everything. The number of tasks deleted.
pub fn clean(layout: &Layout, keep_days: u32, now: Timestamp) -> Result<u64, StorageError> {
    let mut deleted = 0;
    for experiment in project::experiments(layout)? {
        for (at, folder) in removals(layout, &experiment) {
            for name in names(&folder) {
                if name.starts_with('.') {
                    remove_all(&folder.join(&name))?;
                }
            }
            // Fails unless it is empty, and that is right.
            fs::remove_dir(&folder).ok();
            let is_over =
                keep_days > 0 && now.0.saturating_sub(at.0) > i64::from(keep_days) * DAY_MS;
            for task in names(&folder).into_iter().filter(|_| is_over) {
                let task = TaskId {
                    experiment: experiment.clone(),
                    task,
                };
                delete(layout, &task, at)?;
                deleted += 1;
            }
        }
    }
    Ok(deleted)
}

/// The removals of an experiment with their folders.
fn removals(layout: &Layout, experiment: &str) -> Vec<(Timestamp, std::path::PathBuf)> {
    names(&layout.trash(experiment))
        .into_iter()
        .filter_map(|name| {
            let at = Timestamp(name.parse().ok()?);
            // One spelling each: `7`, never `007` or `+7`.
            let folder = layout.removal(experiment, at);
            (at.0.to_string() == name && is_real_dir(&folder)).then_some((at, folder))
        })
        .collect()
}

fn names(dir: &Path) -> Vec<String> {
    fs::read_dir(dir)
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect()
}

/// True for a folder; a link to one is none.
fn is_real_dir(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir())
}

fn remove_all(path: &Path) -> Result<(), StorageError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(StorageError::write(path)(error as io::Error))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn id(task: &str) -> TaskId {
        TaskId {
            experiment: "e".to_owned(),
            task: task.to_owned(),
        }
    }

    fn project(tasks: &[&str]) -> (tempfile::TempDir, Layout) {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        fs::create_dir_all(layout.tasks("e")).unwrap();
        fs::write(layout.experiment_file("e"), "{}").unwrap();
        for task in tasks {
            fs::create_dir(layout.task(&id(task))).unwrap();
            fs::write(layout.task_file(&id(task)), *task).unwrap();
        }
        (dir, layout)
    }

    fn trashed(layout: &Layout) -> Vec<(String, i64)> {
        list(layout, "e")
            .into_iter()
            .map(|id| (id.task.task, id.removed_at_ms.unwrap().0))
            .collect()
    }

    #[test]
    fn tasks_of_one_name_are_told_apart_by_their_time_and_the_last_one_comes_first() {
        let (_dir, layout) = project(&["a"]);
        let first = begin(&layout, "e", Timestamp(5)).unwrap();
        remove(&layout, &id("a"), first).unwrap();
        fs::create_dir(layout.task(&id("a"))).unwrap();
        // The clock has gone back, or the same millisecond again.
        let second = begin(&layout, "e", Timestamp(5)).unwrap();
        assert_eq!((first, second), (Timestamp(5), Timestamp(6)));
        remove(&layout, &id("a"), second).unwrap();
        assert_eq!(trashed(&layout), [("a".to_owned(), 6), ("a".to_owned(), 5)]);
        let any = TrashId {
            task: id("a"),
            removed_at_ms: None,
        };
        assert_eq!(find(&layout, &any), Some(second));
        restore(&layout, &id("a"), first).unwrap();
        finish(&layout, "e", first).unwrap();
        assert!(layout.task_file(&id("a")).exists());
        assert!(!layout.removal("e", first).exists(), "nothing is in it");
        let taken = restore(&layout, &id("a"), second).unwrap_err();
        assert!(
            matches!(taken, StorageError::Write { source, .. } if source.kind() == ErrorKind::AlreadyExists)
        );
        assert_eq!(trashed(&layout), [("a".to_owned(), 6)]);
    }

    #[test]
    fn the_room_is_what_deleting_gives_back() {
        let (dir, layout) = project(&["a"]);
        let file = layout.task(&id("a")).join("output.log");
        fs::write(&file, vec![b'x'; 100_000]).unwrap();
        let shared = dir.path().join("shared");
        fs::write(&shared, vec![b'x'; 1_000_000]).unwrap();
        fs::hard_link(&shared, layout.task(&id("a")).join("requirements.txt")).unwrap();
        symlink(&shared, layout.task(&id("a")).join("link")).unwrap();
        assert_eq!(room(&layout, "e"), 0);
        let at = begin(&layout, "e", Timestamp(1)).unwrap();
        remove(&layout, &id("a"), at).unwrap();
        let bytes = room(&layout, "e");
        assert!((100_000..200_000).contains(&bytes), "{bytes}");
        delete(&layout, &id("a"), at).unwrap();
        assert_eq!(room(&layout, "e"), 0);
    }

    #[test]
    fn deleting_follows_no_link() {
        let (dir, layout) = project(&["a"]);
        let outside = dir.path().join("out/exp.0");
        fs::create_dir_all(&outside).unwrap();
        fs::write(outside.join("model.bin"), "x").unwrap();
        fs::create_dir(layout.runs(&id("a"))).unwrap();
        symlink(&outside, layout.runs(&id("a")).join("1")).unwrap();
        let at = begin(&layout, "e", Timestamp(1)).unwrap();
        remove(&layout, &id("a"), at).unwrap();
        delete(&layout, &id("a"), at).unwrap();
        assert!(outside.join("model.bin").exists());
        assert!(trashed(&layout).is_empty());
    }

    #[test]
    fn a_start_finishes_a_deletion_and_deletes_what_is_too_old() {
        let (_dir, layout) = project(&["old", "new", "half"]);
        for (name, at) in [("old", 1), ("new", 2 * DAY_MS), ("half", 3 * DAY_MS)] {
            let at = begin(&layout, "e", Timestamp(at)).unwrap();
            remove(&layout, &id(name), at).unwrap();
        }
        let half = layout.removal("e", Timestamp(3 * DAY_MS));
        fs::rename(half.join("half"), half.join(".half")).unwrap();
        let now = Timestamp(3 * DAY_MS + 5);
        assert_eq!(clean(&layout, 0, now).unwrap(), 0);
        assert!(!half.exists());
        assert_eq!(trashed(&layout).len(), 2, "0 days keep everything");
        assert_eq!(clean(&layout, 2, now).unwrap(), 1);
        assert_eq!(trashed(&layout), [("new".to_owned(), 2 * DAY_MS)]);
    }

    #[test]
    fn names_that_lead_elsewhere_are_not_found() {
        let (dir, layout) = project(&["a"]);
        let at = begin(&layout, "e", Timestamp(7)).unwrap();
        remove(&layout, &id("a"), at).unwrap();
        symlink(dir.path(), layout.removal("e", at).join("link")).unwrap();
        symlink(layout.removal("e", at), layout.trash("e").join("9")).unwrap();
        fs::create_dir(layout.trash("e").join("007")).unwrap();
        for name in [
            "..",
            ".",
            "",
            "../../tasks",
            "a/../a",
            "link",
            ".a",
            "/etc",
            "a\0",
        ] {
            for removed_at_ms in [Some(at), None] {
                let found = find(
                    &layout,
                    &TrashId {
                        task: id(name),
                        removed_at_ms,
                    },
                );
                assert_eq!(found, None, "{name:?}");
            }
        }
        assert_eq!(trashed(&layout), [("a".to_owned(), 7)]);
    }
}
