//! Why a probe saw no parser.

use std::path::PathBuf;

use domain::protocol::{Prevented, PreventedKind};

use super::ask::Raised;

/// Why a probe saw no parser. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The interpreter could not be started.
    #[error("could not start `{}`", python.display())]
    NotStarted {
        /// The interpreter.
        python: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The interpreter did not run the shim.
    #[error("`{}` could not run the probe{}", python.display(), colon(output))]
    NotPython {
        /// The interpreter.
        python: PathBuf,
        /// The last line it printed.
        output: String,
    },
    /// The script did not get there in time.
    #[error(
        "`{script}` did not read its command line within {secs} seconds{}",
        refused(prevented)
    )]
    TimedOut {
        /// The script's name.
        script: String,
        /// The limit.
        secs: u32,
        /// What it was not let do.
        prevented: Vec<Prevented>,
    },
    /// The answer was larger than any parser's.
    #[error("`{script}` has a parser that is too large to be told")]
    TooMuch {
        /// The script's name.
        script: String,
    },
    /// An exception ended the script first.
    #[error(
        "`{script}` failed before it read its command line: {}{}",
        words(error),
        refused(prevented)
    )]
    Raised {
        /// The script's name.
        script: String,
        /// The interpreter.
        python: PathBuf,
        /// The exception.
        #[expect(
            private_interfaces,
            reason = "told through `Display`, `hint` and `place` only"
        )]
        error: Box<Raised>,
        /// What it was not let do.
        prevented: Vec<Prevented>,
    },
    /// The script left by itself first.
    #[error(
        "`{script}` ended before it read its command line{}{}",
        colon(message),
        refused(prevented)
    )]
    Exited {
        /// The script's name.
        script: String,
        /// What it said.
        message: String,
        /// What it was not let do.
        prevented: Vec<Prevented>,
    },
    /// The script's process ended without a word.
    #[error("the process of `{script}` ended before the script read its command line{}{}", exit(*code), refused(prevented))]
    Vanished {
        /// The script's name.
        script: String,
        /// Its exit code.
        code: Option<i32>,
        /// What it was not let do.
        prevented: Vec<Prevented>,
    },
    /// The script ran to its end without a parser.
    #[error("`{script}` ran to its end without an `argparse` parser")]
    NoParser {
        /// The script's name.
        script: String,
    },
    /// The parser holds something that could not be told.
    #[error("`{script}`: {message}")]
    Unreadable {
        /// The script's name.
        script: String,
        /// Why.
        message: String,
    },
}

impl ProbeError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let behind =
            "move what it does there behind `parse_args`, or go on with the static reading";
        Some(match self {
            Self::NotStarted { .. } => {
                "set `python` in `_runyard_/settings.toml` or give `--python PATH`".to_owned()
            }
            Self::NotPython { .. } => {
                "the probe needs Python 3.8 or newer: give `--python PATH`".to_owned()
            }
            Self::TimedOut { .. } => {
                "give it more time (`--time-limit SECS`), or move slow work behind `parse_args`"
                    .to_owned()
            }
            Self::Raised { error, python, .. } if error.module.is_some() => format!(
                "install `{}` for `{}`, or give the interpreter that has it: `--python PATH`",
                error.module.as_deref().unwrap_or_default(),
                python.display()
            ),
            Self::Raised { prevented, .. }
            | Self::Exited { prevented, .. }
            | Self::Vanished { prevented, .. }
                if prevented.iter().any(|one| !one.pretended) =>
            {
                behind.to_owned()
            }
            Self::Raised { .. } => {
                "mend it, or give the arguments that the script needs to get that far behind `--`"
                    .to_owned()
            }
            Self::Exited { .. } | Self::Vanished { .. } => {
                "give the arguments that the script needs to get that far behind `--`".to_owned()
            }
            Self::NoParser { .. } => {
                "define the options with `argparse`, or give the parameters in a config file"
                    .to_owned()
            }
            Self::TooMuch { .. } | Self::Unreadable { .. } => return None,
        })
    }

    /// The script, or its own module in which it failed, relative to its folder; and the line there.
    pub fn place(&self) -> (Option<String>, Option<u32>) {
        match self {
            Self::Raised { error, script, .. } => (
                error.file.clone().or_else(|| Some(script.clone())),
                error.line,
            ),
            Self::TimedOut { script, .. }
            | Self::TooMuch { script }
            | Self::Exited { script, .. }
            | Self::Vanished { script, .. }
            | Self::NoParser { script }
            | Self::Unreadable { script, .. } => (Some(script.clone()), None),
            Self::NotStarted { .. } | Self::NotPython { .. } => (None, None),
        }
    }
}

fn words(error: &Raised) -> String {
    let place = match (&error.file, error.line) {
        (Some(file), Some(line)) => format!(" ({file}, line {line})"),
        _ => String::new(),
    };
    let message = error.message.lines().next().unwrap_or_default();
    format!("{}{}{place}", error.kind, colon(message))
}

fn colon(message: &str) -> String {
    if message.is_empty() {
        String::new()
    } else {
        format!(": {message}")
    }
}

fn exit(code: Option<i32>) -> String {
    code.map(|code| format!(" (exit code {code})"))
        .unwrap_or_default()
}

/// What was refused with an error: that may be why.
fn refused(prevented: &[Prevented]) -> String {
    let mut told: Vec<String> = prevented
        .iter()
        .filter(|one| !one.pretended)
        .map(|one| {
            let deed = match one.kind {
                PreventedKind::Write => "write",
                PreventedKind::Process => "start",
                PreventedKind::Network => "connect to",
                PreventedKind::Other => "do",
            };
            let line = one
                .line
                .map(|line| format!(" (line {line})"))
                .unwrap_or_default();
            format!("{deed} `{}`{line}", one.what)
        })
        .take(4)
        .collect();
    if told.len() == 4 {
        told.truncate(3);
        told.push("more".to_owned());
    }
    if told.is_empty() {
        String::new()
    } else {
        format!("; it was not let {}", told.join(", "))
    }
}
