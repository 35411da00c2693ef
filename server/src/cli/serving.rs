//! Answering on a loopback port while something else goes on: foreground runs and background dispatchers.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;

use leptos::config::LeptosOptions;

use super::environment;
use crate::api::access::{Access, random_hex};
use crate::api::holder::Holder;
use crate::api::router;
use crate::api::state::AppState;
use crate::monitor::host::HostMonitor;
use crate::service::{Project, ServiceError};
use crate::storage::server_file::{HolderKind, ServerFile};
use crate::storage::{Layout, StorageError};
use crate::stream::LogWatcher;

/// A port that this process answers on, and what it answers with.
#[derive(Debug)]
pub(super) struct Serving {
    layout: Layout,
    listener: TcpListener,
    pub(super) state: AppState,
}

impl Serving {
    /// Takes a free port. Nobody can find it before [`Self::announce`].
    pub(super) fn open(project: Project, kind: HolderKind) -> Result<Self, ServiceError> {
        Self::open_at(project, kind, 0)
    }

    /// Takes this port; 0: a free one.
    ///
    /// # Errors
    /// Somebody has it.
    pub(super) fn open_at(
        project: Project,
        kind: HolderKind,
        port: u16,
    ) -> Result<Self, ServiceError> {
        let layout = project.layout.clone();
        let problem = |source: io::Error| StorageError::write(&layout.server())(source);
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
            .map_err(|source| ServiceError::Port { port, source })?;
        listener.set_nonblocking(true).map_err(problem)?;
        let address = listener.local_addr().map_err(problem)?;
        let access = Arc::new(Access::open(&layout, address.port())?);
        let state = app_state(project, access, address, kind).map_err(problem)?;
        Ok(Self {
            layout,
            listener,
            state,
        })
    }

    /// Says where this process answers.
    pub(super) fn announce(&self) -> Result<(), ServiceError> {
        let port = self.listener.local_addr().map_or(0, |at| at.port());
        Ok(ServerFile::write(
            &self.layout,
            port,
            self.state.holder.kind(),
        )?)
    }

    /// Answers until `leave` says so and what was being answered has its answer.
    pub(super) async fn until(&self, leave: impl Future<Output = ()> + Send + 'static) {
        let listener = self.listener.try_clone();
        let Ok(listener) = listener.and_then(tokio::net::TcpListener::from_std) else {
            return leave.await;
        };
        let router = router::router(self.state.clone());
        let served = axum::serve(listener, router).with_graceful_shutdown(leave);
        if let Err(error) = served.await {
            tracing::error!(%error, "the port of this process broke");
        }
    }

    /// Answers from now on, beside whatever this process does.
    pub(super) fn beside(self) -> Arc<Self> {
        let this = Arc::new(self);
        let answering = Arc::clone(&this);
        tokio::spawn(async move { answering.until(std::future::pending()).await });
        this
    }

    /// Takes the announcement back. To be called while the project's lock is still held.
    pub(super) fn withdraw(&self) {
        ServerFile::remove(&self.layout);
    }
}

/// What the handlers of a process reach that is no server of its own right.
pub(super) fn app_state(
    project: Project,
    access: Arc<Access>,
    address: SocketAddr,
    kind: HolderKind,
) -> io::Result<AppState> {
    let site_root = environment::site_root().unwrap_or_else(|| "target/site".to_owned());
    let options = LeptosOptions::builder()
        .output_name("runyard")
        .site_root(site_root)
        .site_addr(address)
        .build();
    Ok(AppState {
        options,
        project,
        access,
        watcher: LogWatcher::new().map_err(|error| io::Error::other(error.to_string()))?,
        host: HostMonitor::default(),
        is_read_only: false,
        holder: Holder::new(kind),
        instance: random_hex().into(),
    })
}
