//! From a value to the words that argparse converts back into it.

use crate::config::Value;
use crate::grid::{converted, same};
use crate::schema::parameters::{Kind, ScalarKind, python_str};
use crate::schema::{Argument, Decided};

use super::error::Problem;
use super::level::Level;

/// The word that gives one value.
pub(super) fn word(argument: &Argument, kind: Kind, value: &Value) -> Result<String, Problem> {
    let text = match value {
        // `bool("")` is False, and any other text is True.
        Value::Bool(false) if is_plain_bool(argument) => String::new(),
        Value::Null | Value::List(_) | Value::Map(_) => {
            return Err(Problem::NotAText {
                value: value.clone(),
            });
        }
        other => python_str(other),
    };
    let back = match kind.scalar {
        ScalarKind::Bool | ScalarKind::Any => None,
        scalar => converted(scalar, &text),
    };
    let reads_back = match kind.scalar {
        ScalarKind::Bool => matches!(value, Value::Bool(_)),
        ScalarKind::Any => true,
        _ => back.is_some_and(|back| same(&back, value)),
    };
    if !reads_back {
        return Err(Problem::NotAText {
            value: value.clone(),
        });
    }
    if text.contains('\0') {
        return Err(Problem::Nul);
    }
    if text == "--" {
        return Err(Problem::TwoDashes);
    }
    Ok(text)
}

fn is_plain_bool(argument: &Argument) -> bool {
    matches!(&argument.type_name, Decided::Known(Some(name)) if name == "bool")
}

/// The words of a list's items.
pub(super) fn words(
    argument: &Argument,
    kind: Kind,
    items: &[Value],
) -> Result<Vec<String>, Problem> {
    items
        .iter()
        .map(|item| word(argument, kind, item))
        .collect()
}

/// A spelling of a number that argparse cannot take for an option; the word itself if it is none already.
pub(super) fn plain_spelling(level: &Level, kind: Kind, word: String) -> Result<String, Problem> {
    if level.is_plain(&word) {
        return Ok(word);
    }
    if !matches!(kind.scalar, ScalarKind::Int | ScalarKind::Float) {
        return Err(Problem::LooksLikeAnOption { word });
    }
    // argparse knows no exponent in a negative number; Rust's `Display` writes none.
    let decimal = word
        .parse::<f64>()
        .ok()
        .filter(|number| number.is_finite())
        .map(|number| number.to_string());
    if let Some(decimal) = decimal.filter(|text| text.len() < 25 && level.is_plain(text)) {
        return Ok(decimal);
    }
    // `int(" -1")` and `float(" -inf")` are fine, and a word that begins with a space is never an option.
    Ok(format!(" {word}"))
}
