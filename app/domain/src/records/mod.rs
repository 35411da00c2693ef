//! What a script records while it runs: files of rows, one JSON object a line, that only grow.
//!
//! ```text
//! bytes, in any pieces ──split──► lines, each with its end ──row──► rows: the text as it was written, and its fields
//! ```
//! A row ends with a line feed; what stands behind the last one is not there yet. A line that is no JSON object in valid
//! UTF-8 is passed over, and the next one counts again. `python/tests/fixtures/records` holds what the readers of both
//! languages agree on.

mod row;
mod split;

pub use row::{Field, Row};
pub use split::{MAX_ROW_BYTES, RowSplitter};
