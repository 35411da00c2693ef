//! Opening a project from the command line: shared by the server and the foreground run.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::queue::CUDA_VARIABLE;
use tokio::sync::RwLock;

use super::environment;
use super::remote::Address;
use crate::dispatcher;
use crate::executor::launch::Launcher;
use crate::monitor::gpu::GpuMonitor;
use crate::service::entry::Target;
use crate::service::probe::Pick;
use crate::service::{Project, ServiceError, experiments, interpreter};
use crate::storage::lock::FileLock;
use crate::storage::server_file::{HolderKind, ServerFile};
use crate::storage::settings::Settings;
use crate::storage::settings_file::SharedSettings;
use crate::storage::{Layout, StorageError, project};

/// How long a background dispatcher, or a command that has the project for a moment, may take to let go.
const HANDOVER: Duration = Duration::from_secs(15);
/// Between two looks at who holds the project meanwhile.
const LOOK: Duration = Duration::from_millis(100);

/// A project whose lock is held.
#[derive(Debug)]
pub(super) struct OpenedProject {
    pub(super) layout: Layout,
    pub(super) settings: Settings,
    pub(super) python: Option<String>,
    target: Option<Target>,
    lock: FileLock,
}

/// What is opened.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place<'a> {
    /// The project of a script or a config file.
    Target(&'a Target),
    /// The project around a folder.
    Folder(&'a Path),
}

/// Finds a target and where it belongs, without touching anything.
pub(super) fn locate(
    target: &Path,
    configs: &[PathBuf],
    no_config: bool,
) -> Result<(Target, Layout), ServiceError> {
    let here = std::env::current_dir().map_err(|source| ServiceError::ScriptUnreadable {
        path: PathBuf::from("."),
        source,
    })?;
    let target = Target::locate(target, configs, no_config, &here)?;
    let layout = Layout::new(project::find_root(&target.path));
    Ok((target, layout))
}

/// What is done about a background dispatcher that holds the project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Background {
    /// It is a holder like any other.
    Respected,
    /// It is asked to hand over.
    Replaced,
}

/// Opens a project and takes its lock. A target is read before anything is written.
pub(super) fn project(
    place: Place<'_>,
    python: Option<&str>,
) -> Result<OpenedProject, ServiceError> {
    opened(place, python, Background::Respected, |_| Ok(())).map(|(opened, ())| opened)
}

/// Opens a project that is there, to look at it or to change what is saved: no interpreter is needed for that.
pub(super) fn existing(layout: &Layout) -> Result<OpenedProject, ServiceError> {
    let settings = Settings::read(layout).map_err(ServiceError::from)?;
    Ok(OpenedProject {
        lock: take_lock(layout, Background::Respected)?,
        layout: layout.clone(),
        python: None,
        settings,
        target: None,
    })
}

/// The same for a server that stays: it replaces a background dispatcher. `first` can fail, and must have succeeded before
/// anything is written.
pub(super) fn project_after<T, E: From<ServiceError>>(
    place: Place<'_>,
    python: Option<&str>,
    first: impl FnOnce(&Settings) -> Result<T, E>,
) -> Result<(OpenedProject, T), E> {
    opened(place, python, Background::Replaced, first)
}

fn opened<T, E: From<ServiceError>>(
    place: Place<'_>,
    python: Option<&str>,
    background: Background,
    first: impl FnOnce(&Settings) -> Result<T, E>,
) -> Result<(OpenedProject, T), E> {
    let (target, layout) = match place {
        Place::Target(target) => {
            let layout = Layout::new(project::find_root(&target.path));
            experiments::sketch(&layout, target, &[], Pick::Remembered)?;
            (Some(target.clone()), layout)
        }
        Place::Folder(folder) => {
            let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
            let root = project::find_root(&folder.join("script"));
            (None, Layout::new(root))
        }
    };
    let settings = Settings::read(&layout).map_err(ServiceError::from)?;
    let named = python.unwrap_or(&settings.python);
    let found = interpreter::resolve(named, environment::path().as_deref())?;
    // What the settings name is looked up when it is needed: they may change.
    let python = python.map(|_| found.to_string_lossy().into_owned());
    // A project that is there is locked first: "it is served already" says more than "its port is taken".
    let early = layout
        .lock()
        .exists()
        .then(|| take_lock(&layout, background))
        .transpose()?;
    let done = first(&settings)?;
    project::create(&layout).map_err(ServiceError::from)?;
    let lock = early.map_or_else(|| take_lock(&layout, background), Ok)?;
    let opened = OpenedProject {
        layout,
        settings,
        python,
        target,
        lock,
    };
    Ok((opened, done))
}

fn take_lock(layout: &Layout, background: Background) -> Result<FileLock, ServiceError> {
    let taken = match FileLock::try_acquire(&layout.lock())? {
        None if background == Background::Replaced => after_handover(layout)?,
        taken => taken,
    };
    let Some(lock) = taken else {
        let address =
            ServerFile::read(layout).map(|file| format!("http://127.0.0.1:{}", file.port));
        let path = layout.root().to_path_buf();
        return Err(StorageError::Locked { path, address }.into());
    };
    // What a dead holder said of itself must mislead nobody, now that the lock is taken again.
    ServerFile::remove(layout);
    Ok(lock)
}

/// The lock, as soon as who holds it lets go: a background dispatcher, which is asked to, or a command that has it for a moment
/// only and so has not said where it answers. `None`: its holder stays.
fn after_handover(layout: &Layout) -> Result<Option<FileLock>, ServiceError> {
    let path = layout.lock();
    let (sender, receiver) = std::sync::mpsc::channel();
    // The end of its holder is told by the lock; the thread goes with this process if that never comes.
    std::thread::spawn(move || sender.send(FileLock::acquire(&path)).ok());
    let give_up = Instant::now() + HANDOVER;
    while Instant::now() < give_up {
        match Address::read(layout) {
            // It may be ending by itself at this very moment.
            Some(address) if address.kind == HolderKind::Background => {
                address.hand_over().ok();
            }
            Some(address) if address.answers() => return Ok(None),
            _ => {}
        }
        // Nothing tells of a holder that begins to answer.
        if let Ok(lock) = receiver.recv_timeout(LOOK) {
            return Ok(Some(lock?));
        }
    }
    Ok(None)
}

/// Opens or creates the target's experiment; `None` for a folder.
pub(super) fn experiment(opened: &OpenedProject) -> Result<Option<String>, ServiceError> {
    let open = |target| experiments::open(&opened.layout, target);
    opened.target.as_ref().map(open).transpose()
}

/// Starts the dispatcher. The lock must live as long as the project is used.
pub(super) fn start(opened: OpenedProject, experiment: Option<String>) -> (Project, FileLock) {
    start_as(opened, experiment, Starting::Background)
}

/// Starts the dispatcher for a person who waits at this terminal: runs may go on in its foreground.
pub(super) fn start_in_foreground(
    opened: OpenedProject,
    experiment: Option<String>,
) -> (Project, FileLock) {
    start_as(opened, experiment, Starting::Foreground)
}

/// Starts a dispatcher that starts nothing: for commands that look, or change what is saved.
pub(super) fn start_held(opened: OpenedProject) -> (Project, FileLock) {
    start_as(opened, None, Starting::Nothing)
}

/// What a dispatcher may start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Starting {
    Background,
    Foreground,
    Nothing,
}

fn start_as(
    opened: OpenedProject,
    experiment: Option<String>,
    starting: Starting,
) -> (Project, FileLock) {
    let slots = opened.settings.slots;
    let settings = SharedSettings::new(opened.settings);
    let launcher = Launcher {
        gpus: GpuMonitor::new(
            &settings.now().gpu,
            opened.layout.root(),
            environment::variable(CUDA_VARIABLE),
        ),
        settings: settings.clone(),
        is_held: starting == Starting::Nothing,
        has_foreground: starting == Starting::Foreground,
    };
    let dispatcher = dispatcher::start(opened.layout.clone(), slots, launcher);
    let project = Project {
        layout: opened.layout,
        dispatcher,
        settings,
        overridden: opened.python.iter().map(|_| "python").collect(),
        python: opened.python,
        opened: experiment,
        submitting: Arc::new(RwLock::new(())),
    };
    (project, opened.lock)
}
