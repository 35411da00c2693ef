//! What a run can be reproduced from: where it ran, with what, from which source.
//!
//! Taken once per sweep and kept as `env.json`. It holds no time of its own, so that sweeps under the same circumstances
//! share one file.

use serde::{Deserialize, Serialize};

/// `env.json`: the circumstances of a sweep. Values of variables that may be secrets are not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Circumstances {
    /// Format of the file.
    pub format: u32,
    /// The version of Runyard that took it.
    pub runyard: String,
    /// The machine.
    pub host: Host,
    /// The interpreter; absent if it could not be asked.
    pub python: Option<Python>,
    /// The graphics processors, if there are any.
    pub gpu: Option<Gpu>,
    /// The repository of the source, if it is one.
    pub git: Option<Git>,
    /// The source; absent if no snapshot was taken.
    pub source: Option<Source>,
    /// What could not be found out, a lowercase sentence each.
    pub problems: Vec<String>,
    /// The environment that runs inherit, sorted by name, secrets replaced.
    pub environment: Vec<(String, String)>,
}

/// A machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Host {
    /// Its name.
    pub name: String,
    /// The distribution and its version.
    pub os: String,
    /// The kernel's version.
    pub kernel: String,
    /// The architecture, e.g. `x86_64`.
    pub arch: String,
    /// The processor's name.
    pub cpu: String,
    /// Logical processors.
    pub cpus: u32,
    /// Memory, bytes.
    pub memory_bytes: u64,
}

/// An interpreter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Python {
    /// Its path as tasks are started with it.
    pub executable: String,
    /// Its version, e.g. `3.12.4`.
    pub version: String,
    /// E.g. `CPython`.
    pub implementation: String,
    /// The environment's folder.
    pub prefix: String,
    /// How the environment was made: `uv`, `conda`, `venv` or `system`.
    pub environment: String,
    /// The number of installed distributions.
    pub packages: u32,
}

/// Graphics processors of one maker.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Gpu {
    /// The driver's version.
    pub driver: String,
    /// The names, one per device.
    pub devices: Vec<String>,
}

/// A repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Git {
    /// The commit, 40 or 64 hexadecimal digits; absent before the first one.
    pub revision: Option<String>,
    /// The branch; absent for a detached head.
    pub branch: Option<String>,
    /// True if tracked files differ from the commit, or files are there that git neither tracks nor ignores.
    pub is_dirty: bool,
    /// The store's entry with `diff.patch`, the difference of tracked files to the commit.
    pub diff: Option<String>,
    /// True if the difference was longer than what is kept.
    pub is_diff_cut: bool,
}

/// A snapshot of the source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Source {
    /// The store's entry: the digest of paths, modes and contents.
    pub snapshot: String,
    /// The folder it was taken of.
    pub root: String,
    /// The number of files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// What is not in it, the most telling first; at most [`MAX_LEFT_OUT`].
    pub left_out: Vec<LeftOut>,
    /// How many are not in it in all.
    pub left_out_count: u64,
}

/// How many left-out files are listed.
pub const MAX_LEFT_OUT: usize = 200;

/// A file or folder that a snapshot does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Relative to the snapshot's root; undecodable bytes replaced.
    pub path: String,
    /// Why.
    pub reason: LeftOutReason,
    /// Its size, for a file that is too large.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

/// Why a snapshot does not hold a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftOutReason {
    /// Larger than `max_file_mb`.
    TooLarge,
    /// The snapshot had `max_total_mb` already.
    TotalTooLarge,
    /// The snapshot had `max_files` already, or there were too many to look at.
    TooMany,
    /// Its name says that it holds secrets.
    Secret,
    /// It may not be read, or went away.
    Unreadable,
    /// A link that leads out of the source, or to nothing.
    LinkOutside,
    /// A pipe, a socket or a device.
    NotAFile,
    /// Its name is not UTF-8.
    NotUtf8,
    /// A folder of data, results or an environment.
    Data,
    /// Excluded by the settings.
    Excluded,
}

/// `GET /api/v1/runs/{experiment}/{task}/{number}/environment`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetEnvironmentResponse {
    /// `env.json`; absent for runs of versions that took none.
    pub circumstances: Option<Circumstances>,
    /// `requirements.txt`, as `pip freeze` writes it.
    pub requirements: Option<String>,
    /// `conda.txt`, as `conda list --explicit --md5` writes it, if the interpreter is conda's.
    pub conda: Option<String>,
    /// The difference of tracked files to the commit, known secrets replaced.
    pub diff: Option<String>,
    /// True if the run executed its code from the snapshot.
    pub is_from_snapshot: bool,
}
