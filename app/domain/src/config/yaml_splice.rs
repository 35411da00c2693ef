//! A text addressed by characters, and the cuts an editor makes in it.

use super::Value;

/// A text with the byte of each of its characters.
pub(super) struct Text {
    text: String,
    /// One more than there are characters: the last is the length.
    bytes: Vec<usize>,
}

impl Text {
    pub(super) fn of(text: &str) -> Self {
        // The reader does not count the mark at the beginning.
        let start = usize::from(text.starts_with('\u{feff}'));
        let bytes = text.char_indices().map(|(byte, _)| byte).skip(start);
        Self {
            text: text.to_owned(),
            bytes: bytes.chain([text.len()]).collect(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len() - 1
    }

    fn byte(&self, at: usize) -> usize {
        self.bytes[at.min(self.len())]
    }

    pub(super) fn at(&self, at: usize) -> Option<char> {
        self.text[self.byte(at)..].chars().next()
    }

    pub(super) fn range(&self, start: usize, end: usize) -> String {
        self.text[self.byte(start)..self.byte(end.max(start))].to_owned()
    }

    pub(super) fn splice(&self, start: usize, end: usize, with: &str) -> String {
        let (start, end) = (self.byte(start), self.byte(end.max(start)));
        format!("{}{with}{}", &self.text[..start], &self.text[end..])
    }

    pub(super) fn find(&self, c: char, from: usize) -> Option<usize> {
        (from..self.len()).find(|at| self.at(*at) == Some(c))
    }

    /// The end of the quoted text that begins at `from`, behind an anchor or a tag; `None` if none begins there.
    pub(super) fn quoted_end(&self, from: usize) -> Option<usize> {
        let mut at = from;
        while matches!(self.at(at), Some('&' | '!')) {
            at = (at..self.len()).find(|at| self.at(*at).is_some_and(char::is_whitespace))?;
            at = (at..self.len()).find(|at| self.at(*at).is_some_and(|c| !c.is_whitespace()))?;
        }
        let quote = self.at(at).filter(|c| matches!(c, '"' | '\''))?;
        at += 1;
        while at < self.len() {
            let c = self.at(at)?;
            let escaped = match quote {
                '"' => c == '\\',
                _ => c == quote && self.at(at + 1) == Some(quote),
            };
            if escaped {
                at += 2;
            } else if c == quote {
                return Some(at + 1);
            } else {
                at += 1;
            }
        }
        None
    }

    pub(super) fn skip_blanks(&self, from: usize) -> usize {
        (from..self.len())
            .find(|at| !matches!(self.at(*at), Some(' ' | '\t')))
            .unwrap_or(self.len())
    }

    /// Where the line of a character ends, its line break not included.
    pub(super) fn line_end(&self, from: usize) -> usize {
        let end = self.find('\n', from).unwrap_or(self.len());
        if end > from && self.at(end - 1) == Some('\r') {
            end - 1
        } else {
            end
        }
    }

    pub(super) fn line_start(&self, from: usize) -> usize {
        (0..from.min(self.len()))
            .rev()
            .find(|at| self.at(*at) == Some('\n'))
            .map_or(0, |at| at + 1)
    }

    pub(super) fn is_blank(&self, start: usize, end: usize) -> bool {
        self.range(start, end).trim().is_empty()
    }

    /// True if a comment, and nothing before it, stands on the rest of the line.
    pub(super) fn is_comment(&self, from: usize) -> bool {
        self.at(self.skip_blanks(from)) == Some('#')
    }

    /// The end of a block of lines without the blank ones behind it.
    pub(super) fn without_blank_end(&self, end: usize) -> usize {
        (0..end.min(self.len()))
            .rev()
            .find(|at| self.at(*at).is_some_and(|c| !c.is_whitespace()))
            .map_or(0, |at| at + 1)
    }

    /// Puts whole lines below the line that ends at `end`.
    pub(super) fn insert_lines(&self, end: usize, lines: &str) -> String {
        let rest = &self.text[self.byte(end)..];
        let line_break = match rest.chars().next() {
            Some('\r') => "\r\n",
            _ => "\n",
        };
        let lines = lines.replace('\n', line_break);
        if rest.starts_with(line_break) {
            let below = end + line_break.len();
            return self.splice(below, below, &lines);
        }
        let before = &self.text[..self.byte(end)];
        let fresh = before.is_empty() || before.ends_with('\n');
        let start = if fresh { "" } else { line_break };
        self.splice(end, end, &format!("{start}{lines}"))
    }

    /// Without the lines from the one that begins at `start` to the one of `end`.
    pub(super) fn without_lines(&self, start: usize, end: usize) -> String {
        let end = self.find('\n', end).map_or(self.len(), |at| at + 1);
        self.splice(start, end, "")
    }
}

/// True if two trees have the same values; the order of keys does not count.
pub(super) fn fits(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => {
            a.is_nan() == b.is_nan() && a.partial_cmp(b).is_none_or(std::cmp::Ordering::is_eq)
        }
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| fits(a, b))
        }
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len()
                && a.iter().all(|(name, value)| {
                    b.iter()
                        .any(|(known, other)| known == name && fits(value, other))
                })
        }
        (a, b) => a == b,
    }
}
