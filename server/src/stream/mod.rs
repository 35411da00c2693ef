//! From the bytes of a growing log file to rows on the wire: bounded, event-driven, safe to show.
//!
//! ```text
//! output.log ─► reader (≤ 256 KiB a turn) ─► filter ─► terminal (vt100) ─► html ─► LogDelta
//!      ▲                                     clean      rows and tail     spans
//! watch (inotify) ─► tail: when to take the next turn        history: the rows before an offset
//! ```
//!
//! The file is the truth and stays raw; what is made of it here can always be made again from any row's offset.
//! `terminal`, `filter` and `html` are pure; `reader` and `history` block; `tail` is the only asynchronous part.

mod filter;
mod history;
mod html;
mod reader;
mod tail;
mod terminal;
mod watch;

#[cfg(test)]
mod tests;

pub use history::{MAX_ROWS, rows_before};
pub use reader::{FollowLogError, LogEvent, LogStart};
pub use tail::LogFollower;
pub use terminal::{COLUMNS, RowBuilder};
pub use watch::{FileChanges, LogWatcher, WatchLogError};
