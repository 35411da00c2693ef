//! Why a value cannot be written on a command line.

use crate::config::{Key, Value};
use crate::schema::parameters::Parameter;

/// Why a value cannot be written on a command line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{key}` ({flag}): {message}")]
pub struct ArgvError {
    /// The parameter.
    pub key: Key,
    /// Its option string, or its name if it is positional.
    pub flag: String,
    /// What is wrong, naming the value.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

impl ArgvError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(self.remedy.clone())
    }

    pub(super) fn of(parameter: &Parameter, problem: Problem) -> Self {
        let flag = parameter
            .flags
            .first()
            .cloned()
            .unwrap_or_else(|| parameter.key.to_string());
        let (message, remedy) = problem.texts();
        Self {
            key: parameter.key.clone(),
            flag,
            message,
            remedy,
        }
    }
}

/// What argparse cannot take.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Problem {
    /// A value that no flag of this kind sets.
    FlagOnlySets { value: Value, only: Value },
    /// A value that reads back as something else.
    NotAText { value: Value },
    /// A NUL character.
    Nul,
    /// Exactly `--`.
    TwoDashes,
    /// A word that looks like an option among others.
    LooksLikeAnOption { word: String },
    /// A list that does not begin with the default list.
    DefaultComesFirst { default: Value },
    /// A list without items.
    EmptyList,
    /// Fewer uses than the default already counts.
    BelowDefault { default: i64 },
    /// More uses than a command line should carry.
    TooManyUses,
    /// The number of items does not fit `nargs`.
    Length { nargs: String },
    /// `extend` without `nargs` takes texts apart.
    ExtendsLetters,
    /// Positional words that argparse would deal out differently.
    DealtDifferently,
    /// A list that would swallow the sub-command.
    SwallowsSubcommand,
    /// Something must come last, and cannot.
    CannotBeLast,
    /// Required, but its flag can only add to the default.
    MustAdd,
    /// No value for what must have one.
    Missing,
}

impl Problem {
    fn texts(self) -> (String, String) {
        let (message, remedy): (String, &str) = match self {
            Self::FlagOnlySets { value, only } => (
                format!("the value `{value}` cannot be written: the flag only sets `{only}`"),
                "reset it to its default",
            ),
            Self::NotAText { value } => (
                format!("the value `{value}` cannot be written as a word"),
                "leave it at its default, or type another value",
            ),
            Self::Nul => (
                "a NUL character cannot be passed on a command line".to_owned(),
                "remove it",
            ),
            Self::TwoDashes => (
                "argparse swallows the word `--`".to_owned(),
                "use another value",
            ),
            Self::LooksLikeAnOption { word } => (
                format!("argparse takes `{word}` for an option"),
                "use an item that does not begin with a dash",
            ),
            Self::DefaultComesFirst { default } => (
                format!("argparse always puts the default `{default}` first"),
                "begin the list with the default's items",
            ),
            Self::EmptyList => (
                "an empty list cannot be written".to_owned(),
                "reset it to its default, or add an item",
            ),
            Self::BelowDefault { default } => (
                format!("argparse counts up from the default `{default}`"),
                "use the default or a larger number",
            ),
            Self::TooManyUses => (
                "the flag would be repeated too often".to_owned(),
                "use a smaller number",
            ),
            Self::Length { nargs } => (
                format!("the number of items does not fit `nargs={nargs}`"),
                "give as many items as the script asks for",
            ),
            Self::ExtendsLetters => (
                "without `nargs`, `extend` takes texts apart into letters".to_owned(),
                "add `nargs=\"+\"` to the argument in the script",
            ),
            Self::DealtDifferently => (
                "argparse would give its words to another positional argument".to_owned(),
                "give the positional arguments before it a value too",
            ),
            Self::SwallowsSubcommand => (
                "its list would swallow the sub-command".to_owned(),
                "give another option of the same level a value too",
            ),
            Self::CannotBeLast => (
                "it must stand last on the command line, and cannot".to_owned(),
                "clear it, or what follows it",
            ),
            Self::MustAdd => (
                "the script requires it, and its flag can only add to the default".to_owned(),
                "add something to the default",
            ),
            Self::Missing => (
                "it is required and has no value".to_owned(),
                "give it a value",
            ),
        };
        (message, remedy.to_owned())
    }
}
