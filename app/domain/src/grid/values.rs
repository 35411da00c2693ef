//! The values of one key: single values and symbolic ranges, addressed by index.

use serde::Serialize;

use crate::config::Value;

use super::decimal::DecimalRange;
use super::spaced::Spaced;

/// A run of values.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Segment {
    /// Written out.
    Each(Vec<Value>),
    /// Computed when asked for.
    Range(DecimalRange),
    /// Computed when asked for.
    Spaced(Spaced),
    /// One value that other keys decide, as it was typed.
    Derived(Value),
}

/// One value, or how it is made.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Cell {
    /// The value.
    Value(Value),
    /// Texts with references to other keys in them, resolved point by point.
    Derived(Value),
    /// No value: the section was replaced by a map without this key.
    Unset,
}

impl Cell {
    /// The value, or the texts with their references.
    pub(super) fn into_value(self) -> Value {
        match self {
            Self::Value(value) | Self::Derived(value) => value,
            Self::Unset => Value::Null,
        }
    }
}

impl Segment {
    fn len(&self) -> u64 {
        match self {
            Self::Each(values) => values.len() as u64,
            Self::Range(range) => range.count,
            Self::Spaced(spaced) => spaced.count,
            Self::Derived(_) => 1,
        }
    }

    fn get(&self, index: u64) -> Option<Value> {
        match self {
            Self::Each(values) => values.get(usize::try_from(index).ok()?).cloned(),
            Self::Range(range) => range.get(index),
            Self::Spaced(spaced) => spaced.get(index),
            Self::Derived(value) => Some(value.clone()),
        }
    }
}

/// The most values that are compared with each other when looking for duplicates.
const COMPARED: u64 = 1 << 16;

/// The values of one key, in order.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Values {
    segments: Vec<Segment>,
}

impl Values {
    pub(super) fn push(&mut self, value: Value) {
        if let Some(Segment::Each(values)) = self.segments.last_mut() {
            values.push(value);
        } else {
            self.segments.push(Segment::Each(vec![value]));
        }
    }

    pub(super) fn push_cell(&mut self, cell: Cell) {
        match cell {
            Cell::Value(value) => self.push(value),
            Cell::Derived(value) => self.segments.push(Segment::Derived(value)),
            Cell::Unset => {}
        }
    }

    pub(super) fn push_spaced(&mut self, spaced: Spaced) {
        self.segments.push(Segment::Spaced(spaced));
    }

    /// The derived values among them.
    pub(super) fn derived(&self) -> impl Iterator<Item = &Value> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Derived(value) => Some(value),
            _ => None,
        })
    }

    pub(super) fn push_range(&mut self, range: DecimalRange) {
        self.segments.push(Segment::Range(range));
    }

    /// `None` if there are more than 2^64 - 1.
    pub(super) fn checked_len(&self) -> Option<u64> {
        self.segments
            .iter()
            .try_fold(0u64, |sum, segment| sum.checked_add(segment.len()))
    }

    /// How many there are. Only for values whose [`Self::checked_len`] is known to be there.
    pub(super) fn len(&self) -> u64 {
        self.checked_len().unwrap_or(u64::MAX)
    }

    pub(super) fn get(&self, mut index: u64) -> Option<Value> {
        for segment in &self.segments {
            let len = segment.len();
            if index < len {
                return segment.get(index);
            }
            index -= len;
        }
        None
    }

    /// The value at `index`, and whether other keys decide it.
    pub(super) fn cell(&self, mut index: u64) -> Option<Cell> {
        for segment in &self.segments {
            let len = segment.len();
            if index < len {
                return match segment {
                    Segment::Derived(value) => Some(Cell::Derived(value.clone())),
                    other => other.get(index).map(Cell::Value),
                };
            }
            index -= len;
        }
        None
    }

    /// True if the only segment is computed: such values are distinct.
    pub(super) fn is_lone_range(&self) -> bool {
        matches!(
            self.segments.as_slice(),
            [Segment::Range(_) | Segment::Spaced(_)]
        )
    }

    /// How many values equal an earlier one. A range alone has none; of a very long mixture only the written ones are compared.
    pub(super) fn duplicates(&self) -> u64 {
        if self.is_lone_range() || self.len() < 2 {
            return 0;
        }
        let mut seen = std::collections::HashSet::new();
        let mut duplicates = 0;
        let everything = self.len() <= COMPARED;
        for segment in &self.segments {
            if !everything && matches!(segment, Segment::Range(_) | Segment::Spaced(_)) {
                continue;
            }
            let values = (0..segment.len()).filter_map(|index| segment.get(index));
            duplicates += values
                .filter(|value| !seen.insert(fingerprint(value)))
                .count() as u64;
        }
        duplicates
    }
}

/// Equal exactly for equal values of equal type; NaN equals itself.
pub(super) fn fingerprint(value: &Value) -> String {
    let mut text = String::new();
    write_fingerprint(&mut text, value);
    text
}

fn write_fingerprint(out: &mut String, value: &Value) {
    match value {
        Value::Float(float) => out.push_str(&format!("f{:x}", float.to_bits())),
        Value::Text(text) => out.push_str(&format!("{text:?}")),
        Value::List(items) => {
            out.push('[');
            for item in items {
                write_fingerprint(out, item);
                out.push(',');
            }
            out.push(']');
        }
        Value::Map(entries) => {
            out.push('{');
            for (key, item) in entries {
                out.push_str(&format!("{key:?}:"));
                write_fingerprint(out, item);
                out.push(',');
            }
            out.push('}');
        }
        other => out.push_str(&other.to_string()),
    }
}

/// Two small hexadecimal digits per byte.
pub(super) fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}
