//! Commands about tasks: look, follow, act, organise.
//!
//! Each opens the [door](super::door) of the project, asks the API, and prints: tables for people, one JSON object with
//! `schema_version` for programs. `docs/CLI.md` is their reference.

mod act;
mod args;
mod edit;
mod export;
mod follow;
mod list;
mod log;
mod metrics;
mod note;
mod organise;
mod sanitize;
mod show;
mod trash;
mod wait;
mod watch;

pub(super) use act::{cancel, rerun, tell, tell_refused};
pub(super) use args::{
    ActArgs, EditArgs, ExportArgs, LabelArgs, ListArgs, LogArgs, MetricsArgs, MoveArgs, NoteArgs,
    RerunArgs, RestoreArgs, ShowArgs as ShowTaskArgs, TrashArgs, WaitArgs,
};
pub(super) use edit::edit;
pub(super) use export::export;
pub(super) use follow::{Follow, Progress, cancel_on_interrupt};
pub(super) use list::list;
pub(super) use log::log;
pub(super) use metrics::metrics;
pub(super) use note::note;
pub(super) use organise::{label, pin, remove, rename, restore, unpin};
pub(super) use show::show;
pub(super) use trash::trash;
pub(super) use wait::{exit_code, wait, words};
