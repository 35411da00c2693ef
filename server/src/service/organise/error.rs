//! What can go wrong while tasks are put in order.

use domain::labels::LabelError;
use domain::names::NameError;
use domain::protocol::ErrorCode;

/// Why it was not done. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrganiseError {
    /// The new name cannot be that of a task.
    #[error("the task's name `{name}` cannot be used: {source}")]
    Name {
        /// What was typed.
        name: String,
        /// Why.
        source: NameError,
    },
    /// The new name is taken.
    #[error("there is a task `{0}` already")]
    Taken(String),
    /// The task waits or runs, as the sentence says.
    #[error("{0}")]
    Active(String),
    /// The task has started once, as the sentence says: its command stays.
    #[error("{0}")]
    Started(String),
    /// The task's command is made of parameters.
    #[error("the command of `{0}` follows from its parameters")]
    NoCommand(String),
    /// A label cannot be one.
    #[error("`{label}`: {source}")]
    Label {
        /// What was typed.
        label: String,
        /// Why.
        source: LabelError,
    },
    /// A number or a text is out of its range.
    #[error("`{key}` {message}")]
    OutOfRange {
        /// The field.
        key: &'static str,
        /// What it must be.
        message: &'static str,
    },
    /// Somebody else has changed the notes meanwhile.
    #[error("the notes of `{0}` have changed since they were read")]
    NotesChanged(String),
    /// The notes are too long.
    #[error("the notes have {0} bytes, more than 1 MiB")]
    NotesTooLong(usize),
}

impl OrganiseError {
    /// The code for programs.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Name { .. } | Self::Label { .. } | Self::OutOfRange { .. } => {
                ErrorCode::InvalidInput
            }
            Self::Taken(_)
            | Self::Active(_)
            | Self::Started(_)
            | Self::NoCommand(_)
            | Self::NotesChanged(_) => ErrorCode::Conflict,
            Self::NotesTooLong(_) => ErrorCode::TooLarge,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Name { source, .. } => source.hint(),
            Self::Taken(_) => Some("choose another name".to_owned()),
            Self::Active(_) => Some("cancel it, or wait until it has ended".to_owned()),
            Self::Started(_) => Some(
                "a command can be changed before its first run; submit the other one with `runyard exec`".to_owned(),
            ),
            Self::NoCommand(_) => Some(
                "other values are another task: submit it from the Generator (Duplicate) or with `runyard run`".to_owned(),
            ),
            Self::Label { .. } => {
                Some("a label has 1 to 64 characters, without commas and line breaks".to_owned())
            }
            Self::OutOfRange { .. } => None,
            Self::NotesChanged(_) => {
                Some("read them again and put your change into the newer text".to_owned())
            }
            Self::NotesTooLong(_) => {
                Some("keep long texts in a file of their own and name it here".to_owned())
            }
        }
    }

    /// The field it is about.
    pub fn key(&self) -> Option<String> {
        match self {
            Self::Name { .. } | Self::Taken(_) => Some("to".to_owned()),
            Self::Label { .. } => Some("add_labels".to_owned()),
            Self::OutOfRange { key, .. } => Some((*key).to_owned()),
            _ => None,
        }
    }
}
