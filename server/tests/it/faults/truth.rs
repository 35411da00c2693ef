//! The files, the server and the traces of the tasks against each other.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::field::{Field, Trace};
use crate::support::{Server, wait_until};

/// What was done to a project, and so what may be untrue in its runs' favour.
#[derive(Debug, Default)]
pub(super) struct Deeds {
    /// Supervisors that were killed.
    pub(super) supervisors: BTreeSet<u64>,
    /// The numbers (`n`) of the tasks whose submission was confirmed.
    pub(super) confirmed: BTreeSet<u64>,
    /// Somebody cancelled tasks.
    pub(super) cancelled: bool,
    /// The disk was full, so starts may have failed.
    pub(super) starts_may_fail: bool,
}

/// Waits until nothing runs or waits, and checks everything that must be true then. Returns the tasks.
pub(super) fn check(field: &Field, server: &Server, deeds: &Deeds) -> Vec<Value> {
    server.wait_idle();
    wait_until("no process of a task is left", || {
        field.workers().is_empty()
    });
    wait_until("no supervisor is left", || field.supervisors().is_empty());
    let traces = field.traces();
    let (begun, ended) = (count(&traces, "begin"), count(&traces, "end"));
    for (run, times) in &begun {
        assert_eq!(*times, 1, "run {run:?} began {times} times");
    }
    let tasks = Field::tasks(server);
    let mut seen = BTreeSet::new();
    for summary in &tasks {
        let name = summary["id"]["task"].as_str().unwrap();
        let detail = server.task("train", name);
        let n = varied(&detail, "n");
        seen.insert(n);
        for (i, run) in detail["runs"].as_array().unwrap().iter().enumerate() {
            let number = run["number"].as_u64().unwrap();
            assert_eq!(number, i as u64 + 1, "the numbers of {name} have no gap");
            let id = (n, number);
            let end = traces.iter().find(|trace| is_end(trace, id));
            check_run(field, name, run, begun.contains_key(&id), end, deeds);
        }
    }
    for (n, run) in begun.keys().chain(ended.keys()) {
        assert!(
            seen.contains(n),
            "run {run} of {n} happened, and no task says so"
        );
    }
    for n in &deeds.confirmed {
        assert!(seen.contains(n), "the task {n} was confirmed and is lost");
    }
    tasks
}

fn count(traces: &[Trace], word: &str) -> BTreeMap<(u64, u64), u32> {
    let mut counts = BTreeMap::new();
    for trace in traces.iter().filter(|trace| trace.word == word) {
        *counts.entry((trace.n, trace.run)).or_default() += 1;
    }
    counts
}

fn is_end(trace: &Trace, (n, run): (u64, u64)) -> bool {
    trace.word == "end" && trace.n == n && trace.run == run
}

fn varied(detail: &Value, key: &str) -> u64 {
    let words = detail["task"]["command"].as_array().unwrap();
    let flag = format!("--{key}");
    let place = words.iter().position(|word| *word == *flag);
    let value = place.and_then(|place| words.get(place + 1)?.as_str()?.parse().ok());
    value.unwrap_or_else(|| panic!("no {key} in {words:?}"))
}

/// One run's record against what its task did.
fn check_run(
    field: &Field,
    task: &str,
    run: &Value,
    has_begun: bool,
    end: Option<&Trace>,
    deeds: &Deeds,
) {
    let number = run["number"].as_u64().unwrap();
    let what = format!("{task} run {number}: {run} begun {has_begun} end {end:?}");
    assert_eq!(run["status"], "finished", "{what}");
    let file = field
        .scene
        .record("train", task, u32::try_from(number).unwrap());
    assert_eq!(
        file["outcome"], run["outcome"],
        "the file says otherwise: {what}"
    );
    let supervisor = run["supervisor_pid"].as_u64();
    let was_killed = supervisor.is_some_and(|pid| deeds.supervisors.contains(&pid));
    let code = end.and_then(|end| end.code);
    match run["outcome"]["kind"].as_str().unwrap() {
        "succeeded" => assert_eq!(code, Some(0), "{what}"),
        "failed" => assert_eq!(code, run["outcome"]["exit_code"].as_i64(), "{what}"),
        "cancelled" => assert!(deeds.cancelled, "{what}"),
        "lost" => {
            assert!(was_killed, "its supervisor was not killed: {what}");
            // A supervisor that died between a start and the record of it took the number with it.
            assert!(
                run["pid"].is_u64() || run["started_at_ms"].is_null(),
                "no process id: {what}"
            );
            let log = format!("_runyard_/train/tasks/{task}/runs/{number}/output.log");
            let bytes = field.scene.read(&log).len() as u64;
            assert_eq!(run["log_bytes"], bytes, "{what}");
        }
        "failed_to_start" => {
            assert!(!has_begun, "it was started: {what}");
            let is_explained = deeds.starts_may_fail || !deeds.supervisors.is_empty();
            assert!(is_explained, "{what}");
        }
        other => panic!("{other}: {what}"),
    }
}

/// Starts once more and compares: what the files say does not depend on who reads them.
pub(super) fn check_again(field: &Field, server: Server, tasks: &[Value]) {
    server.kill();
    let server = field.serve();
    server.wait_idle();
    let said = by_name(Field::tasks(&server));
    assert_eq!(
        said,
        by_name(tasks.to_vec()),
        "another start says otherwise"
    );
}

/// Their order may differ: a clock that went back has its say in it.
fn by_name(mut tasks: Vec<Value>) -> Vec<Value> {
    tasks.sort_by_key(|task| task["id"]["task"].to_string());
    tasks
}
