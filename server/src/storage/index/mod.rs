//! `.index.db`: what tasks that are at rest look like, so that a start need not read every file again.
//!
//! A cache and nothing else. A row says what the files of one task said, with a [`Mark`] of its folders at that moment; it
//! counts only while the folders still bear that mark, and only for tasks all of whose runs have ended. Everything else is
//! read from the files, at every start. So rows may be old, missing or gone without anybody noticing more than the time it
//! takes; what cannot be read is deleted and made anew.
//!
//! ```text
//! mark     what tells that a folder has not changed     row      what is kept of a task
//! db       the rows in SQLite                           writer   keeps rows up with what happens, in the background
//! sweep_row  the same of a sweep's record
//! rebuild  all rows anew                               packed   a task at rest in little memory
//! ```

mod db;
mod mark;
mod packed;
mod rebuild;
mod row;
mod sweep_row;
#[cfg(test)]
mod tests;
mod writer;

pub use db::{Index, StoredRow};
pub use mark::{Mark, Marks, sweep_mark};
pub use packed::{Head, Took, pack, unpack};
pub use rebuild::{Rebuilt, rebuild};
pub use row::{Row, rule_digest};
pub use sweep_row::{SweepMark, SweepRow};
pub use writer::Keeper;
