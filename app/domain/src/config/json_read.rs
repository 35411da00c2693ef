//! Reading JSON with places. `NaN`, `Infinity` and `-Infinity` are read too: Python writes them.

use super::yaml::YamlError;
use super::yaml_read::MAX_DEPTH;
use super::{Entry, Node, Place, Tree, Value};

/// Reads a whole text.
pub(super) fn read(text: &str) -> Result<Node, YamlError> {
    let mut reader = Reader {
        rest: text.strip_prefix('\u{feff}').unwrap_or(text),
        line: 1,
        column: 1,
    };
    reader.skip_space();
    let node = reader.value(0)?;
    reader.skip_space();
    if reader.rest.is_empty() {
        Ok(node)
    } else {
        Err(reader.fail("something stands after the end of the value"))
    }
}

struct Reader<'a> {
    rest: &'a str,
    line: u32,
    column: u32,
}

impl Reader<'_> {
    fn place(&self) -> Place {
        Place {
            line: self.line,
            column: self.column,
        }
    }

    fn fail(&self, message: impl Into<String>) -> YamlError {
        fail_at(self.place(), message)
    }

    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        if c == '\n' {
            self.line += 1;
            self.column = 1;
        } else {
            self.column += 1;
        }
        Some(c)
    }

    fn skip_space(&mut self) {
        while self.rest.starts_with([' ', '\t', '\n', '\r']) {
            self.next();
        }
    }

    /// The next character that is no space.
    fn peek(&mut self) -> Option<char> {
        self.skip_space();
        self.rest.chars().next()
    }

    fn value(&mut self, depth: usize) -> Result<Node, YamlError> {
        if depth > MAX_DEPTH {
            return Err(self.fail(format!(
                "lists and maps stand more than {MAX_DEPTH} levels deep"
            )));
        }
        let at = self.place();
        let tree = match self.rest.chars().next() {
            Some('{') => Tree::Map(self.map(depth)?),
            Some('[') => Tree::List(self.list(depth)?),
            Some('"') => Tree::Leaf(Value::Text(self.text()?)),
            Some(_) => Tree::Leaf(self.word()?),
            None => return Err(self.fail("a value is missing")),
        };
        Ok(Node {
            tree,
            at,
            replace: false,
        })
    }

    fn map(&mut self, depth: usize) -> Result<Vec<Entry>, YamlError> {
        let opened = self.place();
        self.next();
        let mut entries: Vec<Entry> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        if self.peek() == Some('}') {
            self.next();
            return Ok(entries);
        }
        loop {
            self.skip_space();
            let key_at = self.place();
            if !self.rest.starts_with('"') {
                return Err(self.fail(match self.rest.chars().next() {
                    None => format!("{} is not closed", open_at("map", opened)),
                    Some('}') => "a comma stands before the end of the map".to_owned(),
                    Some(_) => "a key in double quotes is expected".to_owned(),
                }));
            }
            let key = self.text()?;
            if !seen.insert(key.clone()) {
                return Err(fail_at(key_at, format!("key `{key}` stands twice")));
            }
            if self.peek() != Some(':') {
                return Err(self.fail(format!("a colon is expected after the key `{key}`")));
            }
            self.next();
            self.skip_space();
            let node = self.value(depth + 1)?;
            entries.push(Entry {
                key,
                key_at,
                dotted: true,
                node,
            });
            match self.peek() {
                Some(',') => {
                    self.next();
                }
                Some('}') => {
                    self.next();
                    return Ok(entries);
                }
                Some(_) => return Err(self.fail("a comma or `}` is expected")),
                None => {
                    return Err(self.fail(format!("{} is not closed", open_at("map", opened))));
                }
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Node>, YamlError> {
        let opened = self.place();
        self.next();
        let mut items = Vec::new();
        if self.peek() == Some(']') {
            self.next();
            return Ok(items);
        }
        loop {
            match self.peek() {
                Some(']') => return Err(self.fail("a comma stands before the end of the list")),
                None => {
                    return Err(self.fail(format!("{} is not closed", open_at("list", opened))));
                }
                Some(_) => items.push(self.value(depth + 1)?),
            }
            match self.peek() {
                Some(',') => {
                    self.next();
                }
                Some(']') => {
                    self.next();
                    return Ok(items);
                }
                Some(_) => return Err(self.fail("a comma or `]` is expected")),
                None => {
                    return Err(self.fail(format!("{} is not closed", open_at("list", opened))));
                }
            }
        }
    }

    fn text(&mut self) -> Result<String, YamlError> {
        let opened = self.place();
        let unclosed = || fail_at(opened, "the text is not closed");
        self.next();
        let mut text = String::new();
        loop {
            let at = self.place();
            match self.next().ok_or_else(unclosed)? {
                '"' => return Ok(text),
                '\\' => text.push(self.escaped(at)?),
                c if u32::from(c) < 0x20 => {
                    let name = c.escape_default();
                    return Err(fail_at(
                        at,
                        format!("a text holds no bare control character: write `{name}`"),
                    ));
                }
                c => text.push(c),
            }
        }
    }

    fn escaped(&mut self, at: Place) -> Result<char, YamlError> {
        let c = self.next().unwrap_or_default();
        Ok(match c {
            '"' | '\\' | '/' => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let first = self.hex(at)?;
                let pair = (0xd800..0xdc00).contains(&first) && self.rest.starts_with("\\u");
                let code = if pair {
                    self.next();
                    self.next();
                    match self.hex(at)? {
                        second @ 0xdc00..0xe000 => {
                            0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)
                        }
                        _ => first,
                    }
                } else {
                    first
                };
                char::from_u32(code)
                    .ok_or_else(|| fail_at(at, "half of a surrogate pair is no character"))?
            }
            _ => return Err(fail_at(at, format!("`\\{c}` is no escape"))),
        })
    }

    fn hex(&mut self, at: Place) -> Result<u32, YamlError> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.next().and_then(|c| c.to_digit(16));
            code = code * 16
                + digit.ok_or_else(|| fail_at(at, "`\\u` needs four hexadecimal digits"))?;
        }
        Ok(code)
    }

    /// A number or a name.
    fn word(&mut self) -> Result<Value, YamlError> {
        let at = self.place();
        let end = self
            .rest
            .find(|c: char| !(c.is_alphanumeric() || matches!(c, '+' | '-' | '.' | '_')))
            .unwrap_or(self.rest.len());
        let word = &self.rest[..end];
        let value = match word {
            "null" => Value::Null,
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "NaN" => Value::Float(f64::NAN),
            "Infinity" => Value::Float(f64::INFINITY),
            "-Infinity" => Value::Float(f64::NEG_INFINITY),
            _ => number(word).ok_or_else(|| {
                let shown = if word.is_empty() {
                    self.rest.chars().take(1).collect::<String>()
                } else {
                    word.to_owned()
                };
                fail_at(at, format!("`{shown}` is no value of JSON"))
            })?,
        };
        self.column += u32::try_from(word.chars().count()).unwrap_or(u32::MAX);
        self.rest = &self.rest[end..];
        Ok(value)
    }
}

fn number(word: &str) -> Option<Value> {
    let unsigned = word.strip_prefix('-').unwrap_or(word);
    let digits = unsigned.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 || digits > 1 && unsigned.starts_with('0') {
        return None;
    }
    let rest = &unsigned[digits..];
    if rest.is_empty() {
        return Some(
            word.parse()
                .map_or_else(|_| Value::BigInt(word.to_owned()), Value::Int),
        );
    }
    let (fraction, exponent) = match rest.split_once(['e', 'E']) {
        Some((fraction, exponent)) => (fraction, Some(exponent)),
        None => (rest, None),
    };
    let all_digits =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let fine = (fraction.is_empty() || fraction.strip_prefix('.').is_some_and(all_digits))
        && exponent.is_none_or(|text| all_digits(text.strip_prefix(['+', '-']).unwrap_or(text)));
    if !fine {
        return None;
    }
    word.parse().ok().map(Value::Float)
}

fn open_at(what: &str, place: Place) -> String {
    format!(
        "the {what} that begins at line {}, column {}",
        place.line, place.column
    )
}

fn fail_at(place: Place, message: impl Into<String>) -> YamlError {
    YamlError {
        message: message.into(),
        line: place.line as usize,
        column: place.column as usize,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        match read(text) {
            Ok(node) => serde_json::to_string(&node.to_value()).unwrap(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn json_is_read_with_pythons_numbers() {
        assert_eq!(
            shown(r#" {"a": [1, -0.5e3, true, null, "x\n\u00e9\ud83d\ude00\/"], "b": {}} "#),
            "{\"a\":[1,-500.0,true,null,\"x\\né😀/\"],\"b\":{}}"
        );
        assert_eq!(
            shown("[NaN, -Infinity, 99999999999999999999]"),
            r#"[{"$float":"NaN"},{"$float":"-Infinity"},{"$int":"99999999999999999999"}]"#
        );
    }

    #[test]
    fn places_count_lines_and_characters() {
        let node = read("{\n  \"é\": 1,\n  \"b\": [\n    2]}").unwrap();
        let Tree::Map(entries) = &node.tree else {
            panic!("{node:?}");
        };
        let at = |place: Place| (place.line, place.column);
        assert_eq!(at(entries[0].key_at), (2, 3));
        assert_eq!(at(entries[0].node.at), (2, 8));
        assert_eq!(at(entries[1].node.at), (3, 8));
    }

    #[test]
    fn errors_say_what_is_expected() {
        let texts = [
            "",
            "{",
            "{\"a\" 1}",
            "{\"a\": 1,}",
            "{a: 1}",
            "[1,]",
            "[1",
            "[1 2]",
            "01",
            "1.",
            "tru",
            "\"a",
            "\"\\x\"",
            "\"a\tb\"",
            "\"\\ud800\"",
            "{\"a\": 1, \"a\": 2}",
            "1 2",
            "# c",
        ];
        let lines: Vec<String> = texts
            .iter()
            .map(|text| format!("{text:?}: {}", shown(text)))
            .collect();
        insta::assert_snapshot!(lines.join("\n"));
    }
}
