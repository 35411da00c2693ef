//! What a detached command leaves behind, and how processes hand a project over to each other.

use std::fs::File;
use std::process::{Child, Stdio};

use runyard::storage::Layout;
use runyard::storage::lock::FileLock;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::cli_tasks::{names, project};
use crate::support::scene::{printed, python};
use crate::support::scripts::{ECHO, GATE};
use crate::support::wait::{wait_for, wait_until};
use crate::support::{Scene, Server, processes};

fn holder(scene: &Scene) -> Value {
    scene.json("_runyard_/.server.json")
}

/// The process id of the background dispatcher.
fn background(scene: &Scene) -> u32 {
    wait_for("a background process answers", || {
        let holder = holder(scene);
        (holder["kind"] == "background")
            .then(|| u32::try_from(holder["pid"].as_u64().unwrap()).unwrap())
    })
}

fn begun(scene: &Scene, count: usize) {
    wait_until("they have begun", || scene.events().len() == count);
}

fn wait_all(scene: &Scene) {
    let printed = scene.runyard(&["wait", "--all"]);
    assert_eq!(printed.code, 0, "{printed:?}");
}

/// Every task has one run, and that succeeded.
fn each_ran_once(scene: &Scene, count: usize) {
    let names = names(scene);
    assert_eq!(names.len(), count);
    for name in &names {
        assert_eq!(
            scene.names(&format!("_runyard_/train/tasks/{name}/runs")),
            ["1"],
            "{name}"
        );
        assert_eq!(
            scene.record("train", name, 1)["outcome"]["kind"],
            "succeeded",
            "{name}"
        );
    }
    let begun = scene
        .events()
        .iter()
        .filter(|line| line.starts_with("begin"))
        .count();
    assert_eq!(begun, count, "none ran twice");
}

fn foreground(scene: &Scene, words: &[&str]) -> Child {
    let mut command = scene.command();
    command
        .arg("run")
        .args(words)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().unwrap()
}

#[test]
fn a_detached_run_returns_at_once_and_its_tasks_run_without_a_terminal() {
    let scene = project(GATE);
    let printed = scene.runyard(&["run", "-d", "train.py", "n=1:3"]);
    assert_eq!(printed.code, 0, "{printed:?}");
    assert!(
        printed
            .stdout
            .starts_with("3 tasks queued in the background: train_"),
        "{printed:?}"
    );
    let pid = background(&scene);
    begun(&scene, 2);
    // A session of its own: no terminal's end reaches it.
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let session = stat
        .rsplit_once(')')
        .unwrap()
        .1
        .split_whitespace()
        .nth(3)
        .unwrap()
        .to_owned();
    assert_eq!(session, pid.to_string());
    let again = scene.runyard(&["run", "-d", "train.py", "n=4", "--json"]);
    assert_eq!(again.json()["count"], 1, "{again:?}");
    assert_eq!(background(&scene), pid, "one is enough");
    scene.write("open", "");
    wait_all(&scene);
    each_ran_once(&scene, 4);
}

#[test]
fn the_background_process_ends_by_itself_when_nothing_is_left_to_do() {
    let scene = project(GATE);
    let log = File::create(scene.path("said.txt")).unwrap();
    let mut child = scene
        .command()
        .args(["serve", "--background", "--linger-secs", "0"])
        .arg(scene.root())
        .stdout(log)
        .spawn()
        .unwrap();
    // Nothing to do at all: it goes, and takes its address back.
    wait_until("it ends", || child.try_wait().unwrap().is_some());
    assert_eq!(scene.read("said.txt"), "ready\n");
    assert_eq!(holder(&scene), Value::Null);
    let mut child = scene
        .command()
        .args(["serve", "--background", "--linger-secs", "2"])
        .arg(scene.root())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    wait_until("it answers", || holder(&scene)["kind"] == "background");
    assert_eq!(scene.runyard(&["run", "-d", "train.py", "n=1"]).code, 0);
    begun(&scene, 1);
    assert!(child.try_wait().unwrap().is_none(), "something runs");
    scene.write("open", "");
    wait_until("it ends", || child.try_wait().unwrap().is_some());
    each_ran_once(&scene, 1);
}

#[test]
fn a_server_takes_over_from_the_background_and_no_run_is_touched() {
    let scene = project(GATE);
    assert_eq!(scene.runyard(&["run", "-d", "train.py", "n=1:4"]).code, 0);
    let pid = background(&scene);
    begun(&scene, 2);
    let server = Server::start(&scene, "train.py");
    wait_until("the background process is gone", || {
        !processes::is_alive(pid)
    });
    let first = names(&scene).remove(0);
    assert_eq!(server.status("train", &first), "running");
    // A server that somebody looks after does not hand over.
    assert_eq!(server.post("/api/v1/handover", &json!({})).status, 409);
    scene.write("open", "");
    let counts = server.wait_idle();
    assert_eq!(counts["completed"], 4, "{counts}");
    each_ran_once(&scene, 4);
}

/// True while this process waits for a lock on some file; proc(5), `/proc/locks`.
fn waits_for_a_lock(pid: u32) -> bool {
    let locks = std::fs::read_to_string("/proc/locks").unwrap();
    let of_this = |line: &&str| line.contains("-> FLOCK") && line.contains(&format!(" {pid} "));
    locks.lines().any(|line| of_this(&line))
}

#[test]
fn a_server_waits_for_a_command_that_has_the_project_for_a_moment_only() {
    let scene = project(GATE);
    assert_eq!(scene.runyard(&["ls"]).code, 0);
    let layout = Layout::new(scene.root());
    // Such a command says nowhere that it answers.
    assert_eq!(holder(&scene), Value::Null);
    let lock = FileLock::acquire(&layout.lock()).unwrap();
    let command = scene.command();
    let script = scene.path("train.py").to_string_lossy().into_owned();
    let words = script.clone();
    let server = std::thread::spawn(move || {
        Server::start_through(command, python().as_ref(), &[&words, "--port", "0"])
    });
    wait_until("the server waits for it", || {
        let servers = processes::with_marker(&script);
        servers.into_iter().any(waits_for_a_lock)
    });
    drop(lock);
    let server = server.join().unwrap();
    assert_eq!(holder(&scene)["pid"], server.pid());
}

#[test]
fn a_foreground_run_answers_other_commands_and_hands_what_they_left_to_the_background() {
    let scene = project(GATE);
    let mine = foreground(&scene, &["train.py", "n=1:2", "gate=mine"]);
    begun(&scene, 2);
    let counts = scene.runyard(&["ls", "--json"]).json()["counts"].clone();
    assert_eq!(counts["running"], 2, "{counts}");
    let printed_later = scene.runyard(&["run", "-d", "train.py", "n=3", "gate=theirs"]);
    assert_eq!(printed_later.code, 0, "{printed_later:?}");
    assert!(
        printed_later.stdout.contains("1 task queued"),
        "{printed_later:?}"
    );
    scene.write("mine", "");
    let mine = printed(mine.wait_with_output().unwrap());
    assert_eq!(mine.code, 0, "{mine:?}");
    assert_eq!(mine.stdout.lines().count(), 2, "only its own: {mine:?}");
    assert!(
        mine.stderr
            .contains("the background goes on with 1 task of other submissions"),
        "{mine:?}"
    );
    background(&scene);
    scene.write("theirs", "");
    wait_all(&scene);
    each_ran_once(&scene, 3);
}

#[test]
fn a_run_follows_its_tasks_also_where_another_command_holds_the_project() {
    let scene = project(GATE);
    let first = foreground(&scene, &["train.py", "n=1", "gate=first"]);
    begun(&scene, 1);
    let second = foreground(&scene, &["train.py", "n=2:3", "gate=second"]);
    begun(&scene, 2);
    scene.write("second", "");
    let second = printed(second.wait_with_output().unwrap());
    assert_eq!(second.code, 0, "{second:?}");
    assert_eq!(
        second.stdout.matches(" completed in ").count(),
        2,
        "{second:?}"
    );
    // The holder may leave while somebody follows.
    let third = foreground(&scene, &["train.py", "n=4", "gate=third"]);
    begun(&scene, 6);
    scene.write("first", "");
    assert_eq!(printed(first.wait_with_output().unwrap()).code, 0);
    background(&scene);
    scene.write("third", "");
    let third = printed(third.wait_with_output().unwrap());
    assert_eq!(third.code, 0, "{third:?}");
    each_ran_once(&scene, 4);
}

#[test]
fn ctrl_c_cancels_what_another_process_runs_for_a_command() {
    let scene = project(GATE);
    let holder = foreground(&scene, &["train.py", "n=1", "gate=holder"]);
    begun(&scene, 1);
    let mine = foreground(&scene, &["train.py", "n=2", "gate=mine"]);
    begun(&scene, 2);
    // It follows once it has asked for changes; the handler is there before.
    wait_until("it listens for Ctrl-C", || {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", mine.id())).unwrap_or_default();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        caught
            .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
            .is_some_and(|mask| mask & 2 != 0)
    });
    processes::signal(mine.id(), Signal::INT);
    let mine = printed(mine.wait_with_output().unwrap());
    assert_eq!(mine.code, 130, "{mine:?}");
    let counts = scene.runyard(&["ls", "--json"]).json()["counts"].clone();
    assert_eq!(
        (&counts["cancelled"], &counts["running"]),
        (&json!(1), &json!(1)),
        "the other's goes on"
    );
    scene.write("holder", "");
    assert_eq!(printed(holder.wait_with_output().unwrap()).code, 0);
}

#[test]
fn a_killed_background_process_is_replaced_by_whoever_waits() {
    let scene = project(GATE);
    assert_eq!(scene.runyard(&["run", "-d", "train.py", "n=1:3"]).code, 0);
    let pid = background(&scene);
    begun(&scene, 2);
    processes::signal(pid, Signal::KILL);
    wait_until("it is dead", || !processes::is_alive(pid));
    scene.write("open", "");
    wait_all(&scene);
    each_ran_once(&scene, 3);
}

#[test]
fn of_several_detached_commands_at_once_one_starts_the_background_and_all_are_served() {
    let scene = project(ECHO);
    let children: Vec<Child> = (1..=4)
        .map(|n| foreground(&scene, &["-d", "train.py", &format!("n={n}")]))
        .collect();
    for child in children {
        let printed = printed(child.wait_with_output().unwrap());
        assert_eq!(printed.code, 0, "{printed:?}");
    }
    wait_all(&scene);
    assert_eq!(names(&scene).len(), 4);
    let root = scene.root().to_string_lossy().into_owned();
    let running = processes::with_marker(&root);
    let is_background = |pid: &&u32| {
        let words = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&words).contains("--background")
    };
    assert_eq!(running.iter().filter(is_background).count(), 1);
}

#[test]
fn a_view_shows_everything_and_changes_nothing() {
    let scene = project(GATE);
    let server = Server::start(&scene, "train.py");
    let tasks = server.submit("train", &[("n", "1:3")]);
    begun(&scene, 2);
    server.kill();
    let output = scene.path("said.txt");
    let mut child = scene
        .command()
        .args(["see", ".", "--no-browser"])
        .stdout(File::create(&output).unwrap())
        .spawn()
        .unwrap();
    let url = wait_for("it says where", || {
        let said = scene.read("said.txt");
        let url = said
            .lines()
            .find_map(|line| line.split_once("127.0.0.1:"))?
            .1
            .to_owned();
        said.ends_with('\n').then_some(url)
    });
    let (port, token) = url.split_once("/?token=").unwrap();
    let port: u16 = port.parse().unwrap();
    let ask = |method: &str, target: &str| {
        crate::support::Ask::new(method, target)
            .header("Host", format!("127.0.0.1:{port}"))
            .header("Authorization", format!("Bearer {token}"))
    };
    assert_eq!(ask("GET", "/api/v1/tasks").send(port).json()["total"], 3);
    let body = json!({ "tasks": [{ "experiment": "train", "task": tasks[0] }] });
    let refused = ask("POST", "/api/v1/tasks/cancel").json(&body).send(port);
    assert_eq!(refused.status, 403, "{}", refused.text());
    assert_eq!(scene.events().len(), 2, "the queued one has not begun");
    processes::signal(child.id(), Signal::INT);
    wait_until("it ends", || child.try_wait().unwrap().is_some());
    let printed = scene.runyard(&["see", "nowhere"]);
    assert_eq!(printed.code, 1);
    scene.write("open", "");
}

#[test]
fn a_folder_in_no_project_is_refused_with_what_can_be_done_with_it() {
    let scene = Scene::new();
    for (file, what) in [
        ("plain/x", "is in no project of Runyard"),
        ("logged/logger.json", "what a `Logger` recorded"),
        ("point/result.pkl", "a result of an experiment"),
    ] {
        scene.write(file, "{}");
        let (folder, _) = file.split_once('/').unwrap();
        let printed = scene.runyard(&["see", folder]);
        assert_eq!(printed.code, 1);
        assert!(printed.stderr.contains(what), "{printed:?}");
        assert!(
            printed.stderr.contains("hint: name a folder"),
            "{printed:?}"
        );
    }
}

#[test]
fn a_folder_in_a_project_leads_to_the_page_of_what_it_is() {
    let scene = project(GATE);
    scene.write("open", "");
    let server = Server::start(&scene, "train.py");
    let task = server.submit("train", &[]).remove(0);
    server.wait_idle();
    let run = format!("_runyard_/train/tasks/{task}/runs/1");
    std::fs::create_dir(scene.path("plots")).unwrap();
    for (folder, page) in [
        (".".to_owned(), "/?token=".to_owned()),
        ("plots".to_owned(), "/?token=".to_owned()),
        (
            format!("_runyard_/train/tasks/{task}"),
            format!("/runs/train/{task}?token="),
        ),
        (run, format!("/runs/train/{task}/1?token=")),
    ] {
        let printed = scene.runyard(&["see", &folder, "--no-browser"]);
        assert!(printed.stdout.contains(&page), "{folder}: {printed:?}");
    }
}
