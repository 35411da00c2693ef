//! Ranges and functions: many values from a few numbers.

use std::ops::Range;

use crate::config::Value;
use crate::schema::parameters::{Parameter, ScalarKind};

use super::decimal::{Decimal, DecimalRange, NumberForm, RangeProblem};
use super::error::{InputError, InputErrorKind};
use super::sample::Distribution;
use super::spaced::{Spaced, SpacedProblem, Spacing};
use super::syntax::{self, error};
use super::typing;

/// Numbers take ranges; so does an unknown converter whose default is a number.
pub(super) fn ranges_allowed(parameter: &Parameter) -> bool {
    match parameter.kind.scalar {
        _ if parameter.kind.list => false,
        ScalarKind::Int | ScalarKind::Float | ScalarKind::Count => true,
        ScalarKind::Any => matches!(parameter.default, Some(Value::Int(_) | Value::Float(_))),
        ScalarKind::Bool | ScalarKind::Text => false,
    }
}

/// The two or three fields around the colons; `None` if it is no range at all.
pub(super) fn range_parts(chars: &[char], part: Range<usize>) -> Option<Vec<Range<usize>>> {
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

pub(super) fn read_range(
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
    let form = number_form(parameter, whole)
        .ok_or_else(|| error(InputErrorKind::RangeNotInteger, part.clone()))?;
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

/// What numbers become in a field; `None` if it takes integers and they are not `whole`.
fn number_form(parameter: &Parameter, whole: bool) -> Option<NumberForm> {
    match (parameter.kind.scalar, &parameter.default) {
        (ScalarKind::Int | ScalarKind::Count, _) if !whole => None,
        (ScalarKind::Int | ScalarKind::Count, _) => Some(NumberForm::Int),
        (ScalarKind::Any, Some(Value::Int(_))) if whole => Some(NumberForm::Int),
        _ => Some(NumberForm::Float),
    }
}

/// `linspace(a, b, n)` and `logspace(a, b, n)`; `None` if it is neither.
pub(super) fn read_spaced(
    parameter: &Parameter,
    chars: &[char],
    part: Range<usize>,
) -> Result<Option<Spaced>, InputError> {
    let Some((name, arguments)) = syntax::call(chars, part.clone()) else {
        return Ok(None);
    };
    let spacing = match name.as_str() {
        "linspace" => Spacing::Linear,
        "logspace" => Spacing::Logarithmic,
        _ => return Ok(None),
    };
    let text = |at: &Range<usize>| chars[at.clone()].iter().collect::<String>();
    let wrong = |at: Range<usize>| {
        let usage = format!("`{name}(first, last, count)` with numbers and a count of at least 2");
        error(InputErrorKind::FunctionArguments { usage }, at)
    };
    let [first, last, count] = arguments.as_slice() else {
        return Err(wrong(part));
    };
    let number = |at: &Range<usize>| Decimal::parse(&text(at)).ok_or_else(|| wrong(at.clone()));
    let ends = (number(first)?, number(last)?);
    let count = text(count)
        .parse::<u64>()
        .ok()
        .filter(|count| *count >= 2)
        .ok_or_else(|| wrong(count.clone()))?;
    let whole = ends.0.scale == 0 && ends.1.scale == 0;
    let form = number_form(parameter, whole)
        .ok_or_else(|| error(InputErrorKind::RangeNotInteger, part.clone()))?;
    let spaced = Spaced::new(ends, count, spacing, form).map_err(|problem| {
        let kind = match problem {
            SpacedProblem::NotPositive => InputErrorKind::NotPositive,
            SpacedProblem::NotWhole => InputErrorKind::SpacedNotInteger,
            SpacedProblem::TooPrecise => InputErrorKind::RangeTooPrecise,
        };
        error(kind, part.clone())
    })?;
    let looked_at = if parameter.choices.is_empty() {
        0
    } else {
        count.min(parameter.choices.len() as u64 + 1)
    };
    for value in (0..looked_at).filter_map(|index| spaced.get(index)) {
        typing::check_choice(parameter, value).map_err(|kind| error(kind, part.clone()))?;
    }
    let ends = [spaced.get(0), spaced.get(count - 1)];
    let negative = ends
        .into_iter()
        .flatten()
        .find(|v| v.to_string().starts_with('-'));
    match negative.filter(|_| parameter.kind.scalar == ScalarKind::Count) {
        Some(low) => Err(error(
            InputErrorKind::NotCount {
                text: low.to_string(),
            },
            part,
        )),
        None => Ok(Some(spaced)),
    }
}

/// `uniform(a, b)`, `loguniform(a, b)`, `normal(mean, deviation)` and `randint(a, b)`; `None` if it is none of them.
pub(super) fn read_distribution(
    parameter: &Parameter,
    chars: &[char],
    part: Range<usize>,
) -> Result<Option<Distribution>, InputError> {
    let Some((name, arguments)) = syntax::call(chars, part.clone()) else {
        return Ok(None);
    };
    let usage = match name.as_str() {
        "uniform" | "loguniform" | "randint" => {
            format!("`{name}(low, high)` with two numbers, the larger one last")
        }
        "normal" => "`normal(mean, deviation)` with two numbers, the second above 0".to_owned(),
        _ => return Ok(None),
    };
    let wrong = |at: Range<usize>| {
        error(
            InputErrorKind::FunctionArguments {
                usage: usage.clone(),
            },
            at,
        )
    };
    let [first, second] = arguments.as_slice() else {
        return Err(wrong(part));
    };
    let number = |at: &Range<usize>| {
        let text: String = chars[at.clone()].iter().collect();
        match typing::converted(ScalarKind::Float, &text) {
            Some(Value::Float(float)) if float.is_finite() => Ok(float),
            _ => Err(wrong(at.clone())),
        }
    };
    let (a, b) = (number(first)?, number(second)?);
    if !parameter.choices.is_empty() {
        let choices: Vec<String> = parameter.choices.iter().map(ToString::to_string).collect();
        let text = chars[part.clone()].iter().collect();
        let kind = InputErrorKind::NotAChoice {
            text,
            choices,
            nearest: None,
        };
        return Err(error(kind, part));
    }
    let whole = a.fract() == 0.0 && b.fract() == 0.0;
    let form = number_form(parameter, whole || name == "normal");
    let integers = form != Some(NumberForm::Float) || name == "randint";
    if name == "randint" && !whole {
        return Err(error(InputErrorKind::RangeNotInteger, part));
    }
    let is_count = parameter.kind.scalar == ScalarKind::Count;
    if is_count && (a < 0.0 || name == "normal") {
        let text = chars[part.clone()].iter().collect();
        return Err(error(InputErrorKind::NotCount { text }, part));
    }
    let in_order = match name.as_str() {
        "normal" => b > 0.0,
        "loguniform" if a <= 0.0 => return Err(error(InputErrorKind::NotPositive, part)),
        _ => a < b || integers && a <= b,
    };
    if !in_order {
        return Err(wrong(part));
    }
    if form.is_none() {
        return Err(error(InputErrorKind::RangeNotInteger, part));
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a cast to an integer saturates"
    )]
    let ints = (a as i64, b as i64);
    Ok(Some(match (name.as_str(), integers) {
        ("normal", true) => Distribution::NormalIntegers(a, b),
        ("normal", false) => Distribution::Normal(a, b),
        ("loguniform", true) => Distribution::LogIntegers(ints.0, ints.1),
        ("loguniform", false) => Distribution::LogUniform(a, b),
        (_, true) if parameter.kind.scalar == ScalarKind::Float => {
            Distribution::WholeDecimals(ints.0, ints.1)
        }
        (_, true) => Distribution::Integers(ints.0, ints.1),
        (_, false) => Distribution::Uniform(a, b),
    }))
}
