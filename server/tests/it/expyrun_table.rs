//! The rows of the reference table that speak of the command line, of names and of numbers: what they do, what we do.

use std::fmt::Write as _;

use serde_json::Value;

use crate::support::Scene;

const BASE: &str = "\
__run__:
  __main__: one:go
  __output_dir__: out
  __name__: base/{seed}
seed: 666
lr: 1e-3
flag: true
layers: [10, 20]
l: [1, a, true]
empty: []
none: null
name_s: text
model: {width: 8}
e2: {}
";

/// Words after the file, what the reference system does, why ours differs (empty: it does not).
const ROWS: &[(&str, &[&str], &str, &str)] = &[
    (
        "28",
        &["--seed", "abc"],
        "ValueError",
        "an error that names the key and what is wanted",
    ),
    ("28", &["--seed", "1.5"], "ValueError", "the same"),
    ("28", &["--lr", "5"], "5.0", ""),
    ("28", &["--lr", "1e-4"], "0.0001", ""),
    ("29", &["--flag", "false"], "False", ""),
    ("29", &["--flag", "0"], "False", ""),
    (
        "29",
        &["--flag", "no"],
        "ValueError",
        "YAML's own word for false",
    ),
    ("30", &["--layers", "1,2,3"], "[1, 2, 3]", ""),
    (
        "30",
        &["--layers", "3,"],
        "ValueError",
        "a comma behind the last item ends it",
    ),
    (
        "30",
        &["--layers", ""],
        "ValueError",
        "an empty text is an empty list",
    ),
    ("31", &["--l", "5,b,false"], "per-element types", ""),
    ("31", &["--l", "5,6"], "[5, 6]", ""),
    (
        "31",
        &["--l", "[5, b, false]"],
        "ValueError",
        "lists are written as in YAML, too",
    ),
    (
        "32",
        &["--empty", "1,true,a,2.5"],
        "[1, True, 'a', 2.5]",
        "",
    ),
    ("33", &["--none", "3"], "3", ""),
    ("33", &["--none", "true"], "True", ""),
    ("33", &["--none", "null"], "'null'", "null can be written"),
    (
        "34",
        &["--model", "x"],
        "KeyError",
        "an error that says what to write",
    ),
    (
        "34",
        &["--newkey", "1"],
        "KeyError",
        "an error that says what to write",
    ),
    ("34", &["+newkey=1"], "impossible", "keys can be added"),
    ("34", &["~none"], "impossible", "and taken away"),
    (
        "34",
        &["--e2.x", "1"],
        "KeyError",
        "an error that says what to write",
    ),
    (
        "34",
        &["model={width: 9, depth: 2}"],
        "impossible",
        "whole sections can be set",
    ),
    (
        "35",
        &["--seed=5"],
        "ValueError",
        "both spellings are usual",
    ),
    ("35", &["seed=5"], "ValueError", "both spellings are usual"),
    (
        "35",
        &["seed", "5"],
        "ValueError",
        "an error that says what to write",
    ),
    (
        "35",
        &["-seed", "5"],
        "ValueError",
        "an error that says what to write",
    ),
    (
        "35",
        &["--seed"],
        "ValueError",
        "an error that says what to write",
    ),
    ("2", &["--seed", "-5"], "-5", ""),
    ("2", &["--seed", "1", "--seed", "2"], "last wins", ""),
    ("2", &["--sed", "1"], "KeyError", "the nearest key is named"),
    (
        "2",
        &["--slot", "4"],
        "KeyError",
        "the option that may have been meant is named",
    ),
    (
        "2",
        &["--", "--debug", "1"],
        "a key called --debug is impossible",
        "behind -- every word is an override",
    ),
    ("36", &["--name_s", "{seed}-x"], "'666-x'", ""),
    (
        "36",
        &["--name_s", "$RUNYARD_TEST_NAME"],
        "the variable",
        "",
    ),
    (
        "37",
        &["--__run__.__name__", "other/{lr}"],
        "other/0.001/exp.0",
        "",
    ),
    (
        "38",
        &["--__run__.__name__", "5"],
        "TypeError",
        "numbers are names, too",
    ),
    (
        "38",
        &["--__run__.__name__", ""],
        "out/exp.0",
        "a name is needed",
    ),
    (
        "38",
        &["--__run__.__name__", "../esc"],
        "escapes",
        "nothing is written outside of the output folder",
    ),
    (
        "38",
        &["--__run__.__name__", "/tmp/x"],
        "outside of the output folder",
        "the same",
    ),
    (
        "5",
        &["--__run__.__output_dir__", "$RUNYARD_TEST_MISSING/x"],
        "writes to /x",
        "a missing variable is an error",
    ),
    (
        "3.3",
        &["--__run__.__main__", "one"],
        "ValueError",
        "an error that says what to write",
    ),
    (
        "3.3",
        &["~__run__.__name__"],
        "impossible",
        "an error that names the key",
    ),
    (
        "3.3",
        &["~__run__"],
        "KeyError",
        "an error that says what to write",
    ),
    (
        "sweeps",
        &["--seed", "1:3", "lr=0.1|0.2"],
        "impossible",
        "several values: a run for each combination",
    ),
];

fn ours(scene: &Scene, words: &[&str], base: &Value) -> String {
    let mut all = vec!["run", "base.yml", "--dry-run", "--json"];
    all.extend(words);
    let output = scene
        .command()
        .args(&all)
        .env("RUNYARD_TEST_NAME", "from the environment")
        .output()
        .unwrap();
    if !output.status.success() {
        let error: Value = serde_json::from_slice(&output.stderr)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        let hint = error["error"]["hint"].as_str().unwrap_or_default();
        return scene.plain(&format!(
            "{}; {hint}",
            error["error"]["message"].as_str().unwrap()
        ));
    }
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    if found["count"] != 1 {
        return format!("{} runs", found["count"]);
    }
    let task = &found["tasks"][0];
    let values = task["values"].as_object().unwrap();
    let mut told: Vec<String> = values
        .iter()
        .filter(|(key, value)| base[key.as_str()] != **value)
        .map(|(key, value)| format!("{key}: {value}"))
        .collect();
    let is_gone = |key: &&String| !values.contains_key(*key);
    told.extend(
        base.as_object()
            .unwrap()
            .keys()
            .filter(is_gone)
            .map(|key| format!("without {key}")),
    );
    let folder = task["run_folder"].as_str().unwrap();
    if !folder.ends_with("/out/base/666/exp.0") {
        told.push(scene.plain(folder));
    }
    told.join(", ")
}

#[test]
fn every_row_of_the_command_line_does_what_the_table_says() {
    let scene = Scene::with("base.yml", BASE);
    scene.write("one.py", "def go(name, config): pass\n");
    let base = scene.run(&["base.yml", "--dry-run", "--json"]).json();
    let base = base["tasks"][0]["values"].clone();
    let mut table = String::from("| row | words | theirs | ours | why |\n|---|---|---|---|---|\n");
    for (row, words, theirs, why) in ROWS {
        let spelled: Vec<String> = words
            .iter()
            .map(|word| {
                if word.is_empty() || word.contains(' ') {
                    format!("'{word}'")
                } else {
                    (*word).to_owned()
                }
            })
            .collect();
        let ours = ours(&scene, words, &base);
        let spelled = spelled.join(" ").replace('|', "\\|");
        writeln!(
            table,
            "| {row} | `{spelled}` | {theirs} | {} | {why} |",
            ours.replace('|', "\\|").replace('\n', " ")
        )
        .unwrap();
    }
    assert_eq!(
        scene.names(""),
        ["base.yml", "one.py"],
        "a dry run writes nothing"
    );
    insta::assert_snapshot!(table);
}
