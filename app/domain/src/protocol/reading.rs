//! Where an experiment's schema comes from: the chosen parser, and the probe that asked the script itself.

use serde::{Deserialize, Serialize};

use crate::schema::{Differences, Origin};
use crate::time::Timestamp;

/// How the schema of an experiment was learned.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reading {
    /// `probe` if the schema in use is the real parser's, merged with the static reading.
    pub origin: Origin,
    /// The index in `parsers` of the parser in use.
    pub parser: u32,
    /// The parsers of the script: first the one that reads the command line, then the others. At least one.
    pub parsers: Vec<ParserChoice>,
    /// The last probe, even if the script has changed since or another parser was chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probe: Option<ProbeSummary>,
}

/// One parser of a script, to choose from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ParserChoice {
    /// What [`PutParserRequest`] takes.
    pub index: u32,
    /// Its description's first line, or its first options: `--lr, --seed, …`.
    pub label: String,
    /// The line of its first argument, from 1; 0 if it is not known.
    pub line: u32,
    /// How many arguments it has.
    pub arguments: u32,
}

/// What a probe found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProbeSummary {
    /// The words that the script was given.
    pub args: Vec<String>,
    /// The interpreter that ran it.
    pub python: String,
    /// When.
    pub at_ms: Timestamp,
    /// True if the script or a module of its project has changed since: the static reading is used then.
    pub outdated: bool,
    /// True if the script ended with `parse_known_args`, or did not get as far as reading its command line: later
    /// parsers of the script may accept more.
    pub partial: bool,
    /// How the static reading differs.
    pub differences: Differences,
    /// What the script tried before it read its command line and was not let do.
    pub prevented: Vec<Prevented>,
}

/// Something that a script tried while it was probed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prevented {
    /// What kind of thing.
    pub kind: PreventedKind,
    /// The path, the command or the address.
    pub what: String,
    /// The script's own file in which it stood, relative to the script's folder, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// True if the script was told that it had succeeded; else it got an error.
    pub pretended: bool,
}

/// What a probe does not let a script do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PreventedKind {
    /// Writing, creating, moving or removing files and folders.
    Write,
    /// Starting processes.
    Process,
    /// Connecting, listening, looking up names.
    Network,
    /// A kind of a newer server.
    #[serde(other)]
    Other,
}

/// `POST /api/v1/experiments/{experiment}/probe`: runs the script up to its command line and asks its real parser.
///
/// The answer is [`super::http::GetExperimentResponse`] with the merged schema. `DELETE` at the same address forgets
/// the probe and answers the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PostProbeRequest {
    /// Words for the script, one per item: for parsers that depend on flags chosen before.
    pub args: Vec<String>,
    /// Seconds the script may take: 1 to 600; absent: 60.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_limit_secs: Option<u32>,
}

/// `PUT /api/v1/experiments/{experiment}/parser`: uses another parser of the script. The answer is
/// [`super::http::GetExperimentResponse`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutParserRequest {
    /// The index in [`Reading::parsers`].
    pub index: u32,
}
