//! Python experiments: where the points of one stand, and their tasks.
//!
//! ```text
//! configs ──plan──► identity, name and folder of each point     nothing is run, no server is needed
//! points  ──submit──► one task each, the runs of a task in the folder of its point
//! ```
//!
//! Which points are to be run is decided by whoever submits: what a function has given stands in files that only Python reads.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use domain::call::{self, Call};
use domain::command::CommandLine;
use domain::config::Value;
use domain::experiment::Entry;
use domain::identity::{Identity, IdentityRule};
use domain::protocol::calls::{PostCallsRequest, PostCallsResponse};
use domain::schema::Schema;
use domain::task::Task;
use domain::time::Timestamp;

use super::commands::{self, NewCommand, Together};
use super::{Project, ServiceError, circumstances, dependencies, in_background, policy, sweeps};
use crate::dispatcher::State;
use crate::process::clock;
use crate::storage::project::{self, Definition};
use crate::storage::settings::{MAX_SLOTS, Settings};
use crate::storage::{Layout, call_folders, identities};

/// Which batch of points is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Batch {
    /// A new one, named after the time.
    New,
    /// The one of this name.
    At(String),
    /// The newest one.
    Latest,
    /// None: the points stand in the experiment's folder itself, and are the same ones each time.
    Without,
}

/// The points of an experiment whose places are asked for.
#[derive(Clone, Debug)]
pub struct PlanRequest {
    /// The script that defines it.
    pub script: PathBuf,
    /// What it is called.
    pub experiment: String,
    /// The name under which the script finds its function.
    pub function: String,
    /// Where results stand, absolute.
    pub output_dir: PathBuf,
    /// In which batch.
    pub batch: Batch,
    /// One for each point.
    pub configs: Vec<Value>,
}

/// Where the points of an experiment stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The folder that holds them.
    pub folder: PathBuf,
    /// The batch's name, if there is one.
    pub batch: Option<String>,
    /// In the order of the configs.
    pub points: Vec<PlannedPoint>,
}

/// One of them. Equal configs have one identity, and with the same name one folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedPoint {
    /// Which work it is.
    pub identity: Identity,
    /// What it is called.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
}

/// The project around a script, and the script's own path without links.
///
/// # Errors
/// [`ServiceError::ScriptMissing`] and its like.
pub fn project_of(script: &Path) -> Result<(Layout, PathBuf), ServiceError> {
    let unreadable = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::NotFound => ServiceError::ScriptMissing(script.to_path_buf()),
        _ => ServiceError::ScriptUnreadable {
            path: script.to_path_buf(),
            source,
        },
    };
    let found = std::fs::canonicalize(script).map_err(unreadable)?;
    if !found.is_file() {
        return Err(ServiceError::ScriptNotAFile(script.to_path_buf()));
    }
    Ok((Layout::new(project::find_root(&found)), found))
}

/// Says where points stand. Of a new batch the folder is made; nothing else is written.
///
/// # Errors
/// [`ServiceError::Call`] for a config that cannot be a point's, [`ServiceError::NoBatch`] if there is none to go on with.
pub fn plan(request: &PlanRequest) -> Result<Planned, ServiceError> {
    call::check(&request.configs)?;
    let (layout, script) = project_of(&request.script)?;
    let output_dir = confined(&request.output_dir)?;
    let parent = output_dir.join(call::safe_name(&request.experiment));
    let rule = rule(&layout, &script, request)?;
    let batch = match &request.batch {
        Batch::New => Some(call_folders::new_batch(&parent, local_now())?),
        Batch::At(name) => Some(one_component(name)?),
        Batch::Latest => {
            let newest = call_folders::newest_batch(&parent)?;
            Some(newest.ok_or_else(|| ServiceError::NoBatch(parent.clone()))?)
        }
        Batch::Without => None,
    };
    let folder = batch
        .as_ref()
        .map_or_else(|| parent.clone(), |batch| parent.join(batch));
    let points = request.configs.iter().map(|config| {
        let (identity, name) = (rule.of(config), call::name_of(config));
        PlannedPoint {
            folder: folder.join(call::folder_name(&name, &identity)),
            identity,
            name,
        }
    });
    Ok(Planned {
        points: points.collect(),
        folder,
        batch,
    })
}

/// The rule of an experiment's identities as its project has it now.
fn rule(
    layout: &Layout,
    script: &Path,
    request: &PlanRequest,
) -> Result<IdentityRule, ServiceError> {
    let settings = Settings::read(layout)?;
    let names = (request.experiment.as_str(), request.function.as_str());
    let known = project::function_experiment_name(layout, script, names)
        .and_then(|name| project::read_experiment(layout, &name));
    let spelling = project::script_spelling(layout, script);
    // Before the first submission there is nothing of its own.
    let file = known.unwrap_or_else(|_| project::new_experiment(spelling.clone(), String::new()));
    let code = if settings.identity.code {
        circumstances::code_digest(&circumstances::Request {
            layout,
            settings: &settings,
            script,
            python: Path::new(&settings.python),
            variables: &crate::cli::environment::all(),
            now_ns: clock::now_ns(),
        })?
    } else {
        None
    };
    Ok(call::identity_rule(
        call::entry(&spelling, &request.function),
        identities::ignored(&file, &settings.identity),
        code,
    ))
}

/// The identities of configs, for whoever wants to compare.
pub fn identify(entry: &str, configs: &[Value]) -> Vec<Identity> {
    let rule = call::identity_rule(entry.to_owned(), Vec::new(), None);
    configs.iter().map(|config| rule.of(config)).collect()
}

/// The time as people's clocks show it: names of folders are for them.
fn local_now() -> Timestamp {
    let now = clock::now();
    let ahead_ms = i64::from(clock::local_offset_minutes(now)) * 60_000;
    Timestamp(now.as_ms().saturating_add(ahead_ms))
}

/// A folder whose path says where it is.
fn confined(folder: &Path) -> Result<PathBuf, ServiceError> {
    let is_plain = folder
        .components()
        .all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    if folder.is_absolute() && is_plain {
        return Ok(folder.to_path_buf());
    }
    Err(ServiceError::OutOfRange(format!(
        "`{}` is no absolute path without `..`",
        folder.display()
    )))
}

fn one_component(name: &str) -> Result<String, ServiceError> {
    let is_one = !matches!(name, "" | "." | "..") && !name.contains(['/', '\0']);
    if is_one && name.len() <= 255 {
        return Ok(name.to_owned());
    }
    let name = name.escape_debug();
    Err(ServiceError::OutOfRange(format!(
        "`{name}` cannot be a timestamp: one name of a folder is expected, without `/`"
    )))
}

/// Lets as many runs go on in this process as the submission wants at once, if that is more than now.
pub async fn make_room(project: &Project, request: &PostCallsRequest) -> Result<(), ServiceError> {
    let wanted = request.sweep_policy.limit.unwrap_or(0).min(MAX_SLOTS);
    let slots = project.dispatcher.read(State::slots).await?;
    if wanted > slots {
        project.dispatcher.set_slots(wanted).await?;
    }
    Ok(())
}

/// `POST /api/v1/calls`
pub async fn submit(
    project: &Project,
    mut request: PostCallsRequest,
) -> Result<PostCallsResponse, ServiceError> {
    let command = CommandLine::Words(request.command.clone());
    command.check().map_err(ServiceError::Command)?;
    commands::check_environment(&request.environment)?;
    commands::check_labels(&request.labels)?;
    if let Some((_, message)) = request.execution.out_of_range() {
        return Err(ServiceError::OutOfRange(message));
    }
    policy::check(&request.policy)?;
    policy::check_sweep(request.sweep_policy)?;
    dependencies::settle(project, &mut request.policy).await?;
    let count = request.points.len() as u128;
    sweeps::limited(count, project.settings.now().max_tasks)?;
    let layout = project.layout.clone();
    let (together, commands) = in_background(move || prepared(&layout, request)).await?;
    let experiment = together.experiment.clone();
    let tasks = commands::add(project, together, commands).await?;
    Ok(PostCallsResponse {
        experiment,
        sweep: tasks
            .first()
            .map(|task| task.sweep.clone())
            .unwrap_or_default(),
        tasks: tasks.into_iter().map(|task| task.id.task).collect(),
    })
}

/// Everything that is to become tasks; the experiment is made if there is none.
fn prepared(
    layout: &Layout,
    request: PostCallsRequest,
) -> Result<(Together, Vec<NewCommand>), ServiceError> {
    let (_, script) = project_of(Path::new(&request.script))?;
    let folders = folders(&request)?;
    let function = request.function.as_ref().unwrap_or(&request.experiment);
    let names = (request.experiment.as_str(), function.as_str());
    let experiment = project::function_experiment_name(layout, &script, names)?;
    let definition = Definition {
        script: &script,
        entry: &Entry::Function {
            function: function.clone(),
        },
        launch_dir: None,
        schema: &Schema::default(),
    };
    project::save_experiment(layout, &experiment, &definition)?;
    let configs: Vec<&Value> = request.points.iter().map(|point| &point.config).collect();
    let varied = call::varied(&configs);
    let function = function.clone();
    let points = request.points.into_iter().zip(varied).zip(folders);
    let commands = points.map(|((point, varied), folder)| NewCommand {
        command: request.command.clone(),
        config: point.config,
        working_dir: PathBuf::from(&request.working_dir),
        task: Task {
            varied,
            call: Some(Call {
                function: function.clone(),
                point: point.index,
                folder: folder.to_string_lossy().into_owned(),
            }),
            environment: request.environment.clone(),
            policy: request.policy.clone(),
            execution: request.execution.clone(),
            labels: request.labels.clone(),
            description: request.description.clone(),
            ..Task::default()
        },
        kept: None,
    });
    let commands = commands.collect();
    let together = Together {
        prefix: experiment.clone(),
        experiment,
        beside: script,
        python: request.python.map(PathBuf::from),
        start: request.start,
        policy: request.sweep_policy,
        user: policy::user(request.user),
    };
    Ok((together, commands))
}

/// The folders of the points, each its own.
fn folders(request: &PostCallsRequest) -> Result<Vec<PathBuf>, ServiceError> {
    if request.points.is_empty() {
        let message = "there are no points to run".to_owned();
        return Err(ServiceError::OutOfRange(message));
    }
    let mut seen: HashMap<PathBuf, usize> = HashMap::new();
    let mut folders = Vec::with_capacity(request.points.len());
    for (index, point) in request.points.iter().enumerate() {
        call::check(std::slice::from_ref(&point.config)).map_err(|error| error.at(index))?;
        let folder = confined(Path::new(&point.folder))?;
        if let Some(other) = seen.insert(folder.clone(), index) {
            return Err(ServiceError::OutOfRange(format!(
                "points {other} and {index} have one folder, `{}`",
                folder.display()
            )));
        }
        folders.push(folder);
    }
    Ok(folders)
}
