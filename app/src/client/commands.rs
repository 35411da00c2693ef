//! Batch files.

use domain::protocol::commands::{PostBatchRequest, PostBatchResponse};

use super::http::{ClientError, Write, write};

/// Makes tasks of a batch file, or tells what it would make.
pub(crate) async fn post_batch(
    request: &PostBatchRequest,
) -> Result<PostBatchResponse, ClientError> {
    write(Write::Post, "/api/v1/batches", request).await
}
