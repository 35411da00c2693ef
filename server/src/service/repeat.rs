//! Repeating a run from its folder: the same values, entry and interpreter, whatever the values look like.
//!
//! A run folder's `config.yaml` holds resolved values: `$HOME`, `{a}` or `a | b` in it are texts and stay texts. So a
//! repeat never goes through inputs: it takes the recorded command, or, if values were changed, a command made from them.

use std::path::{Path, PathBuf};

use domain::command::CommandLine;
use domain::config::{Value, yaml};
use domain::experiment::Entry;
use domain::grid::Point;
use domain::protocol::http::{PostSweepResponse, RepeatRunResponse, Start};
use domain::queue::{Dependencies, Policy};
use domain::schema::argv::argv;
use domain::task::{RunId, Task, TaskId};

use super::experiments::{self, Opened};
use super::{Project, ServiceError, circumstances, from_snapshot, in_background, sweeps, tasks};
use crate::process::clock;
use crate::storage::format::{FORMAT, Kept, RunFile, SweepFile};
use crate::storage::layout::RunDir;
use crate::storage::sweeps::NewTask;
use crate::storage::{Layout, StorageError, format};

/// What a repeat asks of the queue and the machine: what its task asked, but for what belonged to that moment.
fn as_before(task: &Task) -> Task {
    Task {
        policy: Policy {
            after: Dependencies::default(),
            not_before_ms: None,
            delay_ms: 0,
            ..task.policy.clone()
        },
        execution: task.execution.clone(),
        environment: task.environment.clone(),
        user: task.user.clone(),
        labels: task.labels.clone(),
        description: task.description.clone(),
        ..Task::default()
    }
}

/// A run folder that a person named by one of its configs.
#[derive(Clone, Debug)]
pub struct OldRun {
    /// The folder.
    pub dir: RunDir,
    /// Its record.
    pub record: RunFile,
    /// The experiment and task it belongs to, if the folder lies in a project or its record says so.
    pub id: Option<RunId>,
    /// True for `raw_config.yaml`: names and folders are to be derived again. False for `config.yaml`: exactly that.
    pub is_raw: bool,
}

/// The run whose config this is; `None` for any other file.
pub fn recognise(path: &Path) -> Option<OldRun> {
    let name = path.file_name()?.to_str()?;
    let is_raw = match name {
        "config.yaml" | "config.yml" => false,
        "raw_config.yaml" | "raw_config.yml" => true,
        _ => return None,
    };
    let folder = std::fs::canonicalize(path.parent()?).ok()?;
    let dir = RunDir::new(folder);
    if !is_raw && dir.config().file_name() != path.file_name() {
        return None;
    }
    let record: RunFile = format::read_json(&dir.record()).ok()?;
    let task = record.task.clone().or_else(|| place_of(dir.path()));
    let id = task.map(|task| RunId {
        task,
        number: record.number,
    });
    Some(OldRun {
        dir,
        record,
        id,
        is_raw,
    })
}

/// `…/_runyard_/<experiment>/tasks/<task>/runs/<n>`, read backwards.
fn place_of(folder: &Path) -> Option<TaskId> {
    let names: Vec<&str> = folder
        .iter()
        .rev()
        .map_while(|name| name.to_str())
        .collect();
    match names.as_slice() {
        [_, "runs", task, "tasks", experiment, "_runyard_", ..] => Some(TaskId {
            experiment: (*experiment).to_owned(),
            task: (*task).to_owned(),
        }),
        _ => None,
    }
}

impl OldRun {
    /// The values it ran with, as they stand in the file now.
    pub fn config(&self) -> Result<Value, ServiceError> {
        let path = self.dir.config();
        let text = std::fs::read_to_string(&path).map_err(StorageError::read(&path))?;
        Ok(
            yaml::from_yaml(&text).map_err(|error| StorageError::Damaged {
                path,
                message: error.to_string(),
            })?,
        )
    }

    /// The script that it ran; for a function of a `__run__` file, the program that called it.
    pub fn script(&self) -> Option<PathBuf> {
        self.record.command.get(1).map(PathBuf::from)
    }
}

/// `POST /api/v1/runs/{experiment}/{task}/{number}/repeat`
pub async fn of_known(
    project: &Project,
    id: RunId,
    from_snapshot: bool,
) -> Result<RepeatRunResponse, ServiceError> {
    let dir = tasks::run_dir(project, id.clone()).await?;
    let missing = || ServiceError::NoRun(id.to_string());
    let old = recognise(&dir.config()).ok_or_else(missing)?;
    let old = OldRun {
        id: Some(id.clone()),
        ..old
    };
    let config = old.config()?;
    again(
        project,
        id.task.experiment.clone(),
        old,
        config,
        from_snapshot,
    )
    .await
}

/// Submits one task that does what the old run did, with these values: those of its `config.yaml`, or changed ones.
///
/// A repeat is never skipped as done. With `from_snapshot` it executes the source as it was, else as it is now.
pub async fn again(
    project: &Project,
    experiment: String,
    old: OldRun,
    config: Value,
    from_snapshot: bool,
) -> Result<RepeatRunResponse, ServiceError> {
    let _one_at_a_time = project.submitting.write().await;
    let wanted = old.id.as_ref().map(|id| id.task.clone());
    let known = project
        .dispatcher
        .read(move |state| Some((*state.entry(&wanted?)?.task()).clone()))
        .await?;
    let for_write = project.clone();
    let (response, tasks) = in_background(move || {
        let asked = Asked {
            project: &for_write,
            experiment,
            old,
            known,
            config,
            from_snapshot,
        };
        asked.write()
    })
    .await?;
    project.dispatcher.add(tasks, Start::Now).await?;
    Ok(response)
}

struct Asked<'a> {
    project: &'a Project,
    experiment: String,
    old: OldRun,
    known: Option<Task>,
    config: Value,
    from_snapshot: bool,
}

impl Asked<'_> {
    #[expect(
        clippy::too_many_lines,
        reason = "one record is filled in, field by field"
    )]
    fn write(self) -> Result<(RepeatRunResponse, Vec<Task>), ServiceError> {
        let layout = &self.project.layout;
        let opened = experiments::read(layout, &self.experiment)?;
        let now = clock::now();
        let sweep = sweeps::free_name(layout, &self.experiment, &opened.file.prefix, now);
        let is_changed = self.old.config()? != self.config;
        if is_changed && matches!(opened.file.entry, Entry::Function { .. }) {
            // The folder of its point is named after the values.
            return Err(ServiceError::HoldsCalls {
                experiment: self.experiment,
                script: opened.file.script,
            });
        }
        let command = if is_changed {
            changed_command(&opened, &self.old.record, &self.config)?
        } else {
            self.old.record.command.clone()
        };
        let before = self
            .known
            .as_ref()
            .map(|task| crate::storage::sweeps::kept(layout, &task.id.experiment, &task.sweep))
            .unwrap_or_default();
        let command = in_place(layout, &self.old.record.command, command, &before);
        let python = command.first().map(PathBuf::from).unwrap_or_default();
        let variables = crate::cli::environment::all();
        let settings = self.project.settings.now();
        let mut kept = circumstances::take(&circumstances::Request {
            layout,
            settings: &settings,
            script: &opened.script,
            python: &python,
            variables: &variables,
            now_ns: clock::now_ns(),
        })?;
        let differs = |old: &Option<String>, new: &Option<String>| match (old, new) {
            (Some(old), Some(new)) => Some(old != new),
            _ => None,
        };
        let source_changed = differs(&before.source, &kept.source);
        let requirements_changed = differs(&before.requirements, &kept.requirements);
        let rule = super::completed::rule(&opened, &settings.identity);
        let raw = self.old.dir.raw_config();
        let raw_config = std::fs::read_to_string(raw)
            .ok()
            .and_then(|text| yaml::from_yaml(&text).ok())
            .filter(|_| !is_changed);
        let task = Task {
            id: TaskId {
                experiment: self.experiment.clone(),
                task: format!("{sweep}_1-of-1"),
            },
            sweep: sweep.clone(),
            index: 1,
            of: 1,
            created_at_ms: now,
            varied: self
                .known
                .as_ref()
                .map(|task| task.varied.clone())
                .unwrap_or_default(),
            command,
            working_dir: match &self.known {
                Some(task) => task.working_dir.clone(),
                None => self.old.record.working_dir.clone(),
            },
            run_folder: self.known.as_ref().and_then(|task| task.run_folder.clone()),
            stamped_folder: self
                .known
                .as_ref()
                .and_then(|task| task.stamped_folder.clone()),
            call: self.known.as_ref().and_then(|task| task.call.clone()),
            identity: Some(rule.of(&self.config)),
            ..self.known.as_ref().map(as_before).unwrap_or_default()
        };
        let mut new = [NewTask {
            task,
            config: self.config,
            raw_config,
            kept: None,
        }];
        if self.from_snapshot {
            kept = Kept {
                requirements: kept.requirements,
                environment: kept.environment,
                ..before
            };
            from_snapshot::relocate(layout, &kept, &opened.script, &mut new)?;
        }
        let file = SweepFile {
            format: FORMAT,
            sweep: sweep.clone(),
            count: 1,
            digest: String::new(),
            created_at_ms: now,
            queued: true,
            identity: Some(rule),
            kept,
            ..SweepFile::default()
        };
        let tasks =
            crate::storage::sweeps::commit(layout, &self.experiment, &file, new.into_iter())?;
        let response = RepeatRunResponse {
            submitted: PostSweepResponse {
                sweep: Some(sweep),
                count: 1,
                points: 1,
                completed: 0,
                active: 0,
                first: tasks.first().map(|task| task.id.clone()),
            },
            source_changed,
            requirements_changed,
        };
        Ok((response, tasks))
    }
}

/// The command with the script where its author has it, if the old run executed a snapshot's.
fn in_place(
    layout: &Layout,
    old: &[String],
    mut command: Vec<String>,
    before: &Kept,
) -> Vec<String> {
    let (Some(id), Some(root), Some(word)) = (&before.source, &before.root, old.get(1)) else {
        return command;
    };
    let tree = crate::storage::store::Store::new(layout).tree_path(id);
    if let (Ok(inside), Some(slot)) = (Path::new(word).strip_prefix(&tree), command.get_mut(1))
        && slot == word
    {
        *slot = Path::new(root).join(inside).to_string_lossy().into_owned();
    }
    command
}

/// The command for changed values. Only a script with arguments has them on its command line.
fn changed_command(
    opened: &Opened,
    record: &RunFile,
    config: &Value,
) -> Result<Vec<String>, ServiceError> {
    if opened.file.entry.has_template() {
        return Ok(record.command.clone());
    }
    if opened.file.entry == Entry::Command {
        let written = CommandLine::of_config(config);
        return Ok(written.map_or_else(|| record.command.clone(), |command| command.argv()));
    }
    let values = opened
        .parameters
        .iter()
        .filter_map(|parameter| {
            let value = at(config, parameter.key.as_str())?;
            Some((parameter.key.clone(), value.clone()))
        })
        .collect();
    let point = Point {
        values,
        ..Point::default()
    };
    let arguments =
        argv(&opened.file.schema.parser, &opened.parameters, &point, &[]).map_err(|error| {
            ServiceError::Argv {
                key: error.key.to_string(),
                message: error.to_string(),
                hint: error.hint(),
            }
        })?;
    let head = record.command.iter().take(2).cloned();
    Ok(head.chain(arguments).collect())
}

/// The value under a dotted key; a key that holds the dots itself is found, too.
fn at<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    let Value::Map(entries) = value else {
        return None;
    };
    entries.iter().find_map(|(name, below)| {
        if name == key {
            return Some(below);
        }
        at(below, key.strip_prefix(name.as_str())?.strip_prefix('.')?)
    })
}
