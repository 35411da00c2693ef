//! `runyard inspect`: what scripts accept.
//!
//! ```text
//! command  reads or probes each script, prints JSON or a table
//! table    for people
//! check    the reading against the script's real parser
//! ```

mod check;
mod command;
mod table;

pub(super) use command::inspect;
