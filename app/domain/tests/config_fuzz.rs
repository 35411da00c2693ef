//! Whatever bytes stand in a file or on a command line, the parsers of configs answer, soon, and keep their laws.

#[path = "support/fuzz.rs"]
mod fuzz;
#[path = "support/random.rs"]
mod random;

use domain::config::interpolate::{Environment, escape, interpolate, references};
use domain::config::overrides::{parse, typed};
use domain::config::yaml::{Change, edit_yaml, from_yaml, to_yaml};
use domain::config::{Format, Value, leaves, read_tree};
use fuzz::fuzz;

/// Equal in type and value; NaN equals itself.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => a.total_cmp(b).is_eq() || a.is_nan() && b.is_nan(),
        // The other reader of JSON makes a float of a huge integer.
        (Value::BigInt(_), Value::Float(_)) => true,
        // And of a zero with a sign.
        (Value::Int(0), Value::Float(zero)) => zero.abs() < f64::MIN_POSITIVE,
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len()
                && a.iter()
                    .zip(b)
                    .all(|((a_key, a), (b_key, b))| a_key == b_key && same(a, b))
        }
        (a, b) => a == b,
    }
}

const YAML: &[&str] = &[
    ": ",
    "- ",
    "? ",
    "\n",
    "\n  ",
    "  ",
    "{",
    "}",
    "[",
    "]",
    ",",
    "'",
    "\"",
    "&a ",
    "*a",
    "<<: *a",
    "!replace ",
    "!!str ",
    "# c",
    "|\n",
    ">-\n",
    "---\n",
    "...\n",
    "~",
    "1e-3",
    "012",
    "\t",
    "é",
    "\r\n",
    "\u{feff}",
    "%YAML 1.1\n",
    "\\x",
    "\u{85}",
];

#[test]
fn yaml_is_read_or_refused_and_written_back_alike() {
    fuzz("yaml", YAML, |text| {
        if let Ok(value) = from_yaml(text) {
            let written = to_yaml(&value);
            let back = from_yaml(&written).unwrap_or_else(|error| panic!("{error}: {written:?}"));
            assert!(same(&back, &value), "{written:?}");
            let node = read_tree(Format::Yaml, text).unwrap();
            assert!(same(&node.to_value(), &value), "the tree has other values");
        }
    });
}

#[test]
fn json_is_read_as_other_readers_read_it() {
    let tokens = &[
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\u",
        "\\ud83d",
        "\\ude00",
        "NaN",
        "-Infinity",
        "1e5",
        "0",
        "-",
        "null",
        "true",
        " ",
        "\n",
    ];
    fuzz("json", tokens, |text| {
        let ours = read_tree(Format::Json, text);
        let theirs = serde_json::from_str::<Value>(text);
        match (&ours, &theirs) {
            (Ok(ours), Ok(theirs)) => {
                let plain = !text.contains('$');
                assert!(
                    !plain || same(&ours.to_value(), theirs),
                    "{ours:?}\n{theirs:?}"
                );
            }
            (Err(error), Ok(_)) => {
                // The other reader takes duplicates in nested places as errors of its own, and has no limit of 64 bits.
                assert!(
                    error.message.contains("levels deep") || text.contains('$'),
                    "{error}"
                );
            }
            (Ok(_), Err(_)) => {
                let more = ["NaN", "Infinity", "$"]
                    .iter()
                    .any(|word| text.contains(word));
                let error = theirs.unwrap_err().to_string();
                assert!(
                    more || error.contains("out of range")
                        || error.contains("recursion")
                        || text.starts_with('\u{feff}'),
                    "{error}"
                );
            }
            (Err(_), Err(_)) => {}
        }
    });
}

#[test]
fn toml_is_read_or_refused() {
    let tokens = &[
        "=",
        "[",
        "]",
        "[[",
        "]]",
        "\"",
        "'''",
        "\"\"\"",
        ".",
        "{",
        "}",
        ",",
        "\n",
        "1_000",
        "0x",
        "nan",
        "2024-01-01",
        "#",
    ];
    fuzz("toml", tokens, |text| {
        if let Ok(node) = read_tree(Format::Toml, text) {
            let value = node.to_value();
            assert!(same(&from_yaml(&to_yaml(&value)).unwrap(), &value));
        }
    });
}

#[test]
fn overrides_are_taken_apart_or_refused() {
    let known = [
        Value::Null,
        Value::Bool(true),
        Value::Int(1),
        Value::Float(0.1),
        Value::Text("x".to_owned()),
        Value::Text("$HOME".to_owned()),
        Value::List(vec![Value::Int(1), Value::Text("a".to_owned())]),
        Value::List(vec![Value::List(vec![Value::Int(1)])]),
        Value::Map(vec![("lr".to_owned(), Value::Float(0.1))]),
    ];
    let tokens = &[
        "=", "--", "+", "~", ".", ",", "[", "]", "{", "}", "'", "\"", "null", "1e-3", "-", "|",
        "\n", "a: 1", "$X", "{a}", "\\.",
    ];
    fuzz("overrides", tokens, |text| {
        let words: Vec<&str> = text.split('\n').collect();
        let Ok(found) = parse(&words) else {
            return;
        };
        for one in &found {
            assert!(words.iter().any(|word| one.typed.starts_with(word)));
            for existing in known.iter().map(Some).chain([None]) {
                if let Err(error) = typed(one, existing) {
                    assert!(error.hint().is_some(), "{error}");
                }
            }
        }
    });
}

#[test]
fn texts_are_resolved_or_refused_within_bounds() {
    let tokens = &[
        "$",
        "${",
        "}",
        ":-",
        "{",
        "a",
        "b",
        "k.0",
        "{a}",
        "{b}",
        "${A:-{b}}",
        "$$",
        "!P",
        "\\{",
        "é",
        "\n",
    ];
    fuzz("interpolate", tokens, |text| {
        let mut lines = text
            .splitn(3, '\n')
            .map(|line| Value::Text(line.to_owned()));
        let mut next = || lines.next().unwrap_or_default();
        let raw = Value::Map(vec![
            ("a".to_owned(), next()),
            ("b".to_owned(), next()),
            ("k".to_owned(), Value::List(vec![next()])),
        ]);
        let variables = |name: &str| (name == "A").then(|| "{a}".to_owned());
        if let Ok(done) = interpolate(&raw, Environment::Of(&variables)) {
            assert!(done.waiting.is_empty());
            assert!(to_yaml(&done.value).len() < 32 << 20);
        }
        if let Ok(done) = interpolate(&raw, Environment::Absent) {
            for key in &done.waiting {
                let raw = leaves(&raw)
                    .into_iter()
                    .find(|(known, _)| known.as_str() == key.as_str());
                let now = leaves(&done.value)
                    .into_iter()
                    .find(|(known, _)| known.as_str() == key.as_str());
                assert!(key.as_str() == "k.0" || raw.map(|leaf| leaf.1) == now.map(|leaf| leaf.1));
            }
        }
        // What is escaped is itself, and refers to nothing.
        let kept = escape(text);
        assert!(references(&kept).is_empty());
        let literal = Value::Map(vec![("a".to_owned(), Value::Text(kept))]);
        let done = interpolate(&literal, Environment::Of(&variables)).unwrap();
        assert_eq!(
            done.value,
            Value::Map(vec![("a".to_owned(), Value::Text(text.to_owned()))])
        );
    });
}

#[test]
fn an_edit_does_what_was_meant_or_nothing() {
    fuzz("edit", YAML, |text| {
        let Ok(before) = from_yaml(text) else {
            return;
        };
        let keys: Vec<String> = leaves(&before)
            .into_iter()
            .map(|(key, _)| key.as_str().to_owned())
            .take(6)
            .chain(["new.key".to_owned()])
            .collect();
        for key in keys {
            for change in [
                Change::Set(Value::Int(7)),
                Change::Set(Value::Text("a\n#".to_owned())),
                Change::Remove,
            ] {
                if let Ok(after) = edit_yaml(text, &[(key.as_str().into(), change)]) {
                    assert!(from_yaml(&after).is_ok());
                }
            }
        }
    });
}
