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
use crate::storage::{Layout, StorageError, project};

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
    /// The folder of a project, or any folder in it; that of a task or a run leads to its page.
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// The port of the page; without it, any that is free.
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub port: u16,
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
    let Some((layout, page)) = found(&dir) else {
        return Err(nothing_to_show(&dir));
    };
    let opened = match open::existing(&layout) {
        Ok(opened) => opened,
        Err(ServiceError::Storage(StorageError::Locked { path, address })) => {
            let Some(there) = served(&layout) else {
                let error = StorageError::Locked { path, address };
                return Err(ServiceError::from(error).to_api());
            };
            show(&there.page(&page), args.no_browser);
            return Ok(ExitCode::SUCCESS);
        }
        Err(error) => return Err(error.to_api()),
    };
    let runtime = serve::runtime().map_err(|error| ApiError::new(ErrorCode::Internal, error))?;
    let result = runtime.block_on(view(opened, &page, args));
    runtime.shutdown_background();
    result
        .map(|()| ExitCode::SUCCESS)
        .map_err(|error| error.to_api())
}

/// The project that a folder is in, and the page of what the folder is.
fn found(dir: &Path) -> Option<(Layout, String)> {
    let layout = Layout::new(project::find_root(&dir.join("script")));
    let state_dir = layout.state_dir();
    if !state_dir.is_dir() {
        return None;
    }
    let within = dir.strip_prefix(&state_dir).unwrap_or(Path::new(""));
    let names: Vec<&str> = within.iter().filter_map(|name| name.to_str()).collect();
    let page = match names.as_slice() {
        [experiment, "tasks", task, "runs", run, ..] if run.parse::<u32>().is_ok() => {
            format!("runs/{}/{}/{run}", encode(experiment), encode(task))
        }
        [experiment, "tasks", task, ..] => {
            format!("runs/{}/{}", encode(experiment), encode(task))
        }
        _ => String::new(),
    };
    Some((layout, page))
}

/// Files that tell who wrote a folder, what that is, and what can be done with it.
const WRITERS: [(&str, &str, &str); 5] = [
    (
        "logger.json",
        "what a `Logger` recorded outside any project",
        "`runyard.LogReader(DIR)` reads it in Python",
    ),
    (
        "run.json",
        "a run of Runyard without its project",
        "`runyard.LogReader(DIR)` reads what it recorded",
    ),
    (
        "result.pkl",
        "a result of an experiment",
        "`Experiment.report` reads it in Python",
    ),
    (
        ".pyexp",
        "a log of pyexp",
        "`runyard.LogReader(DIR)` reads it in Python",
    ),
    (
        "metadata.json",
        "a run of EXP",
        "`runyard.load_metrics_df` reads its tables in Python",
    ),
];

/// What is said of a folder that no project is around.
fn nothing_to_show(dir: &Path) -> ApiError {
    let written = WRITERS
        .iter()
        .find(|(file, _, _)| dir.join(file).symlink_metadata().is_ok());
    let name = dir.display();
    let (message, instead) = match written {
        Some((_, what, instead)) => (
            format!("`{name}` is {what}: no page can show it yet"),
            *instead,
        ),
        None => (
            format!("`{name}` is in no project of Runyard"),
            "results of other programs cannot be shown yet",
        ),
    };
    ApiError::new(ErrorCode::NotFound, message).with_hint(format!(
        "name a folder that holds `_runyard_`, or one in such a folder; {instead}"
    ))
}

async fn view(opened: open::OpenedProject, page: &str, args: &SeeArgs) -> Result<(), ServiceError> {
    let (project, _lock) = open::start_held(opened);
    let root = project.layout.root().to_path_buf();
    let mut serving = Serving::open_at(project, HolderKind::Foreground, args.port)?;
    serving.state.is_read_only = true;
    serving.announce()?;
    report::line(&format!("{} to look at", root.display()));
    show(&serving.state.access.url_of(page), args.no_browser);
    // Open pages reconnect for ever: nothing is waited for.
    tokio::select! {
        () = serving.until(std::future::pending()) => {}
        () = serve::shutdown_asked() => {}
    }
    serving.withdraw();
    Ok(())
}
