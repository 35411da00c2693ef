//! What the command line prints, frozen: helps, tables, the shape of its JSON, pages and completions.

use serde_json::{Map, Value};

use crate::cli_tasks::{names, project};
use crate::support::Scene;
use crate::support::scripts::ECHO;

const COMMANDS: [&str; 24] = [
    "ls",
    "show",
    "log",
    "wait",
    "cancel",
    "rerun",
    "rm",
    "restore",
    "trash",
    "edit",
    "mv",
    "pin",
    "unpin",
    "label",
    "note",
    "status",
    "queue",
    "pause",
    "resume",
    "export",
    "metrics",
    "see",
    "doctor",
    "completions",
];

#[test]
fn every_command_has_a_short_help() {
    let scene = Scene::new();
    for command in COMMANDS {
        let printed = scene.runyard(&[command, "-h"]);
        assert_eq!(printed.code, 0, "{printed:?}");
        insta::assert_snapshot!(format!("help_{command}"), printed.stdout);
    }
}

/// Every value replaced by its kind; a list by the shape of its first item.
fn shape(value: &Value) -> Value {
    match value {
        Value::Null => Value::from("null"),
        Value::Bool(_) => Value::from("bool"),
        Value::Number(_) => Value::from("number"),
        Value::String(_) => Value::from("text"),
        Value::Array(items) => Value::Array(items.iter().take(1).map(shape).collect()),
        Value::Object(entries) => {
            let pairs = entries
                .iter()
                .map(|(key, value)| (key.clone(), shape(value)));
            Value::Object(pairs.collect::<Map<_, _>>())
        }
    }
}

#[test]
fn the_json_of_every_command_has_its_version_and_its_shape() {
    let scene = project(ECHO);
    assert_eq!(scene.run(&["train.py", "n=1:2"]).code, 0);
    let name = names(&scene).remove(0);
    let mut shapes = String::new();
    for words in [
        vec!["ls", "--json"],
        vec!["show", &name, "--json"],
        vec!["wait", &name, "--json"],
        vec!["cancel", &name, "--json"],
        vec!["export", "--format", "json"],
        vec!["doctor", "--json"],
    ] {
        let printed = scene.runyard(&words);
        for line in printed.stdout.lines() {
            let value: Value = serde_json::from_str(line).unwrap();
            assert_eq!(value["schema_version"], 1, "{words:?}: {line}");
            let shape = match words[0] {
                // What the API answers, frozen there.
                "show" => value.as_object().unwrap().keys().cloned().collect(),
                _ => shape(&value),
            };
            shapes += &format!("{}\n{shape:#}\n\n", words[0]);
        }
    }
    insta::assert_snapshot!(shapes);
}

#[test]
fn an_error_is_json_too_where_json_is_wanted() {
    let scene = project(ECHO);
    let printed = scene.runyard(&["show", "nothing", "--json"]);
    assert_eq!((printed.code, printed.stdout.as_str()), (1, ""));
    let error: Value = serde_json::from_str(printed.stderr.trim()).unwrap();
    assert_eq!(error["error"]["code"], "not_found");
}

#[test]
fn completions_and_pages_are_made_of_the_definitions() {
    let scene = project(ECHO);
    assert_eq!(scene.run(&["train.py", "n=1:2"]).code, 0);
    for shell in ["bash", "zsh", "fish"] {
        let script = scene.runyard(&["completions", shell]).stdout;
        assert!(
            script.contains("rerun") && script.contains("runyard __complete"),
            "{shell}: {script}"
        );
    }
    let offered = scene.runyard(&["__complete"]).stdout;
    assert_eq!(offered.lines().count(), 2, "{offered}");
    let elsewhere = Scene::new().runyard(&["__complete"]);
    assert_eq!(
        (elsewhere.code, elsewhere.stdout, elsewhere.stderr),
        (0, String::new(), String::new())
    );
    let page = scene.runyard(&["man", "ls"]).stdout;
    assert!(
        page.contains(".TH RUNYARD-LS 1") && page.contains("newest first"),
        "{page}"
    );
    assert_eq!(scene.runyard(&["man", "nonsense"]).code, 1);
    let dir = scene.path("pages").to_string_lossy().into_owned();
    assert_eq!(scene.runyard(&["man", "--dir", &dir]).code, 0);
    let pages = scene.names("pages");
    assert!(
        pages.contains(&"runyard.1".to_owned()) && pages.contains(&"runyard-queue.1".to_owned()),
        "{pages:?}"
    );
    assert!(
        !pages.iter().any(|page| page.contains("supervise")),
        "what nobody types has no page"
    );
}

/// What Bash offers for the last of these words.
fn offered_by_bash(scene: &Scene, words: &[&str]) -> Vec<String> {
    let script = scene.runyard(&["completions", "bash"]).stdout;
    scene.write("completions.sh", script);
    let typed = "source completions.sh; COMP_WORDS=(\"$@\"); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n\
                 _runyard_with_tasks runyard \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD - 1]}\"\n\
                 printf '%s\\n' \"${COMPREPLY[@]}\"";
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_runyard"));
    let path = std::env::var("PATH").unwrap();
    let output = std::process::Command::new("bash")
        .args(["--norc", "-c", typed, "bash"])
        .args(words)
        .current_dir(scene.root())
        .env(
            "PATH",
            format!("{}:{path}", program.parent().unwrap().display()),
        )
        .output()
        .unwrap();
    let printed = crate::support::scene::printed(output);
    assert_eq!(printed.stderr, "", "{printed:?}");
    printed.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn bash_offers_commands_options_and_the_names_of_tasks() {
    let scene = project(ECHO);
    assert_eq!(scene.run(&["train.py", "n=1:2"]).code, 0);
    let names = names(&scene);
    let mut offered = offered_by_bash(&scene, &["runyard", "show", "tr"]);
    offered.sort();
    assert_eq!(offered, names);
    assert_eq!(
        offered_by_bash(&scene, &["runyard", "rm", &names[1]]),
        [names[1].clone()]
    );
    assert_eq!(offered_by_bash(&scene, &["runyard", "cance"]), ["cancel"]);
    assert!(offered_by_bash(&scene, &["runyard", "ls", "--wa"]).contains(&"--watch".to_owned()));
    let of_files = offered_by_bash(&scene, &["runyard", "inspect", "tr"]);
    assert!(!of_files.contains(&names[0]), "{of_files:?}");
}

#[test]
fn a_file_that_is_called_like_a_command_does_not_hide_it() {
    let scene = project(ECHO);
    scene.write("ls", "not a script");
    assert_eq!(scene.runyard(&["ls"]).code, 0);
}
