//! A task's log on the terminal, byte by byte, until the task has ended.
//!
//! The files tell: the run's folder is watched, its record says when it has ended. What becomes of the task then (a retry, or
//! the end) only the dispatcher knows, and is asked.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use domain::protocol::http::ActOnTasksResponse;
use domain::protocol::select::GetChangesResponse;
use domain::protocol::{ApiError, ErrorCode};
use domain::run::{Outcome, RunStatus, ShownStatus};
use domain::task::{RunId, TaskDetail, TaskId};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use ureq::http::Method;

use crate::cli::remote::{self, Address};
use crate::cli::report;
use crate::storage::layout::RunDir;
use crate::storage::{Layout, runs};

/// The longest that the holder of the project is let wait for a change, milliseconds.
const LONG_POLL_MS: u64 = 30_000;

/// Follows a task to its end. Ctrl-C cancels it, and once more kills it.
pub(super) fn follow(
    address: &Address,
    layout: &Layout,
    task: &TaskId,
) -> Result<ExitCode, ApiError> {
    let broken = |error: &dyn std::fmt::Display| {
        ApiError::new(ErrorCode::Internal, format!("could not follow: {error}"))
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|error| broken(&error))?;
    let (woken, news) = mpsc::channel(1);
    // One pending word is enough: whoever is woken looks at everything.
    let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if event.map_or(true, |event| !event.kind.is_access()) {
            woken.try_send(()).ok();
        }
    });
    // Before anything is shown, and one stream for all of it: whoever presses Ctrl-C between two waits means it, too.
    let interrupts = runtime
        .block_on(async { signal(SignalKind::interrupt()) })
        .map_err(|error| broken(&error))?;
    let following = Following {
        address,
        layout,
        task,
        watcher: watcher.map_err(|error| broken(&error))?,
        watched: HashSet::new(),
        news,
        interrupts,
        is_interrupted: false,
    };
    let result = runtime.block_on(following.run_to_end());
    runtime.shutdown_background();
    result
}

struct Following<'a> {
    address: &'a Address,
    layout: &'a Layout,
    task: &'a TaskId,
    watcher: RecommendedWatcher,
    watched: HashSet<PathBuf>,
    news: mpsc::Receiver<()>,
    interrupts: Signal,
    is_interrupted: bool,
}

impl Following<'_> {
    async fn run_to_end(mut self) -> Result<ExitCode, ApiError> {
        let mut number = 1;
        let mut shown = Shown::default();
        loop {
            let run = RunId {
                task: self.task.clone(),
                number,
            };
            self.watch(&run);
            let dir = self.layout.run(&run);
            // The record first: when it says that the run has ended, the log is whole.
            let outcome = outcome_of(&dir);
            if shown.copy(&dir.log()).is_err() {
                // Nobody reads any more: the task goes on without us.
                return Ok(ExitCode::FAILURE);
            }
            if let Some(outcome) = outcome {
                match self.after(number).await {
                    Next::Run(next) => {
                        report::line_to_stderr(&format!(
                            "{}: {outcome}; run {next} follows",
                            self.task.task
                        ));
                        (number, shown) = (next, Shown::default());
                        continue;
                    }
                    Next::Ended(status) => return Ok(self.exit_code(status, &outcome)),
                }
            }
            self.wait().await?;
        }
    }

    /// Watches each folder on the way to the run's that is there by now. What came into being before its watch is looked at
    /// after this.
    fn watch(&mut self, run: &RunId) {
        let dir = self.layout.run(run);
        let log = dir.log().parent().map(Path::to_path_buf);
        let on_the_way = [
            Some(self.layout.task(&run.task)),
            Some(self.layout.runs(&run.task)),
            Some(dir.path().to_path_buf()),
            log,
        ];
        for folder in on_the_way.into_iter().flatten() {
            if !self.watched.contains(&folder)
                && self
                    .watcher
                    .watch(&folder, RecursiveMode::NonRecursive)
                    .is_ok()
            {
                self.watched.insert(folder);
            }
        }
    }

    async fn wait(&mut self) -> Result<(), ApiError> {
        tokio::select! {
            _ = self.news.recv() => Ok(()),
            _ = self.interrupts.recv() => {
                let word = if self.is_interrupted { "killing" } else { "cancelling; press Ctrl-C again to kill at once" };
                report::line_to_stderr(word);
                self.is_interrupted = true;
                self.cancel().await
            }
        }
    }

    async fn cancel(&self) -> Result<(), ApiError> {
        let body = serde_json::json!({ "tasks": [self.task] }).to_string();
        let answer = self
            .ask(Method::POST, "tasks/cancel".to_owned(), body)
            .await?;
        // One that has just ended is refused, and its record says so.
        remote::parsed::<ActOnTasksResponse>(&answer).map(drop)
    }

    /// What comes after a run that has ended. A dispatcher that does not answer any more starts no other run.
    async fn after(&self, number: u32) -> Next {
        let mut known = GetChangesResponse::default();
        loop {
            let path = format!(
                "changes?after={}&instance={}&limit_ms={LONG_POLL_MS}",
                known.seq, known.instance
            );
            let changes = self.ask(Method::GET, path, String::new()).await;
            let path = format!(
                "tasks/{}/{}",
                remote::encoded(&self.task.experiment),
                remote::encoded(&self.task.task)
            );
            let detail = self.ask(Method::GET, path, String::new()).await;
            let detail = detail.and_then(|answer| remote::parsed::<TaskDetail>(&answer));
            let changes = changes.and_then(|answer| remote::parsed(&answer));
            let (Ok(changes), Ok(detail)) = (changes, detail) else {
                return Next::Ended(None);
            };
            if detail.runs.iter().any(|run| run.number > number) {
                return Next::Run(number + 1);
            }
            if detail.summary.status.is_finished() {
                return Next::Ended(Some(detail.summary.status));
            }
            known = changes;
        }
    }

    async fn ask(&self, method: Method, path: String, body: String) -> Result<Vec<u8>, ApiError> {
        let address = self.address.clone();
        tokio::task::spawn_blocking(move || address.ask(method, &path, body, None))
            .await
            .unwrap_or_else(|error| Err(ApiError::new(ErrorCode::Internal, error.to_string())))
    }

    fn exit_code(&self, status: Option<ShownStatus>, outcome: &Outcome) -> ExitCode {
        let is_success = match status {
            Some(status) => status == ShownStatus::Completed,
            None => outcome.is_success(),
        };
        if self.is_interrupted {
            return ExitCode::from(130);
        }
        if is_success {
            return ExitCode::SUCCESS;
        }
        let text = format!("{}: {outcome}", self.task.task);
        report::line_to_stderr(&report::printable(&text));
        ExitCode::FAILURE
    }
}

/// What comes after a run.
enum Next {
    /// This one.
    Run(u32),
    /// Nothing; how the task stands, if anybody knows.
    Ended(Option<ShownStatus>),
}

fn outcome_of(dir: &RunDir) -> Option<Outcome> {
    let record = runs::read(dir).ok()?;
    record
        .outcome
        .filter(|_| record.status == RunStatus::Finished)
}

/// A log of which a part has been shown.
#[derive(Default)]
struct Shown {
    file: Option<File>,
}

impl Shown {
    /// Copies what has come since.
    fn copy(&mut self, log: &Path) -> io::Result<()> {
        if self.file.is_none() {
            self.file = File::open(log).ok();
        }
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        let mut out = io::stdout().lock();
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let count = match file.read(&mut buffer) {
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                // The log can be read elsewhere; the end of the run is what counts here.
                Err(_) => 0,
            };
            let Some(bytes) = buffer.get(..count).filter(|bytes| !bytes.is_empty()) else {
                return out.flush();
            };
            out.write_all(bytes)?;
        }
    }
}
