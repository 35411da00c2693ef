//! Use cases: what the API and the command line both call.

pub mod batches;
pub mod calls;
pub mod circumstances;
pub mod commands;
pub mod completed;
mod conditions;
pub mod config;
mod dependencies;
pub mod entry;
pub mod error;
pub mod experiments;
pub mod from_snapshot;
pub mod import;
pub mod interpreter;
pub mod interpreters;
pub mod organise;
pub(crate) mod policy;
pub mod probe;
pub mod progress;
mod project;
pub mod queue;
pub mod records;
pub mod redact;
pub mod repeat;
pub mod requirements;
pub mod resume;
pub mod select;
pub mod settings;
pub mod source;
pub mod sweeps;
pub mod tasks;
pub mod templates;
pub mod usage;

pub use error::ServiceError;
pub use project::Project;
pub(crate) use project::in_background;
