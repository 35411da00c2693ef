//! `settings.toml`: what a person sets once for a project.

use std::collections::BTreeMap;
use std::path::Path;

use domain::config::Key;
use domain::queue::{CaptureMode, Execution, GpuSettings};
use serde::{Deserialize, Serialize};

use super::settings_file::SettingsFile;
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
    /// `[queue]`: what runs may occupy, and by which rules it is shared.
    pub queue: QueueSettings,
    /// `[gpu]`: which GPUs there are for runs, and by which rules they are given.
    pub gpu: GpuSettings,
    /// `[trash]`: what becomes of removed tasks.
    pub trash: TrashSettings,
}

/// `[trash]`: what becomes of removed tasks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrashSettings {
    /// Removed tasks are deleted for good after so many days; 0: only when a person says so.
    pub keep_days: u32,
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

/// `[environment]`: what runs find in their environment, and what is kept of it with every sweep.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EnvironmentSettings {
    /// More parts of names of variables whose values are not kept, case ignored.
    pub redact: Vec<String>,
    /// Variables that every run finds over the server's own.
    pub set: BTreeMap<String, String>,
}

/// `[queue]`: what runs may occupy, and by which rules it is shared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QueueSettings {
    /// Processors that runs may occupy together; absent: as many as the machine has.
    pub cpus: Option<u32>,
    /// Memory that runs may occupy together, MiB; absent: as much as the machine has.
    pub memory_mb: Option<u64>,
    /// How many runs of one user may go on at once; absent: as many as fit.
    pub user_limit: Option<u32>,
    /// True: between users the one with the smallest share of what runs goes first.
    pub fair_share: bool,
    /// How much of the machine users are meant to have, in proportion; who is not named has 1.
    pub weights: BTreeMap<String, u32>,
    /// Points of priority that a waiting run gains in an hour. At 0, priorities are strict, and what is low may starve.
    pub ageing_per_hour: u32,
    /// After so many seconds of waiting for room, what is free is kept for a run.
    pub keep_after_secs: u64,
}

impl Default for QueueSettings {
    fn default() -> Self {
        Self {
            cpus: None,
            memory_mb: None,
            user_limit: None,
            fair_share: true,
            weights: BTreeMap::new(),
            ageing_per_hour: 1,
            keep_after_secs: 600,
        }
    }
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
            queue: QueueSettings::default(),
            gpu: GpuSettings::default(),
            trash: TrashSettings::default(),
        }
    }
}

impl Settings {
    /// Reads the settings; defaults if there is no file.
    ///
    /// # Errors
    /// [`StorageError::Setting`] with line and remedy if the file cannot be understood: a person's file is never
    /// replaced by defaults.
    pub fn read(layout: &Layout) -> Result<Self, StorageError> {
        SettingsFile::read(layout).map(|file| file.settings)
    }

    /// The settings that this text means; `path` is the file it stands in.
    ///
    /// # Errors
    /// As of [`Settings::read`].
    pub fn parse(path: &Path, text: &str) -> Result<Self, StorageError> {
        let refused = |line, key, message| StorageError::Setting {
            path: path.to_path_buf(),
            line,
            key,
            message,
        };
        let settings: Self = toml::from_str(text).map_err(|error| {
            let line = error.span().map(|span| line_of(text, span.start));
            refused(line, None, explained(error.message()))
        })?;
        match settings.out_of_range() {
            None => Ok(settings),
            Some((key, message)) => Err(refused(line_of_key(text, &key), Some(key), message)),
        }
    }

    /// The first value that is of the right kind and still cannot be, with its key.
    fn out_of_range(&self) -> Option<(String, String)> {
        let run = &self.run;
        let within = |key: &str, value: i64, from: i64, to: i64| {
            (!(from..=to).contains(&value)).then(|| {
                let message = format!("`{key}` is {value}, and must be {from} to {to}");
                (key.to_owned(), message)
            })
        };
        let wide = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let pty = |key: &str, value: u16| within(key, value.into(), 1, 1_000);
        let (rows, columns) = match run.capture {
            Some(CaptureMode::Pty { rows, columns }) => (rows, columns),
            _ => (1, 1),
        };
        let empty = || {
            let message = "`python` is empty: it must name an interpreter".to_owned();
            self.python
                .trim()
                .is_empty()
                .then(|| ("python".to_owned(), message))
        };
        within("slots", self.slots.into(), 1, MAX_SLOTS.into())
            .or_else(|| within("max_tasks", wide(self.max_tasks), 1, 100_000_000))
            .or_else(|| within("grace_period_secs", wide(self.grace_period_secs), 0, 86_400))
            .or_else(|| {
                within(
                    "run.grace_period_secs",
                    wide(run.grace_period_secs?),
                    0,
                    86_400,
                )
            })
            .or_else(|| within("run.nice", run.nice?.into(), -20, 19))
            .or_else(|| within("run.umask", run.umask?.into(), 0, 0o777))
            .or_else(|| pty("run.capture.rows", rows))
            .or_else(|| pty("run.capture.columns", columns))
            .or_else(|| {
                let (key, message) = run.out_of_range()?;
                Some((format!("run.{key}"), message))
            })
            .or_else(empty)
            .or_else(|| self.unusable_variable())
            .or_else(|| {
                let queue = &self.queue;
                let cpus = |cpus: u32| within("queue.cpus", cpus.into(), 1, 100_000);
                let memory = |mb| within("queue.memory_mb", wide(mb), 1, 1 << 40);
                let users = |limit: u32| within("queue.user_limit", limit.into(), 1, 100_000);
                let ageing = i64::from(queue.ageing_per_hour);
                let keep = wide(queue.keep_after_secs);
                (queue.cpus.and_then(cpus))
                    .or_else(|| queue.memory_mb.and_then(memory))
                    .or_else(|| queue.user_limit.and_then(users))
                    .or_else(|| within("queue.ageing_per_hour", ageing, 0, 1_000_000))
                    .or_else(|| within("queue.keep_after_secs", keep, 0, 31_536_000))
                    .or_else(|| {
                        let weight = |(user, weight): (&String, &u32)| {
                            let key = format!("queue.weights.{user}");
                            within(&key, (*weight).into(), 1, 1_000_000)
                        };
                        queue.weights.iter().find_map(weight)
                    })
            })
            .or_else(|| {
                let error = self.gpu.check().err()?;
                Some((error.key().to_owned(), error.to_string()))
            })
    }

    fn unusable_variable(&self) -> Option<(String, String)> {
        let (name, _) = self
            .environment
            .set
            .iter()
            .find(|(name, value)| !is_variable(name) || value.contains('\0'))?;
        let message =
            format!("`{name}` cannot be the name of a variable, or its value holds a NUL");
        Some((format!("environment.set.{name}"), message))
    }
}

/// True for letters, digits and `_`, without a digit in front: what every shell and program can name.
pub fn is_variable(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !name.is_empty()
        && name.chars().all(is_plain)
        && !name.starts_with(|c: char| c.is_ascii_digit())
}

/// The line of a byte, from 1.
fn line_of(text: &str, byte: usize) -> u32 {
    let before = text.get(..byte).unwrap_or(text);
    u32::try_from(before.matches('\n').count()).map_or(u32::MAX, |lines| lines + 1)
}

/// The line where a dotted key stands.
fn line_of_key(text: &str, key: &str) -> Option<u32> {
    let document = toml_edit::Document::parse(text).ok()?;
    let mut table: &dyn toml_edit::TableLike = document.as_table();
    let mut span = None;
    for part in key.split('.') {
        let (found, item) = table.get_key_value(part)?;
        span = found.span().or_else(|| item.span()).or(span);
        match item.as_table_like() {
            Some(inner) => table = inner,
            None => break,
        }
    }
    span.map(|span| line_of(text, span.start))
}

/// What the parser says of an unknown key names every key there is: the nearest one is enough.
fn explained(message: &str) -> String {
    let message = message.trim();
    let Some(rest) = message.strip_prefix("unknown field `") else {
        return message.to_owned();
    };
    let Some((unknown, rest)) = rest.split_once('`') else {
        return message.to_owned();
    };
    let known = rest.split('`').skip(1).step_by(2);
    match domain::grid::nearest(unknown, known) {
        Some(nearest) => format!("unknown key `{unknown}`; is `{nearest}` meant?"),
        None => format!("unknown key `{unknown}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> (Option<u32>, Option<String>, String) {
        match Settings::parse(Path::new("settings.toml"), text) {
            Err(StorageError::Setting {
                line, key, message, ..
            }) => (line, key, message),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn an_unknown_key_is_an_error_at_its_line_and_not_a_silent_default() {
        let (line, _, message) = problem("port = 1\n\nslot = 3\n");
        assert_eq!(line, Some(3));
        assert_eq!(message, "unknown key `slot`; is `slots` meant?");
        let (line, _, message) = problem("[snapshot]\nzebra = 3\n");
        assert_eq!((line, message.as_str()), (Some(2), "unknown key `zebra`"));
    }

    #[test]
    fn a_value_out_of_its_range_is_named_with_its_line() {
        let (line, key, message) = problem("# ours\nslots = 0\n");
        assert_eq!((line, key.as_deref()), (Some(2), Some("slots")));
        assert_eq!(message, "`slots` is 0, and must be 1 to 1024");
        let (line, key, _) = problem("port = 1\n[run]\n\nnice = 20\n");
        assert_eq!((line, key.as_deref()), (Some(4), Some("run.nice")));
        let (line, _, _) = problem("[run]\ncapture = { kind = \"pty\", rows = 0, columns = 80 }\n");
        assert_eq!(line, Some(2));
    }

    #[test]
    fn what_is_wrong_with_the_gpus_is_said_at_its_line() {
        let (line, key, message) =
            problem("[gpu]\nstrangers = \"ignore\"\nmax_utilization_percent = 101\n");
        assert_eq!(
            (line, key.as_deref()),
            (Some(3), Some("gpu.max_utilization_percent"))
        );
        assert_eq!(
            message,
            "`gpu.max_utilization_percent` is 101, and must be 0 to 100"
        );
        let (_, _, message) = problem("[gpu]\nstranger = \"ignore\"\n");
        assert_eq!(message, "unknown key `stranger`; is `strangers` meant?");
    }

    #[test]
    fn the_rules_of_the_queue_have_ranges() {
        for (text, key) in [
            ("cpus = 0", "queue.cpus"),
            ("memory_mb = 0", "queue.memory_mb"),
            ("user_limit = 0", "queue.user_limit"),
            ("ageing_per_hour = 1000001", "queue.ageing_per_hour"),
            ("keep_after_secs = 31536001", "queue.keep_after_secs"),
            ("weights = { ann = 0 }", "queue.weights.ann"),
        ] {
            let (line, named, _) = problem(&format!("[queue]\n{text}\n"));
            assert_eq!((line, named.as_deref()), (Some(2), Some(key)), "{text}");
        }
        let (_, _, message) = problem("[queue]\nuser_limits = 1\n");
        assert_eq!(message, "unknown key `user_limits`; is `user_limit` meant?");
    }

    #[test]
    fn every_default_can_be_used() {
        assert_eq!(
            Settings::parse(Path::new("settings.toml"), "").unwrap(),
            Settings::default()
        );
        assert_eq!(Settings::default().out_of_range(), None);
    }
}
