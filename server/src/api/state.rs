//! What every handler can reach.

use std::sync::Arc;

use axum::extract::FromRef;
use leptos::config::LeptosOptions;

use super::access::Access;
use super::holder::Holder;
use crate::monitor::host::HostMonitor;
use crate::service::Project;
use crate::stream::LogWatcher;

/// Shared by all requests; clones are cheap.
#[derive(Clone, Debug)]
pub struct AppState {
    /// Where the pages find their files.
    pub options: LeptosOptions,
    /// The served project.
    pub project: Project,
    /// Who may come in.
    pub access: Arc<Access>,
    /// Tells of growing logs.
    pub watcher: LogWatcher,
    /// The machine's load, measured while somebody looks.
    pub host: HostMonitor,
    /// True: the page may look at everything and change nothing.
    pub is_read_only: bool,
    /// What kind of process this is, and how it is asked to leave.
    pub holder: Holder,
    /// Random per process: another one makes a client's sequence numbers void.
    pub instance: Arc<str>,
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.options.clone()
    }
}
