//! One experiment: its schema, what was typed, and submission.

use domain::protocol::http::{
    GetExperimentResponse, PostSweepRequest, PostSweepResponse, PutInputsRequest,
};

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
