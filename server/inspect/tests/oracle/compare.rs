//! Compares a static reading with the real parser, field by field.

use std::path::Path;
use std::process::Command;

use serde_json::{Value as Json, json};

/// The fields that are compared.
const FIELDS: &[&str] = &[
    "type", "default", "choices", "nargs", "required", "action", "const", "metavar", "help",
    "group", "mx",
];

/// What a comparison found.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Arguments of the real parser.
    pub arguments: usize,
    /// Of those, the ones with every field right.
    pub exact: usize,
    /// `dest.field` of every field that the reading left undecided, and `dest` of missing arguments.
    pub undecided: Vec<String>,
    /// What the reading says and the real parser does not.
    pub wrong: Vec<String>,
}

/// Runs a script under the shim; `None` if it made no parser.
#[expect(
    clippy::disallowed_methods,
    reason = "the real parser is the standard to compare with, and only Python has it"
)]
pub(crate) fn real_parser(script: &Path) -> Option<Json> {
    let shim = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/shim.py");
    let mut command = Command::new("python3");
    command
        .arg("-B")
        .arg(shim)
        .arg(script)
        .env("PYTHONHASHSEED", "0")
        .stdin(std::process::Stdio::null());
    let output = command.output().expect("python3 runs");
    let found: Json = serde_json::from_slice(&output.stdout).unwrap_or(Json::Null);
    if found.is_null() {
        eprintln!(
            "{}: no parser: {}",
            script.display(),
            String::from_utf8_lossy(&output.stderr).trim()
        );
        return None;
    }
    Some(found)
}

/// Compares the object of `inspect --json` with what the shim printed.
pub(crate) fn compare(ours: &Json, real: &Json) -> Report {
    let mut report = Report::default();
    let empty = Vec::new();
    let mut left: Vec<&Json> = ours["args"].as_array().unwrap_or(&empty).iter().collect();
    let mut order = Vec::new();
    for theirs in real["args"].as_array().unwrap_or(&empty) {
        report.arguments += 1;
        let name = label(theirs);
        let same = |ours: &&Json| {
            ["dest", "flags", "subcommand", "positional"]
                .iter()
                .all(|key| field(ours, key) == field(theirs, key))
        };
        let candidates: Vec<usize> = left
            .iter()
            .enumerate()
            .filter(|(_, ours)| same(ours))
            .map(|(at, _)| at)
            .collect();
        // Both branches of an undecided `if` may define it; the one that fits counts.
        let best = candidates
            .iter()
            .copied()
            .min_by_key(|at| fields(left[*at], theirs, &name).1.len());
        let Some(best) = best else {
            report.undecided.push(name);
            continue;
        };
        let (undecided, wrong) = fields(left[best], theirs, &name);
        if undecided.is_empty() && wrong.is_empty() {
            report.exact += 1;
        }
        report.undecided.extend(undecided);
        report.wrong.extend(wrong);
        order.push(left.remove(best)["line"].clone());
    }
    // The shim cannot tell a `--help` of the script's own from argparse's, if they are equal.
    let extra = left
        .iter()
        .filter(|ours| ours["conditional"].is_null() && ours["action"] != "help");
    report
        .wrong
        .extend(extra.map(|ours| format!("{} does not exist", label(ours))));
    for key in ["subcommands", "exclusive_groups"] {
        let (ours, theirs) = (normal(&ours[key]), normal(&real[key]));
        if ours != theirs {
            report
                .wrong
                .push(format!("{key}: {ours} instead of {theirs}"));
        }
    }
    for (dest, theirs) in real["set_defaults"].as_object().into_iter().flatten() {
        let said = &ours["set_defaults"][dest];
        if is_undecided(said) {
            if !theirs
                .as_object()
                .is_some_and(|object| object.contains_key("$object"))
            {
                report.undecided.push(format!("set_defaults.{dest}"));
            }
        } else if !agree(said, theirs) {
            report
                .wrong
                .push(format!("set_defaults.{dest}: {said} instead of {theirs}"));
        }
    }
    report
}

fn label(argument: &Json) -> String {
    let path = argument["subcommand"].as_array().map_or(0, Vec::len);
    let dest = argument["dest"].as_str().unwrap_or_default();
    if path == 0 {
        dest.to_owned()
    } else {
        format!("{}:{dest}", argument["subcommand"])
    }
}

fn fields(ours: &Json, theirs: &Json, name: &str) -> (Vec<String>, Vec<String>) {
    let (mut undecided, mut wrong) = (Vec::new(), Vec::new());
    for key in FIELDS {
        let (said, real) = (field(ours, key), field(theirs, key));
        let beyond = real
            .as_object()
            .is_some_and(|object| object.contains_key("$object"));
        if is_undecided(&said) {
            // Objects without a literal form can only be shown as source text: that is exact.
            if !beyond {
                undecided.push(format!("{name}.{key}"));
            }
        } else if !agree(&said, &real) {
            wrong.push(format!("{name}.{key}: {said} instead of {real}"));
        }
    }
    (undecided, wrong)
}

/// A field with argparse's own default filled in.
fn field(argument: &Json, key: &str) -> Json {
    match (&argument[key], key) {
        (Json::Null, "required" | "positional") => json!(false),
        (Json::Null, "action") => json!("store"),
        (Json::Null, "flags" | "subcommand") => json!([]),
        (value, _) => value.clone(),
    }
}

fn normal(value: &Json) -> Json {
    if value.is_null() {
        json!([])
    } else {
        value.clone()
    }
}

fn is_undecided(value: &Json) -> bool {
    match value {
        Json::Object(object) => object.contains_key("$expr") || object.values().any(is_undecided),
        Json::Array(items) => items.iter().any(is_undecided),
        _ => false,
    }
}

fn agree(ours: &Json, real: &Json) -> bool {
    match (ours.get("$set"), real.get("$set")) {
        (Some(ours), Some(real)) => sorted(ours) == sorted(real),
        _ => ours == real || (sorted(ours) == sorted(real) && ours.is_array() && real.is_array()),
    }
}

fn sorted(value: &Json) -> Vec<String> {
    let mut texts: Vec<String> = value
        .as_array()
        .into_iter()
        .flatten()
        .map(Json::to_string)
        .collect();
    texts.sort();
    texts
}
