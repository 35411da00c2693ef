//! What narrows or extends a sweep beside the fields: conditions, rows, variations, samples.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::config::{Key, Value};

use super::plan::Input;

/// Everything a person asked for: the texts of the fields, and the rest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SweepSpec {
    /// What was typed into the fields.
    pub inputs: Vec<Input>,
    /// What was set beside the fields.
    pub options: SweepOptions,
}

/// What narrows or extends a sweep beside the fields. Empty by default, and then it changes nothing.
///
/// JSON: every part may be left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SweepOptions {
    /// Expressions (`docs/EXPRESSIONS.md`); a point runs if all of them hold.
    #[serde(rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<String>,
    /// Points that do not run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<Exclusion>,
    /// A table: one axis, whose every row sets its keys.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<Assignments>,
    /// Axes of named variations, slowest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub variations: Vec<Vec<Variation>>,
    /// How sampled fields (`uniform(0, 1)`) are drawn.
    #[serde(skip_serializing_if = "Sample::is_default")]
    pub sample: Sample,
    /// What becomes of points that equal an earlier one.
    #[serde(skip_serializing_if = "Duplicates::is_default")]
    pub duplicates: Duplicates,
}

impl SweepOptions {
    /// True if nothing is set.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Keys with values, in order. A text is read as it would be in the key's field, without alternatives and ranges.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assignments(pub Vec<(Key, Value)>);

impl Serialize for Assignments {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

impl<'de> Deserialize<'de> for Assignments {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Map(entries) => Ok(Self(
                entries
                    .into_iter()
                    .map(|(key, value)| (Key::new(key), value))
                    .collect(),
            )),
            _ => Err(serde::de::Error::custom(
                "expected a map of keys and values",
            )),
        }
    }
}

/// Points that do not run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Exclusion {
    /// Those for which the expression holds.
    Expression(String),
    /// Those that have all of these values.
    Values(Assignments),
}

/// One variation of an axis.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Variation {
    /// Joined with the names of the other axes by `_`; `None` leaves the name as it is.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub name: Option<Value>,
    /// What it sets.
    pub values: Assignments,
}

/// What stands there, null included.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// The most samples of one sweep.
pub const MAX_SAMPLES: u64 = 1 << 32;

/// How sampled fields are drawn; all of them together are one axis of `count` points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sample {
    /// How many points.
    pub count: u64,
    /// The same seed draws the same points on every machine.
    pub seed: u64,
    /// How they are spread.
    pub method: SampleMethod,
}

impl Sample {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for Sample {
    fn default() -> Self {
        Self {
            count: 10,
            seed: 0,
            method: SampleMethod::Random,
        }
    }
}

/// How samples are spread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SampleMethod {
    /// Independently.
    #[default]
    Random,
    /// One in each of `count` equally likely strata of every field.
    LatinHypercube,
}

/// What becomes of points that equal an earlier one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duplicates {
    /// They do not run; the preview shows which point they equal.
    #[default]
    Drop,
    /// They run.
    Keep,
}

impl Duplicates {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
