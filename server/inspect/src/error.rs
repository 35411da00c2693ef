//! Why a script could not be read.

use thiserror::Error;

/// A script that gives no schema. Each message names the script; the remedy is in [`ReadScriptError::hint`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ReadScriptError {
    /// The file is not a Python program.
    #[error("`{script}` is not valid Python: {message} (line {line}, column {column})")]
    Syntax {
        /// As given by the caller.
        script: String,
        /// From 1.
        line: u32,
        /// From 1, in characters.
        column: u32,
        /// The parser's own words.
        message: String,
    },
    /// No command line library is used at all.
    #[error("`{script}` has no command line parser")]
    NoParser {
        /// As given by the caller.
        script: String,
    },
    /// The command line is made by a library that is recognised but not read.
    #[error("`{script}` defines its command line with `{library}`, which cannot be read")]
    OtherLibrary {
        /// As given by the caller.
        script: String,
        /// The library's import name, e.g. `click`.
        library: String,
    },
}

impl ReadScriptError {
    /// The script, and where it is known the line and column, from 1.
    pub fn place(&self) -> (Option<String>, Option<u32>, Option<u32>) {
        match self {
            Self::Syntax {
                script,
                line,
                column,
                ..
            } => (Some(script.clone()), Some(*line), Some(*column)),
            Self::NoParser { script } | Self::OtherLibrary { script, .. } => {
                (Some(script.clone()), None, None)
            }
        }
    }

    /// What to do about it, as one sentence.
    pub fn hint(&self) -> String {
        match self {
            Self::Syntax { .. } => {
                "fix the script, or check that it is written for Python 3".to_owned()
            }
            Self::NoParser { .. } => {
                "define the options with `argparse`, or give the parameters in a config file"
                    .to_owned()
            }
            Self::OtherLibrary { library, .. } => {
                format!(
                    "a `{library}` script runs as a single task without options; to vary it, let it take its values from a config file (`RUNYARD_CONFIG`)"
                )
            }
        }
    }
}

/// Bytes that are not the text of a Python script.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// A byte that is not UTF-8 in a script that declares no other encoding.
    #[error("byte {offset} (line {line}) is not UTF-8")]
    NotUtf8 {
        /// Offset of the first wrong byte, from 0.
        offset: usize,
        /// Its line, from 1.
        line: u32,
    },
    /// A byte beyond ASCII in a script that declares `ascii`.
    #[error("byte {offset} (line {line}) is not ASCII, which the script's coding line declares")]
    NotAscii {
        /// Offset of the first wrong byte, from 0.
        offset: usize,
        /// Its line, from 1.
        line: u32,
    },
    /// A declared encoding that is not supported.
    #[error("the script declares the encoding `{name}`, which is not supported")]
    UnknownEncoding {
        /// As written in the coding line.
        name: String,
    },
    /// A NUL byte: Python refuses such a file.
    #[error("byte {offset} (line {line}) is NUL, so the file is not a Python script")]
    Nul {
        /// Offset of the byte, from 0.
        offset: usize,
        /// Its line, from 1.
        line: u32,
    },
}

impl DecodeError {
    /// The line of the wrong byte, from 1.
    pub fn line(&self) -> Option<u32> {
        match self {
            Self::NotUtf8 { line, .. } | Self::NotAscii { line, .. } | Self::Nul { line, .. } => {
                Some(*line)
            }
            Self::UnknownEncoding { .. } => None,
        }
    }

    /// What to do about it, as one sentence.
    pub fn hint(&self) -> String {
        match self {
            Self::NotUtf8 { .. } => {
                "save the script as UTF-8, or declare its encoding in the first line: `# -*- coding: latin-1 -*-`"
            }
            Self::NotAscii { .. } | Self::UnknownEncoding { .. } => {
                "save the script as UTF-8 and remove the coding line"
            }
            Self::Nul { .. } => "check that the path names a script",
        }
        .to_owned()
    }
}
