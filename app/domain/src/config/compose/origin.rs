//! Where a value comes from.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::config::interpolate::Reference;
use crate::config::{Place, Value};

/// Who gave a key its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetBy {
    /// A line of a file.
    File {
        /// As messages name it.
        file: String,
        /// Where the key stands, from 1.
        line: u32,
        /// From 1, in characters.
        column: u32,
    },
    /// Words of a command line, as typed.
    Flag {
        /// `--lr 0.1`
        flag: String,
    },
    /// Something that has no lines, such as the defaults of a script.
    Base {
        /// Its name.
        name: String,
    },
}

impl SetBy {
    pub(super) fn file(file: &str, at: Place) -> Self {
        Self::File {
            file: file.to_owned(),
            line: at.line,
            column: at.column,
        }
    }
}

/// `base.yaml line 3`, `--lr 0.1 on the command line`.
impl fmt::Display for SetBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, line, .. } => write!(f, "{file} line {line}"),
            Self::Flag { flag } => write!(f, "{flag} on the command line"),
            Self::Base { name } => f.write_str(name),
        }
    }
}

/// A value that another one took the place of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Replaced {
    /// The value that stood there, not resolved.
    pub value: Value,
    /// Who had set it.
    pub set_by: SetBy,
}

/// The story of one value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// Who set it.
    pub set_by: SetBy,
    /// What it replaced, the latest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaced: Vec<Replaced>,
    /// What it was made from, if it is an interpolated text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<Reference>,
}
