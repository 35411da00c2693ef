//! What can go wrong in a use case, with its code for programs.

use std::path::PathBuf;

use domain::config::compose::ConfigError;
use domain::grid::{InputError, PlanError};
use domain::protocol::select::{TargetProblem, TargetProblemKind};
use domain::protocol::{ApiError, ErrorCode};

use super::entry::EntryError;
use super::organise::OrganiseError;
use crate::dispatcher::DispatcherGone;
use crate::storage::StorageError;

/// Why a use case was not done. Nothing was written unless the text says so.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The script is not there.
    #[error("there is no script `{}`", .0.display())]
    ScriptMissing(PathBuf),
    /// A port cannot be taken.
    #[error("could not listen on port {port}")]
    Port {
        /// The port; 0: any.
        port: u16,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The path names a folder or a device.
    #[error("`{}` is not a file", .0.display())]
    ScriptNotAFile(PathBuf),
    /// The name does not end in `.py`.
    #[error("`{}` is not a Python script", .0.display())]
    NotPython(PathBuf),
    /// The script is there but cannot be read.
    #[error("could not read `{}`", path.display())]
    ScriptUnreadable {
        /// The script.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The script's bytes are not the text of a Python script.
    #[error("`{}`: {source}", path.display())]
    ScriptNotText {
        /// The script.
        path: PathBuf,
        /// Which byte, and why.
        source: inspect::DecodeError,
    },
    /// The script could not be understood.
    #[error(transparent)]
    ScriptNotUnderstood(inspect::ReadScriptError),
    /// The config is not there.
    #[error("there is no config file `{}`", .0.display())]
    ConfigMissing(PathBuf),
    /// Config files do not make a config, or something in it cannot be resolved.
    #[error(transparent)]
    Config(ConfigError),
    /// An entry cannot be used.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// Tasks cannot be put in order that way.
    #[error(transparent)]
    Organise(#[from] OrganiseError),
    /// There is no such experiment.
    #[error("there is no experiment `{0}`")]
    NoExperiment(String),
    /// There is no such task.
    #[error("there is no task `{0}`")]
    NoTask(String),
    /// What was to name a task names none, or several.
    #[error("{}", target_sentence(.0))]
    Target(Box<TargetProblem>),
    /// A condition cannot be read or evaluated.
    #[error("in `{text}`: {error}")]
    Condition {
        /// As it was written.
        text: String,
        /// What is wrong, and where.
        error: Box<domain::expr::ExprError>,
    },
    /// There is no such sweep.
    #[error("there is no sweep `{0}`")]
    NoSweep(String),
    /// There is no such run.
    #[error("there is no run `{0}`")]
    NoRun(String),
    /// There is no such template.
    #[error("there is no template `{0}`")]
    NoTemplate(String),
    /// The template's name is taken.
    #[error("there is a template `{0}` already")]
    TemplateExists(String),
    /// A dropped file could not be read.
    #[error("`{name}`, {error}")]
    Import {
        /// The file's name.
        name: String,
        /// What is wrong with it, and where.
        error: domain::config::yaml::YamlError,
    },
    /// The name cannot be that of a template.
    #[error("the template's name `{name}` cannot be used: {source}")]
    TemplateName {
        /// What was typed.
        name: String,
        /// Why.
        source: domain::names::NameError,
    },
    /// A text of the form could not be used.
    #[error("`{key}`: {error}")]
    Input {
        /// The parameter.
        key: String,
        /// Why.
        error: InputError,
    },
    /// The parameter belongs to a sub-command that is not chosen, so it would do nothing.
    #[error("`{0}` belongs to a sub-command that is not chosen")]
    Inactive(String),
    /// The texts do not fit together.
    #[error("{0}")]
    Plan(PlanError),
    /// A value cannot be given to the script.
    #[error("{message}")]
    Argv {
        /// The parameter.
        key: String,
        /// Why.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
    /// The name cannot be part of a task's name.
    #[error("the prefix `{prefix}` cannot be used: {message}")]
    Prefix {
        /// What was typed.
        prefix: String,
        /// Why.
        message: String,
    },
    /// More points than allowed.
    #[error("the grid has {count} points, and at most {limit} may be submitted at once")]
    TooLarge {
        /// Its points.
        count: u128,
        /// The limit.
        limit: u64,
    },
    /// The page previewed another grid.
    #[error("the grid on this page is not the one the server expands")]
    DigestMismatch,
    /// The interpreter is not there.
    #[error("there is no interpreter `{0}`")]
    InterpreterMissing(String),
    /// Code was to run from a snapshot that does not hold it.
    #[error("`{what}` is not in the snapshot of the source")]
    NotInSnapshot {
        /// The script, or the folder of code.
        what: String,
    },
    /// The interpreter is there and does not run.
    #[error("the interpreter `{0}` does not run")]
    InterpreterBroken(String),
    /// Somebody else changed the settings.
    #[error("`settings.toml` has been changed since this page read it")]
    SettingsChanged,
    /// A variable cannot be set.
    #[error("the variable `{name}` cannot be set: {message}")]
    Variable {
        /// Its name.
        name: String,
        /// Why.
        message: &'static str,
    },
    /// The script was asked for its parser and gave none.
    #[error(transparent)]
    Probe(super::probe::ProbeError),
    /// Another script is being asked.
    #[error("another probe is going on")]
    ProbeBusy,
    /// The experiment starts something that has no command line.
    #[error("`{0}` gets its parameters from a config file, so there is no parser to ask")]
    NotProbed(String),
    /// The experiment holds commands, and a sweep of it was asked for.
    #[error("`{0}` holds commands, which have no parameters to vary")]
    HoldsCommands(String),
    /// The experiment's points are made by its script, and a sweep of it was asked for.
    #[error("the points of `{experiment}` are made by its script `{script}`")]
    HoldsCalls {
        /// The experiment.
        experiment: String,
        /// Its script.
        script: String,
    },
    /// What was submitted cannot be the points of a Python experiment.
    #[error(transparent)]
    Call(#[from] domain::call::CallError),
    /// There is no batch of points to go on with.
    #[error("there is no earlier run of this experiment in `{}`", .0.display())]
    NoBatch(PathBuf),
    /// A command cannot be run.
    #[error("{0}")]
    Command(domain::command::CommandError),
    /// The script has fewer parsers.
    #[error("there is no parser {index}: the script has {count}, numbered from 0")]
    NoSuchParser {
        /// The number asked for.
        index: u32,
        /// How many there are.
        count: usize,
    },
    /// A number is out of its range.
    #[error("{0}")]
    OutOfRange(String),
    /// Files failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The server is shutting down.
    #[error(transparent)]
    Gone(#[from] DispatcherGone),
}

fn target_sentence(problem: &TargetProblem) -> String {
    let target = &problem.target;
    match problem.kind {
        TargetProblemKind::NotFound if target.contains(['*', '?', '[']) => {
            format!("no task matches `{target}`")
        }
        TargetProblemKind::NotFound => format!("no task is called `{target}`, or begins so"),
        TargetProblemKind::Ambiguous => {
            format!("{} tasks begin with `{target}`", problem.count)
        }
    }
}

fn target_hint(problem: &TargetProblem) -> String {
    let names: Vec<String> = problem
        .candidates
        .iter()
        .map(|id| format!("`{}`", id.task))
        .collect();
    let names = names.join(", ");
    match problem.kind {
        TargetProblemKind::NotFound if names.is_empty() => {
            "`runyard ls` lists the tasks".to_owned()
        }
        TargetProblemKind::NotFound => format!("did you mean {names}?"),
        TargetProblemKind::Ambiguous => format!(
            "write more of the name, or `{}*` for all of them: {names}",
            problem.target
        ),
    }
}

impl ServiceError {
    /// The code for programs.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::NoExperiment(_)
            | Self::NoTask(_)
            | Self::NoSweep(_)
            | Self::NoRun(_)
            | Self::NoTemplate(_)
            | Self::NoBatch(_) => ErrorCode::NotFound,
            Self::Target(problem) => match problem.kind {
                TargetProblemKind::NotFound => ErrorCode::NotFound,
                TargetProblemKind::Ambiguous => ErrorCode::Conflict,
            },
            Self::Organise(error) => error.code(),
            Self::TemplateExists(_) | Self::SettingsChanged => ErrorCode::Conflict,
            Self::InterpreterBroken(_)
            | Self::Variable { .. }
            | Self::Storage(StorageError::Setting { .. })
            | Self::Input { .. }
            | Self::Inactive(_)
            | Self::Plan(_)
            | Self::Argv { .. }
            | Self::Prefix { .. }
            | Self::Config(_)
            | Self::Entry(_)
            | Self::Import { .. }
            | Self::Condition { .. }
            | Self::Command(_)
            | Self::Call(_)
            | Self::TemplateName { .. } => ErrorCode::InvalidInput,
            Self::TooLarge { .. } => ErrorCode::GridTooLarge,
            Self::DigestMismatch => ErrorCode::DigestMismatch,
            Self::NotInSnapshot { .. } => ErrorCode::Conflict,
            Self::OutOfRange(_) | Self::NoSuchParser { .. } => ErrorCode::BadRequest,
            Self::ScriptMissing(_)
            | Self::ConfigMissing(_)
            | Self::ScriptNotAFile(_)
            | Self::NotPython(_)
            | Self::ScriptUnreadable { .. }
            | Self::ScriptNotText { .. }
            | Self::ScriptNotUnderstood(_)
            | Self::InterpreterMissing(_)
            | Self::Port { .. }
            | Self::Probe(_)
            | Self::ProbeBusy
            | Self::HoldsCommands(_)
            | Self::HoldsCalls { .. }
            | Self::NotProbed(_) => ErrorCode::Conflict,
            Self::Storage(StorageError::Locked { .. }) => ErrorCode::Conflict,
            Self::Storage(error) if error.is_disk_full() => ErrorCode::DiskFull,
            Self::Storage(_) | Self::Gone(_) => ErrorCode::Internal,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let fixed = match self {
            Self::ScriptMissing(_) | Self::ConfigMissing(_) => {
                "check the path; it is taken from the folder you are in"
            }
            Self::ScriptNotAFile(_) => "name the script itself, not its folder",
            Self::Port { .. } => "give another `--port`, or leave it out",
            Self::NotPython(_) => {
                "name a file that ends in `.py`; configs, which `runyard run` and `runyard ui` also take, end in `.yaml`, `.yml`, `.toml` or `.json`"
            }
            Self::NoTemplate(_) => "it may have been removed or renamed on another page",
            Self::TemplateExists(_) => "choose another name, or replace it",
            Self::TemplateName { source, .. } => return source.hint(),
            Self::Import { .. } => "mend the file there and drop it again",
            Self::Inactive(_) => "choose its sub-command, or leave the parameter out",
            Self::TooLarge { .. } => {
                "narrow a range or split the sweep; `max_tasks` in `_runyard_/settings.toml` sets the limit"
            }
            Self::DigestMismatch => {
                "the script or the page has changed: reload the page and look at the grid again"
            }
            Self::NotInSnapshot { .. } => {
                "look at `[snapshot]` in `_runyard_/settings.toml`: it may be switched off, or its limits too small"
            }
            Self::InterpreterMissing(_) => {
                "set `python` in `_runyard_/settings.toml` or give `--python PATH`"
            }
            Self::InterpreterBroken(_) => {
                "it must be a Python 3 that answers `python -I -S -c 'import sys'`"
            }
            Self::SettingsChanged => "look at what is there now, and save again",
            Self::Variable { .. } => "names such as `OMP_NUM_THREADS` can be used",
            Self::ProbeBusy => "wait until it has ended",
            Self::HoldsCommands(_) => {
                "rerun its tasks, or submit others with `runyard exec` or `runyard run BATCH.toml`"
            }
            Self::HoldsCalls { .. } => {
                "run that script with Python; tasks that are here can be rerun"
            }
            Self::Call(error) => error.hint(),
            Self::NoBatch(_) => "leave out `--continue`, or check the output folder",
            Self::Command(error) => error.hint(),
            Self::NotProbed(_) => "only scripts with a command line are asked",
            Self::NoSuchParser { .. } => "`runyard inspect SCRIPT` lists the parsers",
            Self::Probe(error) => return error.hint(),
            Self::ScriptNotText { source, .. } => return Some(source.hint()),
            Self::ScriptNotUnderstood(source) => return Some(source.hint()),
            Self::Input { error, .. } => return error.hint(),
            Self::Condition { error, .. } => return Some(error.hint()),
            Self::Target(problem) => return Some(target_hint(problem)),
            Self::Config(error) => return error.hint(),
            Self::Entry(error) => return Some(error.hint()),
            Self::Organise(error) => return error.hint(),
            Self::Plan(error) => return error.hint(),
            Self::Argv { hint, .. } => return hint.clone(),
            Self::Storage(error) => return error.hint(),
            _ => return None,
        };
        Some(fixed.to_owned())
    }

    /// The body of the answer.
    pub fn to_api(&self) -> ApiError {
        let key = match self {
            Self::Input { key, .. } | Self::Argv { key, .. } | Self::Inactive(key) => {
                Some(key.clone())
            }
            Self::Prefix { .. } => Some("prefix".to_owned()),
            Self::InterpreterBroken(_) => Some("python".to_owned()),
            Self::Variable { name, .. } => Some(name.clone()),
            Self::Storage(StorageError::Setting { key, .. }) => key.clone(),
            Self::Config(error) => error.key.as_ref().map(ToString::to_string),
            Self::Entry(error) => error.key(),
            Self::Organise(error) => error.key(),
            _ => None,
        };
        let (file, line, column) = self.place();
        ApiError {
            hint: self.hint(),
            key,
            file,
            line,
            column,
            ..ApiError::new(self.code(), self.message())
        }
    }

    /// The file, line and column that it is about.
    fn place(&self) -> (Option<String>, Option<u32>, Option<u32>) {
        let path = |path: &PathBuf| Some(path.display().to_string());
        match self {
            Self::ScriptMissing(file)
            | Self::ScriptNotAFile(file)
            | Self::NotPython(file)
            | Self::ScriptUnreadable { path: file, .. } => (path(file), None, None),
            Self::ScriptNotText { path: file, source } => (path(file), source.line(), None),
            Self::ScriptNotUnderstood(error) => error.place(),
            Self::ConfigMissing(file) => (path(file), None, None),
            Self::Config(error) => error.at.as_ref().map_or((None, None, None), |at| {
                (Some(at.file.clone()), Some(at.line), Some(at.column))
            }),
            Self::Entry(error) => (error.file(), error.line(), None),
            Self::Storage(StorageError::Setting {
                path: file, line, ..
            }) => (path(file), *line, None),
            Self::Probe(error) => {
                let (file, line) = error.place();
                (file, line, None)
            }
            _ => (None, None, None),
        }
    }

    /// The sentence with the system's reason behind it.
    pub fn message(&self) -> String {
        let mut text = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(error) = source {
            let more = error.to_string();
            if !text.contains(&more) {
                text = format!("{text}: {more}");
            }
            source = error.source();
        }
        text
    }
}
