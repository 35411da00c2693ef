//! List fields: from one alternative to one list.

use std::ops::Range;

use crate::config::Value;
use crate::schema::Nargs;
use crate::schema::parameters::{Parameter, ScalarKind};

use super::decimal::Decimal;
use super::derive;
use super::error::{InputError, InputErrorKind};
use super::ranges::range_parts;
use super::syntax::error;
use super::typing;
use super::values::Cell;
use super::words::{self, Commas, Item};

/// Reads one alternative of a list field.
pub(super) fn read_list(
    parameter: &Parameter,
    chars: &[char],
    part: Range<usize>,
) -> Result<Cell, InputError> {
    let kind = parameter.kind;
    let numbers = matches!(
        kind.scalar,
        ScalarKind::Int | ScalarKind::Float | ScalarKind::Count
    );
    if let Ok(word) = words::scalar(chars, part.clone()) {
        if typing::is_null(parameter, &word) {
            return Ok(Cell::Value(Value::Null));
        }
        let config = typing::from_config(parameter);
        if !word.quoted && derive::is_reference(&word.text, config) {
            return Ok(Cell::Derived(Value::Text(word.text)));
        }
        let range = range_parts(chars, part.clone()).filter(|_| numbers);
        let decimal = |at: &Range<usize>| {
            Decimal::parse(&chars[at.clone()].iter().collect::<String>()).is_some()
        };
        if range.is_some_and(|fields| fields.iter().all(decimal)) {
            return Err(error(InputErrorKind::RangeInList, part));
        }
    }
    if typing::from_config(parameter)
        && kind.scalar == ScalarKind::Any
        && chars.get(part.start) == Some(&'[')
    {
        return typing::flow(chars, part);
    }
    let items = words::list(
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
        return Ok(match flat(parameter, items, part)? {
            Cell::Value(value) => Cell::Value(Value::List(vec![value])),
            other => Cell::Derived(Value::List(vec![other.into_value()])),
        });
    }
    let lists = items.into_iter().map(|item| match item {
        Item::List(inner, at) => flat(parameter, inner, at),
        Item::One(word) => Err(error(InputErrorKind::NotNested, word.at)),
    });
    lists.collect::<Result<Vec<_>, _>>().map(joined)
}

/// A list of values; if one of them is derived, so is the list.
fn joined(cells: Vec<Cell>) -> Cell {
    if cells.iter().all(|cell| matches!(cell, Cell::Value(_))) {
        return Cell::Value(Value::List(
            cells.into_iter().map(Cell::into_value).collect(),
        ));
    }
    let items = cells.into_iter().map(|cell| match cell {
        Cell::Value(value) => derive::literal(&value),
        other => other.into_value(),
    });
    Cell::Derived(Value::List(items.collect()))
}

fn flat(parameter: &Parameter, items: Vec<Item>, at: Range<usize>) -> Result<Cell, InputError> {
    let found = items.len() as u64;
    let expected = match parameter.kind.length {
        Some(Nargs::Count(count)) if u64::from(count) != found => Some(count.to_string()),
        Some(Nargs::OneOrMore | Nargs::Parser) if found == 0 => Some("+".to_owned()),
        _ => None,
    };
    if let Some(expected) = expected {
        return Err(error(InputErrorKind::ListLength { expected, found }, at));
    }
    let config = typing::from_config(parameter);
    let values = items.into_iter().map(|item| match item {
        Item::One(word) if !word.quoted && derive::is_derived(&word.text, config) => {
            Ok(Cell::Derived(Value::Text(word.text)))
        }
        Item::One(word) => typing::item(parameter, &word)
            .map(Cell::Value)
            .map_err(|kind| error(kind, word.at)),
        Item::List(_, at) => Err(error(InputErrorKind::NestedList, at)),
    });
    values.collect::<Result<Vec<_>, _>>().map(joined)
}
