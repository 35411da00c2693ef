//! `merge(base, update)` as the Python API documents it.

use super::Value;

/// Why two maps could not be merged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// Only maps can be merged.
    #[error("only a map can be merged, and {what} is {found}")]
    NotAMap {
        /// `the base`, `the update`.
        what: &'static str,
        /// With its article: `a list`.
        found: &'static str,
    },
    /// `**key` needs a map to merge.
    #[error("`{key}` merges a map into `{target}`, and its value is {found}")]
    StarsWithoutMap {
        /// With its stars.
        key: String,
        /// Without.
        target: String,
        /// With its article: `a list`.
        found: &'static str,
    },
}

impl MergeError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotAMap { .. } => "give a map of keys to values".to_owned(),
            Self::StarsWithoutMap { target, .. } => {
                format!("write `{target}` without stars to replace the value")
            }
        })
    }
}

/// What a value is, with its article, for messages.
pub(crate) fn described(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Int(_) | Value::BigInt(_) => "an integer",
        Value::Float(_) => "a number",
        Value::Text(_) => "a text",
        Value::List(_) => "a list",
        Value::Map(_) => "a map",
    }
}

/// Applies the entries of `update` to `base`, in order.
///
/// `a.b` sets one value inside sections, which it makes where they are missing or no maps; `**a` merges its entries one
/// level into `a`; any other key replaces the whole value, maps and lists included. Keys inside the values are data: no
/// dots and no stars are read there. Neither argument is changed.
///
/// # Errors
/// [`MergeError`]; nothing is merged then.
pub fn merge(base: &Value, update: &Value) -> Result<Value, MergeError> {
    let not_a_map = |what, value| MergeError::NotAMap {
        what,
        found: described(value),
    };
    let Value::Map(entries) = base else {
        return Err(not_a_map("the base", base));
    };
    let Value::Map(updates) = update else {
        return Err(not_a_map("the update", update));
    };
    let mut merged = entries.clone();
    for (key, value) in updates {
        let Some(target) = key.strip_prefix("**") else {
            *slot(&mut merged, key) = value.clone();
            continue;
        };
        let Value::Map(inner) = value else {
            return Err(MergeError::StarsWithoutMap {
                key: key.clone(),
                target: target.to_owned(),
                found: described(value),
            });
        };
        let section = slot(&mut merged, target);
        let known = map_in(section);
        for (name, value) in inner {
            *entry(known, name) = value.clone();
        }
    }
    Ok(Value::Map(merged))
}

/// The place of a dotted key.
fn slot<'a>(entries: &'a mut Vec<(String, Value)>, dotted: &str) -> &'a mut Value {
    match dotted.split_once('.') {
        None => entry(entries, dotted),
        Some((head, rest)) => slot(map_in(entry(entries, head)), rest),
    }
}

/// The entries of a map; anything else becomes an empty one.
fn map_in(value: &mut Value) -> &mut Vec<(String, Value)> {
    if !matches!(value, Value::Map(_)) {
        *value = Value::Map(Vec::new());
    }
    match value {
        Value::Map(entries) => entries,
        _ => unreachable!("it was made a map above"),
    }
}

fn entry<'a>(entries: &'a mut Vec<(String, Value)>, name: &str) -> &'a mut Value {
    let known = entries.iter().position(|(known, _)| known == name);
    let index = known.unwrap_or_else(|| {
        entries.push((name.to_owned(), Value::Null));
        entries.len() - 1
    });
    &mut entries[index].1
}
