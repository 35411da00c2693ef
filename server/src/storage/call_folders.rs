//! Folders of Python experiments: a batch of points, and the runs of each point.
//!
//! ```text
//! <output_dir>/<experiment>/[<timestamp>/]<config>-<hash>/
//!   result.pkl  result.json  error.json     what the function gave: written and read in Python
//!   log.out -> logs/run_0002.log            the newest
//!   logs/run_0001.log  logs/run_0002.log
//!   .runyard/run_0001/                      the run's folder: run.json, config.yaml, …
//!   .runyard/.lock                          held while a run goes on in this folder
//! _runyard_/<experiment>/tasks/<task>/runs/1  ──link──┘
//! ```
//!
//! Several tasks may have one folder (the same config, submitted again); only one run at a time goes on in it.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use domain::run::RunStatus;
use domain::task::{RunId, TaskId};
use domain::time::Timestamp;

use super::layout::{self, RunDir, STAMPED_RUNS};
use super::lock::FileLock;
use super::{Layout, StorageError, atomic, run_folders, runs, stamped};

/// What a run leaves for its caller: of an earlier run none of it counts.
const RESULTS: [&str; 3] = ["result.pkl", "result.json", "error.json"];

/// The link to the newest log.
const NEWEST_LOG: &str = "log.out";

/// `YYYY-MM-DD_HH-MM-SS`; `now` is shifted by the zone whose clock is to be shown.
pub fn timestamp(now: Timestamp) -> String {
    let (year, month, day, hour, minute, second) = now.civil();
    format!("{year:04}-{month:02}-{day:02}_{hour:02}-{minute:02}-{second:02}")
}

/// Makes the folder of a new batch in `parent`: named after the time, with `-2`, `-3`, … behind it if others of this second
/// have that name. `mkdir` decides who gets it. Returns the name.
pub fn new_batch(parent: &Path, now: Timestamp) -> Result<String, StorageError> {
    atomic::create_dir_all(parent)?;
    let first = timestamp(now);
    let numbered = (2..=u32::MAX).map(|number| format!("{first}-{number}"));
    for name in std::iter::once(first.clone()).chain(numbered) {
        let path = parent.join(&name);
        match fs::create_dir(&path) {
            Ok(()) => return Ok(name),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(StorageError::write(&path)(error)),
        }
    }
    let path = parent.join(first);
    Err(StorageError::write(&path)(ErrorKind::AlreadyExists.into()))
}

/// The name of the newest batch in `parent`, if there is any.
pub fn newest_batch(parent: &Path) -> Result<Option<String>, StorageError> {
    let entries = match fs::read_dir(parent) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StorageError::read(parent)(error)),
    };
    Ok(entries
        .filter_map(Result::ok)
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter_map(|name| Some((parts(&name)?, name)))
        .max()
        .map(|(_, name)| name))
}

/// The time in the name of a batch, and its number among those of one second.
fn parts(name: &str) -> Option<(String, u32)> {
    const SHAPE: &[u8; 19] = b"dddd-dd-dd_dd-dd-dd";
    let (stamp, rest) = name.split_at_checked(SHAPE.len())?;
    let fits = stamp.bytes().zip(SHAPE).all(|(byte, shape)| match shape {
        b'd' => byte.is_ascii_digit(),
        other => byte == *other,
    });
    let number = match rest.strip_prefix('-') {
        None => rest.is_empty().then_some(1),
        Some(digits) => digits.parse().ok().filter(|number| *number > 1),
    };
    Some((stamp.to_owned(), number.filter(|_| fits)?))
}

/// Gives a run its place in the folder of its point; one that it was given already, and has never left, it keeps.
pub fn claim(layout: &Layout, id: &RunId, folder: &Path) -> Result<RunDir, StorageError> {
    if let Some(known) = run_folders::unused(layout, id)
        && known.stamped().is_some_and(|(at, _)| at == folder)
    {
        return Ok(known);
    }
    atomic::create_dir_all(&folder.join("logs"))?;
    atomic::create_dir_all(&folder.join(STAMPED_RUNS))?;
    let number = stamped::next_run(folder).map_err(StorageError::write(folder))?;
    let dir = RunDir::new(folder.join(STAMPED_RUNS).join(layout::stamped_run(number)));
    let place = layout.run_place(id);
    run_folders::link(&place, dir.path()).map_err(StorageError::write(&place))?;
    Ok(dir)
}

/// Takes the folder of a point for a run that is about to start, and removes what earlier runs gave. The lock is held until the
/// run has ended.
///
/// # Errors
/// [`StorageError::CallFolderTaken`] while another run goes on there.
pub fn begin(dir: &RunDir, folder: &Path) -> Result<FileLock, StorageError> {
    let runs = folder.join(STAMPED_RUNS);
    let Some(lock) = FileLock::try_acquire(&runs.join(".lock"))? else {
        return Err(StorageError::CallFolderTaken {
            folder: folder.to_path_buf(),
            by: going_on(&runs, dir).map(|task| task.to_string()),
        });
    };
    for name in RESULTS {
        let path = folder.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(StorageError::write(&path)(error));
            }
            _ => {}
        }
    }
    let log = dir.log();
    if let Some(name) = log.file_name() {
        let link = folder.join(NEWEST_LOG);
        run_folders::link(&link, &Path::new("logs").join(name))
            .map_err(StorageError::write(&link))?;
    }
    Ok(lock)
}

/// Whose run goes on in the folder, judging by the records there.
fn going_on(runs: &Path, own: &RunDir) -> Option<TaskId> {
    let mut found: Vec<PathBuf> = fs::read_dir(runs)
        .ok()?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path != own.path())
        .collect();
    found.sort();
    found.into_iter().rev().find_map(|path| {
        let record = runs::read(&RunDir::new(path)).ok()?;
        let goes_on = matches!(
            record.status,
            RunStatus::Starting | RunStatus::Running | RunStatus::Terminating
        );
        record.task.filter(|_| goes_on)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_245_872_500);

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
    fn two_batches_of_one_second_have_two_folders_and_the_newest_is_the_last() {
        let dir = tempfile::tempdir().unwrap();
        let parent = dir.path().join("out/main");
        assert_eq!(newest_batch(&parent).unwrap(), None);
        let names: Vec<String> = (0..11).map(|_| new_batch(&parent, NOW).unwrap()).collect();
        assert_eq!(names[0], "2026-11-21_07-24-32");
        assert_eq!(names[1], "2026-11-21_07-24-32-2");
        fs::create_dir(parent.join("report")).unwrap();
        fs::create_dir(parent.join("9999-99-99_99-99-99x")).unwrap();
        fs::write(parent.join("9999-99-99_99-99-99"), "a file").unwrap();
        let newest = newest_batch(&parent).unwrap();
        assert_eq!(newest.as_deref(), Some("2026-11-21_07-24-32-11"));
        fs::create_dir(parent.join("2026-11-21_07-24-33")).unwrap();
        let newest = newest_batch(&parent).unwrap();
        assert_eq!(newest.as_deref(), Some("2026-11-21_07-24-33"));
    }

    #[test]
    fn a_run_that_begins_leaves_no_result_of_an_earlier_one_and_keeps_everything_else() {
        let dir = tempfile::tempdir().unwrap();
        let (layout, folder) = (Layout::new(dir.path().join("p")), dir.path().join("out/a"));
        let first = claim(&layout, &id("a"), &folder).unwrap();
        assert_eq!(claim(&layout, &id("a"), &folder).unwrap(), first, "unused");
        drop(begin(&first, &folder).unwrap());
        for name in RESULTS.iter().chain(&["model.pt"]) {
            fs::write(folder.join(name), "old").unwrap();
        }
        fs::write(first.log(), "old").unwrap();
        let second = claim(&layout, &id("b"), &folder).unwrap();
        assert!(second.path().ends_with(".runyard/run_0002"), "{second:?}");
        let _held = begin(&second, &folder).unwrap();
        assert!(RESULTS.iter().all(|name| !folder.join(name).exists()));
        assert!(folder.join("model.pt").exists());
        let newest = fs::read_link(folder.join("log.out")).unwrap();
        assert_eq!(newest, Path::new("logs/run_0002.log"));
        assert_eq!(fs::read_to_string(first.log()).unwrap(), "old");
    }

    #[test]
    fn a_folder_in_which_a_run_goes_on_is_refused_and_its_task_named() {
        let dir = tempfile::tempdir().unwrap();
        let (layout, folder) = (Layout::new(dir.path().join("p")), dir.path().join("out/a"));
        let first = claim(&layout, &id("a"), &folder).unwrap();
        let record = super::super::format::RunFile {
            format: super::super::format::FORMAT,
            task: Some(id("a").task),
            status: RunStatus::Running,
            ..Default::default()
        };
        fs::write(first.record(), super::super::format::to_json(&record)).unwrap();
        let held = begin(&first, &folder).unwrap();
        fs::write(folder.join("result.pkl"), "of the first").unwrap();
        let second = claim(&layout, &id("b"), &folder).unwrap();
        let error = begin(&second, &folder).unwrap_err();
        assert!(error.to_string().contains("`e/a`"), "{error}");
        assert!(
            folder.join("result.pkl").exists(),
            "it is not ours to remove"
        );
        drop(held);
        assert!(begin(&second, &folder).is_ok());
    }
}
