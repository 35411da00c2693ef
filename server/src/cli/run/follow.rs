//! A sweep's tasks as they end.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::Instant;

use domain::queue::ExecutorName;
use domain::run::{ShownStatus, StatusCounts};
use domain::task::{TaskId, TaskSummary};
use serde_json::json;

use crate::cli::report::{self, Format};
use crate::cli::tasks::Progress;
use crate::dispatcher::{Entry, State};
use crate::service::{Project, ServiceError};

/// Tells of the sweep's tasks as they end.
pub(super) struct Follower {
    sweep: String,
    format: Format,
    pub(super) open: BTreeSet<TaskId>,
    running: BTreeSet<TaskId>,
    total: usize,
    failed: usize,
    /// How those ended that have ended, in that order.
    ended: Vec<Ended>,
    pub(super) is_interrupted: bool,
    progress: Progress,
    began: Instant,
}

impl Follower {
    pub(super) async fn new(
        project: &Project,
        sweep: String,
        format: Format,
    ) -> Result<Self, ServiceError> {
        let mut this = Self {
            sweep,
            format,
            open: BTreeSet::new(),
            running: BTreeSet::new(),
            total: 0,
            failed: 0,
            ended: Vec::new(),
            is_interrupted: false,
            progress: Progress::new(format),
            began: Instant::now(),
        };
        if this.is_in_foreground(project).await? {
            // What is on the screen is the run's.
            this.progress = Progress::hidden();
        }
        let summaries = this.summaries(project).await?;
        this.total = summaries.len();
        this.open = summaries.iter().map(|summary| summary.id.clone()).collect();
        if format == Format::Text {
            report::line_to_stderr(&format!("{}: {}", report::tasks(this.total), this.sweep));
        }
        for summary in &summaries {
            this.take(summary);
        }
        Ok(this)
    }

    /// True if a run of the sweep has this terminal.
    async fn is_in_foreground(&self, project: &Project) -> Result<bool, ServiceError> {
        let (sweep, settings) = (self.sweep.clone(), project.settings.now());
        let look = move |state: &State| {
            let is_inline = |entry: &Entry| {
                let execution = entry.task().execution.over(&settings.run);
                execution.executor == Some(ExecutorName::Inline)
            };
            let mut entries = state.entries();
            entries.any(|entry| entry.sweep() == sweep && is_inline(entry))
        };
        Ok(project.dispatcher.read(look).await?)
    }

    async fn summaries(&self, project: &Project) -> Result<Vec<TaskSummary>, ServiceError> {
        let sweep = self.sweep.clone();
        let read = project.dispatcher.read(move |state| {
            state
                .entries()
                .filter(|entry| entry.sweep() == sweep)
                .map(Entry::summary)
                .collect()
        });
        Ok(read.await?)
    }

    pub(super) async fn look_again(&mut self, project: &Project) -> Result<(), ServiceError> {
        for summary in self.summaries(project).await? {
            self.take(&summary);
        }
        Ok(())
    }

    /// Says something beside the line that shows where it stands.
    pub(super) fn say(&mut self, text: &str) {
        self.progress.clear();
        report::line_to_stderr(text);
    }

    pub(super) fn take(&mut self, summary: &TaskSummary) {
        self.told(summary);
        self.draw();
    }

    fn draw(&mut self) {
        if self.open.is_empty() {
            return self.progress.clear();
        }
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let counts = StatusCounts {
            queued: count(self.open.len() - self.running.len()),
            running: count(self.running.len()),
            failed: count(self.failed),
            completed: count(self.total - self.open.len() - self.failed),
            ..StatusCounts::default()
        };
        self.progress.draw(&counts, self.began.elapsed());
    }

    fn told(&mut self, summary: &TaskSummary) {
        if summary.status == ShownStatus::Running && self.open.contains(&summary.id) {
            self.running.insert(summary.id.clone());
        } else {
            self.running.remove(&summary.id);
        }
        if !summary.status.is_finished() || !self.open.remove(&summary.id) {
            return;
        }
        self.progress.clear();
        self.failed += usize::from(summary.status != ShownStatus::Completed);
        self.ended.push(Ended {
            task: summary.id.task.clone(),
            values: values_of(summary),
            runs: summary.runs,
            failure: (summary.status != ShownStatus::Completed).then(|| {
                let reason = summary.reason.clone();
                reason.unwrap_or_else(|| summary.status.to_string())
            }),
        });
        if self.format == Format::Json {
            report::line(&json!({ "task": summary.id.task, "status": summary.status, "reason": summary.reason }).to_string());
            return;
        }
        let values = values_of(summary);
        let (ended, started) = (
            summary.ended_at_ms.unwrap_or_default(),
            summary.started_at_ms.unwrap_or_default(),
        );
        let seconds = if summary.started_at_ms.is_some() {
            ended.since_ms(started)
        } else {
            0
        };
        let reason = summary
            .reason
            .as_deref()
            .map(|reason| format!(": {reason}"))
            .unwrap_or_default();
        let done = self.total - self.open.len();
        let text = format!(
            "[{done}/{}] {values}{} in {}.{} s{reason}",
            self.total,
            summary.status,
            seconds / 1000,
            seconds % 1000 / 100
        );
        report::line(&report::printable(&text));
    }

    /// How many succeeded at once, how many after retries, and each that did not.
    pub(super) fn tell_summary(&self) {
        let of = |is: fn(&Ended) -> bool| self.ended.iter().filter(|ended| is(ended)).count();
        let at_once = of(|ended| ended.failure.is_none() && ended.runs <= 1);
        let retried = of(|ended| ended.failure.is_none() && ended.runs > 1);
        if self.format == Format::Json {
            let summary = json!({ "summary": { "succeeded": at_once, "succeeded_after_retry": retried, "failed": self.failed } });
            return report::line(&summary.to_string());
        }
        report::line(&format!(
            "{at_once} succeeded at first attempt, {retried} after a retry, {} failed",
            self.failed
        ));
        for ended in &self.ended {
            let Some(failure) = &ended.failure else {
                continue;
            };
            let attempts = match ended.runs {
                0 | 1 => String::new(),
                runs => format!(" ({runs} attempts)"),
            };
            let line = format!(
                "failed: {}{}: {failure}{attempts}",
                ended.values, ended.task
            );
            report::line(&report::printable(&line));
        }
    }

    pub(super) fn exit_code(&self) -> ExitCode {
        match (self.is_interrupted, self.failed) {
            (true, _) => ExitCode::from(130),
            (false, 0) => ExitCode::SUCCESS,
            (false, _) => ExitCode::FAILURE,
        }
    }
}

/// How a task ended.
struct Ended {
    task: String,
    values: String,
    runs: u32,
    failure: Option<String>,
}

/// `lr=0.1 seed=2 `, with a space behind; nothing for a task without values of its own.
fn values_of(summary: &TaskSummary) -> String {
    summary
        .varied
        .iter()
        .map(|(key, value)| format!("{key}={value} "))
        .collect()
}
