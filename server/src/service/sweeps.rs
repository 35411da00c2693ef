//! Submitting a sweep: the launched points are the previewed points, or nothing is.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use domain::grid::{Grid, Input, SweepSpec, plan_sweep};
use domain::identity::{Identity, IdentityRule};
use domain::names;
use domain::protocol::http::{PostSweepRequest, PostSweepResponse, Start};
use domain::queue::SweepPolicy;
use domain::schema::argv::argv;
use domain::schema::parameters::Parameter;
use domain::task::{Task, TaskId};
use domain::time::Timestamp;

use super::entry::code;
use super::entry::point::{self, Context, Made};
use super::experiments::{self, Opened};
use super::{
    Project, ServiceError, circumstances, completed, dependencies, from_snapshot, in_background,
    policy,
};
use crate::dispatcher::{Known, State};
use crate::process::clock;
use crate::scheduler::SweepId;
use crate::storage::Layout;
use crate::storage::format::{FORMAT, Kept, SweepFile};
use crate::storage::sweeps::{self, NewTask};

/// A grid that may be submitted.
#[derive(Debug)]
pub struct Planned {
    /// The experiment.
    pub opened: Opened,
    /// What the script accepts, as these inputs mean it.
    pub parameters: Vec<Parameter>,
    /// What was typed.
    pub inputs: Vec<Input>,
    /// Its points.
    pub grid: Grid,
}

/// Expands what was typed; the first error, if there is one.
pub fn expand(opened: Opened, spec: &SweepSpec) -> Result<Planned, ServiceError> {
    let parameters = opened.parameters_for(&spec.inputs);
    let plan = plan_sweep(&parameters, spec);
    for field in plan.fields {
        if let Some(error) = field.error {
            return Err(ServiceError::Input {
                key: field.key.to_string(),
                error,
            });
        }
    }
    if let Some(error) = plan.errors.into_iter().next() {
        return Err(ServiceError::Plan(error));
    }
    let grid = plan.grid.expect("a plan without errors has a grid");
    Ok(Planned {
        opened,
        parameters,
        inputs: spec.inputs.clone(),
        grid,
    })
}

/// How the points of a sweep are made into tasks.
#[derive(Clone, Copy, Debug)]
pub struct Making<'a> {
    /// The interpreter.
    pub python: &'a Path,
    /// The program that calls functions.
    pub runner: &'a Path,
    /// Run the code of a `__run__` file in place.
    pub debug: bool,
}

/// What the task of one point is made of.
pub fn make(planned: &Planned, making: Making<'_>, index: u128) -> Result<Made, ServiceError> {
    let point = planned
        .grid
        .point(index)
        .expect("the index is below the count");
    let opened = &planned.opened;
    if let Some(template) = &opened.template {
        let context = Context {
            python: making.python,
            runner: making.runner,
            script: &opened.script,
            inputs: &planned.inputs,
            varied: planned.grid.varied(),
            debug: making.debug,
        };
        return point::make(template, &point, context);
    }
    let arguments = argv(
        &opened.file.schema.parser,
        &planned.parameters,
        &point,
        planned.grid.varied(),
    )
    .map_err(|error| ServiceError::Argv {
        key: error.key.to_string(),
        message: error.to_string(),
        hint: error.hint(),
    })?;
    let mut command = vec![
        making.python.to_string_lossy().into_owned(),
        opened.script.to_string_lossy().into_owned(),
    ];
    command.extend(arguments);
    Ok(Made {
        command,
        config: point.to_tree(),
        raw_config: (!point.derived.is_empty()).then(|| point.to_raw_tree()),
        working_dir: working_dir(&opened.script),
        run_folder: None,
    })
}

/// `POST /api/v1/experiments/{experiment}/sweeps`
pub async fn submit(
    project: &Project,
    experiment: String,
    mut request: PostSweepRequest,
) -> Result<PostSweepResponse, ServiceError> {
    policy::check(&request.policy)?;
    policy::check_sweep(request.sweep_policy)?;
    dependencies::settle(project, &mut request.policy).await?;
    request.user = policy::user(request.user);
    if let Some((_, message)) = request.execution.out_of_range() {
        return Err(ServiceError::OutOfRange(message));
    }
    let _one_at_a_time = project.submitting.write().await;
    // The load removes the remains of unfinished submissions: it must be over before a new one begins.
    project.dispatcher.read(|_| ()).await?;
    let (start, rerun) = (request.start, request.rerun);
    let (for_build, named) = (project.clone(), experiment.clone());
    let Submission { file, mut tasks } =
        in_background(move || build(&for_build, &named, &request, None)).await?;
    let mut response = PostSweepResponse {
        sweep: None,
        count: 0,
        points: file.count,
        completed: 0,
        active: 0,
        first: None,
    };
    if !rerun {
        let known = known(project, &experiment, &tasks).await?;
        let mut known = known.into_iter();
        tasks.retain(|_| match known.next() {
            Some(Known::Completed(_)) => {
                response.completed += 1;
                false
            }
            Some(Known::Active(_)) => {
                response.active += 1;
                false
            }
            Some(Known::Open) | None => true,
        });
    }
    if tasks.is_empty() {
        return Ok(response);
    }
    response.sweep = Some(file.sweep.clone());
    let policy = file.policy;
    let layout = project.layout.clone();
    let tasks = in_background(move || {
        Ok(sweeps::commit(
            &layout,
            &experiment,
            &file,
            tasks.into_iter(),
        )?)
    })
    .await?;
    response.first = tasks.first().map(|task| task.id.clone());
    response.count = u64::try_from(tasks.len()).unwrap_or(u64::MAX);
    announce(project, tasks.first(), policy).await?;
    project.dispatcher.add(tasks, start).await?;
    Ok(response)
}

/// Tells the dispatcher what holds for a sweep, before its first run can start.
pub(super) async fn announce(
    project: &Project,
    first: Option<&Task>,
    policy: SweepPolicy,
) -> Result<(), ServiceError> {
    let Some(task) = first.filter(|_| !policy.is_default()) else {
        return Ok(());
    };
    let sweep = SweepId {
        experiment: task.id.experiment.clone(),
        sweep: task.sweep.clone(),
    };
    Ok(project.dispatcher.set_sweep_policy(sweep, policy).await?)
}

/// Creates the tasks of an existing sweep that are not there and whose points nobody has done or is about to do.
///
/// Returns what is known of the points without a task, and the tasks that were created, not queued yet.
pub(super) async fn create_missing(
    project: &Project,
    experiment: &str,
    request: PostSweepRequest,
    (sweep, created_at_ms, there): (&str, Timestamp, &BTreeSet<u64>),
) -> Result<(Vec<Known>, Vec<TaskId>), ServiceError> {
    let _one_at_a_time = project.submitting.write().await;
    let (for_build, named, resumed) = (project.clone(), experiment.to_owned(), sweep.to_owned());
    let built = in_background(move || build(&for_build, &named, &request, Some(&resumed))).await?;
    let mut tasks = built.tasks;
    // They belong to their sweep wherever tasks are sorted.
    for new in &mut tasks {
        new.task.created_at_ms = created_at_ms;
    }
    tasks.retain(|new| !there.contains(&new.task.index));
    let known = known(project, experiment, &tasks).await?;
    let mut open = known.iter().map(|known| *known == Known::Open);
    tasks.retain(|_| open.next().unwrap_or(true));
    let (layout, experiment) = (project.layout.clone(), experiment.to_owned());
    let created = in_background(move || Ok(sweeps::extend(&layout, &experiment, tasks)?)).await?;
    let ids = created.iter().map(|task| task.id.clone()).collect();
    project.dispatcher.add(created, Start::Later).await?;
    Ok((known, ids))
}

/// What the dispatcher knows of each task's point, in their order.
async fn known(
    project: &Project,
    experiment: &str,
    tasks: &[NewTask],
) -> Result<Vec<Known>, ServiceError> {
    let experiment = experiment.to_owned();
    let identities: Vec<Option<Identity>> =
        tasks.iter().map(|new| new.task.identity.clone()).collect();
    let look = move |state: &State| {
        let known = |identity: Option<Identity>| {
            identity.map_or(Known::Open, |identity| state.known(&experiment, &identity))
        };
        identities.into_iter().map(known).collect()
    };
    Ok(project.dispatcher.read(look).await?)
}

/// A sweep ready to be written.
struct Submission {
    file: SweepFile,
    tasks: Vec<NewTask>,
}

fn build(
    project: &Project,
    experiment: &str,
    request: &PostSweepRequest,
    resumed: Option<&str>,
) -> Result<Submission, ServiceError> {
    let layout = &project.layout;
    let opened = experiments::read_launched(layout, experiment, &request.launch)?;
    if let Some(problem) = opened.problem {
        return Err(problem);
    }
    if resumed.is_none() {
        check_prefix(&request.prefix)?;
    }
    let spec = SweepSpec {
        inputs: request.inputs.clone(),
        options: request.options.clone(),
    };
    let planned = expand(opened, &spec)?;
    let settings = project.settings.now();
    let count = limited(planned.grid.count(), settings.max_tasks)?;
    if planned.grid.digest() != request.digest {
        return Err(ServiceError::DigestMismatch);
    }
    let python = project.interpreter()?;
    let runner = layout.runner();
    let making = Making {
        python: &python,
        runner: &runner,
        debug: request.launch.debug,
    };
    let mut rule = completed::rule(&planned.opened, &settings.identity);
    let now = clock::now();
    let sweep = resumed.map_or_else(
        || free_name(layout, experiment, &request.prefix, now),
        str::to_owned,
    );
    let mut file = SweepFile {
        format: FORMAT,
        sweep: sweep.clone(),
        count,
        digest: request.digest.clone(),
        inputs: request.inputs.clone(),
        options: request.options.clone(),
        launch: request.launch.clone(),
        created_at_ms: now,
        queued: request.start == Start::Now,
        identity: Some(rule.clone()),
        kept: Kept::default(),
        policy: request.sweep_policy,
        task_policy: request.policy.clone(),
        execution: request.execution.clone(),
        labels: request.labels.clone(),
        user: request.user.clone(),
    };
    // Every command is built before the first folder: a value that cannot be passed leaves nothing behind.
    let build_all = || {
        (0..count)
            .map(|index| {
                new_task(
                    &planned,
                    making,
                    TaskPlace {
                        experiment,
                        sweep: &sweep,
                        index,
                        count,
                        now,
                        rule: &rule,
                        request,
                    },
                )
            })
            .collect::<Result<Vec<_>, _>>()
    };
    let variables = crate::cli::environment::all();
    let request_of = circumstances::Request {
        layout,
        settings: &settings,
        script: &planned.opened.script,
        python: &python,
        variables: &variables,
        now_ns: clock::now_ns(),
    };
    // The source as it is while the sweep is submitted: both at once, for the interpreter takes its time.
    let (tasks, kept) = std::thread::scope(|scope| {
        let taken = scope.spawn(|| circumstances::take(&request_of));
        (build_all(), taken.join())
    });
    let mut tasks = tasks?;
    file.kept = kept.map_err(|_| ServiceError::Gone(crate::dispatcher::DispatcherGone))??;
    if settings.identity.code {
        rule.code.clone_from(&file.kept.source);
        for new in &mut tasks {
            new.task.identity = Some(rule.of(&new.config));
        }
        file.identity = Some(rule);
    }
    code::keep(layout, &settings.snapshot, &mut tasks)?;
    if request.from_snapshot {
        from_snapshot::relocate(layout, &file.kept, &planned.opened.script, &mut tasks)?;
    }
    Ok(Submission { file, tasks })
}

/// Refuses what cannot be the first part of a task's name.
pub fn check_prefix(prefix: &str) -> Result<(), ServiceError> {
    names::check_name(prefix).map_err(|error| ServiceError::Prefix {
        prefix: prefix.to_owned(),
        message: error.to_string(),
    })
}

/// The count if it is within the limit.
pub fn limited(count: u128, limit: u64) -> Result<u64, ServiceError> {
    u64::try_from(count)
        .ok()
        .filter(|count| *count <= limit)
        .ok_or(ServiceError::TooLarge { count, limit })
}

struct TaskPlace<'a> {
    experiment: &'a str,
    sweep: &'a str,
    index: u64,
    count: u64,
    now: Timestamp,
    rule: &'a IdentityRule,
    request: &'a PostSweepRequest,
}

fn new_task(
    planned: &Planned,
    making: Making<'_>,
    place: TaskPlace<'_>,
) -> Result<NewTask, ServiceError> {
    let made = make(planned, making, u128::from(place.index))?;
    let point = planned
        .grid
        .point(u128::from(place.index))
        .expect("the index is below the count");
    let name = format!("{}_{}-of-{}", place.sweep, place.index + 1, place.count);
    let task = Task {
        id: TaskId {
            experiment: place.experiment.to_owned(),
            task: name,
        },
        sweep: place.sweep.to_owned(),
        index: place.index + 1,
        of: place.count,
        created_at_ms: place.now,
        varied: point.varied(&planned.grid),
        command: made.command,
        working_dir: made.working_dir.to_string_lossy().into_owned(),
        run_folder: made.run_folder,
        identity: Some(place.rule.of(&made.config)),
        policy: place.request.policy.clone(),
        execution: place.request.execution.clone(),
        labels: place.request.labels.clone(),
        user: place.request.user.clone(),
        ..Task::default()
    };
    Ok(NewTask {
        task,
        config: made.config,
        raw_config: made.raw_config,
        kept: None,
    })
}

fn working_dir(script: &Path) -> PathBuf {
    script.parent().unwrap_or(Path::new("/")).to_path_buf()
}

/// `<prefix>_<timestamp>`, with a number behind it if another submission of this second has that name.
pub(super) fn free_name(layout: &Layout, experiment: &str, prefix: &str, now: Timestamp) -> String {
    let base = format!("{prefix}_{}", now.stamp());
    let is_free = |name: &String| !layout.sweep_file(experiment, name).exists();
    std::iter::once(base.clone())
        .chain((2..=u32::MAX).map(|number| format!("{base}-{number}")))
        .find(is_free)
        .expect("numbers do not run out")
}
