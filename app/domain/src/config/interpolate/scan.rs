//! From a text to its literal parts and its references.

use crate::config::Key;

/// Texts that begin with it are literal: the rest is the value.
const LITERAL: &str = "!P";

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Characters that stand for themselves.
    Text(String),
    /// `$NAME`, `${NAME}`, `${NAME:-default}`
    Variable {
        name: String,
        default: Option<String>,
    },
    /// `{a.b}`: the parts of the key.
    Reference(Vec<String>),
}

/// Takes a text apart. Linear in its length; what is not well-formed stands for itself.
pub(super) fn scan(text: &str) -> Vec<Piece> {
    if let Some(literal) = text.strip_prefix(LITERAL) {
        return vec![Piece::Text(literal.to_owned())];
    }
    let braces = Braces::of(text);
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['$', '{', '\\']) {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with("$$") {
            plain.push('$');
            rest = &rest[2..];
            continue;
        }
        if let Some((_, length)) = rest.strip_prefix('\\').and_then(reference) {
            plain.push_str(&rest[1..=length]);
            rest = &rest[1 + length..];
            continue;
        }
        let at = text.len() - rest.len();
        if let Some((piece, length)) = variable(rest, at, &braces).or_else(|| reference(rest)) {
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            pieces.push(piece);
            rest = &rest[length..];
            continue;
        }
        plain.push_str(&rest[..1]);
        rest = &rest[1..];
    }
    plain.push_str(rest);
    if !plain.is_empty() || pieces.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    pieces
}

/// How many bytes a variable's name has.
fn name_length(text: &str) -> usize {
    if !text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        return 0;
    }
    text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(text.len())
}

/// A variable at the beginning of `text`, which stands at byte `at`, and how many bytes it takes.
fn variable(text: &str, at: usize, braces: &Braces) -> Option<(Piece, usize)> {
    let after = text.strip_prefix('$')?;
    let Some(inside) = after.strip_prefix('{') else {
        let length = name_length(after);
        let piece = Piece::Variable {
            name: after[..length].to_owned(),
            default: None,
        };
        return (length > 0).then_some((piece, 1 + length));
    };
    let length = name_length(inside);
    if length == 0 {
        return None;
    }
    let name = inside[..length].to_owned();
    let rest = &inside[length..];
    if rest.starts_with('}') {
        let piece = Piece::Variable {
            name,
            default: None,
        };
        return Some((piece, 2 + length + 1));
    }
    let default = rest.strip_prefix(":-")?;
    let start = at + 2 + length + 2;
    let end = braces.partner(at + 1)?.checked_sub(start)?;
    let piece = Piece::Variable {
        name,
        default: Some(default[..end].to_owned()),
    };
    Some((piece, 2 + length + 2 + end + 1))
}

/// Which brace closes which, found in one pass.
struct Braces(Vec<(usize, usize)>);

impl Braces {
    fn of(text: &str) -> Self {
        let mut pairs = Vec::new();
        let mut open = Vec::new();
        // Only defaults ask.
        if text.contains(":-") {
            for (at, byte) in text.bytes().enumerate() {
                match byte {
                    b'{' => open.push(at),
                    b'}' => pairs.extend(open.pop().map(|start| (start, at))),
                    _ => {}
                }
            }
            pairs.sort_unstable();
        }
        Self(pairs)
    }

    fn partner(&self, open: usize) -> Option<usize> {
        let index = self
            .0
            .binary_search_by_key(&open, |(start, _)| *start)
            .ok()?;
        Some(self.0[index].1)
    }
}

/// A reference at the beginning, and how many bytes it takes.
///
/// The first name begins with a letter or `_`, so that `{3}` of a pattern and `{"a": 1}` stand for themselves.
fn reference(text: &str) -> Option<(Piece, usize)> {
    let inside = text.strip_prefix('{')?;
    let end = inside.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.')))?;
    if !inside[end..].starts_with('}') {
        return None;
    }
    let path = &inside[..end];
    let parts: Vec<String> = path.split('.').map(str::to_owned).collect();
    let named = path.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let whole = parts.iter().all(|part| !part.is_empty());
    (named && whole).then_some((Piece::Reference(parts), 1 + end + 1))
}

/// How deep defaults may stand inside defaults.
pub(super) const MAX_DEFAULTS: usize = 16;

/// The keys that a text refers to, in order, those in defaults included; empty for a literal text.
pub fn references(text: &str) -> Vec<Key> {
    let mut found = Vec::new();
    collect(text, 0, &mut found);
    found
}

fn collect(text: &str, depth: usize, found: &mut Vec<Key>) {
    for piece in scan(text) {
        match piece {
            Piece::Reference(parts) => found.push(Key::of_parts(parts)),
            Piece::Variable {
                default: Some(default),
                ..
            } if depth < MAX_DEFAULTS => collect(&default, depth + 1, found),
            _ => {}
        }
    }
}

/// True if the value of a text depends on the environment or on other keys.
pub fn is_dynamic(text: &str) -> bool {
    !matches!(scan(text).as_slice(), [Piece::Text(_)])
}

/// A text whose value is `text`, character by character.
pub fn escape(text: &str) -> String {
    match scan(text).as_slice() {
        [Piece::Text(same)] if same == text => text.to_owned(),
        _ => format!("{LITERAL}{text}"),
    }
}
