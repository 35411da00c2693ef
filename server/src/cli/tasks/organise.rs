//! `runyard rm`, `restore`, `mv`, `pin`, `unpin`, `label`: keeping order among tasks.

use std::process::ExitCode;

use axum::http::Method;
use domain::expr::glob_matches;
use domain::protocol::http::{ActOnTasksRequest, ActOnTasksResponse};
use domain::protocol::organise::{
    ListTrashResponse, RemoveTasksResponse, RenameTaskRequest, RestoreTasksRequest, TrashId,
    TrashedTask,
};
use domain::protocol::queue::PatchTasksRequest;
use domain::protocol::select::{TaskFilter, TaskOrder};
use domain::protocol::{ApiError, ErrorCode};
use domain::task::TaskId;
use serde_json::json;

use super::act;
use super::args::{ActArgs, LabelArgs, MoveArgs, RestoreArgs};
use crate::cli::amounts;
use crate::cli::door::{Door, encode};
use crate::cli::report::{self, Format};
use crate::cli::table::{self, Cell, Column, OutputArgs};
use crate::cli::targets;
use crate::process::clock;

/// How many tasks one request names: its body stays far below the limit.
pub(super) const AT_ONCE: usize = 1_000;
/// From so many tasks on, a removal must be confirmed.
const MANY: u64 = 2;
/// Rows of one question about the trash.
const PAGE: u64 = 500;

pub(in crate::cli) fn remove(args: &ActArgs) -> ExitCode {
    let run = || {
        let (door, filter, total) = named(args)?;
        if !args.yes && total >= MANY {
            act::confirm(&format!("Move {} to the trash?", report::tasks(total)))?;
        }
        let request = ActOnTasksRequest {
            tasks: Vec::new(),
            filter: Some(filter),
        };
        let answer: RemoveTasksResponse = door.post("tasks/remove", &request)?;
        let format = args.output.format();
        if format == Format::Json {
            let line = json!({ "schema_version": 1, "done": answer.done, "refused": answer.refused, "removed": answer.removed });
            report::line(&line.to_string());
        }
        let told = ActOnTasksResponse {
            done: answer.done,
            refused: answer.refused,
        };
        let code = if format == Format::Text {
            act::tell(&told, "moved to the trash", format)
        } else {
            act::exit_code(&told)
        };
        if let (Format::Text, Some(first)) = (format, answer.removed.first()) {
            report::line_to_stderr(&format!(
                "`runyard restore {}` brings it back",
                first.task.task
            ));
        }
        Ok(code)
    };
    report::finish(run(), args.output.format())
}

/// The door, the filter, and how many it finds: at least one.
fn named(args: &ActArgs) -> Result<(Door, TaskFilter, u64), ApiError> {
    let layout = args.targets.filter.project().layout()?;
    let filter = args.targets.wanted()?;
    let door = Door::open(&layout)?;
    let found = targets::some(&door, &filter)?;
    Ok((door, filter, found.total))
}

pub(in crate::cli) fn restore(args: &RestoreArgs) -> ExitCode {
    let run = || {
        if args.targets.is_empty() && !args.all {
            let error = ApiError::new(ErrorCode::BadRequest, "no task is named");
            return Err(error.with_hint(
                "`runyard ls --trash` lists the removed ones; `--all` means all of them",
            ));
        }
        let door = Door::open(&args.project.layout()?)?;
        let trash = trash(&door)?;
        let mut wanted = named_in_trash(&args.targets, &trash)?;
        if args.all {
            wanted = trash.into_iter().map(|task| task.id).collect();
        }
        // Of several that had one name, the one that was removed last.
        let mut names = std::collections::HashSet::new();
        wanted.retain(|id| args.all || names.insert(id.task.clone()));
        let mut answer = nothing();
        for tasks in wanted.chunks(AT_ONCE) {
            let request = RestoreTasksRequest {
                tasks: tasks.to_vec(),
            };
            let more: ActOnTasksResponse = door.post("tasks/restore", &request)?;
            act::join(&mut answer, more);
        }
        Ok(act::tell(&answer, "restored", args.output.format()))
    };
    report::finish(run(), args.output.format())
}

/// Everything in the trash, last removed first.
pub(super) fn trash(door: &Door) -> Result<Vec<TrashedTask>, ApiError> {
    let mut all = Vec::new();
    loop {
        let path = format!("trash?offset={}&limit={PAGE}", all.len());
        let page: ListTrashResponse = door.get(&path)?;
        let is_last = page.tasks.is_empty();
        all.extend(page.tasks);
        if is_last || all.len() as u64 >= page.total {
            return Ok(all);
        }
    }
}

/// The removed tasks that are meant; each target must mean one.
pub(super) fn named_in_trash(
    targets: &[String],
    trash: &[TrashedTask],
) -> Result<Vec<TrashId>, ApiError> {
    let mut wanted: Vec<TrashId> = Vec::new();
    for target in targets {
        let fits = |task: &&TrashedTask| is_meant(target, &task.id.task);
        let mut found = trash.iter().filter(fits).peekable();
        if found.peek().is_none() {
            let message = format!("no removed task is called `{target}`");
            let error = ApiError::new(ErrorCode::NotFound, message);
            return Err(error.with_hint("`runyard trash` lists them"));
        }
        for task in found {
            // Several targets may mean it.
            if !wanted.contains(&task.id) {
                wanted.push(task.id.clone());
            }
        }
    }
    Ok(wanted)
}

fn is_meant(target: &str, id: &TaskId) -> bool {
    let name = if target.contains('/') {
        id.to_string()
    } else {
        id.task.clone()
    };
    glob_matches(target, &name)
}

/// `runyard ls --trash`
pub(super) fn list_trash(
    door: &Door,
    wanted: &[String],
    output: OutputArgs,
) -> Result<ExitCode, ApiError> {
    let mut trash = trash(door)?;
    trash.retain(|task| {
        wanted.is_empty() || wanted.iter().any(|target| is_meant(target, &task.id.task))
    });
    if output.format() == Format::Json {
        report::line(
            &json!({ "schema_version": 1, "total": trash.len(), "trash": trash }).to_string(),
        );
        return Ok(ExitCode::SUCCESS);
    }
    let now = clock::now();
    let columns = [
        Column::Cut("REMOVED TASK"),
        Column::Whole("STATUS"),
        Column::Number("AGO"),
    ];
    let row = |task: &TrashedTask| -> Vec<Cell> {
        let status = task.summary.as_ref().map(|summary| summary.status.as_str());
        let ago = task
            .id
            .removed_at_ms
            .map(|at| amounts::age(now.since_ms(at)));
        vec![
            task.id.task.to_string().into(),
            status.unwrap_or_default().into(),
            ago.unwrap_or_default().into(),
        ]
    };
    let rows: Vec<Vec<Cell>> = trash.iter().map(row).collect();
    if !rows.is_empty() {
        for line in table::lines(&columns, &rows, output.style()) {
            report::line(&line);
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(in crate::cli) fn rename(args: &MoveArgs) -> ExitCode {
    let run = || {
        let door = Door::open(&args.project.layout()?)?;
        let id = targets::one(&door, &args.target)?.id;
        let path = format!(
            "tasks/{}/{}/rename",
            encode(&id.experiment),
            encode(&id.task)
        );
        let request = RenameTaskRequest {
            to: args.to.clone(),
        };
        let renamed: TaskId = door.post(&path, &request)?;
        if args.output.format() == Format::Json {
            report::line(&json!({ "schema_version": 1, "task": renamed }).to_string());
        } else {
            report::line_to_stderr(&format!("{} is called {} now", id.task, renamed.task));
        }
        Ok(ExitCode::SUCCESS)
    };
    report::finish(run(), args.output.format())
}

pub(in crate::cli) fn pin(args: &ActArgs) -> ExitCode {
    let change = PatchTasksRequest {
        is_pinned: Some(true),
        ..PatchTasksRequest::default()
    };
    patch(args, &change, "pinned")
}

pub(in crate::cli) fn unpin(args: &ActArgs) -> ExitCode {
    let change = PatchTasksRequest {
        is_pinned: Some(false),
        ..PatchTasksRequest::default()
    };
    patch(args, &change, "unpinned")
}

pub(in crate::cli) fn label(args: &LabelArgs) -> ExitCode {
    let (labels, names): (Vec<&String>, Vec<&String>) = args
        .act
        .targets
        .targets
        .iter()
        .partition(|word| word.starts_with('+'));
    let added = labels
        .iter()
        .map(|word| word.trim_start_matches('+').to_owned());
    let change = PatchTasksRequest {
        add_labels: args.add.iter().cloned().chain(added).collect(),
        remove_labels: args.remove.clone(),
        ..PatchTasksRequest::default()
    };
    if change.add_labels.is_empty() && change.remove_labels.is_empty() {
        let error = ApiError::new(ErrorCode::BadRequest, "no label is named");
        let error = error.with_hint("`runyard label TASK +good -bad` adds one and takes one away");
        return report::finish(Err(error), args.act.output.format());
    }
    let mut act = args.act.clone();
    act.targets.targets = names.into_iter().cloned().collect();
    patch(&act, &change, "labelled")
}

fn patch(args: &ActArgs, change: &PatchTasksRequest, done: &str) -> ExitCode {
    let run = || {
        let (door, filter, _) = named(args)?;
        let (_, tasks) = targets::every(&door, &filter, TaskOrder::Oldest, u64::MAX)?;
        let ids: Vec<TaskId> = tasks.into_iter().map(|task| task.id).collect();
        let mut answer = nothing();
        for tasks in ids.chunks(AT_ONCE) {
            let request = PatchTasksRequest {
                tasks: tasks.to_vec(),
                ..change.clone()
            };
            act::join(&mut answer, door.ask(Method::PATCH, "tasks", &request)?);
        }
        Ok(act::tell(&answer, done, args.output.format()))
    };
    report::finish(run(), args.output.format())
}

fn nothing() -> ActOnTasksResponse {
    ActOnTasksResponse {
        done: 0,
        refused: Vec::new(),
    }
}
