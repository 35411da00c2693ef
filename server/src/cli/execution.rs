//! What a command line says about how runs are executed: the same words for every command that makes tasks.

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, ValueEnum};
use domain::queue::{CaptureMode, Execution, ExecutorName, StopSignal};

use super::arguments::Cli;
use super::policy::duration;

/// Words about how runs are executed.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Execution")]
pub struct ExecutionArgs {
    /// What executes the runs.
    #[arg(
        long,
        value_name = "NAME",
        help = "What executes the runs (default: `executor` under [run] in settings.toml)"
    )]
    pub executor: Option<ExecutorWord>,
    /// Fork the runs from an interpreter that has imported these modules, e.g. numpy,sklearn.
    #[arg(long, value_name = "MODULES", value_delimiter = ',', value_parser = module)]
    pub warm: Vec<String>,
    /// Where the output goes: file, split, pty or pty:ROWSxCOLUMNS.
    #[arg(
        long,
        value_name = "MODE",
        value_parser = capture,
        help = "Where the output goes: file, split, pty or pty:ROWSxCOLUMNS (default: `capture` under [run] in settings.toml)"
    )]
    pub capture: Option<CaptureMode>,
    /// Run in the foreground of this terminal, for debuggers: the same as --executor inline.
    #[arg(long, conflicts_with_all = ["executor", "warm"])]
    pub inline: bool,
    /// The signal that asks a run to end.
    #[arg(long, value_name = "SIGNAL")]
    pub stop_signal: Option<StopWord>,
    /// How long a run has between that signal and its kill, e.g. 30s.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub grace: Option<u64>,
    /// -20 to 19; larger is kinder to others.
    #[arg(long, value_name = "N", allow_negative_numbers = true,
        value_parser = clap::value_parser!(i32).range(-20..=19))]
    pub nice: Option<i32>,
    /// Keep runs to the memory and the processors that they ask for, with a control group.
    #[arg(long)]
    pub enforce: bool,
}

/// The words of [`StopSignal`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StopWord {
    /// SIGTERM.
    Term,
    /// SIGINT: `KeyboardInterrupt` in Python.
    Int,
}

/// The words of [`ExecutorName`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExecutorWord {
    /// A new process each.
    Subprocess,
    /// The foreground of this terminal, one run after the other.
    Inline,
    /// Forks of a warm interpreter.
    Fork,
}

impl ExecutionArgs {
    /// How the tasks' runs are executed; what is not said is left to the settings.
    ///
    /// # Errors
    /// The words contradict each other.
    pub fn execution(&self) -> Result<Execution, clap::Error> {
        let executor = match self.executor {
            _ if self.inline => Some(ExecutorName::Inline),
            Some(ExecutorWord::Fork) => Some(self.fork()),
            None if !self.warm.is_empty() => Some(self.fork()),
            Some(_) if !self.warm.is_empty() => {
                return Err(Cli::command().error(
                    ErrorKind::ArgumentConflict,
                    "`--warm` is for the executor `fork`: only an interpreter that stays can be warm",
                ));
            }
            Some(ExecutorWord::Subprocess) => Some(ExecutorName::Subprocess),
            Some(ExecutorWord::Inline) => Some(ExecutorName::Inline),
            None => None,
        };
        Ok(Execution {
            executor,
            capture: self.capture,
            stop_signal: self.stop_signal.map(|word| match word {
                StopWord::Term => StopSignal::Term,
                StopWord::Int => StopSignal::Int,
            }),
            // Half a second of grace is not none.
            grace_period_secs: self.grace.map(|ms| ms.div_ceil(1000)),
            nice: self.nice,
            enforce: self.enforce.then_some(true),
            ..Execution::default()
        })
    }

    fn fork(&self) -> ExecutorName {
        ExecutorName::Fork {
            modules: self.warm.clone(),
        }
    }
}

fn capture(text: &str) -> Result<CaptureMode, String> {
    let mode = CaptureMode::parse(text);
    let is_usable = |mode: &CaptureMode| {
        let execution = Execution {
            capture: Some(*mode),
            ..Execution::default()
        };
        execution.out_of_range().is_none()
    };
    mode.filter(is_usable).ok_or_else(|| {
        "write `file`, `split`, `pty`, or a terminal of 1 to 1000 rows and columns such as `pty:40x120`"
            .to_owned()
    })
}

/// A dotted name.
fn module(text: &str) -> Result<String, String> {
    let name = text.trim();
    let is_word = |part: &str| {
        !part.is_empty()
            && !part.starts_with(|c: char| c.is_ascii_digit())
            && part.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    if name.split('.').all(is_word) {
        Ok(name.to_owned())
    } else {
        Err("a module is named as in an import statement, e.g. `sklearn.linear_model`".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::arguments::Command;

    fn execution(words: &[&str]) -> Result<Execution, String> {
        let words = ["runyard", "run", "x.py"].iter().chain(words);
        let cli = Cli::try_parse_from(words).map_err(|error| error.to_string())?;
        let Command::Run(args) = cli.command else {
            panic!("not a run");
        };
        args.execution
            .execution()
            .map_err(|error| error.to_string())
    }

    fn parsed(words: &[&str]) -> Result<Option<ExecutorName>, String> {
        execution(words).map(|execution| execution.executor)
    }

    #[test]
    fn how_a_run_is_executed_can_be_said_and_is_left_to_the_settings_otherwise() {
        assert_eq!(execution(&[]), Ok(Execution::default()));
        let words = "--capture pty:30x90 --stop-signal int --grace 1500ms --nice -5 --enforce";
        let said = Execution {
            capture: Some(CaptureMode::Pty {
                rows: 30,
                columns: 90,
            }),
            stop_signal: Some(StopSignal::Int),
            grace_period_secs: Some(2),
            nice: Some(-5),
            enforce: Some(true),
            ..Execution::default()
        };
        let words: Vec<&str> = words.split(' ').collect();
        assert_eq!(execution(&words), Ok(said));
        for mode in ["", "tty", "pty:", "pty:30", "pty:-1x5", "file:1x1"] {
            assert!(execution(&["--capture", mode]).is_err(), "{mode:?}");
        }
    }

    fn fork(modules: &[&str]) -> ExecutorName {
        ExecutorName::Fork {
            modules: modules.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    #[test]
    fn an_executor_is_named_or_follows_from_the_warm_modules() {
        assert_eq!(parsed(&[]), Ok(None), "left to the settings");
        assert_eq!(parsed(&["--inline"]), Ok(Some(ExecutorName::Inline)));
        assert_eq!(
            parsed(&["--executor", "subprocess"]),
            Ok(Some(ExecutorName::Subprocess))
        );
        assert_eq!(parsed(&["--executor", "fork"]), Ok(Some(fork(&[]))));
        assert_eq!(
            parsed(&["--warm", "numpy,sklearn.linear_model"]),
            Ok(Some(fork(&["numpy", "sklearn.linear_model"])))
        );
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let unknown = parsed(&["--executor", "forc"]).unwrap_err();
        assert!(
            unknown.contains("fork") && unknown.contains("subprocess"),
            "{unknown}"
        );
        let conflict = parsed(&["--executor", "subprocess", "--warm", "numpy"]).unwrap_err();
        assert!(conflict.contains("`fork`"), "{conflict}");
        for name in ["", "a b", "../x", "1a", "a..b"] {
            assert!(parsed(&["--warm", name]).is_err(), "{name:?}");
        }
    }
}
