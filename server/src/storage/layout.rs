//! Every path under a project. Nobody else knows a file's name.
//!
//! A run's folder lies in its task's, `runs/<n>`, or elsewhere: `runs/<n>` is then a link to it. A folder elsewhere is
//! called `exp.<i>` and holds the same files under the names that `__run__` files promise; or it is
//! `<name>_<stamp>/.runyard/run_<i>`, and what EXP promises stands above it in `<name>_<stamp>`.

use std::path::{Path, PathBuf};

use domain::task::{RunId, TaskId};
use domain::time::Timestamp;

/// The folder that makes a folder a project.
pub const STATE_DIR: &str = "_runyard_";

/// What is saved of a task.
pub const TASK_FILE: &str = "task.json";
/// A task's resolved config.
pub const TASK_CONFIG: &str = "config.yaml";
/// A task's config before anything in it was resolved, if that differs.
pub const TASK_RAW_CONFIG: &str = "raw_config.yaml";
/// What a task keeps for a later version and shows nobody; 0600.
pub const TASK_KEPT: &str = ".kept.json";

/// [`Layout::runs`] as it is seen from [`Layout::tasks`].
pub(super) fn runs_within(task: &str) -> String {
    format!("{task}/runs")
}

/// The paths of one project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// The paths of the project at `root` (an absolute path).
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The project's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// `_runyard_`.
    pub fn state_dir(&self) -> PathBuf {
        self.root.join(STATE_DIR)
    }

    /// `settings.toml`.
    pub fn settings(&self) -> PathBuf {
        self.state_dir().join("settings.toml")
    }

    /// Held by the one dispatcher of the project.
    pub fn lock(&self) -> PathBuf {
        self.state_dir().join(".lock")
    }

    /// Where the running server answers; 0600.
    pub fn server(&self) -> PathBuf {
        self.state_dir().join(".server.json")
    }

    /// The access token; 0600.
    pub fn token(&self) -> PathBuf {
        self.state_dir().join(".token")
    }

    /// Variables of all runs that nobody else reads; 0600.
    pub fn secrets(&self) -> PathBuf {
        self.state_dir().join(".secrets.json")
    }

    /// The messages of background dispatchers.
    pub fn background_log(&self) -> PathBuf {
        self.state_dir().join(".background.log")
    }

    /// The journal of runs that wait.
    pub fn queue(&self) -> PathBuf {
        self.state_dir().join("queue.jsonl")
    }

    /// The index: a cache of what tasks at rest look like.
    pub fn index(&self) -> PathBuf {
        self.state_dir().join(".index.db")
    }

    /// What sweeps share: snapshots, requirements, circumstances.
    pub fn store(&self) -> PathBuf {
        self.state_dir().join(".store")
    }

    /// One experiment.
    pub fn experiment(&self, experiment: &str) -> PathBuf {
        self.state_dir().join(experiment)
    }

    /// `experiment.json`.
    pub fn experiment_file(&self, experiment: &str) -> PathBuf {
        self.experiment(experiment).join("experiment.json")
    }

    /// `defaults.yaml`: what a person set over the script's own defaults.
    pub fn defaults(&self, experiment: &str) -> PathBuf {
        self.experiment(experiment).join("defaults.yaml")
    }

    /// What was typed, kept under names.
    pub fn templates(&self, experiment: &str) -> PathBuf {
        self.experiment(experiment).join("templates")
    }

    /// One template.
    pub fn template(&self, experiment: &str, name: &str) -> PathBuf {
        self.templates(experiment).join(format!("{name}.yaml"))
    }

    /// `template.yaml`: the config behind the form of a script that takes its values from one.
    pub fn config_template(&self, experiment: &str) -> PathBuf {
        self.experiment(experiment).join("template.yaml")
    }

    /// The commit records of sweeps.
    pub fn sweeps(&self, experiment: &str) -> PathBuf {
        self.experiment(experiment).join("sweeps")
    }

    /// The record whose presence makes a sweep's tasks exist.
    pub fn sweep_file(&self, experiment: &str, sweep: &str) -> PathBuf {
        self.sweeps(experiment).join(format!("{sweep}.json"))
    }

    /// The tasks of an experiment.
    pub fn tasks(&self, experiment: &str) -> PathBuf {
        self.experiment(experiment).join("tasks")
    }

    /// One task.
    pub fn task(&self, id: &TaskId) -> PathBuf {
        self.tasks(&id.experiment).join(&id.task)
    }

    /// `task.json`.
    pub fn task_file(&self, id: &TaskId) -> PathBuf {
        self.task(id).join(TASK_FILE)
    }

    /// The task's `config.yaml`.
    pub fn task_config(&self, id: &TaskId) -> PathBuf {
        self.task(id).join(TASK_CONFIG)
    }

    /// The task's `raw_config.yaml`: its config before anything in it was resolved, if that differs.
    pub fn task_raw_config(&self, id: &TaskId) -> PathBuf {
        self.task(id).join(TASK_RAW_CONFIG)
    }

    /// `notes.md`: a person's own words about a task.
    pub fn notes(&self, id: &TaskId) -> PathBuf {
        self.task(id).join("notes.md")
    }

    /// The removed tasks of an experiment.
    pub fn trash(&self, experiment: &str) -> PathBuf {
        self.experiment(experiment).join("trash")
    }

    /// What was removed at one time: the folders of tasks.
    pub fn removal(&self, experiment: &str, at: Timestamp) -> PathBuf {
        self.trash(experiment).join(at.0.to_string())
    }

    /// All runs of a task.
    pub fn runs(&self, id: &TaskId) -> PathBuf {
        self.task(id).join("runs")
    }

    /// Where one run's folder, or the link to it, stands among the runs of its task.
    pub fn run_place(&self, id: &RunId) -> PathBuf {
        self.runs(&id.task).join(id.number.to_string())
    }

    /// One run's folder; a link to it is followed.
    pub fn run(&self, id: &RunId) -> RunDir {
        let place = self.run_place(id);
        RunDir::new(std::fs::read_link(&place).unwrap_or(place))
    }

    /// The program that calls the function of a `__run__` file.
    pub fn runner(&self) -> PathBuf {
        self.state_dir().join(".runner.py")
    }
}

/// The paths inside one run's folder, complete by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunDir {
    path: PathBuf,
    is_numbered: bool,
    /// The stamped folder around it, and the run's name there.
    stamped: Option<(PathBuf, String)>,
}

/// What a numbered folder's name begins with.
const NUMBERED: &str = "exp.";

/// The name of the numbered folder `index`.
pub fn numbered(index: u64) -> String {
    format!("{NUMBERED}{index}")
}

/// The index of a numbered folder of this name.
pub fn number_of(name: &str) -> Option<u64> {
    let digits = name.strip_prefix(NUMBERED)?;
    let is_canonical = digits == "0" || !digits.starts_with('0');
    digits
        .parse()
        .ok()
        .filter(|_| is_canonical && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Inside a stamped folder: the folders of its runs.
pub const STAMPED_RUNS: &str = ".runyard";

/// The name of run `number` of a stamped folder: at least four digits.
pub fn stamped_run(number: u64) -> String {
    format!("run_{number:04}")
}

/// The number of a file or folder that belongs to a run of a stamped folder: `run_0012.log` is one of run 12.
pub fn stamped_number_of(name: &str) -> Option<u64> {
    let digits = name.strip_prefix("run_")?;
    let digits = digits.split('.').next().unwrap_or(digits);
    let is_number = digits.len() >= 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| is_number)
}

/// The stamped folder around a run's folder, with the run's name.
fn stamped_of(path: &Path) -> Option<(PathBuf, String)> {
    let name = path.file_name()?.to_str()?;
    let runs = path.parent()?;
    let is_stamped = runs.file_name()? == STAMPED_RUNS
        && stamped_number_of(name).is_some_and(|number| stamped_run(number) == name);
    is_stamped.then(|| Some((runs.parent()?.to_path_buf(), name.to_owned())))?
}

impl RunDir {
    /// The run folder at `path`. One that is called `exp.<i>` has the file names of `__run__` files; the log of
    /// `.runyard/run_<i>` stands in the stamped folder around it.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let name = path.file_name().and_then(|name| name.to_str());
        let is_numbered = name.and_then(number_of).is_some();
        let stamped = stamped_of(&path);
        Self {
            path,
            is_numbered,
            stamped,
        }
    }

    /// The stamped folder around it, and what the run is called there: `run_0001`.
    pub fn stamped(&self) -> Option<(&Path, &str)> {
        let (folder, name) = self.stamped.as_ref()?;
        Some((folder, name))
    }

    /// True for `exp.<i>`.
    pub fn is_numbered(&self) -> bool {
        self.is_numbered
    }

    fn either(&self, own: &str, numbered: &str) -> PathBuf {
        self.path
            .join(if self.is_numbered { numbered } else { own })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// `run.json`.
    pub fn record(&self) -> PathBuf {
        self.path.join("run.json")
    }

    /// What the run records, one JSON object per line.
    pub fn metrics(&self) -> PathBuf {
        self.path.join("metrics.jsonl")
    }

    /// Held by the run's supervisor as long as it lives.
    pub fn supervisor_lock(&self) -> PathBuf {
        self.path.join(".supervisor.lock")
    }

    /// `output.log`, or `outputs.log`; in a stamped folder `logs/run_<i>.log`.
    pub fn log(&self) -> PathBuf {
        if let Some((folder, name)) = &self.stamped {
            return folder.join("logs").join(format!("{name}.log"));
        }
        self.either("output.log", "outputs.log")
    }

    /// What the run used, one JSON object per sample.
    pub fn usage(&self) -> PathBuf {
        self.path.join("usage.jsonl")
    }

    /// Standard output alone, of a run whose streams are told apart.
    pub fn stdout(&self) -> PathBuf {
        self.path.join("stdout.log")
    }

    /// Standard error alone, of a run whose streams are told apart.
    pub fn stderr(&self) -> PathBuf {
        self.path.join("stderr.log")
    }

    /// `error.log`: the traceback and the tail of a failed run.
    pub fn error_log(&self) -> PathBuf {
        self.path.join("error.log")
    }

    /// The run's `config.yaml`, or `config.yml`.
    pub fn config(&self) -> PathBuf {
        self.either("config.yaml", "config.yml")
    }

    /// What was installed for its interpreter, as `pip freeze` writes it.
    pub fn requirements(&self) -> PathBuf {
        self.either("requirements.txt", "frozen_requirements.txt")
    }

    /// The packages of conda's environment, as `conda list --explicit` writes them.
    pub fn conda(&self) -> PathBuf {
        self.path.join("conda.txt")
    }

    /// The machine, the interpreter, the source and the environment.
    pub fn environment(&self) -> PathBuf {
        self.path.join("env.json")
    }

    /// The same for programs without a YAML library.
    pub fn config_json(&self) -> PathBuf {
        self.path.join("config.json")
    }

    /// The run's config before anything in it was resolved, if that differs.
    pub fn raw_config(&self) -> PathBuf {
        self.either("raw_config.yaml", "raw_config.yml")
    }
}
