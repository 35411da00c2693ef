//! `inspect --json` and `run --dry-run --json`: shapes that other programs rely on, and nothing written.

use serde_json::{Value, json};

use crate::support::Scene;
use crate::support::scene::python;
use crate::support::scripts::{ECHO, REQUIRED, STEPS};

fn dry(scene: &Scene, words: &[&str]) -> Value {
    let mut all = vec!["train.py", "--dry-run", "--json"];
    all.extend(words);
    let printed = scene.run(&all);
    assert_eq!(printed.code, 0, "{printed:?}");
    assert!(
        scene.names("_runyard_").is_empty(),
        "a dry run writes nothing"
    );
    printed.json()
}

#[test]
fn inspect_prints_what_argparse_would_say_and_writes_nothing() {
    let scene = Scene::with("steps.py", STEPS);
    let printed = scene.runyard(&["inspect", "steps.py", "--json"]);
    assert_eq!(printed.code, 0, "{printed:?}");
    assert_eq!(scene.names(""), ["steps.py"]);
    let found = printed.json();
    assert_eq!(found["schema_version"], 1);
    assert_eq!(found["script"], "steps.py");
    let dests: Vec<&str> = found["args"]
        .as_array()
        .unwrap()
        .iter()
        .map(|arg| arg["dest"].as_str().unwrap())
        .collect();
    assert_eq!(
        dests,
        ["steps", "delay", "label", "fail_at", "color", "shout"]
    );
    let arg = |dest: &str| {
        let args = found["args"].as_array().unwrap();
        args.iter().find(|arg| arg["dest"] == dest).unwrap().clone()
    };
    assert_eq!(arg("fail_at")["flags"], json!(["--fail-at"]));
    assert_eq!(arg("steps")["default"], 10);
    assert_eq!(arg("color")["choices"], json!(["red", "green", "blue"]));
    assert_eq!(arg("shout")["action"], "store_true");
    assert_eq!(arg("shout")["default"], false);
    assert_eq!(arg("delay")["type"], "float");
}

#[test]
fn a_script_without_a_parser_is_an_error_of_inspect() {
    let scene = Scene::with("train.py", "print('hello')\n");
    let printed = scene.runyard(&["inspect", "train.py", "--json"]);
    assert_eq!(printed.code, 1);
    assert_eq!(printed.stdout, "");
    assert!(
        serde_json::from_str::<Value>(&printed.stderr).unwrap()["error"]["message"].is_string()
    );
}

#[test]
fn a_dry_run_lists_every_point_in_order_slowest_axis_first() {
    let scene = Scene::with("train.py", ECHO);
    let found = dry(&scene, &["lr=0.1|0.2", "n=1:3"]);
    assert_eq!(found["schema_version"], 1);
    assert_eq!(found["count"], 6);
    let tasks = found["tasks"].as_array().unwrap();
    let points: Vec<(f64, i64)> = tasks
        .iter()
        .map(|task| {
            let values = &task["values"];
            (
                values["lr"].as_f64().unwrap(),
                values["n"].as_i64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        points,
        [(0.1, 1), (0.1, 2), (0.1, 3), (0.2, 1), (0.2, 2), (0.2, 3)]
    );
    assert_eq!(tasks[5]["varied"], json!(["lr", "n"]));
    assert_eq!(tasks[5]["argv"], json!(["--lr", "0.2", "--n", "3"]));
    assert_eq!(tasks[5]["cached"], false);
    let name = tasks[5]["name"].as_str().unwrap();
    assert!(
        name.starts_with("train_") && name.ends_with("_6-of-6"),
        "{name}"
    );
}

#[test]
fn a_limit_bounds_the_list_and_never_the_count() {
    let scene = Scene::with("train.py", ECHO);
    let found = dry(&scene, &["lr=1:1000000", "n=1:1000000", "--limit", "3"]);
    assert_eq!(found["count"], 1_000_000_000_000_u64);
    assert_eq!(found["tasks"].as_array().unwrap().len(), 3);
    let found = dry(&scene, &["--limit", "0", "n=1:5"]);
    assert_eq!(
        (found["count"].clone(), found["tasks"].clone()),
        (json!(5), json!([]))
    );
}

#[test]
fn a_range_includes_a_stop_that_is_hit() {
    let scene = Scene::with("train.py", ECHO);
    assert_eq!(dry(&scene, &["n=1:5"])["count"], 5);
    assert_eq!(dry(&scene, &["n=1:6:2"])["count"], 3);
    assert_eq!(
        dry(&scene, &["lr=0.1:0.3:0.1"])["tasks"][2]["values"]["lr"],
        0.3
    );
}

#[test]
fn for_people_a_dry_run_prints_one_line_for_each_point() {
    let scene = Scene::with("train.py", ECHO);
    let printed = scene.run(&["train.py", "--dry-run", "text=a b|c", "flag=true|false"]);
    assert_eq!(printed.code, 0);
    insta::assert_snapshot!(printed.stdout, @r"
    1  --text 'a b' --flag
    2  --text 'a b'
    3  --text c --flag
    4  --text c
    ");
    insta::assert_snapshot!(printed.stderr, @"2 x 2 = 4 tasks; nothing was written");
}

/// Every argv of a dry run, as the script itself reads it.
#[test]
fn the_script_reads_back_what_was_typed() {
    let scene = Scene::with("train.py", ECHO);
    let found = dry(
        &scene,
        &[
            "text='-v | --flag' | ' $(x); `y` ' | '' | 'a\nb' | é",
            "lr=-1e-3|nan",
            "mode=slow",
            "flag=true|false",
            "layers=[1, 2, 3]",
            "command='rm -rf /'",
        ],
    );
    assert_eq!(found["count"], 20);
    for task in found["tasks"].as_array().unwrap() {
        let words: Vec<&str> = task["argv"]
            .as_array()
            .unwrap()
            .iter()
            .map(|word| word.as_str().unwrap())
            .collect();
        let output = std::process::Command::new(python())
            .arg(scene.path("train.py"))
            .args(&words)
            .output()
            .unwrap();
        assert!(output.status.success(), "{words:?} {output:?}");
        let text = String::from_utf8(output.stdout)
            .unwrap()
            .replace("NaN", "null");
        let read: Value = serde_json::from_str(&text).unwrap();
        for key in ["text", "lr", "mode", "flag", "layers", "command"] {
            // A number that is none has no JSON: Runyard writes it as an object, Python as a bare word.
            let meant = &task["values"][key];
            let meant = if meant.is_object() {
                &Value::Null
            } else {
                meant
            };
            assert_eq!(&read["args"][key], meant, "{key} of {words:?}");
        }
    }
}

#[test]
fn a_required_positional_and_defaults_stand_in_the_values_but_only_what_differs_is_passed() {
    let scene = Scene::with("train.py", REQUIRED);
    let found = dry(&scene, &["data=x"]);
    assert_eq!(found["tasks"][0]["values"], json!({ "data": "x", "n": 1 }));
    assert_eq!(found["tasks"][0]["argv"], json!(["--data", "x"]));
}
