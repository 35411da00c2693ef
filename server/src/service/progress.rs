//! How a sweep comes along, told to whoever follows it: what has changed since the last answer, as soon as it changes.

use std::time::Duration;

use domain::protocol::calls::{
    GetSweepChangesQuery, GetSweepChangesResponse, RunProgress, TaskProgress,
};
use domain::run::{Outcome, RunRecord, ShownStatus, StatusCounts};
use domain::task::{TaskId, TaskSummary};
use domain::time::Timestamp;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;

use super::{Project, ServiceError, queue};
use crate::dispatcher::{Change, ChangeKind, Entry, State};
use crate::process::clock;

/// The longest that a client may let us wait.
const MAX_WAIT_MS: u64 = 30_000;

/// Of so many waiting tasks it is said why they wait.
const EXPLAINED: usize = 100;

/// `GET /api/v1/experiments/{experiment}/sweeps/{sweep}/changes`
///
/// # Errors
/// [`ServiceError::NoSweep`] if no task of it is there.
pub async fn changes(
    project: &Project,
    (experiment, sweep): (String, String),
    query: GetSweepChangesQuery,
    instance: &str,
) -> Result<GetSweepChangesResponse, ServiceError> {
    let until = Instant::now() + Duration::from_millis(query.limit_ms.min(MAX_WAIT_MS));
    // Listening first: no change can fall between the look and the wait.
    let mut changes = project.dispatcher.subscribe();
    let after = (query.instance == instance).then_some(query.after);
    loop {
        let (wanted, now) = ((experiment.clone(), sweep.clone()), clock::now());
        let look = move |state: &State| look(state, &wanted, after, now);
        let found = project.dispatcher.read(look).await?;
        let mut found = found.ok_or_else(|| ServiceError::NoSweep(sweep.clone()))?;
        instance.clone_into(&mut found.instance);
        let is_news = found.is_whole || !found.tasks.is_empty();
        if is_news || Instant::now() >= until {
            return Ok(found);
        }
        loop {
            let change = tokio::time::timeout_at(until, changes.recv()).await;
            let is_ours = match change {
                Ok(Ok(change)) => concerns(&change, &experiment, &sweep),
                // Who fell behind has missed changes: that may be news, too.
                Ok(Err(RecvError::Lagged(_))) | Err(_) => true,
                Ok(Err(RecvError::Closed)) => return Ok(found),
            };
            if is_ours {
                break;
            }
        }
    }
}

fn concerns(change: &Change, experiment: &str, sweep: &str) -> bool {
    match &change.kind {
        ChangeKind::Task(task) => task.sweep == sweep && task.id.experiment == experiment,
        ChangeKind::Many => true,
    }
}

/// What has changed of a sweep since a change of this process; all of it, if nobody knows. `None`: there is no such sweep.
fn look(
    state: &State,
    (experiment, sweep): &(String, String),
    after: Option<u64>,
    now: Timestamp,
) -> Option<GetSweepChangesResponse> {
    let is_of_it = |entry: &Entry| entry.sweep() == sweep && entry.id().experiment == *experiment;
    let is_it = |entry: Option<&Entry>| entry.is_some_and(is_of_it);
    let all = state
        .sweeps()
        .rev()
        .find(|entries| is_it(entries.clone().next()))?;
    let changed = after.and_then(|after| state.changed_since(after));
    let mut counts = StatusCounts::default();
    for entry in all.clone() {
        *counts.slot(entry.shown()) += 1;
    }
    let (is_whole, entries): (bool, Vec<&Entry>) = match changed {
        None => (true, all.clone().collect()),
        Some(changed) => {
            let entries = changed.into_iter().filter_map(|id| state.entry(id));
            (false, entries.filter(|entry| is_of_it(entry)).collect())
        }
    };
    let mut tasks: Vec<(TaskId, TaskProgress)> = entries
        .into_iter()
        .map(|entry| (entry.id().clone(), progress(entry)))
        .collect();
    explain(state, &mut tasks, now);
    Some(GetSweepChangesResponse {
        seq: state.seq(),
        instance: String::new(),
        is_whole,
        is_over: counts.running + counts.queued + counts.pending == 0,
        counts,
        tasks: tasks.into_iter().map(|(_, progress)| progress).collect(),
    })
}

fn progress(entry: &Entry) -> TaskProgress {
    let runs = entry.runs();
    let latest = runs.last();
    TaskProgress {
        task: entry.id().task.clone(),
        index: entry.index(),
        // A retry that is due is queued in the same instant as the end before it is known.
        is_final: latest.is_some_and(|run| run.status.is_terminal()),
        runs: runs.iter().map(run).collect(),
        waiting: None,
    }
}

fn run(record: &RunRecord) -> RunProgress {
    RunProgress {
        number: record.number,
        status: record.shown(),
        reason: reason(record),
        started_at_ms: record.started_at_ms,
        ended_at_ms: record.ended_at_ms,
    }
}

/// Why it has no success: what a program said last before it failed by itself, and whatever else ended it by name.
fn reason(record: &RunRecord) -> Option<String> {
    let outcome = record.outcome.as_ref()?;
    let line = record.error_line.as_ref();
    match (outcome, line) {
        _ if outcome.is_success() => None,
        (Outcome::Failed { .. }, Some(line)) => Some(line.clone()),
        (_, Some(line)) if !outcome.to_string().contains(line.as_str()) => {
            Some(format!("{outcome}: {line}"))
        }
        _ => Some(outcome.to_string()),
    }
}

/// Says of the first ones that wait why they do.
fn explain(state: &State, tasks: &mut [(TaskId, TaskProgress)], now: Timestamp) {
    let waits = |progress: &TaskProgress| {
        let latest = progress.runs.last();
        latest.is_some_and(|run| run.status == ShownStatus::Queued)
    };
    let mut rows: Vec<TaskSummary> = tasks
        .iter()
        .filter(|(_, progress)| waits(progress))
        .take(EXPLAINED)
        .map(|(id, _)| TaskSummary {
            id: id.clone(),
            status: ShownStatus::Queued,
            ..TaskSummary::default()
        })
        .collect();
    queue::explain(state, &mut rows, now);
    let mut rows = rows.into_iter();
    for (_, progress) in tasks.iter_mut().filter(|(_, progress)| waits(progress)) {
        let Some(row) = rows.next() else { return };
        progress.waiting = row.waiting;
    }
}
