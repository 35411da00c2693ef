//! What a run used: memory and processor time of its whole process tree.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// What a run used in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UsageSummary {
    /// The most resident memory of all its processes at one sample, bytes.
    pub peak_memory_bytes: u64,
    /// Processor time of all its processes, user and system, milliseconds.
    pub cpu_ms: u64,
}

/// One row of `usage.jsonl`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UsageSample {
    /// When.
    pub at_ms: Timestamp,
    /// Resident memory of all its processes, bytes.
    pub memory_bytes: u64,
    /// Processor use since the sample before, in processors: 1.0 is one processor fully used.
    pub cpus: f64,
    /// How many processes it had.
    pub processes: u32,
}
