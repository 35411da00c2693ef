//! From a decision to a supervised process, and the news of it back to the dispatcher.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;
use std::thread;

use domain::queue::ExecutorName;
use domain::run::{Outcome, RunRecord, RunStatus};
use domain::task::{RunId, Task};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin};
use tokio::sync::{mpsc, oneshot};

use super::contract::{self, Executor};
use super::prepare;
pub(crate) use super::prepare::record_unstarted;
use crate::dispatcher::{News, final_news};
use crate::monitor::gpu::GpuMonitor;
use crate::process::clock;
use crate::process::spawn::{self, END_OF_REQUEST};
use crate::process::terminal::Modes;
use crate::storage::layout::RunDir;
use crate::storage::lock::FileLock;
use crate::storage::settings_file::SharedSettings;
use crate::storage::{Layout, StorageError};

/// What all runs of a project share.
#[derive(Clone, Debug)]
pub struct Launcher {
    /// How runs are executed whose tasks leave it open; read for each run as it starts.
    pub settings: SharedSettings,
    /// True: nothing is started, whatever waits. For commands that only look, or change what is saved.
    pub is_held: bool,
    /// True: a person waits for the runs at the terminal of this process.
    pub has_foreground: bool,
    /// What shows the GPUs.
    pub gpus: GpuMonitor,
}

/// A supervisor whose run has ended: whoever holds this may give it the next run of the slot. Dropped, it ends.
#[derive(Debug)]
pub(crate) struct Idle {
    next: oneshot::Sender<Job>,
}

/// A run that is to be started.
#[derive(Debug)]
struct Job {
    task: Arc<Task>,
    record: RunRecord,
}

impl Job {
    fn executor(&self, launcher: &Launcher) -> ExecutorName {
        let settings = launcher.settings.now();
        let execution = self.task.execution.over(&settings.run);
        execution.executor.unwrap_or_default()
    }
}

/// Starts a run in the background; every change of its record arrives as news.
pub(crate) fn launch(
    launcher: &Arc<Launcher>,
    layout: &Layout,
    task: Arc<Task>,
    record: RunRecord,
    news: mpsc::Sender<News>,
    idle: Option<Idle>,
) {
    let mut job = Job { task, record };
    let takes_next = contract::of(&job.executor(launcher)).takes_next_runs();
    if let Some(Idle { next }) = idle.filter(|_| takes_next) {
        match next.send(job) {
            Ok(()) => return,
            Err(unsent) => job = unsent,
        }
    }
    let slot = Slot {
        launcher: Arc::clone(launcher),
        layout: layout.clone(),
        news,
    };
    tokio::spawn(slot.serve(job));
}

/// Where runs go on, one after the other.
struct Slot {
    launcher: Arc<Launcher>,
    layout: Layout,
    news: mpsc::Sender<News>,
}

impl Slot {
    /// Runs a job with a supervisor of its own, and with the same one what the dispatcher has for it when that has ended.
    async fn serve(self, first: Job) {
        let mut next = Some(first);
        let mut idle = None;
        while let Some(job) = next.take() {
            let id = RunId {
                task: job.task.id.clone(),
                number: job.record.number,
            };
            let executor = contract::of(&job.executor(&self.launcher));
            if let Some(reason) = executor.refusal(&self.launcher) {
                return self.refuse(id, job, reason).await;
            }
            let _turn = match executor.turn() {
                Some(turn) => Some(turn.lock().await),
                None => None,
            };
            let mut supervisor = match self.start(&id, job, idle.take(), executor).await {
                Ok(supervisor) => supervisor,
                Err(error) => return self.tell(id, Err(error), None).await,
            };
            let Some(ended) = self.follow(&id, &mut supervisor).await else {
                supervisor.let_go().await;
                // Ours died, or it left the run to one of an earlier server that came to the lock first and goes on.
                return watch_adopted(&self.layout, id, self.news);
            };
            if !executor.takes_next_runs() {
                supervisor.let_go().await;
                return self.tell(id, Ok(ended), None).await;
            }
            let (sender, handed_over) = oneshot::channel();
            self.tell(id, Ok(ended), Some(Idle { next: sender })).await;
            next = handed_over.await.ok();
            idle = Some(supervisor);
        }
        if let Some(supervisor) = idle {
            supervisor.let_go().await;
        }
    }

    /// Records that a run cannot be executed here.
    async fn refuse(&self, id: RunId, job: Job, reason: String) {
        let record = RunRecord {
            status: RunStatus::Finished,
            outcome: Some(Outcome::FailedToStart { reason }),
            ended_at_ms: Some(clock::now()),
            ..job.record
        };
        let (launcher, layout) = (Arc::clone(&self.launcher), self.layout.clone());
        let told = record.clone();
        let written = tokio::task::spawn_blocking(move || {
            record_unstarted(&launcher, &layout, &job.task, record)
        });
        if let Ok(Err(error)) = written.await {
            tracing::error!(%id, %error, "could not record a run that failed to start");
        }
        self.tell(id, Ok(told), None).await;
    }

    /// Prepares the run's folder and hands it to a supervisor: the idle one, or a new one.
    async fn start(
        &self,
        id: &RunId,
        job: Job,
        idle: Option<Supervisor>,
        executor: &dyn Executor,
    ) -> Result<Supervisor, StorageError> {
        let (launcher, layout) = (Arc::clone(&self.launcher), self.layout.clone());
        let prepared = tokio::task::spawn_blocking(move || {
            prepare::prepare(&launcher, &layout, &job.task, job.record)
        });
        let dir = prepared.await.unwrap_or_else(|error| {
            Err(StorageError::Damaged {
                path: self.layout.run_place(id),
                message: error.to_string(),
            })
        });
        if let Some(mut supervisor) = idle {
            if let Ok(dir) = &dir
                && supervisor.assign(dir).await.is_ok()
            {
                return Ok(supervisor);
            }
            // It was killed between two runs, or there is nothing to do for it.
            supervisor.let_go().await;
        }
        executor
            .start(&dir?)
            .map_err(StorageError::write(&self.layout.run_place(id)))
    }

    /// Passes on what a supervisor tells of its run; the last word is the caller's. `None` if that never comes.
    async fn follow(&self, id: &RunId, supervisor: &mut Supervisor) -> Option<RunRecord> {
        loop {
            let record = supervisor.next_record().await?;
            if record.status.is_terminal() {
                return Some(record);
            }
            self.tell(id.clone(), Ok(record), None).await;
        }
    }

    async fn tell(&self, id: RunId, record: Result<RunRecord, StorageError>, idle: Option<Idle>) {
        // The dispatcher may be gone: the next one looks for itself.
        self.news.send(News { id, record, idle }).await.ok();
    }
}

/// Where a supervisor's words come from.
type Words = Lines<BufReader<Box<dyn AsyncRead + Send + Unpin>>>;

/// A supervisor of ours.
pub(crate) struct Supervisor {
    process: Child,
    runs: Option<ChildStdin>,
    words: Option<Words>,
    /// How the terminal was, if it has been lent to the run.
    terminal: Option<Modes>,
}

impl Supervisor {
    /// One that has nothing in common with this process but two pipes.
    pub(super) fn in_background(dir: &RunDir) -> io::Result<Self> {
        let mut process = spawn::supervisor(dir.path())?;
        Ok(Self {
            runs: process.stdin.take(),
            words: process.stdout.take().map(|out| words(Box::new(out))),
            process,
            terminal: None,
        })
    }

    /// One that has this process's terminal for its run.
    pub(super) fn in_foreground(dir: &RunDir) -> io::Result<Self> {
        let terminal = Modes::now();
        let mut process = spawn::foreground_supervisor(dir.path())?;
        Ok(Self {
            runs: None,
            words: process.stderr.take().map(|err| words(Box::new(err))),
            process,
            terminal,
        })
    }

    /// Gives it the next run.
    async fn assign(&mut self, dir: &RunDir) -> io::Result<()> {
        let mut request = dir.path().as_os_str().as_bytes().to_vec();
        request.push(END_OF_REQUEST);
        match &mut self.runs {
            Some(runs) => runs.write_all(&request).await,
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// What the record says after its next change; `None` if it is gone, or the run is not its own.
    async fn next_record(&mut self) -> Option<RunRecord> {
        let line = self.words.as_mut()?.next_line().await.ok()??;
        serde_json::from_str(&line).ok()?
    }

    /// Lets it end, and waits for that.
    async fn let_go(mut self) {
        self.runs = None;
        if let Err(error) = self.process.wait().await {
            tracing::error!(%error, "could not wait for a supervisor");
        }
        // It does so itself, unless it was killed.
        if let Some(terminal) = &self.terminal {
            terminal.restore();
        }
    }
}

fn words(from: Box<dyn AsyncRead + Send + Unpin>) -> Words {
    BufReader::new(from).lines()
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
