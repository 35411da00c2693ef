//! One run's folder and its record.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use domain::config::Value;

use super::StorageError;
use super::atomic::{self, Durability};
use super::format::{self, RunFile};
use super::layout::RunDir;

/// Creates the folder with its record and its own copy of the config: complete by itself.
pub fn create(dir: &RunDir, record: &RunFile, task_config: &Path) -> Result<(), StorageError> {
    atomic::create_dir_all(dir.path())?;
    let yaml = fs::read_to_string(task_config).map_err(StorageError::read(task_config))?;
    let tree = domain::config::yaml::from_yaml(&yaml).map_err(|error| StorageError::Damaged {
        path: task_config.to_path_buf(),
        message: error.message,
    })?;
    atomic::write(&dir.config(), yaml.as_bytes(), Durability::Process)?;
    atomic::write(
        &dir.config_json(),
        plain_json(&tree).as_bytes(),
        Durability::Process,
    )?;
    write(dir, record, Durability::Process)
}

/// Writes the record.
pub fn write(dir: &RunDir, record: &RunFile, durability: Durability) -> Result<(), StorageError> {
    atomic::write(&dir.record(), &format::to_json(record), durability)
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
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(dir.log())
        .map_err(StorageError::write(&dir.log()))
}

/// The last `limit` bytes of the log.
pub fn log_tail(dir: &RunDir, limit: u64) -> Result<Vec<u8>, StorageError> {
    let path = dir.log();
    let read = || {
        let mut file = File::open(&path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(limit)))?;
        let mut bytes = Vec::new();
        file.take(limit).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read().map_err(StorageError::read(&path))
}

/// Writes `error.log`.
pub fn write_error_log(dir: &RunDir, text: &str) -> Result<(), StorageError> {
    atomic::write(&dir.error_log(), text.as_bytes(), Durability::Process)
}

/// JSON that Python's `json` reads back to the same values: big integers as digits, `NaN` and `Infinity` as Python writes them.
fn plain_json(value: &Value) -> String {
    match value {
        Value::BigInt(digits) => digits.clone(),
        Value::Float(number) if !number.is_finite() => {
            domain::config::non_finite_name(*number).to_owned()
        }
        Value::List(items) => format!(
            "[{}]",
            items.iter().map(plain_json).collect::<Vec<_>>().join(", ")
        ),
        Value::Map(entries) => {
            let pair = |(key, value): &(String, Value)| {
                format!(
                    "{}: {}",
                    serde_json::Value::from(key.as_str()),
                    plain_json(value)
                )
            };
            format!(
                "{{{}}}",
                entries.iter().map(pair).collect::<Vec<_>>().join(", ")
            )
        }
        plain => serde_json::to_string(plain).expect("scalars are JSON"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn config_json_is_plain_json_as_python_reads_it() {
        let tree = Value::Map(vec![
            ("lr".to_owned(), Value::Float(0.001)),
            (
                "n".to_owned(),
                Value::BigInt("123456789012345678901".to_owned()),
            ),
            (
                "x".to_owned(),
                Value::List(vec![
                    Value::Float(f64::NEG_INFINITY),
                    Value::Null,
                    Value::Text("a\"b".to_owned()),
                ]),
            ),
        ]);
        assert_eq!(
            plain_json(&tree),
            r#"{"lr": 0.001, "n": 123456789012345678901, "x": [-Infinity, null, "a\"b"]}"#
        );
    }
}
