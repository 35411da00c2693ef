//! Stamped run folders: what a batch file's experiment gets, in the layout of EXP.
//!
//! ```text
//! <base>/<name>_<YYYY-MM-DD__HH-MM-SS>/
//!   metadata.json  status.json  config.json     what EXP's programs read; ours is run.json
//!   logs/run_0001.log   terminal_logs -> logs   metrics/
//!   .runyard/run_0001/                          the run's folder: run.json, config.yaml, error.log, …
//! _runyard_/<experiment>/tasks/<task>/runs/1  ──link──┘
//! ```
//!
//! A folder belongs to one run, unless runs were asked to go on in it; each of them has a number of its own. `mkdir`
//! decides who gets a name, among all processes and machines that share the folder.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use domain::command::StampedFolder;
use domain::queue::GpuRequest;
use domain::run::RunStatus;
use domain::task::{RunId, Task};
use domain::time::Timestamp;
use serde_json::{Value, json};

use super::atomic::{self, Durability};
use super::format::{self, RunFile};
use super::layout::{self, RunDir, STAMPED_RUNS};
use super::{Layout, StorageError, run_folders};

/// `YYYY-MM-DD__HH-MM-SS`; `now` is shifted by the zone whose clock is to be shown.
pub fn stamp(now: Timestamp) -> String {
    let (year, month, day, hour, minute, second) = now.civil();
    format!("{year:04}-{month:02}-{day:02}__{hour:02}-{minute:02}-{second:02}")
}

/// Where a folder that is gone on with stands.
pub fn resumed(parent: &Path, name: &str, stamp: &str) -> PathBuf {
    parent.join(format!("{name}_{stamp}"))
}

/// Gives a run its folder; one that it was given already, and has never left, it keeps.
///
/// # Errors
/// [`StorageError::ResumeMissing`] if it is to go on in a folder that is not there.
pub fn claim(
    layout: &Layout,
    id: &RunId,
    folder: &StampedFolder,
    parent: &Path,
    now: Timestamp,
) -> Result<RunDir, StorageError> {
    if let Some(known) = run_folders::unused(layout, id)
        && known
            .stamped()
            .is_some_and(|(at, _)| at.starts_with(parent))
    {
        return Ok(known);
    }
    let path = match &folder.resume {
        Some(stamp) => {
            let path = resumed(parent, &folder.name, stamp);
            if !path.is_dir() {
                return Err(StorageError::ResumeMissing(path));
            }
            path
        }
        None => create(parent, &folder.name, now)?,
    };
    furnish(&path).map_err(StorageError::write(&path))?;
    let number = next_run(&path).map_err(StorageError::write(&path))?;
    let dir = RunDir::new(path.join(STAMPED_RUNS).join(layout::stamped_run(number)));
    let place = layout.run_place(id);
    run_folders::link(&place, dir.path()).map_err(StorageError::write(&place))?;
    Ok(dir)
}

/// A new folder: with the stamp alone, or with `-2`, `-3`, … behind it if others of this second have that name.
fn create(parent: &Path, name: &str, now: Timestamp) -> Result<PathBuf, StorageError> {
    let first = resumed(parent, name, &stamp(now));
    if let Some(above) = first.parent() {
        atomic::create_dir_all(above)?;
    }
    let numbered =
        (2..=u32::MAX).map(|number| resumed(parent, name, &format!("{}-{number}", stamp(now))));
    for path in std::iter::once(first.clone()).chain(numbered) {
        match fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(StorageError::write(&path)(error)),
        }
    }
    Err(StorageError::write(&first)(ErrorKind::AlreadyExists.into()))
}

/// The folders inside, under both names that EXP's documents have for the logs.
fn furnish(folder: &Path) -> io::Result<()> {
    let (logs, terminal_logs) = (folder.join("logs"), folder.join("terminal_logs"));
    match (logs.exists(), terminal_logs.exists()) {
        // One that EXP made.
        (false, true) => symlink("terminal_logs", &logs)?,
        (is_there, is_linked) => {
            if !is_there {
                fs::create_dir(&logs).or_else(is_there_now)?;
            }
            if !is_linked {
                symlink("logs", &terminal_logs).or_else(is_there_now)?;
            }
        }
    }
    fs::create_dir_all(folder.join("metrics"))?;
    fs::create_dir_all(folder.join(STAMPED_RUNS))
}

/// Two runs may go on in one folder at the same instant.
fn is_there_now(error: io::Error) -> io::Result<()> {
    if error.kind() == ErrorKind::AlreadyExists {
        Ok(())
    } else {
        Err(error)
    }
}

/// One more than the largest number that any file of an earlier run has.
pub(super) fn next_run(folder: &Path) -> io::Result<u64> {
    let used = ["logs", "metrics", STAMPED_RUNS]
        .iter()
        .filter_map(|name| fs::read_dir(folder.join(name)).ok())
        .flatten()
        .filter_map(Result::ok)
        .filter_map(|entry| layout::stamped_number_of(entry.file_name().to_str()?))
        .max()
        .unwrap_or(0);
    let mut number = used.saturating_add(1);
    loop {
        let path = folder.join(STAMPED_RUNS).join(layout::stamped_run(number));
        match fs::create_dir(path) {
            Ok(()) => return Ok(number),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error),
        }
    }
}

/// Writes what EXP's programs read of a new run. Nothing for a run whose folder is no stamped one.
///
/// What is kept for a later version is not among it: it may hold secrets.
pub(super) fn describe(dir: &RunDir, task: &Task, record: &RunFile) -> Result<(), StorageError> {
    let (Some((folder, run)), Some(stamped)) = (dir.stamped(), &task.stamped_folder) else {
        return Ok(());
    };
    let gpu_ids = match &task.policy.resources.gpus {
        GpuRequest::Pinned { ids } => ids.clone(),
        _ => record
            .allocation
            .gpus
            .iter()
            .map(|gpu| gpu.id.clone())
            .collect(),
    };
    let command = match task.command.as_slice() {
        [shell, option, text] if shell == "sh" && option == "-c" => json!(text),
        words => json!(words),
    };
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let config = json!({
        "name": stamped.name, "command": command, "tags": task.labels, "gpu_ids": gpu_ids, "cwd": task.working_dir,
        "description": (!task.description.is_empty()).then_some(&task.description),
    });
    let mut metadata = config.clone();
    metadata["timestamp"] = json!(
        name.rsplit_once("__")
            .map_or(name.as_ref(), |_| stamp_in(&name))
    );
    metadata["current_run_id"] = json!(run);
    write(folder, "config.json", &config)?;
    write(folder, "metadata.json", &metadata)
}

/// The stamp at the end of a folder's name.
fn stamp_in(name: &str) -> &str {
    let date = name.rsplit_once("__").map_or(0, |(date, _)| date.len());
    // The date has ten characters, all of them ASCII.
    name.get(date.saturating_sub(10)..).unwrap_or(name)
}

/// Tells EXP's programs how a run stands. It is a copy for them: a failure changes nothing of the run.
pub(super) fn update(dir: &RunDir, record: &RunFile) {
    let Some((folder, run)) = dir.stamped().filter(|_| record.call_folder.is_none()) else {
        return;
    };
    let status = match record.status {
        RunStatus::Queued | RunStatus::Starting => "pending",
        RunStatus::Running | RunStatus::Terminating => "running",
        RunStatus::Finished => match &record.outcome {
            Some(outcome) if outcome.is_success() => "finished",
            _ => "error",
        },
    };
    let pid = record
        .process
        .as_ref()
        .filter(|_| status == "running")
        .map(|process| process.pid);
    let known = fs::read(folder.join("metadata.json")).unwrap_or_default();
    let mut metadata: Value = serde_json::from_slice(&known).unwrap_or_else(|_| json!({}));
    let of_run = [
        ("status", json!(status)),
        ("pid", json!(pid)),
        ("current_run_id", json!(run)),
    ];
    if let Value::Object(entries) = &mut metadata {
        entries.extend(
            of_run
                .iter()
                .map(|(key, value)| ((*key).to_owned(), value.clone())),
        );
    }
    let line = json!({
        "status": status, "run_id": run, "pid": pid, "outcome": record.outcome, "started_at_ms": record.started_at_ms,
        "ended_at_ms": record.ended_at_ms,
    });
    let written = write(folder, "metadata.json", &metadata)
        .and_then(|()| write(folder, "status.json", &line));
    if let Err(error) = written {
        tracing::warn!(%error, "could not tell a stamped folder how its run stands");
    }
}

fn write(folder: &Path, name: &str, value: &Value) -> Result<(), StorageError> {
    atomic::write(
        &folder.join(name),
        &format::to_json(value),
        Durability::Process,
    )
}

#[cfg(test)]
mod tests {
    use domain::task::TaskId;

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

    fn folder(name: &str, resume: Option<&str>) -> StampedFolder {
        StampedFolder {
            parent: None,
            name: name.to_owned(),
            resume: resume.map(str::to_owned),
        }
    }

    #[test]
    fn runs_of_one_second_never_share_a_folder() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        let claimed: Vec<RunDir> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|number: usize| {
                    let (root, out) = (dir.path().join("p"), &out);
                    scope.spawn(move || {
                        let id = id(&number.to_string());
                        claim(&Layout::new(root), &id, &folder("a/b", None), out, NOW).unwrap()
                    })
                })
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        let mut folders: Vec<String> = claimed
            .iter()
            .map(|dir| dir.stamped().unwrap().0.to_string_lossy().into_owned())
            .collect();
        folders.sort();
        folders.dedup();
        assert_eq!(folders.len(), 8, "{folders:?}");
        assert!(out.join("a/b_2026-11-21__07-24-32-8").is_dir());
        assert!(out.join("a/b_2026-11-21__07-24-32/terminal_logs").is_dir());
        let log = out.join("a/b_2026-11-21__07-24-32/logs/run_0001.log");
        assert!(claimed.iter().any(|dir| dir.log() == log));
    }

    #[test]
    fn a_run_that_never_left_its_folder_keeps_it() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path().join("p"));
        let out = dir.path().join("out");
        let first = claim(&layout, &id("a"), &folder("x", None), &out, NOW).unwrap();
        let again = claim(&layout, &id("a"), &folder("x", None), &out, Timestamp(0)).unwrap();
        assert_eq!(first, again);
        assert_eq!(layout.run(&id("a")), first, "the link leads there");
    }

    #[test]
    fn a_folder_that_exp_made_is_gone_on_with_under_the_next_number() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path().join("p"));
        let old = dir.path().join("out/x_2025-01-01__00-00-00");
        fs::create_dir_all(old.join("terminal_logs")).unwrap();
        fs::write(old.join("terminal_logs/run_0007.log"), "old").unwrap();
        let resume = folder("x", Some("2025-01-01__00-00-00"));
        let out = dir.path().join("out");
        let run = claim(&layout, &id("a"), &resume, &out, NOW).unwrap();
        assert!(run.path().ends_with(".runyard/run_0008"), "{run:?}");
        fs::write(run.log(), "new").unwrap();
        assert!(old.join("terminal_logs/run_0008.log").is_file());
        let missing = folder("x", Some("2025-01-01__00-00-01"));
        let error = claim(&layout, &id("b"), &missing, &out, NOW).unwrap_err();
        assert!(matches!(error, StorageError::ResumeMissing(_)), "{error}");
    }

    #[test]
    fn numbers_are_those_of_files_and_folders_of_runs() {
        for (name, number) in [
            ("run_0001", Some(1)),
            ("run_0012.log", Some(12)),
            ("run_12345.csv", Some(12_345)),
            ("run_1", None),
            ("run_000a", None),
            ("xrun_0001", None),
        ] {
            assert_eq!(layout::stamped_number_of(name), number, "{name}");
        }
        assert_eq!(
            stamp_in("a__b_2026-11-21__07-24-32-8"),
            "2026-11-21__07-24-32-8"
        );
    }
}
