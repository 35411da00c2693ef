//! What may be typed behind the commands about tasks.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::cli::door::ProjectArgs;
use crate::cli::execution::ExecutionArgs;
use crate::cli::policy::{PolicyArgs, duration};
use crate::cli::table::OutputArgs;
use crate::cli::targets::{FilterArgs, TargetsArgs};

/// `runyard ls`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  runyard ls -s failed                       what went wrong
  runyard ls 'digits*' --where 'lr < 0.1'    by name and parameter
  runyard ls --json | jq -r '.tasks[].id.task'")]
pub struct ListArgs {
    /// Names of tasks, their beginnings, or patterns such as 'digits*'.
    #[arg(value_name = "TASK")]
    pub targets: Vec<String>,
    #[command(flatten)]
    pub filter: FilterArgs,
    /// The removed ones instead; only names and patterns count then.
    #[arg(long)]
    pub trash: bool,
    /// Show it again whenever something has changed.
    #[arg(long, short = 'w', conflicts_with = "trash")]
    pub watch: bool,
    /// At most so many, newest first; 0 means all.
    #[arg(long, short = 'n', value_name = "N", default_value_t = 100)]
    pub limit: u64,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `runyard show`
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// A task's name or its beginning; with @N one of its runs.
    #[arg(value_name = "TASK[@N]")]
    pub target: String,
    #[command(flatten)]
    pub project: ProjectArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `runyard log`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  runyard log digits_20261121-074500_1-of-3 -f      follow it to its end
  runyard log TASK@1 --tail 50                      the end of its first run
  runyard log TASK --raw > run.log                  the very bytes")]
pub struct LogArgs {
    /// A task's name or its beginning; with @N one of its runs (default: the latest that has begun).
    #[arg(value_name = "TASK[@N]")]
    pub target: String,
    /// Follow it until the run has ended; its outcome is the exit code.
    #[arg(long, short = 'f')]
    pub follow: bool,
    /// The run, as behind @.
    #[arg(long, value_name = "N")]
    pub run: Option<u32>,
    /// Only the last so many lines.
    #[arg(long, value_name = "N")]
    pub tail: Option<usize>,
    /// The bytes as the task wrote them, control codes included.
    #[arg(long)]
    pub raw: bool,
    /// Print the log's path instead.
    #[arg(long, conflicts_with_all = ["follow", "tail", "raw"])]
    pub path: bool,
    #[command(flatten)]
    pub project: ProjectArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `runyard wait`
#[derive(Debug, Args)]
#[command(after_help = "\
Ends with 0 if every task completed, with 1 if one did not or the time is over.
If nobody looks after the queue, a background process is left to do so.")]
pub struct WaitArgs {
    #[command(flatten)]
    pub targets: TargetsArgs,
    /// Give up after this long, e.g. 90s or 1h30m.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub timeout: Option<u64>,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `runyard cancel`, and other acts without options of their own.
#[derive(Clone, Debug, Args)]
pub struct ActArgs {
    #[command(flatten)]
    pub targets: TargetsArgs,
    /// Do not ask, however many there are.
    #[arg(long, short = 'y')]
    pub yes: bool,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `runyard rerun`
#[derive(Debug, Args)]
#[command(after_help = "\
Tasks that were created only get their first run. If nobody looks after the queue, a background process is left to do so.
Examples:
  runyard rerun --sweep digits_20261121-074500 -s failed,lost
  runyard rerun TASK --wait && runyard log TASK")]
pub struct RerunArgs {
    #[command(flatten)]
    pub act: ActArgs,
    /// Wait until they have ended.
    #[arg(long)]
    pub wait: bool,
}

/// How an export is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// Comma-separated values with a header.
    #[default]
    Csv,
    /// One JSON object.
    Json,
}

/// `runyard export`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  runyard export --sweep digits_20261121-074500 --metrics > runs.csv
  runyard export -s completed --config --format json -o runs.json")]
pub struct ExportArgs {
    /// Names of tasks, their beginnings, or patterns (default: all).
    #[arg(value_name = "TASK")]
    pub targets: Vec<String>,
    #[command(flatten)]
    pub filter: FilterArgs,
    /// How it is written.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: ExportFormat,
    /// All values of the configs, not only those that vary.
    #[arg(long)]
    pub config: bool,
    /// The newest value of each metric.
    #[arg(long)]
    pub metrics: bool,
    /// Into this file (default: standard output).
    #[arg(long, short = 'o', value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `runyard metrics`
#[derive(Debug, Args)]
pub struct MetricsArgs {
    /// A task's name or its beginning; with @N one of its runs (default: the latest that has begun).
    #[arg(value_name = "TASK[@N]")]
    pub target: String,
    /// Every row, as comma-separated values.
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
    #[command(flatten)]
    pub project: ProjectArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `runyard restore`
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// Names of removed tasks, or patterns; of several of one name, the one that was removed last.
    #[arg(value_name = "TASK")]
    pub targets: Vec<String>,
    /// Everything in the trash.
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub project: ProjectArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `runyard mv`
#[derive(Debug, Args)]
pub struct MoveArgs {
    /// A task's name or its beginning.
    #[arg(value_name = "TASK")]
    pub target: String,
    /// Its new name.
    #[arg(value_name = "NAME")]
    pub to: String,
    #[command(flatten)]
    pub project: ProjectArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `runyard trash`
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  runyard trash                              what was removed, last removed first
  runyard trash empty --older-than 30d       delete what was removed more than a month ago"
)]
pub struct TrashArgs {
    /// What to do; without it, the trash is listed.
    #[command(subcommand)]
    pub command: Option<TrashCommand>,
    /// Names of removed tasks, or patterns (default: all).
    #[arg(value_name = "TASK")]
    pub targets: Vec<String>,
    #[command(flatten)]
    pub project: ProjectArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// What can be done to the trash.
#[derive(Debug, Subcommand)]
pub enum TrashCommand {
    /// Delete removed tasks for good, with all their runs.
    Empty(EmptyArgs),
}

/// `runyard trash empty`
#[derive(Debug, Args)]
pub struct EmptyArgs {
    /// Names of removed tasks, or patterns (default: all).
    #[arg(value_name = "TASK")]
    pub targets: Vec<String>,
    /// Only what was removed longer ago than this, e.g. 30d.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub older_than: Option<u64>,
    /// Do not ask.
    #[arg(long, short = 'y')]
    pub yes: bool,
    #[command(flatten)]
    pub project: ProjectArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `runyard edit`
#[derive(Debug, Args)]
#[command(
    override_usage = "runyard edit [OPTIONS] <TASK> [-- <COMMAND>...]",
    after_help = "\
Examples:
  runyard edit TASK -c 'make data && python train.py'   another command, before it has started
  runyard edit TASK --cwd ../other -e SEED=3 -- ./train.sh
  runyard edit TASK --priority 5 --gpus 1               what it asks of the queue, from its next start on"
)]
pub struct EditArgs {
    /// A task's name or its beginning.
    #[arg(value_name = "TASK")]
    pub target: String,
    /// Another program and its arguments: no shell reads them.
    #[arg(value_name = "COMMAND", last = true)]
    pub words: Vec<String>,
    /// Another text for `sh -c`, run exactly as it stands.
    #[arg(
        short = 'c',
        long = "command",
        value_name = "TEXT",
        conflicts_with = "words",
        allow_hyphen_values = true
    )]
    pub text: Option<String>,
    /// Another folder to run in.
    #[arg(long, value_name = "FOLDER")]
    pub cwd: Option<PathBuf>,
    /// Set a variable, or hand on the one of this shell; may be repeated.
    #[arg(short = 'e', long = "env", value_name = "NAME[=VALUE]")]
    pub env: Vec<String>,
    /// Take away a variable of its own; may be repeated.
    #[arg(long, value_name = "NAME")]
    pub unset: Vec<String>,
    /// What it is for.
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// What it asks of the queue.
    #[command(flatten)]
    pub policy: PolicyArgs,
    /// How it is executed.
    #[command(flatten)]
    pub execution: ExecutionArgs,
    #[command(flatten)]
    pub project: ProjectArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `runyard label`
#[derive(Debug, Args)]
#[command(
    override_usage = "runyard label [OPTIONS] <TASK>... [+LABEL | -LABEL]...",
    after_help = "\
Examples:
  runyard label TASK +baseline               add one
  runyard label 'digits*' +good -bad         add one, take one away"
)]
pub struct LabelArgs {
    #[command(flatten)]
    pub act: ActArgs,
    /// Add this label, as +LABEL does; may be repeated.
    #[arg(long, value_name = "LABEL")]
    pub add: Vec<String>,
    /// Take this label away, as -LABEL does; may be repeated.
    #[arg(long, value_name = "LABEL")]
    pub remove: Vec<String>,
}

/// `runyard note`
#[derive(Debug, Args)]
#[command(after_help = "\
Without a text, the notes are opened in $VISUAL or $EDITOR on a terminal, and printed elsewhere.
Examples:
  runyard note TASK 'diverged after the warm-up'
  git log -1 | runyard note TASK -")]
pub struct NoteArgs {
    /// A task's name or its beginning.
    #[arg(value_name = "TASK")]
    pub target: String,
    /// A text to add; - takes standard input.
    #[arg(value_name = "TEXT")]
    pub text: Vec<String>,
    /// Put the text in place of what is there.
    #[arg(long, requires = "text")]
    pub replace: bool,
    /// Print the notes, also on a terminal.
    #[arg(long, conflicts_with = "text")]
    pub show: bool,
    #[command(flatten)]
    pub project: ProjectArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}
