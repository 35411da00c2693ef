//! What can be wrong with an expression, and where.

use serde::{Deserialize, Serialize};

use super::parse::{MAX_CHARS, MAX_DEPTH};

/// What is wrong with an expression, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{kind}")]
pub struct ExprError {
    /// What is wrong.
    pub kind: ExprErrorKind,
    /// The first character concerned, counted in characters from 0.
    pub start: usize,
    /// The character after the last one concerned; equal to `start` where something is missing.
    pub end: usize,
}

impl ExprError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        self.kind.hint()
    }

    /// The expression with a line of carets under the place, for a terminal.
    pub fn marked(&self, expression: &str) -> String {
        let shown: String = expression
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let carets = "^".repeat(self.end.saturating_sub(self.start).max(1));
        format!("{shown}\n{}{carets}", " ".repeat(self.start))
    }
}

/// What is wrong with an expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ExprErrorKind {
    /// Nothing at all.
    #[error("the expression is empty")]
    Empty,
    /// More characters than are read.
    #[error("the expression has more than {MAX_CHARS} characters")]
    TooLong,
    /// Too many parentheses, lists or signs inside each other.
    #[error("the expression nests deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// A character without a meaning.
    #[error("`{character}` has no meaning here")]
    UnknownCharacter {
        /// The character.
        character: char,
    },
    /// A quoted text or key without its end.
    #[error("the quote {quote} is never closed")]
    UnclosedQuote {
        /// The opening quote.
        quote: char,
    },
    /// Digits that are no number.
    #[error("`{text}` is not a number")]
    NotANumber {
        /// What stands there.
        text: String,
    },
    /// Something else was needed.
    #[error("expected {expected}, found {found}")]
    Expected {
        /// What was needed.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// No key of this name.
    #[error("there is no `{name}`")]
    UnknownName {
        /// What stands there.
        name: String,
        /// The known key most like it.
        nearest: Option<String>,
    },
    /// No function of this name.
    #[error("there is no function `{name}`")]
    UnknownFunction {
        /// What stands there.
        name: String,
        /// The function most like it.
        nearest: Option<String>,
    },
    /// Too few or too many arguments.
    #[error("`{name}` takes {expected}, not {found}")]
    Arguments {
        /// The function.
        name: String,
        /// How many it takes, in words.
        expected: String,
        /// How many there are.
        found: usize,
    },
    /// A value of a kind that the operation does not take.
    #[error("{operation} takes {expected}, not {found}")]
    Operand {
        /// The operator or function.
        operation: String,
        /// What it takes.
        expected: String,
        /// What it got.
        found: String,
    },
    /// Values without an order between them.
    #[error("{left} and {right} have no order")]
    NoOrder {
        /// What stands on the left.
        left: String,
        /// What stands on the right.
        right: String,
    },
    /// A whole expression that is neither true nor false.
    #[error("the expression is {found}, not true or false")]
    NotACondition {
        /// What it is.
        found: String,
    },
    /// A text or list beyond every use.
    #[error("the result is too long")]
    ResultTooLong,
}

impl ExprErrorKind {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Empty => "write a condition such as `lr < 0.1`".to_owned(),
            Self::TooLong => "write several shorter conditions; all of them must hold".to_owned(),
            Self::TooDeep => "write several conditions, or fewer parentheses".to_owned(),
            Self::UnknownCharacter { character } => match character {
                '&' => "write `and`".to_owned(),
                '|' => "write `or`".to_owned(),
                '!' => "write `not`, or `!=` for unequal".to_owned(),
                '{' | '}' => "write a key without braces, e.g. `lr`".to_owned(),
                '$' | '@' | '#' | '?' | ';' | ':' | '\\' | '^' => {
                    "put texts in quotes, and unusual keys in backticks".to_owned()
                }
                _ => "put texts in quotes: `\"…\"`, and unusual keys in backticks".to_owned(),
            },
            Self::UnclosedQuote { quote } => format!("close it with {quote}"),
            Self::NotANumber { .. } => {
                "write a number such as `3`, `0.1` or `1e-3`, or a text in quotes".to_owned()
            }
            Self::Expected { .. } => "write for example `lr < 0.1 and seed in [1, 2]`".to_owned(),
            Self::UnknownName {
                nearest: Some(nearest),
                ..
            } => format!("did you mean `{nearest}`? a text goes in quotes"),
            Self::UnknownName { name, .. } => {
                format!("use one of the keys; the text is `\"{name}\"`")
            }
            Self::UnknownFunction {
                nearest: Some(nearest),
                ..
            } => format!("did you mean `{nearest}`?"),
            Self::UnknownFunction { .. } => {
                format!("the functions are {}", super::functions::NAMES.join(", "))
            }
            Self::Arguments { name, .. } => super::functions::usage(name),
            Self::Operand { expected, .. } if expected == "true or false" => {
                "write a comparison, e.g. `n != 0`".to_owned()
            }
            Self::Operand { expected, .. } => format!("give it {expected}"),
            Self::NoOrder { .. } => "compare numbers with numbers and texts with texts".to_owned(),
            Self::NotACondition { .. } => "add a comparison, e.g. `lr < 0.1`".to_owned(),
            Self::ResultTooLong => "join shorter texts".to_owned(),
        }
    }
}
