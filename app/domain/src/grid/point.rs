//! One point of a grid: the values of one task.

use crate::config::{Key, Value};

use super::Grid;

/// The values of one task: every active parameter that has a value, in the order of definition.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Point {
    /// The values.
    pub values: Vec<(Key, Value)>,
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
            insert(&mut tree, key.as_str(), value.clone());
        }
        Value::Map(tree)
    }
}

/// Puts `value` under a dotted key.
fn insert(entries: &mut Vec<(String, Value)>, dotted: &str, value: Value) {
    let Some((head, rest)) = dotted.split_once('.') else {
        entries.push((dotted.to_owned(), value));
        return;
    };
    match entries.iter_mut().find(|(known, _)| known == head) {
        Some((_, Value::Map(inner))) => insert(inner, rest, value),
        Some(_) => entries.push((dotted.to_owned(), value)),
        None => {
            let mut inner = Vec::new();
            insert(&mut inner, rest, value);
            entries.push((head.to_owned(), Value::Map(inner)));
        }
    }
}
