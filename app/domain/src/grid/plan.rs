//! All fields together: activity, required marks, exclusive groups, and the grid.

use serde::{Deserialize, Serialize};

use crate::config::{Key, Value};
use crate::schema::parameters::{Control, Parameter};

use super::error::{InputError, PlanError};
use super::expand::{AxisForm, Expanded, Expansion, expand};
use super::lazy::{Grid, Role, Slot};
use super::options::SweepSpec;
use super::typing::{nearest, same};
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

/// [`plan_sweep`] without options.
pub fn plan(parameters: &[Parameter], inputs: &[Input]) -> Plan {
    plan_inputs(parameters, inputs)
}

/// Reads the fields and the options and joins them. Parameters without an input have their default.
///
/// Inputs under a sub-command that is not chosen are kept out of the grid; their reports say `active: false`.
pub fn plan_sweep(parameters: &[Parameter], spec: &SweepSpec) -> Plan {
    let mut plan = plan_inputs(parameters, &spec.inputs);
    if !spec.options.is_empty() {
        plan.grid = None;
        plan.errors.push(PlanError::NoOptionsYet);
    }
    plan
}

/// Reads every input and joins them. Parameters without an input have their default.
///
/// Inputs under a sub-command that is not chosen are kept out of the grid; their reports say `active: false`.
fn plan_inputs(parameters: &[Parameter], inputs: &[Input]) -> Plan {
    let mut errors = check_keys(parameters, inputs);
    let mut read: Vec<Field<'_>> = parameters
        .iter()
        .map(|parameter| Field::read(parameter, inputs))
        .collect();
    let chosen = chosen_path(&read, &mut errors);
    for field in &mut read {
        field.active = chosen.starts_with(&field.parameter.subcommand);
    }
    let active: Vec<&Field<'_>> = read.iter().filter(|field| field.active).collect();
    for field in &active {
        let given = !field.text.is_empty() || field.parameter.default.is_some();
        if field.parameter.required && !given {
            errors.push(PlanError::MissingRequired {
                key: field.parameter.key.clone(),
            });
        }
    }
    check_exclusive(&active, &mut errors);
    check_zips(&active, &mut errors);
    let readable = active
        .iter()
        .all(|field| !matches!(field.expanded, Some(Err(_))));
    let mut grid = None;
    if readable && errors.is_empty() {
        grid = Grid::new(active.iter().filter_map(|field| field.slot()).collect());
        if grid.is_none() {
            errors.push(PlanError::TooLarge);
        }
    }
    Plan {
        fields: read.iter().map(Field::report).collect(),
        grid,
        errors,
    }
}

/// One parameter with what was typed for it.
struct Field<'a> {
    parameter: &'a Parameter,
    text: &'a str,
    expanded: Option<Result<Expanded, InputError>>,
    active: bool,
}

impl<'a> Field<'a> {
    fn read(parameter: &'a Parameter, inputs: &'a [Input]) -> Self {
        let text = inputs
            .iter()
            .find(|input| input.key == parameter.key)
            .map_or("", |input| input.text.as_str());
        let text = if text.trim().is_empty() { "" } else { text };
        let expanded = (!text.is_empty()).then(|| expand(parameter, text));
        Self {
            parameter,
            text,
            expanded,
            active: true,
        }
    }

    fn changed(&self) -> bool {
        match &self.expanded {
            Some(Ok(expanded)) => match (expanded.single(), &self.parameter.default) {
                (Some(value), Some(default)) => !same(&value, default),
                _ => true,
            },
            Some(Err(_)) => true,
            None => false,
        }
    }

    fn slot(&self) -> Option<Slot> {
        let (role, values) = match &self.expanded {
            Some(Ok(expanded)) => {
                let role = match expanded.form {
                    AxisForm::Single => Role::Fixed,
                    AxisForm::Product | AxisForm::Range => Role::Product,
                    AxisForm::Zip => Role::Zip,
                };
                (role, expanded.values.clone())
            }
            Some(Err(_)) => return None,
            None => (Role::Fixed, Values::one(self.parameter.default.clone()?)),
        };
        Some(Slot {
            key: self.parameter.key.clone(),
            role,
            values,
        })
    }

    fn report(&self) -> FieldReport {
        let (expansion, error) = match &self.expanded {
            Some(Ok(expanded)) => (Some(expanded.summary()), None),
            Some(Err(error)) => (None, Some(error.clone())),
            None => (None, None),
        };
        FieldReport {
            key: self.parameter.key.clone(),
            changed: self.changed(),
            active: self.active,
            expansion,
            error,
        }
    }
}

fn check_keys(parameters: &[Parameter], inputs: &[Input]) -> Vec<PlanError> {
    let mut errors = Vec::new();
    for (index, input) in inputs.iter().enumerate() {
        let key = input.key.clone();
        if !parameters.iter().any(|parameter| parameter.key == key) {
            let nearest = nearest(
                key.as_str(),
                parameters.iter().map(|parameter| parameter.key.as_str()),
            );
            errors.push(PlanError::UnknownKey { key, nearest });
        } else if inputs[..index].iter().any(|earlier| earlier.key == key) {
            errors.push(PlanError::DuplicateKey { key });
        }
    }
    errors
}

/// The path of sub-commands that the inputs choose; it ends where none is chosen.
fn chosen_path(fields: &[Field<'_>], errors: &mut Vec<PlanError>) -> Vec<String> {
    let mut path: Vec<String> = Vec::new();
    let choice_at = |path: &[String]| {
        fields
            .iter()
            .find(|f| f.parameter.control == Control::Subcommand && f.parameter.subcommand == path)
    };
    while let Some(field) = choice_at(&path) {
        match &field.expanded {
            Some(Ok(expanded)) => match expanded.single() {
                Some(Value::Text(name)) => path.push(name),
                Some(_) => break,
                None => {
                    errors.push(PlanError::SweptSubcommand {
                        key: field.parameter.key.clone(),
                    });
                    break;
                }
            },
            _ => break,
        }
    }
    path
}

/// At most one member of each exclusive group is given; of a required one, exactly one.
fn check_exclusive(active: &[&Field<'_>], errors: &mut Vec<PlanError>) {
    let mut seen: Vec<&str> = Vec::new();
    for id in active
        .iter()
        .filter_map(|field| field.parameter.mx.as_deref())
    {
        if seen.contains(&id) {
            continue;
        }
        seen.push(id);
        let members: Vec<&&Field<'_>> = active
            .iter()
            .filter(|f| f.parameter.mx.as_deref() == Some(id))
            .collect();
        let keys = |fields: &[&&Field<'_>]| {
            fields
                .iter()
                .map(|f| f.parameter.key.clone())
                .collect::<Vec<Key>>()
        };
        let given: Vec<&&Field<'_>> = members
            .iter()
            .copied()
            .filter(|field| field.changed())
            .collect();
        // A destination that fills its group alone is given by any text: its flag is then written even for the default.
        let alone = members.len() == 1 && !members[0].text.is_empty();
        if given.len() > 1 {
            errors.push(PlanError::ExclusiveGroup { keys: keys(&given) });
        } else if given.is_empty() && !alone && members.iter().any(|f| f.parameter.mx_required) {
            errors.push(PlanError::ExclusiveRequired {
                keys: keys(&members),
            });
        }
    }
}

fn check_zips(active: &[&Field<'_>], errors: &mut Vec<PlanError>) {
    let lengths: Vec<(Key, u64)> = active
        .iter()
        .filter_map(|field| match &field.expanded {
            Some(Ok(expanded)) if expanded.form == AxisForm::Zip => {
                Some((field.parameter.key.clone(), expanded.count()))
            }
            _ => None,
        })
        .collect();
    if lengths.windows(2).any(|pair| pair[0].1 != pair[1].1) {
        errors.push(PlanError::ZipLengths { lengths });
    }
}
