//! One experiment: its schema, what was typed, and submission.

use domain::protocol::http::{
    GetExperimentResponse, ListCompletedResponse, PostSweepRequest, PostSweepResponse,
    PutInputsRequest,
};
use domain::protocol::{PostProbeRequest, PutParserRequest};

use super::http::{ClientError, Write, get, write, write_only};
use super::url::encode;

/// The experiment with its schema and the inputs kept last.
pub(crate) async fn get_experiment(name: &str) -> Result<GetExperimentResponse, ClientError> {
    get(&format!("/api/v1/experiments/{}", encode(name))).await
}

/// Keeps what was typed.
pub(crate) async fn put_inputs(name: &str, request: &PutInputsRequest) -> Result<(), ClientError> {
    write_only(
        Write::Put,
        &format!("/api/v1/experiments/{}/inputs", encode(name)),
        request,
    )
    .await
}

/// Makes tasks of the previewed grid.
pub(crate) async fn post_sweep(
    name: &str,
    request: &PostSweepRequest,
) -> Result<PostSweepResponse, ClientError> {
    write(
        Write::Post,
        &format!("/api/v1/experiments/{}/sweeps", encode(name)),
        request,
    )
    .await
}

/// The points that a submission skips.
pub(crate) async fn list_completed(name: &str) -> Result<ListCompletedResponse, ClientError> {
    get(&format!("/api/v1/experiments/{}/completed", encode(name))).await
}

/// Asks the script's real parser.
pub(crate) async fn post_probe(name: &str) -> Result<GetExperimentResponse, ClientError> {
    let path = format!("/api/v1/experiments/{}/probe", encode(name));
    write(Write::Post, &path, &PostProbeRequest::default()).await
}

/// Forgets what the real parser said.
pub(crate) async fn delete_probe(name: &str) -> Result<GetExperimentResponse, ClientError> {
    let path = format!("/api/v1/experiments/{}/probe", encode(name));
    write(Write::Delete, &path, &()).await
}

/// Uses another parser of the script.
pub(crate) async fn put_parser(
    name: &str,
    index: u32,
) -> Result<GetExperimentResponse, ClientError> {
    let path = format!("/api/v1/experiments/{}/parser", encode(name));
    write(Write::Put, &path, &PutParserRequest { index }).await
}
