//! Which points of an experiment are done already.

use domain::identity::IdentityRule;
use domain::protocol::http::ListCompletedResponse;

use super::experiments;
use super::{Project, ServiceError};
use crate::storage::format::ExperimentFile;
use crate::storage::settings::IdentitySettings;

/// The rule of an experiment's identities: the project's and the experiment's own ignored keys, sorted, without repeats.
pub fn rule(file: &ExperimentFile, settings: &IdentitySettings) -> IdentityRule {
    let mut ignore: Vec<_> = settings
        .ignore
        .iter()
        .chain(&file.ignore)
        .cloned()
        .collect();
    ignore.sort();
    ignore.dedup();
    IdentityRule {
        entry: file.script.clone(),
        ignore,
        code: None,
    }
}

/// `GET /api/v1/experiments/{experiment}/completed`
pub async fn list(
    project: &Project,
    experiment: String,
) -> Result<ListCompletedResponse, ServiceError> {
    experiments::check(&project.layout, &experiment)?;
    Ok(project
        .dispatcher
        .read(move |state| state.completed(&experiment))
        .await?)
}
