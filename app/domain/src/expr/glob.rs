//! Patterns as in file names.

/// True if the whole of `text` matches `pattern`: `*` any characters, `?` one, `[a-z]` one of, `[!a-z]` none of; case counts.
///
/// Only the last `*` is ever gone back to, so the time is at most the product of both lengths.
pub fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if pattern.get(p) == Some(&'*') {
            star = Some((p, t));
            p += 1;
        } else if let Some(width) = one(&pattern[p..], text[t]) {
            p += width;
            t += 1;
        } else if let Some((at, taken)) = star {
            star = Some((at, taken + 1));
            p = at + 1;
            t = taken + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// How many characters of the pattern match the one character, if they do.
fn one(pattern: &[char], c: char) -> Option<usize> {
    match pattern.first()? {
        '?' => Some(1),
        '[' => match class(pattern, c) {
            Some((width, is_in)) => is_in.then_some(width),
            None => (c == '[').then_some(1),
        },
        '*' => None,
        first => (*first == c).then_some(1),
    }
}

/// A class in brackets: its length, and whether the character is in it. `]` right after the bracket is a member.
fn class(pattern: &[char], c: char) -> Option<(usize, bool)> {
    let negated = pattern.get(1) == Some(&'!');
    let first = if negated { 2 } else { 1 };
    let close = (first + 1..pattern.len()).find(|at| pattern[*at] == ']')?;
    let members = &pattern[first..close];
    let mut found = false;
    let mut at = 0;
    while at < members.len() {
        if at + 2 < members.len() && members[at + 1] == '-' {
            found |= (members[at]..=members[at + 2]).contains(&c);
            at += 3;
        } else {
            found |= members[at] == c;
            at += 1;
        }
    }
    Some((close + 1, found != negated))
}
