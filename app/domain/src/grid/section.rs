//! Maps as the alternatives of a section: `{name: adam, lr: 1e-3} | {name: sgd, lr: 0.1}`.

use crate::config::{Key, Value};
use crate::schema::parameters::Parameter;

use super::assign;
use super::error::{InputError, InputErrorKind};
use super::syntax::{self, Alternatives, Join, Reading, error};
use super::typing;
use super::values::Cell;

/// What was typed for a section.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) key: Key,
    /// Per alternative: the leaves it sets, as indices into the active parameters.
    pub(super) alternatives: Vec<Vec<(usize, Cell)>>,
    pub(super) join: Join,
    pub(super) group: Option<String>,
    /// The index of the first parameter under it: its place among the axes.
    pub(super) place: usize,
}

impl Section {
    /// Reads the text of a section.
    pub(super) fn read(
        parameters: &[&Parameter],
        key: &Key,
        text: &str,
    ) -> Result<Self, InputError> {
        let chars: Vec<char> = text.chars().collect();
        if let Some(at) = chars.iter().position(|c| *c == '\0') {
            return Err(error(InputErrorKind::NulCharacter, at..at + 1));
        }
        let Alternatives { join, parts, group } = syntax::alternatives(&chars, Reading::Flow)?;
        let mut alternatives: Vec<Vec<(usize, Cell)>> = Vec::with_capacity(parts.len());
        for part in parts {
            let value = match chars.get(part.start) {
                Some('{') => typing::flow(&chars, part.clone())?.into_value(),
                _ => Value::Null,
            };
            if !matches!(value, Value::Map(_)) {
                let text = chars[part.clone()].iter().collect();
                return Err(error(InputErrorKind::NotMap { text }, part));
            }
            let mut leaves = Vec::new();
            assign::leaves(parameters, key, &value, &mut leaves);
            let leaves = leaves
                .into_iter()
                .map(|leaf| leaf.map_err(|(_, kind)| error(kind, part.clone())));
            alternatives.push(leaves.collect::<Result<_, _>>()?);
        }
        // The map is the section: what it does not name is not there.
        let under: Vec<usize> = (0..parameters.len())
            .filter(|at| super::resolve::under(parameters[*at].key.as_str(), key.as_str()))
            .collect();
        for alternative in &mut alternatives {
            let named: Vec<usize> = alternative.iter().map(|(slot, _)| *slot).collect();
            let unset = under.iter().filter(|slot| !named.contains(slot));
            alternative.extend(unset.map(|slot| (*slot, Cell::Unset)));
        }
        let below =
            |parameter: &&Parameter| super::resolve::under(parameter.key.as_str(), key.as_str());
        Ok(Self {
            key: key.clone(),
            alternatives,
            join,
            group,
            place: parameters.iter().position(below).unwrap_or_default(),
        })
    }
}
