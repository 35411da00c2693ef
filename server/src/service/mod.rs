//! Use cases: what the API and the command line both call.

pub mod circumstances;
pub mod completed;
pub mod config;
pub mod entry;
pub mod error;
pub mod experiments;
pub mod from_snapshot;
pub mod import;
pub mod interpreter;
pub mod probe;
pub mod redact;
pub mod repeat;
pub mod requirements;
pub mod resume;
pub mod source;
pub mod sweeps;
pub mod tasks;
pub mod templates;

use std::sync::Arc;

use tokio::sync::RwLock;

use crate::dispatcher::Dispatcher;
use crate::storage::Layout;
use crate::storage::settings::Settings;

pub use error::ServiceError;

/// One served project.
#[derive(Clone, Debug)]
pub struct Project {
    /// Its paths.
    pub layout: Layout,
    /// Its state.
    pub dispatcher: Dispatcher,
    /// Its settings; the slots are the dispatcher's.
    pub settings: Arc<Settings>,
    /// The interpreter asked for on the command line or in the settings.
    pub python: String,
    /// The experiment this process was started on.
    pub opened: Option<String>,
    /// One submission at a time: names are given out here.
    pub submitting: Arc<RwLock<()>>,
}

/// Does file work on a thread of its own.
pub(crate) async fn in_background<R: Send + 'static>(
    work: impl FnOnce() -> Result<R, ServiceError> + Send + 'static,
) -> Result<R, ServiceError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        tracing::error!(%error, "work in the background broke");
        ServiceError::Gone(crate::dispatcher::DispatcherGone)
    })?
}
