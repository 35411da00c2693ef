//! What a run used while it went on.

use domain::run::{GetUsageResponse, thinned};
use domain::task::RunId;

use super::{Project, ServiceError, tasks};
use crate::storage::runs;

/// `GET /api/v1/runs/{experiment}/{task}/{number}/usage`
///
/// # Errors
/// There is no such run, or its files cannot be read.
pub async fn get(project: &Project, id: RunId) -> Result<GetUsageResponse, ServiceError> {
    let dir = tasks::run_dir(project, id).await?;
    let samples = runs::read_usage(&dir)?;
    Ok(GetUsageResponse {
        total: u64::try_from(samples.len()).unwrap_or(u64::MAX),
        samples: thinned(samples),
        summary: runs::read(&dir)?.usage,
    })
}
