//! What may be typed.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::doctor::DoctorArgs;
use super::execution::ExecutionArgs;
use super::pages::{OpenArgs, SeeArgs};
use super::policy::PolicyArgs;
use super::queue::{PauseArgs, QueueArgs};
use super::reindex::ReindexArgs;
use super::shell::{CompletionsArgs, ManArgs};
use super::status::StatusArgs;
use super::tasks::{
    ActArgs, EditArgs, ExportArgs, LabelArgs, ListArgs, LogArgs, MetricsArgs, MoveArgs, NoteArgs,
    RerunArgs, RestoreArgs, ShowTaskArgs, TrashArgs, WaitArgs,
};

/// Runs any script over any sweep, and shows it in one browser page.
#[derive(Debug, Parser)]
#[command(name = "runyard", version, about, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open a script or a config file in the browser (the same as `runyard SCRIPT.py`).
    Ui(UiArgs),
    /// Run a script or a config file, or a sweep of it, from the terminal.
    Run(RunArgs),
    /// Run a command as a task: queued, supervised, its log kept.
    Exec(ExecArgs),
    /// List tasks, newest first.
    Ls(ListArgs),
    /// Show everything about a task, or about one of its runs.
    Show(ShowTaskArgs),
    /// Print what a run has written, or follow it.
    Log(LogArgs),
    /// Wait until tasks have ended.
    Wait(WaitArgs),
    /// Cancel tasks that wait or run.
    #[command(visible_alias = "stop")]
    Cancel(ActArgs),
    /// Run tasks again.
    #[command(visible_alias = "retry")]
    Rerun(RerunArgs),
    /// Move tasks to the trash.
    Rm(ActArgs),
    /// Bring tasks back from the trash.
    Restore(RestoreArgs),
    /// List the trash, or delete for good what is in it.
    Trash(TrashArgs),
    /// Change what a task runs, before it has started, or what it asks of the queue.
    Edit(Box<EditArgs>),
    /// Give a task another name.
    Mv(MoveArgs),
    /// Keep tasks on top of lists.
    Pin(ActArgs),
    /// Keep them there no longer.
    Unpin(ActArgs),
    /// Mark tasks with labels, or take labels away.
    Label(LabelArgs),
    /// Read or write the notes of a task.
    Note(NoteArgs),
    /// Show the project at a glance.
    Status(StatusArgs),
    /// Show what waits and why; pause, resume, reorder.
    Queue(QueueArgs),
    /// Let nothing start any more (the same as `runyard queue pause`).
    Pause(PauseArgs),
    /// Let it start again (the same as `runyard queue resume`).
    Resume(PauseArgs),
    /// Write tasks with their parameters, outcomes and times as a table.
    Export(ExportArgs),
    /// Show the metrics that a run has recorded.
    Metrics(MetricsArgs),
    /// Read all files again and make the index anew, after files were edited by hand.
    Reindex(ReindexArgs),
    /// Show what scripts accept, read from their argparse definitions without running them.
    Inspect(InspectArgs),
    /// Show what config files make together, or what two configs differ in.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Open the project's page, or a task's, of the running server.
    Open(OpenArgs),
    /// Look at a project in the browser without changing anything.
    See(SeeArgs),
    /// Check what this machine and this project need.
    Doctor(DoctorArgs),
    /// Print completions for a shell.
    Completions(CompletionsArgs),
    /// Print the manual page.
    Man(ManArgs),
    /// Print names for completions (used by Runyard itself).
    #[command(hide = true, name = "__complete")]
    Complete,
    /// Look after a project's queue without a page (used by Runyard itself).
    #[command(hide = true)]
    Serve(ServeArgs),
    /// Answer what the Python package asks, line by line (used by Runyard itself).
    #[command(hide = true)]
    Engine,
    /// Be a task whose work the program that submitted it does (used by Runyard itself).
    #[command(hide = true)]
    StandIn {
        /// The socket that this program listens at.
        socket: PathBuf,
    },
    /// Run one run (used by Runyard itself).
    #[command(hide = true)]
    Supervise {
        /// The run's folder.
        run_dir: PathBuf,
        /// In the foreground of this terminal.
        #[arg(long)]
        foreground: bool,
    },
    /// Set limits on this process and become a task (used by Runyard itself).
    #[command(hide = true)]
    ExecTask {
        /// What to set.
        settings: String,
        /// The task's program and its arguments.
        #[arg(last = true)]
        command: Vec<std::ffi::OsString>,
    },
}

/// `runyard config`
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print what config files and overrides make together.
    #[command(
        override_usage = "runyard config show <FILE>... [OVERRIDE]... [--provenance] [--raw] [--json|--yaml]",
        after_help = SHOW_WORDS
    )]
    Show(ShowArgs),
    /// Print the keys that two configs differ in, and where each value comes from.
    Diff(DiffArgs),
}

/// What the words of `runyard config show` are.
const SHOW_WORDS: &str = "\
Words:
  FILE              .yaml, .toml or .json; several are merged left to right
  lr=0.1  --lr 0.1  set a key; +new=1 adds one, ~gone takes one away
  --provenance      where each value comes from, and what it replaced
  --raw             before references are resolved
  --json, --yaml    how it is printed (default: YAML)
Behind a bare -- every word is an override.";

/// `runyard config show`
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Files, then overrides; see below.
    #[arg(
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "FILE"
    )]
    pub words: Vec<String>,
}

/// `runyard config diff`
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// A config file, or the folder of a run or a task.
    pub a: String,
    /// The other one.
    pub b: String,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `runyard ui`
#[derive(Debug, Args)]
pub struct UiArgs {
    /// The script, or a config file with `__run__`; without one, the project of this folder is opened.
    pub target: Option<PathBuf>,
    /// The config file that the script takes its values from; it is remembered.
    pub config: Option<PathBuf>,
    /// Let a script that had a config file read its own arguments again.
    #[arg(long, conflicts_with = "config")]
    pub no_config: bool,
    /// The port to serve on; without it, 8099 or the next free one. 0 takes any free one.
    #[arg(long)]
    pub port: Option<u16>,
    /// Answer at this address of the machine too, e.g. 192.168.1.5, or 0.0.0.0 for all of them; needs --allow-remote.
    #[arg(long, value_name = "ADDRESS")]
    pub host: Option<IpAddr>,
    /// Let other machines in: whoever has the printed URL can run commands as you, and the network can read along.
    #[arg(long, requires = "host")]
    pub allow_remote: bool,
    /// Do not open the browser.
    #[arg(long)]
    pub no_browser: bool,
    /// The interpreter that runs the script (default: `python` in settings.toml, or python3).
    #[arg(long)]
    pub python: Option<String>,
}

/// `runyard serve --background`
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Leave the terminal, and end when there is nothing to do.
    #[arg(long, required = true)]
    pub background: bool,
    /// The project's folder.
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    /// The interpreter that runs scripts (default: `python` in settings.toml, or python3).
    #[arg(long)]
    pub python: Option<String>,
    /// How long to stay when nothing runs or waits and nobody asks.
    #[arg(long, value_name = "SECS", default_value_t = 30)]
    pub linger_secs: u64,
}

/// Examples of `runyard exec`.
const EXEC_EXAMPLES: &str = "\
Examples:
  runyard exec -- python train.py --lr 0.1        words: no shell reads them
  runyard exec -c 'make data && python train.py'  a text: sh -c reads it, exactly as it stands
  runyard exec -d -n night --gpus 1 --after prepare_20261121-101500_1-of-1 -- ./train.sh
It finds PATH, VIRTUAL_ENV, CONDA_PREFIX, PYTHONPATH, LD_LIBRARY_PATH and the locale of this shell; -e NAME hands on another
variable. Ctrl-C cancels it; whatever else ends this command leaves it running.";

/// `runyard exec`
#[derive(Debug, Args)]
#[command(
    override_usage = "runyard exec [OPTIONS] -- <COMMAND>...\n       runyard exec [OPTIONS] -c <TEXT>",
    after_help = EXEC_EXAMPLES
)]
pub struct ExecArgs {
    /// The program and its arguments: no shell reads them.
    #[arg(
        value_name = "COMMAND",
        trailing_var_arg = true,
        allow_hyphen_values = true,
        required_unless_present = "text"
    )]
    pub words: Vec<String>,
    /// A text for `sh -c`, run exactly as it stands.
    #[arg(
        short = 'c',
        long = "command",
        value_name = "TEXT",
        conflicts_with = "words",
        allow_hyphen_values = true
    )]
    pub text: Option<String>,
    /// The first part of the task's name (default: made of the command).
    #[arg(short = 'n', long)]
    pub name: Option<String>,
    /// Print the task's name and leave; it runs at the server, or in the background.
    #[arg(short = 'd', long)]
    pub detach: bool,
    /// Create the task only and print its name; `runyard rerun` runs it.
    #[arg(long)]
    pub later: bool,
    /// Set a variable, or hand on the one of this shell; may be repeated.
    #[arg(short = 'e', long = "env", value_name = "NAME[=VALUE]")]
    pub env: Vec<String>,
    /// Set the variables of a file with lines NAME=VALUE; may be repeated.
    #[arg(long, value_name = "FILE")]
    pub env_file: Vec<PathBuf>,
    /// The folder it runs in (default: this one).
    #[arg(long, value_name = "FOLDER")]
    pub cwd: Option<PathBuf>,
    /// What it is for.
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// With --detach or --later: print JSON.
    #[arg(long)]
    pub json: bool,
    /// What it asks of the queue.
    #[command(flatten)]
    pub policy: PolicyArgs,
    /// How it is executed.
    #[command(flatten)]
    pub execution: ExecutionArgs,
}

/// The rules of overrides, below the options.
const OVERRIDES: &str = "\
Overrides, after TARGET, in any order and mixed with options:
  lr=0.1  --lr 0.1  --lr=0.1      set a parameter; sections are entered by dots: --optimizer.lr 0.1
  lr='1e-3 | 1e-2'  seed=1:5      several values: one run for each combination
  +new=1  ~old                    in a config: add a key, take one away
A word that begins with -- and is an option listed above is that option; any other is an override and takes the next word as
its value, unless that begins with -- too. For a parameter that has the name of an option write name=VALUE, or put it behind
a bare --, after which every word is an override. A word that ends in .yaml, .yml, .toml or .json is a config file.";

/// `runyard run`
#[derive(Debug, Args)]
#[command(
    override_usage = "runyard run [OPTIONS] <TARGET> [CONFIG]... [OVERRIDE | OPTION]...",
    after_help = OVERRIDES
)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own on the command line"
)]
pub struct RunArgs {
    /// A script, a config file with `__run__`, or a batch file with `[[experiments]]`.
    pub target: PathBuf,
    /// Parameters as key=value or --key value, batch syntax included: lr='0.001 | 0.01' seed=1:5
    #[arg(
        value_name = "OVERRIDE",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    pub words: Vec<String>,
    /// A config file the script takes its values from (remembered), or one that is merged over the target; may be repeated.
    #[arg(long, value_name = "FILE")]
    pub config: Vec<PathBuf>,
    /// Let a script that had a config file read its own arguments again.
    #[arg(long, conflicts_with = "config")]
    pub no_config: bool,
    /// Only points for which this holds, e.g. 'lr < 0.1 and seed != 3'; may be repeated.
    #[arg(long = "where", value_name = "EXPRESSION")]
    pub conditions: Vec<String>,
    /// Not the points for which this holds; or those with all of {key: value, ...}; may be repeated.
    #[arg(long, value_name = "EXPRESSION")]
    pub exclude: Vec<String>,
    /// How many points are drawn of sampled parameters such as lr='loguniform(1e-5, 1e-1)'.
    #[arg(long, value_name = "COUNT")]
    pub sample: Option<u64>,
    /// The seed of the drawing.
    #[arg(long, value_name = "SEED")]
    pub sample_seed: Option<u64>,
    /// Run the code of a `__run__` file in place, in a folder under DEBUG; nothing is copied.
    #[arg(long)]
    pub debug: bool,
    /// The parser to use, if the script has several (see `runyard inspect`); it is remembered.
    #[arg(long, value_name = "N")]
    pub parser: Option<u32>,
    /// Show the points and commands; write nothing, run nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Leave the terminal free: the tasks run in the background, or at the server that runs already.
    #[arg(long, short = 'd', conflicts_with_all = ["dry_run", "debug", "slots"])]
    pub detach: bool,
    /// Create the tasks only; `runyard rerun` runs them, all or some.
    #[arg(long, conflicts_with_all = ["dry_run", "debug", "slots"])]
    pub later: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// With --dry-run, print at most this many points; the count stays exact.
    #[arg(long)]
    pub limit: Option<u64>,
    /// How many runs may go on at once (default: `slots` in settings.toml).
    #[arg(long, short = 'j', value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub slots: Option<u32>,
    /// The first part of the tasks' names (default: the experiment's).
    #[arg(long)]
    pub prefix: Option<String>,
    /// The interpreter that runs the script (default: `python` in settings.toml, or python3).
    #[arg(long)]
    pub python: Option<String>,
    /// Run also the points that are done, queued or running already.
    #[arg(long)]
    pub rerun: bool,
    /// Run the source as it is now, whatever becomes of the files until a run starts.
    #[arg(long)]
    pub from_snapshot: bool,
    /// Go on with this sweep of the target: what has not succeeded runs, under the same names.
    #[arg(long, value_name = "SWEEP")]
    pub resume: Option<String>,
    /// What its tasks ask of the queue.
    #[command(flatten)]
    pub policy: PolicyArgs,
    /// How its runs are executed.
    #[command(flatten)]
    pub execution: ExecutionArgs,
}

/// `runyard inspect`
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// The scripts.
    #[arg(required = true, value_name = "SCRIPT")]
    pub scripts: Vec<PathBuf>,
    /// Print JSON, one object per script.
    #[arg(long)]
    pub json: bool,
    /// Ask the script itself: run it up to the moment it reads its command line, without letting it write.
    #[arg(long)]
    pub probe: bool,
    /// Compare the reading with the script's real parser, field by field; fails if anything is wrong.
    #[arg(long, conflicts_with_all = ["probe", "parser"])]
    pub check: bool,
    /// The parser to show, if the script has several: 0 is the one that reads the command line.
    #[arg(long, value_name = "N")]
    pub parser: Option<u32>,
    /// The interpreter that runs the script (default: `python` in settings.toml, or python3).
    #[arg(long)]
    pub python: Option<String>,
    /// With --probe or --check: how many seconds the script may take.
    #[arg(long, value_name = "SECS", default_value_t = crate::service::probe::DEFAULT_LIMIT_SECS,
        value_parser = clap::value_parser!(u32).range(1..=i64::from(crate::service::probe::MAX_LIMIT_SECS)))]
    pub time_limit: u32,
    /// With --probe or --check: words for the script, for parsers that depend on flags chosen before.
    #[arg(last = true)]
    pub args: Vec<String>,
}
