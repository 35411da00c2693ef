//! Naming tasks on the command line.

use std::path::PathBuf;

use clap::Args;
use domain::protocol::select::{
    FindTasksRequest, FindTasksResponse, TargetProblem, TaskFilter, TaskOrder,
};
use domain::protocol::{ApiError, ErrorCode};
use domain::run::ShownStatus;
use domain::task::{RunId, TaskId, TaskSummary};

use super::door::{Door, ProjectArgs};
use crate::service::ServiceError;

/// The rows of one question.
const PAGE: u64 = 500;
/// How many tasks an error names.
const NAMED: u64 = 5;

/// Which tasks, beyond their names.
#[derive(Clone, Debug, Default, Args)]
pub struct FilterArgs {
    /// Only those for which this holds, e.g. 'lr < 0.1 and status == failed'; may be repeated.
    #[arg(
        long = "where",
        value_name = "EXPRESSION",
        help_heading = "Which tasks"
    )]
    pub conditions: Vec<String>,
    /// Only these: pending, queued, running, completed, failed, cancelled, lost.
    #[arg(long, short = 's', value_name = "STATUS", value_delimiter = ',', value_parser = status, help_heading = "Which tasks")]
    pub status: Vec<ShownStatus>,
    /// Only of this sweep; a pattern may stand for several.
    #[arg(long, value_name = "SWEEP", help_heading = "Which tasks")]
    pub sweep: Option<String>,
    /// Only of this experiment; a pattern may stand for several.
    #[arg(long, value_name = "NAME", help_heading = "Which tasks")]
    pub experiment: Option<String>,
    /// Only with this label; may be repeated.
    #[arg(long, value_name = "LABEL", help_heading = "Which tasks")]
    pub label: Vec<String>,
    /// Only of this user.
    #[arg(long, value_name = "NAME", help_heading = "Which tasks")]
    pub user: Option<String>,
    /// The folder whose project is meant (default: the one around this folder).
    #[arg(short = 'C', long = "project", value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

fn status(word: &str) -> Result<ShownStatus, String> {
    ShownStatus::parse(word).ok_or_else(|| {
        let words: Vec<&str> = ShownStatus::ALL
            .into_iter()
            .map(ShownStatus::as_str)
            .collect();
        format!("one of {}", words.join(", "))
    })
}

impl FilterArgs {
    pub(super) fn project(&self) -> ProjectArgs {
        ProjectArgs {
            dir: self.dir.clone(),
        }
    }

    pub(super) fn filter(&self, targets: &[String]) -> TaskFilter {
        TaskFilter {
            targets: targets.to_vec(),
            status: self.status.clone(),
            experiment: self.experiment.clone(),
            sweep: self.sweep.clone(),
            labels: self.label.clone(),
            user: self.user.clone(),
            conditions: self.conditions.clone(),
            ..TaskFilter::default()
        }
    }
}

/// Tasks to act on: an act on all of them must be asked for.
#[derive(Clone, Debug, Default, Args)]
pub struct TargetsArgs {
    /// Names of tasks, their beginnings, or patterns such as 'digits*'.
    #[arg(value_name = "TASK")]
    pub targets: Vec<String>,
    /// All tasks of the project.
    #[arg(long, help_heading = "Which tasks")]
    pub all: bool,
    #[command(flatten)]
    pub filter: FilterArgs,
}

impl TargetsArgs {
    /// The filter.
    ///
    /// # Errors
    /// Nothing was named.
    pub(super) fn wanted(&self) -> Result<TaskFilter, ApiError> {
        let filter = self.filter.filter(&self.targets);
        if filter.is_all() && !self.all {
            let error = ApiError::new(ErrorCode::BadRequest, "no task is named");
            return Err(error.with_hint(
                "name tasks, narrow with `--where`, `--status` or `--sweep`, or say `--all`",
            ));
        }
        Ok(filter)
    }
}

/// What a filter finds: counts, and the first rows.
pub(super) fn look(
    door: &Door,
    filter: &TaskFilter,
    limit: u64,
) -> Result<FindTasksResponse, ApiError> {
    page(door, filter, TaskOrder::Newest, 0, limit)
}

/// Counts of what a filter finds; at least one task, and every target of use.
pub(super) fn some(door: &Door, filter: &TaskFilter) -> Result<FindTasksResponse, ApiError> {
    let found = look(door, filter, 1)?;
    useful(&found.problems)?;
    if found.total == 0 {
        return Err(nothing());
    }
    Ok(found)
}

/// An error for the first target that is of no use.
pub(super) fn useful(problems: &[TargetProblem]) -> Result<(), ApiError> {
    problems.first().map_or(Ok(()), |problem| {
        Err(ServiceError::Target(Box::new(problem.clone())).to_api())
    })
}

fn nothing() -> ApiError {
    ApiError::new(ErrorCode::NotFound, "no task fits").with_hint("`runyard ls` lists the tasks")
}

pub(super) fn page(
    door: &Door,
    filter: &TaskFilter,
    order: TaskOrder,
    offset: u64,
    limit: u64,
) -> Result<FindTasksResponse, ApiError> {
    let filter = filter.clone();
    let request = FindTasksRequest {
        filter,
        order,
        offset,
        limit,
    };
    door.post("tasks/find", &request)
}

/// Every task that a filter finds, page by page, at most `limit`.
pub(super) fn every(
    door: &Door,
    filter: &TaskFilter,
    order: TaskOrder,
    limit: u64,
) -> Result<(FindTasksResponse, Vec<TaskSummary>), ApiError> {
    let mut first = page(door, filter, order, 0, limit.min(PAGE))?;
    let mut tasks = std::mem::take(&mut first.tasks);
    loop {
        let have = u64::try_from(tasks.len()).unwrap_or(u64::MAX);
        if have >= first.total.min(limit) {
            return Ok((first, tasks));
        }
        let more = page(door, filter, order, have, (limit - have).min(PAGE))?.tasks;
        if more.is_empty() {
            // Some have gone meanwhile.
            return Ok((first, tasks));
        }
        tasks.extend(more);
    }
}

/// A target that may name a run: `name@2`.
pub(super) fn with_run(target: &str) -> (String, Option<u32>) {
    match target.rsplit_once('@') {
        Some((name, number)) if !name.is_empty() => match number.parse() {
            Ok(number) => (name.to_owned(), Some(number)),
            Err(_) => (target.to_owned(), None),
        },
        _ => (target.to_owned(), None),
    }
}

/// The one task that a target names.
pub(super) fn one(door: &Door, target: &str) -> Result<TaskSummary, ApiError> {
    let filter = TaskFilter {
        targets: vec![target.to_owned()],
        ..TaskFilter::default()
    };
    let mut found = look(door, &filter, NAMED)?;
    useful(&found.problems)?;
    if found.total > 1 {
        let names: Vec<String> = found
            .tasks
            .iter()
            .map(|task| format!("`{}`", task.id))
            .collect();
        let message = format!("{} tasks fit `{target}`, and one is wanted", found.total);
        let hint = format!("write one of them in full: {}", names.join(", "));
        return Err(ApiError::new(ErrorCode::Conflict, message).with_hint(hint));
    }
    if found.tasks.is_empty() {
        return Err(nothing());
    }
    Ok(found.tasks.remove(0))
}

/// A run of a task that exists.
pub(super) fn run_of(task: &TaskId, number: u32) -> RunId {
    RunId {
        task: task.clone(),
        number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_at_sign_names_a_run_only_before_a_number() {
        assert_eq!(with_run("a@2"), ("a".to_owned(), Some(2)));
        assert_eq!(with_run("a@b"), ("a@b".to_owned(), None));
        assert_eq!(with_run("@2"), ("@2".to_owned(), None));
        assert_eq!(with_run("e/a@12"), ("e/a".to_owned(), Some(12)));
    }
}
