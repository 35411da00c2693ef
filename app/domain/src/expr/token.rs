//! From characters to tokens.

use std::ops::Range;

use super::error::{ExprError, ExprErrorKind};

/// A token with its place, in characters.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) at: Range<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind {
    Int(i64),
    Float(f64),
    Text(String),
    /// A word, or dotted words.
    Name(String),
    /// A key in backticks.
    Key(String),
    /// An operator or a bracket.
    Symbol(&'static str),
    End,
}

impl TokenKind {
    /// For messages.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Int(value) => format!("`{value}`"),
            Self::Float(value) => format!("`{value:?}`"),
            Self::Text(_) => "a text".to_owned(),
            Self::Name(name) => format!("`{name}`"),
            Self::Key(key) => format!("the key `{key}`"),
            Self::Symbol(symbol) => format!("`{symbol}`"),
            Self::End => "the end".to_owned(),
        }
    }
}

/// Longer ones first.
const SYMBOLS: [&str; 21] = [
    "**", "//", "==", "!=", "<=", ">=", "!~", "<", ">", "=", "~", "+", "-", "*", "/", "%", "(",
    ")", "[", "]", ",",
];

pub(super) fn tokens(chars: &[char]) -> Result<Vec<Token>, ExprError> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        if chars[at].is_whitespace() {
            at += 1;
            continue;
        }
        let token = one(chars, at)?;
        at = token.at.end;
        found.push(token);
    }
    found.push(Token {
        kind: TokenKind::End,
        at: chars.len()..chars.len(),
    });
    Ok(found)
}

fn one(chars: &[char], at: usize) -> Result<Token, ExprError> {
    let c = chars[at];
    match c {
        '"' | '\'' | '`' => quoted(chars, at),
        '0'..='9' => number(chars, at),
        '.' if chars.get(at + 1).is_some_and(char::is_ascii_digit) => number(chars, at),
        c if c.is_alphabetic() || c == '_' => Ok(name(chars, at)),
        _ => symbol(chars, at).ok_or(ExprError {
            kind: ExprErrorKind::UnknownCharacter { character: c },
            start: at,
            end: at + 1,
        }),
    }
}

fn symbol(chars: &[char], at: usize) -> Option<Token> {
    let found = SYMBOLS.iter().find(|symbol| {
        symbol
            .chars()
            .enumerate()
            .all(|(i, c)| chars.get(at + i) == Some(&c))
    })?;
    let kind = match *found {
        "=" => TokenKind::Symbol("=="),
        found => TokenKind::Symbol(found),
    };
    Some(Token {
        kind,
        at: at..at + found.chars().count(),
    })
}

/// `\\`, `\"`, `\'` and `` \` `` stand for the second character, `\n` and `\t` for a line break and a tab; every other
/// backslash is itself.
fn quoted(chars: &[char], start: usize) -> Result<Token, ExprError> {
    let quote = chars[start];
    let mut text = String::new();
    let mut at = start + 1;
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('\\', Some(next @ ('\\' | '"' | '\'' | '`'))) => {
                text.push(*next);
                at += 2;
            }
            ('\\', Some('n')) => {
                text.push('\n');
                at += 2;
            }
            ('\\', Some('t')) => {
                text.push('\t');
                at += 2;
            }
            (c, _) if c == quote => {
                let kind = if quote == '`' {
                    TokenKind::Key(text)
                } else {
                    TokenKind::Text(text)
                };
                return Ok(Token {
                    kind,
                    at: start..at + 1,
                });
            }
            (c, _) => {
                text.push(c);
                at += 1;
            }
        }
    }
    Err(ExprError {
        kind: ExprErrorKind::UnclosedQuote { quote },
        start,
        end: chars.len(),
    })
}

fn number(chars: &[char], start: usize) -> Result<Token, ExprError> {
    let digit_at = |at: usize| chars.get(at).is_some_and(char::is_ascii_digit);
    let mut at = start;
    while let Some(c) = chars.get(at) {
        let goes_on = c.is_alphanumeric()
            || matches!(c, '.' | '_')
            || matches!(c, '+' | '-') && matches!(chars[at - 1], 'e' | 'E') && digit_at(at + 1);
        if !goes_on {
            break;
        }
        at += 1;
    }
    let text: String = chars[start..at].iter().collect();
    let plain = text.replace('_', "");
    let well_grouped = !text.contains("__") && !text.ends_with('_');
    let whole = plain.bytes().all(|b| b.is_ascii_digit());
    let kind = if !well_grouped
        || plain
            .bytes()
            .any(|b| b.is_ascii_alphabetic() && b != b'e' && b != b'E')
    {
        None
    } else if whole {
        match plain.parse::<i64>() {
            Ok(int) => Some(TokenKind::Int(int)),
            Err(_) => plain.parse().ok().map(TokenKind::Float),
        }
    } else {
        plain.parse::<f64>().ok().map(TokenKind::Float)
    };
    kind.map(|kind| Token {
        kind,
        at: start..at,
    })
    .ok_or(ExprError {
        kind: ExprErrorKind::NotANumber { text },
        start,
        end: at,
    })
}

fn name(chars: &[char], start: usize) -> Token {
    let word = |c: &char| c.is_alphanumeric() || *c == '_';
    let mut at = start;
    while let Some(c) = chars.get(at) {
        let dot = *c == '.' && chars.get(at + 1).is_some_and(word);
        if !word(c) && !dot {
            break;
        }
        at += 1;
    }
    Token {
        kind: TokenKind::Name(chars[start..at].iter().collect()),
        at: start..at,
    }
}
