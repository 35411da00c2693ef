//! Bad input: a message that names the thing, a remedy, the right exit code, and nothing written.

use std::fs::Permissions;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;

use serde_json::Value;

use crate::support::scene::{Printed, printed};
use crate::support::scripts::{ECHO, REQUIRED};
use crate::support::{Scene, Server};

/// What a refused command says; it must have left nothing behind.
fn refused(scene: &Scene, printed: &Printed) -> String {
    assert_eq!(printed.code, 1, "{printed:?}");
    assert_eq!(printed.stdout, "", "an error is no data");
    let written: Vec<String> = scene
        .names("")
        .into_iter()
        .filter(|name| name == "_runyard_")
        .collect();
    assert!(written.is_empty(), "something was written");
    scene.plain(&printed.stderr)
}

/// The same refusal from every command that reads a script.
fn refused_by_all(scene: &Scene, script: &str) -> String {
    let ui = refused(
        scene,
        &scene.runyard(&[script, "--no-browser", "--port", "0"]),
    );
    let run = refused(scene, &scene.runyard(&["run", script]));
    let inspect = refused(scene, &scene.runyard(&["inspect", script]));
    assert_eq!(ui, run);
    assert_eq!(ui, inspect);
    ui
}

#[test]
fn a_missing_script_is_refused() {
    insta::assert_snapshot!(refused_by_all(&Scene::new(), "train.py"), @r"
    error: there is no script `train.py`
    hint: check the path; it is taken from the folder you are in
    ");
}

#[test]
fn a_folder_is_no_script() {
    let scene = Scene::with("train.py/inside.txt", "");
    insta::assert_snapshot!(refused_by_all(&scene, "train.py"), @r"
    error: `train.py` is not a file
    hint: name the script itself, not its folder
    ");
}

#[test]
fn a_file_of_another_kind_is_no_python_script() {
    let scene = Scene::with("train.sh", "echo hello");
    insta::assert_snapshot!(refused_by_all(&scene, "train.sh"), @r"
    error: `train.sh` is not a Python script
    hint: name a file that ends in `.py`; configs, which `runyard run` and `runyard ui` also take, end in `.yaml`, `.yml`, `.toml` or `.json`
    ");
}

#[test]
fn a_syntax_error_is_refused_with_its_line() {
    let scene = Scene::with(
        "train.py",
        "import argparse\nparser = argparse.ArgumentParser(\n",
    );
    insta::assert_snapshot!(refused_by_all(&scene, "train.py"), @r"
    error: `train.py` is not valid Python: unexpected EOF while parsing (line 3, column 1)
    hint: fix the script, or check that it is written for Python 3
    ");
}

#[test]
fn a_script_that_is_not_utf_8_is_refused_with_its_place() {
    let scene = Scene::new();
    scene.write("train.py", b"import argparse\nname = '\xff\xfe'\n");
    insta::assert_snapshot!(refused_by_all(&scene, "train.py"), @r"
    error: `[dir]/train.py`: byte 24 (line 2) is not UTF-8
    hint: save the script as UTF-8, or declare its encoding in the first line: `# -*- coding: latin-1 -*-`
    ");
}

#[test]
fn a_taken_port_is_refused_and_nothing_is_written() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let scene = Scene::with("train.py", ECHO);
    let printed = scene.runyard(&["train.py", "--no-browser", "--port", &port]);
    let said = refused(&scene, &printed).replace(&port, "[port]");
    insta::assert_snapshot!(said, @r"
    error: port [port] is taken
    hint: give another `--port`, or leave it out to take the next free one
    ");
}

#[test]
fn without_a_port_the_next_free_one_is_taken() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let scene = Scene::with("train.py", ECHO);
    scene.write("_runyard_/settings.toml", format!("port = {port}\n"));
    let server = Server::start_with(&scene, &["train.py"]);
    assert!(
        server.port > port && server.port <= port + 100,
        "{}",
        server.port
    );
    assert_eq!(server.get("/api/v1/health").text(), "ok\n");
}

#[test]
fn an_interpreter_that_is_not_there_is_refused() {
    let scene = Scene::with("train.py", ECHO);
    let run = scene.runyard(&["run", "train.py", "--python", "/no/such/python"]);
    let ui = scene.runyard(&[
        "train.py",
        "--no-browser",
        "--port",
        "0",
        "--python",
        "/no/such/python",
    ]);
    assert_eq!(run.stderr, ui.stderr);
    insta::assert_snapshot!(refused(&scene, &run), @r"
    error: there is no interpreter `/no/such/python`
    hint: set `python` in `_runyard_/settings.toml` or give `--python PATH`
    ");
}

#[test]
fn a_project_folder_that_cannot_be_written_is_refused() {
    // A file in the way of the folder holds off the superuser too, whom permissions do not.
    let scene = Scene::with("train.py", ECHO);
    scene.write("_runyard_", "somebody's notes");
    let printed = scene.run(&["train.py"]);
    assert_eq!(printed.code, 1);
    insta::assert_snapshot!(scene.plain(&printed.stderr), @r"
    error: could not read `[dir]/_runyard_/settings.toml`: Not a directory (os error 20)
    hint: a file stands where a folder belongs: move it away
    ");
    assert_eq!(scene.read("_runyard_"), "somebody's notes");
}

#[test]
fn a_read_only_folder_is_refused_with_a_remedy() {
    let scene = Scene::with("train.py", ECHO);
    let set = |mode| std::fs::set_permissions(scene.root(), Permissions::from_mode(mode)).unwrap();
    set(0o555);
    let mut command = scene.command();
    command.args(["run", "train.py", "--python", "/bin/sh"]);
    if rustix::process::getuid().is_root() {
        // Permissions do not hold off the superuser: somebody else tries.
        command.uid(65534).gid(65534);
    }
    let tried = command.output();
    set(0o755);
    let Ok(output) = tried else {
        // The binary lies where that somebody cannot reach it.
        return;
    };
    insta::assert_snapshot!(refused(&scene, &printed(output)), @r"
    error: could not write `[dir]/_runyard_`: Permission denied (os error 13)
    hint: make the folder writable for you, or start from a folder that is
    ");
}

#[test]
fn zips_of_unequal_length_are_refused() {
    let scene = Scene::with("train.py", ECHO);
    let printed = scene.run(&["train.py", "lr=(0.1 | 0.2)", "n=(1 | 2 | 3)"]);
    insta::assert_snapshot!(refused(&scene, &printed), @r"
    error: all (zip) values must have the same length: `lr` has 2, `n` has 3
    hint: give every zip the same number of alternatives
    ");
}

#[test]
fn a_grid_beyond_the_limit_is_refused() {
    let scene = Scene::with("train.py", ECHO);
    let printed = scene.run(&["train.py", "n=1:1000", "lr=1:1000"]);
    insta::assert_snapshot!(refused(&scene, &printed), @r"
    error: the grid has 1000000 points, and at most 10000 may be submitted at once
    hint: narrow a range or split the sweep; `max_tasks` in `_runyard_/settings.toml` sets the limit
    ");
}

#[test]
fn the_limit_is_the_projects_setting() {
    let scene = Scene::with("train.py", ECHO);
    scene.write("_runyard_/settings.toml", "max_tasks = 2\n");
    let printed = scene.run(&["train.py", "n=1:3"]);
    assert_eq!(printed.code, 1);
    assert!(
        printed.stderr.contains("3 points, and at most 2"),
        "{}",
        printed.stderr
    );
    assert_eq!(scene.names("_runyard_"), ["settings.toml"]);
}

#[test]
fn a_required_argument_without_a_value_is_refused() {
    let scene = Scene::with("train.py", REQUIRED);
    let missing = refused(&scene, &scene.run(&["train.py"]));
    let empty = refused(&scene, &scene.run(&["train.py", "data="]));
    assert_eq!(missing, empty);
    insta::assert_snapshot!(missing, @r#"
    error: `data` is required
    hint: give it a value; the empty text is `""`
    "#);
}

#[test]
fn a_value_outside_the_choices_is_refused() {
    let scene = Scene::with("train.py", ECHO);
    insta::assert_snapshot!(refused(&scene, &scene.run(&["train.py", "mode=fast|fst"])), @r"
    error: `mode`: `fst` is not one of the choices
    hint: did you mean `fast`? the choices are fast, slow
    ");
}

#[test]
fn a_value_of_the_wrong_type_is_refused() {
    let scene = Scene::with("train.py", ECHO);
    insta::assert_snapshot!(refused(&scene, &scene.run(&["train.py", "n=1|x"])), @r"
    error: `n`: `x` is not an integer
    hint: write an integer such as `3`, a range such as `1:5`, or alternatives such as `1 | 2`
    ");
}

#[test]
fn an_unknown_parameter_is_refused() {
    let scene = Scene::with("train.py", ECHO);
    insta::assert_snapshot!(refused(&scene, &scene.run(&["train.py", "lrr=1"])), @r"
    error: there is no parameter `lrr`
    hint: did you mean `lr`?
    ");
}

#[test]
fn a_word_that_is_no_override_is_refused() {
    let scene = Scene::with("train.py", ECHO);
    insta::assert_snapshot!(refused(&scene, &scene.run(&["train.py", "lr"])), @r"
    error: `lr`: this is not an override
    hint: write `lr=VALUE` or `--lr VALUE`; `+lr=VALUE` adds a key, `~lr` takes one away
    ");
}

#[test]
fn a_prefix_that_is_no_name_is_refused() {
    let scene = Scene::with("train.py", ECHO);
    for prefix in ["a/b", "..", "", "a\nb", "/tmp/x"] {
        let said = refused(&scene, &scene.run(&["train.py", "--prefix", prefix]));
        assert!(said.contains("cannot be used"), "{prefix:?} {said}");
    }
}

#[test]
fn a_value_that_the_script_would_not_get_is_refused() {
    let scene = Scene::with("train.py", ECHO);
    // The last point is the one that cannot be.
    let said = refused(&scene, &scene.run(&["train.py", "text=a | b | --"]));
    assert!(said.contains("argparse swallows the word `--`"), "{said}");
}

#[test]
fn settings_that_cannot_be_read_are_refused_and_left_alone() {
    let scene = Scene::with("train.py", ECHO);
    for text in ["slot = 3\n", "slots = 0\n", "slots = \n", "port = 99999\n"] {
        scene.write("_runyard_/settings.toml", text);
        let printed = scene.run(&["train.py"]);
        assert_eq!(printed.code, 1, "{text}");
        assert!(
            printed.stderr.contains("settings.toml`, line 1: "),
            "{text}: {}",
            printed.stderr
        );
        let ui = scene.runyard(&["train.py", "--no-browser", "--port", "0"]);
        assert_eq!((ui.code, &ui.stderr), (1, &printed.stderr), "{text}");
        assert_eq!(scene.names("_runyard_"), ["settings.toml"], "{text}");
        assert_eq!(scene.read("_runyard_/settings.toml"), text);
    }
}

#[test]
fn with_json_an_error_is_an_object_on_standard_error() {
    let scene = Scene::with("train.py", ECHO);
    let printed = scene.run(&["train.py", "n=1|x", "--json"]);
    assert_eq!(printed.code, 1);
    let error: Value = serde_json::from_str(&printed.stderr).unwrap();
    assert_eq!(error["error"]["code"], "invalid_input");
    assert_eq!(error["error"]["key"], "n");
    assert!(
        error["error"]["message"]
            .as_str()
            .unwrap()
            .contains("`x` is not an integer")
    );
    assert_eq!(printed.stdout, "");

    let printed = scene.runyard(&["inspect", "missing.py", "--json"]);
    let error: Value = serde_json::from_str(&printed.stderr).unwrap();
    assert_eq!(error["error"]["code"], "conflict");
    assert!(
        error["error"].get("key").is_none(),
        "absent keys are left out"
    );
    assert!(error["error"]["hint"].is_string());
}

#[test]
fn wrong_usage_ends_with_2() {
    let scene = Scene::with("train.py", ECHO);
    for words in [
        &["run"][..],
        &["run", "--no-such-option", "train.py"],
        &["train.py", "--port", "70000"],
        &["run", "train.py", "--slots", "0"],
        &["--no-such-option"],
    ] {
        let printed = scene.runyard(words);
        assert_eq!(printed.code, 2, "{words:?} {printed:?}");
        assert!(printed.stderr.contains("error:"), "{words:?}");
        assert!(scene.names("_runyard_").is_empty());
    }
}

#[test]
fn what_a_script_says_cannot_steer_the_terminal() {
    let scene = Scene::with(
        "train.py",
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('--x', help='\\x1b]0;owned\\x07')\np.parse_args()\n",
    );
    let printed = scene.runyard(&["inspect", "train.py"]);
    assert_eq!(printed.code, 0);
    assert!(
        !printed.stdout.contains('\u{1b}') && !printed.stdout.contains('\u{7}'),
        "{printed:?}"
    );
    let printed = scene.run(&["train.py", "x\u{1b}[2J=1"]);
    assert!(!printed.stderr.contains('\u{1b}'), "{printed:?}");
}
