//! `runyard run BATCH.toml`: a list of commands from a file.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use domain::batch::{BatchEntry, BatchProblem};
use domain::command::CommandLine;
use domain::protocol::ApiError;
use domain::protocol::commands::{PostBatchRequest, PostBatchResponse};
use domain::queue::SweepPolicy;
use serde_json::json;
use tokio::signal::unix::Signal;

use super::dry_run::shell_words;
use super::follow::Follower;
use super::foreground;
use crate::cli::arguments::RunArgs;
use crate::cli::open::{self, OpenedProject, Place};
use crate::cli::report::{self, Format};
use crate::cli::{background, environment, exec, remote};
use crate::service::batches::{self, OpenBatch};
use crate::service::{Project, ServiceError};
use crate::storage::{Layout, StorageError, project};

/// The text of the target, if it is a batch file.
pub(super) fn recognise(target: &Path) -> Option<String> {
    let is_toml = target
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("toml"));
    let text = is_toml.then(|| std::fs::read_to_string(target).ok())??;
    domain::batch::is_batch(&text).then_some(text)
}

/// Runs a batch file, or shows it.
pub(super) fn run(args: &RunArgs, text: String, format: Format) -> ExitCode {
    if let Some(option) = foreign_option(args) {
        report::line_to_stderr(&format!(
            "error: `{option}` does not go with a batch file: what its experiments are stands in the file"
        ));
        return ExitCode::from(2);
    }
    let path = std::fs::canonicalize(&args.target).unwrap_or_else(|_| args.target.clone());
    let home = environment::variable("HOME");
    let open = batches::open(&text, &path, home.as_deref());
    if format == Format::Text {
        tell_problems(&args.target, &open.problems);
    }
    if args.dry_run {
        dry_run(&open, format);
        return exit_code(ExitCode::SUCCESS, &open.problems);
    }
    if open.file.is_unusable() || open.file.entries.is_empty() {
        let nothing = PostBatchResponse {
            problems: open.problems.clone(),
            ..PostBatchResponse::default()
        };
        tell(&nothing, format, "created");
        return exit_code(ExitCode::SUCCESS, &open.problems);
    }
    submit(args, text, path, &open, format)
}

/// An option that would have no effect.
fn foreign_option(args: &RunArgs) -> Option<&'static str> {
    let policy = args.policy.policy();
    let given = [
        (!args.words.is_empty(), "an override"),
        (!args.config.is_empty(), "--config"),
        (args.no_config, "--no-config"),
        (!args.conditions.is_empty(), "--where"),
        (!args.exclude.is_empty(), "--exclude"),
        (args.sample.is_some(), "--sample"),
        (args.sample_seed.is_some(), "--sample-seed"),
        (args.debug, "--debug"),
        (args.parser.is_some(), "--parser"),
        (args.limit.is_some(), "--limit"),
        (args.prefix.is_some(), "--prefix"),
        (args.rerun, "--rerun"),
        (args.from_snapshot, "--from-snapshot"),
        (args.resume.is_some(), "--resume"),
        (policy.priority != 0, "--priority"),
        (policy.delay_ms != 0, "--delay"),
        (policy.retry.max != 0, "--retries"),
        (!policy.resources.gpus.is_none(), "--gpus"),
        (!policy.is_default(), "an option of the queue"),
    ];
    given
        .into_iter()
        .find_map(|(is_given, option)| is_given.then_some(option))
}

fn submit(
    args: &RunArgs,
    text: String,
    path: PathBuf,
    open: &OpenBatch,
    format: Format,
) -> ExitCode {
    let folder = path.parent().unwrap_or(Path::new("/")).to_path_buf();
    let layout = Layout::new(project::find_root(&path));
    let environment = match exec::of_this_shell(&layout) {
        Ok(variables) => variables,
        Err(error) => return report::api_failure(&error, format),
    };
    let sweep_policy = args.policy.sweep_policy();
    let limit = args.slots.or(sweep_policy.limit);
    let request = PostBatchRequest {
        text,
        dry_run: false,
        file: path.to_string_lossy().into_owned(),
        start: exec::start(args.later),
        sweep_policy: SweepPolicy {
            limit,
            ..sweep_policy
        },
        environment,
        labels: args.policy.label.clone(),
        user: crate::cli::environment::user(),
    };
    let to_holder = |answer: Result<PostBatchResponse, ApiError>| match answer {
        Ok(response) => {
            let what = if args.later {
                "created"
            } else {
                "queued at the running server"
            };
            tell(&response, format, what);
            exit_code(ExitCode::SUCCESS, &response.problems)
        }
        Err(error) => report::api_failure(&error, format),
    };
    if args.detach || args.later {
        let answer = background::ensure(&layout, args.python.as_deref())
            .and_then(|_| remote::post_batch(&layout, &request));
        return to_holder(answer);
    }
    match open::project(Place::Folder(&folder), args.python.as_deref()) {
        Ok(opened) => {
            let slots = limit.unwrap_or(open.file.scheduler.max_concurrent);
            foreground(opened, request, open, slots, format)
        }
        Err(ServiceError::Storage(StorageError::Locked { .. })) => {
            to_holder(remote::post_batch(&layout, &request))
        }
        Err(error) => report::failure(&error, format),
    }
}

fn foreground(
    opened: OpenedProject,
    request: PostBatchRequest,
    open: &OpenBatch,
    slots: u32,
    format: Format,
) -> ExitCode {
    let begin = async |project: &Project| {
        let response = batches::submit(project, request).await?;
        if format == Format::Json {
            tell(&response, format, "created");
        }
        Ok(response.sweep)
    };
    let scheduler = &open.file.scheduler;
    let then = async |follower: &Follower, interrupts: &mut Signal| {
        follower.tell_summary();
        if scheduler.lingers && !follower.is_interrupted {
            linger(scheduler.linger_ms, interrupts).await;
        }
    };
    let exit = foreground::in_foreground_then(Some(slots), opened, format, begin, then);
    exit_code(exit, &open.problems)
}

/// Stays until somebody wants the end, or for as long as the file says.
async fn linger(limit_ms: Option<u64>, interrupts: &mut Signal) {
    report::line_to_stderr(
        "everything has ended; `linger_when_idle` is set, so press Ctrl-C to leave",
    );
    // Longer than any file can say.
    let limit = Duration::from_millis(limit_ms.unwrap_or(u64::MAX >> 20));
    tokio::select! {
        _ = interrupts.recv() => {}
        () = tokio::time::sleep(limit) => {}
    }
}

/// Success only without problems.
fn exit_code(exit: ExitCode, problems: &[BatchProblem]) -> ExitCode {
    if exit == ExitCode::SUCCESS && !problems.is_empty() {
        ExitCode::FAILURE
    } else {
        exit
    }
}

fn tell_problems(target: &Path, problems: &[BatchProblem]) {
    for problem in problems {
        let text = format!("{}, {problem}", target.display());
        let error = report::paint("31", "error:");
        report::line_to_stderr(&format!("{error} {}", report::printable(&text)));
        if let Some(hint) = &problem.hint {
            let word = report::paint("36", "hint:");
            report::line_to_stderr(&format!("{word} {}", report::printable(hint)));
        }
    }
}

fn tell(response: &PostBatchResponse, format: Format, what: &str) {
    if format == Format::Json {
        let mut line = json!(response);
        line["schema_version"] = json!(1);
        line["count"] = json!(response.tasks.len());
        return report::line(&line.to_string());
    }
    let count = report::tasks(response.tasks.len());
    report::line(&match &response.sweep {
        Some(sweep) => format!("{count} {what}: {sweep}"),
        None => "nothing to do".to_owned(),
    });
}

fn dry_run(open: &OpenBatch, format: Format) {
    let file = &open.file;
    let places: Vec<_> = if file.is_unusable() {
        Vec::new()
    } else {
        file.order().collect()
    };
    if format == Format::Json {
        let tasks: Vec<_> = (1..)
            .zip(&places)
            .map(|(index, place)| {
                let entry = &file.entries[place.entry];
                json!({ "index": index, "entry": entry.number, "name": entry.name, "repeat": place.repeat,
                    "priority": entry.priority, "command": entry.command, "resume": entry.resume })
            })
            .collect();
        let line = json!({ "schema_version": 1, "count": places.len(), "tasks": tasks, "problems": open.problems });
        return report::line(&line.to_string());
    }
    let entries = || places.iter().map(|place| &file.entries[place.entry]);
    let width = |text: fn(&BatchEntry) -> String| {
        entries()
            .map(|entry| text(entry).chars().count())
            .max()
            .unwrap_or(0)
    };
    let names = width(|entry| entry.name.clone());
    let priorities = width(|entry| entry.priority.to_string());
    for (index, entry) in (1..).zip(entries()) {
        let (name, priority) = (&entry.name, entry.priority);
        let resume = entry.resume.as_deref().unwrap_or("-");
        let command = one_line(&entry.command);
        let line =
            format!("{index:02}  {name:names$}  {priority:>priorities$}  {resume}  {command}");
        report::line(&report::printable(&line));
    }
    let count = report::tasks(places.len());
    report::line_to_stderr(&format!("{count}; nothing was written"));
}

/// A command in one line, for reading only.
fn one_line(command: &CommandLine) -> String {
    let text = match command {
        CommandLine::Text(text) => text.clone(),
        CommandLine::Words(words) => shell_words(words),
    };
    let escaped = |c: char| match c {
        '\n' => "\\n".to_owned(),
        '\t' => "\\t".to_owned(),
        '\r' => "\\r".to_owned(),
        c => c.to_string(),
    };
    text.chars().map(escaped).collect()
}
