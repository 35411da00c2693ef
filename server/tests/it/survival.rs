//! Whatever is killed: nothing that was recorded is lost, nothing runs twice, and the next start tells the truth.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;

use rustix::process::Signal;
use serde_json::json;

use crate::support::scene::python;
use crate::support::scripts::{ECHO, GATE};
use crate::support::{Scene, Server, processes, wait_until};

fn record_pid(scene: &Scene, task: &str, path: &str) -> u32 {
    let record = scene.record("train", task, 1);
    let pid = record.pointer(path).and_then(serde_json::Value::as_u64);
    u32::try_from(pid.unwrap_or_default()).unwrap()
}

/// Waits until so many tasks have said that they begin.
fn wait_begun(scene: &Scene, count: usize) {
    wait_until("tasks have begun", || {
        scene
            .events()
            .iter()
            .filter(|event| event.starts_with("begin"))
            .count()
            >= count
    });
}

fn sorted(mut events: Vec<String>) -> Vec<String> {
    events.sort();
    events
}

#[test]
fn tasks_outlive_a_killed_server_and_the_next_one_goes_on_with_the_queue() {
    let scene = Scene::with("train.py", GATE);
    let server = Server::start(&scene, "train.py");
    let tasks = server.submit("train", &[("n", "1:6"), ("code", "3")]);
    wait_begun(&scene, 2);
    server.kill();
    // Nobody serves: what runs ends and records its end, what waits waits.
    scene.write("open", "");
    for task in &tasks[..2] {
        wait_until("its end is recorded", || {
            scene.record("train", task, 1)["status"] == "finished"
        });
        let record = scene.record("train", task, 1);
        assert_eq!(
            record["outcome"],
            json!({ "kind": "failed", "exit_code": 3 })
        );
    }
    assert_eq!(
        scene.read(&format!(
            "_runyard_/train/tasks/{}/runs/1/output.log",
            tasks[0]
        )),
        "begin 1\nend 1\n"
    );
    assert_eq!(scene.events().len(), 4, "{:?}", scene.events());
    let server = Server::start(&scene, "train.py");
    let counts = server.wait_idle();
    assert_eq!(counts["failed"], 6, "{counts}");
    let expected = (1..=6).flat_map(|n| [format!("begin {n}"), format!("end {n}")]);
    assert_eq!(
        sorted(scene.events()),
        sorted(expected.collect()),
        "each exactly once"
    );
    for task in &tasks {
        assert_eq!(
            server.task("train", task)["runs"].as_array().unwrap().len(),
            1
        );
    }
}

#[test]
fn the_next_server_takes_over_what_still_runs() {
    let scene = Scene::with("train.py", GATE);
    let server = Server::start(&scene, "train.py");
    let tasks = server.submit("train", &[("n", "1:3")]);
    wait_begun(&scene, 2);
    server.kill();
    let server = Server::start(&scene, "train.py");
    assert_eq!(server.status("train", &tasks[0]), "running");
    assert_eq!(server.status("train", &tasks[1]), "running");
    assert_eq!(
        server.status("train", &tasks[2]),
        "queued",
        "they hold their slots"
    );
    // A run of the earlier server can be cancelled, and the slot it leaves is used.
    assert_eq!(server.act("cancel", "train", &[&tasks[0]])["done"], 1);
    server.wait_status("train", &tasks[0], "cancelled");
    server.wait_status("train", &tasks[2], "running");
    scene.write("open", "");
    let counts = server.wait_idle();
    assert_eq!(
        (&counts["completed"], &counts["cancelled"]),
        (&json!(2), &json!(1))
    );
}

#[test]
fn a_killed_server_forgets_no_rerun_and_no_delayed_run() {
    let scene = Scene::with("train.py", GATE);
    scene.write("_runyard_/settings.toml", "slots = 1\n");
    let server = Server::start(&scene, "train.py");
    let first = server
        .submit("train", &[("n", "1"), ("gate", "''")])
        .remove(0);
    server.wait_idle();
    let mut body = server.submission("train", &[("n", "2"), ("gate", "''")]);
    body["start"] = "later".into();
    let later = server
        .post("/api/v1/experiments/train/sweeps", &body)
        .json()["first"]["task"]
        .clone();
    let later = later.as_str().unwrap();
    let blocker = server.submit("train", &[("n", "9")]).remove(0);
    server.wait_status("train", &blocker, "running");
    assert_eq!(server.act("rerun", "train", &[&first])["done"], 1);
    assert_eq!(server.act("run", "train", &[later])["done"], 1);
    server.kill();
    let server = Server::start(&scene, "train.py");
    assert_eq!(server.status("train", &first), "queued");
    assert_eq!(server.status("train", later), "queued");
    scene.write("open", "");
    server.wait_idle();
    let begun = |n: u32| {
        scene
            .events()
            .iter()
            .filter(|event| **event == format!("begin {n}"))
            .count()
    };
    assert_eq!(
        (begun(1), begun(2), begun(9)),
        (2, 1, 1),
        "{:?}",
        scene.events()
    );
    let numbers = server.task("train", &first)["runs"]
        .as_array()
        .unwrap()
        .len();
    assert_eq!(numbers, 2);
}

#[test]
fn a_killed_supervisor_makes_the_run_lost_and_leaves_no_orphan() {
    let scene = Scene::with("train.py", GATE);
    let server = Server::start(&scene, "train.py");
    let task = server.submit("train", &[]).remove(0);
    wait_begun(&scene, 1);
    processes::signal(record_pid(&scene, &task, "/supervisor_pid"), Signal::KILL);
    server.wait_status("train", &task, "lost");
    let pid = record_pid(&scene, &task, "/process/pid");
    wait_until("its process is gone", || !processes::is_alive(pid));
    assert_eq!(
        scene.record("train", &task, 1)["outcome"],
        json!({ "kind": "lost" })
    );
    scene.write("open", "");
    assert_eq!(server.act("rerun", "train", &[&task])["done"], 1);
    server.wait_status("train", &task, "completed");
}

#[test]
fn what_left_the_tasks_session_is_no_orphan_either() {
    let scene = Scene::with(
        "train.py",
        "import os, subprocess, sys, time\n\
         sleeper = [sys.executable, '-c', 'import time; time.sleep(600)', os.getcwd() + '/worker']\n\
         subprocess.Popen(sleeper, start_new_session=True)\n\
         if os.fork() == 0:\n    os.setsid()\n    os.execv(sleeper[0], sleeper)\n\
         open('events.txt', 'w').write('begin\\n')\ntime.sleep(600)\n",
    );
    let server = Server::start(&scene, "train.py");
    let task = server.submit("train", &[]).remove(0);
    wait_begun(&scene, 1);
    let workers = format!("{}/worker", scene.root().display());
    wait_until("both workers run", || {
        processes::with_marker(&workers).len() == 2
    });
    processes::signal(record_pid(&scene, &task, "/supervisor_pid"), Signal::KILL);
    server.wait_status("train", &task, "lost");
    assert!(processes::with_marker(&workers).is_empty());
}

#[test]
fn what_ends_a_terminal_does_not_end_the_tasks_behind_it() {
    for signal in [Signal::INT, Signal::HUP, Signal::KILL] {
        let scene = Scene::with("train.py", GATE);
        let mut child = scene
            .command()
            .args(["train.py", "--no-browser", "--port", "0", "--python"])
            .arg(python())
            .process_group(0)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        wait_until("the server serves", || {
            scene.path("_runyard_/.server.json").exists()
        });
        // Its token and port stand in its files: the command line submits there.
        wait_until("a task is submitted", || scene.run(&["train.py"]).code == 0);
        wait_begun(&scene, 1);
        let group = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process_group(group, signal).unwrap();
        // Under `nohup` the server itself may ignore it; here only the tasks count.
        child.kill().unwrap();
        child.wait().unwrap();
        scene.write("open", "");
        let task = scene.only_task("train");
        wait_until("its end is recorded", || {
            scene.record("train", &task, 1)["outcome"] == json!({ "kind": "succeeded" })
        });
    }
}

#[test]
fn server_and_supervisor_killed_the_next_start_says_lost_and_leaves_no_orphan() {
    let scene = Scene::with("train.py", GATE);
    let server = Server::start(&scene, "train.py");
    let tasks = server.submit("train", &[("n", "1:3")]);
    wait_begun(&scene, 2);
    server.kill();
    processes::signal(
        record_pid(&scene, &tasks[0], "/supervisor_pid"),
        Signal::KILL,
    );
    let orphan = record_pid(&scene, &tasks[0], "/process/pid");
    let server = Server::start(&scene, "train.py");
    server.wait_status("train", &tasks[0], "lost");
    wait_until("its process is gone", || !processes::is_alive(orphan));
    assert_eq!(
        server.status("train", &tasks[1]),
        "running",
        "the other one is not touched"
    );
    server.wait_status("train", &tasks[2], "running");
    scene.write("open", "");
    let counts = server.wait_idle();
    assert_eq!(
        (&counts["completed"], &counts["lost"]),
        (&json!(2), &json!(1))
    );
}

#[test]
fn a_process_number_that_a_stranger_got_is_not_killed() {
    let scene = Scene::with("train.py", GATE);
    let server = Server::start(&scene, "train.py");
    let task = server.submit("train", &[]).remove(0);
    wait_begun(&scene, 1);
    server.kill();
    let (supervisor, pid) = (
        record_pid(&scene, &task, "/supervisor_pid"),
        record_pid(&scene, &task, "/process/pid"),
    );
    for pid in [supervisor, pid] {
        processes::signal(pid, Signal::KILL);
        wait_until("it is gone", || !processes::is_alive(pid));
    }
    // The same number, another process: its start time tells.
    let mut stranger = std::process::Command::new("sleep")
        .arg("600")
        .process_group(0)
        .spawn()
        .unwrap();
    let mut record = scene.record("train", &task, 1);
    record["process"]["pid"] = stranger.id().into();
    let path = format!("_runyard_/train/tasks/{task}/runs/1/run.json");
    scene.write(&path, record.to_string());
    let server = Server::start(&scene, "train.py");
    server.wait_status("train", &task, "lost");
    let lives = stranger.try_wait().unwrap().is_none();
    stranger.kill().unwrap();
    stranger.wait().unwrap();
    assert!(lives);
}

#[test]
fn a_run_whose_supervisor_never_came_waits_again_under_its_number() {
    let scene = Scene::with("train.py", GATE);
    let server = Server::start(&scene, "train.py");
    let task = server.submit("train", &[("gate", "''")]).remove(0);
    server.wait_idle();
    server.kill();
    // As if the server had died between the record and the start.
    let mut record = scene.record("train", &task, 1);
    record["status"] = "starting".into();
    for key in [
        "process",
        "outcome",
        "supervisor_pid",
        "started_at_ms",
        "ended_at_ms",
    ] {
        record.as_object_mut().unwrap().remove(key);
    }
    let path = format!("_runyard_/train/tasks/{task}/runs/1/run.json");
    scene.write(&path, record.to_string());
    // A supervisor notes in the run's lock that it is about to start something: none has come that far.
    scene.write(&path.replace("run.json", ".supervisor.lock"), "");
    let server = Server::start(&scene, "train.py");
    let counts = server.wait_idle();
    assert_eq!(counts["completed"], 1);
    assert_eq!(
        scene.names(&format!("_runyard_/train/tasks/{task}/runs")),
        ["1"]
    );
    assert_eq!(scene.events().len(), 4);
}

#[test]
fn a_submission_that_died_half_way_is_invisible_and_removed() {
    let scene = Scene::with("train.py", GATE);
    let server = Server::start(&scene, "train.py");
    let kept = server.submit("train", &[("gate", "''"), ("n", "1")]);
    server.wait_idle();
    let mut body = server.submission("train", &[("gate", "''"), ("n", "2:4")]);
    body["start"] = "later".into();
    let sweep = server
        .post("/api/v1/experiments/train/sweeps", &body)
        .json()["sweep"]
        .clone();
    server.kill();
    // The folders are written before the sweep's record: without it they are remains.
    fs::remove_file(scene.path(&format!(
        "_runyard_/train/sweeps/{}.json",
        sweep.as_str().unwrap()
    )))
    .unwrap();
    fs::create_dir(scene.path("_runyard_/train/tasks/half_1-of-2")).unwrap();
    assert_eq!(scene.names("_runyard_/train/tasks").len(), 5);
    let server = Server::start(&scene, "train.py");
    assert_eq!(server.get("/api/v1/tasks").json()["total"], 1);
    assert_eq!(scene.names("_runyard_/train/tasks"), kept);
}

#[test]
fn a_server_killed_while_it_submits_leaves_all_tasks_or_none() {
    let scene = Scene::with("train.py", GATE);
    for _ in 0..3 {
        let server = Server::start(&scene, "train.py");
        let before = server.get("/api/v1/tasks").json()["total"]
            .as_u64()
            .unwrap();
        let there = scene.names("_runyard_/train/tasks").len();
        let mut body = server.submission("train", &[("n", "1:4000")]);
        body["start"] = "later".into();
        let ask = server
            .ask("POST", "/api/v1/experiments/train/sweeps")
            .json(&body);
        let port = server.port;
        let submitting = std::thread::spawn(move || ask.try_send(port));
        wait_until("folders appear", || {
            scene.names("_runyard_/train/tasks").len() > there + 300
        });
        server.kill();
        let confirmed = submitting.join().unwrap().is_some();
        let server = Server::start(&scene, "train.py");
        let total = server.get("/api/v1/tasks").json()["total"]
            .as_u64()
            .unwrap();
        assert!(
            total == before + 4000 || (total == before && !confirmed),
            "{before} {total} {confirmed}"
        );
        let folders = scene.names("_runyard_/train/tasks").len();
        assert_eq!(folders as u64, total, "no remains");
        server.kill();
    }
}

#[test]
fn a_server_killed_again_and_again_runs_each_task_exactly_once() {
    let scene = Scene::with("train.py", GATE);
    let server = Server::start(&scene, "train.py");
    server.submit("train", &[("gate", "''"), ("n", "1:24")]);
    server.kill();
    for round in 1..=5 {
        let server = Server::start(&scene, "train.py");
        wait_until("some more have begun", || {
            let begun = scene.events();
            let begun = begun.iter().filter(|event| event.starts_with("begin"));
            begun.count() >= round * 3
        });
        server.kill();
    }
    let server = Server::start(&scene, "train.py");
    let counts = server.wait_idle();
    assert_eq!(counts["completed"], 24, "{counts}");
    let expected = (1..=24).flat_map(|n| [format!("begin {n}"), format!("end {n}")]);
    assert_eq!(sorted(scene.events()), sorted(expected.collect()));
}

#[test]
fn a_run_that_another_supervisor_holds_is_waited_for() {
    let scene = Scene::with("train.py", GATE);
    scene.write("_runyard_/settings.toml", "slots = 1\n");
    let server = Server::start(&scene, "train.py");
    let tasks = server.submit("train", &[("n", "1|2")]);
    wait_begun(&scene, 1);
    // The supervisor of a server that died, slower than the next server's start: it has the run's lock.
    let run = format!("_runyard_/train/tasks/{}/runs/1", tasks[1]);
    scene.write(&format!("{run}/.supervisor.lock"), "");
    let lock = fs::File::open(scene.path(&format!("{run}/.supervisor.lock"))).unwrap();
    lock.lock().unwrap();
    scene.write("open", "");
    server.wait_status("train", &tasks[0], "completed");
    wait_until("our supervisor has come and gone", || {
        let come = scene.path(&format!("{run}/run.json")).exists();
        come && processes::with_marker(&format!("supervise\0{}", scene.path(&run).display()))
            .is_empty()
    });
    assert_eq!(server.status("train", &tasks[1]), "running");
    let mut record = scene.record("train", &tasks[1], 1);
    record["status"] = "finished".into();
    record["outcome"] = json!({ "kind": "failed", "exit_code": 5 });
    scene.write(&format!("{run}/run.json"), record.to_string());
    drop(lock);
    server.wait_status("train", &tasks[1], "failed");
    let outcome = server.task("train", &tasks[1])["runs"][0]["outcome"].clone();
    assert_eq!(outcome, json!({ "kind": "failed", "exit_code": 5 }));
}

#[test]
fn one_damaged_file_hides_no_other_task() {
    let scene = Scene::with("train.py", GATE);
    let server = Server::start(&scene, "train.py");
    let tasks = server.submit("train", &[("gate", "''"), ("n", "1:4")]);
    server.wait_idle();
    server.kill();
    let at = |task: &str, file: &str| format!("_runyard_/train/tasks/{task}/{file}");
    scene.write(&at(&tasks[0], "task.json"), "{\"format\": 1, \"swe");
    scene.write(&at(&tasks[1], "runs/1/run.json"), [0xff, 0x00]);
    scene.write(&at(&tasks[2], "task.json"), "{\"format\": 99}");
    let server = Server::start(&scene, "train.py");
    assert_eq!(server.status("train", &tasks[3]), "completed");
    assert!(
        server.get("/api/v1/tasks").json()["total"]
            .as_u64()
            .unwrap()
            >= 2
    );
    assert_eq!(
        scene.names("_runyard_/train/tasks").len(),
        4,
        "nothing of a person's is thrown away"
    );
    assert_eq!(scene.read(&at(&tasks[2], "task.json")), "{\"format\": 99}");
}

#[test]
fn a_project_has_one_server_and_the_second_start_says_where_it_is() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    for port in [["--port", "0"], ["--port", &server.port.to_string()]] {
        let mut words = vec!["train.py", "--no-browser"];
        words.extend(port);
        let printed = scene.runyard(&words);
        assert_eq!(printed.code, 1, "{printed:?}");
        let said = scene
            .plain(&printed.stderr)
            .replace(&server.port.to_string(), "[port]");
        insta::allow_duplicates! {
            insta::assert_snapshot!(said, @r"
            error: another Runyard already serves `[dir]`
            hint: open http://127.0.0.1:[port], or stop that one first
            ");
        }
    }
    assert_eq!(
        server.get("/api/v1/health").status,
        200,
        "the first one is not disturbed"
    );
    server.kill();
    assert_eq!(
        Server::start(&scene, "train.py")
            .get("/api/v1/health")
            .status,
        200
    );
}

#[test]
fn a_run_from_the_terminal_goes_to_the_running_server() {
    let scene = Scene::with("train.py", GATE);
    let server = Server::start(&scene, "train.py");
    let printed = scene.run(&["train.py", "gate=''", "n=1:3"]);
    assert_eq!(printed.code, 0, "{printed:?}");
    assert!(
        printed
            .stdout
            .starts_with("3 tasks queued at the running server: train_"),
        "{printed:?}"
    );
    let counts = server.wait_idle();
    assert_eq!(counts["completed"], 3);
    let printed = scene.run(&["train.py", "gate=''", "n=5", "--json"]);
    assert_eq!(printed.json()["count"], 1, "{printed:?}");
    // What the server refuses is refused here too.
    let printed = scene.run(&["train.py", "--prefix", "a/b"]);
    assert_eq!(printed.code, 1);
    assert!(printed.stderr.contains("cannot be used"), "{printed:?}");
}

#[test]
fn a_stopped_server_leaves_tasks_running_and_no_address() {
    let scene = Scene::with("train.py", GATE);
    let server = Server::start(&scene, "train.py");
    let task = server.submit("train", &[]).remove(0);
    wait_begun(&scene, 1);
    assert!(scene.path("_runyard_/.server.json").exists());
    server.stop();
    assert!(!scene.path("_runyard_/.server.json").exists());
    scene.write("open", "");
    wait_until("its end is recorded", || {
        scene.record("train", &task, 1)["outcome"] == json!({ "kind": "succeeded" })
    });
}

#[test]
fn the_token_is_private_stays_over_restarts_and_goes_with_its_file() {
    let scene = Scene::with("train.py", ECHO);
    let server = Server::start(&scene, "train.py");
    let (first, port) = (server.token.clone(), server.port.to_string());
    assert_eq!(first.len(), 64);
    for name in [".token", ".server.json"] {
        let meta = fs::metadata(scene.path(&format!("_runyard_/{name}"))).unwrap();
        assert_eq!(meta.permissions().mode() & 0o777, 0o600, "{name}");
    }
    assert_eq!(scene.read("_runyard_/.token").trim(), first);
    server.kill();
    let server = Server::start_with(&scene, &["train.py", "--port", &port]);
    assert_eq!(server.token, first, "an open page goes on");
    server.kill();
    fs::remove_file(scene.path("_runyard_/.token")).unwrap();
    let server = Server::start_with(&scene, &["train.py", "--port", &port]);
    assert_ne!(server.token, first);
    let old = server
        .stranger("GET", "/api/v1/project")
        .header("Authorization", format!("Bearer {first}"));
    assert_eq!(
        old.send(server.port).refusal(),
        (401, "unauthorized".to_owned())
    );
}

#[test]
fn an_interrupted_run_in_the_terminal_cancels_its_tasks_and_ends_with_130() {
    let scene = Scene::with("train.py", GATE);
    let child = scene
        .command()
        .args(["run", "train.py", "n=1:4", "--python", python()])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    wait_begun(&scene, 2);
    processes::signal(child.id(), Signal::INT);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    for task in scene.names("_runyard_/train/tasks") {
        assert_eq!(
            scene.record("train", &task, 1)["outcome"]["kind"],
            "cancelled",
            "{task}"
        );
    }
    assert!(!scene.events().iter().any(|event| event.starts_with("end")));
}
