//! One field: from its text to its values.

use std::ops::Range;

use crate::config::Value;
use crate::schema::Nargs;
use crate::schema::parameters::{Parameter, ScalarKind};

use super::decimal::{Decimal, DecimalRange, NumberForm, RangeProblem};
use super::error::{InputError, InputErrorKind};
use super::syntax::{self, Alternatives, Commas, Item, Join, Reading, error};
use super::typing;
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
        let sample = (0..count.min(SAMPLE))
            .filter_map(|index| self.values.get(index))
            .map(|v| v.to_string())
            .collect();
        Expansion {
            count,
            sample,
            form: self.form,
            duplicates: self.values.duplicates(),
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

    /// The value, if there is exactly one.
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
    } else {
        Reading::Scalar
    };
    let Alternatives {
        mut join,
        mut parts,
    } = syntax::alternatives(&chars, reading)?;
    // `(1:3)` has no pipe, but a range in parentheses can only be meant as a zip.
    if let (Join::Lone, [part]) = (join, parts.as_slice()) {
        let inner = syntax::inside_parentheses(&chars, part.clone());
        if let Some(inner) = inner.filter(|inner| {
            ranges_allowed(parameter) && range_parts(&chars, inner.clone()).is_some()
        }) {
            (join, parts) = (Join::Zip, vec![inner]);
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
    };
    Ok(Expanded { values, form })
}

fn read(
    parameter: &Parameter,
    chars: &[char],
    part: Range<usize>,
    values: &mut Values,
) -> Result<(), InputError> {
    if parameter.kind.list {
        values.push(read_list(parameter, chars, part)?);
        return Ok(());
    }
    if ranges_allowed(parameter)
        && let Some(range) = read_range(parameter, chars, part.clone())?
    {
        values.push_range(range);
        return Ok(());
    }
    let word = syntax::scalar(chars, part)?;
    values.push(typing::whole(parameter, &word).map_err(|kind| error(kind, word.at.clone()))?);
    Ok(())
}

/// Numbers take ranges; so does an unknown converter whose default is a number.
fn ranges_allowed(parameter: &Parameter) -> bool {
    match parameter.kind.scalar {
        _ if parameter.kind.list => false,
        ScalarKind::Int | ScalarKind::Float | ScalarKind::Count => true,
        ScalarKind::Any => matches!(parameter.default, Some(Value::Int(_) | Value::Float(_))),
        ScalarKind::Bool | ScalarKind::Text => false,
    }
}

/// The two or three fields around the colons; `None` if it is no range at all.
fn range_parts(chars: &[char], part: Range<usize>) -> Option<Vec<Range<usize>>> {
    if matches!(chars.get(part.start), Some('"' | '\'')) {
        return None;
    }
    let colons: Vec<usize> = part.clone().filter(|at| chars[*at] == ':').collect();
    let starts = std::iter::once(part.start).chain(colons.iter().map(|at| at + 1));
    let ends = colons.iter().copied().chain([part.end]);
    let fields: Vec<Range<usize>> = starts
        .zip(ends)
        .map(|(start, end)| syntax::trimmed(chars, start..end))
        .collect();
    matches!(fields.len(), 2 | 3).then_some(fields)
}

fn read_range(
    parameter: &Parameter,
    chars: &[char],
    part: Range<usize>,
) -> Result<Option<DecimalRange>, InputError> {
    let Some(fields) = range_parts(chars, part.clone()) else {
        return Ok(None);
    };
    let text = |at: &Range<usize>| chars[at.clone()].iter().collect::<String>();
    let mut numbers = Vec::with_capacity(3);
    for field in &fields {
        match (Decimal::parse(&text(field)), parameter.kind.scalar) {
            (Some(number), _) => numbers.push(number),
            (None, ScalarKind::Any) => return Ok(None),
            (None, ScalarKind::Float) => {
                return Err(error(
                    InputErrorKind::NotNumber { text: text(field) },
                    field.clone(),
                ));
            }
            (None, _) => {
                return Err(error(
                    InputErrorKind::NotInteger { text: text(field) },
                    field.clone(),
                ));
            }
        }
    }
    let whole = numbers.iter().all(|number| number.scale == 0);
    let form = match (parameter.kind.scalar, &parameter.default) {
        (ScalarKind::Int | ScalarKind::Count, _) if !whole => {
            return Err(error(InputErrorKind::RangeNotInteger, part));
        }
        (ScalarKind::Int | ScalarKind::Count, _) => NumberForm::Int,
        (ScalarKind::Any, Some(Value::Int(_))) if whole => NumberForm::Int,
        _ => NumberForm::Float,
    };
    let step = numbers.get(2).copied().unwrap_or(Decimal::ONE);
    let range =
        DecimalRange::new(numbers[0], numbers[1], step, form).map_err(|problem| match problem {
            RangeProblem::StepZero => error(
                InputErrorKind::RangeStepZero,
                fields.last().cloned().unwrap_or(part.clone()),
            ),
            RangeProblem::Direction => {
                let step = fields.get(2).map_or("1".to_owned(), text);
                let turned = step.strip_prefix('-').map_or_else(
                    || format!("-{}", step.trim_start_matches('+')),
                    str::to_owned,
                );
                let suggestion = format!("{}:{}:{turned}", text(&fields[0]), text(&fields[1]));
                error(InputErrorKind::RangeDirection { suggestion }, part.clone())
            }
            RangeProblem::TooLong => error(InputErrorKind::RangeTooLong, part.clone()),
            RangeProblem::TooPrecise => error(InputErrorKind::RangeTooPrecise, part.clone()),
        })?;
    check_range(parameter, &range).map_err(|kind| error(kind, part))?;
    Ok(Some(range))
}

/// Every value of a range must be a choice and, for a number of uses, not negative.
fn check_range(parameter: &Parameter, range: &DecimalRange) -> Result<(), InputErrorKind> {
    if parameter.kind.scalar == ScalarKind::Count {
        let ends = [range.get(0), range.get(range.count - 1)];
        if let Some(low) = ends
            .into_iter()
            .flatten()
            .find(|v| v.to_string().starts_with('-'))
        {
            return Err(InputErrorKind::NotCount {
                text: low.to_string(),
            });
        }
    }
    // Its values are distinct: one of the first `choices + 1` is no choice if there are so many.
    let looked_at = if parameter.choices.is_empty() {
        0
    } else {
        range.count.min(parameter.choices.len() as u64 + 1)
    };
    for value in (0..looked_at).filter_map(|index| range.get(index)) {
        typing::check_choice(parameter, value)?;
    }
    Ok(())
}

fn read_list(
    parameter: &Parameter,
    chars: &[char],
    part: Range<usize>,
) -> Result<Value, InputError> {
    let kind = parameter.kind;
    let numbers = matches!(
        kind.scalar,
        ScalarKind::Int | ScalarKind::Float | ScalarKind::Count
    );
    if let Ok(word) = syntax::scalar(chars, part.clone()) {
        if !word.quoted && kind.nullable && matches!(word.text.as_str(), "null" | "None") {
            return Ok(Value::Null);
        }
        let range = range_parts(chars, part.clone()).filter(|_| numbers);
        let decimal = |at: &Range<usize>| {
            Decimal::parse(&chars[at.clone()].iter().collect::<String>()).is_some()
        };
        if range.is_some_and(|fields| fields.iter().all(decimal)) {
            return Err(error(InputErrorKind::RangeInList, part));
        }
    }
    let items = syntax::list(
        chars,
        part.clone(),
        if numbers {
            Commas::Separate
        } else {
            Commas::Refuse
        },
    )?;
    if !kind.nested {
        return flat(parameter, items, part);
    }
    if items.iter().all(|item| matches!(item, Item::One(_))) && chars.get(part.start) != Some(&'[')
    {
        return Ok(Value::List(vec![flat(parameter, items, part)?]));
    }
    let lists = items.into_iter().map(|item| match item {
        Item::List(inner, at) => flat(parameter, inner, at),
        Item::One(word) => Err(error(InputErrorKind::NotNested, word.at)),
    });
    lists.collect::<Result<Vec<_>, _>>().map(Value::List)
}

fn flat(parameter: &Parameter, items: Vec<Item>, at: Range<usize>) -> Result<Value, InputError> {
    let found = items.len() as u64;
    let expected = match parameter.kind.length {
        Some(Nargs::Count(count)) if u64::from(count) != found => Some(count.to_string()),
        Some(Nargs::OneOrMore | Nargs::Parser) if found == 0 => Some("+".to_owned()),
        _ => None,
    };
    if let Some(expected) = expected {
        return Err(error(InputErrorKind::ListLength { expected, found }, at));
    }
    let values = items.into_iter().map(|item| match item {
        Item::One(word) => typing::item(parameter, &word).map_err(|kind| error(kind, word.at)),
        Item::List(_, at) => Err(error(InputErrorKind::NestedList, at)),
    });
    values.collect::<Result<Vec<_>, _>>().map(Value::List)
}

/// The text that, typed into the parameter's field, gives exactly `value`: bare if that works, else quoted.
///
/// Texts of several values may be joined with pipes. What holds a pipe or a parenthesis, begins with a bracket or ends
/// in a backslash, is therefore always quoted.
/// A value that no text gives (a number where the schema wants a text) is shown as people read it.
pub fn text_of(parameter: &Parameter, value: &Value) -> String {
    let plain = value.to_string();
    let gives = |text: &str| {
        !text.trim().is_empty()
            && expand(parameter, text)
                .ok()
                .and_then(|e| e.single())
                .is_some_and(|read| typing::same(&read, value))
    };
    let joins = !matches!(value, Value::Text(text) if text.contains(['(', ')', '|']) || text.starts_with('[') || text.ends_with('\\'));
    match value {
        Value::Text(_) | Value::List(_) if !joins || !gives(&plain) => {
            let careful = spelled(value);
            if gives(&careful) { careful } else { plain }
        }
        _ => plain,
    }
}

/// Texts in quotes, lists in brackets.
fn spelled(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        Value::List(items) => format!(
            "[{}]",
            items.iter().map(spelled).collect::<Vec<_>>().join(", ")
        ),
        other => other.to_string(),
    }
}
