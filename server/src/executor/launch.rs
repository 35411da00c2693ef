//! From a decision to a supervised process, and the news of it back to the dispatcher.

use std::sync::Arc;
use std::thread;

use domain::run::RunRecord;
use domain::task::{RunId, Task};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Child;
use tokio::sync::mpsc;

use super::prepare;
pub(crate) use super::prepare::record_unstarted;
use crate::dispatcher::{News, final_news};
use crate::process::spawn;
use crate::storage::layout::RunDir;
use crate::storage::lock::FileLock;
use crate::storage::{Layout, StorageError, runs};

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
        let for_prepare = layout.clone();
        let prepared = tokio::task::spawn_blocking(move || {
            prepare::prepare(&launcher, &for_prepare, &task, record)
        })
        .await;
        let started = match prepared {
            Ok(Ok(dir)) => spawn::supervisor(dir.path())
                .map(|child| (child, dir))
                .map_err(StorageError::write(&layout.run_place(&id))),
            Ok(Err(error)) => Err(error),
            Err(error) => Err(StorageError::Damaged {
                path: layout.run_place(&id),
                message: error.to_string(),
            }),
        };
        match started {
            Ok((child, dir)) => watch(&layout, &dir, id, child, &news).await,
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

async fn tell(news: &mpsc::Sender<News>, item: News) {
    // The dispatcher may be gone: the next one looks for itself.
    news.send(item).await.ok();
}
