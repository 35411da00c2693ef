//! From the words of the command line to a task.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::CommandFactory;
use clap::error::ErrorKind;
use domain::command::CommandLine;
use domain::dotenv;
use domain::protocol::commands::{PostCommandRequest, PostCommandResponse};
use domain::protocol::http::Start;
use domain::protocol::{ApiError, ErrorCode};
use domain::queue::{Execution, ExecutorName};
use serde_json::json;
use ureq::http::Method;

use super::follow;
use crate::cli::arguments::{Cli, ExecArgs};
use crate::cli::report::{self, Format};
use crate::cli::{background, environment, remote};
use crate::service::ServiceError;
use crate::storage::settings::Settings;
use crate::storage::{Layout, project};

/// Why `exec` does not run in the foreground: it only follows.
const NO_FOREGROUND: &str = "`exec` follows its command, which another process starts; in the foreground of this terminal, type the command \
    itself, or `runyard run SCRIPT --inline`";

/// Runs a command as a task.
pub(in crate::cli) fn exec(args: &ExecArgs) -> ExitCode {
    report::start_logging();
    let format = if args.json {
        Format::Json
    } else {
        Format::Text
    };
    if args.json && !(args.detach || args.later) {
        let text = "`--json` tells what was queued, so add `--detach`; what the command prints is no JSON of ours";
        return report::usage(&Cli::command().error(ErrorKind::MissingRequiredArgument, text));
    }
    let execution = match args.execution.execution() {
        Ok(execution) if execution.executor == Some(ExecutorName::Inline) => {
            return report::usage(
                &Cli::command().error(ErrorKind::ArgumentConflict, NO_FOREGROUND),
            );
        }
        Ok(execution) => execution,
        Err(error) => return report::usage(&error),
    };
    submit(args, execution, format).unwrap_or_else(|error| report::api_failure(&error, format))
}

fn submit(args: &ExecArgs, execution: Execution, format: Format) -> Result<ExitCode, ApiError> {
    let here = std::env::current_dir().map_err(|error| {
        ApiError::new(
            ErrorCode::Internal,
            format!("the current folder cannot be used: {error}"),
        )
    })?;
    let layout = Layout::new(project::find_root(&here.join("script")));
    let request = request(args, execution, &here, &layout)?;
    request
        .command
        .check()
        .map_err(|error| ServiceError::Command(error).to_api())?;
    let address = background::ensure(&layout, None)?;
    let body = serde_json::to_string(&request).unwrap_or_default();
    let answer = address.ask(Method::POST, "commands", body, None)?;
    let PostCommandResponse { sweep, task } = remote::parsed(&answer)?;
    if !(args.detach || args.later) {
        return follow::follow(&address, &layout, &task);
    }
    report::line(&match format {
        Format::Json => json!({ "schema_version": 1, "sweep": sweep, "task": task }).to_string(),
        Format::Text => task.task,
    });
    Ok(ExitCode::SUCCESS)
}

/// When what is created is queued.
pub(in crate::cli) fn start(later: bool) -> Start {
    if later { Start::Later } else { Start::Now }
}

fn request(
    args: &ExecArgs,
    execution: Execution,
    here: &Path,
    layout: &Layout,
) -> Result<PostCommandRequest, ApiError> {
    let command = match &args.text {
        Some(text) => CommandLine::Text(text.clone()),
        None => CommandLine::Words(args.words.clone()),
    };
    let working_dir = args
        .cwd
        .as_ref()
        .map_or_else(|| here.to_path_buf(), |cwd| here.join(cwd));
    if !working_dir.is_dir() {
        let message = format!("there is no folder `{}`", working_dir.display());
        return Err(ApiError::new(ErrorCode::InvalidInput, message));
    }
    Ok(PostCommandRequest {
        command,
        name: args.name.clone(),
        working_dir: Some(working_dir.to_string_lossy().into_owned()),
        environment: variables(args, layout)?,
        start: start(args.later),
        policy: args.policy.policy(),
        execution,
        labels: args.policy.label.clone(),
        description: args.description.clone().unwrap_or_default(),
        user: crate::cli::environment::user(),
    })
}

/// The shell's own few, then the files', then those of `-e`; a later one counts more.
fn variables(args: &ExecArgs, layout: &Layout) -> Result<Vec<(String, String)>, ApiError> {
    let mut all = of_this_shell(layout)?;
    let mut set = |name: String, value: String| {
        all.retain(|(known, _)| *known != name);
        all.push((name, value));
    };
    for path in &args.env_file {
        for (name, value) in read_file(path)? {
            set(name, value);
        }
    }
    for word in &args.env {
        let (name, value) = typed_variable(word)?;
        set(name, value);
    }
    Ok(all)
}

/// The variable of `-e NAME=VALUE`, or of `-e NAME` with the value that it has in this shell.
pub(in crate::cli) fn typed_variable(word: &str) -> Result<(String, String), ApiError> {
    let (name, value) = match word.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (word, environment::variable(word)),
    };
    if !dotenv::is_name(name) {
        let message = format!("`{}` is no name of a variable", name.escape_debug());
        return Err(ApiError::new(ErrorCode::InvalidInput, message)
            .with_hint("write -e NAME=VALUE, or -e NAME for the value that it has here"));
    }
    let value = value.ok_or_else(|| {
        let message = format!("`{name}` is not set here");
        ApiError::new(ErrorCode::InvalidInput, message).with_hint("write -e NAME=VALUE")
    })?;
    Ok((name.to_owned(), value))
}

/// What decides in this shell which programs are found, unless the project's settings decide it.
pub(in crate::cli) fn of_this_shell(layout: &Layout) -> Result<Vec<(String, String)>, ApiError> {
    let settings = Settings::read(layout).map_err(|error| ServiceError::from(error).to_api())?;
    let mut variables = environment::of_this_shell();
    variables.retain(|(name, _)| !settings.environment.set.contains_key(name));
    Ok(variables)
}

fn read_file(path: &PathBuf) -> Result<Vec<(String, String)>, ApiError> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| {
        let message = format!("could not read `{shown}`: {error}");
        ApiError::new(ErrorCode::InvalidInput, message)
    })?;
    dotenv::parse(&text).map_err(|error| {
        let message = format!("`{shown}`, {error}");
        ApiError::new(ErrorCode::InvalidInput, message).with_hint(error.hint())
    })
}
