//! One point of a grid: the values of one task.

use crate::config::interpolate::escape;
use crate::config::{Key, Value};

use super::Grid;

/// The values of one task: every active parameter that has a value, in the order of definition.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Point {
    /// The values.
    pub values: Vec<(Key, Value)>,
    /// The joined name of its variations.
    pub name: Option<String>,
    /// The keys whose values other keys decide, with what was typed: `runs/{lr}`.
    pub derived: Vec<(Key, Value)>,
}

impl Point {
    /// The value under `key`.
    pub fn get(&self, key: &Key) -> Option<&Value> {
        self.values
            .iter()
            .find(|(known, _)| known == key)
            .map(|(_, value)| value)
    }

    /// The values of the keys that vary in `grid`, in axis order.
    pub fn varied(&self, grid: &Grid) -> Vec<(Key, Value)> {
        grid.varied()
            .iter()
            .filter_map(|key| Some((key.clone(), self.get(key)?.clone())))
            .collect()
    }

    /// The values as nested maps: `train.lr` becomes `lr` inside `train`.
    ///
    /// Where a value already stands on the way (`train` has a value of its own), the rest of the dotted key stays one key.
    pub fn to_tree(&self) -> Value {
        let mut tree = Vec::new();
        for (key, value) in &self.values {
            insert(&mut tree, key, value.clone());
        }
        Value::Map(tree)
    }

    /// The same tree before references are resolved: derived values as they were typed, and every other text escaped, so
    /// that [`interpolate`](crate::config::interpolate::interpolate) makes [`Self::to_tree`] of it.
    pub fn to_raw_tree(&self) -> Value {
        let mut tree = Vec::new();
        for (key, value) in &self.values {
            let derived = self.derived.iter().find(|(derived, _)| derived == key);
            let raw = derived.map_or_else(|| escaped(value), |(_, raw)| raw.clone());
            insert(&mut tree, key, raw);
        }
        Value::Map(tree)
    }
}

/// The value with every text escaped.
pub(super) fn escaped(value: &Value) -> Value {
    match value {
        Value::Text(text) => Value::Text(escape(text)),
        Value::List(items) => Value::List(items.iter().map(escaped).collect()),
        Value::Map(entries) => Value::Map(
            entries
                .iter()
                .map(|(key, value)| (key.clone(), escaped(value)))
                .collect(),
        ),
        other => other.clone(),
    }
}

/// The value under a dotted key, wherever [`insert`] put it.
pub(super) fn find<'a>(tree: &'a Value, key: &Key) -> Option<&'a Value> {
    find_parts(tree, &key.parts())
}

fn find_parts<'a>(tree: &'a Value, parts: &[String]) -> Option<&'a Value> {
    let Value::Map(entries) = tree else {
        return None;
    };
    let whole = parts.join(".");
    if let Some((_, value)) = entries.iter().find(|(known, _)| *known == whole) {
        return Some(value);
    }
    let (head, rest) = parts.split_first()?;
    let (_, inner) = entries.iter().find(|(known, _)| known == head)?;
    find_parts(inner, rest)
}

/// Puts `value` under a dotted key.
pub(super) fn insert(entries: &mut Vec<(String, Value)>, key: &Key, value: Value) {
    insert_parts(entries, &key.parts(), value);
}

fn insert_parts(entries: &mut Vec<(String, Value)>, parts: &[String], value: Value) {
    let Some((head, rest)) = parts.split_first() else {
        return;
    };
    if rest.is_empty() {
        entries.push((head.clone(), value));
        return;
    }
    match entries.iter_mut().find(|(known, _)| known == head) {
        Some((_, Value::Map(inner))) => insert_parts(inner, rest, value),
        Some(_) => entries.push((parts.join("."), value)),
        None => {
            let mut inner = Vec::new();
            insert_parts(&mut inner, rest, value);
            entries.push((head.clone(), Value::Map(inner)));
        }
    }
}
