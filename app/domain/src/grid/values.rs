//! The values of one key: single values and symbolic ranges, addressed by index.

use serde::Serialize;

use crate::config::Value;

use super::decimal::DecimalRange;

/// A run of values.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Segment {
    /// Written out.
    Each(Vec<Value>),
    /// Computed when asked for.
    Range(DecimalRange),
}

impl Segment {
    fn len(&self) -> u64 {
        match self {
            Self::Each(values) => values.len() as u64,
            Self::Range(range) => range.count,
        }
    }

    fn get(&self, index: u64) -> Option<Value> {
        match self {
            Self::Each(values) => values.get(usize::try_from(index).ok()?).cloned(),
            Self::Range(range) => range.get(index),
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
    pub(super) fn one(value: Value) -> Self {
        Self {
            segments: vec![Segment::Each(vec![value])],
        }
    }

    pub(super) fn push(&mut self, value: Value) {
        if let Some(Segment::Each(values)) = self.segments.last_mut() {
            values.push(value);
        } else {
            self.segments.push(Segment::Each(vec![value]));
        }
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

    /// The only segment, if it is a range.
    pub(super) fn is_lone_range(&self) -> bool {
        matches!(self.segments.as_slice(), [Segment::Range(_)])
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
            if !everything && matches!(segment, Segment::Range(_)) {
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

/// Equal for equal values, and for numbers that Python calls equal.
pub(super) fn fingerprint(value: &Value) -> String {
    match value {
        Value::Float(float) if float.fract() == 0.0 && float.abs() < 9.0e15 => {
            format!("{float:.0}").replace("-0", "0")
        }
        Value::Float(float) => format!("{float:?}"),
        Value::Int(int) => int.to_string(),
        Value::BigInt(digits) => digits.clone(),
        Value::Text(text) => format!("{text:?}"),
        Value::List(items) => format!(
            "[{}]",
            items.iter().map(fingerprint).collect::<Vec<_>>().join(",")
        ),
        other => format!("<{other}>"),
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
