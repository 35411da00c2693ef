//! Talking to the server that holds the project.

use std::time::Duration;

use domain::protocol::commands::{PostBatchRequest, PostBatchResponse};
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
use crate::storage::server_file::{HolderKind, ServerFile};

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

/// Submits a batch file to the process that holds the project.
///
/// # Errors
/// What it answered, or that it did not answer.
pub(super) fn post_batch(
    layout: &Layout,
    request: &PostBatchRequest,
) -> Result<PostBatchResponse, ApiError> {
    send(layout, Method::POST, "batches", request)
}

/// A name as one part of a path.
pub(super) fn encoded(name: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
            char::from(byte).to_string()
        }
        byte => format!("%{byte:02X}"),
    };
    name.bytes().map(encode).collect()
}

/// Where a process answers that holds a project.
#[derive(Clone, Debug)]
pub(super) struct Address {
    port: u16,
    token: String,
    pub(super) kind: HolderKind,
}

/// The body of an answer that was a success, as it came.
pub(super) type Body = Vec<u8>;

impl Address {
    /// Where the holder of a project says that it answers.
    pub(super) fn read(layout: &Layout) -> Option<Self> {
        let file = ServerFile::read(layout)?;
        let token = ServerFile::token(layout)?;
        Some(Self {
            port: file.port,
            token,
            kind: file.kind,
        })
    }

    /// Its port on this machine.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// The address of one of its pages, with the token that opens it.
    pub(super) fn page(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}?token={}", self.port, self.token)
    }

    /// True if it answers, and to our token: a stranger's process may have got its port.
    pub(super) fn answers(&self) -> bool {
        self.ask(Method::GET, "project", String::new(), Some(PROBE))
            .is_ok()
    }

    /// Asks a background dispatcher to let go of the project.
    pub(super) fn hand_over(&self) -> Result<(), ApiError> {
        self.ask(Method::POST, "handover", String::new(), Some(PROBE))
            .map(drop)
    }

    /// Asks something; `path` is what stands behind `/api/v1/`. Without a limit, it is waited for as long as it takes.
    pub(super) fn ask(
        &self,
        method: Method,
        path: &str,
        body: String,
        limit: Option<Duration>,
    ) -> Result<Body, ApiError> {
        let agent: Agent = Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .timeout_global(limit)
            .build()
            .into();
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("http://127.0.0.1:{}/api/v1/{path}", self.port))
            .header("Authorization", format!("Bearer {}", self.token))
            .header("Content-Type", "application/json")
            .body(body)
            .map_err(|error| unreachable(&error))?;
        let mut response = agent.run(request).map_err(|error| unreachable(&error))?;
        let is_success = response.status().is_success();
        let body = response
            .body_mut()
            .with_config()
            .limit(MAX_ANSWER_BYTES)
            .read_to_vec()
            .map_err(|error| unreachable(&error))?;
        if is_success {
            return Ok(body);
        }
        Err(serde_json::from_slice(&body).map_err(|error| unreachable(&error))?)
    }
}

/// How long a process may take to say that it lives.
const PROBE: Duration = Duration::from_secs(5);

/// The largest answer that is read, bytes: a log in one piece.
const MAX_ANSWER_BYTES: u64 = 1 << 40;

fn unreachable(error: &dyn std::fmt::Display) -> ApiError {
    let message = format!("the server of this project does not answer: {error}");
    ApiError::new(ErrorCode::Internal, message).with_hint("wait until it has started, or stop it")
}

/// An answer as a value.
pub(super) fn parsed<R: DeserializeOwned>(body: &[u8]) -> Result<R, ApiError> {
    // An answer without a body is a `null`.
    let body = if body.is_empty() { b"null" } else { body };
    serde_json::from_slice(body).map_err(|error| unreachable(&error))
}

fn send<T: Serialize, R: DeserializeOwned>(
    layout: &Layout,
    method: Method,
    path: &str,
    request: &T,
) -> Result<R, ApiError> {
    let address = Address::read(layout).ok_or_else(|| unreachable(&"it has not said where"))?;
    let body = serde_json::to_string(request).map_err(|error| unreachable(&error))?;
    parsed(&address.ask(method, path, body, None)?)
}
