//! Values that are set beside the fields: rows, variations, sections.

use crate::config::{Key, Value};
use crate::schema::Nargs;
use crate::schema::parameters::{Parameter, ScalarKind, python_str};

use super::derive;
use super::error::InputErrorKind;
use super::nearest;
use super::resolve::under;
use super::typing;
use super::values::Cell;
use super::words::Word;

/// What a key takes over from a typed value. A text is read as in the key's field, without alternatives and ranges; in a
/// text field it is exactly itself, but for references.
pub(super) fn assigned(parameter: &Parameter, value: &Value) -> Result<Cell, InputErrorKind> {
    let config = typing::from_config(parameter);
    let kind = parameter.kind;
    if let Value::Text(text) = value
        && derive::is_derived(text, config)
    {
        return Ok(Cell::Derived(value.clone()));
    }
    if *value == Value::Null && (kind.nullable || config || kind.scalar == ScalarKind::Any) {
        return Ok(Cell::Value(Value::Null));
    }
    if kind.scalar == ScalarKind::Any && config && (!kind.list || matches!(value, Value::List(_))) {
        return Ok(whole(value.clone()));
    }
    if !kind.list {
        return item(parameter, value).map(Cell::Value);
    }
    let items = match value {
        Value::List(items) => items.clone(),
        Value::Text(text) => {
            let chars: Vec<char> = text.chars().collect();
            return super::lists::read_list(
                parameter,
                &chars,
                super::syntax::trimmed(&chars, 0..chars.len()),
            )
            .map_err(|error| error.kind);
        }
        other => {
            return Err(InputErrorKind::NotList {
                text: other.to_string(),
            });
        }
    };
    if kind.nested {
        let lists = items.iter().map(|inner| match inner {
            Value::List(inner) => list(parameter, inner),
            other => Err(InputErrorKind::NotList {
                text: other.to_string(),
            }),
        });
        return Ok(whole(Value::List(lists.collect::<Result<_, _>>()?)));
    }
    list(parameter, &items).map(whole)
}

/// Derived if one of its texts is, in a config file.
fn whole(value: Value) -> Cell {
    let mut texts = Vec::new();
    super::resolve::collect_texts(&value, &mut texts);
    if texts.iter().any(|text| derive::is_derived(text, true)) {
        Cell::Derived(value)
    } else {
        Cell::Value(value)
    }
}

fn list(parameter: &Parameter, items: &[Value]) -> Result<Value, InputErrorKind> {
    let found = items.len() as u64;
    let expected = match parameter.kind.length {
        Some(Nargs::Count(count)) if u64::from(count) != found => Some(count.to_string()),
        Some(Nargs::OneOrMore | Nargs::Parser) if found == 0 => Some("+".to_owned()),
        _ => None,
    };
    if let Some(expected) = expected {
        return Err(InputErrorKind::ListLength { expected, found });
    }
    let items = items.iter().map(|value| item(parameter, value));
    items.collect::<Result<_, _>>().map(Value::List)
}

/// One value that is no list, of the parameter's kind.
fn item(parameter: &Parameter, value: &Value) -> Result<Value, InputErrorKind> {
    let text = value.to_string();
    let scalar = parameter.kind.scalar;
    let refused = || match scalar {
        ScalarKind::Int => InputErrorKind::NotInteger { text: text.clone() },
        ScalarKind::Float => InputErrorKind::NotNumber { text: text.clone() },
        ScalarKind::Bool => InputErrorKind::NotBoolean { text: text.clone() },
        ScalarKind::Count => InputErrorKind::NotCount { text: text.clone() },
        ScalarKind::Text | ScalarKind::Any => InputErrorKind::NotText { text: text.clone() },
    };
    let value = match (scalar, value) {
        (ScalarKind::Any, value) if !matches!(value, Value::Text(_)) => return Ok(value.clone()),
        (_, Value::Text(text)) => {
            let word = Word {
                text: text.clone(),
                quoted: scalar == ScalarKind::Text,
                at: 0..0,
            };
            return typing::whole(parameter, &word);
        }
        (ScalarKind::Bool, Value::Bool(_)) | (ScalarKind::Float, Value::Float(_)) => value.clone(),
        (ScalarKind::Int, Value::Int(_) | Value::BigInt(_)) => value.clone(),
        (ScalarKind::Count, Value::Int(int)) if *int >= 0 => value.clone(),
        (ScalarKind::Float, Value::Int(int)) => Value::Float(*int as f64),
        (ScalarKind::Float, Value::BigInt(digits)) => {
            digits.parse().map(Value::Float).map_err(|_| refused())?
        }
        (ScalarKind::Text, Value::Int(_) | Value::BigInt(_) | Value::Float(_) | Value::Bool(_)) => {
            Value::Text(python_str(value))
        }
        _ => return Err(refused()),
    };
    typing::check_choice(parameter, value)
}

/// A key that is set, or why it cannot be.
type Leaf = Result<(usize, Cell), (Key, InputErrorKind)>;

/// The leaves that a value under a key sets, as indices into the parameters. A map under a section sets what it names
/// and leaves the rest; `**section` is the same.
pub(super) fn leaves(parameters: &[&Parameter], key: &Key, value: &Value, into: &mut Vec<Leaf>) {
    let plain = key.as_str().strip_prefix("**").unwrap_or(key.as_str());
    let key = Key::new(plain);
    if let Some(index) = parameters.iter().position(|parameter| parameter.key == key) {
        into.push(match assigned(parameters[index], value) {
            Ok(cell) => Ok((index, cell)),
            Err(kind) => Err((key, kind)),
        });
        return;
    }
    let is_section = is_section(parameters, &key);
    match value {
        Value::Map(entries) if is_section => {
            for (name, value) in entries {
                let escaped = key.child(name);
                let known = parameters.iter().any(|parameter| {
                    parameter.key == escaped || under(parameter.key.as_str(), escaped.as_str())
                });
                let below = if known {
                    escaped
                } else {
                    Key::new(format!("{key}.{name}"))
                };
                leaves(parameters, &below, value, into);
            }
        }
        other if is_section => into.push(Err((
            key,
            InputErrorKind::NotMap {
                text: other.to_string(),
            },
        ))),
        _ => {
            let known = parameters.iter().map(|parameter| parameter.key.as_str());
            let nearest = nearest(key.as_str(), known);
            let kind = InputErrorKind::UnknownKey {
                key: key.to_string(),
                nearest,
            };
            into.push(Err((key, kind)));
        }
    }
}

/// True if keys stand under `key`.
pub(super) fn is_section(parameters: &[&Parameter], key: &Key) -> bool {
    parameters
        .iter()
        .any(|parameter| under(parameter.key.as_str(), key.as_str()))
}
