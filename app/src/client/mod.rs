//! The typed client of `/api/v1`: one file per noun, one function per endpoint.

mod commands;
mod experiments;
mod http;
mod logs;
mod organise;
mod project;
mod queue;
mod tasks;
mod templates;
mod url;

pub(crate) use commands::post_batch;
pub(crate) use experiments::{
    delete_probe, get_experiment, list_completed, post_probe, post_sweep, put_inputs, put_parser,
};
pub(crate) use http::ClientError;
pub(crate) use logs::{get_log_rows, raw_log_path};
pub(crate) use organise::{
    empty_trash, get_notes, get_trash_size, get_usage, list_trash, patch_tasks, put_notes,
    remove_tasks, rename_task, restore_tasks,
};
pub(crate) use project::{
    get_project, get_settings, list_interpreters, post_phone, put_settings, put_slots,
};
pub(crate) use queue::{get_queue, move_tasks, patch_sweep, pause};
pub(crate) use tasks::{Act, act_on_tasks, get_environment, get_task, list_tasks};
pub(crate) use templates::{
    delete_template, import, list_templates, put_template, rename_template,
};
pub(crate) use url::{encode, url};
