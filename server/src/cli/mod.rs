//! The command line: what people type, and what they read.
//!
//! Data goes to standard output, messages to standard error. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.

mod amounts;
mod arguments;
mod background;
mod config;
mod doctor;
mod door;
mod engine;
pub mod environment;
mod exec;
pub mod execution;
mod inspect;
mod main;
mod open;
mod pages;
pub mod policy;
mod queue;
mod reindex;
mod remote;
mod report;
mod run;
mod serve;
mod serving;
mod shell;
mod stand_in;
mod status;
mod table;
mod targets;
mod tasks;
mod words;

pub use arguments::{Cli, Command};
pub use main::main;
