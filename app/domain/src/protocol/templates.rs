//! Templates: what was typed for an experiment, kept under a name.

use serde::{Deserialize, Serialize};

use crate::grid::{Input, SweepOptions};
use crate::time::Timestamp;

/// One template. It is complete by itself, so that a removed one can be put back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedTemplate {
    /// Its name, unique within the experiment.
    pub name: String,
    /// When it was saved last.
    pub saved_at_ms: Timestamp,
    /// What was typed, batch syntax included.
    pub inputs: Vec<Input>,
    /// What was set beside the fields.
    #[serde(default, skip_serializing_if = "SweepOptions::is_empty")]
    pub options: SweepOptions,
}

/// `GET /api/v1/experiments/{experiment}/templates`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListTemplatesResponse {
    /// All of them, by name.
    pub templates: Vec<SavedTemplate>,
    /// Files that could not be read, each with the reason; they are left as they are.
    pub damaged: Vec<String>,
}

/// `PUT /api/v1/experiments/{experiment}/templates/{name}`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PutTemplateRequest {
    /// What was typed, batch syntax included.
    pub inputs: Vec<Input>,
    /// What was set beside the fields.
    #[serde(default, skip_serializing_if = "SweepOptions::is_empty")]
    pub options: SweepOptions,
    /// True if a template of this name may be replaced; otherwise it is a conflict.
    #[serde(default)]
    pub overwrite: bool,
}

/// `POST /api/v1/experiments/{experiment}/templates/{name}/rename`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenameTemplateRequest {
    /// The new name; a conflict if there is one of that name.
    pub to: String,
}
