//! Talking to the server that holds the project.

use domain::protocol::http::{
    GetExperimentResponse, PostSweepRequest, PostSweepResponse, RepeatRunRequest,
    RepeatRunResponse, ResumeSweepResponse,
};
use domain::protocol::{ApiError, ErrorCode, PutParserRequest};
use domain::task::RunId;
use serde::Serialize;
use serde::de::DeserializeOwned;
use ureq::Agent;
use ureq::http::Method;

use crate::storage::Layout;
use crate::storage::server_file::ServerFile;

/// Submits a sweep to the running server.
///
/// # Errors
/// What the server answered, or that it did not answer.
pub(super) fn submit(
    layout: &Layout,
    experiment: &str,
    request: &PostSweepRequest,
) -> Result<PostSweepResponse, ApiError> {
    let path = format!("experiments/{experiment}/sweeps");
    send(layout, Method::POST, &path, request)
}

/// Has the running server use another parser of a script.
///
/// # Errors
/// What the server answered, or that it did not answer.
pub(super) fn put_parser(layout: &Layout, experiment: &str, index: u32) -> Result<(), ApiError> {
    let path = format!("experiments/{experiment}/parser");
    let request = PutParserRequest { index };
    send::<_, GetExperimentResponse>(layout, Method::PUT, &path, &request).map(drop)
}

/// Has the running server go on with a sweep.
///
/// # Errors
/// What the server answered, or that it did not answer.
pub(super) fn resume(
    layout: &Layout,
    experiment: &str,
    sweep: &str,
) -> Result<ResumeSweepResponse, ApiError> {
    // A name with other characters than these is no sweep's; it must not become another path.
    let is_name = domain::names::check_name(sweep).is_ok() && !sweep.contains(['%', '#', '&']);
    if !is_name {
        return Err(crate::service::ServiceError::NoSweep(sweep.to_owned()).to_api());
    }
    let path = format!("experiments/{experiment}/sweeps/{sweep}/resume");
    send(layout, Method::POST, &path, &serde_json::json!({}))
}

/// Has the running server repeat a run.
///
/// # Errors
/// What the server answered, or that it did not answer.
pub(super) fn repeat(
    layout: &Layout,
    id: &RunId,
    from_snapshot: bool,
) -> Result<RepeatRunResponse, ApiError> {
    let path = format!(
        "runs/{}/{}/{}/repeat",
        id.task.experiment, id.task.task, id.number
    );
    send(
        layout,
        Method::POST,
        &path,
        &RepeatRunRequest { from_snapshot },
    )
}

fn send<T: Serialize, R: DeserializeOwned>(
    layout: &Layout,
    method: Method,
    path: &str,
    request: &T,
) -> Result<R, ApiError> {
    let unreachable = |message: String| {
        let message = format!("the server of this project does not answer: {message}");
        ApiError::new(ErrorCode::Internal, message)
            .with_hint("wait until it has started, or stop it")
    };
    let (Some(server), Some(token)) = (ServerFile::read(layout), ServerFile::token(layout)) else {
        return Err(unreachable("it has not said where".to_owned()));
    };
    let url = format!("http://127.0.0.1:{}/api/v1/{path}", server.port);
    let body = serde_json::to_string(request).map_err(|error| unreachable(error.to_string()))?;
    let agent: Agent = Agent::config_builder()
        .http_status_as_error(false)
        .proxy(None)
        .build()
        .into();
    let request = ureq::http::Request::builder()
        .method(method)
        .uri(&url)
        .header("Authorization", format!("Bearer {token}"))
        .header("Content-Type", "application/json")
        .body(body)
        .map_err(|error| unreachable(error.to_string()))?;
    let mut response = agent
        .run(request)
        .map_err(|error| unreachable(error.to_string()))?;
    let is_success = response.status().is_success();
    let text = response
        .body_mut()
        .read_to_string()
        .map_err(|error| unreachable(error.to_string()))?;
    let not_understood = |error: serde_json::Error| unreachable(error.to_string());
    if is_success {
        serde_json::from_str(&text).map_err(not_understood)
    } else {
        Err(serde_json::from_str(&text).map_err(not_understood)?)
    }
}
