//! `runyard run`: a sweep from the terminal, its processes and its records.

use serde_json::{Value, json};

use crate::support::Scene;
use crate::support::scene::python;
use crate::support::scripts::{ECHO, GATE, STEPS};

/// Runs a script of one line behind its imports as the only task; returns its folder's name.
fn run_one(scene: &Scene, code: i32) -> String {
    let printed = scene.run(&["train.py"]);
    assert_eq!(printed.code, code, "{printed:?}");
    scene.only_task("train")
}

fn log(scene: &Scene, task: &str) -> String {
    scene.read(&format!("_runyard_/train/tasks/{task}/runs/1/output.log"))
}

#[test]
fn a_sweep_that_succeeds_ends_with_0_and_tells_of_each_task() {
    let scene = Scene::with("steps.py", STEPS);
    let printed = scene.run(&["steps.py", "steps=1", "delay=0", "color=red|blue"]);
    assert_eq!(printed.code, 0, "{printed:?}");
    let lines: Vec<&str> = printed.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{printed:?}");
    assert!(lines[0].starts_with("[1/2] color="), "{printed:?}");
    assert!(lines.iter().all(|line| line.contains(" completed in ")));
    let tasks = scene.names("_runyard_/steps/tasks");
    for task in &tasks {
        let record = scene.record("steps", task, 1);
        assert_eq!(record["status"], "finished");
        assert_eq!(record["outcome"], json!({ "kind": "succeeded" }));
        assert!(record["started_at_ms"].as_i64() <= record["ended_at_ms"].as_i64());
        assert!(record["process"]["pid"].is_u64() && record["supervisor_pid"].is_u64());
    }
}

#[test]
fn with_json_each_end_is_one_object() {
    let scene = Scene::with("steps.py", STEPS);
    let printed = scene.run(&["steps.py", "steps=2", "delay=0", "fail_at=2", "--json"]);
    assert_eq!(printed.code, 1, "{printed:?}");
    let end: Value = serde_json::from_str(printed.stdout.trim()).unwrap();
    assert_eq!(end["status"], "failed");
    assert_eq!(end["reason"], "RuntimeError: asked to fail at step 2");
    assert_eq!(end["task"], scene.only_task("steps"));
}

#[test]
fn a_failure_ends_with_1_and_keeps_its_traceback_apart() {
    let scene = Scene::with("steps.py", STEPS);
    let printed = scene.run(&["steps.py", "steps=2", "delay=0", "fail_at=2"]);
    assert_eq!(printed.code, 1, "{printed:?}");
    let task = scene.only_task("steps");
    let record = scene.record("steps", &task, 1);
    assert_eq!(
        record["outcome"],
        json!({ "kind": "failed", "exit_code": 3 })
    );
    assert_eq!(
        record["error_line"],
        "RuntimeError: asked to fail at step 2"
    );
    let error = scene.read(&format!("_runyard_/steps/tasks/{task}/runs/1/error.log"));
    assert!(
        error.starts_with("exit code 3\n\nTraceback (most recent call last):"),
        "{error}"
    );
    assert!(
        error.ends_with("RuntimeError: asked to fail at step 2\n"),
        "{error}"
    );
    assert!(!error.contains('\u{1b}'), "colours belong to the log");
}

#[test]
fn one_failure_does_not_hold_up_the_others() {
    let scene = Scene::with("train.py", GATE);
    let printed = scene.run(&[
        "train.py",
        "gate=''",
        "code=(0 | 7 | 0)",
        "n=(1 | 2 | 3)",
        "-j",
        "1",
    ]);
    assert_eq!(printed.code, 1, "{printed:?}");
    assert_eq!(
        printed.stdout.matches(" completed in ").count(),
        2,
        "{printed:?}"
    );
    assert_eq!(
        printed.stdout.matches(" failed in ").count(),
        1,
        "{printed:?}"
    );
}

#[test]
fn a_death_by_signal_is_recorded_as_one() {
    let scene = Scene::with("train.py", "import os\nos.kill(os.getpid(), 11)\n");
    let task = run_one(&scene, 1);
    let outcome = scene.record("train", &task, 1)["outcome"].clone();
    assert_eq!(outcome, json!({ "kind": "signaled", "signal": 11 }));
}

#[test]
fn an_exit_without_clean_up_keeps_its_code() {
    let scene = Scene::with("train.py", "import os\nos._exit(7)\n");
    let task = run_one(&scene, 1);
    let outcome = scene.record("train", &task, 1)["outcome"].clone();
    assert_eq!(outcome, json!({ "kind": "failed", "exit_code": 7 }));
}

#[test]
fn an_interpreter_that_cannot_be_executed_is_a_failed_start_that_names_it() {
    let scene = Scene::with("train.py", ECHO);
    // Executable by its mode, yet no program of this machine: it passes every check before the start.
    scene.write("python", "#!/no/such/interpreter\n");
    std::fs::set_permissions(
        scene.path("python"),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .unwrap();
    let python = scene.path("python").to_string_lossy().into_owned();
    let printed = scene.runyard(&["run", "train.py", "--python", &python]);
    assert_eq!(printed.code, 1, "{printed:?}");
    let task = scene.only_task("train");
    let outcome = scene.record("train", &task, 1)["outcome"].clone();
    assert_eq!(outcome["kind"], "failed_to_start");
    assert!(
        outcome["reason"].as_str().unwrap().contains(&python),
        "{outcome}"
    );
    assert!(printed.stdout.contains("could not start"), "{printed:?}");
}

#[test]
fn two_slots_run_two_tasks_at_once_and_never_three() {
    let scene = Scene::with(
        "train.py",
        r#"
import argparse, os, time
parser = argparse.ArgumentParser()
parser.add_argument("--n", type=int, default=0)
n = parser.parse_args().n
def tell(word):
    with open("events.txt", "a") as events:
        events.write(f"{word} {n}\n")
tell("begin")
# The first two can only end together.
while n <= 2 and open("events.txt").read().count("begin") < 2:
    time.sleep(0.01)
tell("end")
"#,
    );
    let printed = scene.run(&["train.py", "n=1:6", "--slots", "2"]);
    assert_eq!(printed.code, 0, "{printed:?}");
    let (mut now, mut most) = (0, 0);
    for event in scene.events() {
        now += if event.starts_with("begin") { 1 } else { -1 };
        most = most.max(now);
    }
    assert_eq!((now, most), (0, 2), "{:?}", scene.events());
}

#[test]
fn with_one_slot_tasks_run_in_the_order_of_the_grid() {
    let scene = Scene::with("train.py", GATE);
    let printed = scene.run(&["train.py", "gate=''", "n=1:4", "--slots", "1"]);
    assert_eq!(printed.code, 0, "{printed:?}");
    let expected: Vec<String> = (1..=4)
        .flat_map(|n| [format!("begin {n}"), format!("end {n}")])
        .collect();
    assert_eq!(scene.events(), expected);
}

#[test]
fn a_task_finds_its_config_its_folder_and_its_place() {
    let scene = Scene::with(
        "sub/train.py",
        r#"
import argparse, json, os
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
parser.parse_args()
names = ["RUNYARD_CONFIG", "RUNYARD_RUN_DIR", "__PYRUNS_CONFIG__", "PYTHONUNBUFFERED", "PERSONS_OWN"]
found = {name: os.environ.get(name) for name in names}
found["cwd"] = os.getcwd()
found["config"] = open(os.environ["RUNYARD_CONFIG"]).read()
found["twin"] = json.load(open(os.path.join(os.environ["RUNYARD_RUN_DIR"], "config.json")))
found["leads_its_session"] = os.getsid(0) == os.getpid() == os.getpgid(0)
found["stdin"] = os.read(0, 10).decode()
print(json.dumps(found))
"#,
    );
    let output = scene
        .command()
        .args(["run", "sub/train.py", "lr=0.5", "--python", python()])
        .env("PERSONS_OWN", "kept")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let task = scene.names("sub/_runyard_/train/tasks").remove(0);
    let run = scene.path(&format!("sub/_runyard_/train/tasks/{task}/runs/1"));
    let found = scene.json(&format!(
        "sub/_runyard_/train/tasks/{task}/runs/1/output.log"
    ));
    let config = run.join("config.yaml").to_string_lossy().into_owned();
    assert_eq!(found["RUNYARD_CONFIG"], config);
    assert_eq!(found["__PYRUNS_CONFIG__"], config);
    assert_eq!(found["RUNYARD_RUN_DIR"], *run.to_string_lossy());
    assert_eq!(found["PYTHONUNBUFFERED"], "1");
    assert_eq!(found["PERSONS_OWN"], "kept");
    assert_eq!(found["cwd"], *scene.path("sub").to_string_lossy());
    assert_eq!(found["config"], "lr: 0.5\n");
    assert_eq!(found["twin"], json!({ "lr": 0.5 }));
    assert_eq!(found["leads_its_session"], true);
    assert_eq!(found["stdin"], "", "nobody answers a question of a task");
}

#[test]
fn both_streams_stand_in_the_log_in_the_order_of_writing() {
    let scene = Scene::with(
        "train.py",
        "import os, sys\nfor i in range(500):\n    os.write(1 + i % 2, f'{i}\\n'.encode())\n\
         print('out')\nprint('err', file=sys.stderr)\nprint('out again')\n",
    );
    let task = run_one(&scene, 0);
    let mut expected: String = (0..500).map(|i| format!("{i}\n")).collect();
    expected.push_str("out\nerr\nout again\n");
    assert_eq!(log(&scene, &task), expected);
}

#[test]
fn a_log_keeps_every_byte_also_those_that_are_no_text() {
    let scene = Scene::with(
        "train.py",
        "import os\nos.write(1, bytes(range(256)) * 400)\nos.write(2, b'no newline')\n",
    );
    let task = run_one(&scene, 0);
    let path = scene.path(&format!("_runyard_/train/tasks/{task}/runs/1/output.log"));
    let bytes = std::fs::read(path).unwrap();
    let mut expected: Vec<u8> = (0..=255).collect::<Vec<u8>>().repeat(400);
    expected.extend(b"no newline");
    assert!(bytes == expected, "{} bytes", bytes.len());
}

#[test]
fn a_prefix_names_the_tasks_and_a_bad_one_is_refused() {
    let scene = Scene::with("train.py", ECHO);
    assert_eq!(scene.run(&["train.py", "--prefix", "night run"]).code, 0);
    assert!(scene.only_task("train").starts_with("night run_"));
    for prefix in ["a/b", "..", "", "a\nb", "/tmp/x"] {
        let printed = scene.run(&["train.py", "--prefix", prefix]);
        assert_eq!(printed.code, 1, "{prefix:?}");
        assert!(
            printed.stderr.contains("cannot be used"),
            "{prefix:?} {}",
            printed.stderr
        );
    }
    assert_eq!(scene.names("_runyard_/train/tasks").len(), 1);
}

#[test]
fn what_was_launched_stands_on_disk() {
    let scene = Scene::with("train.py", ECHO);
    assert_eq!(scene.run(&["train.py", "n=1:2", "mode=slow"]).code, 0);
    let sweeps = scene.names("_runyard_/train/sweeps");
    assert_eq!(sweeps.len(), 1);
    let sweep = scene.json(&format!("_runyard_/train/sweeps/{}", sweeps[0]));
    assert_eq!(
        (&sweep["format"], &sweep["count"], &sweep["queued"]),
        (&json!(1), &json!(2), &json!(true))
    );
    for (index, task) in scene.names("_runyard_/train/tasks").iter().enumerate() {
        let saved = scene.json(&format!("_runyard_/train/tasks/{task}/task.json"));
        let n = (index + 1).to_string();
        let script = scene.path("train.py").to_string_lossy().into_owned();
        let command = json!([python(), script, "--n", n, "--mode", "slow"]);
        assert_eq!(saved["command"], command);
        assert_eq!(saved["varied"], json!([["n", index + 1]]));
        assert_eq!(saved["working_dir"], *scene.root().to_string_lossy());
        assert_eq!(scene.record("train", task, 1)["command"], command);
        let files = scene.names(&format!("_runyard_/train/tasks/{task}/runs/1"));
        assert_eq!(
            files,
            [
                ".supervisor.lock",
                "config.json",
                "config.yaml",
                "env.json",
                "output.log",
                "requirements.txt",
                "run.json"
            ]
        );
    }
    assert_eq!(scene.read("_runyard_/.gitignore"), "*\n");
}

#[test]
fn a_script_without_a_parser_runs_as_it_is() {
    let scene = Scene::with("train.py", "import sys\nprint(len(sys.argv))\n");
    let task = run_one(&scene, 0);
    assert_eq!(log(&scene, &task), "1\n");
}
