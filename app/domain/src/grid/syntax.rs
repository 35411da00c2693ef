//! The batch syntax: from a text to its alternatives, quotes and brackets respected.
//!
//! Positions are counted in characters from 0, in the text as it was typed.

use std::ops::Range;

use super::error::{InputError, InputErrorKind};
use super::words::{closing_bracket, closing_flow, quoted};

/// Whether the alternatives of a text are for a list parameter: quotes then protect every word, not only the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// One value per alternative.
    Scalar,
    /// A list per alternative.
    List,
    /// A YAML value per alternative: maps and lists keep their pipes.
    Flow,
}

/// How the alternatives are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Join {
    /// No pipe at all.
    Lone,
    /// `a | b`
    Product,
    /// `(a | b)`, or `name(a | b)`
    Zip,
    /// `choice(a | b)`
    Choice,
}

/// A text cut at its pipes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Alternatives {
    pub(super) join: Join,
    /// Outer spaces removed, never empty.
    pub(super) parts: Vec<Range<usize>>,
    /// The name before the parentheses of a zip.
    pub(super) group: Option<String>,
}

pub(super) fn error(kind: InputErrorKind, at: Range<usize>) -> InputError {
    InputError {
        kind,
        start: at.start,
        end: at.end,
    }
}

/// A character that decides how a text is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Pipe(usize),
    Open(usize),
    Close(usize),
}

/// Cuts a text at its pipes.
pub(super) fn alternatives(chars: &[char], reading: Reading) -> Result<Alternatives, InputError> {
    let whole = trimmed(chars, 0..chars.len());
    let open = opening(chars, whole.clone());
    let marks = marks(chars, whole.clone(), open, reading)?;
    let pairs = matched_pairs(&marks);
    let depths = depths(chars.len(), &pairs);
    let name: Option<String> = open
        .filter(|open| *open > whole.start)
        .map(|open| chars[whole.start..open].iter().collect());
    let is_choice = name.as_deref() == Some("choice");
    let may_join = is_choice
        || name
            .as_deref()
            .is_none_or(|name| !FUNCTIONS.contains(&name));
    let zipped =
        may_join && open.is_some_and(|open| pairs.contains(&(open, whole.end.saturating_sub(1))));
    let pipes: Vec<usize> = marks
        .iter()
        .filter_map(|m| {
            if let Mark::Pipe(at) = m {
                Some(*at)
            } else {
                None
            }
        })
        .collect();
    if pipes.is_empty() {
        return Ok(Alternatives {
            join: Join::Lone,
            parts: vec![whole],
            group: None,
        });
    }
    let own = usize::from(zipped);
    if let Some(inner) = pipes.iter().find(|at| depths[**at] > own) {
        return Err(error(InputErrorKind::PipeInParentheses, *inner..inner + 1));
    }
    let bounds = match open.filter(|_| zipped) {
        Some(open) => open + 1..whole.end - 1,
        None => whole,
    };
    let starts = std::iter::once(bounds.start).chain(pipes.iter().map(|at| at + 1));
    let ends = pipes.iter().copied().chain([bounds.end]);
    let mut parts = Vec::with_capacity(pipes.len() + 1);
    for (start, end) in starts.zip(ends) {
        let part = trimmed(chars, start..end);
        if part.is_empty() {
            return Err(error(InputErrorKind::EmptyAlternative, start..end));
        }
        parts.push(part);
    }
    Ok(Alternatives {
        join: match zipped {
            true if is_choice => Join::Choice,
            true => Join::Zip,
            false => Join::Product,
        },
        parts,
        group: name.filter(|_| zipped && !is_choice),
    })
}

/// The range without outer spaces; an empty range at its end if there is nothing else.
pub(super) fn trimmed(chars: &[char], range: Range<usize>) -> Range<usize> {
    let Some(first) = chars[range.clone()].iter().position(|c| !c.is_whitespace()) else {
        return range.end..range.end;
    };
    let last = chars[range.clone()]
        .iter()
        .rposition(|c| !c.is_whitespace())
        .unwrap_or(first);
    range.start + first..range.start + last + 1
}

/// The functions of number fields, and `choice`: none of them can be the name of a zip.
pub(super) const FUNCTIONS: [&str; 7] = [
    "linspace",
    "logspace",
    "uniform",
    "loguniform",
    "normal",
    "randint",
    "choice",
];

/// The parenthesis that a text begins with, alone or directly after a name.
fn opening(chars: &[char], range: Range<usize>) -> Option<usize> {
    let first = chars.get(range.start).filter(|_| !range.is_empty())?;
    let named = first.is_alphabetic() || *first == '_';
    let open = range
        .clone()
        .find(|at| !(named && (chars[*at].is_alphanumeric() || chars[*at] == '_')))?;
    (chars[open] == '(').then_some(open)
}

/// The inside of a pair of parentheses that encloses the whole range, and the name of a zip before it.
pub(super) fn inside_group(
    chars: &[char],
    range: Range<usize>,
) -> Option<(Option<String>, Range<usize>)> {
    let open = opening(chars, range.clone())?;
    let name: String = chars[range.start..open].iter().collect();
    let enclosed = range.end > open + 2 && chars[range.end - 1] == ')';
    (enclosed && !FUNCTIONS.contains(&name.as_str())).then(|| {
        let name = Some(name).filter(|name| !name.is_empty());
        (name, trimmed(chars, open + 1..range.end - 1))
    })
}

/// A function with its arguments.
pub(super) fn call(chars: &[char], part: Range<usize>) -> Option<(String, Vec<Range<usize>>)> {
    let open = opening(chars, part.clone())?;
    let name: String = chars[part.start..open].iter().collect();
    if !FUNCTIONS.contains(&name.as_str()) || chars[part.end - 1] != ')' {
        return None;
    }
    let inner = open + 1..part.end - 1;
    let commas: Vec<usize> = inner.clone().filter(|at| chars[*at] == ',').collect();
    let starts = std::iter::once(inner.start).chain(commas.iter().map(|at| at + 1));
    let ends = commas.iter().copied().chain([inner.end]);
    let arguments = starts
        .zip(ends)
        .map(|(start, end)| trimmed(chars, start..end));
    Some((name, arguments.collect()))
}

fn marks(
    chars: &[char],
    whole: Range<usize>,
    open: Option<usize>,
    reading: Reading,
) -> Result<Vec<Mark>, InputError> {
    let mut marks = Vec::new();
    let mut at_start = true;
    let mut i = whole.start;
    while i < whole.end {
        let c = chars[i];
        if at_start && matches!(c, '"' | '\'') {
            i = quoted(chars, i..whole.end)?.at.end;
            at_start = false;
            continue;
        }
        if at_start && (c == '[' || c == '{' && reading == Reading::Flow) {
            let closing = if reading == Reading::Flow {
                closing_flow(chars, i..whole.end)
            } else {
                closing_bracket(chars, i..whole.end)
            };
            match closing {
                Ok(close) => {
                    i = close + 1;
                    at_start = false;
                    continue;
                }
                Err(error) if reading == Reading::List => return Err(error),
                Err(_) => {}
            }
        }
        match c {
            '\\' if chars.get(i + 1) == Some(&'|') => i += 1,
            '|' => marks.push(Mark::Pipe(i)),
            '(' => marks.push(Mark::Open(i)),
            ')' => marks.push(Mark::Close(i)),
            _ => {}
        }
        at_start = match c {
            '|' => true,
            '(' => Some(i) == open,
            c if c.is_whitespace() => at_start || reading == Reading::List,
            _ => false,
        };
        i += 1;
    }
    Ok(marks)
}

/// Parentheses that belong together; a parenthesis without a partner is a character like any other.
fn matched_pairs(marks: &[Mark]) -> Vec<(usize, usize)> {
    let mut open = Vec::new();
    let mut pairs = Vec::new();
    for mark in marks {
        match mark {
            Mark::Open(at) => open.push(*at),
            Mark::Close(at) => pairs.extend(open.pop().map(|start| (start, *at))),
            Mark::Pipe(_) => {}
        }
    }
    pairs
}

/// How many pairs enclose each character.
fn depths(length: usize, pairs: &[(usize, usize)]) -> Vec<usize> {
    let mut depths = vec![0; length];
    for (open, _) in pairs {
        depths[*open] += 1;
    }
    let mut closed = vec![0; length];
    for (_, close) in pairs {
        closed[*close] += 1;
    }
    let mut depth = 0;
    for (at, slot) in depths.iter_mut().enumerate() {
        depth = depth + *slot - closed[at];
        *slot = depth;
    }
    depths
}
