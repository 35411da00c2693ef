//! The files that the readers in Python and in Rust agree on.
#![expect(
    clippy::disallowed_methods,
    reason = "a test reads the fixtures that it shares with Python"
)]
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed; helpers are tests too"
)]

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use domain::records::{Row, RowSplitter};
use serde_json::Value;
use serde_json::value::RawValue;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../python/tests/fixtures/records")
}

/// Every case: its name, its bytes, its rows.
fn cases() -> Vec<(String, Vec<u8>, String)> {
    let mut cases: Vec<(String, Vec<u8>, String)> = fs::read_dir(folder())
        .unwrap()
        .filter_map(|entry| {
            let path = entry.unwrap().path();
            let name = path
                .file_name()?
                .to_str()?
                .strip_suffix(".jsonl")?
                .to_owned();
            let expected = folder().join(format!("{name}.expected.json"));
            let rows = fs::read(&path).unwrap();
            Some((name, rows, fs::read_to_string(expected).unwrap()))
        })
        .collect();
    cases.sort();
    cases
}

fn rows(splitter: &mut RowSplitter, bytes: &[u8]) -> Vec<Row> {
    let mut rows = Vec::new();
    splitter.push(bytes, |line| {
        rows.extend(Row::read(line));
        ControlFlow::Continue(())
    });
    rows
}

/// A row as pairs of key and value, numbers by their digits.
fn told(row: &Row) -> Vec<(String, String)> {
    let fields = row.fields().into_iter();
    fields
        .map(|(key, field)| (key.into_owned(), canonical(field.json())))
        .collect()
}

/// Floats by their shortest spelling, integers by all their digits, everything else without its spaces.
fn canonical(json: &str) -> String {
    if json.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
        let is_integer = !json.contains(['.', 'e', 'E']);
        let float = || format!("{:?}", json.parse::<f64>().unwrap());
        return if is_integer { json.to_owned() } else { float() };
    }
    let value: Value = serde_json::from_str(&quoted(json)).unwrap();
    value.to_string()
}

/// Bare constants within a list or a map as their texts: a row is read with them quoted.
fn quoted(json: &str) -> String {
    let row = Row::read(format!("{{\"x\": {json}}}").as_bytes()).unwrap();
    row.fields()[0].1.json().to_owned()
}

#[test]
fn the_shared_files_hold_the_rows_that_python_finds_in_them() {
    let cases = cases();
    assert!(cases.len() >= 17, "the fixtures are there: {}", cases.len());
    for (name, bytes, expected) in cases {
        let expected: Vec<Box<RawValue>> = serde_json::from_str(&expected).unwrap();
        let expected: Vec<_> = expected
            .iter()
            .map(|row| told(&Row::read(row.get().as_bytes()).unwrap()))
            .collect();
        let found = rows(&mut RowSplitter::at(0), &bytes);
        let found: Vec<_> = found.iter().map(told).collect();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn a_writer_that_dies_at_any_byte_leaves_the_rows_that_had_ended() {
    for (name, bytes, _) in cases() {
        let whole = rows(&mut RowSplitter::at(0), &bytes);
        for cut in 0..=bytes.len() {
            let mut splitter = RowSplitter::at(0);
            let before = rows(&mut splitter, &bytes[..cut]);
            assert_eq!(
                before,
                whole[..before.len()],
                "{name}, killed at byte {cut}"
            );
            // What is written later is read from where the reader stood, and nothing is read twice.
            let at = usize::try_from(splitter.resume_at()).unwrap();
            let after = rows(&mut RowSplitter::at(splitter.resume_at()), &bytes[at..]);
            let all: Vec<Row> = before.into_iter().chain(after).collect();
            assert_eq!(all, whole, "{name}, killed at byte {cut}");
        }
    }
}
