//! The table of scalar rules against PyYAML: where we differ, it is by one of the rules that `docs/CONFIG.md` lists.

#[path = "support/random.rs"]
mod random;
mod support;

use domain::config::Value;
use domain::config::yaml::from_yaml;
use random::Random;
use serde_json::{Value as Json, json};

const CASES: usize = 4000;
const LETTERS: &[u8] = b"0011223457899eE+--.._:xobintfyaNIO~";
const WORDS: &[&str] = &[
    "yes",
    "Yes",
    "YES",
    "yEs",
    "no",
    "No",
    "NO",
    "on",
    "On",
    "ON",
    "off",
    "Off",
    "OFF",
    "oFF",
    "y",
    "n",
    "Y",
    "N",
    "true",
    "True",
    "TRUE",
    "false",
    "False",
    "FALSE",
    "null",
    "Null",
    "NULL",
    "~",
    "none",
    "None",
    ".inf",
    ".Inf",
    ".INF",
    "-.inf",
    "+.inf",
    ".nan",
    ".NaN",
    ".NAN",
    "nan",
    "inf",
    "1",
    "-1",
    "+1",
    "0",
    "00",
    "012",
    "-012",
    "0o17",
    "0b101",
    "0x1F",
    "0x_1",
    "1_000",
    "1__0",
    "_1",
    "1.",
    ".5",
    "-.5",
    "1.5",
    "1e3",
    "1e-3",
    "1.5e3",
    "1.5e+3",
    "1.e-5",
    "12e03",
    "1E5",
    "+1e5",
    "1:30",
    "1:30:20",
    "190:20:30.15",
    "-1:30",
    "2024-01-01",
    "2024-1-1",
    "2024-01-01 10:00:00",
    "2024-01-01T10:00:00Z",
    "=",
    "<<",
    ".",
    "-",
    "0.",
    "0.0",
    "1_0.5",
    "1._5",
    "0b",
    "0x",
    "99999999999999999999",
    "-99999999999999999999",
    "08",
    "09.5",
    "0_1",
    "1e400",
    "1.0e-400",
];

/// What the oracle would print for a value of ours.
fn ours(text: &str) -> Json {
    match from_yaml(&format!("k: {text}\n")) {
        Ok(Value::Map(entries)) => match &entries[0].1 {
            Value::Null => json!(null),
            Value::Bool(value) => json!(value),
            Value::Int(value) => json!({ "$int": value.to_string() }),
            Value::BigInt(digits) => json!({ "$int": digits }),
            Value::Float(value) if value.is_nan() => json!({ "$float": "nan" }),
            Value::Float(value) if value.is_finite() => json!({ "$float": value }),
            Value::Float(value) => json!({ "$float": value.to_string() }),
            Value::Text(text) => json!(text),
            other => json!(format!("{other:?}")),
        },
        Ok(other) => json!(format!("{other:?}")),
        Err(error) => json!({ "$error": error.to_string() }),
    }
}

/// Which rule of ours makes the difference; `None` if there is none.
fn rule(text: &str, ours: &Json, theirs: &Json) -> Option<&'static str> {
    let unsigned = text.trim_start_matches(['+', '-']);
    let kind = |value: &Json, kind: &str| value.get(kind).is_some();
    let is_text = ours.is_string();
    if is_text && text.contains(':') && (kind(theirs, "$int") || kind(theirs, "$float")) {
        return Some("no sexagesimal numbers");
    }
    if is_text && kind(theirs, "$int") && unsigned.len() > 1 && unsigned.starts_with('0') {
        return Some("integers with a leading zero stay texts");
    }
    if is_text && (kind(theirs, "$other") || kind(theirs, "$bad")) {
        return Some("dates, `=` and numbers that are none stay texts");
    }
    if kind(ours, "$float")
        && theirs.is_string()
        && (text.contains(['e', 'E']) || unsigned.starts_with('.') && unsigned != text)
    {
        return Some("an exponent makes a number, and a sign may stand before the point");
    }
    None
}

#[test]
fn plain_scalars_are_what_pyyaml_reads_but_for_four_rules() {
    let mut random = Random::new(7);
    let mut texts: Vec<String> = WORDS.iter().map(|word| (*word).to_owned()).collect();
    while texts.len() < CASES {
        let longest = if random.once_in(10) { 16 } else { 7 };
        let length = 1 + random.below(longest);
        let text: String = (0..length)
            .map(|_| char::from(*random.pick(LETTERS)))
            .collect();
        // Colons and dashes of the structure are no scalars; a comment neither.
        let structure = text.ends_with(':')
            || text.starts_with("- ")
            || text == "-"
            || text == "---"
            || text == "...";
        if !structure {
            texts.push(text);
        }
    }
    let lines: Vec<String> = texts
        .iter()
        .map(|text| json!(format!("k: {text}\n")).to_string())
        .collect();
    let answers = support::ask(
        &support::python("yaml"),
        include_str!("support/scalar_oracle.py"),
        &lines,
    );
    assert_eq!(answers.len(), texts.len());
    let mut unknown = Vec::new();
    let mut used = std::collections::BTreeMap::new();
    for (text, answer) in texts.iter().zip(answers) {
        let theirs: Json = serde_json::from_str(&answer).unwrap();
        let ours = ours(text);
        let refused = ours.get("$error").is_some() && theirs.get("$bad").is_some();
        if ours == theirs || refused {
            continue;
        }
        match rule(text, &ours, &theirs) {
            Some(rule) => *used.entry(rule).or_insert(0) += 1,
            None => unknown.push(format!("{text:?}: ours {ours}, PyYAML's {theirs}")),
        }
    }
    assert!(unknown.is_empty(), "{}", unknown.join("\n"));
    // Each rule is needed: none is a leftover.
    assert_eq!(used.len(), 4, "{used:?}");
}
