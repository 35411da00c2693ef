//! `runyard exec`: a command as a task, in front of the terminal and behind it.

use std::io::Read;
use std::process::{Child, Stdio};

use rustix::process::Signal;
use serde_json::json;

use crate::support::scene::{Printed, python};
use crate::support::{Scene, Server, processes, wait_until};

fn scene() -> Scene {
    let scene = Scene::new();
    scene.write(
        "_runyard_/settings.toml",
        format!("python = {:?}\n", python()),
    );
    scene
}

fn exec(scene: &Scene, words: &[&str]) -> Printed {
    let mut all = vec!["exec"];
    all.extend(words);
    scene.runyard(&all)
}

fn spawn(scene: &Scene, words: &[&str]) -> Child {
    scene
        .command()
        .arg("exec")
        .args(words)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Bytes of a log that no terminal model may touch.
const RAW: &str = r"printf 'a\033[31mb\rc\377\n'; printf 'err\n' >&2";

#[test]
fn the_log_comes_to_the_terminal_byte_by_byte_and_the_exit_code_is_the_outcome() {
    let scene = scene();
    let output = scene.command().args(["exec", "-c", RAW]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(output.stdout, b"a\x1b[31mb\rc\xff\nerr\n");
    let failed = exec(&scene, &["-n", "bad", "--", "sh", "-c", "echo out; exit 3"]);
    assert_eq!(
        (failed.code, failed.stdout.as_str()),
        (1, "out\n"),
        "{failed:?}"
    );
    assert!(failed.stderr.contains("exit code 3"), "{failed:?}");
    let missing = exec(&scene, &["--", "no-such-program-at-all"]);
    assert_eq!(missing.code, 1, "{missing:?}");
    assert!(
        missing
            .stderr
            .contains("`no-such-program-at-all` does not exist"),
        "{missing:?}"
    );
}

#[test]
fn words_reach_no_shell_and_a_text_reaches_it_unchanged() {
    let scene = scene();
    let words = exec(&scene, &["--", "printf", "%s|", "$HOME", "a;b", "é"]);
    assert_eq!(words.stdout, "$HOME|a;b|é|", "{words:?}");
    let text = exec(&scene, &["-c", "x='a  b'; printf '%s|' \"$x\" \\\n 2"]);
    assert_eq!(text.stdout, "a  b|2|", "{text:?}");
}

#[test]
fn variables_come_from_files_and_words_and_secrets_are_not_shown() {
    let scene = scene();
    scene.write(
        "vars.env",
        "# mine\nexport A='from file'\nB=2\nSECRET_KEY=hush-hush\n",
    );
    let words = [
        "--env-file",
        "vars.env",
        "-e",
        "B=3",
        "-e",
        "HOME",
        "--",
        "sh",
        "-c",
    ];
    let mut all = words.to_vec();
    all.push("echo \"$A $B $SECRET_KEY\"; test -n \"$HOME\"");
    let printed = exec(&scene, &all);
    assert_eq!(printed.stdout, "from file 3 hush-hush\n", "{printed:?}");
    scene.write("train.py", "print('hello')\n");
    let server = Server::start(&scene, "train.py");
    let task = scene.only_task("commands");
    let shown = server.get(&format!("/api/v1/tasks/commands/{task}")).text();
    assert!(
        shown.contains("<redacted>") && !shown.contains("hush-hush"),
        "{shown}"
    );

    scene.write("bad.env", "A=1\nB\n");
    let printed = exec(&scene, &["--env-file", "bad.env", "--", "true"]);
    assert_eq!(printed.code, 1);
    assert!(
        printed.stderr.contains("`bad.env`, line 2: `B` has no `=`"),
        "{printed:?}"
    );
    let printed = exec(&scene, &["-e", "NO_SUCH_VARIABLE_HERE", "--", "true"]);
    assert!(printed.stderr.contains("is not set here"), "{printed:?}");
}

#[test]
fn a_detached_command_leaves_its_name_and_runs_in_the_background() {
    let scene = scene();
    let printed = exec(
        &scene,
        &[
            "-d",
            "-n",
            "night",
            "--label",
            "x",
            "--description",
            "why",
            "--",
            "sh",
            "-c",
            "echo $PWD > where.txt",
        ],
    );
    assert_eq!(printed.code, 0, "{printed:?}");
    let task = printed.stdout.trim().to_owned();
    assert!(
        task.starts_with("night_") && task.ends_with("_1-of-1"),
        "{printed:?}"
    );
    wait_until("it has run", || {
        scene.record("commands", &task, 1)["outcome"]["kind"] == "succeeded"
    });
    assert_eq!(
        scene.read("where.txt").trim(),
        scene.root().to_string_lossy()
    );
    let file = scene.json(&format!("_runyard_/commands/tasks/{task}/task.json"));
    assert_eq!(
        (&file["labels"], &file["description"]),
        (&json!(["x"]), &json!("why"))
    );
    let json = exec(&scene, &["-d", "--json", "-c", "true"]).json();
    assert_eq!(json["schema_version"], 1);
    assert_eq!(json["task"]["experiment"], "commands");
}

#[test]
fn one_command_waits_for_another() {
    let scene = scene();
    let first = exec(
        &scene,
        &[
            "-d",
            "-c",
            "while ! test -e go; do sleep 0.02; done; echo first >> order.txt",
        ],
    );
    let first = first.stdout.trim().to_owned();
    let second = spawn(
        &scene,
        &["--after", &first, "-c", "echo second >> order.txt"],
    );
    scene.write("go", "");
    let output = second.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(scene.read("order.txt"), "first\nsecond\n");
    let missing = exec(&scene, &["--after", "nothing-like-it", "-c", "true"]);
    assert_eq!(missing.code, 1);
    assert!(
        missing
            .stderr
            .contains("there is no task `nothing-like-it`"),
        "{missing:?}"
    );
}

#[test]
fn the_runs_of_a_retried_command_are_followed_one_after_the_other() {
    let scene = scene();
    let text = "echo run >> runs.txt; wc -l < runs.txt | tr -d ' '; test $(wc -l < runs.txt) = 2";
    let printed = exec(&scene, &["--retries", "3", "-c", text]);
    assert_eq!(
        (printed.code, printed.stdout.as_str()),
        (0, "1\n2\n"),
        "{printed:?}"
    );
}

#[test]
fn a_command_says_what_executes_it() {
    let scene = scene();
    scene.write("heavy.py", "open('imports.txt', 'a').write('once\\n')\n");
    scene.write(
        "train.py",
        "import heavy, os\nprint('warm', 'RUNYARD_WARM' in os.environ)\n",
    );
    let warm = exec(&scene, &["--warm", "heavy", "--", python(), "train.py"]);
    assert_eq!(
        (warm.code, warm.stdout.as_str()),
        (0, "warm True\n"),
        "{warm:?}"
    );
    let plain = exec(
        &scene,
        &["--executor", "subprocess", "--", python(), "train.py"],
    );
    assert_eq!(plain.stdout, "warm False\n", "{plain:?}");
    let refused = exec(&scene, &["--inline", "--", "true"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(
        refused.stderr.contains("runyard run SCRIPT --inline"),
        "{refused:?}"
    );
}

#[test]
fn ctrl_c_cancels_the_task_and_a_death_leaves_it_running() {
    let scene = scene();
    let mut cancelled = spawn(&scene, &["-n", "one", "-c", "echo begun; exec sleep 1000"]);
    let mut begun = [0; 6];
    cancelled
        .stdout
        .as_mut()
        .unwrap()
        .read_exact(&mut begun)
        .unwrap();
    processes::signal(cancelled.id(), Signal::INT);
    let output = cancelled.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    let task = scene.only_task("commands");
    assert_eq!(
        scene.record("commands", &task, 1)["outcome"]["kind"],
        "cancelled"
    );

    let text = "echo begun; while ! test -e go; do sleep 0.02; done";
    let mut killed = spawn(&scene, &["-n", "two", "-c", text]);
    killed
        .stdout
        .as_mut()
        .unwrap()
        .read_exact(&mut begun)
        .unwrap();
    killed.kill().unwrap();
    killed.wait().unwrap();
    scene.write("go", "");
    let tasks = scene.names("_runyard_/commands/tasks");
    let second = tasks.iter().find(|name| name.starts_with("two_")).unwrap();
    wait_until("it ends by itself", || {
        scene.record("commands", second, 1)["outcome"]["kind"] == "succeeded"
    });
}

#[test]
fn what_cannot_be_run_is_refused_before_anything_is_started() {
    let scene = Scene::new();
    for (words, code, said) in [
        (&["-c", "  "] as &[&str], 1, "the command is empty"),
        (&[], 2, "required"),
        (&["-c", "a", "--", "b"], 2, "cannot be used with"),
        (
            &["--cwd", "/no/where", "--", "true"],
            1,
            "there is no folder",
        ),
        (&["-e", "A B=1", "--", "true"], 1, "no name of a variable"),
    ] {
        let printed = exec(&scene, words);
        assert_eq!(printed.code, code, "{words:?}: {printed:?}");
        assert!(printed.stderr.contains(said), "{words:?}: {printed:?}");
    }
    assert!(scene.names("").is_empty(), "nothing is written");
    let evil = scene_with_evil_name();
    assert_eq!(evil.code, 1, "{evil:?}");
}

/// A name that leads out of the folder of tasks.
fn scene_with_evil_name() -> Printed {
    let scene = scene();
    let printed = exec(&scene, &["-n", "../../x", "-d", "--", "true"]);
    assert!(!scene.path("x").exists());
    printed
}

#[test]
fn a_command_can_be_run_again_and_is_never_skipped() {
    let scene = scene();
    scene.write("train.py", "print('hello')\n");
    let server = Server::start(&scene, "train.py");
    for _ in 0..2 {
        let printed = exec(
            &scene,
            &["-d", "-n", "same", "--", "sh", "-c", "echo x >> ran.txt"],
        );
        assert_eq!(printed.code, 0, "{printed:?}");
    }
    server.wait_idle();
    assert_eq!(scene.read("ran.txt"), "x\nx\n");
    let tasks = scene.names("_runyard_/commands/tasks");
    assert_eq!(tasks.len(), 2);
    let identity = |task: &str| {
        scene.json(&format!("_runyard_/commands/tasks/{task}/task.json"))["identity"].clone()
    };
    assert_eq!(
        identity(&tasks[0]),
        identity(&tasks[1]),
        "the same command in the same folder is the same work"
    );
    server.act("rerun", "commands", &[&tasks[0]]);
    server.wait_idle();
    assert_eq!(scene.read("ran.txt"), "x\nx\nx\n");
    let answer = server.post(
        &format!("/api/v1/runs/commands/{}/1/repeat", tasks[0]),
        &json!({}),
    );
    assert_eq!(answer.status, 201, "{}", answer.text());
    server.wait_idle();
    assert_eq!(scene.read("ran.txt"), "x\nx\nx\nx\n");
}
