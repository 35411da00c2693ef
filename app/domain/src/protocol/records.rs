//! What a run has recorded, row by row.

use serde::{Deserialize, Serialize};

use crate::records::Row;

/// The most rows that one answer holds.
pub const MAX_ROWS: u64 = 10_000;

/// The query of `GET /api/v1/runs/{experiment}/{task}/{number}/metrics`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetMetricsQuery {
    /// Where to begin: `next` of the answer before, 0 at first. Within a row, the answer begins with the next one.
    pub after: u64,
    /// `file` of the answer before, so that a file that has taken its place is noticed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// At most so many rows; 0 means 1000, and there are never more than [`MAX_ROWS`], nor much more than 1 MiB.
    pub limit: u64,
    /// If there is no row yet and the run goes on: wait so long for one, milliseconds; at most 30,000.
    pub wait_ms: u64,
}

/// The answer to [`GetMetricsQuery`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetMetricsResponse {
    /// The rows as they were written, oldest first.
    pub rows: Vec<Row>,
    /// What `after` is to be for the rows behind these.
    pub next: u64,
    /// Which file `next` is a position in; absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The file is not the one asked for, or begins anew: what was answered before is void, and `rows` are the first ones.
    pub is_anew: bool,
    /// There is more to read already.
    pub has_more: bool,
    /// The run has ended and everything was answered.
    pub is_final: bool,
}
