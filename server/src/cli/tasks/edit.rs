//! `runyard edit`: what a task runs, before it has started; what it asks of the queue, at any time.

use std::process::ExitCode;

use axum::http::Method;
use domain::command::CommandLine;
use domain::protocol::commands::PutCommandRequest;
use domain::protocol::http::{ActOnTasksResponse, Refusal};
use domain::protocol::queue::PatchTasksRequest;
use domain::protocol::{ApiError, ErrorCode};
use domain::queue::Execution;
use domain::task::{Task, TaskDetail, TaskId};
use serde_json::json;

use super::args::EditArgs;
use super::show;
use crate::cli::door::{Door, encode};
use crate::cli::exec::typed_variable;
use crate::cli::report::{self, Format};
use crate::cli::targets;

pub(in crate::cli) fn edit(args: &EditArgs) -> ExitCode {
    let execution = match args.execution.execution() {
        Ok(execution) => execution,
        Err(error) => return report::usage(&error),
    };
    report::finish(change(args, &execution), args.output.format())
}

fn change(args: &EditArgs, execution: &Execution) -> Result<ExitCode, ApiError> {
    if !args.policy.sweep_policy().is_default() {
        let message =
            "`--sweep-limit` and `--fail-fast` are said of a whole sweep, when it is submitted";
        return Err(ApiError::new(ErrorCode::BadRequest, message));
    }
    let command = command(args)?;
    let door = Door::open(&args.project.layout()?)?;
    let TaskDetail { task, .. } = show::detail(&door, &targets::one(&door, &args.target)?)?;
    let patch = patch(args, execution, &task);
    if command.is_none() && patch.is_none() {
        let error = ApiError::new(ErrorCode::BadRequest, "nothing is to be changed");
        return Err(
            error.with_hint("`runyard edit --help` lists what can be; e.g. -c TEXT, --priority 5")
        );
    }
    // The command first: if it may not be changed, nothing is.
    if let Some(request) = command {
        let id = &task.id;
        let path = format!(
            "tasks/{}/{}/command",
            encode(&id.experiment),
            encode(&id.task)
        );
        let _changed: TaskId = door.ask(Method::PUT, &path, &request)?;
    }
    if let Some(request) = patch {
        let answer: ActOnTasksResponse = door.ask(Method::PATCH, "tasks", &request)?;
        if let Some(Refusal { message, .. }) = answer.refused.into_iter().next() {
            return Err(ApiError::new(ErrorCode::Conflict, message));
        }
    }
    if args.output.format() == Format::Json {
        report::line(&json!({ "schema_version": 1, "task": task.id }).to_string());
    } else {
        report::line_to_stderr(&format!("{} was changed", task.id.task));
    }
    Ok(ExitCode::SUCCESS)
}

/// What is said of the command; `None`: nothing.
fn command(args: &EditArgs) -> Result<Option<PutCommandRequest>, ApiError> {
    let words = Some(&args.words).filter(|words| !words.is_empty());
    let words = words.map(|words| CommandLine::Words(words.clone()));
    let working_dir = args.cwd.as_ref().map(|folder| {
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.clone());
        if folder.is_dir() {
            return Ok(folder.to_string_lossy().into_owned());
        }
        let message = format!("there is no folder `{}`", folder.display());
        Err(ApiError::new(ErrorCode::InvalidInput, message))
    });
    let set = args.env.iter().map(|word| typed_variable(word));
    let request = PutCommandRequest {
        command: args.text.clone().map(CommandLine::Text).or(words),
        working_dir: working_dir.transpose()?,
        set_variables: set.collect::<Result<_, _>>()?,
        remove_variables: args.unset.clone(),
    };
    Ok(Some(request).filter(|request| *request != PutCommandRequest::default()))
}

/// What is said of everything else; `None`: nothing that is not so already.
fn patch(args: &EditArgs, execution: &Execution, task: &Task) -> Option<PatchTasksRequest> {
    let policy = args.policy.over(&task.policy);
    let execution = execution.over(&task.execution);
    let request = PatchTasksRequest {
        policy: Some(policy).filter(|policy| *policy != task.policy),
        execution: Some(execution).filter(|execution| *execution != task.execution),
        description: args.description.clone(),
        add_labels: args.policy.label.clone(),
        ..PatchTasksRequest::default()
    };
    let is_said = request != PatchTasksRequest::default();
    is_said.then(|| PatchTasksRequest {
        tasks: vec![task.id.clone()],
        ..request
    })
}
