//! All fields together: activity, required marks, exclusive groups, and the grid.

use serde::{Deserialize, Serialize};

use crate::config::{Key, Value};
use crate::schema::parameters::{Control, Parameter};

use super::error::{InputError, PlanError};
use super::expand::{AxisForm, Expanded, Expansion, expand};
use super::lazy::{Grid, Role, Slot};
use super::values::Values;

/// What a person typed for one parameter, batch syntax allowed. An empty text means "not given".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// The parameter.
    pub key: Key,
    /// The text.
    pub text: String,
}

/// What became of the inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// One report per parameter, in the order of definition.
    pub fields: Vec<FieldReport>,
    /// The grid; `None` exactly if a field or the plan has an error.
    pub grid: Option<Grid>,
    /// What is wrong with the fields taken together.
    pub errors: Vec<PlanError>,
}

/// What became of one field.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldReport {
    /// The parameter.
    pub key: Key,
    /// True if the field has values other than the default.
    pub changed: bool,
    /// False if it belongs to a sub-command that is not chosen.
    pub active: bool,
    /// What it expands to; `None` without a value or with an error.
    pub expansion: Option<Expansion>,
    /// What is wrong with its text.
    pub error: Option<InputError>,
}

/// Reads every input and joins them. Parameters without an input have their default.
pub fn plan(parameters: &[Parameter], inputs: &[Input]) -> Plan {
    let mut fields = Vec::with_capacity(parameters.len());
    let mut slots = Vec::new();
    let mut errors = Vec::new();
    for parameter in parameters {
        let text = inputs.iter().find(|input| input.key == parameter.key).map_or("", |input| input.text.trim());
        let read = if text.is_empty() { None } else { Some(expand(parameter, text)) };
        let active = parameter.control != Control::Subcommand && parameter.subcommand.is_empty();
        let mut report = FieldReport { key: parameter.key.clone(), changed: false, active, expansion: None, error: None };
        match read {
            Some(Ok(Expanded { values, form })) => {
                report.changed = values.get(0) != parameter.default || values.len() > 1;
                report.expansion = Some(Expanded { values: values.clone(), form }.summary());
                let role = match form {
                    AxisForm::Single => Role::Fixed,
                    AxisForm::Product | AxisForm::Range => Role::Product,
                    AxisForm::Zip => Role::Zip,
                };
                slots.push(Slot { key: parameter.key.clone(), role, values });
            }
            Some(Err(error)) => report.error = Some(error),
            None => match (&parameter.default, parameter.required) {
                (Some(value), _) => {
                    slots.push(Slot { key: parameter.key.clone(), role: Role::Fixed, values: Values::one(Value::clone(value)) });
                }
                (None, true) => errors.push(PlanError::MissingRequired { key: parameter.key.clone() }),
                (None, false) => {}
            },
        }
        fields.push(report);
    }
    let broken = !errors.is_empty() || fields.iter().any(|field| field.error.is_some());
    let grid = if broken { None } else { Grid::new(slots) };
    Plan { fields, grid, errors }
}
