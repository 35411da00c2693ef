//! The queue: looking at it, holding it, ordering it.

use domain::protocol::http::ActOnTasksResponse;
use domain::protocol::queue::{
    GetQueueResponse, MoveTasksRequest, PatchSweepRequest, PauseRequest,
};

use super::http::{ClientError, Write, get, write, write_only};
use super::url::encode;

/// The queue with so many of those that wait.
pub(crate) async fn get_queue(limit: u64) -> Result<GetQueueResponse, ClientError> {
    get(&format!("/api/v1/queue?limit={limit}")).await
}

/// Holds something back, or lets it go on.
pub(crate) async fn pause(
    what: &PauseRequest,
    is_paused: bool,
) -> Result<ActOnTasksResponse, ClientError> {
    let act = if is_paused { "pause" } else { "resume" };
    write(Write::Post, &format!("/api/v1/queue/{act}"), what).await
}

/// Puts waiting tasks elsewhere.
pub(crate) async fn move_tasks(
    request: &MoveTasksRequest,
) -> Result<ActOnTasksResponse, ClientError> {
    write(Write::Post, "/api/v1/queue/move", request).await
}

/// Changes the rule of a sweep.
pub(crate) async fn patch_sweep(
    experiment: &str,
    sweep: &str,
    request: &PatchSweepRequest,
) -> Result<(), ClientError> {
    let path = format!(
        "/api/v1/experiments/{}/sweeps/{}",
        encode(experiment),
        encode(sweep)
    );
    write_only(Write::Patch, &path, request).await
}
