//! Logs by HTTP: older rows and raw bytes. New rows arrive through `live`.

use domain::protocol::http::GetLogRowsResponse;
use domain::task::RunId;

use super::http::{ClientError, get};
use super::url::encode;

/// The path of a run's raw log, for a download link.
pub(crate) fn raw_log_path(run: &RunId) -> String {
    let RunId { task, number } = run;
    format!(
        "/api/v1/runs/{}/{}/{number}/log",
        encode(&task.experiment),
        encode(&task.task)
    )
}

/// At most `limit` rows that end at or before the file position `before`.
pub(crate) async fn get_log_rows(
    run: &RunId,
    before: u64,
    limit: u32,
) -> Result<GetLogRowsResponse, ClientError> {
    get(&format!(
        "{}/rows?before={before}&limit={limit}",
        raw_log_path(run)
    ))
    .await
}
