//! Where the values of a form's config come from.

use serde::{Deserialize, Serialize};

use crate::config::compose::{Told, Warning};

/// `GET /api/v1/experiments/{experiment}/config`; empty for a script with arguments of its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetConfigResponse {
    /// Every leaf in order: raw, resolved, who set it, what it replaced, what it was made from.
    pub keys: Vec<Told>,
    /// The files it was made from, in the order in which they were applied.
    pub files: Vec<String>,
    /// What may be a mistake in them.
    pub warnings: Vec<Warning>,
    /// Why references could not be resolved; the keys are then shown as written.
    pub problem: Option<super::ApiError>,
}
