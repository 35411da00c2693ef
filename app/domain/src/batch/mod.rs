//! Batch files: TOML with a `[scheduler]` section and a list of `[[experiments]]`, each with a command of its own.
//!
//! ```text
//! text --read--> BatchFile { scheduler, entries, errors } --order--> what runs, by priority, repeats one after the other
//! ```
//!
//! Every key and its rules stand in `docs/BATCHES.md`. A file is read to its end: all errors are found at once, and an
//! entry that has none is good whatever stands beside it.

mod error;
mod model;
mod read;
mod section;
#[cfg(test)]
mod tests;

pub use error::{BatchError, BatchProblem, Fault};
pub use model::{BatchEntry, BatchFile, Place, Scheduler};
pub use read::{is_batch, place_of_entry, read};
