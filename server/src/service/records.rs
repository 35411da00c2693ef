//! What a run has recorded, to whoever follows it: nothing is read twice, and nobody polls.

use std::time::Duration;

use domain::protocol::records::{GetMetricsQuery, GetMetricsResponse, MAX_ROWS};
use domain::run::RunStatus;
use domain::task::RunId;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::time::{Instant, timeout_at};

use super::{Project, ServiceError, in_background, tasks};
use crate::dispatcher::{Change, ChangeKind, DispatcherGone};
use crate::storage::records::{self, FileMark, Page, Start};
use crate::stream::{FileChanges, LogWatcher};

/// How many rows are answered if nothing was said.
const DEFAULT_ROWS: u64 = 1000;
/// The longest that a client may let us wait.
const MAX_WAIT_MS: u64 = 30_000;

/// `GET /api/v1/runs/{experiment}/{task}/{number}/metrics`
///
/// # Errors
/// There is no such run, or its file cannot be read.
pub async fn metrics(
    project: &Project,
    watcher: &LogWatcher,
    id: RunId,
    query: GetMetricsQuery,
) -> Result<GetMetricsResponse, ServiceError> {
    let until = Instant::now() + Duration::from_millis(query.wait_ms.min(MAX_WAIT_MS));
    let path = tasks::run_dir(project, id.clone()).await?.metrics();
    // Listening first: nothing can fall between a look and the wait. A run that waits for its start has no folder yet.
    let mut changes = project.dispatcher.subscribe();
    let mut listens = None;
    loop {
        if listens.is_none() && query.wait_ms > 0 {
            listens = watcher.changes_of(&path).ok();
        }
        // Asked before reading, so that what was written before the end is read.
        let is_over = is_over(project, &id).await?;
        let (file, start, limit) = (path.clone(), start_of(&query), limit_of(&query));
        let read = move || Ok(records::page(file, start, limit)?);
        let page = in_background(read).await?;
        let has_news = !page.rows.is_empty() || page.is_anew || !page.is_at_end;
        if has_news || is_over || !wait(&id, listens.as_ref(), &mut changes, until).await? {
            return Ok(answer(page, is_over));
        }
    }
}

fn start_of(query: &GetMetricsQuery) -> Start {
    Start {
        offset: query.after,
        file: query.file.as_deref().and_then(FileMark::parse),
    }
}

fn limit_of(query: &GetMetricsQuery) -> usize {
    let limit = match query.limit {
        0 => DEFAULT_ROWS,
        limit => limit.min(MAX_ROWS),
    };
    usize::try_from(limit).unwrap_or(usize::MAX)
}

fn answer(page: Page, is_over: bool) -> GetMetricsResponse {
    GetMetricsResponse {
        rows: page.rows,
        next: page.next.offset,
        file: page.next.file.map(|mark| mark.to_string()),
        is_anew: page.is_anew,
        has_more: !page.is_at_end,
        is_final: is_over && page.is_at_end,
    }
}

async fn is_over(project: &Project, id: &RunId) -> Result<bool, ServiceError> {
    let wanted = id.clone();
    let read = project.dispatcher.read(move |state| {
        let task = state.resolve(&wanted.task)?.clone();
        let number = wanted.number;
        let status = state.run(&RunId { task, number })?.status;
        Some(status == RunStatus::Finished)
    });
    read.await?
        .ok_or_else(|| ServiceError::NoRun(id.to_string()))
}

/// Waits until the file or the run may have changed; false if the time is over.
async fn wait(
    id: &RunId,
    file: Option<&FileChanges>,
    changes: &mut broadcast::Receiver<Change>,
    until: Instant,
) -> Result<bool, ServiceError> {
    let written = async {
        match file {
            Some(file) => file.changed().await,
            None => std::future::pending().await,
        }
    };
    let told = async {
        loop {
            match changes.recv().await {
                Ok(Change {
                    kind: ChangeKind::Task(task),
                    ..
                }) if task.id != id.task => {}
                Ok(_) | Err(RecvError::Lagged(_)) => return Ok(()),
                Err(RecvError::Closed) => return Err(DispatcherGone),
            }
        }
    };
    let either = async {
        tokio::select! {
            () = written => Ok(()),
            told = told => told,
        }
    };
    match timeout_at(until, either).await {
        Ok(changed) => Ok(changed.map(|()| true)?),
        Err(_) => Ok(false),
    }
}
