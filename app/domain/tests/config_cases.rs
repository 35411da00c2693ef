//! The example tables of the systems whose files we read: every row of `tests/cases/*.md` says what they answer, what we
//! answer, and why where that differs. The fifth column is what this test holds us to.
//!
//! `RUNYARD_UPDATE_CASES=1` writes our answers into the tables; read them before you keep them.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]
#![expect(
    clippy::disallowed_methods,
    reason = "a test reads and, if asked to, writes its tables"
)]

#[path = "support/files.rs"]
mod files;

use std::fs;
use std::path::{Path, PathBuf};

use domain::config::compose::{Source, compose};
use domain::config::interpolate::Environment;
use domain::config::{MergeError, Value, merge, overrides, yaml};
use files::MemoryFiles;

/// The environment of the tables.
const VARIABLES: &[(&str, &str)] = &[
    ("INTV", "123"),
    ("FLT", "0.5"),
    ("BOOL", "true"),
    ("STR", "abc"),
    ("A", "123"),
    ("V0", "zero"),
    ("_U", "under"),
    ("REF", "{a}"),
    ("INF", "inf"),
    ("NAN", "nan"),
    ("NUL", "null"),
    ("PAD", " 7 "),
    ("US", "1_000"),
    ("LST", "[1,2]"),
    ("HOME", "/root"),
    ("EMPTY", ""),
];

/// A row cut at its bars; `\|` is a bar inside a cell.
fn cells(line: &str) -> Vec<String> {
    let guarded = line.replace("\\|", "\u{1}");
    let inner = guarded.trim().trim_start_matches('|').trim_end_matches('|');
    inner
        .split('|')
        .map(|cell| cell.trim().replace('\u{1}', "|"))
        .collect()
}

/// The texts between backticks.
fn spans(cell: &str) -> Vec<String> {
    cell.split('`')
        .skip(1)
        .step_by(2)
        .map(|span| span.replace("\\n", "\n"))
        .collect()
}

fn shown(value: &Value) -> String {
    serde_json::to_string(value).unwrap()
}

/// Files of a cell: `name: text`, or one text alone; those that begin with `*` are named on the command line, or the last.
fn composed(files: &str, words: &str) -> String {
    let spans = spans(files);
    let mut named = Vec::new();
    let mut all = Vec::new();
    for span in &spans {
        let is_name = |name: &&str| {
            let ending = name.rsplit_once('.').map(|(_, ending)| ending);
            matches!(ending, Some("yaml" | "toml" | "json"))
        };
        let starred = span.trim_start_matches('*');
        let (name, text) = match span.split_once(": ") {
            Some((name, _)) if is_name(&name) => starred.split_once(": ").unwrap(),
            _ => ("c.yaml", span.as_str()),
        };
        if starred.len() < span.len() && name != "c.yaml" {
            named.push(name.to_owned());
        }
        all.push((name, text));
    }
    if named.is_empty() {
        named.push(all.last().unwrap().0.to_owned());
    }
    let sources: Vec<Source> = named.into_iter().map(Source::File).collect();
    let words: Vec<String> = self::spans(words);
    let given = match overrides::parse(&words) {
        Ok(given) => given,
        Err(error) => return format!("error: {error}"),
    };
    let variable = |name: &str| {
        VARIABLES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, text)| (*text).to_owned())
    };
    let files = MemoryFiles::of(all);
    match compose(&files, &sources, &given, Environment::Of(&variable)) {
        Err(error) => format!("error: {error}"),
        Ok(made) => {
            let warnings: String = made
                .warnings
                .iter()
                .map(|warning| format!(" warning: {warning}"))
                .collect();
            format!("{}{warnings}", shown(&made.resolved))
        }
    }
}

fn merged(base: &str, update: &str) -> String {
    let read = |cell: &str| yaml::from_yaml(&spans(cell).concat()).unwrap();
    match merge(&read(base), &read(update)) {
        Ok(value) => shown(&value),
        Err(error @ (MergeError::NotAMap { .. } | MergeError::StarsWithoutMap { .. })) => {
            format!("error: {error}")
        }
    }
}

/// Answers a row of a table whose second and third heading are given.
fn answer(headings: &[String], row: &[String]) -> String {
    match (headings[1].as_str(), headings[2].as_str()) {
        ("files", "overrides") => composed(&row[1], &row[2]),
        ("base", "update") => merged(&row[1], &row[2]),
        other => panic!("no such table: {other:?}"),
    }
}

/// Holds a document to its tables, and returns it with our answers.
fn checked(text: &str, differences: &mut Vec<String>) -> String {
    let mut headings: Option<Vec<String>> = None;
    let mut out = Vec::new();
    for line in text.lines() {
        if !line.starts_with('|') {
            headings = None;
            out.push(line.to_owned());
            continue;
        }
        let row = cells(line);
        let Some(names) = &headings else {
            headings = Some(row);
            out.push(line.to_owned());
            continue;
        };
        if row[0].starts_with("--") {
            out.push(line.to_owned());
            continue;
        }
        let ours = answer(names, &row);
        let expected = spans(&row[4]).concat();
        // A backtick would end the span.
        let ours = ours.replace('`', "'");
        if ours.replace("\\n", "\n") != expected {
            differences.push(format!(
                "row {}: {} {}\n  expected {expected}\n  answered {ours}",
                row[0], row[1], row[2]
            ));
        }
        let mut cells = row;
        cells[4] = format!("`{ours}`");
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        out.push(format!("| {} |", cells.join(" | ")));
    }
    out.join("\n") + "\n"
}

fn tables() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    ["config_expyrun.md", "config_pyexp.md"]
        .into_iter()
        .map(|name| folder.join(name))
        .collect()
}

#[test]
fn every_row_of_the_tables_is_answered_as_it_says() {
    let mut differences = Vec::new();
    for path in tables() {
        let text = fs::read_to_string(&path).unwrap();
        let answered = checked(&text, &mut differences);
        if std::env::var_os("RUNYARD_UPDATE_CASES").is_some() {
            fs::write(&path, answered).unwrap();
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
