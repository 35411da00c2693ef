//! One field: from its text to its values.

use crate::config::Value;
use crate::schema::parameters::Parameter;

use super::error::{InputError, InputErrorKind};
use super::typing::converted;
use super::values::Values;

/// How a field takes part in the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AxisForm {
    /// One value.
    Single,
    /// Alternatives: an axis of its own.
    Product,
    /// Alternatives in parentheses: a member of the zip group.
    Zip,
    /// One range: an axis of its own.
    Range,
}

/// What a field expands to, for showing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expansion {
    /// The number of values.
    pub count: u64,
    /// The first values, at most 6, as people read them.
    pub sample: Vec<String>,
    /// How it takes part.
    pub form: AxisForm,
    /// Values equal to an earlier one.
    pub duplicates: u64,
}

/// The typed values of one field.
#[derive(Clone, Debug, PartialEq)]
pub struct Expanded {
    pub(super) values: Values,
    pub(super) form: AxisForm,
}

/// How many values a field shows.
const SAMPLE: u64 = 6;

impl Expanded {
    /// The summary for showing.
    pub fn summary(&self) -> Expansion {
        let count = self.values.len();
        let sample = (0..count.min(SAMPLE)).filter_map(|index| self.values.get(index)).map(|v| v.to_string()).collect();
        Expansion { count, sample, form: self.form, duplicates: self.values.duplicates() }
    }

    /// The value, if there is exactly one.
    pub fn single(&self) -> Option<Value> {
        if self.values.len() == 1 { self.values.get(0) } else { None }
    }
}

/// Reads the text of one field.
///
/// # Errors
/// [`InputError`] with the place in the text.
pub fn expand(parameter: &Parameter, text: &str) -> Result<Expanded, InputError> {
    let mut values = Values::default();
    let pieces: Vec<&str> = text.split('|').collect();
    for piece in &pieces {
        let piece = piece.trim();
        let end = text.chars().count();
        let value = converted(parameter.kind.scalar, piece)
            .ok_or(InputError { kind: InputErrorKind::NotNumber { text: piece.to_owned() }, start: 0, end })?;
        values.push(value);
    }
    let form = if pieces.len() > 1 { AxisForm::Product } else { AxisForm::Single };
    Ok(Expanded { values, form })
}

/// The text that, typed into the parameter's field, gives exactly `value`.
pub fn text_of(parameter: &Parameter, value: &Value) -> String {
    let _ = parameter;
    value.to_string()
}
