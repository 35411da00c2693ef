//! The contract of every executor, the same cases against each: what `docs/EXECUTORS.md` promises.

use std::process::{Child, Stdio};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::scene::python;
use crate::support::wait::wait_for;
use crate::support::{Scene, processes, wait_until};

/// Every executor, as the settings name it.
const EXECUTORS: [&str; 3] = [
    r#"{ kind = "subprocess" }"#,
    r#"{ kind = "fork", modules = ["json"] }"#,
    r#"{ kind = "inline" }"#,
];

/// One run for each way to behave.
const CASES: &str = r#"
import argparse, json, os, signal, subprocess, sys, time
parser = argparse.ArgumentParser()
parser.add_argument("--case", default="ok")
case = parser.parse_args().case
if case == "code":
    sys.exit(3)
if case == "raise":
    raise ValueError("nobody catches this")
if case == "signal":
    os.kill(os.getpid(), signal.SIGSEGV)
if case == "order":
    for i in range(500):
        os.write(1 + i % 2, b"%d\n" % i)
    os.write(1, b"\xff" * 200000 + b"\n")
if case == "place":
    me = os.getpid()
    print(json.dumps({
        "cwd": os.getcwd(), "own": os.environ["OWN"], "dir": os.environ["RUNYARD_RUN_DIR"], "name": __name__,
        "argv": sys.argv, "leads": os.getsid(0) == me and os.getpgrp() == me, "input": sys.stdin.read(),
    }))
if case == "family":
    sleeper = [sys.executable, "-c", "import time; time.sleep(600)", os.getcwd() + "/left"]
    subprocess.Popen(sleeper)
    subprocess.Popen(sleeper, start_new_session=True)
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execv(sleeper[0], sleeper)
        os._exit(0)
    os.wait()
if case == "stubborn":
    signal.signal(signal.SIGTERM, lambda *_: print("asked", flush=True))
    open("began", "w").close()
    while not os.path.exists("open"):
        time.sleep(0.01)
    print("went on", flush=True)
    sys.exit(5)
"#;

fn scene(executor: &str) -> Scene {
    let scene = Scene::with("train.py", CASES);
    scene.write(
        "_runyard_/settings.toml",
        format!("slots = 1\ngrace_period_secs = 1\n[run]\nexecutor = {executor}\n"),
    );
    scene
}

/// The only task's record after a run of this case to its end.
fn record_of(scene: &Scene, case: &str) -> Value {
    let output = scene
        .command()
        .args([
            "run",
            "train.py",
            &format!("case={case}"),
            "--python",
            python(),
        ])
        .env("OWN", "a person's")
        .output()
        .unwrap();
    let code = output.status.code();
    let record = only_record(scene);
    let is_success = record["outcome"]["kind"] == "succeeded";
    assert_eq!(code, Some(i32::from(!is_success)), "{output:?}");
    record
}

fn only_record(scene: &Scene) -> Value {
    scene.record("train", &scene.only_task("train"), 1)
}

fn log(scene: &Scene) -> Vec<u8> {
    let task = scene.only_task("train");
    let path = scene.path(&format!("_runyard_/train/tasks/{task}/runs/1/output.log"));
    std::fs::read(path).unwrap()
}

/// A run that goes on until the file `open` is there, and asks for more when it is asked to end.
fn begin_stubborn(scene: &Scene) -> Child {
    let child = scene
        .command()
        .args(["run", "train.py", "case=stubborn", "--python", python()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_until("the run has begun", || scene.path("began").exists());
    wait_until("its record says so", || {
        only_record(scene)["status"] == "running"
    });
    child
}

fn pid(record: &Value, pointer: &str) -> u32 {
    u32::try_from(record.pointer(pointer).unwrap().as_u64().unwrap()).unwrap()
}

fn wait_ended(scene: &Scene) -> Value {
    wait_for("its end is recorded", || {
        Some(only_record(scene)).filter(|record| record["status"] == "finished")
    })
}

fn wait_nothing_left(scene: &Scene) {
    let root = scene.root().to_string_lossy().into_owned();
    wait_until("no process is left", || {
        processes::with_marker(&root).is_empty()
    });
}

#[test]
fn every_end_is_recorded_as_what_it_was() {
    let ends = [
        ("ok", json!({ "kind": "succeeded" })),
        ("code", json!({ "kind": "failed", "exit_code": 3 })),
        ("raise", json!({ "kind": "failed", "exit_code": 1 })),
        ("signal", json!({ "kind": "signaled", "signal": 11 })),
    ];
    for executor in EXECUTORS {
        for (case, outcome) in &ends {
            let scene = scene(executor);
            let record = record_of(&scene, case);
            assert_eq!(record["outcome"], *outcome, "{executor} {case}");
            assert_eq!(record["status"], "finished");
            assert!(record["started_at_ms"].as_i64() <= record["ended_at_ms"].as_i64());
            assert!(pid(&record, "/process/pid") > 1 && pid(&record, "/supervisor_pid") > 1);
            if *case == "raise" {
                let text = String::from_utf8(log(&scene)).unwrap();
                let script = scene.path("train.py").to_string_lossy().into_owned();
                let expected = format!(
                    "Traceback (most recent call last):\n  File \"{script}\", line 9, in <module>\n    raise ValueError"
                );
                assert!(text.starts_with(&expected), "{executor}: {text}");
            }
            wait_nothing_left(&scene);
        }
    }
}

#[test]
fn a_program_that_cannot_be_started_is_a_failed_start_that_says_why() {
    for executor in EXECUTORS {
        let scene = scene(executor);
        scene.write("python", "#!/no/such/interpreter\n");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(scene.path("python"), mode).unwrap();
        let python = scene.path("python").to_string_lossy().into_owned();
        let printed = scene.runyard(&["run", "train.py", "--python", &python]);
        assert_eq!(printed.code, 1, "{executor}: {printed:?}");
        let outcome = only_record(&scene)["outcome"].clone();
        assert_eq!(outcome["kind"], "failed_to_start", "{executor}");
        let reason = outcome["reason"].as_str().unwrap();
        assert!(reason.contains(&python), "{executor}: {reason}");
    }
}

#[test]
fn output_is_whole_and_in_the_order_of_writing() {
    for executor in EXECUTORS {
        let scene = scene(executor);
        record_of(&scene, "order");
        let mut expected: Vec<u8> = (0..500)
            .flat_map(|i| format!("{i}\n").into_bytes())
            .collect();
        expected.extend(vec![0xff; 200_000]);
        expected.push(b'\n');
        assert!(log(&scene) == expected, "{executor}");
    }
}

#[test]
fn a_run_finds_its_place_and_leads_a_session_of_its_own() {
    for executor in EXECUTORS {
        let scene = scene(executor);
        record_of(&scene, "place");
        let found: Value = serde_json::from_slice(&log(&scene)).unwrap();
        let task = scene.only_task("train");
        let dir = scene.path(&format!("_runyard_/train/tasks/{task}/runs/1"));
        let script = scene.path("train.py").to_string_lossy().into_owned();
        assert_eq!(
            found,
            json!({
                "cwd": scene.root().to_string_lossy(), "own": "a person's", "dir": dir.to_string_lossy(),
                "name": "__main__", "argv": [script, "--case", "place"], "leads": true, "input": "",
            }),
            "{executor}"
        );
    }
}

#[test]
fn what_a_run_leaves_behind_is_ended_and_the_outcome_stays_its_own() {
    for executor in EXECUTORS {
        let scene = scene(executor);
        let record = record_of(&scene, "family");
        assert_eq!(
            record["outcome"],
            json!({ "kind": "succeeded" }),
            "{executor}"
        );
        let left = scene.path("left").to_string_lossy().into_owned();
        assert_eq!(processes::with_marker(&left), [0u32; 0], "{executor}");
    }
}

#[test]
fn a_run_that_is_cancelled_and_ignores_it_is_killed_after_the_grace_period() {
    for executor in EXECUTORS {
        let scene = scene(executor);
        let mut command = begin_stubborn(&scene);
        processes::signal(command.id(), Signal::INT);
        wait_until("it was asked", || log(&scene) == b"asked\n");
        let record = wait_ended(&scene);
        assert_eq!(
            record["outcome"],
            json!({ "kind": "cancelled", "by": "user" }),
            "{executor}"
        );
        assert_eq!(command.wait().unwrap().code(), Some(130));
        assert!(!processes::is_alive(pid(&record, "/process/pid")));
        wait_nothing_left(&scene);
    }
}

#[test]
fn a_run_outlives_the_death_of_who_started_it() {
    for executor in EXECUTORS {
        let scene = scene(executor);
        let mut command = begin_stubborn(&scene);
        command.kill().unwrap();
        command.wait().unwrap();
        scene.write("open", "");
        let record = wait_ended(&scene);
        assert_eq!(
            record["outcome"],
            json!({ "kind": "failed", "exit_code": 5 }),
            "{executor}"
        );
        assert_eq!(log(&scene), b"went on\n", "{executor}");
        wait_nothing_left(&scene);
    }
}

#[test]
fn a_run_whose_supervisor_is_killed_is_lost_and_leaves_nothing() {
    for executor in EXECUTORS {
        let scene = scene(executor);
        let mut command = begin_stubborn(&scene);
        processes::signal(pid(&only_record(&scene), "/supervisor_pid"), Signal::KILL);
        let record = wait_ended(&scene);
        assert_eq!(record["outcome"], json!({ "kind": "lost" }), "{executor}");
        assert_eq!(command.wait().unwrap().code(), Some(1));
        wait_nothing_left(&scene);
    }
}
