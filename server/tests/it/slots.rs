//! One supervisor serves the runs of its slot one after the other, and none of them can tell.

use std::fs;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::scripts::GATE;
use crate::support::wait::wait_for;
use crate::support::{Scene, Server, processes, wait_until};

fn one_slot(script: &str) -> (Scene, Server) {
    let scene = Scene::with("train.py", script);
    scene.write("_runyard_/settings.toml", "slots = 1\n");
    let server = Server::start(&scene, "train.py");
    (scene, server)
}

fn supervisor(scene: &Scene, task: &str) -> u32 {
    let record = scene.record("train", task, 1);
    u32::try_from(record["supervisor_pid"].as_u64().unwrap()).unwrap()
}

#[test]
fn the_runs_of_a_slot_share_a_supervisor_that_ends_with_the_last() {
    let (scene, server) = one_slot(GATE);
    let tasks = server.submit("train", &[("n", "1:5"), ("gate", "''")]);
    server.wait_idle();
    let first = supervisor(&scene, &tasks[0]);
    assert!(tasks.iter().all(|task| supervisor(&scene, task) == first));
    wait_until("it has ended", || !processes::is_alive(first));
    let expected = (1..=5).flat_map(|n| [format!("begin {n}"), format!("end {n}")]);
    assert_eq!(
        scene.events(),
        expected.collect::<Vec<_>>(),
        "in order, each once"
    );
    // Each has its own log and its own end.
    for (n, task) in (1..).zip(&tasks) {
        let log = format!("_runyard_/train/tasks/{task}/runs/1/output.log");
        assert_eq!(scene.read(&log), format!("begin {n}\nend {n}\n"));
        assert_eq!(
            scene.record("train", task, 1)["outcome"],
            json!({ "kind": "succeeded" })
        );
    }
}

#[test]
fn a_supervisor_that_no_server_speaks_to_ends_after_its_run() {
    let (scene, server) = one_slot(GATE);
    let tasks = server.submit("train", &[("n", "1|2|3")]);
    wait_until("it runs", || scene.events() == ["begin 1"]);
    server.kill();
    scene.write("open", "");
    let record = || scene.record("train", &tasks[0], 1);
    wait_until("its end is recorded", || record()["status"] == "finished");
    let pid = supervisor(&scene, &tasks[0]);
    wait_until("it has ended", || !processes::is_alive(pid));
    assert_eq!(scene.events(), ["begin 1", "end 1"], "and started no other");
}

#[test]
fn a_killed_supervisor_loses_its_own_run_only() {
    let (scene, server) = one_slot(GATE);
    let mut tasks = server.submit("train", &[("n", "1"), ("gate", "''")]);
    tasks.extend(server.submit("train", &[("n", "2|3")]));
    wait_until("the second one runs", || {
        scene.events().contains(&"begin 2".to_owned())
    });
    wait_until("that is recorded", || {
        scene.record("train", &tasks[1], 1)["status"] == "running"
    });
    processes::signal(supervisor(&scene, &tasks[1]), Signal::KILL);
    server.wait_status("train", &tasks[1], "lost");
    assert_eq!(server.status("train", &tasks[0]), "completed");
    wait_until("the third one runs", || {
        scene.record("train", &tasks[2], 1)["status"] == "running"
    });
    assert_ne!(supervisor(&scene, &tasks[2]), supervisor(&scene, &tasks[1]));
    scene.write("open", "");
    server.wait_status("train", &tasks[2], "completed");
}

#[test]
fn a_request_to_end_one_run_does_not_reach_the_next() {
    // The first task asks its own supervisor to be cancelled, and ends before that can matter to it.
    let (scene, server) = one_slot(
        "import argparse, os, signal\n\
         parser = argparse.ArgumentParser()\nparser.add_argument('--n', type=int, default=0)\n\
         n = parser.parse_args().n\n\
         if n == 1:\n    os.kill(os.getppid(), signal.SIGSTOP)\n\
         open('events.txt', 'a').write(f'{os.getppid()}\\n')\n",
    );
    let tasks = server.submit("train", &[("n", "1|2")]);
    // Its end and the request wait together for the stopped supervisor.
    let stopped = wait_for("it tells its supervisor", || {
        scene.events().first().cloned()
    });
    let pid: u32 = stopped.parse().unwrap();
    let zombie = || {
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
        children.split_whitespace().all(|child| {
            let stat = fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
            stat.contains(") Z ")
        })
    };
    wait_until("the task has ended", zombie);
    processes::signal(pid, Signal::USR1);
    processes::signal(pid, Signal::CONT);
    server.wait_status("train", &tasks[0], "completed");
    server.wait_status("train", &tasks[1], "completed");
    assert_eq!(
        scene.events(),
        [stopped.clone(), stopped],
        "by the same supervisor"
    );
}

#[test]
fn a_run_finds_nothing_of_the_one_before() {
    let (scene, server) = one_slot(
        "import argparse, json, os, resource, signal, sys, time\n\
         parser = argparse.ArgumentParser()\nparser.add_argument('--n', type=int, default=0)\n\
         n = parser.parse_args().n\n\
         own = {name: value for name, value in os.environ.items() if not name.startswith(('RUNYARD_', '__PYRUNS'))}\n\
         mask = os.umask(0o22)\n\
         seen = {'cwd': os.getcwd(), 'umask': mask, 'environment': own, 'session': os.getsid(0) == os.getpid(),\n\
             'mask': sorted(map(int, signal.pthread_sigmask(signal.SIG_BLOCK, []))), 'nice': os.nice(0),\n\
             'files': resource.getrlimit(resource.RLIMIT_NOFILE), 'open': len(os.listdir('/proc/self/fd')),\n\
             'ignored': [line for line in open('/proc/self/status') if line.startswith('SigIgn')]}\n\
         open(f'seen-{n}.json', 'w').write(json.dumps(seen))\n\
         os.umask(0o77)\nos.environ['LEFT'] = '1'\nos.chdir('/')\n\
         if n == 1 and os.fork() == 0:\n    os.setsid()\n    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n    time.sleep(600)\n",
    );
    let tasks = server.submit("train", &[("n", "1:3")]);
    server.wait_idle();
    let seen: Vec<Value> = (1..=3)
        .map(|n| scene.json(&format!("seen-{n}.json")))
        .collect();
    assert_eq!(seen[1], seen[0]);
    assert_eq!(seen[2], seen[0]);
    assert_eq!(seen[0]["session"], true);
    assert_eq!(supervisor(&scene, &tasks[0]), supervisor(&scene, &tasks[2]));
    // What the first one left behind was ended before the second one began.
    let script = scene.path("train.py").to_string_lossy().into_owned();
    assert!(processes::with_marker(&format!("{script}\0--")).is_empty());
    let ended = scene.record("train", &tasks[0], 1)["ended_at_ms"].as_i64();
    assert!(ended <= scene.record("train", &tasks[1], 1)["started_at_ms"].as_i64());
}
