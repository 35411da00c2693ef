//! What may be typed.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::environment;

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
    /// Open a script in the browser (the same as `runyard SCRIPT.py`).
    Ui(UiArgs),
    /// Run a sweep of a script from the terminal.
    Run(RunArgs),
    /// Show what scripts accept, read from their argparse definitions without running them.
    Inspect(InspectArgs),
    /// Run one run (used by Runyard itself).
    #[command(hide = true)]
    Supervise {
        /// The run's folder.
        run_dir: PathBuf,
    },
}

/// `runyard ui`
#[derive(Debug, Args)]
pub struct UiArgs {
    /// The script; without one, the project of this folder is opened.
    pub script: Option<PathBuf>,
    /// The port to serve on; without it, 8099 or the next free one. 0 takes any free one.
    #[arg(long)]
    pub port: Option<u16>,
    /// Do not open the browser.
    #[arg(long)]
    pub no_browser: bool,
    /// The interpreter that runs the script (default: `python` in settings.toml, or python3).
    #[arg(long)]
    pub python: Option<String>,
}

/// `runyard run`
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own on the command line"
)]
pub struct RunArgs {
    /// The script.
    pub script: PathBuf,
    /// Parameters as key=value, batch syntax included: lr='0.001 | 0.01' seed=1:5
    #[arg(value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
    /// The parser to use, if the script has several (see `runyard inspect`); it is remembered.
    #[arg(long, value_name = "N")]
    pub parser: Option<u32>,
    /// Show the points and commands; write nothing, run nothing.
    #[arg(long)]
    pub dry_run: bool,
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

/// Puts `ui` before a first word that names a file: `runyard train.py` is `runyard ui train.py`.
pub(super) fn with_default_command(words: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut words: Vec<OsString> = words.collect();
    if words.len() == 1 && environment::site_addr().is_some() {
        // A bare `cargo leptos serve` in this repository shows the example.
        words.extend(["ui", "examples/digits/train.py", "--no-browser"].map(OsString::from));
    }
    let is_file_name = |word: &str| {
        !word.starts_with('-') && (word.contains(['.', '/']) || PathBuf::from(word).is_file())
    };
    if words
        .get(1)
        .and_then(|word| word.to_str())
        .is_some_and(is_file_name)
    {
        words.insert(1, OsString::from("ui"));
    }
    words
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_sound_and_a_script_alone_means_ui() {
        Cli::command().debug_assert();
        let words = |text: &str| with_default_command(text.split(' ').map(OsString::from));
        assert_eq!(words("runyard train.py --port 1")[1], "ui");
        assert_eq!(words("runyard run train.py")[1], "run");
        assert_eq!(words("runyard --version")[1], "--version");
    }
}
