//! `runyard queue`, `pause`, `resume`: what waits, in which order, and whether it may start.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use domain::protocol::http::ActOnTasksResponse;
use domain::protocol::queue::{GetQueueResponse, MoveTasksRequest, MoveTo, PauseRequest};
use domain::protocol::select::{TaskFilter, TaskOrder};
use domain::protocol::{ApiError, ErrorCode};
use domain::task::TaskId;
use domain::time::Timestamp;
use serde_json::json;

use super::amounts;
use super::door::{Door, ProjectArgs};
use super::report::{self, Format};
use super::table::{self, Cell, Column, OutputArgs};
use super::targets;
use super::tasks;
use crate::process::clock;

/// `runyard queue`
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  runyard queue                              what runs, what waits, and why
  runyard queue pause                        nothing starts any more; what runs goes on
  runyard queue pause --sweep digits_20261121-074500
  runyard queue move TASK --front"
)]
pub struct QueueArgs {
    /// What to do; without it, the queue is shown.
    #[command(subcommand)]
    pub command: Option<QueueCommand>,
    /// At most so many that wait.
    #[arg(long, short = 'n', value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=500))]
    pub limit: u64,
    #[command(flatten)]
    pub project: ProjectArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// What can be done to the queue.
#[derive(Debug, Subcommand)]
pub enum QueueCommand {
    /// Let nothing start any more: of the queue, of a sweep, or of tasks.
    Pause(PauseArgs),
    /// Let it start again.
    Resume(PauseArgs),
    /// Put waiting tasks elsewhere among those of their priority.
    Move(QueueMoveArgs),
}

/// `runyard pause`, `runyard resume`
#[derive(Debug, Args)]
pub struct PauseArgs {
    /// Tasks: names, beginnings, or patterns; without any, the whole queue is meant.
    #[arg(value_name = "TASK")]
    pub targets: Vec<String>,
    /// This sweep.
    #[arg(long, value_name = "SWEEP", conflicts_with = "targets")]
    pub sweep: Option<String>,
    #[command(flatten)]
    pub project: ProjectArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `runyard queue move`
#[derive(Debug, Args)]
pub struct QueueMoveArgs {
    /// Tasks that wait, in the order in which they should start.
    #[arg(required = true, value_name = "TASK")]
    pub targets: Vec<String>,
    #[command(flatten)]
    pub to: PlaceArgs,
    #[command(flatten)]
    pub project: ProjectArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Where to.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct PlaceArgs {
    /// Before all others.
    #[arg(long)]
    pub front: bool,
    /// Behind all others.
    #[arg(long)]
    pub back: bool,
    /// Right before this task.
    #[arg(long, value_name = "TASK")]
    pub before: Option<String>,
}

#[derive(Clone, Copy)]
enum Turn {
    Pause,
    Resume,
}

pub(super) fn queue(args: &QueueArgs) -> ExitCode {
    match &args.command {
        Some(QueueCommand::Pause(pause)) => turn(pause, Turn::Pause),
        Some(QueueCommand::Resume(resume)) => turn(resume, Turn::Resume),
        Some(QueueCommand::Move(to)) => report::finish(put(to), to.output.format()),
        None => report::finish(show(args), args.output.format()),
    }
}

pub(super) fn pause(args: &PauseArgs) -> ExitCode {
    turn(args, Turn::Pause)
}

pub(super) fn resume(args: &PauseArgs) -> ExitCode {
    turn(args, Turn::Resume)
}

fn turn(args: &PauseArgs, turn: Turn) -> ExitCode {
    let run = || {
        let mut door = Door::open(&args.project.layout()?)?;
        let (request, what) = request(&door, args)?;
        let (act, done) = match turn {
            Turn::Pause => ("pause", "paused; what runs goes on"),
            Turn::Resume => {
                // Somebody must start what may start now.
                let counts = targets::look(&door, &TaskFilter::default(), 0)?.counts;
                if counts.queued > 0 {
                    door = door.stay()?;
                }
                ("resume", "resumed")
            }
        };
        let answer: ActOnTasksResponse = door.post(&format!("queue/{act}"), &request)?;
        let format = args.output.format();
        if format == Format::Json {
            let line = json!({ "schema_version": 1, "act": act, "what": request, "refused": answer.refused });
            report::line(&line.to_string());
        } else {
            tasks::tell_refused(&answer.refused);
            if answer.refused.is_empty() {
                report::line_to_stderr(&format!("{what} {done}"));
            }
        }
        Ok(if answer.refused.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    };
    report::finish(run(), args.output.format())
}

fn request(door: &Door, args: &PauseArgs) -> Result<(PauseRequest, String), ApiError> {
    if let Some(sweep) = &args.sweep {
        let filter = TaskFilter {
            sweep: Some(sweep.clone()),
            ..TaskFilter::default()
        };
        let found = targets::look(door, &filter, 1)?;
        let Some(task) = found.tasks.into_iter().next() else {
            return Err(crate::service::ServiceError::NoSweep(sweep.clone()).to_api());
        };
        let (experiment, sweep) = (task.id.experiment, task.sweep);
        let what = format!("sweep {sweep}");
        return Ok((PauseRequest::Sweep { experiment, sweep }, what));
    }
    if args.targets.is_empty() {
        return Ok((PauseRequest::Queue, "the queue is".to_owned()));
    }
    let tasks = named(door, &args.targets)?;
    let what = report::tasks(tasks.len());
    let filter = None;
    Ok((PauseRequest::Tasks { tasks, filter }, what))
}

/// The tasks in the order of the targets; those of a pattern in their own.
fn named(door: &Door, wanted: &[String]) -> Result<Vec<TaskId>, ApiError> {
    let mut all: Vec<TaskId> = Vec::new();
    for target in wanted {
        let filter = TaskFilter {
            targets: vec![target.clone()],
            ..TaskFilter::default()
        };
        let (found, tasks) = targets::every(door, &filter, TaskOrder::Oldest, u64::MAX)?;
        targets::useful(&found.problems)?;
        let ids = tasks.into_iter().map(|task| task.id);
        all.extend(ids.filter(|id| !all.contains(id)).collect::<Vec<_>>());
    }
    if all.is_empty() {
        return Err(ApiError::new(ErrorCode::NotFound, "no task fits"));
    }
    Ok(all)
}

fn put(args: &QueueMoveArgs) -> Result<ExitCode, ApiError> {
    let door = Door::open(&args.project.layout()?)?;
    let to = match &args.to.before {
        Some(before) => MoveTo::Before {
            task: targets::one(&door, before)?.id,
        },
        None if args.to.front => MoveTo::Front,
        None => MoveTo::Back,
    };
    let tasks = named(&door, &args.targets)?;
    let request = MoveTasksRequest {
        tasks,
        filter: None,
        to,
    };
    let answer = door.post("queue/move", &request)?;
    Ok(tasks::tell(&answer, "moved", args.output.format()))
}

fn show(args: &QueueArgs) -> Result<ExitCode, ApiError> {
    let queue: GetQueueResponse = {
        let door = Door::open(&args.project.layout()?)?;
        door.get(&format!("queue?limit={}", args.limit))?
    };
    if args.output.format() == Format::Json {
        let mut value = json!(queue);
        value["schema_version"] = json!(1);
        report::line(&value.to_string());
        return Ok(ExitCode::SUCCESS);
    }
    for line in lines(&queue, clock::now(), args.output) {
        if !report::is_taken(&line) {
            break;
        }
    }
    let shown = queue.waiting.len() as u64;
    if shown < queue.waiting_count {
        report::note(&format!(
            "{shown} of {} that wait; `-n 500` shows more",
            queue.waiting_count
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn lines(queue: &GetQueueResponse, now: Timestamp, output: OutputArgs) -> Vec<String> {
    let mut lines = vec![sentence(queue, now)];
    let sweeps = queue.sweeps.iter().filter(|sweep| sweep.is_paused);
    lines
        .extend(sweeps.map(|sweep| report::printable(&format!("sweep {} is paused", sweep.sweep))));
    if !queue.running.is_empty() {
        lines.push(String::new());
        let rows: Vec<Vec<Cell>> = queue
            .running
            .iter()
            .map(|run| vec![run.to_string().into()])
            .collect();
        lines.extend(table::lines(
            &[Column::Cut("RUNNING")],
            &rows,
            output.style(),
        ));
    }
    if !queue.waiting.is_empty() {
        lines.push(String::new());
        let columns = [
            Column::Number("PLACE"),
            Column::Cut("WAITING"),
            Column::Number("PRIORITY"),
            Column::Whole("USER"),
            Column::Cut("WHY"),
        ];
        let has_priority = queue.waiting.iter().any(|run| run.priority != 0);
        let rows = queue.waiting.iter().map(|run| -> Vec<Cell> {
            let priority = if has_priority {
                run.priority.to_string()
            } else {
                String::new()
            };
            vec![
                run.waiting.position.to_string().into(),
                run.id.task.to_string().into(),
                priority.into(),
                run.user.clone().into(),
                amounts::waiting(&run.waiting, now).into(),
            ]
        });
        let rows: Vec<Vec<Cell>> = rows.collect();
        lines.extend(table::lines(&columns, &rows, output.style()));
    }
    lines
}

/// `2 running, 14 waiting, 0 of 2 slots free, all done in about 12m00s`
pub(super) fn sentence(queue: &GetQueueResponse, now: Timestamp) -> String {
    let capacity = &queue.capacity;
    let mut text = String::new();
    if queue.is_paused {
        text += "paused: nothing starts; ";
    }
    text += &format!(
        "{} running, {} waiting, {} of {} slots free",
        queue.running.len(),
        queue.waiting_count,
        capacity.free_slots,
        capacity.slots
    );
    if !capacity.gpus.is_empty() {
        let free = capacity.gpus.iter().filter(|gpu| gpu.is_free).count();
        text += &format!(", {free} of {} GPUs free", capacity.gpus.len());
    }
    if let Some(done) = queue.done_at_ms.filter(|done| *done > now) {
        text += &format!(", all done in about {}", amounts::span(done.since_ms(now)));
    }
    text
}
