//! Going on with a sweep, and repeating a run from its folder.

use std::path::Path;
use std::process::ExitCode;

use domain::config::{Key, Value, overrides, yaml};
use domain::experiment::{at, put};
use domain::protocol::http::{RepeatRunResponse, ResumeSweepResponse};
use domain::protocol::{ApiError, ErrorCode};
use serde_json::json;

use super::foreground;
use crate::cli::arguments::RunArgs;
use crate::cli::open::{self, Place};
use crate::cli::remote;
use crate::cli::report::{self, Format};
use crate::service::repeat::{self, OldRun};
use crate::service::{ServiceError, experiments, resume};
use crate::storage::{Layout, StorageError, project};

/// `runyard run SCRIPT --resume SWEEP`
pub(super) fn go_on(args: &RunArgs, sweep: &str, format: Format) -> ExitCode {
    let located = open::locate(&args.target, &args.config, args.no_config);
    let (target, layout) = match located {
        Ok(located) => located,
        Err(error) => return report::failure(&error, format),
    };
    match open::project(Place::Target(&target), args.python.as_deref()) {
        Ok(opened) => foreground::in_foreground(args, opened, format, async |project| {
            let experiment = project.opened.clone().unwrap_or_default();
            let response = resume::resume(project, experiment, sweep.to_owned()).await?;
            tell_resumed(&response, format);
            let is_left = response.queued + response.rerun + response.active > 0;
            Ok(is_left.then_some(response.sweep))
        }),
        Err(ServiceError::Storage(StorageError::Locked { .. })) => {
            let answer = experiments::open(&layout, &target)
                .map_err(|error| error.to_api())
                .and_then(|experiment| remote::resume(&layout, &experiment, sweep));
            match answer {
                Ok(response) => {
                    tell_resumed(&response, format);
                    ExitCode::SUCCESS
                }
                Err(error) => report::api_failure(&error, format),
            }
        }
        Err(error) => report::failure(&error, format),
    }
}

fn tell_resumed(response: &ResumeSweepResponse, format: Format) {
    if format == Format::Json {
        let mut line = json!(response);
        line["schema_version"] = json!(1);
        return report::line(&line.to_string());
    }
    let ResumeSweepResponse {
        points,
        completed,
        active,
        queued,
        rerun,
        created,
        ..
    } = response;
    let mut text = format!("{completed} of {points} done already");
    if *active > 0 {
        text += &format!(", {active} queued or running already");
    }
    if queued + rerun + active == 0 {
        text += ", nothing to do";
    } else {
        text += &format!(", {rerun} run again, {queued} queued, {created} of them new");
    }
    report::line_to_stderr(&text);
}

/// `runyard run RUN/config.yaml`
pub(super) fn repeat(args: &RunArgs, old: OldRun, format: Format) -> ExitCode {
    let config = match changed(args, &old) {
        Ok(config) => config,
        Err(error) => return report::api_failure(&error, format),
    };
    if args.dry_run {
        report::line(&report::printable(&old.record.command.join(" ")));
        report::line_to_stderr("1 task; nothing was written");
        return ExitCode::SUCCESS;
    }
    let root = root_of(&old);
    match open::project(Place::Folder(&root), args.python.as_deref()) {
        Ok(opened) => {
            let is_here = |name: &String| project::read_experiment(&opened.layout, name).is_ok();
            let known = old.id.as_ref().map(|id| id.task.experiment.clone());
            let Some(experiment) = known.filter(is_here) else {
                return report::api_failure(&stranger(&old), format);
            };
            foreground::in_foreground(args, opened, format, async |project| {
                let from_snapshot = args.from_snapshot;
                let answer = repeat::again(project, experiment, old, config, from_snapshot).await?;
                tell_repeated(&answer, from_snapshot);
                Ok(answer.submitted.sweep)
            })
        }
        Err(ServiceError::Storage(StorageError::Locked { .. })) => {
            let layout = Layout::new(project::find_root(&root.join("script")));
            let Some(id) = old
                .id
                .as_ref()
                .filter(|_| old.config().ok() == Some(config))
            else {
                return report::api_failure(&stranger(&old), format);
            };
            match remote::repeat(&layout, id, args.from_snapshot) {
                Ok(answer) => {
                    tell_repeated(&answer, args.from_snapshot);
                    if format == Format::Json {
                        let sweep = &answer.submitted.sweep;
                        let line = json!({ "schema_version": 1, "sweep": sweep, "count": 1 });
                        report::line(&line.to_string());
                    } else {
                        let sweep = answer.submitted.sweep.unwrap_or_default();
                        report::line(&format!("1 task queued at the running server: {sweep}"));
                    }
                    ExitCode::SUCCESS
                }
                Err(error) => report::api_failure(&error, format),
            }
        }
        Err(error) => report::failure(&error, format),
    }
}

fn tell_repeated(answer: &RepeatRunResponse, from_snapshot: bool) {
    if answer.source_changed == Some(true) && !from_snapshot {
        report::line_to_stderr(
            "the source has changed since that run; `--from-snapshot` runs it as it was",
        );
    }
    if answer.requirements_changed == Some(true) {
        report::line_to_stderr("other packages are installed than for that run");
    }
}

/// A run that no project here knows, or changed values while a server holds the project.
fn stranger(old: &OldRun) -> ApiError {
    let folder = old.dir.path().display();
    ApiError::new(
        ErrorCode::Conflict,
        format!("`{folder}` cannot be repeated here"),
    )
    .with_hint(
        "a run is repeated in the project it belongs to; with changed values, stop the server that serves it first",
    )
}

/// The folder of the project: around the run's folder, else around what it executed.
fn root_of(old: &OldRun) -> std::path::PathBuf {
    let folder = old.dir.path();
    let program = old.script().unwrap_or_default();
    let is_inside = folder
        .iter()
        .any(|name| name == crate::storage::layout::STATE_DIR);
    project::find_root(if is_inside { folder } else { &program })
}

/// The values of the old run with those of the command line put in. They are taken as they are: nothing is expanded.
fn changed(args: &RunArgs, old: &OldRun) -> Result<Value, ApiError> {
    let mut config = old.config().map_err(|error| error.to_api())?;
    let bad = |message: String, key: &Key| {
        let mut error = ApiError::new(ErrorCode::InvalidInput, message);
        error.key = Some(key.to_string());
        error.with_hint("of a run's `config.yaml`, values that are there can be changed; to add keys or to sweep, run the script itself")
    };
    let given = overrides::parse(&args.words)
        .map_err(|error| ApiError::new(ErrorCode::BadRequest, error.to_string()))?;
    for given in given {
        let key = &given.key;
        let known = at(&config, key).cloned();
        let (Some(known), overrides::Mode::Set) = (known, &given.mode) else {
            return Err(bad(format!("that run has no value `{key}`"), key));
        };
        let value = match (&known, yaml::from_yaml(&given.text)) {
            (Value::Text(_), _) => Value::Text(given.text.clone()),
            (Value::Float(_), Ok(Value::Int(int))) => {
                let float = given.text.trim().parse();
                float.map_or(Value::Int(int), Value::Float)
            }
            (_, Ok(value)) => value,
            (_, Err(error)) => return Err(bad(error.to_string(), key)),
        };
        put(&mut config, &key.parts(), value);
    }
    Ok(config)
}

/// The run that the target is a config of; one whose names are to be derived again is none.
pub(super) fn old_run(target: &Path) -> Option<OldRun> {
    repeat::recognise(target).filter(|old| !old.is_raw)
}
