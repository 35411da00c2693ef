//! Commands that are changed while they wait.

use serde_json::{Value, json};

use crate::cli_tasks::{names, project};
use crate::support::scripts::{ECHO, GATE};
use crate::support::{Scene, Server};

fn ok(scene: &Scene, words: &[&str]) -> String {
    let printed = scene.runyard(words);
    assert_eq!(printed.code, 0, "{words:?}: {printed:?}");
    printed.stdout
}

/// Queues a command that cannot start yet, and says its name.
fn waiting(scene: &Scene, words: &[&str]) -> String {
    ok(scene, &["pause"]);
    let mut all = vec!["exec", "-d"];
    all.extend(words);
    ok(scene, &all).trim().to_owned()
}

fn task_file(scene: &Scene, task: &str) -> Value {
    scene.json(&format!("_runyard_/commands/tasks/{task}/task.json"))
}

fn log(scene: &Scene, task: &str) -> String {
    scene.read(&format!(
        "_runyard_/commands/tasks/{task}/runs/1/output.log"
    ))
}

#[test]
fn what_waits_runs_as_it_was_changed() {
    let scene = project(ECHO);
    std::fs::create_dir(scene.path("sub")).unwrap();
    let task = waiting(&scene, &["-e", "A=old", "-e", "B=b", "-c", "echo old"]);
    let before = task_file(&scene, &task);
    let text = "echo \"new $A\" \"${B-none}\" $PWD; echo '$A;'";
    ok(
        &scene,
        &[
            "edit", &task, "-c", text, "-e", "A=1", "--unset", "B", "--cwd", "sub",
        ],
    );
    let after = task_file(&scene, &task);
    assert_ne!(before["identity"], after["identity"], "it is other work");
    assert!(after["edited_at_ms"].is_i64() && before["edited_at_ms"].is_null());
    let shown = scene.runyard(&["show", &task, "--json"]).json();
    let command = json!(["sh", "-c", text]);
    assert_eq!(shown["task"]["command"], command);
    assert_eq!(
        shown["runs"][0]["command"], command,
        "the queued run says it, too"
    );
    ok(
        &scene,
        &["edit", &task, "--priority", "7", "--timeout", "1h"],
    );
    ok(&scene, &["edit", &task, "--priority", "8"]);
    let policy = task_file(&scene, &task)["policy"].clone();
    assert_eq!(
        (&policy["priority"], &policy["time_limits"]["soft_ms"]),
        (&json!(8), &json!(3_600_000)),
        "what is not said stays"
    );
    ok(&scene, &["resume"]);
    ok(&scene, &["wait", &task]);
    let sub = scene.path("sub");
    assert_eq!(
        log(&scene, &task),
        format!("new 1 none {}\n$A;\n", sub.display())
    );
    let config = format!("_runyard_/commands/tasks/{task}/runs/1/config.json");
    assert_eq!(
        scene.json(&config),
        json!({ "command": text, "cwd": sub.to_string_lossy() })
    );
    // It is known as the work that it did.
    let identity = |task: &str| task_file(&scene, task)["identity"].clone();
    let same = ok(
        &scene,
        &["exec", "-d", "--cwd", "sub", "-e", "A=1", "-c", text],
    );
    ok(&scene, &["wait", "--all"]);
    assert_eq!(identity(same.trim()), identity(&task));
}

#[test]
fn a_change_survives_restarts_and_words_reach_no_shell() {
    let scene = project(ECHO);
    let task = waiting(&scene, &["--", "echo", "old"]);
    ok(&scene, &["edit", &task, "--", "echo", "$HOME", "a b;"]);
    let server = Server::start(&scene, "train.py");
    let shown = server.task("commands", &task);
    assert_eq!(
        shown["task"]["command"],
        json!(["echo", "$HOME", "a b;"]),
        "{shown}"
    );
    ok(&scene, &["resume"]);
    server.wait_idle();
    assert_eq!(log(&scene, &task), "$HOME a b;\n");
}

#[test]
fn what_has_started_or_is_made_of_parameters_keeps_its_command() {
    let scene = project(GATE);
    let server = Server::start(&scene, "train.py");
    let task = ok(
        &scene,
        &[
            "exec",
            "-d",
            "-c",
            "while [ ! -e open ]; do sleep 0.02; done; echo old",
        ],
    );
    let task = task.trim();
    server.wait_status("commands", task, "running");
    let before = task_file(&scene, task);
    let refused = scene.runyard(&["edit", task, "-c", "echo new", "--priority", "3"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains("is running"), "{refused:?}");
    assert!(
        refused.stderr.contains("before its first run"),
        "{refused:?}"
    );
    assert_eq!(
        task_file(&scene, task),
        before,
        "and nothing else was changed"
    );
    scene.write("open", "");
    server.wait_status("commands", task, "completed");
    let refused = scene.runyard(&["edit", task, "-c", "echo new"]);
    assert!(
        refused.stderr.contains("its runs tell what it was"),
        "{refused:?}"
    );
    assert_eq!(log(&scene, task), "old\n");

    ok(&scene, &["pause"]);
    let of_script = server.submit("train", &[("n", "1")]).remove(0);
    let refused = scene.runyard(&["edit", &of_script, "-c", "echo new"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(
        refused.stderr.contains("follows from its parameters"),
        "{refused:?}"
    );
    ok(
        &scene,
        &["edit", &of_script, "--priority", "3", "--label", "late"],
    );
    let file = scene.json(&format!("_runyard_/train/tasks/{of_script}/task.json"));
    assert_eq!(
        (&file["policy"]["priority"], &file["labels"]),
        (&json!(3), &json!(["late"]))
    );
    ok(&scene, &["resume"]);
    server.wait_status("train", &of_script, "completed");
}

#[test]
fn what_cannot_be_run_is_refused_and_changes_nothing() {
    let scene = project(ECHO);
    let task = waiting(&scene, &["--", "echo", "old"]);
    let before = task_file(&scene, &task);
    for (words, said) in [
        (&["edit", &task] as &[&str], "nothing is to be changed"),
        (&["edit", &task, "-c", "  "], "the command is empty"),
        (&["edit", &task, "--cwd", "nowhere"], "there is no folder"),
        (&["edit", &task, "-e", "1=2"], "is no name of a variable"),
        (&["edit", &task, "--fail-fast"], "of a whole sweep"),
        (&["edit", "nothing", "-c", "true"], "nothing"),
    ] {
        let refused = scene.runyard(words);
        assert!([1, 2].contains(&refused.code), "{words:?}: {refused:?}");
        assert!(refused.stderr.contains(said), "{words:?}: {refused:?}");
    }
    assert_eq!(task_file(&scene, &task), before);
    assert_eq!(names(&scene), [task]);
}
