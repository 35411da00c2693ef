//! PyYAML reads the same values and types as were written, and so do we.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod support;

use domain::config::Value;
use domain::config::yaml::{from_yaml, to_yaml};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestRng, TestRunner};
use serde_json::json;

const CASES: usize = 600;

const TRAPS: &[&str] = &[
    "on",
    "yes",
    "No",
    "y",
    "n",
    "OFF",
    "true",
    "null",
    "~",
    "",
    " ",
    "1:30",
    "1_000",
    "012",
    "0o17",
    "0x1f",
    "0b1",
    "1e-3",
    "1E5",
    ".5",
    "5.",
    "-.5",
    "+1",
    "-1",
    "2024-01-01",
    "2024-01-01 10:00:00",
    "<<",
    "=",
    "- a",
    "-",
    "?",
    ": ",
    "a: b",
    "a #b",
    "#",
    "[a]",
    "{a}",
    "*a",
    "&a",
    "!a",
    "%a",
    "@a",
    "`a",
    "|",
    ">",
    "'",
    "\"",
    "\\",
    "a\nb",
    "\n",
    "\t",
    "a\tb",
    "\r\n",
    "\u{85}",
    "\u{2028}",
    "\u{feff}",
    "\u{7f}",
    "\0",
    "\u{1b}[0m",
    "é",
    "😀",
    "漢字",
    "trailing ",
    " leading",
    "a,b",
    "---",
    "...",
    "key:",
    ".inf",
    ".nan",
    "nan",
    "inf",
    "0.1 | 0.2",
    "(a | b)",
    "./data",
    "~/x",
    "C:\\dir",
    "1__0",
    "0.",
    "1.5e+3",
    "12e03",
    "190:20:30",
    "\u{e000}",
    "\u{fffd}",
    "\u{a0}",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => proptest::sample::select(TRAPS).prop_map(str::to_owned),
        2 => "[a-z]{1,8}",
        1 => "[0-9eE_.:+-]{1,6}",
        1 => proptest::collection::vec(any::<char>(), 0..8).prop_map(|chars| chars.into_iter().collect()),
        1 => "[a-z ,:#'\"]{0,120}",
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::Bool),
        2 => any::<i64>().prop_map(Value::Int),
        1 => "-?[1-9][0-9]{19,30}".prop_map(Value::BigInt),
        2 => any::<f64>().prop_map(Value::Float),
        1 => proptest::sample::select(&[0.0, -0.0, 1e-20, 1e16, 1e300, 0.1, f64::INFINITY, f64::NEG_INFINITY, f64::NAN][..]).prop_map(Value::Float),
        6 => text().prop_map(Value::Text),
    ];
    scalar.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::List),
            map_of(inner),
        ]
    })
}

fn map_of(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    proptest::collection::vec((text(), inner), 0..6).prop_map(|entries| {
        let mut unique: Vec<(String, Value)> = Vec::new();
        for (key, value) in entries {
            if !unique.iter().any(|(known, _)| *known == key) {
                unique.push((key, value));
            }
        }
        Value::Map(unique)
    })
}

/// Equal in type and value; floats bit by bit, but for NaN.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => {
            a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
        }
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len()
                && a.iter()
                    .zip(b)
                    .all(|((ka, va), (kb, vb))| ka == kb && same(va, vb))
        }
        (a, b) => a == b,
    }
}

proptest! {
    #![proptest_config(Config { cases: 512, rng_seed: RngSeed::Fixed(20_261_121), failure_persistence: None, ..Config::default() })]

    #[test]
    fn what_is_written_is_read_back(value in map_of(value())) {
        let text = to_yaml(&value);
        let back = from_yaml(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        prop_assert!(same(&back, &value), "{text}\n{back:?}");
    }
}

/// What the oracle prints for a value of ours.
fn as_python_sees(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => json!(null),
        Value::Bool(value) => json!(value),
        Value::Int(value) => json!({ "$int": value.to_string() }),
        Value::BigInt(digits) => json!({ "$int": digits }),
        Value::Float(value) => json!({ "$float": hex(*value) }),
        Value::Text(text) => json!(text),
        Value::List(items) => items.iter().map(as_python_sees).collect(),
        Value::Map(entries) => {
            let entries: Vec<_> = entries
                .iter()
                .map(|(key, value)| json!([key, as_python_sees(value)]))
                .collect();
            json!({ "$map": entries })
        }
    }
}

/// `float.hex` in Python.
fn hex(value: f64) -> String {
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let bits = value.to_bits();
    let (exponent, fraction) = ((bits >> 52) & 0x7ff, bits & 0x000f_ffff_ffff_ffff);
    match exponent {
        0x7ff if fraction == 0 => format!("{sign}inf"),
        0x7ff => "nan".to_owned(),
        0 if fraction == 0 => format!("{sign}0x0.0p+0"),
        0 => format!("{sign}0x0.{fraction:013x}p-1022"),
        _ => format!(
            "{sign}0x1.{fraction:013x}p{:+}",
            i64::try_from(exponent).unwrap() - 1023
        ),
    }
}

#[test]
fn pyyaml_reads_the_same_values_and_types() {
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        TestRng::deterministic_rng(RngAlgorithm::ChaCha),
    );
    let strategy = map_of(value());
    let mut values: Vec<Value> = TRAPS
        .iter()
        .map(|trap| Value::Map(vec![("k".to_owned(), Value::Text((*trap).to_owned()))]))
        .collect();
    values.extend(
        TRAPS
            .iter()
            .map(|trap| Value::Map(vec![((*trap).to_owned(), Value::Int(1))])),
    );
    values.push(Value::Map(vec![(
        "x".repeat(3000),
        Value::List(vec![Value::Map(vec![("é".repeat(1500), Value::Null)])]),
    )]));
    values.extend((0..CASES).map(|_| strategy.new_tree(&mut runner).unwrap().current()));
    let lines: Vec<String> = values
        .iter()
        .map(|value| json!(to_yaml(value)).to_string())
        .collect();
    let answers = support::ask(
        &support::python("yaml"),
        include_str!("support/yaml_oracle.py"),
        &lines,
    );
    assert_eq!(answers.len(), values.len());
    for (value, answer) in values.iter().zip(answers) {
        let seen: serde_json::Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(seen, as_python_sees(value), "{}", to_yaml(value));
    }
}
