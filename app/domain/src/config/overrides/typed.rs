//! From the text of an override to a value of the right type.

use crate::config::interpolate::is_dynamic;
use crate::config::yaml_read::{Node, read};
use crate::config::yaml_scalar::resolve;
use crate::config::{Key, Value};
use crate::grid::converted;
use crate::schema::parameters::ScalarKind;

use super::error::{OverrideError, OverrideErrorKind};
use super::parse::Override;

/// The value of an override that is not swept.
///
/// It takes the type of the value it replaces: a text stays as typed, lists are read as `[a, b]` or `a,b` with the types
/// of the items that stand there, a section as `{key: value}`. `null` is null for every type. Where nothing or `null`
/// stands, and where a text stands that needs a variable or another key, the text is read as YAML. Quotes around the
/// whole text make it a text; `$VAR` and `{a.b}` are kept for later.
///
/// # Errors
/// [`OverrideErrorKind::WrongType`], [`OverrideErrorKind::NotReadable`] or [`OverrideErrorKind::IsSection`].
pub fn typed(given: &Override, existing: Option<&Value>) -> Result<Value, OverrideError> {
    convert(&given.key, given.text.trim(), &given.text, existing).map_err(|kind| OverrideError {
        key: Some(given.key.clone()),
        typed: given.typed.clone(),
        kind,
    })
}

fn convert(
    key: &Key,
    text: &str,
    whole: &str,
    existing: Option<&Value>,
) -> Result<Value, OverrideErrorKind> {
    if let Some(quoted) = in_quotes(text) {
        return Ok(Value::Text(quoted));
    }
    if matches!(text, "null" | "None") {
        return Ok(Value::Null);
    }
    let wrong = |wanted| OverrideErrorKind::WrongType {
        text: text.to_owned(),
        wanted,
    };
    match existing {
        Some(Value::Map(_)) if text.starts_with('{') && !is_dynamic(text) => flow(text, existing),
        Some(Value::Map(_)) if is_dynamic(text) => Ok(Value::Text(text.to_owned())),
        Some(Value::Map(_)) => Err(OverrideErrorKind::IsSection { key: key.clone() }),
        Some(Value::List(_)) if text.starts_with('[') => flow(text, existing),
        Some(Value::List(_)) if is_dynamic(text) && !text.contains(',') => {
            Ok(Value::Text(text.to_owned()))
        }
        Some(Value::List(items)) => by_commas(key, text, items),
        Some(Value::Text(known)) if !is_dynamic(known) => Ok(Value::Text(whole.to_owned())),
        _ if is_dynamic(text) => Ok(Value::Text(text.to_owned())),
        Some(Value::Bool(_)) => match text {
            "0" => Ok(Value::Bool(false)),
            "1" => Ok(Value::Bool(true)),
            _ => converted(ScalarKind::Bool, text).ok_or_else(|| wrong("true or false")),
        },
        Some(Value::Int(_) | Value::BigInt(_)) => {
            converted(ScalarKind::Int, text).ok_or_else(|| wrong("an integer"))
        }
        Some(Value::Float(_)) => {
            converted(ScalarKind::Float, text).ok_or_else(|| wrong("a number"))
        }
        None | Some(Value::Null | Value::Text(_)) => {
            if text.starts_with(['[', '{']) {
                flow(text, None)
            } else {
                Ok(match resolve(text) {
                    Value::Text(_) => Value::Text(whole.to_owned()),
                    value => value,
                })
            }
        }
    }
}

/// What stands inside quotes that enclose the whole text.
fn in_quotes(text: &str) -> Option<String> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let inside = text.strip_prefix(quote)?.strip_suffix(quote)?;
    (!inside.contains(quote)).then(|| inside.to_owned())
}

/// Items between commas; a comma after the last one ends it, and an empty text is an empty list.
fn by_commas(key: &Key, text: &str, known: &[Value]) -> Result<Value, OverrideErrorKind> {
    let text = text.strip_suffix(',').unwrap_or(text);
    if text.is_empty() {
        return Ok(Value::List(Vec::new()));
    }
    let parts: Vec<&str> = text.split(',').map(str::trim).collect();
    let like = |index: usize| like(known, index, parts.len());
    parts
        .iter()
        .enumerate()
        .map(|(index, part)| convert(key, part, part, like(index)))
        .collect::<Result<_, _>>()
        .map(Value::List)
}

/// The item whose type counts: the one at the same place in a list of the same length, else the first.
fn like(known: &[Value], index: usize, length: usize) -> Option<&Value> {
    if known.len() == length {
        known.get(index)
    } else {
        known.first()
    }
}

/// A list or a section in YAML's flow style.
fn flow(text: &str, existing: Option<&Value>) -> Result<Value, OverrideErrorKind> {
    let node = read(text).map_err(|error| OverrideErrorKind::NotReadable {
        message: error.message,
    })?;
    of_node(&node, existing)
}

fn of_node(node: &Node, existing: Option<&Value>) -> Result<Value, OverrideErrorKind> {
    match (node, existing) {
        (Node::Scalar(scalar), _) if !scalar.plain => Ok(Value::Text(scalar.text.clone())),
        (Node::Scalar(scalar), Some(Value::List(_) | Value::Map(_))) => Ok(resolve(&scalar.text)),
        (Node::Scalar(scalar), existing) => {
            convert(&Key::new(""), &scalar.text, &scalar.text, existing)
        }
        (Node::List(items, _), existing) => {
            let known: &[Value] = match existing {
                Some(Value::List(known)) => known,
                _ => &[],
            };
            items
                .iter()
                .enumerate()
                .map(|(index, item)| of_node(item, like(known, index, items.len())))
                .collect::<Result<_, _>>()
                .map(Value::List)
        }
        (Node::Map(entries, _), existing) => {
            let known: &[(String, Value)] = match existing {
                Some(Value::Map(known)) => known,
                _ => &[],
            };
            entries
                .iter()
                .map(|(key, node)| {
                    let known = known.iter().find(|(name, _)| *name == key.text);
                    Ok((
                        key.text.clone(),
                        of_node(node, known.map(|(_, value)| value))?,
                    ))
                })
                .collect::<Result<_, _>>()
                .map(Value::Map)
        }
    }
}
