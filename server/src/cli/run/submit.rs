//! Running a sweep here, or at the server that holds the project.

use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::Ordering;

use clap::CommandFactory;
use clap::error::ErrorKind;
use domain::protocol::http::{PostSweepRequest, PostSweepResponse};
use domain::protocol::select::TaskFilter;
use domain::queue::ExecutorName;
use domain::time::Timestamp;
use serde_json::json;

use super::foreground;
use super::prepare::Prepared;
use crate::cli::arguments::{Cli, RunArgs};
use crate::cli::background;
use crate::cli::door::Door;
use crate::cli::exec;
use crate::cli::open::{self, OpenedProject, Place};
use crate::cli::remote::{self, Address};
use crate::cli::report::{self, Format};
use crate::cli::tasks::{self, Follow};
use crate::service::sweeps::{self, Making};
use crate::service::{ServiceError, experiments, probe};
use crate::storage::server_file::HolderKind;
use crate::storage::{Layout, StorageError};

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
        start: exec::start(args.later),
        // Who debugs wants to see it run.
        rerun: args.rerun || args.debug,
        from_snapshot: args.from_snapshot,
        launch: prepared.launch.clone(),
        policy: args.policy.policy(),
        sweep_policy: args.policy.sweep_policy(),
        labels: args.policy.label.clone(),
        user: crate::cli::environment::user(),
        execution,
    };
    let is_inline = request.execution.executor == Some(ExecutorName::Inline);
    let is_detached = args.detach || args.later;
    if is_detached && is_inline {
        let text = "`--inline` needs this terminal, and `--detach` and `--later` leave it";
        return report::usage(&Cli::command().error(ErrorKind::ArgumentConflict, text));
    }
    if is_detached {
        return match background::ensure(&prepared.layout, args.python.as_deref()) {
            Ok(_) => submit_to_server(args, prepared, &request, format),
            Err(error) => report::api_failure(&error, format),
        };
    }
    let place = Place::Target(&prepared.target);
    let opened = if is_inline {
        // The background hands over, and gets back what is left: its runs go on, and count for what this one may take.
        open::project_after(place, args.python.as_deref(), |_| Ok(())).map(|(opened, ())| opened)
    } else {
        open::project(place, args.python.as_deref())
    };
    match opened {
        Ok(opened) => foreground(args, opened, request, format),
        Err(error @ ServiceError::Storage(StorageError::Locked { .. })) if is_inline => {
            let api = error.to_api();
            report::api_failure(
                &api.with_hint(
                    "the process that has the project starts the runs, and it has another terminal or none: stop the server, or let \
                     the other command end, and type this again",
                ),
                format,
            )
        }
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
    let holder = Address::read(layout).map(|address| address.kind);
    let is_server = matches!(holder, None | Some(HolderKind::Server));
    let picked = args.parser.map_or(Ok(()), |index| {
        remote::put_parser(layout, experiment, index)
    });
    match picked.and_then(|()| remote::submit(layout, experiment, request)) {
        Ok(response) if format == Format::Json && (args.detach || args.later || is_server) => {
            report::line(
                &json!({ "schema_version": 1, "sweep": response.sweep, "count": response.count,
                    "points": response.points, "completed": response.completed, "active": response.active })
                .to_string(),
            );
            ExitCode::SUCCESS
        }
        Ok(response) => {
            let Some(sweep) = &response.sweep else {
                report::line(&nothing_to_do(&response));
                return ExitCode::SUCCESS;
            };
            let (skipped, count) = (skipped(&response), report::tasks(response.count));
            match holder {
                _ if args.later => {
                    report::line(&format!("{skipped}{count} created: {sweep}"));
                    report::line_to_stderr(&format!(
                        "`runyard rerun --sweep {sweep}` runs them, `runyard rerun TASK` one"
                    ));
                    ExitCode::SUCCESS
                }
                Some(HolderKind::Background) if args.detach => {
                    report::line(&format!(
                        "{skipped}{count} queued in the background: {sweep}"
                    ));
                    report::line_to_stderr(&format!(
                        "`runyard wait --sweep {sweep}` waits for them, `runyard cancel --sweep {sweep}` ends them"
                    ));
                    ExitCode::SUCCESS
                }
                Some(HolderKind::Background | HolderKind::Foreground) if !args.detach => {
                    report::line_to_stderr(&format!("{skipped}{count}: {sweep}"));
                    follow_there(layout, sweep, format)
                }
                _ => {
                    report::line(&format!(
                        "{skipped}{count} queued at the running server: {sweep}"
                    ));
                    ExitCode::SUCCESS
                }
            }
        }
        Err(error) => report::api_failure(&error, format),
    }
}

/// Follows a sweep that another process runs for us; Ctrl-C cancels it there.
fn follow_there(layout: &Layout, sweep: &str, format: Format) -> ExitCode {
    let filter = TaskFilter {
        sweep: Some(sweep.to_owned()),
        ..TaskFilter::default()
    };
    let interrupted = tasks::cancel_on_interrupt(layout, &filter);
    let follow = Follow {
        filter,
        timeout: None,
        format,
        since: Timestamp(0),
    };
    let waited = Door::open(layout).and_then(|door| follow.wait(door));
    match waited {
        Ok(_) if interrupted.load(Ordering::Relaxed) => ExitCode::from(130),
        Ok(waited) => tasks::exit_code(waited, format),
        Err(error) => report::api_failure(&error, format),
    }
}

fn foreground(
    args: &RunArgs,
    opened: OpenedProject,
    request: PostSweepRequest,
    format: Format,
) -> ExitCode {
    foreground::in_foreground(args, opened, format, async |project| {
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
