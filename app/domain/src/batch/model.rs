//! What a batch file says.

use crate::command::CommandLine;
use crate::config::Value;
use crate::queue::{GpuRequest, Policy, Resources, Retry};

use super::BatchError;

/// A batch file that was read to its end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BatchFile {
    /// `[scheduler]`
    pub scheduler: Scheduler,
    /// `enable_gpu_management` of `[gpu]`: false means that devices are named to the tasks but held by nobody.
    pub holds_gpus: bool,
    /// The good entries, in the order of the file.
    pub entries: Vec<BatchEntry>,
    /// What is wrong, in the order of the file.
    pub errors: Vec<BatchError>,
}

/// `[scheduler]`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scheduler {
    /// Where the experiments' folders stand; absent: each task keeps its runs in its own folder.
    pub base_experiment_dir: Option<String>,
    /// How many of its experiments may go on at once, at least 1.
    pub max_concurrent: u32,
    /// True: `max_retries` counts.
    pub auto_restart_on_error: bool,
    /// True: who runs the file stays when everything has ended.
    pub lingers: bool,
    /// For so many milliseconds at most.
    pub linger_ms: Option<u64>,
    /// `lark_url` and `lark_config`, kept for a later version.
    pub lark: Option<Value>,
}

/// One of `[[experiments]]`.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchEntry {
    /// Its number in the file, from 1.
    pub number: u32,
    /// The beginning of its folders' names; it may hold `/`.
    pub name: String,
    /// What is run.
    pub command: CommandLine,
    /// Larger goes first.
    pub priority: i32,
    /// Labels of its tasks.
    pub tags: Vec<String>,
    /// Devices by index or id; none: see `gpu_count`.
    pub gpu_ids: Vec<String>,
    /// So many devices, any.
    pub gpu_count: u32,
    /// The working directory; absent: the file's folder.
    pub cwd: Option<String>,
    /// Where its folders stand instead of the scheduler's.
    pub base_dir: Option<String>,
    /// Variables over those that it would find anyway.
    pub environment: Vec<(String, String)>,
    /// The stamp of a folder in which it goes on.
    pub resume: Option<String>,
    /// What it is for.
    pub description: String,
    /// How many tasks are made of it, at least 1.
    pub repeats: u32,
    /// How often a run that failed is followed by another.
    pub max_retries: u32,
    /// Milliseconds between its being queued and its start, at least.
    pub delay_ms: u64,
    /// `lark_url` and `lark_config`, kept for a later version.
    pub lark: Option<Value>,
}

/// One task to be: which entry, and the how-manieth of its repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its place in [`BatchFile::entries`].
    pub entry: usize,
    /// From 1.
    pub repeat: u32,
}

impl BatchFile {
    /// True if something outside the entries is wrong: nothing of such a file is run.
    pub fn is_unusable(&self) -> bool {
        self.errors.iter().any(|error| error.entry.is_none())
    }

    /// The number of tasks, repeats included.
    pub fn count(&self) -> u64 {
        self.entries
            .iter()
            .map(|entry| u64::from(entry.repeats))
            .sum()
    }

    /// The tasks in the order in which they start: by priority, equal ones as they stand in the file, repeats one after
    /// the other.
    pub fn order(&self) -> impl Iterator<Item = Place> + '_ {
        let mut entries: Vec<usize> = (0..self.entries.len()).collect();
        entries.sort_by_key(|entry| std::cmp::Reverse(self.entries[*entry].priority));
        entries.into_iter().flat_map(move |entry| {
            (1..=self.entries[entry].repeats).map(move |repeat| Place { entry, repeat })
        })
    }

    /// What a task of an entry asks of the queue.
    pub fn policy(&self, entry: &BatchEntry) -> Policy {
        let gpus = match (&entry.gpu_ids, entry.gpu_count) {
            _ if !self.holds_gpus => GpuRequest::None,
            (ids, _) if !ids.is_empty() => GpuRequest::Pinned { ids: ids.clone() },
            (_, 0) => GpuRequest::None,
            (_, count) => GpuRequest::Count { count },
        };
        let retries = if self.scheduler.auto_restart_on_error {
            entry.max_retries
        } else {
            0
        };
        Policy {
            priority: entry.priority,
            resources: Resources {
                gpus,
                ..Resources::default()
            },
            delay_ms: entry.delay_ms,
            retry: Retry {
                max: retries,
                ..Retry::default()
            },
            ..Policy::default()
        }
    }
}
