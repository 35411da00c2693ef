//! Opening a project from the command line: shared by the server and the foreground run.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::RwLock;

use super::environment;
use crate::dispatcher;
use crate::executor::launch::Launcher;
use crate::service::{Project, ServiceError, experiments, interpreter};
use crate::storage::lock::FileLock;
use crate::storage::server_file::ServerFile;
use crate::storage::settings::Settings;
use crate::storage::{Layout, StorageError, project};

/// A project whose lock is held.
#[derive(Debug)]
pub(super) struct OpenedProject {
    pub(super) layout: Layout,
    pub(super) settings: Settings,
    pub(super) python: String,
    script: PathBuf,
    lock: FileLock,
}

/// Where a script belongs, without touching anything: its absolute path and its project.
pub(super) fn locate(script: &Path) -> Result<(PathBuf, Layout), ServiceError> {
    let script = experiments::locate(script)?;
    let layout = Layout::new(project::find_root(&script));
    Ok((script, layout))
}

/// Opens the project of a script, or of a folder, and takes its lock. The script is read before anything is written.
pub(super) fn project(
    place: &Path,
    is_script: bool,
    python: Option<&str>,
) -> Result<OpenedProject, ServiceError> {
    project_after(place, is_script, python, |_| Ok(())).map(|(opened, ())| opened)
}

/// The same with something that can fail, and must have succeeded before anything is written.
pub(super) fn project_after<T, E: From<ServiceError>>(
    place: &Path,
    is_script: bool,
    python: Option<&str>,
    first: impl FnOnce(&Settings) -> Result<T, E>,
) -> Result<(OpenedProject, T), E> {
    let (script, layout) = if is_script {
        let (script, layout) = locate(place)?;
        experiments::read_schema_to_run(&script)?;
        (script, layout)
    } else {
        let folder = std::path::absolute(place).unwrap_or_else(|_| place.to_path_buf());
        let root = project::find_root(&folder.join("script"));
        (PathBuf::new(), Layout::new(root))
    };
    let settings = Settings::read(&layout).map_err(ServiceError::from)?;
    let python = python.map_or_else(|| settings.python.clone(), str::to_owned);
    let python = interpreter::resolve(&python, environment::path().as_deref())?
        .to_string_lossy()
        .into_owned();
    // A project that is there is locked first: "it is served already" says more than "its port is taken".
    let early = layout
        .lock()
        .exists()
        .then(|| take_lock(&layout))
        .transpose()?;
    let done = first(&settings)?;
    project::create(&layout).map_err(ServiceError::from)?;
    let lock = early.map_or_else(|| take_lock(&layout), Ok)?;
    let opened = OpenedProject {
        layout,
        settings,
        python,
        script,
        lock,
    };
    Ok((opened, done))
}

fn take_lock(layout: &Layout) -> Result<FileLock, ServiceError> {
    FileLock::try_acquire(&layout.lock())?.ok_or_else(|| {
        let address =
            ServerFile::read(layout).map(|file| format!("http://127.0.0.1:{}", file.port));
        let path = layout.root().to_path_buf();
        StorageError::Locked { path, address }.into()
    })
}

/// Opens or creates the script's experiment.
pub(super) fn experiment(opened: &OpenedProject) -> Result<String, ServiceError> {
    experiments::open(&opened.layout, &opened.script)
}

/// Starts the dispatcher. The lock must live as long as the project is used.
pub(super) fn start(opened: OpenedProject, experiment: Option<String>) -> (Project, FileLock) {
    let launcher = Launcher {
        grace_period_secs: opened.settings.grace_period_secs,
    };
    let dispatcher = dispatcher::start(opened.layout.clone(), opened.settings.slots, launcher);
    let project = Project {
        layout: opened.layout,
        dispatcher,
        settings: Arc::new(opened.settings),
        python: opened.python,
        opened: experiment,
        submitting: Arc::new(RwLock::new(())),
    };
    (project, opened.lock)
}
