//! One field: from its text to its values.

use std::ops::Range;

use crate::config::Value;
use crate::schema::parameters::{Parameter, ScalarKind};

use super::derive;
use super::error::{InputError, InputErrorKind};
use super::lists::read_list;
use super::ranges::{range_parts, ranges_allowed, read_distribution, read_range, read_spaced};
use super::sample::{Distribution, Sampler};
use super::syntax::{self, Alternatives, Join, Reading, error};
use super::typing;
use super::values::{Cell, Values};
use super::words;

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
    /// Drawn at random: a member of the sampled axis.
    Sampled,
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
    /// The name of its zip group, if it has one.
    pub group: Option<String>,
    /// Values equal to an earlier one.
    pub duplicates: u64,
    /// True if other keys decide a value of it.
    pub derived: bool,
}

/// The typed values of one field.
#[derive(Clone, Debug, PartialEq)]
pub struct Expanded {
    pub(super) values: Values,
    pub(super) form: AxisForm,
    pub(super) group: Option<String>,
    /// Where the values come from, if they are drawn: there are no others then.
    pub(super) distribution: Option<Distribution>,
}

/// How many values a field shows.
const SAMPLE: u64 = 6;

impl Expanded {
    /// The summary for showing.
    pub fn summary(&self) -> Expansion {
        let count = self.values.len();
        let sample = (0..count.min(SAMPLE))
            .filter_map(|index| self.values.get(index))
            .map(|v| v.to_string())
            .collect();
        Expansion {
            count,
            sample,
            form: self.form,
            group: self.group.clone(),
            duplicates: self.values.duplicates(),
            derived: self.values.derived().next().is_some(),
        }
    }

    /// The summary of a field that is drawn.
    pub(super) fn drawn(&self, sampler: &Sampler) -> Expansion {
        let count = sampler.sample.count;
        let sample = (0..count.min(SAMPLE))
            .map(|index| sampler.get(index).to_string())
            .collect();
        Expansion {
            count,
            sample,
            ..self.summary()
        }
    }

    /// The number of values.
    pub fn count(&self) -> u64 {
        self.values.len()
    }

    /// The value at `index`, from 0.
    pub fn get(&self, index: u64) -> Option<Value> {
        self.values.get(index)
    }

    /// The value, if there is exactly one and no other key decides it.
    pub(super) fn literal(&self) -> Option<Value> {
        self.single()
            .filter(|_| self.values.derived().next().is_none())
    }

    /// The value, if there is exactly one; a derived one as it was typed.
    pub fn single(&self) -> Option<Value> {
        if self.values.len() == 1 {
            self.values.get(0)
        } else {
            None
        }
    }
}

/// Reads the text of one field; an empty text is the caller's to handle.
///
/// # Errors
/// [`InputError`] with the place in the text.
pub fn expand(parameter: &Parameter, text: &str) -> Result<Expanded, InputError> {
    let chars: Vec<char> = text.chars().collect();
    if let Some(at) = chars.iter().position(|c| *c == '\0') {
        return Err(error(InputErrorKind::NulCharacter, at..at + 1));
    }
    let reading = if parameter.kind.list {
        Reading::List
    } else if typing::takes_flow(parameter) {
        Reading::Flow
    } else {
        Reading::Scalar
    };
    let Alternatives {
        mut join,
        mut parts,
        mut group,
    } = syntax::alternatives(&chars, reading)?;
    if let (Join::Lone, [part]) = (join, parts.as_slice()) {
        let numbers = ranges_allowed(parameter);
        if numbers && let Some(distribution) = read_distribution(parameter, &chars, part.clone())? {
            return Ok(Expanded {
                values: Values::default(),
                form: AxisForm::Sampled,
                group: None,
                distribution: Some(distribution),
            });
        }
        // `(1:3)` has no pipe, but a range in parentheses can only be meant as a zip.
        let inner = syntax::inside_group(&chars, part.clone()).filter(|(_, inner)| {
            numbers
                && (range_parts(&chars, inner.clone()).is_some()
                    || syntax::call(&chars, inner.clone()).is_some())
        });
        if let Some((name, inner)) = inner {
            (join, parts, group) = (Join::Zip, vec![inner], name);
        }
    }
    let mut values = Values::default();
    for part in &parts {
        read(parameter, &chars, part.clone(), &mut values)?;
    }
    if values.checked_len().is_none() {
        return Err(error(InputErrorKind::RangeTooLong, 0..chars.len()));
    }
    let form = match join {
        Join::Lone if values.is_lone_range() => AxisForm::Range,
        Join::Lone => AxisForm::Single,
        Join::Product => AxisForm::Product,
        Join::Zip => AxisForm::Zip,
        Join::Choice => return choice(&values, chars.len()),
    };
    Ok(Expanded {
        values,
        form,
        group,
        distribution: None,
    })
}

/// The most values that a choice draws from.
const MAX_CHOICES: u64 = 1 << 16;

fn choice(values: &Values, end: usize) -> Result<Expanded, InputError> {
    if values.len() > MAX_CHOICES {
        return Err(error(InputErrorKind::RangeTooLong, 0..end));
    }
    if values.derived().next().is_some() {
        return Err(error(InputErrorKind::DerivedAmongSamples, 0..end));
    }
    let values = (0..values.len()).filter_map(|index| values.get(index));
    Ok(Expanded {
        distribution: Some(Distribution::Choice(values.collect())),
        values: Values::default(),
        form: AxisForm::Sampled,
        group: None,
    })
}

fn read(
    parameter: &Parameter,
    chars: &[char],
    part: Range<usize>,
    values: &mut Values,
) -> Result<(), InputError> {
    if parameter.kind.list {
        values.push_cell(read_list(parameter, chars, part)?);
        return Ok(());
    }
    if ranges_allowed(parameter) {
        if let Some(spaced) = read_spaced(parameter, chars, part.clone())? {
            values.push_spaced(spaced);
            return Ok(());
        }
        if read_distribution(parameter, chars, part.clone())?.is_some() {
            return Err(error(InputErrorKind::SampledAmongValues, part));
        }
        if let Some(range) = read_range(parameter, chars, part.clone())? {
            values.push_range(range);
            return Ok(());
        }
    }
    values.push_cell(read_one(parameter, chars, part)?);
    Ok(())
}

/// Reads one value that is not a list.
pub(super) fn read_one(
    parameter: &Parameter,
    chars: &[char],
    part: Range<usize>,
) -> Result<Cell, InputError> {
    let config = typing::from_config(parameter);
    let word = words::scalar(chars, part.clone())?;
    if !word.quoted {
        let flow =
            config && parameter.kind.scalar == ScalarKind::Any && word.text.starts_with(['[', '{']);
        if flow && !derive::is_reference(&word.text, config) {
            return typing::flow(chars, part);
        }
        if derive::is_derived(&word.text, config) {
            return Ok(Cell::Derived(Value::Text(word.text)));
        }
    }
    typing::whole(parameter, &word)
        .map(Cell::Value)
        .map_err(|kind| error(kind, word.at))
}
