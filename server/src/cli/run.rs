//! `runyard run`: a sweep from the terminal, with the engine of the browser.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

use domain::config::Key;
use domain::experiment::Entry;
use domain::grid::{Input, SweepOptions, SweepSpec};
use domain::protocol::http::{PostSweepRequest, PostSweepResponse, Start};
use domain::protocol::{ApiError, ErrorCode};
use domain::run::ShownStatus;
use domain::schema::parameters::parameters;
use domain::task::{TaskId, TaskSummary};
use serde_json::json;

use super::arguments::RunArgs;
use super::open::{self, OpenedProject};
use super::remote;
use super::report::{self, Format};
use crate::dispatcher::{Act, ChangeKind};
use crate::process::clock;
use crate::service::experiments::{self, Opened};
use crate::service::sweeps::{self, Planned};
use crate::service::{Project, ServiceError};
use crate::storage::format::{ExperimentFile, FORMAT};
use crate::storage::settings::Settings;
use crate::storage::{Layout, StorageError, project};

pub(super) fn run(args: &RunArgs) -> ExitCode {
    report::start_logging();
    let format = if args.json {
        Format::Json
    } else {
        Format::Text
    };
    match prepare(args) {
        Ok(prepared) if args.dry_run => {
            dry_run(args, &prepared).unwrap_or_else(|error| report::failure(&error, format))
        }
        Ok(prepared) => submit(args, &prepared, format),
        Err(error) => report::api_failure(&error, format),
    }
}

struct Prepared {
    layout: Layout,
    settings: Settings,
    experiment: String,
    prefix: String,
    inputs: Vec<Input>,
    planned: Planned,
}

/// Everything up to the grid, without writing anything.
fn prepare(args: &RunArgs) -> Result<Prepared, ApiError> {
    let (script, layout) = open::locate(&args.script).map_err(|error| error.to_api())?;
    let inputs = args
        .overrides
        .iter()
        .map(|text| parse_override(text))
        .collect::<Result<Vec<_>, _>>()?;
    let found = find(&script, &layout, args, &inputs).map_err(|error| error.to_api())?;
    let (settings, experiment, prefix, planned) = found;
    Ok(Prepared {
        layout,
        settings,
        experiment,
        prefix,
        inputs,
        planned,
    })
}

fn find(
    script: &Path,
    layout: &Layout,
    args: &RunArgs,
    inputs: &[Input],
) -> Result<(Settings, String, String, Planned), ServiceError> {
    let schema = experiments::read_schema_to_run(script)?;
    let settings = Settings::read(layout)?;
    let experiment = project::experiment_name(layout, script)?;
    let prefix = args.prefix.clone().unwrap_or_else(|| experiment.clone());
    sweeps::check_prefix(&prefix)?;
    let parameters = parameters(&schema.parser);
    let file = ExperimentFile {
        format: FORMAT,
        script: project::script_spelling(layout, script),
        entry: Entry::Script,
        schema,
        prefix: prefix.clone(),
        options: SweepOptions::default(),
        ignore: Vec::new(),
        pinned: Vec::new(),
    };
    let opened = Opened {
        file,
        script: script.to_path_buf(),
        parameters,
        problem: None,
    };
    refuse_inactive(&opened, inputs)?;
    let spec = SweepSpec {
        inputs: inputs.to_vec(),
        options: SweepOptions::default(),
    };
    let planned = sweeps::expand(opened, &spec)?;
    Ok((settings, experiment, prefix, planned))
}

/// A form keeps what was typed under another sub-command; a command line that says it means it.
fn refuse_inactive(opened: &Opened, inputs: &[Input]) -> Result<(), ServiceError> {
    let plan = domain::grid::plan(&opened.parameters, inputs);
    let inactive = plan
        .fields
        .iter()
        .find(|field| field.changed && !field.active);
    inactive.map_or(Ok(()), |field| {
        Err(ServiceError::Inactive(field.key.to_string()))
    })
}

fn parse_override(text: &str) -> Result<Input, ApiError> {
    let (key, value) = text
        .split_once('=')
        .filter(|(key, _)| !key.trim().is_empty())
        .ok_or_else(|| {
            let message = format!("`{text}` is not an override");
            ApiError::new(ErrorCode::BadRequest, message)
                .with_hint("write key=value, e.g. lr='0.001 | 0.01'")
        })?;
    Ok(Input {
        key: Key::new(key.trim()),
        text: value.to_owned(),
    })
}

fn dry_run(args: &RunArgs, prepared: &Prepared) -> Result<ExitCode, ServiceError> {
    let grid = &prepared.planned.grid;
    let count = grid.count();
    let shown = count.min(u128::from(
        args.limit.unwrap_or(prepared.settings.max_tasks),
    ));
    let python = args
        .python
        .clone()
        .unwrap_or_else(|| prepared.settings.python.clone());
    let stamp = clock::now().stamp();
    let mut tasks = Vec::new();
    for index in 0..shown {
        let (command, tree) = sweeps::command(&prepared.planned, Path::new(&python), index)?;
        let name = format!("{}_{stamp}_{}-of-{count}", prepared.prefix, index + 1);
        let argv = command.get(2..).unwrap_or_default();
        if args.json {
            tasks.push(json!({ "name": name, "values": tree, "varied": grid.varied(), "argv": argv, "cached": false }));
        } else {
            report::line(&report::printable(&format!(
                "{}  {}",
                index + 1,
                shell_words(argv)
            )));
        }
    }
    if args.json {
        let count =
            u64::try_from(count).map_or_else(|_| json!(count.to_string()), |count| json!(count));
        report::line(&json!({ "schema_version": 1, "count": count, "tasks": tasks }).to_string());
    } else {
        let formula: Vec<String> = grid
            .factors()
            .iter()
            .map(|factor| factor.count.to_string())
            .collect();
        let formula = if formula.len() > 1 {
            format!("{} = ", formula.join(" x "))
        } else {
            String::new()
        };
        report::line_to_stderr(&format!("{formula}{count} tasks; nothing was written"));
    }
    Ok(ExitCode::SUCCESS)
}

/// For reading only: nothing of this ever meets a shell.
fn shell_words(words: &[String]) -> String {
    let quote = |word: &String| {
        let is_plain = !word.is_empty()
            && word
                .chars()
                .all(|c| c.is_alphanumeric() || "-_./=:,@%+".contains(c));
        if is_plain {
            word.clone()
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    };
    words.iter().map(quote).collect::<Vec<_>>().join(" ")
}

fn submit(args: &RunArgs, prepared: &Prepared, format: Format) -> ExitCode {
    if let Err(error) = check_points(prepared) {
        return report::failure(&error, format);
    }
    let request = PostSweepRequest {
        inputs: prepared.inputs.clone(),
        options: SweepOptions::default(),
        prefix: prepared.prefix.clone(),
        digest: prepared.planned.grid.digest(),
        start: Start::Now,
        rerun: args.rerun,
        from_snapshot: args.from_snapshot,
    };
    match open::project(&args.script, true, args.python.as_deref()) {
        Ok(opened) => foreground(args, opened, request, format),
        Err(ServiceError::Storage(StorageError::Locked { .. })) => {
            submit_to_server(prepared, &request, format)
        }
        Err(error) => report::failure(&error, format),
    }
}

/// Builds every command and throws it away: a value that cannot be passed must not leave a new project behind.
fn check_points(prepared: &Prepared) -> Result<(), ServiceError> {
    let count = sweeps::limited(prepared.planned.grid.count(), prepared.settings.max_tasks)?;
    (0..count).try_for_each(|index| {
        let python = Path::new(&prepared.settings.python);
        sweeps::command(&prepared.planned, python, u128::from(index)).map(drop)
    })
}

fn submit_to_server(prepared: &Prepared, request: &PostSweepRequest, format: Format) -> ExitCode {
    match remote::submit(&prepared.layout, &prepared.experiment, request) {
        Ok(response) if format == Format::Json => {
            report::line(
                &json!({ "schema_version": 1, "sweep": response.sweep, "count": response.count,
                    "points": response.points, "completed": response.completed, "active": response.active })
                .to_string(),
            );
            ExitCode::SUCCESS
        }
        Ok(response) => {
            report::line(&match &response.sweep {
                Some(sweep) => format!(
                    "{}{} tasks queued at the running server: {sweep}",
                    skipped(&response),
                    response.count
                ),
                None => nothing_to_do(&response),
            });
            ExitCode::SUCCESS
        }
        Err(error) => report::api_failure(&error, format),
    }
}

fn foreground(
    args: &RunArgs,
    mut opened: OpenedProject,
    request: PostSweepRequest,
    format: Format,
) -> ExitCode {
    opened.settings.slots = args.slots.unwrap_or(opened.settings.slots);
    let Ok(runtime) = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
    else {
        report::line_to_stderr("could not start the runtime");
        return ExitCode::FAILURE;
    };
    let result = runtime.block_on(async {
        let experiment = open::experiment(&opened)?;
        let (project, _lock) = open::start(opened, Some(experiment.clone()));
        // Waits for the files: queued tasks of earlier sweeps come first.
        let mut changes = project.dispatcher.subscribe();
        let response = sweeps::submit(&project, experiment, request).await?;
        let Some(sweep) = response.sweep.clone() else {
            report_nothing_to_do(&response, format);
            return Ok(ExitCode::SUCCESS);
        };
        if format == Format::Text && response.count < response.points {
            report::line_to_stderr(&format!("{}{} tasks created", skipped(&response), response.count));
        }
        let mut follower = Follower::new(&project, sweep, format).await?;
        let exit = loop {
            if follower.open.is_empty() {
                break follower.exit_code();
            }
            tokio::select! {
                change = changes.recv() => match change.map(|change| change.kind) {
                    Ok(ChangeKind::Task(task)) => follower.take(&task),
                    _ => follower.look_again(&project).await?,
                },
                _ = tokio::signal::ctrl_c() => {
                    report::line_to_stderr("cancelling; press Ctrl-C again to kill at once");
                    project.dispatcher.act(Act::Cancel, follower.open.iter().cloned().collect()).await?;
                    follower.is_interrupted = true;
                }
            }
        };
        Ok::<ExitCode, ServiceError>(exit)
    });
    runtime.shutdown_background();
    result.unwrap_or_else(|error| report::failure(&error, format))
}

/// `12 of 18 done already, 2 queued or running, `; nothing if nothing was skipped.
fn skipped(response: &PostSweepResponse) -> String {
    let mut text = String::new();
    if response.completed > 0 {
        text += &format!(
            "{} of {} done already, ",
            response.completed, response.points
        );
    }
    if response.active > 0 {
        text += &format!(
            "{} of {} queued or running already, ",
            response.active, response.points
        );
    }
    text
}

fn nothing_to_do(response: &PostSweepResponse) -> String {
    format!(
        "{}nothing to do; `--rerun` runs them again",
        skipped(response)
    )
}

fn report_nothing_to_do(response: &PostSweepResponse, format: Format) {
    match format {
        Format::Text => report::line_to_stderr(&nothing_to_do(response)),
        Format::Json => report::line(
            &json!({ "schema_version": 1, "sweep": null, "count": 0, "points": response.points,
                "completed": response.completed, "active": response.active })
            .to_string(),
        ),
    }
}

/// Tells of the sweep's tasks as they end.
struct Follower {
    sweep: String,
    format: Format,
    open: BTreeSet<TaskId>,
    total: usize,
    failed: usize,
    is_interrupted: bool,
}

impl Follower {
    async fn new(project: &Project, sweep: String, format: Format) -> Result<Self, ServiceError> {
        let mut this = Self {
            sweep,
            format,
            open: BTreeSet::new(),
            total: 0,
            failed: 0,
            is_interrupted: false,
        };
        let summaries = this.summaries(project).await?;
        this.total = summaries.len();
        this.open = summaries.iter().map(|summary| summary.id.clone()).collect();
        if format == Format::Text {
            report::line_to_stderr(&format!("{} tasks: {}", this.total, this.sweep));
        }
        for summary in &summaries {
            this.take(summary);
        }
        Ok(this)
    }

    async fn summaries(&self, project: &Project) -> Result<Vec<TaskSummary>, ServiceError> {
        let sweep = self.sweep.clone();
        let read = project.dispatcher.read(move |state| {
            state
                .entries()
                .iter()
                .filter(|entry| entry.task.sweep == sweep)
                .map(crate::dispatcher::Entry::summary)
                .collect()
        });
        Ok(read.await?)
    }

    async fn look_again(&mut self, project: &Project) -> Result<(), ServiceError> {
        for summary in self.summaries(project).await? {
            self.take(&summary);
        }
        Ok(())
    }

    fn take(&mut self, summary: &TaskSummary) {
        if !summary.status.is_finished() || !self.open.remove(&summary.id) {
            return;
        }
        self.failed += usize::from(summary.status != ShownStatus::Completed);
        if self.format == Format::Json {
            report::line(&json!({ "task": summary.id.task, "status": summary.status, "reason": summary.reason }).to_string());
            return;
        }
        let values: Vec<String> = summary
            .varied
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        let (ended, started) = (
            summary.ended_at_ms.unwrap_or_default(),
            summary.started_at_ms.unwrap_or_default(),
        );
        let seconds = if summary.started_at_ms.is_some() {
            ended.since_ms(started)
        } else {
            0
        };
        let reason = summary
            .reason
            .as_deref()
            .map(|reason| format!(": {reason}"))
            .unwrap_or_default();
        let done = self.total - self.open.len();
        let text = format!(
            "[{done}/{}] {} {} in {}.{} s{reason}",
            self.total,
            values.join(" "),
            summary.status,
            seconds / 1000,
            seconds % 1000 / 100
        );
        report::line(&report::printable(&text));
    }

    fn exit_code(&self) -> ExitCode {
        match (self.is_interrupted, self.failed) {
            (true, _) => ExitCode::from(130),
            (false, 0) => ExitCode::SUCCESS,
            (false, _) => ExitCode::FAILURE,
        }
    }
}
