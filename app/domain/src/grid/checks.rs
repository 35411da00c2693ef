//! Rules that hold between fields.

use crate::config::{Key, Value};
use crate::schema::parameters::{Control, Parameter};

use super::assign;
use super::field::Field;
use super::plan::Input;
use super::plan_error::PlanError;
use super::typing::nearest;

/// Every input has a key of its own: a parameter's, or a section's.
pub(super) fn check_keys(parameters: &[Parameter], inputs: &[Input]) -> Vec<PlanError> {
    let mut errors = Vec::new();
    let all: Vec<&Parameter> = parameters.iter().collect();
    for (index, input) in inputs.iter().enumerate() {
        let key = input.key.clone();
        let known = all.iter().any(|parameter| parameter.key == key);
        if !known && !assign::is_section(&all, &key) {
            let nearest = nearest(key.as_str(), names(parameters));
            errors.push(PlanError::UnknownKey { key, nearest });
        } else if inputs[..index].iter().any(|earlier| earlier.key == key) {
            errors.push(PlanError::DuplicateKey { key });
        }
    }
    errors
}

/// Every key, and every section above one.
fn names(parameters: &[Parameter]) -> impl Iterator<Item = &str> {
    parameters.iter().flat_map(|parameter| {
        let key = parameter.key.as_str();
        let sections = key.match_indices('.').map(move |(at, _)| &key[..at]);
        sections.chain([key])
    })
}

/// The path of sub-commands that the inputs choose; it ends where none is chosen.
pub(super) fn chosen_path(fields: &[Field<'_>], errors: &mut Vec<PlanError>) -> Vec<String> {
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
pub(super) fn check_exclusive(
    active: &[&Field<'_>],
    is_set: &dyn Fn(&Key) -> bool,
    errors: &mut Vec<PlanError>,
) {
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
            .filter(|field| field.changed() || is_set(&field.parameter.key))
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
