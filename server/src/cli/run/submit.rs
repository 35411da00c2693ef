//! Running a sweep here, or at the server that holds the project.

use std::path::Path;
use std::process::ExitCode;

use domain::protocol::http::{PostSweepRequest, PostSweepResponse, Start};
use serde_json::json;

use super::follow::Follower;
use super::prepare::Prepared;
use crate::cli::arguments::RunArgs;
use crate::cli::background;
use crate::cli::open::{self, OpenedProject, Place};
use crate::cli::remote;
use crate::cli::report::{self, Format};
use crate::dispatcher::{Act, ChangeKind};
use crate::service::sweeps::{self, Making};
use crate::service::{Project, ServiceError, experiments, probe};
use crate::storage::StorageError;

/// Submits and, if nobody serves the project, waits for the end.
pub(super) fn submit(args: &RunArgs, prepared: &Prepared, format: Format) -> ExitCode {
    if let Err(error) = check_points(prepared) {
        return report::failure(&error, format);
    }
    let execution = match args.execution.execution() {
        Ok(execution) => execution,
        Err(error) => return report::usage(&error),
    };
    let request = PostSweepRequest {
        inputs: prepared.spec.inputs.clone(),
        options: prepared.spec.options.clone(),
        prefix: prepared.prefix.clone(),
        digest: prepared.planned.grid.digest(),
        start: Start::Now,
        // Who debugs wants to see it run.
        rerun: args.rerun || args.debug,
        from_snapshot: args.from_snapshot,
        launch: prepared.launch.clone(),
        policy: args.policy.policy(),
        sweep_policy: args.policy.sweep_policy(),
        labels: args.policy.label.clone(),
        execution,
        ..PostSweepRequest::default()
    };
    if args.detach {
        return match background::ensure(&prepared.layout, args.python.as_deref()) {
            Ok(_) => submit_to_server(args, prepared, &request, format),
            Err(error) => report::api_failure(&error, format),
        };
    }
    match open::project(Place::Target(&prepared.target), args.python.as_deref()) {
        Ok(opened) => foreground(args, opened, request, format),
        Err(ServiceError::Storage(StorageError::Locked { .. })) => {
            submit_to_server(args, prepared, &request, format)
        }
        Err(error) => report::failure(&error, format),
    }
}

/// Builds every command and throws it away: a value that cannot be passed must not leave a new project behind.
fn check_points(prepared: &Prepared) -> Result<(), ServiceError> {
    let count = sweeps::limited(prepared.planned.grid.count(), prepared.settings.max_tasks)?;
    let runner = prepared.layout.runner();
    let making = Making {
        python: Path::new(&prepared.settings.python),
        runner: &runner,
        debug: prepared.launch.debug,
    };
    (0..count)
        .try_for_each(|index| sweeps::make(&prepared.planned, making, u128::from(index)).map(drop))
}

fn submit_to_server(
    args: &RunArgs,
    prepared: &Prepared,
    request: &PostSweepRequest,
    format: Format,
) -> ExitCode {
    let (layout, experiment) = (&prepared.layout, &prepared.experiment);
    // The server reads experiments from their files: one it has never seen is made here.
    if let Err(error) = experiments::open(layout, &prepared.target) {
        return report::failure(&error, format);
    }
    let picked = args.parser.map_or(Ok(()), |index| {
        remote::put_parser(layout, experiment, index)
    });
    match picked.and_then(|()| remote::submit(layout, experiment, request)) {
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
                    "{}{} queued at the running server: {sweep}",
                    skipped(&response),
                    report::tasks(response.count)
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
    opened: OpenedProject,
    request: PostSweepRequest,
    format: Format,
) -> ExitCode {
    in_foreground(args, opened, format, async |project| {
        let experiment = project.opened.clone().unwrap_or_default();
        if let Some(index) = args.parser {
            probe::remember_parser(&project.layout, &experiment, index)?;
        }
        let response = sweeps::submit(project, experiment, request).await?;
        if response.sweep.is_none() {
            report_nothing_to_do(&response, format);
        } else if format == Format::Text && response.count < response.points {
            let count = report::tasks(response.count);
            report::line_to_stderr(&format!("{}{count} created", skipped(&response)));
        }
        Ok(response.sweep)
    })
}

/// Opens the project in this process, begins something, and follows the sweep it is about to its end.
pub(super) fn in_foreground(
    args: &RunArgs,
    opened: OpenedProject,
    format: Format,
    begin: impl AsyncFnOnce(&Project) -> Result<Option<String>, ServiceError>,
) -> ExitCode {
    in_foreground_then(args.slots, opened, format, begin, async |_| {})
}

/// The same with something to do when all of it has ended, while the project is still held.
pub(super) fn in_foreground_then(
    slots: Option<u32>,
    mut opened: OpenedProject,
    format: Format,
    begin: impl AsyncFnOnce(&Project) -> Result<Option<String>, ServiceError>,
    then: impl AsyncFnOnce(&Follower),
) -> ExitCode {
    opened.settings.slots = slots.unwrap_or(opened.settings.slots);
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
        let (project, _lock) = open::start(opened, experiment);
        // Waits for the files: queued tasks of earlier sweeps come first.
        let mut changes = project.dispatcher.subscribe();
        let Some(sweep) = begin(&project).await? else {
            return Ok(ExitCode::SUCCESS);
        };
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
        then(&follower).await;
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
