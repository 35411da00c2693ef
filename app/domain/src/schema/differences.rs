//! What tells a static reading and the real parser apart.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// Everything in which two readings of one parser differ; empty if they agree.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Differences {
    /// Fields of arguments that both readings have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldDifference>,
    /// Arguments that only the static reading has: the real parser does not accept them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub only_static: Vec<ArgumentPlace>,
    /// Arguments that only the real parser has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub only_probe: Vec<ArgumentPlace>,
    /// Sub-commands, exclusive groups and other facts of the parser itself; `argument` is empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parser: Vec<FieldDifference>,
}

impl Differences {
    /// True if both readings say the same.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// One field in which the readings differ.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FieldDifference {
    /// The argument's `dest`, with its sub-command path before it: `train/lr`.
    pub argument: String,
    /// The field, as `inspect --json` names it: `default`, `choices`, …
    pub field: String,
    /// What was read from the source, as JSON of `inspect --json`.
    #[serde(rename = "static")]
    pub read: Json,
    /// What the real parser has.
    pub probe: Json,
    /// True if the static reading had left the field undecided: then it was not wrong.
    pub undecided: bool,
}

/// An argument that only one of the readings has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ArgumentPlace {
    /// The argument's `dest`, with its sub-command path before it: `train/lr`.
    pub argument: String,
    /// Its option strings; empty for a positional.
    pub flags: Vec<String>,
    /// The line of its definition, from 1; 0 if only the real parser has it.
    #[serde(skip_serializing_if = "is_zero")]
    pub line: u32,
    /// The condition under which the static reading says it exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conditional: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(line: &u32) -> bool {
    *line == 0
}
