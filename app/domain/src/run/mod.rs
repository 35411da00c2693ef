//! Runs: live status, outcome, and the one word that people see.

pub mod environment;
mod outcome;
mod record;
mod status;
mod usage;

pub use outcome::{CancelledBy, Outcome};
pub use record::RunRecord;
pub use status::{IllegalTransition, RunStatus, ShownStatus, StatusCounts};
pub use usage::{GetUsageResponse, MAX_SAMPLES, UsageSample, UsageSummary, thinned};
