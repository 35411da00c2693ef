//! A sweep's tasks as they end.

use std::collections::BTreeSet;
use std::process::ExitCode;

use domain::run::ShownStatus;
use domain::task::{TaskId, TaskSummary};
use serde_json::json;

use crate::cli::report::{self, Format};
use crate::dispatcher::Entry;
use crate::service::{Project, ServiceError};

/// Tells of the sweep's tasks as they end.
pub(super) struct Follower {
    sweep: String,
    format: Format,
    pub(super) open: BTreeSet<TaskId>,
    total: usize,
    failed: usize,
    pub(super) is_interrupted: bool,
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
            total: 0,
            failed: 0,
            is_interrupted: false,
        };
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

    async fn summaries(&self, project: &Project) -> Result<Vec<TaskSummary>, ServiceError> {
        let sweep = self.sweep.clone();
        let read = project.dispatcher.read(move |state| {
            state
                .entries()
                .iter()
                .filter(|entry| entry.task.sweep == sweep)
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

    pub(super) fn take(&mut self, summary: &TaskSummary) {
        if !summary.status.is_finished() || !self.open.remove(&summary.id) {
            return;
        }
        self.failed += usize::from(summary.status != ShownStatus::Completed);
        if self.format == Format::Json {
            report::line(&json!({ "task": summary.id.task, "status": summary.status, "reason": summary.reason }).to_string());
            return;
        }
        let values: String = summary
            .varied
            .iter()
            .map(|(key, value)| format!("{key}={value} "))
            .collect();
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

    pub(super) fn exit_code(&self) -> ExitCode {
        match (self.is_interrupted, self.failed) {
            (true, _) => ExitCode::from(130),
            (false, 0) => ExitCode::SUCCESS,
            (false, _) => ExitCode::FAILURE,
        }
    }
}
