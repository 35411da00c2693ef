//! Batch files: every key has its effect, with a server and without.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::scene::{Printed, python};
use crate::support::{Scene, Server, wait_until};

pub(super) fn scene(batch: &str) -> Scene {
    let scene = Scene::with("lab/batch.toml", batch);
    let settings = format!("python = {:?}\n", python());
    scene.write("_runyard_/settings.toml", settings);
    scene
}

pub(super) fn run(scene: &Scene, words: &[&str]) -> Printed {
    let mut all = vec!["run", "lab/batch.toml"];
    all.extend(words);
    scene.runyard(&all)
}

/// The only folder in `base` whose name begins so.
pub(super) fn folder(scene: &Scene, base: &str, name: &str) -> String {
    let mut found = folders(scene, base, name);
    assert_eq!(
        found.len(),
        1,
        "{name}: {found:?} of {:?}",
        scene.names(base)
    );
    found.remove(0)
}

fn folders(scene: &Scene, base: &str, name: &str) -> Vec<String> {
    let start = format!("{name}_2");
    let names = scene.names(base).into_iter();
    names
        .filter(|found| found.starts_with(&start))
        .map(|found| format!("{base}/{found}"))
        .collect()
}

pub(super) fn log(scene: &Scene, folder: &str) -> String {
    scene.read(&format!("{folder}/logs/run_0001.log"))
}

#[test]
fn an_experiment_runs_in_a_folder_of_the_layout_that_exp_documents() {
    let scene = scene(
        r#"
[scheduler]
base_experiment_dir = "../out"
[[experiments]]
name = "first"
command = "env | grep -E '^(EXPERIMENT|MINE|PYTHONUNB)' | sort; pwd; echo to stderr >&2"
tags = ["b", "a"]
description = "what for"
environment = { MINE = "x $HOME y", MINE_TOO = 1.5, MINE_B = false }
cwd = "code"
"#,
    );
    scene.write("lab/code/x.txt", "");
    let printed = run(&scene, &[]);
    assert_eq!(printed.code, 0, "{printed:?}");
    let folder = folder(&scene, "out", "first");
    let at = |path: &str| scene.path(path).to_string_lossy().into_owned();
    assert_eq!(
        log(&scene, &folder).lines().collect::<Vec<_>>(),
        [
            "EXPERIMENT_NAME=first",
            "EXPERIMENT_RUN_ID=run_0001",
            &format!("EXPERIMENT_WORK_DIR={}", at(&folder)),
            "MINE=x $HOME y",
            "MINE_B=False",
            "MINE_TOO=1.5",
            "PYTHONUNBUFFERED=1",
            &at("lab/code"),
            "to stderr",
        ]
    );
    assert_eq!(
        scene.read(&format!("{folder}/terminal_logs/run_0001.log")),
        log(&scene, &folder),
        "under both names"
    );
    assert_eq!(
        scene.json(&format!("{folder}/status.json"))["status"],
        "finished"
    );
    let metadata = scene.json(&format!("{folder}/metadata.json"));
    let stamp = folder.trim_start_matches("out/first_");
    assert_eq!(
        metadata,
        json!({ "name": "first", "command": metadata["command"], "tags": ["a", "b"], "gpu_ids": [], "cwd": at("lab/code"),
            "description": "what for", "timestamp": stamp, "status": "finished", "pid": null, "current_run_id": "run_0001" })
    );
    assert!(scene.path(&format!("{folder}/metrics")).is_dir());
    let task = scene.only_task("batch");
    let record = scene.record("batch", &task, 1);
    assert_eq!(
        record["outcome"]["kind"], "succeeded",
        "the task's link leads there"
    );
    let file = scene.json(&format!("_runyard_/batch/tasks/{task}/task.json"));
    assert_eq!(file["labels"], json!(["a", "b"]));
    assert_eq!(file["description"], "what for");
    insta::assert_snapshot!("batch_summary", plain(&printed.stdout));
}

/// Without times, stamps and durations.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let line = line.split(" in ").next().unwrap_or(line);
        let words: Vec<&str> = line
            .split(' ')
            .map(|word| {
                if word.starts_with("batch_2") {
                    "[task]"
                } else {
                    word
                }
            })
            .collect();
        out += &format!("{}\n", words.join(" "));
    }
    out
}

#[test]
fn a_text_reaches_the_shell_byte_by_byte_and_words_reach_no_shell() {
    let text = "printf '%s|' \"a  b\" 'c\"d' \\\n  \"$((1+1))\" é\\\\ `echo sub`\n# {lr} %s $1\nprintf '\\n%s' \"$0\"";
    let batch = format!(
        "[[experiments]]\nname = 'text'\ncommand = '''{text}'''\n[[experiments]]\nname = 'words'\ncommand = ['printf', '%s|', '$HOME', 'a  b; touch pwned', '`x`', \"new\\nline\"]\n"
    );
    let scene = scene(&batch);
    let printed = run(&scene, &[]);
    assert_eq!(printed.code, 0, "{printed:?}");
    let mut tasks = scene.names("_runyard_/batch/tasks");
    tasks.sort();
    let own = |task: &str, file: &str| scene.read(&format!("_runyard_/batch/tasks/{task}/{file}"));
    let stored: Value = serde_json::from_str(&own(&tasks[0], "task.json")).unwrap();
    assert_eq!(stored["command"], json!(["sh", "-c", text]));
    assert_eq!(
        own(&tasks[0], "runs/1/output.log"),
        "a  b|c\"d|2|é\\|sub|\nsh"
    );
    assert_eq!(
        own(&tasks[1], "runs/1/output.log"),
        "$HOME|a  b; touch pwned|`x`|new\nline|"
    );
    assert!(!scene.path("lab/pwned").exists());
}

#[test]
fn larger_priorities_start_first_and_repeats_follow_each_other_in_folders_of_their_own() {
    let scene = scene(
        r#"
scheduler.base_experiment_dir = "out"
scheduler.max_concurrent_experiments = 1
[[experiments]]
name = "low"
command = "echo low >> order.txt"
[[experiments]]
name = "high"
command = "echo high >> order.txt"
priority = 5
repeats = 3
"#,
    );
    let printed = run(&scene, &[]);
    assert_eq!(printed.code, 0, "{printed:?}");
    assert_eq!(scene.read("lab/order.txt"), "high\nhigh\nhigh\nlow\n");
    // All within a second, as a rule: never one folder for two.
    assert_eq!(folders(&scene, "lab/out", "high").len(), 3);
    assert_eq!(folders(&scene, "lab/out", "low").len(), 1);
}

#[test]
fn as_many_run_at_once_as_the_file_says() {
    // Each waits for the other: with one at a time neither would end.
    let meet = |own: &str, other: &str| {
        format!(
            "touch {own}; for i in $(seq 1000); do test -e {other} && exit 0; sleep 0.02; done; exit 1"
        )
    };
    let scene = scene(&format!(
        "scheduler.max_concurrent_experiments = 2\n[[experiments]]\nname = 'a'\ncommand = '''{}'''\n[[experiments]]\nname = 'b'\ncommand = '''{}'''\n",
        meet("a", "b"),
        meet("b", "a")
    ));
    let printed = run(&scene, &[]);
    assert_eq!(printed.code, 0, "{printed:?}");
}

#[test]
fn a_resumed_experiment_goes_on_in_its_folder_as_the_next_run() {
    let scene = scene(
        "scheduler.base_experiment_dir = \"out\"\n[[experiments]]\nname = 'x'\ncommand = 'echo $EXPERIMENT_RUN_ID'\nresume = '2025-01-01__00-00-00'\n",
    );
    // As EXP leaves it.
    scene.write(
        "lab/out/x_2025-01-01__00-00-00/terminal_logs/run_0001.log",
        "old\n",
    );
    scene.write(
        "lab/out/x_2025-01-01__00-00-00/metadata.json",
        "{\"status\": \"error\"}",
    );
    let printed = run(&scene, &[]);
    assert_eq!(printed.code, 0, "{printed:?}");
    assert_eq!(scene.names("lab/out"), ["x_2025-01-01__00-00-00"]);
    let folder = "lab/out/x_2025-01-01__00-00-00";
    assert_eq!(
        scene.read(&format!("{folder}/terminal_logs/run_0002.log")),
        "run_0002\n"
    );
    assert_eq!(
        scene.read(&format!("{folder}/terminal_logs/run_0001.log")),
        "old\n"
    );
    assert_eq!(
        scene.json(&format!("{folder}/metadata.json"))["current_run_id"],
        "run_0002"
    );
}

#[test]
fn an_experiment_with_a_base_of_its_own_is_kept_there_and_one_without_any_in_its_task() {
    let scene = scene(
        "[[experiments]]\nname = 'a'\ncommand = 'echo $EXPERIMENT_WORK_DIR'\nbase_dir = '../elsewhere'\n[[experiments]]\nname = 'b'\ncommand = 'echo $EXPERIMENT_NAME'\n",
    );
    let printed = run(&scene, &[]);
    assert_eq!(printed.code, 0, "{printed:?}");
    let a = folder(&scene, "elsewhere", "a");
    assert_eq!(log(&scene, &a).trim(), scene.path(&a).to_string_lossy());
    let tasks = scene.names("_runyard_/batch/tasks");
    assert_eq!(
        scene.read(&format!(
            "_runyard_/batch/tasks/{}/runs/1/output.log",
            tasks[1]
        )),
        "b\n"
    );
}

#[test]
fn devices_of_a_file_without_management_are_named_and_not_held() {
    let scene = scene(
        "gpu.enable_gpu_management = false\n[[experiments]]\nname = 'a'\ncommand = 'echo $CUDA_VISIBLE_DEVICES'\ngpu_ids = [1, 0]\n",
    );
    let printed = run(&scene, &[]);
    assert_eq!(printed.code, 0, "{printed:?}");
    let task = scene.only_task("batch");
    assert_eq!(
        scene.read(&format!("_runyard_/batch/tasks/{task}/runs/1/output.log")),
        "1,0\n"
    );
}

#[test]
fn pinned_devices_are_held_and_named_in_the_order_of_the_file() {
    let scene = scene(
        "[[experiments]]\nname = 'a'\ncommand = 'echo $CUDA_VISIBLE_DEVICES'\ngpu_ids = '1,0'\n",
    );
    // No driver on this machine, whatever it has: pinned ids are then taken at their word.
    let settings = format!(
        "python = {:?}\n[gpu]\nprovider = {{ kind = \"none\" }}\n",
        python()
    );
    scene.write("_runyard_/settings.toml", settings);
    let printed = run(&scene, &[]);
    assert_eq!(printed.code, 0, "{printed:?}");
    let task = scene.only_task("batch");
    assert_eq!(
        scene.read(&format!("_runyard_/batch/tasks/{task}/runs/1/output.log")),
        "1,0\n"
    );
    let record = scene.record("batch", &task, 1);
    assert_eq!(record["allocation"]["gpus"][0]["id"], "1");
}

#[test]
fn a_failed_run_is_tried_again_in_a_folder_of_its_own_only_with_the_master_switch() {
    let entry = "[[experiments]]\nname = 'x'\ncommand = 'echo run >> runs.txt; test $(wc -l < runs.txt) = 3'\nmax_retries = 5\n";
    let with = scene(&format!(
        "scheduler.base_experiment_dir = 'out'\nscheduler.auto_restart_on_error = true\n{entry}"
    ));
    let printed = run(&with, &[]);
    assert_eq!(printed.code, 0, "{printed:?}");
    assert_eq!(with.read("lab/runs.txt").lines().count(), 3);
    assert_eq!(folders(&with, "lab/out", "x").len(), 3);
    assert!(
        printed
            .stdout
            .contains("0 succeeded at first attempt, 1 after a retry, 0 failed"),
        "{printed:?}"
    );
    let without = scene(&format!("scheduler.base_experiment_dir = 'out'\n{entry}"));
    let printed = run(&without, &[]);
    assert_eq!(printed.code, 1, "{printed:?}");
    assert_eq!(without.read("lab/runs.txt").lines().count(), 1);
}

#[test]
fn a_delay_holds_up_its_own_experiment_and_no_other() {
    let scene = scene(
        "[[experiments]]\nname = 'late'\npriority = 9\ncommand = 'echo late >> order.txt'\ndelay_seconds = 2\n[[experiments]]\nname = 'now'\ncommand = 'echo now >> order.txt'\n",
    );
    let printed = run(&scene, &[]);
    assert_eq!(printed.code, 0, "{printed:?}");
    assert_eq!(scene.read("lab/order.txt"), "now\nlate\n");
    let tasks = scene.names("_runyard_/batch/tasks");
    let record = scene.record("batch", &tasks[0], 1);
    let at = |key: &str| record[key].as_i64().unwrap();
    assert!(at("started_at_ms") - at("queued_at_ms") >= 2000, "{record}");
}

#[test]
fn lingering_lasts_as_long_as_the_file_says() {
    let scene = scene(
        "scheduler.linger_when_idle = true\nscheduler.idle_grace_period = 0.2\n[[experiments]]\nname = 'a'\ncommand = 'true'\n",
    );
    let printed = run(&scene, &[]);
    assert_eq!(printed.code, 0, "{printed:?}");
    assert!(printed.stderr.contains("linger_when_idle"), "{printed:?}");
}

#[test]
fn a_running_server_gets_the_batch_and_every_key_reaches_its_tasks() {
    let scene = scene(
        r#"
[scheduler]
base_experiment_dir = "out"
max_concurrent_experiments = 3
check_interval = 1
auto_restart_on_error = true
[[experiments]]
name = "a"
command = "echo $MINE; pwd"
priority = 7
gpu_ids = "0,1"
max_retries = 2
delay_seconds = 1.5
environment = { MINE = "x", MY_TOKEN = "secret-value" }
[[experiments]]
name = "b"
command = "true"
gpu_count = 2
[[experiments]]
name = "bad"
"#,
    );
    scene.write("train.py", "print('hello')\n");
    let server = Server::start(&scene, "train.py");
    let text = scene.read("lab/batch.toml");
    let body = json!({ "text": text, "file": "lab/batch.toml", "start": "later" });
    let answer = server.post("/api/v1/batches", &body);
    assert_eq!(answer.status, 201, "{}", answer.text());
    let answer = answer.json();
    assert_eq!(answer["tasks"].as_array().unwrap().len(), 2, "{answer}");
    assert_eq!(answer["problems"][0]["entry"], 3);
    let names: Vec<&str> = answer["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|task| task["task"]["task"].as_str().unwrap())
        .collect();
    let detail = server.task("batch", names[0]);
    let policy = &detail["task"]["policy"];
    assert_eq!(policy["priority"], 7);
    assert_eq!(policy["delay_ms"], 1500);
    assert_eq!(policy["retry"]["max"], 2);
    assert_eq!(
        policy["resources"]["gpus"],
        json!({ "kind": "pinned", "ids": ["0", "1"] })
    );
    assert_eq!(detail["task"]["varied"], json!([["name", "a"]]));
    let environment: Vec<(String, String)> =
        serde_json::from_value(detail["task"]["environment"].clone()).unwrap();
    let environment: BTreeMap<String, String> = environment.into_iter().collect();
    assert_eq!(environment["MINE"], "x");
    assert_eq!(environment["MY_TOKEN"], "<redacted>", "shown to nobody");
    let second = server.task("batch", names[1]);
    assert_eq!(
        second["task"]["policy"]["resources"]["gpus"],
        json!({ "kind": "count", "count": 2 })
    );
    let sweep = scene.json(&format!(
        "_runyard_/batch/sweeps/{}.json",
        answer["sweep"].as_str().unwrap()
    ));
    assert_eq!(sweep["policy"]["limit"], 3);
}

#[test]
fn the_command_line_submits_to_a_running_server_and_leaves() {
    let scene = scene(
        "scheduler.base_experiment_dir = \"out\"\n[[experiments]]\nname = 'a'\ncommand = 'echo here'\n",
    );
    scene.write("train.py", "print('hello')\n");
    let server = Server::start(&scene, "train.py");
    let printed = run(&scene, &[]);
    assert_eq!(printed.code, 0, "{printed:?}");
    assert!(
        printed
            .stdout
            .starts_with("1 task queued at the running server: batch_"),
        "{printed:?}"
    );
    server.wait_idle();
    let folder = folder(&scene, "lab/out", "a");
    assert_eq!(log(&scene, &folder), "here\n");
    // Its experiment has no form, and says so.
    let experiment = server.get("/api/v1/experiments/batch").json();
    assert_eq!(experiment["entry"]["kind"], "command");
    assert!(
        experiment["problem"]["message"]
            .as_str()
            .unwrap()
            .contains("holds commands")
    );
    // The same command again, in a folder of its own.
    let task = scene.only_task("batch");
    server.act("rerun", "batch", &[&task]);
    server.wait_idle();
    wait_until("the second folder is there", || {
        folders(&scene, "lab/out", "a").len() == 2
    });
    assert_eq!(
        scene.record("batch", &task, 2)["outcome"]["kind"],
        "succeeded"
    );
}
