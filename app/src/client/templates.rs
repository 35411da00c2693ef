//! Templates of an experiment, and files that become inputs.

use domain::grid::{Input, SweepOptions};
use domain::protocol::import::{ImportRequest, ImportResponse};
use domain::protocol::templates::{
    ListTemplatesResponse, PutTemplateRequest, RenameTemplateRequest, SavedTemplate,
};

use super::http::{ClientError, Write, get, write, write_only};
use super::url::encode;

fn path(experiment: &str, rest: &str) -> String {
    format!("/api/v1/experiments/{}/{rest}", encode(experiment))
}

fn of(experiment: &str, name: &str) -> String {
    path(experiment, &format!("templates/{}", encode(name)))
}

/// All templates.
pub(crate) async fn list_templates(experiment: &str) -> Result<ListTemplatesResponse, ClientError> {
    get(&path(experiment, "templates")).await
}

/// Saves one; `overwrite` lets it replace another of that name.
pub(crate) async fn put_template(
    experiment: &str,
    name: &str,
    inputs: Vec<Input>,
    options: SweepOptions,
    overwrite: bool,
) -> Result<SavedTemplate, ClientError> {
    let request = PutTemplateRequest {
        inputs,
        options,
        overwrite,
    };
    write(Write::Put, &of(experiment, name), &request).await
}

/// Gives one another name.
pub(crate) async fn rename_template(
    experiment: &str,
    name: &str,
    to: String,
) -> Result<(), ClientError> {
    let path = format!("{}/rename", of(experiment, name));
    write_only(Write::Post, &path, &RenameTemplateRequest { to }).await
}

/// Removes one.
pub(crate) async fn delete_template(experiment: &str, name: &str) -> Result<(), ClientError> {
    write_only(Write::Delete, &of(experiment, name), &()).await
}

/// Reads a config file against the experiment's parameters; nothing is kept.
pub(crate) async fn import(
    experiment: &str,
    name: String,
    text: String,
) -> Result<ImportResponse, ClientError> {
    write(
        Write::Post,
        &path(experiment, "import"),
        &ImportRequest { name, text },
    )
    .await
}
