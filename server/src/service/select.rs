//! Finding tasks by a filter: one language for lists, for acts on many tasks, and for the command line.
//!
//! ```text
//! filter ──resolve──► names and patterns ──one pass over the state──► candidates ──conditions, apart──► found
//! ```
//!
//! The dispatcher is asked twice and briefly; conditions are evaluated elsewhere, because they may need the tasks' configs.

use std::collections::HashSet;
use std::sync::Arc;

use domain::expr::glob_matches;
use domain::grid::nearest;
use domain::protocol::select::{
    FindTasksRequest, FindTasksResponse, TargetProblem, TargetProblemKind, TaskFilter, TaskOrder,
};
use domain::run::{ShownStatus, StatusCounts};
use domain::task::{Task, TaskId, TaskSummary};
use domain::time::Timestamp;

use super::conditions::Conditions;
use super::tasks::MAX_ROWS;
use super::{Project, ServiceError, in_background, queue};
use crate::dispatcher::{Entry, State};
use crate::process::clock;

/// How many candidates a problem with a target names.
const CANDIDATES: usize = 5;
/// Among how many tasks the name most like a mistyped one is looked for.
const ALIKE_AMONG: usize = 2_000;

/// What conditions can ask of a task, without its config.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) task: Arc<Task>,
    pub(super) status: ShownStatus,
    pub(super) runs: u32,
    pub(super) started_at_ms: Option<Timestamp>,
    pub(super) ended_at_ms: Option<Timestamp>,
    pub(super) reason: Option<String>,
}

/// `POST /api/v1/tasks/find`
pub async fn find(
    project: &Project,
    request: FindTasksRequest,
) -> Result<FindTasksResponse, ServiceError> {
    let FindTasksRequest {
        filter,
        order,
        offset,
        limit,
    } = request;
    let found = candidates(project, filter, order).await?;
    let mut counts = StatusCounts::default();
    for entry in &found.entries {
        *counts.slot(entry.shown()) += 1;
    }
    let skip = usize::try_from(offset).unwrap_or(usize::MAX);
    let take = usize::try_from(limit.min(MAX_ROWS)).unwrap_or(usize::MAX);
    let page: Vec<Arc<TaskId>> = found
        .entries
        .iter()
        .skip(skip)
        .take(take)
        .map(Entry::shared_id)
        .collect();
    let now = clock::now();
    let rows = project.dispatcher.read(move |state| {
        let rows = page.iter().filter_map(|id| state.entry(id));
        let mut rows: Vec<TaskSummary> = rows.map(Entry::summary).collect();
        queue::explain(state, &mut rows, now);
        rows
    });
    Ok(FindTasksResponse {
        seq: found.seq,
        total: u64::try_from(found.entries.len()).unwrap_or(u64::MAX),
        counts,
        tasks: rows.await?,
        problems: found.problems,
    })
}

/// The tasks that a filter finds now, newest sweep first.
///
/// # Errors
/// [`ServiceError::Target`] if one of its targets names no task, or cannot be told apart: an act must not be done to half of
/// what somebody meant.
pub async fn ids(project: &Project, filter: TaskFilter) -> Result<Vec<TaskId>, ServiceError> {
    let mut ids = Vec::new();
    add_found(project, &mut ids, Some(filter), TaskOrder::Newest).await?;
    Ok(ids)
}

/// Adds the tasks that a filter finds now to those that were named, if there is a filter.
///
/// # Errors
/// As [`ids`].
pub async fn add_found(
    project: &Project,
    tasks: &mut Vec<TaskId>,
    filter: Option<TaskFilter>,
    order: TaskOrder,
) -> Result<(), ServiceError> {
    let Some(filter) = filter else { return Ok(()) };
    let mut found = candidates(project, filter, order).await?;
    if !found.problems.is_empty() {
        return Err(ServiceError::Target(Box::new(found.problems.remove(0))));
    }
    let named: HashSet<TaskId> = tasks.iter().cloned().collect();
    let found = found.entries.iter().map(Entry::id);
    tasks.extend(found.filter(|id| !named.contains(id)).cloned());
    Ok(())
}

struct Found {
    seq: u64,
    /// Copies, so that they can be opened elsewhere than where the state is; a copy of a task at rest costs little.
    entries: Vec<Entry>,
    problems: Vec<TargetProblem>,
}

async fn candidates(
    project: &Project,
    filter: TaskFilter,
    order: TaskOrder,
) -> Result<Found, ServiceError> {
    let conditions = Conditions::parse(&filter.conditions)?;
    let mut found = project
        .dispatcher
        .read(move |state| select(state, &filter, order))
        .await?;
    if !conditions.is_empty() {
        let layout = project.layout.clone();
        let (entries, now) = (found.entries, clock::now());
        let keep = move || {
            let candidates: Vec<Candidate> = entries.iter().map(candidate).collect();
            let kept = conditions.keep(&layout, candidates, now)?;
            // They stand in the order of the entries.
            let mut kept = kept.iter().map(|kept| &kept.task.id).peekable();
            let mut found = entries;
            found.retain(|entry| kept.next_if(|id| *id == entry.id()).is_some());
            Ok(found)
        };
        found.entries = in_background(keep).await?;
    }
    Ok(found)
}

/// Everything but the conditions.
fn select(state: &State, filter: &TaskFilter, order: TaskOrder) -> Found {
    let (named, problems) = Named::resolve(state, &filter.targets);
    let words: Vec<String> = filter.q.split_whitespace().map(str::to_lowercase).collect();
    let pass = |entry: &&Entry| passes(entry, filter, &named, &words);
    let entries = match order {
        TaskOrder::Newest => state
            .sweeps()
            .rev()
            .flat_map(|sweep| sweep.filter(pass))
            .cloned()
            .collect(),
        TaskOrder::Oldest => state.entries().filter(pass).cloned().collect(),
    };
    Found {
        seq: state.seq(),
        entries,
        problems,
    }
}

fn candidate(entry: &Entry) -> Candidate {
    let (task, runs) = entry.open();
    let latest = runs.last();
    Candidate {
        task,
        status: entry.shown(),
        runs: u32::try_from(runs.len()).unwrap_or(u32::MAX),
        started_at_ms: latest.and_then(|run| run.started_at_ms),
        ended_at_ms: latest.and_then(|run| run.ended_at_ms),
        reason: latest.and_then(|run| run.error_line.clone()),
    }
}

fn passes(entry: &Entry, filter: &TaskFilter, named: &Named, words: &[String]) -> bool {
    let fits = |wanted: &Option<String>, have: &str| {
        let wanted = wanted.as_deref();
        wanted.is_none_or(|wanted| wanted == have || glob_matches(wanted, have))
    };
    let ended = |since: Timestamp| entry.ended_at_ms().is_some_and(|ended| ended >= since);
    let is_of = |user: &String| *user == entry.user();
    (filter.status.is_empty() || filter.status.contains(&entry.shown()))
        && fits(&filter.experiment, &entry.id().experiment)
        && fits(&filter.sweep, entry.sweep())
        && filter.ended_since_ms.is_none_or(ended)
        && !filter.except.contains(entry.id())
        && named.fits(entry.id())
        && super::tasks::matches(entry, words)
        && filter.labels.iter().all(|label| entry.has_label(label))
        && filter.user.as_ref().is_none_or(is_of)
}

/// What targets mean, once names that were only begun are told apart.
#[derive(Debug, Default)]
struct Named {
    is_any: bool,
    names: HashSet<String>,
    patterns: Vec<String>,
}

impl Named {
    fn resolve(state: &State, targets: &[String]) -> (Self, Vec<TargetProblem>) {
        let mut this = Self {
            is_any: targets.is_empty(),
            ..Self::default()
        };
        let (patterns, names): (Vec<&String>, Vec<&String>) =
            targets.iter().partition(|target| is_pattern(target));
        let mut open: HashSet<&str> = names.iter().map(|name| name.as_str()).collect();
        let mut unused: HashSet<&str> = patterns.iter().map(|target| target.as_str()).collect();
        if !open.is_empty() || !unused.is_empty() {
            for entry in state.entries() {
                let id = entry.id();
                open.remove(id.task.as_str());
                if open.iter().any(|name| name.contains('/')) {
                    open.remove(id.to_string().as_str());
                }
                unused.retain(|pattern| !fits_pattern(pattern, id));
            }
        }
        this.names = names.iter().map(|name| (*name).clone()).collect();
        this.patterns = patterns.iter().map(|target| (*target).clone()).collect();
        // In the order in which they were given.
        let mut problems = Vec::new();
        for target in targets {
            let known = if open.contains(target.as_str()) {
                begun(state, target)
            } else if unused.contains(target.as_str()) {
                Err(problem(target, TargetProblemKind::NotFound, Vec::new(), 0))
            } else {
                continue;
            };
            match known {
                Ok(id) => drop(this.names.insert(id.to_string())),
                Err(problem) => problems.push(problem),
            }
        }
        (this, problems)
    }

    fn fits(&self, id: &TaskId) -> bool {
        self.is_any
            || self.names.contains(&id.task)
            || (self.names.iter().any(|name| name.contains('/'))
                && self.names.contains(&id.to_string()))
            || self
                .patterns
                .iter()
                .any(|pattern| fits_pattern(pattern, id))
    }
}

fn is_pattern(target: &str) -> bool {
    target.contains(['*', '?', '['])
}

fn fits_pattern(pattern: &str, id: &TaskId) -> bool {
    if pattern.contains('/') {
        glob_matches(pattern, &id.to_string())
    } else {
        glob_matches(pattern, &id.task)
    }
}

/// The one task whose name begins so.
fn begun(state: &State, target: &str) -> Result<TaskId, TargetProblem> {
    let begins = |id: &TaskId| {
        if target.contains('/') {
            id.to_string().starts_with(target)
        } else {
            id.task.starts_with(target)
        }
    };
    let mut candidates = Vec::new();
    let mut count = 0;
    for entry in state.entries().rev() {
        if begins(entry.id()) {
            count += 1;
            if candidates.len() < CANDIDATES {
                candidates.push(entry.id().clone());
            }
        }
    }
    match (count, candidates.len()) {
        (1, 1) => Ok(candidates.remove(0)),
        (0, _) => {
            let newest = state.entries().rev().take(ALIKE_AMONG);
            let names = newest.clone().map(|entry| entry.id().task.as_str());
            let alike = nearest(target, names);
            let alike = newest
                .map(Entry::id)
                .find(|id| Some(&id.task) == alike.as_ref());
            let candidates = alike.cloned().into_iter().collect();
            Err(problem(target, TargetProblemKind::NotFound, candidates, 0))
        }
        (count, _) => Err(problem(
            target,
            TargetProblemKind::Ambiguous,
            candidates,
            count,
        )),
    }
}

fn problem(
    target: &str,
    kind: TargetProblemKind,
    candidates: Vec<TaskId>,
    count: u64,
) -> TargetProblem {
    TargetProblem {
        target: target.to_owned(),
        kind,
        candidates,
        count,
    }
}
