//! `runyard run`: a sweep from the terminal, with the engine of the browser.
//!
//! ```text
//! prepare  everything up to the grid; nothing is written
//! dry_run  shows it             submit  runs it here, or asks the running server        follow  tells how it goes
//!                               foreground  holds the project meanwhile, reachable for other commands
//! ```

mod again;
mod batch;
mod dry_run;
mod follow;
mod foreground;
mod overrides;
mod prepare;
mod start;
mod submit;

#[cfg(test)]
mod spelled_tests;

pub(super) use start::run;
