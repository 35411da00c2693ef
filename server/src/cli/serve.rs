//! `runyard SCRIPT.py`: serves the project and opens the browser.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use leptos::config::LeptosOptions;
use tokio::signal::unix::{SignalKind, signal};

use super::arguments::UiArgs;
use super::environment;
use super::open::{self, OpenedProject, Place};
use super::report::{self, Format};
use crate::api::access::{Access, random_hex};
use crate::api::holder::Holder;
use crate::api::router;
use crate::api::state::AppState;
use crate::monitor::host::HostMonitor;
use crate::service::ServiceError;
use crate::storage::server_file::{HolderKind, ServerFile};
use crate::stream::LogWatcher;

/// How many ports behind the first are tried.
const PORTS_TO_TRY: u16 = 100;

/// Why serving did not begin.
#[derive(Debug, thiserror::Error)]
enum ServeError {
    #[error(transparent)]
    Service(#[from] ServiceError),
    #[error("port {port} is taken")]
    PortTaken { port: u16 },
    #[error("no port from {from} to {to} is free")]
    NoPort { from: u16, to: u16 },
    #[error("could not listen on port {port}: {source}")]
    Listen { port: u16, source: io::Error },
    #[error("could not start: {0}")]
    Start(String),
}

impl ServeError {
    fn report(&self) -> ExitCode {
        let hint = match self {
            Self::Service(error) => return report::failure(error, Format::Text),
            Self::PortTaken { .. } => {
                Some("give another `--port`, or leave it out to take the next free one")
            }
            Self::NoPort { .. } => Some("give a free one with `--port`"),
            Self::Listen { .. } | Self::Start(_) => None,
        };
        let error = domain::protocol::ApiError {
            hint: hint.map(str::to_owned),
            ..domain::protocol::ApiError::new(
                domain::protocol::ErrorCode::Internal,
                self.to_string(),
            )
        };
        report::api_failure(&error, Format::Text)
    }
}

pub(super) fn ui(args: &UiArgs) -> ExitCode {
    report::start_logging();
    match serve(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error.report(),
    }
}

fn serve(args: &UiArgs) -> Result<(), ServeError> {
    let target = match &args.target {
        Some(target) => {
            let configs: Vec<_> = args.config.iter().cloned().collect();
            Some(open::locate(target, &configs, args.no_config)?.0)
        }
        None => None,
    };
    let place = target
        .as_ref()
        .map_or(Place::Folder(Path::new(".")), Place::Target);
    // The port first: a taken one leaves everything as it was.
    let (opened, listener) = open::project_after(place, args.python.as_deref(), |settings| {
        listen(args.port, settings.port)
    })?;
    let port = listener
        .local_addr()
        .map_err(|source| ServeError::Listen { port: 0, source })?
        .port();
    let experiment = open::experiment(&opened)?;
    let access = Access::open(&opened.layout, port).map_err(ServiceError::from)?;
    ServerFile::write(&opened.layout, port, HolderKind::Server).map_err(ServiceError::from)?;
    let runtime = runtime().map_err(ServeError::Start)?;
    let result = runtime.block_on(run(args, opened, experiment, Arc::new(access), listener));
    // Threads that wait for adopted runs may block for days.
    runtime.shutdown_background();
    result
}

/// What everything of a process that answers runs on.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, String> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| error.to_string())
}

fn listen(asked: Option<u16>, first: u16) -> Result<TcpListener, ServeError> {
    // Under `cargo leptos` its own setting is the first choice.
    let first = environment::site_addr()
        .and_then(|addr| addr.rsplit(':').next()?.parse().ok())
        .unwrap_or(first);
    let bind = |port: u16| TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    if let Some(port) = asked {
        return bind(port).map_err(|source| match source.kind() {
            io::ErrorKind::AddrInUse => ServeError::PortTaken { port },
            _ => ServeError::Listen { port, source },
        });
    }
    let last = first.saturating_add(PORTS_TO_TRY);
    for port in first..=last {
        match bind(port) {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            Err(source) => return Err(ServeError::Listen { port, source }),
        }
    }
    Err(ServeError::NoPort {
        from: first,
        to: last,
    })
}

async fn run(
    args: &UiArgs,
    opened: OpenedProject,
    experiment: Option<String>,
    access: Arc<Access>,
    listener: TcpListener,
) -> Result<(), ServeError> {
    let start_error = |error: &dyn std::fmt::Display| ServeError::Start(error.to_string());
    let address = listener.local_addr().map_err(|error| start_error(&error))?;
    listener
        .set_nonblocking(true)
        .map_err(|error| start_error(&error))?;
    let listener =
        tokio::net::TcpListener::from_std(listener).map_err(|error| start_error(&error))?;
    let layout = opened.layout.clone();
    let (project, _lock) = open::start(opened, experiment);
    let site_root = environment::site_root().unwrap_or_else(|| "target/site".to_owned());
    let options = LeptosOptions::builder()
        .output_name("runyard")
        .site_root(site_root)
        .site_addr(address)
        .build();
    let state = AppState {
        options,
        project,
        access: Arc::clone(&access),
        watcher: LogWatcher::new().map_err(|error| start_error(&error))?,
        host: HostMonitor::default(),
        holder: Holder::new(HolderKind::Server),
        instance: random_hex().into(),
    };
    report::line(&format!("Runyard serves {}", layout.root().display()));
    report::line(&format!("  {}", access.url()));
    if !args.no_browser && webbrowser::open(&access.url()).is_err() {
        report::line_to_stderr("no browser could be opened here: open the URL above yourself");
    }
    let ended = tokio::select! {
        result = axum::serve(listener, router::router(state)).into_future() => result.map_err(|error| start_error(&error)),
        () = shutdown_asked() => Ok(()),
    };
    ServerFile::remove(&layout);
    report::line_to_stderr("stopped; running tasks go on, and the next start shows how they ended");
    ended
}

/// Waits for Ctrl-C or the system's request. Open pages reconnect by themselves, so nothing is waited for.
pub(super) async fn shutdown_asked() {
    let (Ok(mut interrupt), Ok(mut terminate)) = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    ) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
