//! The hidden `supervise` command: one run from its start to its recorded outcome.
//!
//! It is a process of its own, in a session of its own, so that the death of the server ends neither the task nor the
//! record of its end. It holds the run's supervisor lock as long as it lives: whoever can take that lock knows that
//! the supervisor is gone, without a process id that could be reused.
//!
//! When its run has ended, the server may give it the next one of the slot: starting this large program costs more than
//! many a short task. Each run has its lock, its record and its end for itself; whatever a run leaves behind is ended
//! before the next begins; and a supervisor that no server speaks to any more ends after its run.
//!
//! ```text
//! run.json: starting -> (spawn) -> running -> (exit | request to end, grace period, SIGKILL) -> finished + outcome
//! ```

mod capture;
mod ending;
mod error_log;
mod foreground;
mod keeper;
mod keyboard;
mod merge;
mod meter;
mod plan;
mod pump;
mod rules;
mod run;
mod start;
mod warm;
mod watch;

pub use error_log::last_error;
pub use run::{supervise, supervise_in_foreground};
