//! From a decision to a supervised process, and the news of it back to the dispatcher.

use std::sync::Arc;
use std::thread;

use domain::run::RunRecord;
use domain::task::{RunId, Task};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Child;
use tokio::sync::mpsc;

use crate::dispatcher::{News, final_news};
use crate::process::spawn;
use crate::storage::atomic::Durability;
use crate::storage::format::{FORMAT, RunFile};
use crate::storage::layout::RunDir;
use crate::storage::lock::FileLock;
use crate::storage::{Layout, StorageError, runs};

/// The width that tasks are told to draw for, columns.
pub const COLUMNS: u16 = 120;

/// Names a run's folder to its task; no two runs have the same.
pub(super) const RUN_DIR_VARIABLE: &str = "RUNYARD_RUN_DIR";

/// What all runs of a project share.
#[derive(Clone, Debug)]
pub struct Launcher {
    /// Seconds between the request to end a run and SIGKILL.
    pub grace_period_secs: u64,
}

/// Starts a run in the background; every change of its record arrives as news.
pub(crate) fn launch(
    launcher: &Arc<Launcher>,
    layout: &Layout,
    task: Arc<Task>,
    record: RunRecord,
    news: mpsc::Sender<News>,
) {
    let (launcher, layout) = (Arc::clone(launcher), layout.clone());
    tokio::spawn(async move {
        let id = RunId {
            task: task.id.clone(),
            number: record.number,
        };
        let dir = layout.run(&id);
        let (for_prepare, for_task) = (dir.clone(), layout.task_config(&id.task));
        let prepared = tokio::task::spawn_blocking(move || {
            let file = run_file(&launcher, &task, record, &for_prepare);
            runs::create(&for_prepare, &file, &for_task)
        })
        .await;
        let started = match prepared {
            Ok(Ok(())) => spawn::supervisor(dir.path()).map_err(StorageError::write(dir.path())),
            Ok(Err(error)) => Err(error),
            Err(error) => Err(StorageError::Damaged {
                path: dir.path().to_path_buf(),
                message: error.to_string(),
            }),
        };
        match started {
            Ok(child) => watch(&layout, &dir, id, child, &news).await,
            Err(error) => {
                tell(
                    &news,
                    News {
                        id,
                        record: Err(error),
                    },
                )
                .await;
            }
        }
    });
}

/// Follows a supervisor of ours: each word on its standard output means that the record has changed.
async fn watch(
    layout: &Layout,
    dir: &RunDir,
    id: RunId,
    mut child: Child,
    news: &mpsc::Sender<News>,
) {
    let mut has_ended = false;
    if let Some(stdout) = child.stdout.take() {
        let mut words = BufReader::new(stdout).lines();
        while let Ok(Some(_)) = words.next_line().await {
            let Ok(file) = runs::read(dir) else { continue };
            has_ended = file.status.is_terminal();
            tell(
                news,
                News {
                    id: id.clone(),
                    record: Ok(file.to_record()),
                },
            )
            .await;
        }
    }
    if let Err(error) = child.wait().await {
        tracing::error!(%id, %error, "could not wait for a supervisor");
    }
    if !has_ended {
        // Ours died, or it left the run to one of an earlier server that came to the lock first and goes on.
        watch_adopted(layout, id, news.clone());
    }
}

/// Waits for the end of a supervisor whose words we do not hear: its lock becomes free when it dies.
pub(crate) fn watch_adopted(layout: &Layout, id: RunId, news: mpsc::Sender<News>) {
    let layout = layout.clone();
    // A thread of its own, not the runtime's: it may block for days and must not hold up the shutdown.
    thread::spawn(move || {
        let lock = layout.run(&id).supervisor_lock();
        if let Err(error) = FileLock::acquire(&lock).map(drop) {
            tracing::error!(%id, %error, "could not wait for an adopted run");
        }
        // The dispatcher may be gone: the next one looks for itself.
        news.blocking_send(final_news(&layout, id)).ok();
    });
}

/// Writes the record of a run that ended without having started.
pub(crate) fn record_unstarted(
    launcher: &Launcher,
    layout: &Layout,
    task: &Task,
    record: RunRecord,
) -> Result<(), StorageError> {
    let dir = layout.run(&RunId {
        task: task.id.clone(),
        number: record.number,
    });
    let file = run_file(launcher, task, record, &dir);
    runs::create(&dir, &file, &layout.task_config(&task.id))?;
    runs::write(&dir, &file, Durability::Disk)
}

fn run_file(launcher: &Launcher, task: &Task, record: RunRecord, dir: &RunDir) -> RunFile {
    RunFile {
        format: FORMAT,
        number: record.number,
        status: record.status,
        outcome: record.outcome,
        queued_at_ms: record.queued_at_ms,
        started_at_ms: None,
        ended_at_ms: record.ended_at_ms,
        process: None,
        supervisor_pid: None,
        error_line: None,
        command: task.command.clone(),
        working_dir: task.working_dir.clone(),
        environment: environment(dir),
        grace_period_secs: launcher.grace_period_secs,
    }
}

/// What a task finds in its environment besides the server's own.
fn environment(dir: &RunDir) -> Vec<(String, String)> {
    let config = dir.config().to_string_lossy().into_owned();
    let pairs = [
        ("RUNYARD_CONFIG", config.clone()),
        (RUN_DIR_VARIABLE, dir.path().to_string_lossy().into_owned()),
        // Scripts written for Pyruns find their config without a change.
        ("__PYRUNS_CONFIG__", config),
        ("PYTHONUNBUFFERED", "1".to_owned()),
        ("PYTHONIOENCODING", "utf-8".to_owned()),
        // The log is a file, so tools have to be told that it is looked at in colour.
        ("FORCE_COLOR", "1".to_owned()),
        ("CLICOLOR_FORCE", "1".to_owned()),
        ("TERM", "xterm-256color".to_owned()),
        ("COLUMNS", COLUMNS.to_string()),
    ];
    pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

async fn tell(news: &mpsc::Sender<News>, item: News) {
    // The dispatcher may be gone: the next one looks for itself.
    news.send(item).await.ok();
}
