//! Runs that are forked from a warm interpreter: as separate as others, and told as exactly.

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::{Scene, Server, processes, wait_until};

/// A module that says in `imports.txt` who imports it, and where it was.
const HEAVY: &str = "import os\nVALUE = 1\nwith open(os.path.join(os.path.dirname(__file__), 'imports.txt'), 'a') as file:\n    file.write(f'{os.getpid()}\\n')\n";

const USES_HEAVY: &str = "import argparse, heavy, os\nparser = argparse.ArgumentParser()\nparser.add_argument('--n', type=int, default=0)\nn = parser.parse_args().n\nprint(f'n={n} value={heavy.VALUE} warm={\"RUNYARD_WARM\" in os.environ}')\n";

fn with_heavy() -> Scene {
    let scene = Scene::with("train.py", USES_HEAVY);
    scene.write("heavy.py", HEAVY);
    scene
}

fn only_outcome(scene: &Scene) -> Value {
    let task = scene.only_task("train");
    scene.record("train", &task, 1)["outcome"].clone()
}

fn reason(scene: &Scene) -> String {
    let outcome = only_outcome(scene);
    assert_eq!(outcome["kind"], "failed_to_start", "{outcome}");
    outcome["reason"].as_str().unwrap().to_owned()
}

fn log(scene: &Scene, task: &str) -> String {
    scene.read(&format!("_runyard_/train/tasks/{task}/runs/1/output.log"))
}

fn logs(scene: &Scene) -> Vec<String> {
    let tasks = scene.names("_runyard_/train/tasks");
    tasks.iter().map(|task| log(scene, task)).collect()
}

/// How often the heavy module was imported.
fn imports(scene: &Scene) -> usize {
    scene.read("imports.txt").lines().count()
}

#[test]
fn modules_are_imported_once_for_all_runs_of_a_slot() {
    let scene = with_heavy();
    let printed = scene.run(&["train.py", "n=1:5", "--warm", "heavy", "-j", "1"]);
    assert_eq!(printed.code, 0, "{printed:?}");
    let expected: Vec<String> = (1..=5)
        .map(|n| format!("n={n} value=1 warm=True\n"))
        .collect();
    assert_eq!(logs(&scene), expected);
    assert_eq!(imports(&scene), 1);
    for task in scene.names("_runyard_/train/tasks") {
        let record = scene.record("train", &task, 1);
        assert_eq!(
            record["execution"]["executor"],
            json!({ "kind": "fork", "modules": ["heavy"] })
        );
    }
    wait_until("the interpreter has ended with its supervisor", || {
        processes::with_marker(&scene.root().to_string_lossy()).is_empty()
    });
}

#[test]
fn the_settings_can_make_fork_the_rule() {
    let scene = with_heavy();
    scene.write(
        "_runyard_/settings.toml",
        "slots = 1\n[run]\nexecutor = { kind = \"fork\", modules = [\"heavy\"] }\n",
    );
    assert_eq!(scene.run(&["train.py", "n=1|2"]).code, 0);
    assert_eq!(imports(&scene), 1);
}

#[test]
fn an_edited_script_runs_as_it_is_now_and_an_edited_module_is_imported_again() {
    let scene = with_heavy();
    // Each run edits what the next one finds.
    scene.write(
        "train.py",
        "import argparse, heavy\nparser = argparse.ArgumentParser()\nparser.add_argument('--n', type=int, default=0)\n\
         n = parser.parse_args().n\nprint(f'n={n} value={heavy.VALUE}')\n\
         if n == 1:\n    own = open(__file__).read()\n    open(__file__, 'w').write(own.replace('n={n}', 'edited n={n}'))\n\
         if n == 2:\n    text = open(heavy.__file__).read()\n    open(heavy.__file__, 'w').write(text.replace('VALUE = 1', 'VALUE = 22'))\n",
    );
    let printed = scene.run(&["train.py", "n=1:3", "--warm", "heavy", "-j", "1"]);
    assert_eq!(printed.code, 0, "{printed:?}");
    assert_eq!(
        logs(&scene),
        [
            "n=1 value=1\n",
            "edited n=2 value=1\n",
            "edited n=3 value=22\n"
        ]
    );
    assert_eq!(imports(&scene), 2);
}

#[test]
fn a_module_that_leaves_a_thread_running_is_refused_by_name() {
    let scene = Scene::with("train.py", "print('ran')\n");
    scene.write("harmless.py", "");
    scene.write(
        "busy.py",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True, name='poller').start()\n",
    );
    let printed = scene.run(&["train.py", "--warm", "harmless,busy"]);
    assert_eq!(printed.code, 1, "{printed:?}");
    let reason = reason(&scene);
    for word in ["`busy`", "`poller`", "thread", "`subprocess`"] {
        assert!(reason.contains(word), "{word}: {reason}");
    }
    assert!(!reason.contains("harmless"), "{reason}");
}

#[test]
fn a_module_that_initialises_cuda_is_refused_by_name() {
    let scene = Scene::with("train.py", "print('ran')\n");
    // A stand-in with the one function that is asked; the module that initialises is another.
    scene.write(
        "torch.py",
        "class cuda:\n    on = False\n    @staticmethod\n    def is_initialized():\n        return cuda.on\n",
    );
    scene.write("model.py", "import torch\ntorch.cuda.on = True\n");
    let printed = scene.run(&["train.py", "--warm", "torch,model"]);
    assert_eq!(printed.code, 1, "{printed:?}");
    let reason = reason(&scene);
    assert!(
        reason.contains("`model`") && reason.contains("CUDA"),
        "{reason}"
    );
}

#[test]
fn workers_that_their_library_ends_before_a_fork_are_no_obstacle() {
    let scene = Scene::with("train.py", "import pool\nprint(pool.threads())\n");
    // What OpenBLAS does with its threads.
    scene.write(
        "pool.py",
        "import os, threading\nstop = threading.Event()\nworker = threading.Thread(target=stop.wait)\nworker.start()\n\
         def end():\n    stop.set()\n    worker.join()\nos.register_at_fork(before=end)\n\
         def threads():\n    return len(os.listdir('/proc/self/task'))\n",
    );
    let printed = scene.run(&["train.py", "--warm", "pool"]);
    assert_eq!(printed.code, 0, "{printed:?}");
    assert_eq!(logs(&scene), ["1\n"]);
}

#[test]
fn a_module_that_cannot_be_imported_is_a_failed_start_whose_traceback_is_in_the_log() {
    let scene = Scene::with("train.py", "print('ran')\n");
    scene.write("broken.py", "import numpyy\n");
    assert_eq!(scene.run(&["train.py", "--warm", "broken"]).code, 1);
    let reason = reason(&scene);
    assert!(
        reason.contains("`broken`") && reason.contains("No module named 'numpyy'"),
        "{reason}"
    );
    let log = logs(&scene).remove(0);
    assert!(log.starts_with("Traceback"), "{log}");
}

#[test]
fn a_killed_interpreter_costs_no_exit_code_and_the_next_run_gets_a_new_one() {
    let scene = with_heavy();
    scene.write(
        "train.py",
        "import argparse, heavy, os, sys, time\nparser = argparse.ArgumentParser()\nparser.add_argument('--n', type=int, default=0)\n\
         n = parser.parse_args().n\nopen(f'began-{n}', 'w').close()\nwhile n == 1 and not os.path.exists('open'):\n    time.sleep(0.01)\nsys.exit(n)\n",
    );
    scene.write(
        "_runyard_/settings.toml",
        "slots = 1\n[run]\nexecutor = { kind = \"fork\", modules = [\"heavy\"] }\n",
    );
    let server = Server::start(&scene, "train.py");
    let tasks = server.submit("train", &[("n", "1:3")]);
    wait_until("the first run goes on", || scene.path("began-1").exists());
    let interpreter: u32 = scene.read("imports.txt").trim().parse().unwrap();
    processes::signal(interpreter, Signal::KILL);
    wait_until("it is gone", || !processes::is_alive(interpreter));
    scene.write("open", "");
    server.wait_idle();
    for (n, task) in (1..).zip(&tasks) {
        let outcome = scene.record("train", task, 1)["outcome"].clone();
        assert_eq!(outcome, json!({ "kind": "failed", "exit_code": n }));
    }
    assert_eq!(imports(&scene), 2, "one that was killed, one for the rest");
}

#[test]
fn an_import_that_hangs_can_be_cancelled() {
    let scene = Scene::with("train.py", "print('ran')\n");
    scene.write(
        "slow.py",
        "import time\nopen('importing', 'w').close()\ntime.sleep(600)\n",
    );
    scene.write(
        "_runyard_/settings.toml",
        "[run]\nexecutor = { kind = \"fork\", modules = [\"slow\"] }\n",
    );
    let server = Server::start(&scene, "train.py");
    let task = server.submit("train", &[]).remove(0);
    wait_until("it imports", || scene.path("importing").exists());
    server.act("cancel", "train", &[&task]);
    server.wait_status("train", &task, "cancelled");
    assert_eq!(log(&scene, &task), "");
    wait_until("nothing is left", || {
        processes::with_marker(&format!("tasks/{task}")).is_empty()
    });
}

/// Kills the supervisor in the moment in which a run's process has been forked: nobody knows of that process yet.
const KILLS_THE_SUPERVISOR: &str = "import os, signal\n\
def parent(pid):\n    return int(open(f'/proc/{pid}/stat').read().rsplit(')', 1)[1].split()[1])\n\
SUPERVISOR = parent(os.getpid())\n\
def kill():\n    open(os.path.join(os.path.dirname(__file__), 'forked.txt'), 'w').write(str(os.getpid()))\n    os.kill(SUPERVISOR, signal.SIGKILL)\n\
os.register_at_fork(after_in_child=kill)\n";

#[test]
fn a_process_that_no_record_knows_never_begins_and_ends_with_its_supervisor() {
    let scene = Scene::with(
        "train.py",
        "import heavy\nopen('events.txt', 'a').write('begun\\n')\nimport time\ntime.sleep(600)\n",
    );
    scene.write("heavy.py", KILLS_THE_SUPERVISOR);
    let printed = scene.run(&["train.py", "--warm", "heavy"]);
    assert_eq!(printed.code, 1, "{printed:?}");
    assert_ne!(scene.read("forked.txt"), "", "there was such a process");
    assert_eq!(only_outcome(&scene), json!({ "kind": "lost" }));
    wait_until("it has ended", || {
        processes::with_marker(&scene.root().to_string_lossy()).is_empty()
    });
    assert_eq!(scene.read("events.txt"), "", "it has begun");
}

#[test]
fn random_numbers_differ_from_run_to_run() {
    let scene = Scene::with(
        "train.py",
        "import argparse, random\nparser = argparse.ArgumentParser()\nparser.add_argument('--n', type=int, default=0)\nparser.parse_args()\nprint(random.random())\n",
    );
    scene.write("seeded.py", "import random\nrandom.seed(1)\n");
    assert_eq!(
        scene
            .run(&["train.py", "n=1:3", "--warm", "seeded", "-j", "1"])
            .code,
        0
    );
    let mut numbers = logs(&scene);
    numbers.sort();
    numbers.dedup();
    assert_eq!(numbers.len(), 3, "{numbers:?}");
}

#[test]
fn a_program_that_is_no_python_script_is_refused_by_name() {
    let scene = Scene::with("train.py", "print('ran')\n");
    let printed = scene.runyard(&[
        "run",
        "train.py",
        "--executor",
        "fork",
        "--python",
        "/bin/true",
    ]);
    assert_eq!(printed.code, 1, "{printed:?}");
    assert!(reason(&scene).contains("`/bin/true`"), "{}", reason(&scene));
}

#[test]
fn a_submission_names_the_executor_and_the_tasks_page_tells_it() {
    let scene = with_heavy();
    scene.write("_runyard_/settings.toml", "slots = 1\n");
    let server = Server::start(&scene, "train.py");
    let executor = json!({ "kind": "fork", "modules": ["heavy"] });
    let mut body = server.submission("train", &[("n", "1|2")]);
    body["execution"] = json!({ "executor": executor });
    server.post("/api/v1/experiments/train/sweeps", &body);
    server.wait_idle();
    assert_eq!(imports(&scene), 1);
    for task in scene.names("_runyard_/train/tasks") {
        assert_eq!(server.task("train", &task)["runs"][0]["executor"], executor);
    }
}
