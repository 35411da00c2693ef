//! Commands about tasks: look, follow, act, organise.
//!
//! Each opens the [door](super::door) of the project, asks the API, and prints: tables for people, one JSON object with
//! `schema_version` for programs. `docs/CLI.md` is their reference.

mod act;
mod args;
mod export;
mod follow;
mod list;
mod log;
mod metrics;
mod sanitize;
mod show;
mod wait;

pub(super) use act::{cancel, rerun};
pub(super) use args::{
    ActArgs, ExportArgs, ListArgs, LogArgs, MetricsArgs, RerunArgs, ShowArgs as ShowTaskArgs,
    WaitArgs,
};
pub(super) use export::export;
pub(super) use list::list;
pub(super) use log::log;
pub(super) use metrics::metrics;
pub(super) use show::show;
pub(super) use wait::wait;
