//! `settings.toml`: what a person sets once for a project.

use std::fs;
use std::io::ErrorKind;

use domain::config::Key;
use domain::queue::Execution;
use serde::{Deserialize, Serialize};

use super::atomic::{self, Durability};
use super::{Layout, StorageError};

/// The largest number of slots that makes sense on one machine.
pub const MAX_SLOTS: u32 = 1024;

/// The project's settings. Absent keys have their defaults; unknown keys are an error that names the line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The first port to try.
    pub port: u16,
    /// How many runs may go on at once: 1 to [`MAX_SLOTS`].
    pub slots: u32,
    /// The interpreter that runs scripts; a path or a name to look up in `PATH`.
    pub python: String,
    /// The largest sweep that may be submitted.
    pub max_tasks: u64,
    /// Seconds between the request to end a run and SIGKILL.
    pub grace_period_secs: u64,
    /// `[identity]`: which points are the same work.
    pub identity: IdentitySettings,
    /// `[snapshot]`: what is kept of the source.
    pub snapshot: SnapshotSettings,
    /// `[environment]`: what is kept of the environment.
    pub environment: EnvironmentSettings,
    /// `[run]`: how runs are executed whose tasks leave it open.
    pub run: Execution,
}

/// `[identity]`: which points are the same work.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IdentitySettings {
    /// Keys that make no difference, e.g. `["num_workers", "io.threads"]`.
    pub ignore: Vec<Key>,
    /// True if a change of the source is new work.
    pub code: bool,
}

/// `[snapshot]`: what is kept of the source with every sweep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SnapshotSettings {
    /// False: no snapshot is taken.
    pub enabled: bool,
    /// Larger files are left out, megabytes.
    pub max_file_mb: u64,
    /// The most that one snapshot holds, megabytes.
    pub max_total_mb: u64,
    /// The most files that one snapshot holds.
    pub max_files: usize,
    /// Paths, folders or names that are left out; `*` and `?` as in a shell.
    pub exclude: Vec<String>,
    /// Files that are taken although their names look like secrets, or although a line of `exclude` names them.
    pub include: Vec<String>,
}

impl Default for SnapshotSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            max_file_mb: 5,
            max_total_mb: 200,
            max_files: 20_000,
            exclude: Vec::new(),
            include: Vec::new(),
        }
    }
}

impl SnapshotSettings {
    /// The limit of one file, bytes.
    pub fn max_file_bytes(&self) -> u64 {
        self.max_file_mb.saturating_mul(1_000_000)
    }

    /// The limit of all files together, bytes.
    pub fn max_total_bytes(&self) -> u64 {
        self.max_total_mb.saturating_mul(1_000_000)
    }
}

/// `[environment]`: what is kept of the environment with every sweep.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EnvironmentSettings {
    /// More parts of names of variables whose values are not kept, case ignored.
    pub redact: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            port: 8099,
            slots: 2,
            python: "python3".to_owned(),
            max_tasks: 10_000,
            grace_period_secs: 10,
            identity: IdentitySettings::default(),
            snapshot: SnapshotSettings::default(),
            environment: EnvironmentSettings::default(),
            run: Execution::default(),
        }
    }
}

impl Settings {
    /// Reads the settings; defaults if there is no file.
    ///
    /// # Errors
    /// [`StorageError::Damaged`] with line and remedy if the file cannot be understood: a person's file is never
    /// replaced by defaults.
    pub fn read(layout: &Layout) -> Result<Self, StorageError> {
        let path = layout.settings();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(StorageError::read(&path)(error)),
        };
        let settings: Self = toml::from_str(&text).map_err(|error| StorageError::Damaged {
            path: path.clone(),
            message: error.to_string(),
        })?;
        if !(1..=MAX_SLOTS).contains(&settings.slots) {
            let message = format!(
                "`slots` is {}, and must be 1 to {MAX_SLOTS}",
                settings.slots
            );
            return Err(StorageError::Damaged { path, message });
        }
        Ok(settings)
    }

    /// Writes one changed number of slots, other lines and comments kept.
    pub fn write_slots(layout: &Layout, slots: u32) -> Result<(), StorageError> {
        let path = layout.settings();
        let text = fs::read_to_string(&path).unwrap_or_default();
        let line = format!("slots = {slots}");
        let mut replaced = false;
        let mut lines: Vec<String> = text
            .lines()
            .map(|old| {
                let is_slots = old
                    .split('=')
                    .next()
                    .is_some_and(|key| key.trim() == "slots");
                replaced |= is_slots;
                if is_slots {
                    line.clone()
                } else {
                    old.to_owned()
                }
            })
            .collect();
        if !replaced {
            lines.insert(0, line);
        }
        atomic::write(
            &path,
            (lines.join("\n") + "\n").as_bytes(),
            Durability::Disk,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changing_the_slots_keeps_the_persons_comments() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        fs::create_dir_all(layout.state_dir()).unwrap();
        fs::write(layout.settings(), "# our box\nport = 9000\nslots = 3\n").unwrap();
        Settings::write_slots(&layout, 7).unwrap();
        assert_eq!(
            fs::read_to_string(layout.settings()).unwrap(),
            "# our box\nport = 9000\nslots = 7\n"
        );
        assert_eq!(
            Settings::read(&layout).unwrap(),
            Settings {
                port: 9000,
                slots: 7,
                ..Settings::default()
            }
        );
    }

    #[test]
    fn an_unknown_key_is_an_error_and_not_a_silent_default() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        fs::create_dir_all(layout.state_dir()).unwrap();
        fs::write(layout.settings(), "slot = 3\n").unwrap();
        let error = Settings::read(&layout).unwrap_err().to_string();
        assert!(error.contains("unknown field `slot`"), "{error}");
    }
}
