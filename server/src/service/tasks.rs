//! Listing tasks and looking at one.

use std::collections::BTreeSet;

use domain::protocol::http::{ListTasksQuery, ListTasksResponse};
use domain::run::{ShownStatus, StatusCounts};
use domain::task::{RunId, TaskDetail, TaskId};

use super::{Project, ServiceError, queue, redact};
use crate::dispatcher::{Entry, State};
use crate::process::clock;
use crate::storage::layout::RunDir;
use crate::storage::tasks;

/// The most rows one answer holds.
pub const MAX_ROWS: u64 = 500;
const DEFAULT_ROWS: u64 = 100;
/// The most users that a list names.
const MAX_USERS: usize = 50;

/// `GET /api/v1/tasks`
pub async fn list(
    project: &Project,
    query: ListTasksQuery,
) -> Result<ListTasksResponse, ServiceError> {
    let now = clock::now();
    Ok(project
        .dispatcher
        .read(move |state| queue::explained(state, select(state, &query), now))
        .await?)
}

/// The rows of a query. Pinned tasks first, then the newest sweep, tasks of a sweep in their order.
pub fn select(state: &State, query: &ListTasksQuery) -> ListTasksResponse {
    let words: Vec<String> = query.q.split_whitespace().map(str::to_lowercase).collect();
    let limit = if query.limit == 0 {
        DEFAULT_ROWS
    } else {
        query.limit.min(MAX_ROWS)
    };
    let mut counts = StatusCounts::default();
    let mut users = BTreeSet::new();
    let (mut pinned, mut others): (Vec<&Entry>, Vec<&Entry>) = (Vec::new(), Vec::new());
    for sweep in state.sweeps().rev() {
        for entry in sweep.filter(|entry| belongs(entry, query) && matches(entry, &words)) {
            let user = entry.user();
            if !user.is_empty() && users.len() < MAX_USERS {
                users.insert(user);
            }
            if query.user.as_deref().is_some_and(|wanted| wanted != user) {
                continue;
            }
            let status = entry.shown();
            *counts.slot(status) += 1;
            if query
                .status
                .is_some_and(|wanted: ShownStatus| wanted != status)
            {
                continue;
            }
            if entry.is_pinned() {
                pinned.push(entry);
            } else {
                others.push(entry);
            }
        }
    }
    let total = (pinned.len() + others.len()) as u64;
    let page = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let rows = pinned
        .into_iter()
        .chain(others)
        .skip(page(query.offset))
        .take(page(limit))
        .map(Entry::summary)
        .collect();
    ListTasksResponse {
        seq: state.seq(),
        total,
        counts,
        users: users.into_iter().map(str::to_owned).collect(),
        tasks: rows,
    }
}

fn belongs(entry: &Entry, query: &ListTasksQuery) -> bool {
    let is =
        |wanted: &Option<String>, have: &str| wanted.as_deref().is_none_or(|wanted| wanted == have);
    let label = query.label.as_ref();
    is(&query.experiment, &entry.id().experiment)
        && is(&query.sweep, entry.sweep())
        && label.is_none_or(|label| entry.has_label(label))
}

pub(super) fn matches(entry: &Entry, words: &[String]) -> bool {
    words.iter().all(|word| entry.contains(word))
}

/// `GET /api/v1/tasks/{experiment}/{task}`
pub async fn get(project: &Project, id: TaskId) -> Result<TaskDetail, ServiceError> {
    let (wanted, now) = (id.clone(), clock::now());
    let entry = project
        .dispatcher
        .read(move |state| {
            let entry = state.entry(state.resolve(&wanted)?)?;
            let mut summary = entry.summary();
            queue::explain(state, std::slice::from_mut(&mut summary), now);
            Some((entry.clone(), summary))
        })
        .await?;
    let (entry, summary) = entry.ok_or_else(|| ServiceError::NoTask(id.to_string()))?;
    let (saved, runs) = entry.open();
    let id = saved.id.clone();
    let config_yaml = tasks::read_config(&project.layout, &id)?;
    let mut task = (*saved).clone();
    let settings = project.settings.now();
    for (name, value) in &mut task.environment {
        *value = redact::variable(name, value, &settings.environment.redact);
    }
    Ok(TaskDetail {
        summary,
        task,
        config_yaml,
        raw_config_yaml: tasks::read_raw_config(&project.layout, &id)?,
        runs: runs.into_owned(),
    })
}

/// The folder of a run that exists. Only names the state knows ever become paths.
pub async fn run_dir(project: &Project, id: RunId) -> Result<RunDir, ServiceError> {
    let wanted = id.clone();
    let known = project
        .dispatcher
        .read(move |state| {
            let entry = state.entry(state.resolve(&wanted.task)?)?;
            let runs = entry.runs();
            let run = runs.iter().find(|run| run.number == wanted.number)?;
            Some(RunId {
                task: entry.id().clone(),
                number: run.number,
            })
        })
        .await?;
    known
        .map(|known| project.layout.run(&known))
        .ok_or_else(|| ServiceError::NoRun(id.to_string()))
}
