//! Files of variables, as `exec --env-file` reads them.
//!
//! ```text
//! # a comment                 NAME=plain text # a comment
//! export NAME='as it is'      NAME="\n \t \r \" \\ \$ are read, and it may go over several lines"
//! ```
//!
//! Nothing is expanded: `$` is a dollar. A name given twice has its last value.

/// What is wrong with such a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {fault}")]
pub struct DotenvError {
    /// From 1.
    pub line: usize,
    /// What.
    pub fault: DotenvFault,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DotenvFault {
    /// No `=` behind the name.
    #[error("`{0}` has no `=` behind it")]
    NoEquals(String),
    /// Not the name of a variable.
    #[error("`{0}` is no name of a variable")]
    Name(String),
    /// A quote that is not closed.
    #[error("the value of `{0}` has no closing quote")]
    Unclosed(String),
    /// Something stands behind the closing quote.
    #[error("something stands behind the value of `{0}`")]
    Surplus(String),
    /// A zero byte.
    #[error("the value of `{0}` holds a zero byte")]
    ZeroByte(String),
}

impl DotenvError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self.fault {
            DotenvFault::NoEquals(_) => "write NAME=VALUE, or begin a comment with #",
            DotenvFault::Name(_) => {
                "a name has letters, digits, `_`, `.` and `-`, and begins with no digit"
            }
            DotenvFault::Unclosed(_) => "close it, or leave the quotes out",
            DotenvFault::Surplus(_) => "put all of the value between the quotes",
            DotenvFault::ZeroByte(_) => "take it out",
        }
    }
}

/// True for what can be the name of a variable.
pub fn is_name(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()) && name.chars().all(is_part)
}

/// The variables of a file, in its order.
///
/// # Errors
/// The first line that cannot be read.
pub fn parse(text: &str) -> Result<Vec<(String, String)>, DotenvError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut variables: Vec<(String, String)> = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let line = 1 + text[..text.len() - rest.len()].matches('\n').count();
        let fail = |fault| Err(DotenvError { line, fault });
        let trimmed = rest.trim_start_matches([' ', '\t', '\r']);
        let (this, after) = trimmed.split_once('\n').unwrap_or((trimmed, ""));
        if this.trim().is_empty() || this.starts_with('#') {
            rest = after;
            continue;
        }
        let this = this
            .strip_prefix("export ")
            .map_or(this, |rest| rest.trim_start_matches([' ', '\t']));
        let Some((name, _)) = this.split_once('=') else {
            return fail(DotenvFault::NoEquals(this.trim().to_owned()));
        };
        let name = name.trim().to_owned();
        if !is_name(&name) {
            return fail(DotenvFault::Name(name));
        }
        let at = trimmed.find('=').map_or(trimmed.len(), |at| at + 1);
        let value = trimmed[at..].trim_start_matches([' ', '\t']);
        let (value, left) = match read_value(value) {
            Ok(read) => read,
            Err(fault) => return fail(fault(name)),
        };
        if value.contains('\0') {
            return fail(DotenvFault::ZeroByte(name));
        }
        variables.retain(|(known, _)| *known != name);
        variables.push((name, value));
        rest = left;
    }
    Ok(variables)
}

type Fault = fn(String) -> DotenvFault;

/// The value that a text begins with, and what stands behind its line.
fn read_value(text: &str) -> Result<(String, &str), Fault> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'));
    let Some(quote) = quote else {
        let (line, after) = text.split_once('\n').unwrap_or((text, ""));
        let end = line.find(" #").or_else(|| line.find("\t#"));
        let line = if line.starts_with('#') { "" } else { line };
        let value = line.get(..end.unwrap_or(line.len())).unwrap_or(line);
        return Ok((value.trim().to_owned(), after));
    };
    let mut value = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        if c == quote {
            let behind = &text[at + 1..];
            let (line, after) = behind.split_once('\n').unwrap_or((behind, ""));
            let line = line.trim();
            return if line.is_empty() || line.starts_with('#') {
                Ok((value, after))
            } else {
                Err(DotenvFault::Surplus)
            };
        }
        if c != '\\' || quote == '\'' {
            value.push(c);
            continue;
        }
        match chars.next() {
            Some((_, 'n')) => value.push('\n'),
            Some((_, 't')) => value.push('\t'),
            Some((_, 'r')) => value.push('\r'),
            Some((_, c @ ('"' | '\\' | '$'))) => value.push(c),
            Some((_, c)) => value.extend(['\\', c]),
            None => return Err(DotenvFault::Unclosed),
        }
    }
    Err(DotenvFault::Unclosed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> String {
        match parse(text) {
            Ok(variables) => format!("{variables:?}"),
            Err(error) => format!("{error} [{}]", error.hint()),
        }
    }

    #[test]
    fn every_form_is_read_and_every_fault_names_its_line() {
        let texts = [
            "",
            "# only\n\n",
            "A=1\nB = two words \nexport C=3\r\n",
            "A=1 # comment\nB=1#none\nC=#\n",
            "A='it # is $HOME \\n'\nB=\"a\\nb\\t\\\"c\\\" \\$x \\q\" # c\n",
            "A=\"one\ntwo\"\nB=3",
            "A=1\nA=2",
            "A=",
            "URL=http://x/?a=b&c",
            "\u{feff}A=é",
            "A=1\nB\n",
            "A=1\n1B=2",
            "=x",
            "A B=1",
            "A=1\nB='x",
            "A='x' y",
            "A=\"x\\",
        ];
        let lines: Vec<String> = texts
            .iter()
            .map(|text| format!("{text:?} -> {}", read(text)))
            .collect();
        insta::assert_snapshot!(lines.join("\n"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "([A-Z=#'\" \\\\\n\r\t\0é]|export ){0,40}") {
            if let Ok(variables) = parse(&text) {
                for (name, value) in variables {
                    prop_assert!(is_name(&name) && !value.contains('\0'));
                }
            }
        }
    }
}
