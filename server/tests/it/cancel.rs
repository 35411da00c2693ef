//! Cancelling: the whole process tree goes, the outcome says so, and nothing else is touched.

use serde_json::json;

use crate::support::scripts::GATE;
use crate::support::{Scene, Server, processes, wait_until};

/// Starts children that detach themselves in every usual way, each with the scene's folder on its command line.
const FAMILY: &str = r#"
import os, signal, subprocess, sys, time
here = os.getcwd()
sleeper = [sys.executable, "-c", "import sys, time; time.sleep(600)", here + "/child"]
stubborn = [sys.executable, "-c",
    "import signal, sys, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nopen(sys.argv[1], 'w')\ntime.sleep(600)",
    here + "/stubborn"]
subprocess.Popen(sleeper)
subprocess.Popen(sleeper, start_new_session=True)
subprocess.Popen(stubborn, start_new_session=True)
# A daemon: forked twice, in a session of its own, its parent dead.
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execv(sleeper[0], sleeper[:-1] + [here + "/daemon"])
    os._exit(0)
os.wait()
while not os.path.exists("stubborn"):
    time.sleep(0.01)
open("ready", "w").close()
"#;

const NOBODY: [u32; 0] = [];

/// What of a task's family lives.
fn family(scene: &Scene) -> Vec<u32> {
    let root = scene.root().to_string_lossy();
    let mut found: Vec<u32> = ["/child", "/stubborn", "/daemon"]
        .iter()
        .flat_map(|name| processes::with_marker(&format!("{root}{name}")))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn short_grace(scene: &Scene) {
    scene.write("_runyard_/settings.toml", "grace_period_secs = 1\n");
}

#[test]
fn a_cancelled_task_takes_its_whole_family_along() {
    let scene = Scene::with("train.py", format!("{FAMILY}\ntime.sleep(600)\n").as_str());
    short_grace(&scene);
    let server = Server::start(&scene, "train.py");
    let task = server.submit("train", &[]).remove(0);
    wait_until("the family is complete", || {
        scene.path("ready").exists() && family(&scene).len() == 4
    });
    let answer = server.act("cancel", "train", &[&task]);
    assert_eq!(answer, json!({ "done": 1, "refused": [] }));
    server.wait_status("train", &task, "cancelled");
    assert_eq!(
        family(&scene),
        NOBODY,
        "the run is over when its family is gone"
    );
    let record = scene.record("train", &task, 1);
    assert_eq!(
        record["outcome"],
        json!({ "kind": "cancelled", "by": "user" })
    );
    assert!(
        record["error_line"].is_null(),
        "a cancelled run has no error"
    );
    assert!(
        !scene
            .names(&format!("_runyard_/train/tasks/{task}/runs/1"))
            .contains(&"error.log".to_owned())
    );
}

#[test]
fn what_a_finished_task_leaves_behind_is_ended_and_its_outcome_stays_its_own() {
    let scene = Scene::with("train.py", FAMILY);
    let server = Server::start(&scene, "train.py");
    let task = server.submit("train", &[]).remove(0);
    server.wait_status("train", &task, "completed");
    assert_eq!(family(&scene), NOBODY);
}

#[test]
fn a_task_that_ignores_the_request_is_killed_after_the_grace_period() {
    let scene = Scene::with(
        "train.py",
        "import signal, time\nsignal.signal(signal.SIGTERM, lambda *_: print('no', flush=True))\n\
         print('ready', flush=True)\nwhile True:\n    time.sleep(600)\n",
    );
    short_grace(&scene);
    let server = Server::start(&scene, "train.py");
    let task = server.submit("train", &[]).remove(0);
    let log = format!("_runyard_/train/tasks/{task}/runs/1/output.log");
    wait_until("the task is ready", || scene.read(&log).contains("ready"));
    server.act("cancel", "train", &[&task]);
    wait_until("the task was asked", || scene.read(&log).contains("no"));
    assert_eq!(scene.record("train", &task, 1)["status"], "terminating");
    server.wait_status("train", &task, "cancelled");
    let record = scene.record("train", &task, 1);
    assert_eq!(
        record["outcome"],
        json!({ "kind": "cancelled", "by": "user" })
    );
    let pid = u32::try_from(record["process"]["pid"].as_u64().unwrap()).unwrap();
    assert!(!processes::is_alive(pid));
}

#[test]
fn a_task_may_use_the_grace_period_and_is_cancelled_all_the_same() {
    let scene = Scene::with(
        "train.py",
        "import signal, sys, time\n\
         def bye(*_):\n    print('saved', flush=True)\n    sys.exit(0)\n\
         signal.signal(signal.SIGTERM, bye)\nprint('ready', flush=True)\ntime.sleep(600)\n",
    );
    let server = Server::start(&scene, "train.py");
    let task = server.submit("train", &[]).remove(0);
    let log = format!("_runyard_/train/tasks/{task}/runs/1/output.log");
    wait_until("the task is ready", || scene.read(&log).contains("ready"));
    server.act("cancel", "train", &[&task]);
    server.wait_status("train", &task, "cancelled");
    assert_eq!(scene.read(&log), "ready\nsaved\n");
}

#[test]
fn a_stopped_task_can_be_cancelled() {
    let scene = Scene::with("train.py", GATE);
    // Far beyond the test's patience: only a task that is let continue can hear the request.
    scene.write("_runyard_/settings.toml", "grace_period_secs = 600\n");
    let server = Server::start(&scene, "train.py");
    let task = server.submit("train", &[]).remove(0);
    wait_until("the task has begun", || !scene.events().is_empty());
    let pid = server.task("train", &task)["runs"][0]["pid"]
        .as_u64()
        .unwrap();
    processes::signal(u32::try_from(pid).unwrap(), rustix::process::Signal::STOP);
    server.act("cancel", "train", &[&task]);
    server.wait_status("train", &task, "cancelled");
}

#[test]
fn a_queued_task_is_cancelled_without_having_run_and_its_history_says_so() {
    let scene = Scene::with("train.py", GATE);
    scene.write("_runyard_/settings.toml", "slots = 1\n");
    let server = Server::start(&scene, "train.py");
    let tasks = server.submit("train", &[("n", "1:3")]);
    server.wait_status("train", &tasks[0], "running");
    assert_eq!(server.status("train", &tasks[1]), "queued");
    let answer = server.act("cancel", "train", &[&tasks[1], &tasks[2]]);
    assert_eq!(answer["done"], 2);
    assert_eq!(server.status("train", &tasks[1]), "cancelled");
    assert_eq!(
        server.status("train", &tasks[0]),
        "running",
        "the others go on"
    );
    let record = scene.record("train", &tasks[1], 1);
    assert_eq!(
        record["outcome"],
        json!({ "kind": "cancelled", "by": "user" })
    );
    assert!(record["started_at_ms"].is_null());
    // It stays so, also for the next server, and can be run again.
    server.kill();
    let server = Server::start(&scene, "train.py");
    assert_eq!(server.status("train", &tasks[1]), "cancelled");
    scene.write("open", "");
    assert_eq!(server.act("rerun", "train", &[&tasks[1]])["done"], 1);
    server.wait_status("train", &tasks[1], "completed");
    assert_eq!(
        server.task("train", &tasks[1])["runs"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(
        scene
            .events()
            .iter()
            .filter(|event| *event == "begin 3")
            .count(),
        0
    );
}

#[test]
fn a_task_cancelled_while_it_waits_never_starts() {
    let scene = Scene::with("train.py", GATE);
    scene.write("_runyard_/settings.toml", "slots = 1\n");
    let server = Server::start(&scene, "train.py");
    let tasks = server.submit("train", &[("n", "1:4")]);
    server.wait_status("train", &tasks[0], "running");
    assert_eq!(
        server.act("cancel", "train", &[&tasks[1], &tasks[2]])["done"],
        2
    );
    scene.write("open", "");
    server.wait_status("train", &tasks[3], "completed");
    let expected = ["begin 1", "end 1", "begin 4", "end 4"];
    assert_eq!(scene.events(), expected);
    let counts = server.wait_idle();
    assert_eq!(
        (&counts["completed"], &counts["cancelled"]),
        (&json!(2), &json!(2))
    );
}

#[test]
fn cancelling_at_once_leaves_nothing_running() {
    let scene = Scene::with("train.py", GATE);
    let server = Server::start(&scene, "train.py");
    for _ in 0..5 {
        let tasks = server.submit("train", &[("n", "1|2")]);
        let names: Vec<&str> = tasks.iter().map(String::as_str).collect();
        // The supervisors may not even have been started yet.
        assert_eq!(server.act("cancel", "train", &names)["done"], 2);
        for task in names {
            server.wait_status("train", task, "cancelled");
        }
    }
    let script = scene.path("train.py").to_string_lossy().into_owned();
    assert_eq!(processes::with_marker(&format!("{script}\0--")), NOBODY);
}
