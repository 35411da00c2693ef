//! From the text of one alternative to a value of the schema's kind.

use std::cmp::Ordering;
use std::ops::Range;

use crate::config::Value;
use crate::schema::parameters::{Control, Parameter, ScalarKind, python_str};

use super::error::{InputError, InputErrorKind};
use super::syntax::error;
use super::values::Cell;
use super::words::Word;

/// What argparse makes of `text`; `None` if it would refuse it.
pub(crate) fn converted(scalar: ScalarKind, text: &str) -> Option<Value> {
    match scalar {
        ScalarKind::Int => python_int(text),
        ScalarKind::Count => python_int(text).filter(|value| !is_negative(value)),
        ScalarKind::Float => python_float(text).map(Value::Float),
        ScalarKind::Bool => boolean(text).map(Value::Bool),
        ScalarKind::Text | ScalarKind::Any => Some(Value::Text(text.to_owned())),
    }
}

fn is_negative(value: &Value) -> bool {
    match value {
        Value::Int(int) => *int < 0,
        Value::BigInt(digits) => digits.starts_with('-'),
        _ => false,
    }
}

/// The words that mean true or false, case ignored.
fn boolean(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "on" => Some(true),
        "false" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// Digits with single underscores between them, the underscores removed.
fn digits(text: &str) -> Option<String> {
    let fine = !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_digit() || b == b'_')
        && !text.starts_with('_')
        && !text.ends_with('_')
        && !text.contains("__");
    fine.then(|| text.replace('_', ""))
}

fn split_sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// Python refuses to convert longer ones.
const MAX_INT_DIGITS: usize = 4300;

/// `int(text)` in Python.
fn python_int(text: &str) -> Option<Value> {
    let (negative, unsigned) = split_sign(text.trim());
    let digits = digits(unsigned).filter(|digits| digits.len() <= MAX_INT_DIGITS)?;
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Some(Value::Int(0));
    }
    let signed = if negative {
        format!("-{digits}")
    } else {
        digits.to_owned()
    };
    Some(signed.parse().map_or(Value::BigInt(signed), Value::Int))
}

/// `float(text)` in Python.
fn python_float(text: &str) -> Option<f64> {
    let (negative, unsigned) = split_sign(text.trim());
    let sign = if negative { -1.0 } else { 1.0 };
    match unsigned.to_lowercase().as_str() {
        "inf" | "infinity" => return Some(sign * f64::INFINITY),
        "nan" => return Some(f64::NAN),
        _ => {}
    }
    let (number, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let part = |text: &str| {
        if text.is_empty() {
            Some(String::new())
        } else {
            digits(text)
        }
    };
    let mut plain = format!("{}.{}", part(whole)?, part(fraction)?);
    if let Some(exponent) = exponent {
        let (down, unsigned) = split_sign(exponent);
        plain = format!(
            "{plain}e{}{}",
            if down { "-" } else { "" },
            digits(unsigned)?
        );
    }
    let plain = if plain.starts_with('.') {
        format!("0{plain}")
    } else {
        plain
    };
    plain.parse::<f64>().ok().map(|value| sign * value)
}

/// Equality as Python has it between numbers; texts, booleans and null equal only themselves.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => {
            a.is_nan() == b.is_nan() && a.partial_cmp(b).is_none_or(Ordering::is_eq)
        }
        (Value::Int(int), Value::Float(float)) | (Value::Float(float), Value::Int(int)) => {
            float.fract() == 0.0 && format!("{float:.0}") == int.to_string()
        }
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (a, b) => a == b,
    }
}

/// True for the word of no value: `null`, as YAML writes it, or `None`, as a script does.
pub(super) fn is_null(parameter: &Parameter, word: &Word) -> bool {
    let other = if from_config(parameter) { "~" } else { "None" };
    !word.quoted && parameter.kind.nullable && (word.text == "null" || word.text == other)
}

/// True for a leaf of a config file: its texts are read as YAML reads them, and may name variables.
pub(super) fn from_config(parameter: &Parameter) -> bool {
    parameter.args.is_empty() && parameter.control != Control::Subcommand
}

/// True if a map or a list may be typed as one value.
pub(super) fn takes_flow(parameter: &Parameter) -> bool {
    from_config(parameter) && parameter.kind.scalar == ScalarKind::Any
}

/// A YAML map or list in one line.
pub(super) fn flow(chars: &[char], part: Range<usize>) -> Result<Cell, InputError> {
    let text: String = chars[part.clone()].iter().collect();
    let value = crate::config::yaml::from_yaml(&text).map_err(|problem| {
        let message = problem.message;
        error(InputErrorKind::NotYaml { message }, part)
    })?;
    let mut texts = Vec::new();
    super::resolve::collect_texts(&value, &mut texts);
    Ok(
        if texts
            .iter()
            .any(|text| super::derive::is_derived(text, true))
        {
            Cell::Derived(value)
        } else {
            Cell::Value(value)
        },
    )
}

/// Reads one value that is not an item of a list: `null` and the constant of a bare flag count.
pub(super) fn whole(parameter: &Parameter, word: &Word) -> Result<Value, InputErrorKind> {
    if is_null(parameter, word) {
        return Ok(Value::Null);
    }
    if let Some(constant) = &parameter.constant {
        let spelled = [constant.to_string(), python_str(constant)].contains(&word.text);
        if !word.quoted && spelled && !matches!(constant, Value::Null | Value::Text(_)) {
            return Ok(constant.clone());
        }
    }
    item(parameter, word)
}

/// Reads one value and enforces the choices.
pub(super) fn item(parameter: &Parameter, word: &Word) -> Result<Value, InputErrorKind> {
    let scalar = parameter.kind.scalar;
    let text = || word.text.clone();
    if scalar == ScalarKind::Any {
        return Ok(if from_config(parameter) && !word.quoted {
            crate::config::plain_scalar(&word.text)
        } else {
            unconverted(parameter, word)
        });
    }
    let value = converted(scalar, &word.text).ok_or_else(|| match scalar {
        ScalarKind::Int => InputErrorKind::NotInteger { text: text() },
        ScalarKind::Float => InputErrorKind::NotNumber { text: text() },
        ScalarKind::Count => InputErrorKind::NotCount { text: text() },
        _ => InputErrorKind::NotBoolean { text: text() },
    })?;
    check_choice(parameter, value)
}

/// The value itself, if it is one of the choices or there are none.
pub(super) fn check_choice(parameter: &Parameter, value: Value) -> Result<Value, InputErrorKind> {
    let choices = &parameter.choices;
    if choices.is_empty()
        || parameter.kind.scalar == ScalarKind::Any
        || choices.iter().any(|c| same(c, &value))
    {
        return Ok(value);
    }
    let text = value.to_string();
    let choices: Vec<String> = choices.iter().map(ToString::to_string).collect();
    let nearest = nearest(&text, choices.iter().map(String::as_str));
    Err(InputErrorKind::NotAChoice {
        text,
        choices,
        nearest,
    })
}

/// What an unknown converter takes. The text is kept as it is; where the default or a choice is a number or a boolean
/// that reads exactly so, it is that value, for the same command line comes of it.
fn unconverted(parameter: &Parameter, word: &Word) -> Value {
    let keep = Value::Text(word.text.clone());
    if word.quoted {
        return keep;
    }
    if let Some(choice) = parameter
        .choices
        .iter()
        .find(|c| python_str(c) == word.text)
    {
        return choice.clone();
    }
    let likes = match &parameter.default {
        Some(Value::List(items)) => items.first(),
        other => other.as_ref(),
    };
    let candidates = match likes {
        Some(Value::Int(_) | Value::BigInt(_) | Value::Float(_)) => {
            vec![
                converted(ScalarKind::Int, &word.text),
                converted(ScalarKind::Float, &word.text),
            ]
        }
        Some(Value::Bool(_)) => vec![converted(ScalarKind::Bool, &word.text)],
        _ => Vec::new(),
    };
    candidates
        .into_iter()
        .flatten()
        .find(|value| python_str(value) == word.text)
        .unwrap_or(keep)
}

/// The known word most like `word`, if any is like it at all: at most a third of its letters differ.
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let word: Vec<char> = word.to_lowercase().chars().take(64).collect();
    let limit = word.len().div_ceil(3);
    known
        .map(|candidate| {
            (
                distance(
                    &word,
                    &candidate
                        .to_lowercase()
                        .chars()
                        .take(64)
                        .collect::<Vec<_>>(),
                ),
                candidate,
            )
        })
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate.to_owned())
}

/// Levenshtein's distance.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
