//! Commands about tasks, on real projects: with a running server and without.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::scene::{Printed, printed, python};
use crate::support::scripts::{ECHO, GATE};
use crate::support::wait::wait_until;
use crate::support::{Scene, Server, processes};

/// A project whose interpreter every command knows.
pub(crate) fn project(script: &str) -> Scene {
    let scene = Scene::with("train.py", script);
    let settings = format!("python = {}\nslots = 2\n", json!(python()));
    scene.write("_runyard_/settings.toml", settings);
    scene
}

/// The names of all tasks, oldest first.
pub(crate) fn names(scene: &Scene) -> Vec<String> {
    let printed = scene.runyard(&["ls", "--json", "-n", "0"]);
    assert_eq!(printed.code, 0, "{printed:?}");
    let tasks = printed.json()["tasks"].clone();
    let name = |task: &Value| task["id"]["task"].as_str().unwrap().to_owned();
    let mut names: Vec<String> = tasks.as_array().unwrap().iter().map(name).collect();
    names.sort();
    names
}

fn ok(printed: &Printed) -> &str {
    assert_eq!(printed.code, 0, "{printed:?}");
    &printed.stdout
}

#[test]
fn a_watched_list_is_shown_again_when_something_has_changed() {
    let scene = project(GATE);
    assert_eq!(scene.runyard(&["run", "-d", "train.py", "n=1"]).code, 0);
    let mut watching = scene
        .command()
        .args(["ls", "--watch", "--json"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(watching.stdout.take().unwrap()).lines();
    let statuses = lines.map(|line| {
        let value: Value = serde_json::from_str(&line.unwrap()).unwrap();
        value["tasks"][0]["status"].as_str().unwrap().to_owned()
    });
    let (mut seen, scene_root) = (String::new(), scene.path("open"));
    for status in statuses {
        if status == "running" && seen != "running" {
            std::fs::write(&scene_root, "").unwrap();
        }
        seen = status;
        if seen == "completed" {
            break;
        }
    }
    assert_eq!(seen, "completed");
    processes::signal(watching.id(), Signal::INT);
    assert_eq!(watching.wait().unwrap().code(), Some(130));
}

#[test]
fn what_is_only_created_runs_when_it_is_asked_to_and_not_before() {
    let scene = project(ECHO);
    let created = scene.runyard(&["run", "train.py", "n=1:3", "--later"]);
    assert!(
        ok(&created).starts_with("3 tasks created: train_"),
        "{created:?}"
    );
    let command = scene.runyard(&["exec", "--later", "--capture", "split", "-c", "echo ran"]);
    let command = ok(&command).trim().to_owned();
    scene.write(
        "batch.toml",
        "[[experiments]]\nname = \"b\"\ncommand = \"true\"\n",
    );
    assert!(ok(&scene.runyard(&["run", "batch.toml", "--later"])).contains("1 task created"));
    let counts = || scene.runyard(&["ls", "--json"]).json()["counts"].clone();
    assert_eq!(counts()["pending"], 5, "{}", counts());
    let second = names(&scene)
        .into_iter()
        .find(|name| name.ends_with("_2-of-3"));
    let second = second.unwrap();
    ok(&scene.runyard(&["rerun", &second, &command, "--wait"]));
    let counts = counts();
    assert_eq!(
        (&counts["completed"], &counts["pending"]),
        (&json!(2), &json!(3)),
        "{counts}"
    );
    let run = scene.record("commands", &command, 1);
    assert_eq!(
        run["execution"]["capture"],
        json!({ "kind": "split" }),
        "{run}"
    );
    let refused = scene.runyard(&["exec", "--json", "--", "true"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    let refused = scene.runyard(&["run", "train.py", "--later", "--inline"]);
    assert_eq!(refused.code, 2, "{refused:?}");
}

#[test]
fn the_page_of_a_task_is_opened_in_the_persons_browser() {
    let scene = project(ECHO);
    assert_eq!(scene.run(&["train.py", "n=1"]).code, 0);
    let task = names(&scene).remove(0);
    let nobody = scene.runyard(&["open", &task]);
    assert_eq!(nobody.code, 1, "{nobody:?}");
    assert!(
        nobody.stderr.contains("`runyard ui` starts one"),
        "{nobody:?}"
    );
    let server = Server::start(&scene, "train.py");
    let address = |page: &str| {
        format!(
            "http://127.0.0.1:{}/{page}?token={}\n",
            server.port, server.token
        )
    };
    let page = |words: &[&str]| ok(&scene.runyard(words)).to_owned();
    assert_eq!(page(&["open", "--print"]), address(""));
    let of_task = address(&format!("runs/train/{task}"));
    assert_eq!(page(&["open", &task, "--print"]), of_task);
    let run = format!("{task}@1");
    let of_run = address(&format!("runs/train/{task}/1"));
    assert_eq!(page(&["open", &run, "--print"]), of_run);
    scene.write("browser", "#!/bin/sh\necho \"$1\" > opened.txt\n");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(scene.path("browser"), mode).unwrap();
    let mut command = scene.command();
    command
        .args(["open", &task])
        .env("BROWSER", scene.path("browser"));
    assert_eq!(printed(command.output().unwrap()).code, 0);
    wait_until("the browser has it", || scene.read("opened.txt") == of_task);
}

#[test]
fn the_answers_are_the_same_with_a_server_and_without() {
    let scene = project(ECHO);
    assert_eq!(scene.run(&["train.py", "n=1:3", "text==1+1"]).code, 0);
    let name = names(&scene).remove(1);
    let run = format!("{name}@1");
    let questions: Vec<Vec<&str>> = vec![
        vec!["ls", "--json"],
        vec!["ls", "--where", "n > 1 and status == completed", "--json"],
        vec!["ls", "--where", "lr == 0.1 and n == 2", "--json"],
        vec!["ls", "*_2-of-*", "--json"],
        vec!["show", &name, "--json"],
        vec!["show", &run],
        vec!["log", &name],
        vec!["log", &run, "--tail", "1", "--raw"],
        vec!["log", &name, "-f"],
        vec!["export", "--config"],
        vec!["export", "--format", "json"],
        vec!["wait", "--all", "--json"],
        vec!["cancel", &name],
        vec!["show", "nothing"],
        vec!["ls", "--where", "nn == 1"],
    ];
    let ask = || -> Vec<Printed> { questions.iter().map(|words| scene.runyard(words)).collect() };
    let without = ask();
    let server = Server::start(&scene, "train.py");
    let with = ask();
    drop(server);
    for ((words, a), b) in questions.iter().zip(&without).zip(&with) {
        assert_eq!(
            (a.code, &a.stdout, &a.stderr),
            (b.code, &b.stdout, &b.stderr),
            "{words:?}"
        );
    }
    let codes: Vec<i32> = without.iter().map(|printed| printed.code).collect();
    assert_eq!(
        codes,
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1],
        "{without:?}"
    );
    let totals: Vec<u64> = without[..4]
        .iter()
        .map(|one| one.json()["total"].as_u64().unwrap())
        .collect();
    assert_eq!(totals, [3, 2, 1, 1]);
    let log: Value = serde_json::from_str(without[6].stdout.trim()).unwrap();
    assert_eq!(log["args"]["n"], 2, "{log}");
    assert!(
        without[9].stdout.contains(",'=1+1"),
        "a formula: {}",
        without[9].stdout
    );
    assert!(
        without[13].stderr.contains("no task is called `nothing`"),
        "{:?}",
        without[13]
    );
    assert!(
        without[14].stderr.contains("there is no `nn`"),
        "{:?}",
        without[14]
    );
}

#[test]
fn a_task_is_named_by_its_beginning_and_what_cannot_be_told_apart_is_listed() {
    let scene = project(ECHO);
    assert_eq!(
        scene.run(&["train.py", "n=1:2", "--prefix", "alpha"]).code,
        0
    );
    assert_eq!(scene.run(&["train.py", "n=7", "--prefix", "beta"]).code, 0);
    let shown = scene.runyard(&["show", "beta"]);
    assert!(ok(&shown).contains("--n 7"), "{shown:?}");
    let shown = scene.runyard(&["show", "train/beta"]);
    assert!(ok(&shown).contains("--n 7"), "{shown:?}");
    let several = scene.runyard(&["show", "alpha"]);
    assert_eq!(several.code, 1);
    assert!(
        several.stderr.contains("2 tasks begin with `alpha`"),
        "{several:?}"
    );
    assert!(several.stderr.contains("_1-of-2`") && several.stderr.contains("_2-of-2`"));
    let pattern = scene.runyard(&["show", "*"]);
    assert!(
        pattern
            .stderr
            .contains("3 tasks fit `*`, and one is wanted"),
        "{pattern:?}"
    );
    // A list harms nobody: it shows all that begin so.
    let listed = scene.runyard(&["ls", "alpha", "--json"]);
    assert_eq!(listed.json()["total"], 2);
    let full = names(&scene).remove(2);
    let typo = full.replace("beta", "beto");
    let printed = scene.runyard(&["show", &typo]);
    assert!(
        printed.stderr.contains(&format!("did you mean `{full}`?")),
        "{printed:?}"
    );
    // An act is done to nothing if one of its targets is wrong.
    let mixed = scene.runyard(&["rerun", &full, "gamma"]);
    assert_eq!(mixed.code, 1, "{mixed:?}");
    assert_eq!(
        scene.names(&format!("_runyard_/train/tasks/{full}/runs")),
        ["1"]
    );
}

#[test]
fn what_is_typed_wrongly_ends_with_2_and_where_nothing_is_with_1() {
    let scene = project(ECHO);
    for words in [
        vec!["wait"],
        vec!["cancel"],
        vec!["rerun"],
        vec!["ls", "-s", "odd"],
        vec!["log"],
        vec!["nonsense"],
        vec!["queue", "move", "x"],
        vec!["label", "x"],
    ] {
        let printed = scene.runyard(&words);
        assert_eq!(printed.code, 2, "{words:?}: {printed:?}");
        assert_eq!(printed.stdout, "", "messages go to standard error");
    }
    assert_eq!(
        scene.runyard(&["ls"]).code,
        0,
        "an empty project has an empty list"
    );
    assert_eq!(scene.runyard(&["ls", "x"]).code, 1);
    let elsewhere = Scene::new();
    let printed = elsewhere.runyard(&["ls"]);
    assert_eq!(printed.code, 1);
    assert!(
        printed.stderr.contains("there is no project in"),
        "{printed:?}"
    );
    assert_eq!(
        elsewhere.names("."),
        Vec::<String>::new(),
        "nothing was made"
    );
    let dir = scene.root().to_string_lossy().into_owned();
    assert_eq!(elsewhere.runyard(&["ls", "-C", &dir]).code, 0);
}

/// Two runs that go on after their server was killed.
fn orphans(scene: &Scene) -> Vec<String> {
    let server = Server::start(scene, "train.py");
    let names = server.submit("train", &[("n", "1:3")]);
    wait_until("two have begun", || scene.events().len() == 2);
    server.kill();
    names
}

#[test]
fn without_a_server_nothing_is_started_and_what_runs_can_be_cancelled() {
    let scene = project(GATE);
    let names = orphans(&scene);
    let counts = scene.runyard(&["ls", "--json"]).json()["counts"].clone();
    assert_eq!(
        (&counts["running"], &counts["queued"]),
        (&json!(2), &json!(1))
    );
    let printed = scene.runyard(&["cancel", "--where", "n > 1"]);
    assert_eq!(printed.code, 0, "{printed:?}");
    assert!(printed.stderr.contains("2 tasks cancelled"), "{printed:?}");
    wait_until("the second is recorded", || {
        scene.record("train", &names[1], 1)["status"] == "finished"
    });
    let outcome = |task: &str| scene.record("train", task, 1)["outcome"]["kind"].clone();
    assert_eq!(
        (outcome(&names[1]), outcome(&names[2])),
        (json!("cancelled"), json!("cancelled"))
    );
    assert_eq!(scene.events().len(), 2, "the queued one never began");
    scene.write("open", "");
    wait_until("the first ends", || outcome(&names[0]) == "succeeded");
}

#[test]
fn a_log_is_followed_to_the_end_of_its_run_whoever_looks_after_the_queue() {
    let scene = project(GATE);
    let names = orphans(&scene);
    let mut command = scene.command();
    command
        .args(["log", "-f", &names[0]])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut first = [0; 8];
    child
        .stdout
        .as_mut()
        .unwrap()
        .read_exact(&mut first)
        .unwrap();
    assert_eq!(&first, b"begin 1\n");
    scene.write("open", "");
    let printed = printed(child.wait_with_output().unwrap());
    assert_eq!(printed.code, 0, "{printed:?}");
    assert_eq!(printed.stdout, "end 1\n");
    assert!(printed.stderr.contains("completed"), "{printed:?}");
}

#[test]
fn a_log_loses_its_control_codes_unless_the_very_bytes_are_wanted() {
    let script = "import sys\nsys.stdout.buffer.write(b'\\x1b]0;evil\\x07\\x1b[31mred\\x1b[0m 10%\\r20%\\n\\xff\\n')\n";
    let scene = project(script);
    assert_eq!(scene.run(&["train.py"]).code, 0);
    let name = names(&scene).remove(0);
    assert_eq!(
        scene.runyard(&["log", &name]).stdout,
        "red 10%\r20%\n\u{fffd}\n"
    );
    let coloured = scene.runyard(&["log", &name, "--color", "always"]);
    assert_eq!(
        coloured.stdout,
        "\u{1b}[31mred\u{1b}[0m 10%\r20%\n\u{fffd}\n"
    );
    let raw = scene
        .command()
        .args(["log", &name, "--raw"])
        .output()
        .unwrap();
    assert_eq!(
        raw.stdout,
        b"\x1b]0;evil\x07\x1b[31mred\x1b[0m 10%\r20%\n\xff\n"
    );
    let path = scene.runyard(&["log", &name, "--path"]).stdout;
    assert_eq!(std::fs::read(path.trim()).unwrap(), raw.stdout);
}

#[test]
fn waiting_says_how_it_ended_in_its_exit_code() {
    let scene = project(GATE);
    let server = Server::start(&scene, "train.py");
    let names = server.submit("train", &[("n", "1")]);
    wait_until("it has begun", || scene.events().len() == 1);
    let late = scene.runyard(&["wait", &names[0], "--timeout", "200ms"]);
    assert_eq!(late.code, 1, "{late:?}");
    assert!(
        late.stderr
            .contains("the time is over, and 1 task is not done"),
        "{late:?}"
    );
    let mut waiting = scene.command();
    waiting
        .args(["wait", "--all"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = waiting.spawn().unwrap();
    let interrupted = scene
        .command()
        .args(["wait", "--all"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait_until("it listens for Ctrl-C", || {
        catches_interrupt(interrupted.id())
    });
    processes::signal(interrupted.id(), Signal::INT);
    assert_eq!(printed(interrupted.wait_with_output().unwrap()).code, 130);
    scene.write("open", "");
    let done = printed(child.wait_with_output().unwrap());
    assert_eq!(done.code, 0, "{done:?}");
    assert!(
        done.stdout.contains(&format!("{} completed in", names[0])),
        "{done:?}"
    );
    let failing = server.submit("train", &[("n", "2"), ("code", "3")]);
    let failed = scene.runyard(&["wait", &failing[0]]);
    assert_eq!(failed.code, 1, "{failed:?}");
    assert!(failed.stdout.contains("failed in"), "{failed:?}");
}

/// True once a process has a handler for SIGINT, as `/proc` says.
fn catches_interrupt(pid: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let caught = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    caught.is_some_and(|mask| mask & 0b10 != 0)
}

#[test]
fn a_reader_that_leaves_ends_the_output_quietly() {
    let scene = project(ECHO);
    assert_eq!(scene.run(&["train.py", "n=1:40"]).code, 0);
    let mut command = scene.command();
    command
        .args(["ls", "-n", "0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let printed = printed(child.wait_with_output().unwrap());
    assert_eq!((printed.code, printed.stderr.as_str()), (0, ""));
}

#[test]
fn colours_are_only_where_they_are_wanted() {
    let scene = project(ECHO);
    assert_eq!(scene.run(&["train.py"]).code, 0);
    let listed = |words: &[&str]| scene.runyard(words).stdout;
    assert!(!listed(&["ls"]).contains('\u{1b}'));
    assert!(listed(&["ls", "--color", "always"]).contains("\u{1b}[32mcompleted\u{1b}[0m"));
}

#[test]
fn a_rerun_is_a_new_run_and_can_be_waited_for() {
    let scene = project(ECHO);
    assert_eq!(scene.run(&["train.py", "n=1:2"]).code, 0);
    let names = names(&scene);
    let printed = scene.runyard(&["rerun", &names[0], "--wait"]);
    assert_eq!(printed.code, 0, "{printed:?}");
    assert!(printed.stderr.contains("1 task queued"), "{printed:?}");
    let runs = |name: &str| scene.names(&format!("_runyard_/train/tasks/{name}/runs"));
    assert_eq!(runs(&names[0]), ["1", "2"]);
    assert_eq!(runs(&names[1]), ["1"]);
    assert_eq!(scene.record("train", &names[0], 2)["status"], "finished");
    let first = scene.runyard(&["show", &format!("{}@1", names[0]), "--json"]);
    assert_eq!(first.json()["run"]["number"], 1);
    let none = scene.runyard(&["show", &format!("{}@9", names[0])]);
    assert!(none.stderr.contains("there is no run"), "{none:?}");
}

#[test]
fn metrics_are_read_as_far_as_they_are_written() {
    let script = "import os\nfolder = os.environ['RUNYARD_RUN_DIR']\nopen(folder + '/metrics.jsonl', 'w').write('{\"step\": 1, \"loss\": 0.5}\\n{\"step\": 2, \"loss\": \"NaN\", \"acc\": 0.9}\\n{\"step\": 3, \"lo')\n";
    let scene = project(script);
    assert_eq!(scene.run(&["train.py"]).code, 0);
    let name = names(&scene).remove(0);
    let metrics = scene.runyard(&["metrics", &name, "--json"]).json();
    assert_eq!(metrics["rows"], 2);
    assert_eq!(
        metrics["metrics"][0],
        json!({ "name": "loss", "count": 2, "last": "NaN", "step": 2, "min": 0.5, "max": 0.5 })
    );
    assert_eq!(
        scene.runyard(&["metrics", &name, "--csv"]).stdout,
        "step,loss,acc\n1,0.5,\n2,NaN,0.9\n"
    );
    let table = scene.runyard(&["export", "--metrics"]).stdout;
    assert!(
        table.contains("metric.loss,metric.acc") && table.contains("NaN,0.9"),
        "{table}"
    );
}
