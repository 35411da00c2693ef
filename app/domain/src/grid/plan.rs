//! All fields together: activity, required marks, exclusive groups, and the grid.

use serde::{Deserialize, Serialize};

use crate::config::Key;
use crate::schema::parameters::Parameter;

use super::assemble::Assembly;
use super::checks;
use super::error::InputError;
use super::expand::Expansion;
use super::field::Field;
use super::lazy::Grid;
use super::options::{SweepOptions, SweepSpec};
use super::plan_error::PlanError;

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

/// [`plan_sweep`] without options.
pub fn plan(parameters: &[Parameter], inputs: &[Input]) -> Plan {
    plan_all(parameters, inputs, &SweepOptions::default())
}

/// Reads the fields and the options and joins them. Parameters without an input have their default.
///
/// Inputs under a sub-command that is not chosen are kept out of the grid; their reports say `active: false`. The key of
/// an input may also be that of a section, whose text is maps: `{name: adam, lr: 1e-3} | {name: sgd}`.
pub fn plan_sweep(parameters: &[Parameter], spec: &SweepSpec) -> Plan {
    plan_all(parameters, &spec.inputs, &spec.options)
}

fn plan_all(parameters: &[Parameter], inputs: &[Input], options: &SweepOptions) -> Plan {
    let mut errors = checks::check_keys(parameters, inputs);
    let mut read: Vec<Field<'_>> = parameters
        .iter()
        .map(|parameter| Field::read(parameter, inputs))
        .collect();
    let chosen = checks::chosen_path(&read, &mut errors);
    for field in &mut read {
        field.active = chosen.starts_with(&field.parameter.subcommand);
    }
    let active: Vec<&Field<'_>> = read.iter().filter(|field| field.active).collect();
    let assembly = Assembly::new(&active, inputs, options, &mut errors);
    for field in &active {
        let given = !field.text.is_empty() || field.parameter.default.is_some();
        if field.parameter.required && !given && !assembly.sets(&field.parameter.key) {
            errors.push(PlanError::MissingRequired {
                key: field.parameter.key.clone(),
            });
        }
    }
    checks::check_exclusive(&active, &|key| assembly.sets(key), &mut errors);
    let readable = active
        .iter()
        .all(|field| !matches!(field.expanded, Some(Err(_))));
    let mut grid = None;
    if readable && errors.is_empty() {
        match assembly.grid() {
            Ok(made) => grid = Some(made),
            Err(found) => errors.extend(found),
        }
    }
    Plan {
        fields: read
            .iter()
            .map(|field| field.report(options.sample))
            .collect(),
        grid,
        errors,
    }
}
