//! Keeping order among tasks: the trash, names, labels, notes, and commands that have not started.
//!
//! Each of these takes the tasks out of the state, or knows that they may stay, before it touches a file: nothing starts
//! in a folder that is about to move. Names are given out one at a time, as with submissions.

pub mod command;
pub mod error;
pub mod notes;
pub mod patch;
pub mod rename;
pub mod trash;

pub use error::OrganiseError;

use super::ServiceError;

/// Does the work although the person who asked goes away meanwhile: what was taken off must come to rest somewhere.
async fn to_the_end<R: Send + 'static>(
    work: impl Future<Output = Result<R, ServiceError>> + Send + 'static,
) -> Result<R, ServiceError> {
    tokio::spawn(work).await.map_err(|error| {
        tracing::error!(%error, "work on tasks broke");
        ServiceError::Gone(crate::dispatcher::DispatcherGone)
    })?
}
