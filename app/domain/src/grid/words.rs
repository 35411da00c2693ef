//! Words, quotes and lists inside one alternative.

use std::ops::Range;

use super::error::{InputError, InputErrorKind};
use super::syntax::{error, trimmed};

/// One value as it stands in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// Quotes removed, escapes resolved.
    pub(super) text: String,
    pub(super) quoted: bool,
    pub(super) at: Range<usize>,
}

/// The quoted text that begins at the start of `range`.
///
/// Inside quotes a backslash takes the next quote or backslash literally; before anything else it is itself.
pub(super) fn quoted(chars: &[char], range: Range<usize>) -> Result<Word, InputError> {
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
pub(super) fn closing_bracket(chars: &[char], range: Range<usize>) -> Result<usize, InputError> {
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

/// Where the YAML list or map that begins at the start of `range` ends.
pub(super) fn closing_flow(chars: &[char], range: Range<usize>) -> Result<usize, InputError> {
    let mut depth = 0usize;
    let mut value_start = false;
    let mut i = range.start;
    while i < range.end {
        let c = chars[i];
        if value_start && matches!(c, '"' | '\'') {
            i = quoted(chars, i..range.end)?.at.end;
            value_start = false;
            continue;
        }
        match c {
            '[' | '{' => depth += 1,
            ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return Ok(i);
        }
        value_start = matches!(c, '[' | '{' | ',' | ':') || value_start && c.is_whitespace();
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
