//! Keeping order from the terminal: trash, names, pins, labels, notes.

use std::io::Write;
use std::process::Stdio;

use serde_json::json;

use crate::cli_tasks::{names, project};
use crate::inline::person;
use crate::support::Scene;
use crate::support::scene::printed;
use crate::support::scripts::ECHO;

fn three() -> (Scene, Vec<String>) {
    let scene = project(ECHO);
    assert_eq!(scene.run(&["train.py", "n=1:3"]).code, 0);
    let names = names(&scene);
    (scene, names)
}

#[test]
fn what_is_removed_leaves_the_lists_and_comes_back_whole() {
    let (scene, all) = three();
    let removed = scene.runyard(&["rm", &all[0]]);
    assert_eq!(removed.code, 0, "{removed:?}");
    assert!(
        removed.stderr.contains("1 task moved to the trash"),
        "{removed:?}"
    );
    assert!(
        removed
            .stderr
            .contains(&format!("`runyard restore {}` brings it back", all[0]))
    );
    assert_eq!(names(&scene), all[1..]);
    // Many at once must be meant, and nobody is there to be asked.
    let refused = scene.runyard(&["rm", "*"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(
        refused.stderr.contains("Move 2 tasks to the trash?"),
        "{refused:?}"
    );
    assert_eq!(names(&scene).len(), 2);
    let removed = scene.runyard(&["rm", "*", "--yes", "--json"]);
    assert_eq!(removed.json()["done"], 2, "{removed:?}");
    let trash = scene.runyard(&["ls", "--trash", "--json"]).json();
    assert_eq!(trash["total"], 3);
    assert!(scene.runyard(&["ls", "--trash"]).stdout.contains(&all[2]));
    assert_eq!(scene.runyard(&["restore", "nothing"]).code, 1);
    assert_eq!(scene.runyard(&["restore"]).code, 2);
    assert_eq!(scene.runyard(&["restore", &all[1]]).code, 0);
    assert_eq!(names(&scene), [all[1].clone()]);
    assert_eq!(scene.runyard(&["restore", "--all"]).code, 0);
    assert_eq!(names(&scene), all);
    assert!(scene.runyard(&["log", &all[0]]).stdout.contains("\"n\": 1"));
}

#[test]
fn the_trash_is_emptied_only_on_purpose() {
    let (scene, all) = three();
    assert_eq!(scene.runyard(&["rm", "*", "-y"]).code, 0);
    let listed = scene.runyard(&["trash", "--json"]).json();
    assert_eq!(listed["total"], 3);
    assert_eq!(
        scene.runyard(&["trash", &all[0], "--json"]).json()["total"],
        1
    );
    let refused = scene.runyard(&["trash", "empty"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(
        refused.stderr.contains("Delete 3 tasks for good?"),
        "{refused:?}"
    );
    // All of them were removed a moment ago.
    let young = scene.runyard(&["trash", "empty", "--older-than", "1h", "-y"]);
    assert_eq!(young.code, 0, "{young:?}");
    assert!(young.stderr.contains("nothing in the trash fits"));
    let wrong = scene.runyard(&["trash", "empty", "nothing", &all[1], "-y"]);
    assert_eq!(wrong.code, 1, "{wrong:?}");
    assert_eq!(scene.runyard(&["trash", "--json"]).json()["total"], 3);
    let deleted = scene.runyard(&["trash", "empty", &all[1], "*_2-of-*", "-y", "--json"]);
    assert_eq!(deleted.json()["done"], 1, "{deleted:?}");
    assert_eq!(scene.runyard(&["restore", &all[1]]).code, 1);
    assert_eq!(scene.runyard(&["restore", &all[0]]).code, 0);
    assert_eq!(scene.runyard(&["trash", "empty", "-y"]).code, 0);
    assert_eq!(scene.runyard(&["trash", "--json"]).json()["total"], 0);
    assert_eq!(names(&scene), [all[0].clone()], "what is in no trash stays");
}

/// An editor: finds the notes in the file that is its last word, and adds to them; says on the screen that it did.
const EDITOR: &str = "#!/bin/sh\nfor last; do :; done\nprintf '[%s]' \"$(cat \"$last\")\" \"$1\" > seen.txt\n\
    printf 'by hand\\n' >> \"$last\"\necho edited\n";

#[test]
fn notes_are_written_in_the_persons_editor() {
    let (scene, all) = three();
    let task = &all[0];
    assert_eq!(scene.runyard(&["note", task, "first"]).code, 0);
    scene.write("editor", EDITOR);
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(scene.path("editor"), mode).unwrap();
    // A program and its words; no shell reads them.
    let variables = [("VISUAL", "./editor --wait;ls"), ("EDITOR", "false")];
    let left = person(&scene, &["note", task], &variables, json!([["edited", ""]]));
    assert_eq!(left["code"], 0, "{left}");
    assert_eq!(scene.read("seen.txt"), "[first][--wait;ls]");
    assert_eq!(scene.runyard(&["note", task]).stdout, "first\nby hand\n");
    let left = person(&scene, &["note", task], &[("VISUAL", "false")], json!([]));
    assert_eq!(left["code"], 1, "{left}");
    let screen = left["screen"].as_str().unwrap();
    assert!(screen.contains("nothing was changed"), "{left}");
    assert_eq!(scene.runyard(&["note", task]).stdout, "first\nby hand\n");
}

#[test]
fn a_task_gets_another_name_and_keeps_its_runs() {
    let (scene, all) = three();
    let moved = scene.runyard(&["mv", &all[0], "baseline"]);
    assert_eq!(moved.code, 0, "{moved:?}");
    assert_eq!(scene.runyard(&["log", "baseline"]).code, 0);
    assert_eq!(scene.runyard(&["show", &all[0]]).code, 1);
    let evil = scene.runyard(&["mv", "baseline", "../out"]);
    assert_eq!(evil.code, 1, "{evil:?}");
    let taken = scene.runyard(&["mv", "baseline", &all[1]]);
    assert_eq!(taken.code, 1, "{taken:?}");
}

#[test]
fn labels_and_pins_are_kept_and_found_again() {
    let (scene, all) = three();
    let labelled = scene.runyard(&["label", "*", "+good", "+slow", "--json"]);
    assert_eq!(labelled.json()["done"], 3, "{labelled:?}");
    assert_eq!(scene.runyard(&["label", &all[0], "-slow"]).code, 0);
    let count = |words: &[&str]| scene.runyard(words).json()["total"].clone();
    assert_eq!(count(&["ls", "--label", "good", "--json"]), 3);
    assert_eq!(count(&["ls", "--label", "slow", "--json"]), 2);
    assert_eq!(count(&["ls", "--where", "'slow' in labels", "--json"]), 2);
    assert_eq!(scene.runyard(&["pin", &all[1]]).code, 0);
    assert_eq!(count(&["ls", "--where", "pinned", "--json"]), 1);
    assert!(
        scene
            .runyard(&["ls"])
            .stdout
            .contains(&format!("* {}", all[1]))
    );
    assert_eq!(scene.runyard(&["unpin", &all[1]]).code, 0);
    assert_eq!(count(&["ls", "--where", "pinned", "--json"]), 0);
}

#[test]
fn notes_are_added_to_replaced_and_printed() {
    let (scene, all) = three();
    let task = &all[0];
    assert_eq!(scene.runyard(&["note", task]).stdout, "");
    assert_eq!(scene.runyard(&["note", task, "diverged", "early"]).code, 0);
    assert_eq!(scene.runyard(&["note", task, "second line"]).code, 0);
    assert_eq!(
        scene.runyard(&["note", task]).stdout,
        "diverged early\nsecond line\n"
    );
    let mut command = scene.command();
    command
        .args(["note", task, "-", "--replace"])
        .stdin(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"from a pipe\x1b[2J\n")
        .unwrap();
    assert_eq!(printed(child.wait_with_output().unwrap()).code, 0);
    let notes = scene.runyard(&["note", task, "--json"]).json();
    assert_eq!(
        notes,
        json!({ "schema_version": 1, "text": "from a pipe\u{1b}[2J\n" })
    );
    let shown = scene.runyard(&["note", task]).stdout;
    assert!(!shown.contains('\u{1b}'), "{shown}");
}
