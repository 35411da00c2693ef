//! One route each: they wire the client and the live connection to components.

mod batch;
mod form_state;
mod generator;
mod monitor;
mod not_found;
mod queue;
mod run;
mod run_config;
mod run_parts;
mod runs;
mod settings;
mod task_list;
mod trash;

pub(crate) use batch::BatchPage;
pub(crate) use form_state::{Done, FormState, SaveState, Submission, Undo, use_form};
pub(crate) use generator::{GeneratorPage, Reload};
pub(crate) use monitor::MonitorPage;
pub(crate) use not_found::NotFoundPage;
pub(crate) use queue::{QueuePage, clock};
pub(crate) use run::RunPage;
pub(crate) use run_parts::CopyButton;
pub(crate) use runs::RunsPage;
pub(crate) use settings::{Draft, SettingsPage, SettingsState};
pub(crate) use task_list::use_task_list;
pub(crate) use trash::TrashPage;
