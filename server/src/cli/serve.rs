//! `runyard SCRIPT.py`: serves the project and opens the browser.

use std::io::{self, IsTerminal as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
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
use crate::api::state::AppState;
use crate::api::{phone, router};
use crate::monitor::addresses;
use crate::monitor::host::HostMonitor;
use crate::service::ServiceError;
use crate::storage::Layout;
use crate::storage::server_file::{HolderKind, ServerFile};
use crate::stream::LogWatcher;

/// How many ports behind the first are tried.
const PORTS_TO_TRY: u16 = 100;

/// Why serving did not begin.
#[derive(Debug, thiserror::Error)]
enum ServeError {
    #[error(transparent)]
    Service(Box<ServiceError>),
    #[error(
        "at `{host}` other machines can reach this server, and whoever opens its page can run commands as you"
    )]
    RemoteRefused { host: IpAddr },
    #[error("`{host}` is no address of this machine")]
    NotOurs { host: IpAddr },
    #[error("port {port} is taken")]
    PortTaken { port: u16 },
    #[error("no port from {from} to {to} is free")]
    NoPort { from: u16, to: u16 },
    #[error("could not listen on port {port}: {source}")]
    Listen { port: u16, source: io::Error },
    #[error("could not start: {0}")]
    Start(String),
}

impl From<ServiceError> for ServeError {
    fn from(error: ServiceError) -> Self {
        Self::Service(Box::new(error))
    }
}

impl ServeError {
    fn report(&self) -> ExitCode {
        let hint = match self {
            Self::Service(error) => return report::failure(error, Format::Text),
            Self::RemoteRefused { .. } => Some(
                "add `--allow-remote` if everybody in that network may read along and try; else leave `--host` out and \
                 come through `ssh -L 8099:127.0.0.1:8099`, which is encrypted",
            ),
            Self::NotOurs { .. } => Some("`ip addr` or `ifconfig` lists those that are"),
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
    let beyond = beyond_loopback(args)?;
    // The port first: a taken one leaves everything as it was.
    let (opened, listeners) = open::project_after(place, args.python.as_deref(), |settings| {
        listen(beyond, args.port, settings.port)
    })?;
    let port = listeners.port;
    let experiment = open::experiment(&opened)?;
    let access = Access::open(&opened.layout, port)
        .map_err(ServiceError::from)?
        .with_remote(remote_addresses(beyond));
    ServerFile::write(&opened.layout, port, HolderKind::Server).map_err(ServiceError::from)?;
    let runtime = runtime().map_err(ServeError::Start)?;
    let result = runtime.block_on(run(args, opened, experiment, Arc::new(access), listeners));
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

/// The address that this server is to answer at besides loopback.
fn beyond_loopback(args: &UiArgs) -> Result<Option<IpAddr>, ServeError> {
    match args.host {
        // That one is always answered.
        Some(host) if host == Ipv4Addr::LOCALHOST => Ok(None),
        Some(host) if host.is_loopback() || args.allow_remote => Ok(Some(host)),
        Some(host) => Err(ServeError::RemoteRefused { host }),
        None => Ok(None),
    }
}

/// The addresses that are this server's own beyond loopback: the one named, or all there are.
fn remote_addresses(beyond: Option<IpAddr>) -> Vec<IpAddr> {
    match beyond {
        Some(host) if host.is_unspecified() => {
            let all = addresses::of_this_machine().into_iter();
            all.filter(|address| host.is_ipv6() || address.is_ipv4())
                .collect()
        }
        Some(host) => vec![host],
        None => Vec::new(),
    }
}

/// Where connections come in, all on one port.
#[derive(Debug)]
struct Listeners {
    port: u16,
    all: Vec<TcpListener>,
}

impl Listeners {
    /// Loopback, and an address beyond it; every address of the machine includes loopback.
    fn bind(beyond: Option<IpAddr>, port: u16) -> io::Result<Self> {
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let first = beyond.filter(IpAddr::is_unspecified).unwrap_or(loopback);
        let mut all = vec![TcpListener::bind(SocketAddr::new(first, port))?];
        let port = all
            .first()
            .map_or(Ok(port), |one| one.local_addr().map(|at| at.port()))?;
        if let Some(beyond) = beyond.filter(|address| !address.is_unspecified()) {
            all.push(TcpListener::bind(SocketAddr::new(beyond, port))?);
        }
        Ok(Self { port, all })
    }
}

fn listen(beyond: Option<IpAddr>, asked: Option<u16>, first: u16) -> Result<Listeners, ServeError> {
    // Under `cargo leptos` its own setting is the first choice.
    let first = environment::site_addr()
        .and_then(|addr| addr.rsplit(':').next()?.parse().ok())
        .unwrap_or(first);
    let explain = |source: io::Error, port| match (source.kind(), beyond) {
        (io::ErrorKind::AddrNotAvailable, Some(host)) => ServeError::NotOurs { host },
        _ => ServeError::Listen { port, source },
    };
    if let Some(port) = asked {
        return Listeners::bind(beyond, port).map_err(|source| match source.kind() {
            io::ErrorKind::AddrInUse => ServeError::PortTaken { port },
            _ => explain(source, port),
        });
    }
    let last = first.saturating_add(PORTS_TO_TRY);
    for port in first..=last {
        match Listeners::bind(beyond, port) {
            Ok(listeners) => return Ok(listeners),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            Err(source) => return Err(explain(source, port)),
        }
    }
    Err(ServeError::NoPort {
        from: first,
        to: last,
    })
}

/// Serves one listener until it breaks.
async fn accept(listener: TcpListener, router: axum::Router) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    axum::serve(listener, router).await
}

/// Says where the page is, for people at this machine and beyond.
fn announce(layout: &Layout, access: &Access) {
    report::line(&format!("Runyard serves {}", layout.root().display()));
    report::line(&format!("  {}", access.url()));
    let remote = access.remote_urls();
    for url in &remote {
        report::line(&format!("  {url}"));
    }
    let Some(url) = remote.first() else { return };
    report::note("other machines can reach this server, and the connection is not encrypted");
    if io::stdout().is_terminal() {
        report::line(&phone::for_terminal(url));
    }
}

async fn run(
    args: &UiArgs,
    opened: OpenedProject,
    experiment: Option<String>,
    access: Arc<Access>,
    listeners: Listeners,
) -> Result<(), ServeError> {
    let start_error = |error: &dyn std::fmt::Display| ServeError::Start(error.to_string());
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, listeners.port));
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
        is_read_only: false,
        holder: Holder::new(HolderKind::Server),
        instance: random_hex().into(),
    };
    announce(&layout, &access);
    if !args.no_browser && webbrowser::open(&access.url()).is_err() {
        report::line_to_stderr("no browser could be opened here: open the URL above yourself");
    }
    let router = router::router(state);
    let serving = listeners
        .all
        .into_iter()
        .map(|one| accept(one, router.clone()));
    let ended = tokio::select! {
        result = futures::future::try_join_all(serving) => result.map(drop).map_err(|error| start_error(&error)),
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
