//! The functions of the language.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use crate::config::Value;

use super::arithmetic::{self, Problem};
use super::glob;

/// A function of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Len,
    Min,
    Max,
    Abs,
    Round,
    Lower,
    Upper,
    StartsWith,
    EndsWith,
    Contains,
    Matches,
}

/// Their names, for messages.
pub(super) const NAMES: [&str; 11] = [
    "len",
    "min",
    "max",
    "abs",
    "round",
    "lower",
    "upper",
    "startswith",
    "endswith",
    "contains",
    "matches",
];

const ALL: [Function; 11] = [
    Function::Len,
    Function::Min,
    Function::Max,
    Function::Abs,
    Function::Round,
    Function::Lower,
    Function::Upper,
    Function::StartsWith,
    Function::EndsWith,
    Function::Contains,
    Function::Matches,
];

/// An example of a call, as a remedy.
pub(super) fn usage(name: &str) -> String {
    let example = match Function::named(name) {
        Some(Function::Len) => "len(sizes)",
        Some(Function::Min) => "min(lr, 0.1)",
        Some(Function::Max) => "max(lr, 0.1)",
        Some(Function::Abs) => "abs(x)",
        Some(Function::Round) => "round(lr, 3)",
        Some(Function::Lower) => "lower(name)",
        Some(Function::Upper) => "upper(name)",
        Some(Function::StartsWith) => "startswith(name, \"a\")",
        Some(Function::EndsWith) => "endswith(name, \"a\")",
        Some(Function::Contains) => "contains(name, \"a\")",
        Some(Function::Matches) | None => "matches(name, \"a*\")",
    };
    format!("write for example `{example}`")
}

impl Function {
    pub(super) fn named(name: &str) -> Option<Self> {
        let index = NAMES.iter().position(|known| *known == name)?;
        ALL.get(index).copied()
    }

    pub(super) fn name(self) -> &'static str {
        ALL.iter()
            .position(|known| *known == self)
            .and_then(|index| NAMES.get(index).copied())
            .unwrap_or_default()
    }

    /// How many arguments it takes.
    pub(super) fn takes(self) -> RangeInclusive<usize> {
        match self {
            Self::Len | Self::Abs | Self::Lower | Self::Upper => 1..=1,
            Self::Round => 1..=2,
            Self::Min | Self::Max => 1..=usize::MAX,
            Self::StartsWith | Self::EndsWith | Self::Contains | Self::Matches => 2..=2,
        }
    }

    pub(super) fn takes_in_words(self) -> String {
        match self {
            Self::Min | Self::Max => "at least one value".to_owned(),
            Self::Round => "one or two values".to_owned(),
            _ if *self.takes().start() == 1 => "one value".to_owned(),
            _ => "two values".to_owned(),
        }
    }

    /// Calls it. Without a value (null) among the arguments there is no result: null.
    pub(super) fn call(self, arguments: &[Cow<'_, Value>]) -> Result<Value, Problem> {
        let mut arguments: Vec<&Value> = arguments.iter().map(Cow::as_ref).collect();
        if let (Self::Min | Self::Max, [Value::List(items)]) = (self, arguments.as_slice()) {
            arguments = items.iter().collect();
        }
        if arguments.contains(&&Value::Null) {
            return Ok(Value::Null);
        }
        let wrong = |expected: &str, found: &Value| {
            Problem::operand(&format!("`{}`", self.name()), expected, found)
        };
        let texts = || match arguments.as_slice() {
            [Value::Text(text), Value::Text(part)] => Ok((text.as_str(), part.as_str())),
            [Value::Text(_), other] | [other, ..] => Err(wrong("texts", other)),
            [] => Ok(("", "")),
        };
        match (self, arguments.as_slice()) {
            (Self::Len, [Value::Text(text)]) => Ok(count(text.chars().count())),
            (Self::Len, [Value::List(items)]) => Ok(count(items.len())),
            (Self::Len, [Value::Map(entries)]) => Ok(count(entries.len())),
            (Self::Len, [other, ..]) => Err(wrong("a text, a list or a map", other)),
            (Self::Min | Self::Max, _) => self.extreme(&arguments),
            (Self::Abs, [value, ..]) => {
                arithmetic::absolute(value).ok_or_else(|| wrong("a number", value))
            }
            (Self::Round, [value]) => {
                arithmetic::rounded(value, 0, true).ok_or_else(|| wrong("a number", value))
            }
            (Self::Round, [value, Value::Int(digits), ..]) => {
                arithmetic::rounded(value, *digits, false).ok_or_else(|| wrong("a number", value))
            }
            (Self::Round, [_, digits, ..]) => {
                Err(wrong("an integer as the number of digits", digits))
            }
            (Self::Lower, [Value::Text(text), ..]) => Ok(Value::Text(text.to_lowercase())),
            (Self::Upper, [Value::Text(text), ..]) => Ok(Value::Text(text.to_uppercase())),
            (Self::Lower | Self::Upper, [other, ..]) => Err(wrong("a text", other)),
            (Self::StartsWith, _) => {
                texts().map(|(text, part)| Value::Bool(text.starts_with(part)))
            }
            (Self::EndsWith, _) => texts().map(|(text, part)| Value::Bool(text.ends_with(part))),
            (Self::Matches, _) => {
                texts().map(|(text, pattern)| Value::Bool(glob::matches(pattern, text)))
            }
            (Self::Contains, [whole, part, ..]) => arithmetic::contains(whole, part)
                .map(Value::Bool)
                .ok_or_else(|| wrong("a text with a text, or a list", whole)),
            _ => Ok(Value::Null),
        }
    }

    fn extreme(self, values: &[&Value]) -> Result<Value, Problem> {
        let Some((first, rest)) = values.split_first() else {
            return Ok(Value::Null);
        };
        let mut best = *first;
        for value in rest {
            let order = arithmetic::order(value, best)?;
            let is_better = match self {
                Self::Min => order.is_some_and(std::cmp::Ordering::is_lt),
                _ => order.is_some_and(std::cmp::Ordering::is_gt),
            };
            if is_better {
                best = value;
            }
        }
        Ok(best.clone())
    }
}

fn count(count: usize) -> Value {
    Value::Int(i64::try_from(count).unwrap_or(i64::MAX))
}
