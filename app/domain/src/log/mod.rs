//! Logs on the wire: finished rows and a replaceable tail, each stamped with a byte offset.

use serde::{Deserialize, Serialize};

/// A row that will never change again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogRow {
    /// Escaped HTML: text and `<span>`s of colour, nothing else.
    pub html: String,
    /// The file position behind this row: a reader that resumes here sees the next row first.
    pub end_offset: u64,
}

/// What is new in a log: rows that are final now, and the whole live tail behind them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogDelta {
    /// The file position where the first of `rows` starts. It equals the previous delta's `offset`, or the reader has a gap.
    pub from_offset: u64,
    /// Rows that are final.
    pub rows: Vec<LogRow>,
    /// The rows behind them that may still change (a progress bar), replacing the previous tail. Escaped HTML.
    pub tail: Vec<String>,
    /// The file position up to which rows are final: where to resume.
    pub offset: u64,
}
