//! Tasks whose commands people wrote: run exactly as they stand, one sweep for each submission.

use std::path::PathBuf;

use domain::config::{Key, Value};
use domain::experiment::Entry;
use domain::protocol::commands::{PostCommandRequest, PostCommandResponse};
use domain::protocol::http::Start;
use domain::queue::SweepPolicy;
use domain::task::{Task, TaskId};

use super::{
    Project, ServiceError, circumstances, completed, dependencies, experiments, in_background,
    policy, sweeps,
};
use crate::process::clock;
use crate::storage::format::{FORMAT, Kept, SweepFile};
use crate::storage::sweeps::NewTask;
use crate::storage::{Layout, StorageError, project};

/// The experiment of commands that stand in no file.
const COMMANDS: &str = "commands";

/// A command about to become a task.
#[derive(Clone, Debug)]
pub(super) struct NewCommand {
    /// What is run, word by word.
    pub(super) command: Vec<String>,
    /// What it is identified by, and shown with.
    pub(super) config: Value,
    /// Where; absolute.
    pub(super) working_dir: PathBuf,
    /// Everything else that is saved of it; its names are given by the submission.
    pub(super) task: Task,
    /// What is kept for a later version.
    pub(super) kept: Option<Value>,
}

/// What the commands of one submission have in common.
#[derive(Clone, Debug)]
pub(super) struct Together {
    /// Their experiment.
    pub(super) experiment: String,
    /// The first part of the tasks' names.
    pub(super) prefix: String,
    /// A file in the folder whose source is kept with them.
    pub(super) beside: PathBuf,
    /// The interpreter whose packages are kept with them; `None`: the project's.
    pub(super) python: Option<PathBuf>,
    pub(super) start: Start,
    pub(super) policy: SweepPolicy,
    pub(super) user: String,
}

/// `POST /api/v1/commands`
pub async fn submit(
    project: &Project,
    mut request: PostCommandRequest,
) -> Result<PostCommandResponse, ServiceError> {
    request.command.check().map_err(ServiceError::Command)?;
    check_environment(&request.environment)?;
    check_labels(&request.labels)?;
    if let Some((_, message)) = request.execution.out_of_range() {
        return Err(ServiceError::OutOfRange(message));
    }
    let prefix = request.name.unwrap_or_else(|| request.command.short_name());
    sweeps::check_prefix(&prefix)?;
    policy::check(&request.policy)?;
    dependencies::settle(project, &mut request.policy).await?;
    let working_dir = project
        .layout
        .root()
        .join(request.working_dir.unwrap_or_default());
    let layout = project.layout.clone();
    let experiment = in_background(move || experiment_of_commands(&layout)).await?;
    let together = Together {
        experiment,
        prefix,
        beside: working_dir.join(COMMANDS),
        python: None,
        start: request.start,
        policy: SweepPolicy::default(),
        user: policy::user(request.user),
    };
    let config = request.command.to_config(&working_dir.to_string_lossy());
    let command = NewCommand {
        command: request.command.argv(),
        config,
        working_dir,
        task: Task {
            environment: request.environment,
            policy: request.policy,
            execution: request.execution,
            labels: request.labels,
            description: request.description,
            ..Task::default()
        },
        kept: None,
    };
    let tasks = add(project, together, vec![command]).await?;
    let task = tasks.into_iter().next();
    let task = task.ok_or(ServiceError::Gone(crate::dispatcher::DispatcherGone))?;
    Ok(PostCommandResponse {
        sweep: task.sweep,
        task: task.id,
    })
}

/// Saves commands as the tasks of a new sweep, and queues them if that was asked for.
pub(super) async fn add(
    project: &Project,
    together: Together,
    commands: Vec<NewCommand>,
) -> Result<Vec<Task>, ServiceError> {
    let count = u64::try_from(commands.len()).unwrap_or(u64::MAX);
    sweeps::limited(u128::from(count), project.settings.now().max_tasks)?;
    let _one_at_a_time = project.submitting.write().await;
    // The load removes the remains of unfinished submissions: it must be over before a new one begins.
    project.dispatcher.read(|_| ()).await?;
    let (start, policy) = (together.start, together.policy);
    let for_write = project.clone();
    let tasks = in_background(move || write(&for_write, &together, commands)).await?;
    sweeps::announce(project, tasks.first(), policy).await?;
    project.dispatcher.add(tasks.clone(), start).await?;
    Ok(tasks)
}

fn write(
    project: &Project,
    together: &Together,
    commands: Vec<NewCommand>,
) -> Result<Vec<Task>, ServiceError> {
    let layout = &project.layout;
    let opened = experiments::read(layout, &together.experiment)?;
    let kept = keep(project, together)?;
    // After what may take seconds: delays count from here.
    let now = clock::now();
    let sweep = sweeps::free_name(layout, &together.experiment, &together.prefix, now);
    let settings = project.settings.now();
    let mut rule = completed::rule(&opened, &settings.identity);
    if settings.identity.code {
        rule.code.clone_from(&kept.source);
    }
    let of = u64::try_from(commands.len()).unwrap_or(u64::MAX);
    let file = SweepFile {
        format: FORMAT,
        sweep: sweep.clone(),
        count: of,
        created_at_ms: now,
        queued: together.start == Start::Now,
        identity: Some(rule.clone()),
        kept,
        policy: together.policy,
        user: together.user.clone(),
        ..SweepFile::default()
    };
    let tasks = (1..).zip(commands).map(|(index, new)| {
        let working_dir = new.working_dir.to_string_lossy().into_owned();
        let config = new.config;
        let task = Task {
            id: TaskId {
                experiment: together.experiment.clone(),
                task: format!("{sweep}_{index}-of-{of}"),
            },
            sweep: sweep.clone(),
            index,
            of,
            created_at_ms: now,
            command: new.command,
            working_dir,
            identity: Some(rule.of(&config)),
            user: together.user.clone(),
            ..new.task
        };
        NewTask {
            task,
            config,
            raw_config: None,
            kept: new.kept,
        }
    });
    Ok(crate::storage::sweeps::commit(
        layout,
        &together.experiment,
        &file,
        tasks,
    )?)
}

/// What the commands can be reproduced from. A missing interpreter is no reason to refuse a command that may need none.
fn keep(project: &Project, together: &Together) -> Result<Kept, ServiceError> {
    let variables = crate::cli::environment::all();
    let settings = project.settings.now();
    let python = together.python.clone().unwrap_or_else(|| {
        let interpreter = project.interpreter();
        interpreter.unwrap_or_else(|_| project.python_name().into())
    });
    Ok(circumstances::take(&circumstances::Request {
        layout: &project.layout,
        settings: &settings,
        script: &together.beside,
        python: &python,
        variables: &variables,
        now_ns: clock::now_ns(),
    })?)
}

/// The experiment that commands without a file belong to; it is made if there is none.
fn experiment_of_commands(layout: &Layout) -> Result<String, ServiceError> {
    let numbered = (2..=u32::MAX).map(|number| format!("{COMMANDS}-{number}"));
    for name in std::iter::once(COMMANDS.to_owned()).chain(numbered) {
        match project::read_experiment(layout, &name) {
            Ok(file) if file.entry == Entry::Command && file.script.is_empty() => return Ok(name),
            // A script has that name.
            Ok(_) => {}
            Err(StorageError::Read { source, .. })
                if source.kind() == std::io::ErrorKind::NotFound =>
            {
                let mut file = project::new_experiment(String::new(), name.clone());
                file.entry = Entry::Command;
                project::write_experiment(layout, &name, &file)?;
                return Ok(name);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(ServiceError::NoExperiment(COMMANDS.to_owned()))
}

/// Refuses variables that the system cannot pass on.
pub(super) fn check_environment(variables: &[(String, String)]) -> Result<(), ServiceError> {
    let is_bad = |(name, value): &&(String, String)| {
        name.is_empty() || name.contains(['=', '\0']) || value.contains('\0')
    };
    match variables.iter().find(is_bad) {
        None => Ok(()),
        // The value may be a secret.
        Some((name, _)) => Err(ServiceError::OutOfRange(format!(
            "the variable `{}` cannot be set",
            name.escape_debug()
        ))),
    }
}

/// Refuses labels that could not be typed again.
pub(super) fn check_labels(labels: &[String]) -> Result<(), ServiceError> {
    let is_bad = |label: &&String| {
        label.trim().is_empty() || label.chars().any(char::is_control) || label.len() > 800
    };
    labels.iter().find(is_bad).map_or(Ok(()), |label| {
        let label = label.escape_debug();
        Err(ServiceError::OutOfRange(format!(
            "`{label}` cannot be a label"
        )))
    })
}

/// What varies between the commands of a batch, for lists: the entry's name, and the repeat where there are several.
pub(super) fn varied(name: &str, repeat: Option<u32>) -> Vec<(Key, Value)> {
    let name = (Key::new("name"), Value::Text(name.to_owned()));
    let repeat = repeat.map(|repeat| (Key::new("repeat"), Value::Int(i64::from(repeat))));
    std::iter::once(name).chain(repeat).collect()
}
