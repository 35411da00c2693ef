//! The hidden `supervise` command: one run from its start to its recorded outcome.
//!
//! It is a process of its own, in a session of its own, so that the death of the server ends neither the task nor the
//! record of its end. It holds the run's supervisor lock as long as it lives: whoever can take that lock knows that
//! the supervisor is gone, without a process id that could be reused.
//!
//! ```text
//! run.json: starting -> (spawn) -> running -> (exit | request to end, grace period, SIGKILL) -> finished + outcome
//! ```

mod error_log;
mod run;

pub use error_log::last_error;
pub use run::supervise;
