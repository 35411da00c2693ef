//! The batch syntax: from a text to its alternatives, quotes and brackets respected.
//!
//! Positions are counted in characters from 0, in the text as it was typed.

use std::ops::Range;

use super::error::{InputError, InputErrorKind};

/// Whether the alternatives of a text are for a list parameter: quotes then protect every word, not only the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// One value per alternative.
    Scalar,
    /// A list per alternative.
    List,
}

/// How the alternatives are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Join {
    /// No pipe at all.
    Lone,
    /// `a | b`
    Product,
    /// `(a | b)`
    Zip,
}

/// A text cut at its pipes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Alternatives {
    pub(super) join: Join,
    /// Outer spaces removed, never empty.
    pub(super) parts: Vec<Range<usize>>,
}

/// One value as it stands in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// Quotes removed, escapes resolved.
    pub(super) text: String,
    pub(super) quoted: bool,
    pub(super) at: Range<usize>,
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
    let marks = marks(chars, whole.clone(), reading)?;
    let pairs = matched_pairs(&marks);
    let depths = depths(chars.len(), &pairs);
    let zipped = pairs.contains(&(whole.start, whole.end.saturating_sub(1)));
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
        });
    }
    let own = usize::from(zipped);
    if let Some(inner) = pipes.iter().find(|at| depths[**at] > own) {
        return Err(error(InputErrorKind::PipeInParentheses, *inner..inner + 1));
    }
    let bounds = if zipped {
        whole.start + 1..whole.end - 1
    } else {
        whole
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
        join: if zipped { Join::Zip } else { Join::Product },
        parts,
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

/// The inside of a pair of parentheses that encloses the whole range.
pub(super) fn inside_parentheses(chars: &[char], range: Range<usize>) -> Option<Range<usize>> {
    let enclosed = range.len() > 2 && chars[range.start] == '(' && chars[range.end - 1] == ')';
    enclosed.then(|| trimmed(chars, range.start + 1..range.end - 1))
}

fn marks(chars: &[char], whole: Range<usize>, reading: Reading) -> Result<Vec<Mark>, InputError> {
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
        if at_start && c == '[' {
            match closing_bracket(chars, i..whole.end) {
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
            '(' => i == whole.start,
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

/// The quoted text that begins at the start of `range`.
///
/// Inside quotes a backslash takes the next quote or backslash literally; before anything else it is itself.
fn quoted(chars: &[char], range: Range<usize>) -> Result<Word, InputError> {
    let quote = chars[range.start];
    let mut text = String::new();
    let mut i = range.start + 1;
    while i < range.end {
        let c = chars[i];
        if c == '\\' && i + 1 < range.end && matches!(chars[i + 1], '\\' | '"' | '\'') {
            text.push(chars[i + 1]);
            i += 2;
        } else if c == quote {
            return Ok(Word {
                text,
                quoted: true,
                at: range.start..i + 1,
            });
        } else {
            text.push(c);
            i += 1;
        }
    }
    Err(error(InputErrorKind::UnclosedQuote { quote }, range))
}

/// Where the list that begins at the start of `range` ends.
fn closing_bracket(chars: &[char], range: Range<usize>) -> Result<usize, InputError> {
    let mut depth = 0usize;
    let mut item_start = false;
    let mut i = range.start;
    while i < range.end {
        let c = chars[i];
        if item_start && matches!(c, '"' | '\'') {
            i = quoted(chars, i..range.end)?.at.end;
            item_start = false;
            continue;
        }
        match c {
            '[' => depth += 1,
            ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Ok(i);
        }
        item_start = matches!(c, '[' | ',') || item_start && c.is_whitespace();
        i += 1;
    }
    Err(error(InputErrorKind::UnclosedList, range))
}

/// Reads one alternative as one value.
pub(super) fn scalar(chars: &[char], part: Range<usize>) -> Result<Word, InputError> {
    if !matches!(chars.get(part.start), Some('"' | '\'')) {
        return Ok(bare(chars, part));
    }
    let word = quoted(chars, part.clone())?;
    if word.at.end < part.end {
        return Err(error(InputErrorKind::TextAfterQuote, word.at.end..part.end));
    }
    Ok(word)
}

fn bare(chars: &[char], at: Range<usize>) -> Word {
    let text: String = chars[at.clone()].iter().collect();
    Word {
        text: text.replace("\\|", "|"),
        quoted: false,
        at,
    }
}

/// Whether bare words may be separated by commas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Commas {
    /// `64, 128` are two items: numbers hold no comma.
    Separate,
    /// A word that ends in a comma is suspicious.
    Refuse,
}

/// An item of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    One(Word),
    List(Vec<Item>, Range<usize>),
}

/// Reads one alternative as a list: `[a, b]`, or words separated by spaces.
pub(super) fn list(
    chars: &[char],
    part: Range<usize>,
    commas: Commas,
) -> Result<Vec<Item>, InputError> {
    if chars.get(part.start) == Some(&'[') {
        let close = closing_bracket(chars, part.clone())?;
        if close + 1 < part.end {
            let after = trimmed(chars, close + 1..part.end);
            return Err(error(InputErrorKind::TextAfterList, after));
        }
        return items(chars, part.start + 1..close);
    }
    let mut words = Vec::new();
    let mut i = part.start;
    while i < part.end {
        if chars[i].is_whitespace() {
            i += 1;
            continue;
        }
        let word = if matches!(chars[i], '"' | '\'') {
            let word = quoted(chars, i..part.end)?;
            if chars
                .get(word.at.end)
                .is_some_and(|c| word.at.end < part.end && !c.is_whitespace())
            {
                return Err(error(InputErrorKind::TextAfterQuote, word.at.end..part.end));
            }
            word
        } else {
            let end = (i..part.end)
                .find(|at| chars[*at].is_whitespace())
                .unwrap_or(part.end);
            bare(chars, i..end)
        };
        i = word.at.end;
        words.push(word);
    }
    match commas {
        Commas::Separate if words.iter().any(|w| !w.quoted && w.text.contains(',')) => {
            items(chars, part)
        }
        Commas::Refuse if words.iter().any(|w| !w.quoted && w.text.ends_with(',')) => {
            Err(error(InputErrorKind::CommaBetweenWords, part))
        }
        _ => Ok(words.into_iter().map(Item::One).collect()),
    }
}

/// Items separated by commas; a comma after the last one is allowed.
fn items(chars: &[char], inner: Range<usize>) -> Result<Vec<Item>, InputError> {
    let mut found = Vec::new();
    let mut start = inner.start;
    loop {
        let begin = trimmed(chars, start..inner.end).start;
        if begin >= inner.end {
            return Ok(found);
        }
        let (item, end) = item(chars, begin..inner.end)?;
        found.push(item);
        let next = trimmed(chars, end..inner.end).start;
        if next >= inner.end {
            return Ok(found);
        }
        start = next + 1;
    }
}

/// One item, and where the comma after it or the end stands.
fn item(chars: &[char], rest: Range<usize>) -> Result<(Item, usize), InputError> {
    let comma_after = |end: usize, kind: InputErrorKind| {
        let next = trimmed(chars, end..rest.end).start;
        if next < rest.end && chars[next] != ',' {
            Err(error(kind, next..rest.end))
        } else {
            Ok(next)
        }
    };
    match chars[rest.start] {
        '"' | '\'' => {
            let word = quoted(chars, rest.clone())?;
            let next = comma_after(word.at.end, InputErrorKind::TextAfterQuote)?;
            Ok((Item::One(word), next))
        }
        '[' => {
            let close = closing_bracket(chars, rest.clone())?;
            let next = comma_after(close + 1, InputErrorKind::TextAfterList)?;
            Ok((
                Item::List(items(chars, rest.start + 1..close)?, rest.start..close + 1),
                next,
            ))
        }
        _ => {
            let end = comma(chars, rest.clone());
            let at = trimmed(chars, rest.start..end);
            if at.is_empty() {
                return Err(error(InputErrorKind::EmptyItem, rest.start..rest.start + 1));
            }
            Ok((Item::One(bare(chars, at)), end))
        }
    }
}

/// The first comma outside brackets, or the end.
fn comma(chars: &[char], rest: Range<usize>) -> usize {
    let mut depth = 0usize;
    for i in rest.clone() {
        match chars[i] {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => return i,
            _ => {}
        }
    }
    rest.end
}
