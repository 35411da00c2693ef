//! What can be wrong with a batch file, each with its place.

use serde::{Deserialize, Serialize};

use crate::command::CommandError;
use crate::config::Place;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchError {
    /// Where.
    pub at: Place,
    /// The number of the entry it is in, from 1; absent: outside the entries, and nothing of the file can be run.
    pub entry: Option<u32>,
    /// The entry's name, as far as it could be read.
    pub name: Option<String>,
    /// The key it is about.
    pub key: Option<String>,
    /// What.
    pub fault: Fault,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Fault {
    /// The text is no TOML.
    #[error("{0}")]
    Syntax(String),
    /// A key that means nothing here.
    #[error("`{key}` is no key of {section}")]
    UnknownKey {
        /// The key.
        key: String,
        /// Whose.
        section: &'static str,
        /// The known key most like it.
        nearest: Option<String>,
    },
    /// Another type belongs there.
    #[error("`{key}` must be {wanted}, and is {found}")]
    Type {
        /// The key.
        key: String,
        /// A noun with its article.
        wanted: &'static str,
        /// A noun with its article.
        found: &'static str,
    },
    /// A number out of its range.
    #[error("`{key}` is {value}, and must be {range}")]
    Range {
        /// The key.
        key: String,
        /// What stands there.
        value: String,
        /// What may stand there.
        range: String,
    },
    /// A key that must be there is not.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// Nothing but space where a text must be.
    #[error("`{0}` is empty")]
    Empty(String),
    /// A text that cannot be used.
    #[error("`{key}` cannot be `{text}`: {reason}")]
    Text {
        /// The key.
        key: String,
        /// What stands there.
        text: String,
        /// Why not.
        reason: &'static str,
    },
    /// The command cannot be run.
    #[error("`command`: {0}")]
    Command(CommandError),
    /// Two keys that contradict each other.
    #[error("`gpu_count` is {count}, and `gpu_ids` names {ids}")]
    Devices {
        /// `gpu_count`
        count: u32,
        /// The number of ids.
        ids: usize,
    },
    /// Only a folder elsewhere can be gone on with.
    #[error("`resume` needs a base folder")]
    ResumeWithoutBase,
    /// The folder that is to be gone on with is not there.
    #[error("there is no folder `{0}` to resume")]
    ResumeMissing(String),
}

impl Fault {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::UnknownKey {
                nearest: Some(nearest),
                ..
            } => format!("did you mean `{nearest}`?"),
            Self::UnknownKey { .. } => "the keys stand in docs/BATCHES.md".to_owned(),
            Self::Command(error) => error.hint().to_owned(),
            Self::Devices { .. } => "leave one of them out".to_owned(),
            Self::ResumeWithoutBase => {
                "set `base_experiment_dir` in `[scheduler]`, or `base_dir` in the entry".to_owned()
            }
            Self::ResumeMissing(_) => {
                "`resume` is what stands behind `<name>_` in the folder's name, e.g. `2026-01-31__09-15-00`".to_owned()
            }
            _ => return None,
        })
    }
}

impl BatchError {
    /// The same for people and programs.
    pub fn to_problem(&self) -> BatchProblem {
        BatchProblem {
            entry: self.entry,
            name: self.name.clone(),
            key: self.key.clone(),
            line: self.at.line,
            column: self.at.column,
            message: self.fault.to_string(),
            hint: self.fault.hint(),
        }
    }
}

/// One thing that is wrong with a batch file, as the API tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BatchProblem {
    /// The number of the entry, from 1; absent: outside the entries, and nothing of the file was run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<u32>,
    /// Its name, as far as it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// A lowercase sentence.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl std::fmt::Display for BatchProblem {
    /// `line 3, column 1, experiment 2 ("x"): message`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)?;
        match (self.entry, &self.name) {
            (Some(entry), Some(name)) => write!(f, ", experiment {entry} ({name:?})")?,
            (Some(entry), None) => write!(f, ", experiment {entry}")?,
            _ => {}
        }
        write!(f, ": {}", self.message)
    }
}
