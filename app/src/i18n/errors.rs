//! Errors in the person's language: what went wrong, then what to do.

use domain::config::Key;
use domain::grid::{InputErrorKind, PlanError};
use domain::names::NameError;
use domain::protocol::ErrorCode;
use domain::run::Outcome;

use super::{domain_en, domain_zh, plan_zh};
use crate::client::ClientError;
use crate::preferences::Language;

/// An error as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    /// What went wrong, naming the thing.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) hint: Option<String>,
}

impl Shown {
    /// Both in one line.
    pub(crate) fn sentence(self) -> String {
        match self.hint {
            Some(hint) => format!("{} — {hint}", self.message),
            None => self.message,
        }
    }
}

/// What is wrong with one field's text.
pub(crate) fn input_error(language: Language, kind: &InputErrorKind) -> Shown {
    match language {
        Language::En => Shown {
            message: kind.to_string(),
            hint: kind.hint(),
        },
        Language::Zh => domain_zh::input_error(kind),
    }
}

/// What is wrong with texts taken together.
pub(crate) fn plan_error(language: Language, error: &PlanError) -> Shown {
    match language {
        Language::En => Shown {
            message: error.to_string(),
            hint: error.hint(),
        },
        Language::Zh => plan_zh::plan_error(error),
    }
}

/// True if the error is about this parameter.
pub(crate) fn concerns(error: &PlanError, key: &Key) -> bool {
    match error {
        PlanError::MissingRequired { key: about }
        | PlanError::SweptSubcommand { key: about }
        | PlanError::UnknownKey { key: about, .. }
        | PlanError::UnknownReference { key: about, .. }
        | PlanError::UnsetReference { key: about, .. }
        | PlanError::DerivedKind { key: about, .. }
        | PlanError::SetTwice { key: about, .. }
        | PlanError::Assigned { key: about, .. }
        | PlanError::Section { key: about, .. }
        | PlanError::DuplicateKey { key: about } => about == key,
        PlanError::ZipLengths { lengths, .. } => lengths.iter().any(|(about, _)| about == key),
        PlanError::ExclusiveGroup { keys } | PlanError::ExclusiveRequired { keys } => {
            keys.contains(key)
        }
        PlanError::DerivedCycle { keys } => keys.contains(key),
        PlanError::TooLarge
        | PlanError::Expression { .. }
        | PlanError::TooManyToCheck { .. }
        | PlanError::NothingLeft { .. }
        | PlanError::EmptyAxis { .. }
        | PlanError::SampleCount { .. } => false,
    }
}

/// Why a name cannot be used.
pub(crate) fn name_error(language: Language, error: &NameError) -> String {
    match language {
        Language::En => error.to_string(),
        Language::Zh => domain_zh::name_error(error),
    }
}

/// How a run ended, in words.
pub(crate) fn outcome(language: Language, outcome: &Outcome) -> String {
    match language {
        Language::En => domain_en::outcome(outcome),
        Language::Zh => domain_zh::outcome(outcome),
    }
}

/// Why a request has no result. The server's own words name the thing; they stand behind what the code means.
pub(crate) fn client_error(language: Language, error: &ClientError) -> Shown {
    let (unreachable, unreadable) = match language {
        Language::En => (domain_en::unreachable(), domain_en::unreadable()),
        Language::Zh => (domain_zh::unreachable(), domain_zh::unreadable()),
    };
    match error {
        ClientError::Unreachable => unreachable,
        ClientError::Unreadable(_) => unreadable,
        ClientError::Refused(error) => {
            let meaning: Option<Shown> = match (language, error.code) {
                (_, ErrorCode::Unknown) => None,
                (Language::En, code) => domain_en::code(code),
                (Language::Zh, code) => domain_zh::code(code),
            };
            let said = match &error.key {
                Some(key) if !error.message.contains(key.as_str()) => {
                    format!("`{key}`: {}", error.message)
                }
                _ => error.message.clone(),
            };
            match meaning {
                Some(Shown { message, hint }) => {
                    let separator = if language == Language::Zh {
                        "："
                    } else {
                        ": "
                    };
                    Shown {
                        message: format!("{message}{separator}{said}"),
                        hint: error.hint.clone().or(hint),
                    }
                }
                None => Shown {
                    message: said,
                    hint: error.hint.clone(),
                },
            }
        }
    }
}

#[cfg(test)]
#[path = "errors_tests.rs"]
mod tests;
