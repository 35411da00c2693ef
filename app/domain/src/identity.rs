//! Which points are the same work: the hash of what is run and with which values.
//!
//! The text that is hashed is what Python writes with
//! `json.dumps({"config": config, "entry": entry}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)`, so that
//! anybody can compute it: keys sorted by code point, no spaces, integers of any length as digits, floats as `repr`
//! spells them, `NaN`, `Infinity` and `-Infinity` bare. With a code digest there is a third key `code` before `config`.
//! Hence `1`, `1.0`, `true` and `"1"` are four values, and the order of keys is none.
//!
//! Names of tasks, prefixes, sweeps, experiments, the interpreter and the machine are no part of it: a rename is not new
//! work. The rules stand in `docs/STORAGE.md` with an example.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::config::{Key, Value, non_finite_name};
use crate::schema::parameters::python_str;

/// A hex SHA-256 of what is run with which values.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Identity(String);

impl Identity {
    /// The 64 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The identity of this digest.
    pub fn from_digest(digest: [u8; 32]) -> Self {
        Self(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The 32 bytes that it stands for; `None` if somebody wrote something else in its place.
    pub fn digest(&self) -> Option<[u8; 32]> {
        let text = self.0.as_bytes();
        let is_written_so = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != 64 || !text.iter().all(is_written_so) {
            return None;
        }
        let mut digest = [0; 32];
        for (byte, digits) in digest.iter_mut().zip(text.chunks(2)) {
            let digits = std::str::from_utf8(digits).ok()?;
            *byte = u8::from_str_radix(digits, 16).ok()?;
        }
        Some(digest)
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Everything besides the values that decides an experiment's identities: with it, a client computes them itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IdentityRule {
    /// What is run: the script, relative to the project where possible.
    pub entry: String,
    /// Keys that make no difference; with a key goes everything under it.
    pub ignore: Vec<Key>,
    /// The digest of the source, if the project says that a change of code is new work.
    pub code: Option<String>,
}

impl IdentityRule {
    /// The identity of one point.
    pub fn of(&self, config: &Value) -> Identity {
        identity(&self.entry, config, &self.ignore, self.code.as_deref())
    }
}

/// The identity of `config` under `entry`; `ignore`d keys and, unless given, the code make no difference.
///
/// A section that the ignored keys leave empty goes with them.
pub fn identity(entry: &str, config: &Value, ignore: &[Key], code: Option<&str>) -> Identity {
    let text = canonical(entry, config, ignore, code);
    let digest = Sha256::digest(text.as_bytes());
    Identity::from_digest(digest.into())
}

/// The text that is hashed.
pub fn canonical(entry: &str, config: &Value, ignore: &[Key], code: Option<&str>) -> String {
    let mut out = String::from("{");
    if let Some(code) = code {
        out.push_str("\"code\":");
        write_text(&mut out, code);
        out.push(',');
    }
    out.push_str("\"config\":");
    let ignored: Vec<&str> = ignore.iter().map(Key::as_str).collect();
    write(&mut out, config, &ignored);
    out.push_str(",\"entry\":");
    write_text(&mut out, entry);
    out.push('}');
    out
}

fn write(out: &mut String, value: &Value, ignored: &[&str]) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Int(int) => out.push_str(&int.to_string()),
        Value::BigInt(digits) => out.push_str(&plain_integer(digits)),
        Value::Float(float) if float.is_finite() => out.push_str(&python_str(value)),
        Value::Float(float) => out.push_str(non_finite_name(*float)),
        Value::Text(text) => write_text(out, text),
        Value::List(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write(out, item, &[]);
            }
            out.push(']');
        }
        Value::Map(entries) => write_map(out, entries, ignored),
    }
}

fn write_map(out: &mut String, entries: &[(String, Value)], ignored: &[&str]) {
    // By bytes, which for UTF-8 is by code point, as Python sorts.
    let mut sorted: Vec<&(String, Value)> = entries.iter().collect();
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    out.push('{');
    let mut is_first = true;
    for (key, value) in sorted {
        if ignored.contains(&key.as_str()) {
            continue;
        }
        let below: Vec<&str> = ignored
            .iter()
            .filter_map(|path| path.strip_prefix(key.as_str())?.strip_prefix('.'))
            .collect();
        if !below.is_empty() && is_emptied(value, &below) {
            continue;
        }
        if !is_first {
            out.push(',');
        }
        is_first = false;
        write_text(out, key);
        out.push(':');
        write(out, value, &below);
    }
    out.push('}');
}

/// True for a section that had values, and all of them are ignored.
fn is_emptied(value: &Value, ignored: &[&str]) -> bool {
    let Value::Map(entries) = value else {
        return false;
    };
    !entries.is_empty()
        && entries.iter().all(|(key, value)| {
            let below: Vec<&str> = ignored
                .iter()
                .filter_map(|path| path.strip_prefix(key.as_str())?.strip_prefix('.'))
                .collect();
            ignored.contains(&key.as_str()) || (!below.is_empty() && is_emptied(value, &below))
        })
}

fn write_text(out: &mut String, text: &str) {
    // The same escapes as Python's without `ensure_ascii`.
    out.push_str(&serde_json::Value::from(text).to_string());
}

/// The digits as a program would write the number: no plus, no zeros in front.
fn plain_integer(digits: &str) -> String {
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", digits.strip_prefix('+').unwrap_or(digits)),
    };
    match digits.trim_start_matches('0') {
        "" => "0".to_owned(),
        digits => format!("{sign}{digits}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(entries: &[(&str, Value)]) -> Value {
        let own = |(key, value): &(&str, Value)| ((*key).to_owned(), value.clone());
        Value::Map(entries.iter().map(own).collect())
    }

    #[test]
    fn an_identity_is_32_bytes_and_other_texts_are_none() {
        let known = identity("train.py", &Value::Int(1), &[], None);
        assert_eq!(Identity::from_digest(known.digest().unwrap()), known);
        for text in ["", "0", &"g".repeat(64), &"A".repeat(64), &"é".repeat(32)] {
            assert_eq!(Identity(text.to_owned()).digest(), None, "{text}");
        }
    }

    #[test]
    fn the_order_of_keys_is_none_and_every_type_is_its_own() {
        let (a, b) = (("a", Value::Int(1)), ("b", Value::Null));
        let same =
            |x: &Value, y: &Value| identity("t.py", x, &[], None) == identity("t.py", y, &[], None);
        assert!(same(&map(&[a.clone(), b.clone()]), &map(&[b, a])));
        let ones = [
            Value::Int(1),
            Value::Float(1.0),
            Value::Bool(true),
            Value::Text("1".to_owned()),
            Value::List(vec![Value::Int(1)]),
        ];
        for (i, one) in ones.iter().enumerate() {
            for (j, other) in ones.iter().enumerate() {
                let equal = same(&map(&[("x", one.clone())]), &map(&[("x", other.clone())]));
                assert_eq!(equal, i == j, "{one} {other}");
            }
        }
        assert!(same(&Value::BigInt("-0012".to_owned()), &Value::Int(-12)));
    }

    #[test]
    fn ignored_keys_make_no_difference_and_take_their_section_with_them() {
        let keys = [Key::new("workers"), Key::new("io.threads")];
        let with = map(&[
            ("lr", Value::Float(1e-5)),
            ("workers", Value::Int(8)),
            ("io", map(&[("threads", Value::Int(4))])),
        ]);
        let without = map(&[("lr", Value::Float(1e-5))]);
        assert_eq!(
            canonical("t.py", &with, &keys, None),
            r#"{"config":{"lr":1e-05},"entry":"t.py"}"#
        );
        assert_eq!(
            identity("t.py", &with, &keys, None),
            identity("t.py", &without, &[], None)
        );
        // A section that was empty from the start is a value like any other, and a nested namesake is another key.
        let odd = map(&[("io", map(&[])), ("a", map(&[("workers", Value::Int(1))]))]);
        assert_eq!(
            canonical("t.py", &odd, &keys, None),
            r#"{"config":{"a":{"workers":1},"io":{}},"entry":"t.py"}"#
        );
    }

    #[test]
    fn entry_and_code_are_part_of_it() {
        let config = map(&[("x", Value::Float(f64::NAN))]);
        let one = identity("a.py", &config, &[], None);
        assert_ne!(one, identity("b.py", &config, &[], None));
        assert_ne!(one, identity("a.py", &config, &[], Some("0f")));
        assert_eq!(
            canonical("a\"\u{1}é", &config, &[], Some("0f")),
            "{\"code\":\"0f\",\"config\":{\"x\":NaN},\"entry\":\"a\\\"\\u0001é\"}"
        );
    }
}
