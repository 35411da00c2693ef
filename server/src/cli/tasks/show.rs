//! `runyard show`: everything about one task.

use std::process::ExitCode;

use domain::protocol::ApiError;
use domain::run::RunRecord;
use domain::task::{TaskDetail, TaskSummary};
use domain::time::Timestamp;
use serde_json::json;

use super::args::ShowArgs;
use crate::cli::amounts;
use crate::cli::door::{Door, encode};
use crate::cli::report::{self, Format};
use crate::cli::table::{self, Cell, Column, OutputArgs, Style, colour_of};
use crate::cli::targets;
use crate::process::clock;
use crate::storage::Layout;

pub(in crate::cli) fn show(args: &ShowArgs) -> ExitCode {
    report::finish(print(args), args.output.format())
}

/// One task with its runs.
pub(super) fn detail(door: &Door, task: &TaskSummary) -> Result<TaskDetail, ApiError> {
    let id = &task.id;
    door.get(&format!(
        "tasks/{}/{}",
        encode(&id.experiment),
        encode(&id.task)
    ))
}

/// The run that is asked for, else the latest.
pub(super) fn pick(
    detail: &TaskDetail,
    number: Option<u32>,
) -> Result<Option<&RunRecord>, ApiError> {
    let Some(number) = number else {
        return Ok(detail.runs.last());
    };
    let run = detail.runs.iter().find(|run| run.number == number);
    run.map(Some).ok_or_else(|| {
        let id = targets::run_of(&detail.summary.id, number);
        crate::service::ServiceError::NoRun(id.to_string()).to_api()
    })
}

fn print(args: &ShowArgs) -> Result<ExitCode, ApiError> {
    let layout = args.project.layout()?;
    let (name, number) = targets::with_run(&args.target);
    let detail = {
        let door = Door::open(&layout)?;
        let task = targets::one(&door, &name)?;
        detail(&door, &task)?
    };
    let run = pick(&detail, number)?.filter(|_| number.is_some());
    if args.output.format() == Format::Json {
        let mut value = json!(detail);
        if let Some(run) = run {
            value["run"] = json!(run);
        }
        value["schema_version"] = json!(1);
        report::line(&value.to_string());
    } else {
        let now = clock::now();
        for line in lines(&layout, &detail, run, now, args.output) {
            report::line(&line);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn lines(
    layout: &Layout,
    detail: &TaskDetail,
    run: Option<&RunRecord>,
    now: Timestamp,
    output: OutputArgs,
) -> Vec<String> {
    let style = output.style();
    let mut facts = match run {
        Some(run) => about_run(layout, detail, run, now),
        None => about_task(layout, detail, now),
    };
    facts.retain(|(_, text)| !text.is_empty());
    let width = facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut lines: Vec<String> = facts
        .iter()
        .map(|(name, text)| {
            let label = style.paint("2", &format!("{name:width$}"));
            let text = report::printable(text);
            let text = text.replace('\n', &format!("\n{}", " ".repeat(width + 2)));
            format!("{label}  {text}")
        })
        .collect();
    if run.is_none() && !detail.runs.is_empty() {
        lines.push(String::new());
        lines.extend(runs(&detail.runs, now, style));
    }
    lines
}

type Facts = Vec<(&'static str, String)>;

fn about_task(layout: &Layout, detail: &TaskDetail, now: Timestamp) -> Facts {
    let (summary, task) = (&detail.summary, &detail.task);
    let values: Vec<String> = task
        .varied
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    let waiting = summary.waiting.as_ref();
    let mut status = summary.status.as_str().to_owned();
    if let Some(reason) = summary.reason.as_ref() {
        status += &format!(": {reason}");
    }
    let json = |is_default: bool, value: serde_json::Value| {
        if is_default {
            String::new()
        } else {
            value.to_string()
        }
    };
    vec![
        ("task", task.id.to_string()),
        ("status", status),
        (
            "waits",
            waiting
                .map(|waiting| amounts::waiting(waiting, now))
                .unwrap_or_default(),
        ),
        (
            "place",
            waiting
                .map(|waiting| format!("{} in the queue", waiting.position))
                .unwrap_or_default(),
        ),
        ("values", values.join("\n")),
        (
            "sweep",
            format!("{} ({} of {})", task.sweep, task.index, task.of),
        ),
        ("description", task.description.clone()),
        ("labels", task.labels.join(", ")),
        (
            "pinned",
            if task.is_pinned {
                "yes".to_owned()
            } else {
                String::new()
            },
        ),
        ("user", task.user.clone()),
        ("command", quoted(&task.command)),
        ("folder", task.working_dir.clone()),
        ("policy", json(task.policy.is_default(), json!(task.policy))),
        (
            "execution",
            json(task.execution.is_default(), json!(task.execution)),
        ),
        (
            "created",
            format!(
                "{} ({} ago)",
                amounts::moment(task.created_at_ms),
                amounts::age(now.since_ms(task.created_at_ms))
            ),
        ),
        ("config", layout.task_config(&task.id).display().to_string()),
    ]
}

fn about_run(layout: &Layout, detail: &TaskDetail, run: &RunRecord, now: Timestamp) -> Facts {
    let id = targets::run_of(&detail.summary.id, run.number);
    let dir = layout.run(&id);
    let at = |time: Option<Timestamp>| time.map(amounts::moment).unwrap_or_default();
    let usage = run.usage.as_ref();
    let gpus: Vec<String> = run
        .allocation
        .gpus
        .iter()
        .map(|gpu| format!("{} {}", gpu.id, gpu.name))
        .collect();
    vec![
        ("run", id.to_string()),
        ("status", status_of(run)),
        ("error", run.error_line.clone().unwrap_or_default()),
        (
            "retry",
            if run.retry > 0 {
                run.retry.to_string()
            } else {
                String::new()
            },
        ),
        ("queued", at(run.queued_at_ms)),
        ("started", at(run.started_at_ms)),
        ("ended", at(run.ended_at_ms)),
        (
            "took",
            run.elapsed_ms(now).map(amounts::span).unwrap_or_default(),
        ),
        (
            "pid",
            run.pid.map(|pid| pid.to_string()).unwrap_or_default(),
        ),
        ("GPUs", gpus.join("\n")),
        (
            "memory",
            usage
                .map(|usage| amounts::bytes(usage.peak_memory_bytes))
                .unwrap_or_default(),
        ),
        (
            "CPU time",
            usage
                .map(|usage| amounts::span(usage.cpu_ms))
                .unwrap_or_default(),
        ),
        ("command", quoted(&run.command)),
        ("run folder", dir.path().display().to_string()),
        ("log", dir.log().display().to_string()),
    ]
}

fn status_of(run: &RunRecord) -> String {
    let word = run.shown().as_str();
    match run.outcome.as_ref().map(ToString::to_string) {
        Some(outcome) if !outcome.is_empty() && outcome != word => format!("{word}: {outcome}"),
        _ => word.to_owned(),
    }
}

fn runs(runs: &[RunRecord], now: Timestamp, style: Style) -> Vec<String> {
    let columns = [
        Column::Number("RUN"),
        Column::Whole("STATUS"),
        Column::Whole("STARTED"),
        Column::Number("TIME"),
        Column::Number("MEMORY"),
        Column::Number("CPU"),
        Column::Cut("NOTE"),
    ];
    let row = |run: &RunRecord| -> Vec<Cell> {
        let outcome = run.outcome.as_ref().map(ToString::to_string);
        let note = run.error_line.clone().or(outcome).unwrap_or_default();
        let usage = run.usage.as_ref();
        vec![
            run.number.to_string().into(),
            Cell::coloured(run.shown().as_str(), colour_of(run.shown())),
            run.started_at_ms
                .map(amounts::moment)
                .unwrap_or_default()
                .into(),
            run.elapsed_ms(now)
                .map(amounts::span)
                .unwrap_or_default()
                .into(),
            usage
                .map(|usage| amounts::bytes(usage.peak_memory_bytes))
                .unwrap_or_default()
                .into(),
            usage
                .map(|usage| amounts::span(usage.cpu_ms))
                .unwrap_or_default()
                .into(),
            note.into(),
        ]
    };
    let rows: Vec<Vec<Cell>> = runs.iter().map(row).collect();
    table::lines(&columns, &rows, style)
}

/// Words as a shell takes them: to read and to copy. Nothing of ours runs it.
pub(super) fn quoted(words: &[String]) -> String {
    let quote = |word: &String| {
        let is_plain = |c: char| c.is_alphanumeric() || "-_./=:,+@%".contains(c);
        if !word.is_empty() && word.chars().all(is_plain) {
            word.clone()
        } else {
            format!("'{}'", word.replace('\'', "'\\''"))
        }
    };
    words.iter().map(quote).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_can_be_copied_into_a_shell() {
        let words = ["python3", "a b.py", "--lr=0.1", "it's", "", "$HOME"].map(str::to_owned);
        assert_eq!(
            quoted(&words),
            "python3 'a b.py' --lr=0.1 'it'\\''s' '' '$HOME'"
        );
    }
}
