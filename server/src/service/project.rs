//! One served project: what every use case works on.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::RwLock;

use super::{ServiceError, interpreter};
use crate::dispatcher::Dispatcher;
use crate::storage::Layout;
use crate::storage::settings_file::SharedSettings;
/// One served project.
#[derive(Clone, Debug)]
pub struct Project {
    /// Its paths.
    pub layout: Layout,
    /// Its state.
    pub dispatcher: Dispatcher,
    /// Its settings in force; the slots are the dispatcher's.
    pub settings: SharedSettings,
    /// The interpreter asked for on the command line, which counts more than the settings.
    pub python: Option<String>,
    /// Keys of the settings that the command line has set for this process.
    pub overridden: Vec<&'static str>,
    /// The experiment this process was started on.
    pub opened: Option<String>,
    /// One submission at a time: names are given out here.
    pub submitting: Arc<RwLock<()>>,
}

impl Project {
    /// The interpreter as it was asked for: a name or a path.
    pub fn python_name(&self) -> String {
        let settings = || self.settings.now().python.clone();
        self.python.clone().unwrap_or_else(settings)
    }

    /// The interpreter that runs scripts, absolute.
    ///
    /// # Errors
    /// It is not there.
    pub fn interpreter(&self) -> Result<PathBuf, ServiceError> {
        let path = crate::cli::environment::path();
        interpreter::resolve(&self.python_name(), path.as_deref())
    }
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
