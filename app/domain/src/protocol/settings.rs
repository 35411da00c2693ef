//! Bodies of `/api/v1/settings` and `/api/v1/phone`.
//!
//! A setting is named by its dotted key in `settings.toml`, and its value is JSON: a page that does not know a key leaves it
//! alone, and a new setting needs no new message.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// `GET /api/v1/settings`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetSettingsResponse {
    /// The file.
    pub path: String,
    /// What the file held when it was read; a change names it, so that nobody overwrites what they have not seen.
    pub revision: String,
    /// Every setting as the file has it, defaults included; sections are objects. Without the variables.
    pub values: serde_json::Value,
    /// The same as if there were no file.
    pub defaults: serde_json::Value,
    /// Variables that every run finds over the server's own, by name.
    pub variables: Vec<Variable>,
    /// Keys whose saved value counts only from the next start of this server.
    pub pending: Vec<String>,
    /// Keys that the command line of this server has set; what the file says of them counts without it.
    pub overridden: Vec<String>,
    /// Where other machines reach this server, without the token; empty unless it was started for that.
    pub addresses: Vec<String>,
    /// Why the file cannot be used, if somebody broke it; `values` are then those in force.
    pub problem: Option<super::ApiError>,
}

/// A variable of every run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value; absent if it is secret, for secrets are never shown again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// True if it is kept apart from the settings, in a file that only its owner can read.
    pub is_secret: bool,
}

/// `PUT /api/v1/settings`: all changes or none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PutSettingsRequest {
    /// [`GetSettingsResponse::revision`]; absent: whatever the file holds now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// What is to be different.
    pub changes: Vec<SettingChange>,
    /// Variables to set, a secret by being marked so.
    pub set_variables: Vec<Variable>,
    /// Names of variables to take away.
    pub remove_variables: Vec<String>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingChange {
    /// The dotted key, e.g. `snapshot.enabled`.
    pub key: String,
    /// What it is from now on; `null`: the default, and the line is taken out.
    pub value: serde_json::Value,
}

/// `GET /api/v1/settings/interpreters`: what was found on this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListInterpretersResponse {
    /// Those of the project first.
    pub interpreters: Vec<Interpreter>,
}

/// An interpreter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interpreter {
    /// What `python` in the settings is to be for it.
    pub path: String,
    /// Where it comes from.
    pub kind: InterpreterKind,
    /// The name of its environment, or of its program.
    pub name: String,
    /// E.g. `3.12.3`; absent if it does not run.
    pub version: Option<String>,
}

/// Where an interpreter comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InterpreterKind {
    /// A virtual environment.
    Venv,
    /// A virtual environment made by uv, or an interpreter that uv installed.
    Uv,
    /// An environment of conda, mamba or micromamba.
    Conda,
    /// Found in `PATH`.
    #[default]
    System,
}

/// `POST /api/v1/phone`: addresses for a machine that has no cookie yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PostPhoneResponse {
    /// One for each address of this machine.
    pub links: Vec<PhoneLink>,
    /// When they stop working; each works once.
    pub expires_at_ms: Timestamp,
}

/// An address with a ticket that is exchanged for the cookie.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhoneLink {
    /// The address.
    pub url: String,
    /// The modules of its QR code, row by row, `1` for dark, without a margin.
    pub modules: Vec<String>,
}
