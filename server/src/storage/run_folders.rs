//! Numbered run folders: `exp.0`, `exp.1`, … in a folder that the person chose.
//!
//! A number is given once. `mkdir` decides who gets it, among all processes and machines that share the folder; the
//! file `.exp.next` beside the folders remembers the next number, so that a deleted folder's number does not come back.
//!
//! ```text
//! <output_dir>/<name>/exp.3                          the run's folder: config.yml, outputs.log, run.json, …
//! _runyard_/<experiment>/tasks/<task>/runs/1  ──link──┘
//! ```

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, Write};
use std::os::unix::fs::symlink;
use std::path::Path;

use domain::task::{RunId, TaskId};

use super::format::RunFile;
use super::layout::{self, RunDir};
use super::{Layout, StorageError, atomic, runs};

/// Remembers the next number.
const NEXT: &str = ".exp.next";

/// Gives a run its numbered folder inside `parent`. A run that was given one already, and has never left it, keeps it.
pub fn claim(layout: &Layout, id: &RunId, parent: &Path) -> Result<RunDir, StorageError> {
    let place = layout.run_place(id);
    if let Some(known) = unused(layout, id)
        && known.path().parent() == Some(parent)
    {
        return Ok(known);
    }
    atomic::create_dir_all(parent)?;
    let folder = RunDir::new(
        create_next(parent)
            .map_err(StorageError::write(parent))
            .map(|index| parent.join(layout::numbered(index)))?,
    );
    link(&place, folder.path()).map_err(StorageError::write(&place))?;
    Ok(folder)
}

/// The folder elsewhere that a run was given already and has never left.
pub(super) fn unused(layout: &Layout, id: &RunId) -> Option<RunDir> {
    let known = linked(layout, id)?;
    let is_free = match runs::read(&known) {
        Ok(record) => belongs(&record, &id.task, &[]),
        Err(_) => known.path().is_dir() && !known.record().exists(),
    };
    is_free.then_some(known)
}

/// True if `folder` is where runs put what they write: numbered run folders, or those of a stamped folder or a point.
pub fn are_in(folder: &Path) -> bool {
    folder.join(NEXT).exists() || folder.join(layout::STAMPED_RUNS).is_dir()
}

/// Puts the program that calls functions into the project, unless it is there.
pub fn install_runner(layout: &Layout, text: &str) -> Result<(), StorageError> {
    let path = layout.runner();
    if fs::read_to_string(&path).is_ok_and(|known| known == text) {
        return Ok(());
    }
    atomic::write(&path, text.as_bytes(), atomic::Durability::Process)
}

/// True if the record is one of this task, whatever it was called then: folders can be removed by hand, and their names
/// taken by others.
pub fn belongs(record: &RunFile, task: &TaskId, former: &[String]) -> bool {
    record.task.as_ref().is_none_or(|owner| {
        owner == task || (owner.experiment == task.experiment && former.contains(&owner.task))
    })
}

/// Where the run folder of a task went, if `place` is a link.
pub fn linked(layout: &Layout, id: &RunId) -> Option<RunDir> {
    fs::read_link(layout.run_place(id)).ok().map(RunDir::new)
}

/// The number that the next folder in `parent` would get, if nobody else takes it meanwhile.
pub fn peek(parent: &Path) -> u64 {
    let remembered = fs::read_to_string(parent.join(NEXT)).unwrap_or_default();
    remembered.trim().parse().unwrap_or(0).max(behind(parent))
}

fn create_next(parent: &Path) -> io::Result<u64> {
    let mut memory = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(parent.join(NEXT))?;
    // Spares concurrent launches the search; where a file system has no locks, `mkdir` still decides.
    memory.lock().ok();
    let mut text = String::new();
    // What cannot be read (torn by a power failure) counts as nothing: the folders that are there are looked at, too.
    memory.read_to_string(&mut text).ok();
    let mut index = text.trim().parse().unwrap_or(0).max(behind(parent));
    loop {
        match fs::create_dir(parent.join(layout::numbered(index))) {
            Ok(()) => break,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => index += 1,
            Err(error) => return Err(error),
        }
    }
    remember(&mut memory, index + 1)?;
    Ok(index)
}

fn remember(memory: &mut File, next: u64) -> io::Result<()> {
    memory.rewind()?;
    memory.write_all(format!("{next}\n").as_bytes())
}

/// One more than the largest number that is there.
fn behind(parent: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(parent) else {
        return 0;
    };
    entries
        .filter_map(Result::ok)
        .filter_map(|entry| layout::number_of(entry.file_name().to_str()?))
        .max()
        .map_or(0, |last| last.saturating_add(1))
}

/// Puts a link to a run's folder among the runs of its task.
pub(super) fn link(place: &Path, target: &Path) -> io::Result<()> {
    if let Some(parent) = place.parent() {
        fs::create_dir_all(parent)?;
    }
    let temporary = place.with_extension("tmp");
    fs::remove_file(&temporary).ok();
    symlink(target, &temporary)?;
    fs::rename(&temporary, place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(task: &str) -> RunId {
        RunId {
            task: TaskId {
                experiment: "e".to_owned(),
                task: task.to_owned(),
            },
            number: 1,
        }
    }

    #[test]
    fn a_number_is_given_once_even_after_its_folder_was_removed() {
        let dir = tempfile::tempdir().unwrap();
        let (layout, out) = (Layout::new(dir.path().join("p")), dir.path().join("out/a"));
        let first = claim(&layout, &id("a"), &out).unwrap();
        let second = claim(&layout, &id("b"), &out).unwrap();
        assert!(first.path().ends_with("exp.0") && second.path().ends_with("exp.1"));
        fs::remove_dir(first.path()).unwrap();
        fs::remove_dir(second.path()).unwrap();
        assert_eq!(peek(&out), 2);
        let third = claim(&layout, &id("c"), &out).unwrap();
        assert!(third.path().ends_with("exp.2"), "{third:?}");
        assert_eq!(layout.run(&id("c")), third, "the link leads there");
        // The memory is gone: what is there still counts.
        fs::remove_file(out.join(NEXT)).unwrap();
        assert!(
            claim(&layout, &id("d"), &out)
                .unwrap()
                .path()
                .ends_with("exp.3")
        );
    }

    #[test]
    fn a_run_that_never_left_its_folder_keeps_it() {
        let dir = tempfile::tempdir().unwrap();
        let (layout, out) = (Layout::new(dir.path().join("p")), dir.path().join("out"));
        let first = claim(&layout, &id("a"), &out).unwrap();
        assert_eq!(claim(&layout, &id("a"), &out).unwrap(), first);
    }

    #[test]
    fn many_at_once_get_numbers_of_their_own() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        let folders: Vec<RunDir> = std::thread::scope(|scope| {
            let start = |number: usize| {
                let (root, out) = (dir.path().join("p"), &out);
                scope.spawn(move || {
                    claim(&Layout::new(root), &id(&number.to_string()), out).unwrap()
                })
            };
            let threads: Vec<_> = (0..16).map(start).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        let mut numbers: Vec<u64> = folders
            .iter()
            .filter_map(|folder| layout::number_of(folder.path().file_name()?.to_str()?))
            .collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (0..16).collect::<Vec<u64>>());
    }
}
