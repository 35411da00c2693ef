//! How a run is executed. What a task leaves open is decided by the project's settings.

use serde::{Deserialize, Serialize};

/// How a run is executed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Execution {
    /// What executes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub executor: Option<ExecutorName>,
    /// Where its output goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capture: Option<CaptureMode>,
    /// The signal that asks it to end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_signal: Option<StopSignal>,
    /// Seconds between that and SIGKILL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grace_period_secs: Option<u64>,
    /// -20 to 19; larger is kinder to others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nice: Option<i32>,
    /// The file mode creation mask, 0 to 0o777.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub umask: Option<u32>,
    /// Limits of its processes, as `ulimit` sets them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<ProcessLimit>,
    /// True: memory and processors of its resources are enforced with a control group, where one can be made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enforce: Option<bool>,
}

impl Execution {
    /// True if everything is left to the settings.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// What is out of its range, if anything is: the key below this, and the rule that it breaks.
    pub fn out_of_range(&self) -> Option<(&'static str, String)> {
        let within = |key, value: i64, from: i64, to: i64| {
            let is_outside = !(from..=to).contains(&value);
            is_outside.then(|| {
                (
                    key,
                    format!("`{key}` is {value}, and must be {from} to {to}"),
                )
            })
        };
        let (rows, columns) = match self.capture {
            Some(CaptureMode::Pty { rows, columns }) => (rows, columns),
            Some(CaptureMode::File | CaptureMode::Split) | None => (1, 1),
        };
        let grace = i64::try_from(self.grace_period_secs.unwrap_or(0)).unwrap_or(i64::MAX);
        within("nice", self.nice.unwrap_or(0).into(), -20, 19)
            .or_else(|| within("umask", self.umask.unwrap_or(0).into(), 0, 0o777))
            .or_else(|| within("grace_period_secs", grace, 0, 86_400))
            .or_else(|| within("capture.rows", rows.into(), 1, 1000))
            .or_else(|| within("capture.columns", columns.into(), 1, 1000))
            .or_else(|| self.unknown_limit())
    }

    fn unknown_limit(&self) -> Option<(&'static str, String)> {
        let is_unknown = |limit: &&ProcessLimit| !LIMITS.contains(&limit.name.as_str());
        let unknown = self.limits.iter().find(is_unknown)?;
        let message = format!(
            "`limits` knows no `{}`; there are {}",
            unknown.name,
            LIMITS.join(", ")
        );
        Some(("limits", message))
    }

    /// This, with what it leaves open taken from `defaults`.
    #[must_use]
    pub fn over(&self, defaults: &Self) -> Self {
        let limits = if self.limits.is_empty() {
            &defaults.limits
        } else {
            &self.limits
        };
        Self {
            executor: self.executor.clone().or_else(|| defaults.executor.clone()),
            capture: self.capture.or(defaults.capture),
            stop_signal: self.stop_signal.or(defaults.stop_signal),
            grace_period_secs: self.grace_period_secs.or(defaults.grace_period_secs),
            nice: self.nice.or(defaults.nice),
            umask: self.umask.or(defaults.umask),
            limits: limits.clone(),
            enforce: self.enforce.or(defaults.enforce),
        }
    }
}

/// The names of limits, as in limits.conf(5).
const LIMITS: [&str; 9] = [
    "as", "core", "cpu", "data", "fsize", "memlock", "nofile", "nproc", "stack",
];

/// What executes a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ExecutorName {
    /// A new process.
    #[default]
    Subprocess,
    /// The foreground of a terminal, for debuggers.
    Inline,
    /// A fork of an interpreter that has imported these modules.
    Fork {
        /// Imported before the first run, in order.
        modules: Vec<String>,
    },
}

/// Where the output of a run goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CaptureMode {
    /// Standard output and error are the log file itself: nothing is lost and the task never waits for us.
    #[default]
    File,
    /// Through two pipes, told apart in the log.
    Split,
    /// Through a terminal of this size, for programs that only draw for one.
    Pty {
        /// Lines, 1 to 1000.
        rows: u16,
        /// Columns, 1 to 1000.
        columns: u16,
    },
}

impl CaptureMode {
    /// A terminal of the usual size.
    pub const PTY: Self = Self::Pty {
        rows: 40,
        columns: 120,
    };

    /// As a command line says it: `file`, `split`, `pty` or `pty:ROWSxCOLUMNS`.
    pub fn word(self) -> String {
        match self {
            Self::File => "file".to_owned(),
            Self::Split => "split".to_owned(),
            Self::Pty { rows, columns } => format!("pty:{rows}x{columns}"),
        }
    }

    /// The mode of such a word; ranges are checked with the rest of an [`Execution`].
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "file" => Some(Self::File),
            "split" => Some(Self::Split),
            "pty" => Some(Self::PTY),
            _ => {
                let (rows, columns) = word.strip_prefix("pty:")?.split_once('x')?;
                Some(Self::Pty {
                    rows: rows.parse().ok()?,
                    columns: columns.parse().ok()?,
                })
            }
        }
    }
}

/// The signal that asks a run to end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopSignal {
    /// SIGTERM.
    #[default]
    Term,
    /// SIGINT, what Ctrl-C sends: Python raises `KeyboardInterrupt`.
    Int,
}

/// One limit of a process.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessLimit {
    /// As in limits.conf(5): `nofile`, `nproc`, `core`, `as`, `cpu`, `fsize`, `stack`, `memlock`, `data`.
    pub name: String,
    /// The limit in the unit of setrlimit(2); absent: unlimited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_system_takes_is_named_before_anything_starts() {
        let check = |change: &dyn Fn(&mut Execution)| {
            let mut execution = Execution::default();
            change(&mut execution);
            execution.out_of_range().map(|(key, _)| key)
        };
        let limit = |name: &str| ProcessLimit {
            name: name.to_owned(),
            value: None,
        };
        assert_eq!(check(&|_| {}), None);
        assert_eq!(check(&|e| e.nice = Some(-20)), None);
        assert_eq!(check(&|e| e.nice = Some(20)), Some("nice"));
        assert_eq!(check(&|e| e.umask = Some(0o777)), None);
        assert_eq!(check(&|e| e.umask = Some(0o1000)), Some("umask"));
        assert_eq!(check(&|e| e.limits = LIMITS.map(limit).to_vec()), None);
        assert_eq!(check(&|e| e.limits = vec![limit("colour")]), Some("limits"));
        let pty = |rows, columns| Some(CaptureMode::Pty { rows, columns });
        assert_eq!(check(&|e| e.capture = pty(0, 80)), Some("capture.rows"));
        assert_eq!(
            check(&|e| e.capture = pty(24, 1001)),
            Some("capture.columns")
        );
        assert_eq!(check(&|e| e.capture = pty(1000, 1)), None);
    }
}
