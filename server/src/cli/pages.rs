//! `runyard open` and `runyard see`: a page of a project, in the browser.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use domain::protocol::{ApiError, ErrorCode};

use super::door::{Door, ProjectArgs, encode};
use super::open;
use super::remote::Address;
use super::report::{self, Format};
use super::serve;
use super::serving::Serving;
use super::targets;
use crate::service::ServiceError;
use crate::storage::server_file::HolderKind;
use crate::storage::{Layout, StorageError};

/// `runyard open`
#[derive(Debug, Args)]
pub struct OpenArgs {
    /// A task's name or its beginning, for its page; with @N for that of a run.
    #[arg(value_name = "TASK[@N]")]
    pub target: Option<String>,
    /// Print the address instead of opening it.
    #[arg(long)]
    pub print: bool,
    #[command(flatten)]
    pub project: ProjectArgs,
}

/// `runyard see`
#[derive(Debug, Args)]
#[command(after_help = "\
Nothing starts, and the page cannot change anything; Ctrl-C closes it.
A project that a server serves already is opened there.")]
pub struct SeeArgs {
    /// The folder of a project.
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// Do not open the browser.
    #[arg(long)]
    pub no_browser: bool,
}

pub(super) fn open(args: &OpenArgs) -> ExitCode {
    let run = || {
        let layout = args.project.layout()?;
        let Some(address) = served(&layout) else {
            let error = ApiError::new(ErrorCode::Conflict, "no server serves this project");
            return Err(error.with_hint("`runyard ui` starts one"));
        };
        let path = match &args.target {
            Some(target) => {
                let (name, run) = targets::with_run(target);
                let id = targets::one(&Door::open(&layout)?, &name)?.id;
                let task = format!("runs/{}/{}", encode(&id.experiment), encode(&id.task));
                run.map_or(task.clone(), |run| format!("{task}/{run}"))
            }
            None => String::new(),
        };
        show(&address.page(&path), args.print);
        Ok(ExitCode::SUCCESS)
    };
    report::finish(run(), Format::Text)
}

fn served(layout: &Layout) -> Option<Address> {
    Address::read(layout).filter(Address::answers)
}

fn show(url: &str, is_only_printed: bool) {
    report::line(url);
    if !is_only_printed && webbrowser::open(url).is_err() {
        report::line_to_stderr("no browser could be opened here: open the URL above yourself");
    }
}

pub(super) fn see(args: &SeeArgs) -> ExitCode {
    report::start_logging();
    report::finish(look(args), Format::Text)
}

fn look(args: &SeeArgs) -> Result<ExitCode, ApiError> {
    let dir = std::path::absolute(&args.dir).unwrap_or_else(|_| args.dir.clone());
    let missing = |message: String| ApiError::new(ErrorCode::NotFound, message);
    if !dir.is_dir() {
        return Err(missing(format!("there is no folder `{}`", dir.display())));
    }
    let layout = Layout::new(dir.clone());
    if !layout.state_dir().is_dir() {
        return Err(missing(format!("`{}` is no project of Runyard", dir.display()))
            .with_hint("name the folder that holds `_runyard_`; results of other programs cannot be opened yet"));
    }
    let opened = match open::existing(&layout) {
        Ok(opened) => opened,
        Err(ServiceError::Storage(StorageError::Locked { path, address })) => {
            let Some(there) = served(&layout) else {
                let error = StorageError::Locked { path, address };
                return Err(ServiceError::from(error).to_api());
            };
            show(&there.page(""), args.no_browser);
            return Ok(ExitCode::SUCCESS);
        }
        Err(error) => return Err(error.to_api()),
    };
    let runtime = serve::runtime().map_err(|error| ApiError::new(ErrorCode::Internal, error))?;
    let result = runtime.block_on(view(opened, &dir, args.no_browser));
    runtime.shutdown_background();
    result
        .map(|()| ExitCode::SUCCESS)
        .map_err(|error| error.to_api())
}

async fn view(
    opened: open::OpenedProject,
    dir: &Path,
    no_browser: bool,
) -> Result<(), ServiceError> {
    let (project, _lock) = open::start_held(opened);
    let mut serving = Serving::open(project, HolderKind::Foreground)?;
    serving.state.is_read_only = true;
    serving.announce()?;
    report::line(&format!("{} to look at", dir.display()));
    show(&serving.state.access.url(), no_browser);
    // Open pages reconnect for ever: nothing is waited for.
    tokio::select! {
        () = serving.until(std::future::pending()) => {}
        () = serve::shutdown_asked() => {}
    }
    serving.withdraw();
    Ok(())
}
