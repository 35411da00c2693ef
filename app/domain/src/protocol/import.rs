//! Import: the values of a config file as inputs of a form.

use serde::{Deserialize, Serialize};

use crate::config::Key;
use crate::grid::{Input, SweepOptions};

/// `POST /api/v1/experiments/{experiment}/import`: reads a file that a person dropped on the form. Nothing is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportRequest {
    /// The file's name; its ending tells the format: YAML, TOML or JSON.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// Every leaf of the file is in exactly one of `inputs`, `unchanged` and `unknown`, or has become an option.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImportResponse {
    /// Values of parameters that differ from their defaults, as they would be typed: batch syntax in the file works.
    pub inputs: Vec<Input>,
    /// Parameters whose value in the file is their default: an older input goes away.
    pub unchanged: Vec<Key>,
    /// What no parameter takes.
    pub unknown: Vec<UnknownEntry>,
    /// What the file sets beside the fields, if it does.
    pub options: Option<SweepOptions>,
}

/// An entry of the file that no parameter takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnknownEntry {
    /// Its dotted key.
    pub key: Key,
    /// Its value, as it would be typed.
    pub text: String,
    /// The parameter that is spelled most like it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nearest: Option<Key>,
}
