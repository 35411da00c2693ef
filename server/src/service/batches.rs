//! Batch files: every good entry becomes tasks, whatever is wrong with the others.

use std::path::{Path, PathBuf};

use domain::batch::{self, BatchEntry, BatchFile, BatchProblem, Fault};
use domain::command::StampedFolder;
use domain::config::Value;
use domain::experiment::Entry;
use domain::protocol::commands::{BatchTask, PlannedEntry, PostBatchRequest, PostBatchResponse};
use domain::queue::SweepPolicy;
use domain::schema::Schema;
use domain::task::Task;

use super::commands::{self, NewCommand, Together};
use super::{Project, ServiceError, in_background, policy};
use crate::storage::project::{self, Definition};
use crate::storage::{Layout, stamped};

/// A batch file whose paths are settled.
#[derive(Debug)]
pub struct OpenBatch {
    /// The file, absolute.
    pub path: PathBuf,
    /// What it says. Entries with errors are not among its entries.
    pub file: BatchFile,
    /// What is wrong with it, in the file's order.
    pub problems: Vec<BatchProblem>,
    /// For each entry, where it runs and where its folders stand.
    places: Vec<EntryPlace>,
}

#[derive(Clone, Debug)]
struct EntryPlace {
    working_dir: PathBuf,
    parent: Option<PathBuf>,
}

/// Reads a batch file; nothing is written. Relative paths count from its folder, `~` is `home`.
pub fn open(text: &str, path: &Path, home: Option<&str>) -> OpenBatch {
    let mut file = batch::read(text);
    let folder = path.parent().unwrap_or(Path::new("/"));
    let absolute = |text: &str| folder.join(expanded(text, home));
    let mut problems: Vec<BatchProblem> = file
        .errors
        .iter()
        .map(batch::BatchError::to_problem)
        .collect();
    let base = file.scheduler.base_experiment_dir.as_deref().map(absolute);
    let mut places = Vec::with_capacity(file.entries.len());
    file.entries.retain(|entry| {
        let own = entry.base_dir.as_deref().map(absolute);
        let place = EntryPlace {
            working_dir: clean(&entry.cwd.as_deref().map_or(folder.to_path_buf(), absolute)),
            parent: own.or_else(|| base.clone()).map(|parent| clean(&parent)),
        };
        if let Some(problem) = missing_folder(entry, &place, text) {
            problems.push(problem);
            return false;
        }
        places.push(place);
        true
    });
    problems.sort_by_key(|problem| (problem.entry, problem.line, problem.column));
    OpenBatch {
        path: path.to_path_buf(),
        file,
        problems,
        places,
    }
}

/// A folder that is to be gone on with, and is not there.
fn missing_folder(entry: &BatchEntry, place: &EntryPlace, text: &str) -> Option<BatchProblem> {
    let (stamp, parent) = (entry.resume.as_ref()?, place.parent.as_ref()?);
    let folder = stamped::resumed(parent, &entry.name, stamp);
    if folder.is_dir() {
        return None;
    }
    let fault = Fault::ResumeMissing(folder.display().to_string());
    let at = batch::place_of_entry(text, entry.number, "resume");
    Some(BatchProblem {
        entry: Some(entry.number),
        name: Some(entry.name.clone()),
        key: Some("resume".to_owned()),
        line: at.line,
        column: at.column,
        message: fault.to_string(),
        hint: fault.hint(),
    })
}

fn expanded(path: &str, home: Option<&str>) -> PathBuf {
    match (path.strip_prefix('~'), home) {
        (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => {
            PathBuf::from(format!("{home}{rest}"))
        }
        _ => PathBuf::from(path),
    }
}

/// The path without `.` and `..`; links on the way are not looked at.
fn clean(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    clean
}

/// `POST /api/v1/batches`
pub async fn submit(
    project: &Project,
    request: PostBatchRequest,
) -> Result<PostBatchResponse, ServiceError> {
    let path = clean(&project.layout.root().join(&request.file));
    let home = crate::cli::environment::variable("HOME");
    let open = open(&request.text, &path, home.as_deref());
    let mut response = PostBatchResponse {
        problems: open.problems.clone(),
        ..PostBatchResponse::default()
    };
    if open.file.is_unusable() || open.file.entries.is_empty() {
        return Ok(response);
    }
    // Before tasks are made of it: repeats multiply.
    super::sweeps::limited(
        u128::from(open.file.count()),
        project.settings.now().max_tasks,
    )?;
    if request.dry_run {
        response.planned = planned(&open, &request);
        return Ok(response);
    }
    let (layout, named) = (project.layout.clone(), path.clone());
    let experiment = in_background(move || experiment_of(&layout, &named)).await?;
    let together = Together {
        experiment: experiment.clone(),
        prefix: experiment.clone(),
        beside: path,
        python: None,
        start: request.start,
        policy: SweepPolicy {
            limit: Some(
                request
                    .sweep_policy
                    .limit
                    .unwrap_or(open.file.scheduler.max_concurrent),
            ),
            ..request.sweep_policy
        },
        user: policy::user(request.user.clone()),
    };
    let commands = open
        .file
        .order()
        .map(|place| command(&open, place, &request))
        .collect();
    let tasks = commands::add(project, together, commands).await?;
    response.sweep = tasks.first().map(|task| task.sweep.clone());
    response.experiment = Some(experiment);
    response.tasks = tasks
        .into_iter()
        .zip(open.file.order())
        .map(|(task, place)| {
            let entry = &open.file.entries[place.entry];
            BatchTask {
                task: task.id,
                entry: entry.number,
                name: entry.name.clone(),
                repeat: place.repeat,
            }
        })
        .collect();
    Ok(response)
}

/// What each entry would become, the first to start first.
fn planned(open: &OpenBatch, request: &PostBatchRequest) -> Vec<PlannedEntry> {
    let firsts = open.file.order().filter(|place| place.repeat == 1);
    let plan = |place: batch::Place| {
        let (entry, made) = (
            &open.file.entries[place.entry],
            command(open, place, request),
        );
        PlannedEntry {
            entry: entry.number,
            name: entry.name.clone(),
            repeats: entry.repeats,
            command: entry.command.clone(),
            working_dir: made.working_dir.to_string_lossy().into_owned(),
            resume: entry.resume.clone(),
            policy: made.task.policy,
            labels: made.task.labels,
            description: made.task.description,
        }
    };
    firsts.map(plan).collect()
}

/// One task of an entry.
fn command(open: &OpenBatch, place: batch::Place, request: &PostBatchRequest) -> NewCommand {
    let entry = &open.file.entries[place.entry];
    let at = &open.places[place.entry];
    let mut labels: Vec<String> = entry.tags.iter().chain(&request.labels).cloned().collect();
    labels.sort();
    labels.dedup();
    let mut environment = request.environment.clone();
    environment.retain(|(name, _)| entry.environment.iter().all(|(own, _)| own != name));
    environment.extend(entry.environment.iter().cloned());
    if !open.file.holds_gpus && !entry.gpu_ids.is_empty() {
        // Named to the task and held by nobody, as the file asks for.
        let devices = ("CUDA_VISIBLE_DEVICES".to_owned(), entry.gpu_ids.join(","));
        if environment.iter().all(|(name, _)| *name != devices.0) {
            environment.push(devices);
        }
    }
    NewCommand {
        command: entry.command.argv(),
        config: entry.command.to_config(&at.working_dir.to_string_lossy()),
        working_dir: at.working_dir.clone(),
        task: Task {
            varied: commands::varied(&entry.name, (entry.repeats > 1).then_some(place.repeat)),
            stamped_folder: Some(StampedFolder {
                parent: at
                    .parent
                    .as_ref()
                    .map(|parent| parent.to_string_lossy().into_owned()),
                name: entry.name.clone(),
                resume: entry.resume.clone(),
            }),
            policy: open.file.policy(entry),
            environment,
            labels,
            description: entry.description.clone(),
            ..Task::default()
        },
        kept: kept(open, entry),
    }
}

/// What a later version reads: both levels as they stand there, for the more specific one counts as a whole.
fn kept(open: &OpenBatch, entry: &BatchEntry) -> Option<Value> {
    let levels = [
        ("scheduler", &open.file.scheduler.lark),
        ("experiment", &entry.lark),
    ];
    let kept: Vec<(String, Value)> = levels
        .into_iter()
        .filter_map(|(level, lark)| Some((level.to_owned(), lark.clone()?)))
        .collect();
    let format = ("format".to_owned(), Value::Int(1));
    (!kept.is_empty()).then(|| Value::Map(std::iter::once(format).chain(kept).collect()))
}

/// The experiment of a batch file; it is made if there is none.
fn experiment_of(layout: &Layout, path: &Path) -> Result<String, ServiceError> {
    let name = project::experiment_name(layout, path)?;
    let definition = Definition {
        script: path,
        entry: &Entry::Command,
        launch_dir: None,
        schema: &Schema::default(),
    };
    project::save_experiment(layout, &name, &definition)?;
    Ok(name)
}
