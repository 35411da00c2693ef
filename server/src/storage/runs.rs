//! One run's folder and its record.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;

use domain::config::Value;
use domain::run::UsageSample;
use domain::task::Task;

use super::atomic::{self, Durability};
use super::format::{self, RunFile};
use super::layout::RunDir;
use super::store::Store;
use super::{Layout, StorageError, stamped, sweeps};

/// Creates the folder with its record and its own copies of the config: complete by itself.
///
/// A folder that holds a copy of its code says so in its configs: `__run__.__code__` is then the folder.
pub fn create(
    layout: &Layout,
    dir: &RunDir,
    record: &RunFile,
    task: &Task,
) -> Result<(), StorageError> {
    atomic::create_dir_all(dir.path())?;
    let has_code = dir.is_numbered()
        && task
            .run_folder
            .as_ref()
            .is_some_and(|folder| !folder.copied.is_empty());
    let code = has_code.then(|| dir.path());
    let (yaml, tree) = config_for_run(&layout.task_config(&task.id), code)?;
    atomic::write(&dir.config(), yaml.as_bytes(), Durability::Process)?;
    atomic::write(
        &dir.config_json(),
        domain::config::to_json(&tree).as_bytes(),
        Durability::Process,
    )?;
    let raw = layout.task_raw_config(&task.id);
    if raw.exists() {
        let (yaml, _) = config_for_run(&raw, code)?;
        atomic::write(&dir.raw_config(), yaml.as_bytes(), Durability::Process)?;
    }
    keep(layout, dir, task)?;
    stamped::describe(dir, task, record)?;
    write(dir, record, Durability::Process)
}

/// What was kept with the sweep, as hard links to the one copy in the store.
fn keep(layout: &Layout, dir: &RunDir, task: &Task) -> Result<(), StorageError> {
    if task.run_folder.as_ref().is_some_and(|folder| folder.debug) {
        return Ok(());
    }
    let kept = sweeps::kept(layout, &task.id.experiment, &task.sweep);
    let store = Store::new(layout);
    if let Some(entry) = &kept.requirements {
        store.link(entry, "requirements.txt", &dir.requirements())?;
        store.link(entry, "conda.txt", &dir.conda())?;
    }
    if let Some(entry) = &kept.environment {
        store.link(entry, "env.json", &dir.environment())?;
    }
    Ok(())
}

/// A config of the task as its run has it: text and tree.
fn config_for_run(path: &Path, code: Option<&Path>) -> Result<(String, Value), StorageError> {
    let yaml = fs::read_to_string(path).map_err(StorageError::read(path))?;
    let tree = domain::config::yaml::from_yaml(&yaml).map_err(|error| StorageError::Damaged {
        path: path.to_path_buf(),
        message: error.message,
    })?;
    let Some(code) = code else {
        return Ok((yaml, tree));
    };
    let tree = with_code(tree, &code.to_string_lossy());
    Ok((domain::config::yaml::to_yaml(&tree), tree))
}

fn with_code(tree: Value, code: &str) -> Value {
    let Value::Map(mut entries) = tree else {
        return tree;
    };
    let run = entries.iter_mut().find(|(key, _)| key == "__run__");
    if let Some((_, Value::Map(run))) = run {
        let code = Value::Text(code.to_owned());
        match run.iter_mut().find(|(key, _)| key == "__code__") {
            Some((_, known)) => *known = code,
            None => run.push(("__code__".to_owned(), code)),
        }
    }
    Value::Map(entries)
}

/// Writes the record.
pub fn write(dir: &RunDir, record: &RunFile, durability: Durability) -> Result<(), StorageError> {
    atomic::write(&dir.record(), &format::to_json(record), durability)?;
    stamped::update(dir, record);
    Ok(())
}

/// Makes the record written last survive a power failure.
pub fn make_durable(dir: &RunDir) -> Result<(), StorageError> {
    let sync = || {
        File::open(dir.record())?.sync_all()?;
        File::open(dir.path())?.sync_all()
    };
    sync().map_err(StorageError::write(&dir.record()))
}

/// Reads the record.
pub fn read(dir: &RunDir) -> Result<RunFile, StorageError> {
    format::read_json(&dir.record())
}

/// Opens the log for appending: the task's own descriptor.
pub fn open_log(dir: &RunDir) -> Result<File, StorageError> {
    open_to_append(&dir.log())
}

/// Opens a file of a run's folder for appending.
pub fn open_to_append(path: &Path) -> Result<File, StorageError> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map_err(StorageError::write(path))
}

/// The size of the log, bytes; `None` if there is none.
pub fn log_bytes(dir: &RunDir) -> Option<u64> {
    fs::metadata(dir.log()).ok().map(|log| log.len())
}

/// The last `limit` bytes of the log.
pub fn log_tail(dir: &RunDir, limit: u64) -> Result<Vec<u8>, StorageError> {
    tail(&dir.log(), limit)
}

/// The last `limit` bytes of standard error alone; of a run whose streams are not told apart there is none.
pub fn stderr_tail(dir: &RunDir, limit: u64) -> Option<Vec<u8>> {
    tail(&dir.stderr(), limit).ok()
}

fn tail(path: &Path, limit: u64) -> Result<Vec<u8>, StorageError> {
    let read = || {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(limit)))?;
        let mut bytes = Vec::new();
        file.take(limit).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read().map_err(StorageError::read(path))
}

/// Adds a row to the series of what a run used.
pub fn append_usage(
    file: &mut File,
    dir: &RunDir,
    sample: &UsageSample,
) -> Result<(), StorageError> {
    // One write: a row is there or it is not.
    file.write_all(&format::to_json(sample))
        .map_err(StorageError::write(&dir.usage()))
}

/// What a run used, sample by sample; a row that cannot be read is left out. Nothing, if there is no series.
///
/// # Errors
/// The file is there and cannot be read.
pub fn read_usage(dir: &RunDir) -> Result<Vec<UsageSample>, StorageError> {
    match fs::read(dir.usage()) {
        Ok(bytes) => Ok(bytes
            .split(|byte| *byte == b'\n')
            .filter_map(|row| serde_json::from_slice(row).ok())
            .collect()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(StorageError::read(&dir.usage())(error)),
    }
}

/// Writes `error.log`.
pub fn write_error_log(dir: &RunDir, text: &str) -> Result<(), StorageError> {
    atomic::write(&dir.error_log(), text.as_bytes(), Durability::Process)
}
