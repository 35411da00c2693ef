//! The queue from the terminal, without a server: why something waits, and who may start.

use serde_json::{Value, json};

use crate::cli_tasks::project;
use crate::support::scripts::GATE;
use crate::support::wait::wait_until;
use crate::support::{Scene, Server};

/// Two that run and two that wait, and nobody who looks after them.
fn four() -> (Scene, Vec<String>) {
    let scene = project(GATE);
    let server = Server::start(&scene, "train.py");
    let names = server.submit("train", &[("n", "1:4")]);
    wait_until("two have begun", || scene.events().len() == 2);
    server.kill();
    (scene, names)
}

fn waiting(scene: &Scene) -> Vec<String> {
    let queue = scene.runyard(&["queue", "--json"]).json();
    let name = |run: &Value| run["id"]["task"]["task"].as_str().unwrap().to_owned();
    queue["waiting"]
        .as_array()
        .unwrap()
        .iter()
        .map(name)
        .collect()
}

#[test]
fn what_waits_says_why_in_every_list() {
    let (scene, names) = four();
    assert_eq!(waiting(&scene), names[2..]);
    let shown = scene.runyard(&["show", &names[2]]).stdout;
    assert!(
        shown.contains("0 free") && shown.contains("1 in the queue"),
        "{shown}"
    );
    let listed = scene.runyard(&["ls", "-s", "queued", "--json"]).json();
    assert_eq!(
        listed["tasks"][0]["waiting"]["reasons"][0]["kind"], "slots",
        "{listed}"
    );
    let queue = scene.runyard(&["queue"]).stdout;
    assert!(
        queue.starts_with("2 running, 2 waiting, 0 of 2 slots free"),
        "{queue}"
    );
    let status = scene.runyard(&["status"]).stdout;
    assert!(
        status.contains("2 queued, 2 running") && status.contains("nobody: what is queued"),
        "{status}"
    );
    assert_eq!(scene.runyard(&["status", "--json"]).json()["waiting"], 2);
    scene.write("open", "");
}

#[test]
fn a_pause_outlives_every_process_and_a_resume_finds_somebody_to_start() {
    let (scene, names) = four();
    let paused = scene.runyard(&["pause"]);
    assert_eq!(paused.code, 0, "{paused:?}");
    assert!(
        paused
            .stderr
            .contains("the queue is paused; what runs goes on"),
        "{paused:?}"
    );
    assert_eq!(
        scene.runyard(&["queue", "--json"]).json()["is_paused"],
        true
    );
    assert!(
        scene
            .runyard(&["show", &names[2]])
            .stdout
            .contains("the queue is paused")
    );
    let moved = scene.runyard(&["queue", "move", &names[3], "--front"]);
    assert_eq!(moved.code, 0, "{moved:?}");
    assert_eq!(waiting(&scene), [names[3].clone(), names[2].clone()]);
    scene.write("open", "");
    wait_until("what ran has ended", || scene.events().len() == 4);
    let resumed = scene.runyard(&["resume", "--json"]);
    assert_eq!(resumed.json()["act"], "resume", "{resumed:?}");
    let done = scene.runyard(&["wait", "--all"]);
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(
        scene
            .events()
            .iter()
            .filter(|line| line.starts_with("begin"))
            .count(),
        4
    );
}

#[test]
fn a_sweep_and_a_task_can_be_paused_by_name() {
    let (scene, names) = four();
    let sweep = names[0].rsplit_once('_').unwrap().0.to_owned();
    assert_eq!(
        scene.runyard(&["queue", "pause", "--sweep", &sweep]).code,
        0
    );
    let queue = scene.runyard(&["queue"]).stdout;
    assert!(
        queue.contains(&format!("sweep {sweep} is paused")),
        "{queue}"
    );
    assert_eq!(
        scene
            .runyard(&["queue", "resume", "--sweep", "nothing"])
            .code,
        1
    );
    assert_eq!(scene.runyard(&["pause", &names[3]]).code, 0);
    let shown = scene.runyard(&["show", &names[3], "--json"]).json();
    let reasons = shown["summary"]["waiting"]["reasons"]
        .as_array()
        .unwrap()
        .clone();
    assert!(
        reasons.contains(&json!({ "kind": "task_paused" })),
        "{reasons:?}"
    );
    let refused = scene.runyard(&["queue", "move", &names[0], "--back"]);
    assert_eq!(refused.code, 1, "it runs: {refused:?}");
    scene.write("open", "");
}
