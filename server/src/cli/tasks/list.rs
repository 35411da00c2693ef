//! `runyard ls`: tasks as a table.

use std::process::ExitCode;

use domain::protocol::ApiError;
use domain::protocol::select::{
    FindTasksResponse, TargetProblem, TargetProblemKind, TaskFilter, TaskOrder,
};
use domain::run::ShownStatus;
use domain::task::TaskSummary;
use domain::time::Timestamp;
use serde_json::json;

use super::args::ListArgs;
use super::{organise, watch};
use crate::cli::amounts;
use crate::cli::door::Door;
use crate::cli::report::{self, Format};
use crate::cli::table::{self, Cell, Column, Style, colour_of};
use crate::cli::targets;
use crate::process::clock;

pub(in crate::cli) fn list(args: &ListArgs) -> ExitCode {
    report::finish(print(args), args.output.format())
}

fn print(args: &ListArgs) -> Result<ExitCode, ApiError> {
    let layout = args.filter.project().layout()?;
    if args.watch {
        let show = |door: &Door| {
            let (_, found, tasks) = look(args, door)?;
            Ok(tell(args, &found, &tasks).then_some(found))
        };
        return watch::watch(&layout, show).map(|()| ExitCode::SUCCESS);
    }
    let door = Door::open(&layout)?;
    if args.trash {
        return organise::list_trash(&door, &args.targets, args.output);
    }
    let (filter, found, tasks) = look(args, &door)?;
    // The project is free again while a pager holds up the output.
    drop(door);
    if !tell(args, &found, &tasks) {
        return Ok(ExitCode::SUCCESS);
    }
    // A question about everything has an answer also if that is nothing.
    Ok(if found.total == 0 && !filter.is_all() {
        report::line_to_stderr("no task fits");
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// What is asked for, and what it finds.
fn look(
    args: &ListArgs,
    door: &Door,
) -> Result<(TaskFilter, FindTasksResponse, Vec<TaskSummary>), ApiError> {
    let mut filter = args.filter.filter(&args.targets);
    let limit = if args.limit == 0 {
        u64::MAX
    } else {
        args.limit
    };
    let (mut found, mut tasks) = targets::every(door, &filter, TaskOrder::Newest, limit)?;
    if begins_several(&mut filter, &found.problems) {
        (found, tasks) = targets::every(door, &filter, TaskOrder::Newest, limit)?;
    }
    targets::useful(&found.problems)?;
    Ok((filter, found, tasks))
}

/// Prints it; false if nobody reads any more.
fn tell(args: &ListArgs, found: &FindTasksResponse, tasks: &[TaskSummary]) -> bool {
    if args.output.format() == Format::Json {
        return report::is_taken(&to_json(found, tasks).to_string());
    }
    let style = args.output.style();
    let mut lines = lines(tasks, clock::now(), style).into_iter();
    if !lines.all(|line| report::is_taken(&line)) {
        return false;
    }
    let shown = u64::try_from(tasks.len()).unwrap_or(u64::MAX);
    if shown < found.total {
        report::note(&format!(
            "{shown} of {}; `-n 0` shows all",
            report::tasks(found.total)
        ));
    }
    true
}

/// What several tasks begin with lists them all: a list harms nobody.
fn begins_several(filter: &mut TaskFilter, problems: &[TargetProblem]) -> bool {
    let mut is_changed = false;
    for problem in problems {
        let place = filter
            .targets
            .iter()
            .position(|known| *known == problem.target);
        if problem.kind == TargetProblemKind::Ambiguous
            && let Some(target) = place.and_then(|at| filter.targets.get_mut(at))
        {
            target.push('*');
            is_changed = true;
        }
    }
    is_changed
}

fn to_json(found: &FindTasksResponse, tasks: &[TaskSummary]) -> serde_json::Value {
    json!({ "schema_version": 1, "total": found.total, "counts": found.counts, "tasks": tasks })
}

/// The table of tasks.
pub(super) fn lines(tasks: &[TaskSummary], now: Timestamp, style: Style) -> Vec<String> {
    if tasks.is_empty() {
        return Vec::new();
    }
    let columns = [
        Column::Cut("TASK"),
        Column::Whole("STATUS"),
        Column::Cut("VALUES"),
        Column::Number("RUNS"),
        Column::Number("TIME"),
        Column::Number("AGE"),
        Column::Cut("LABELS"),
        Column::Cut("NOTE"),
    ];
    let first = &tasks[0].id.experiment;
    let is_one = tasks.iter().all(|task| task.id.experiment == *first);
    let rows: Vec<Vec<Cell>> = tasks.iter().map(|task| row(task, is_one, now)).collect();
    table::lines(&columns, &rows, style)
}

fn row(task: &TaskSummary, is_one_experiment: bool, now: Timestamp) -> Vec<Cell> {
    let name = if is_one_experiment {
        task.id.task.clone()
    } else {
        task.id.to_string()
    };
    let pin = if task.is_pinned { "* " } else { "" };
    let values: Vec<String> = task
        .varied
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    let elapsed = task
        .started_at_ms
        .map(|started| task.ended_at_ms.unwrap_or(now).since_ms(started));
    let waits = task
        .waiting
        .as_ref()
        .map(|waiting| amounts::waiting(waiting, now));
    let note = waits.or_else(|| task.reason.clone()).unwrap_or_default();
    vec![
        format!("{pin}{name}").into(),
        Cell::coloured(task.status.as_str(), colour_of(task.status)),
        values.join(" ").into(),
        task.runs.to_string().into(),
        elapsed.map(amounts::span).unwrap_or_default().into(),
        amounts::age(now.since_ms(task.created_at_ms)).into(),
        task.labels.join(" ").into(),
        if task.status == ShownStatus::Completed {
            Cell::default()
        } else {
            note.into()
        },
    ]
}

#[cfg(test)]
mod tests {
    use domain::config::{Key, Value};
    use domain::task::TaskId;

    use super::*;

    #[test]
    fn the_table_says_what_runs_why_the_rest_waits_and_what_went_wrong() {
        let task = |name: &str, status, lr: f64| TaskSummary {
            id: TaskId {
                experiment: "digits".to_owned(),
                task: name.to_owned(),
            },
            status,
            varied: vec![(Key::new("lr"), Value::Float(lr))],
            created_at_ms: Timestamp(1_000_000),
            ..TaskSummary::default()
        };
        let tasks = [
            TaskSummary {
                runs: 1,
                started_at_ms: Some(Timestamp(1_060_000)),
                is_pinned: true,
                ..task("digits_1-of-3", ShownStatus::Running, 0.1)
            },
            TaskSummary {
                runs: 2,
                started_at_ms: Some(Timestamp(1_000_500)),
                ended_at_ms: Some(Timestamp(1_004_900)),
                reason: Some("ValueError: loss is\n\u{1b}[31mNaN".to_owned()),
                labels: vec!["baseline".to_owned()],
                ..task("digits_2-of-3", ShownStatus::Failed, 0.01)
            },
            task("digits_3-of-3", ShownStatus::Queued, 0.001),
        ];
        let lines = lines(&tasks, Timestamp(1_125_000), Style::default());
        insta::assert_snapshot!(lines.join("\n"));
    }
}
