//! What is set on a task's process, what the kernel keeps it to, and what is known of its use.

use std::fs;

use domain::queue::ProcessLimit;
use domain::run::{Outcome, UsageSample};
use rustix::process::Signal;
use serde_json::json;

use crate::support::{Scene, Server, Supervised, wait_until};

fn limit(name: &str, value: Option<u64>) -> ProcessLimit {
    ProcessLimit {
        name: name.to_owned(),
        value,
    }
}

#[test]
fn a_task_sees_its_limits_its_niceness_and_its_umask() {
    let scene = Scene::new();
    let text = "import os, resource\n\
                print(resource.getrlimit(resource.RLIMIT_NOFILE), resource.getrlimit(resource.RLIMIT_CORE))\n\
                print(os.nice(0), oct(os.umask(0)), os.getsid(0) == os.getpid(), os.sys.argv)\n";
    let mut run = Supervised::python(&scene, text, |run| {
        run.execution.limits = vec![limit("nofile", Some(99)), limit("core", Some(0))];
        run.execution.nice = Some(7);
        run.execution.umask = Some(0o027);
    });
    assert_eq!(run.outcome(), Outcome::Succeeded, "{}", run.log());
    assert_eq!(run.log(), "(99, 99) (0, 0)\n7 0o27 True ['task.py']\n");
}

#[test]
fn a_limit_that_cannot_be_set_fails_the_start_and_is_named() {
    let scene = Scene::new();
    let reason = |limit: ProcessLimit| {
        let mut run =
            Supervised::start(&scene, &["true"], |run| run.execution.limits = vec![limit]);
        match run.outcome() {
            Outcome::FailedToStart { reason } => reason,
            other => panic!("{other:?}"),
        }
    };
    assert!(reason(limit("colour", Some(1))).starts_with("`limits.colour` could not be set"));
    // More open files than the system allows anybody, the superuser included.
    let above = reason(limit("nofile", Some(u64::from(u32::MAX))));
    assert!(
        above.starts_with("`limits.nofile = 4294967295` could not be set"),
        "{above}"
    );
}

#[test]
fn a_run_whose_limits_cannot_be_enforced_goes_on_and_says_so_or_is_kept_to_them() {
    let scene = Scene::new();
    let mut run = Supervised::python(&scene, "x = b'x' * (300 << 20)\nprint(len(x))\n", |run| {
        run.execution.enforce = Some(true);
        run.resources.memory_mb = 100;
    });
    let record = run.ended();
    // Whether this machine lets us make a control group is not ours to say; what follows from it is.
    if record.warnings.is_empty() {
        assert_eq!(record.outcome, Some(Outcome::OutOfMemory));
    } else {
        assert_eq!(record.outcome, Some(Outcome::Succeeded));
        assert!(record.warnings[0].starts_with("its memory and processors are not limited: "));
    }
}

/// Moves itself into a memory group of the old kind and takes more than that has.
const GREEDY: &str = "import os, sys\n\
    open(sys.argv[1] + '/cgroup.procs', 'w').write(str(os.getpid()))\n\
    hoard = []\n\
    while True:\n    hoard.append(bytearray(os.urandom(1 << 20)))\n";

#[test]
fn a_process_that_the_kernels_log_names_as_killed_for_memory_ran_out_of_it() {
    let group = format!("/sys/fs/cgroup/memory/runyard-it-{}", std::process::id());
    let can_make = fs::create_dir(&group).is_ok();
    if !can_make
        || fs::write(format!("{group}/memory.limit_in_bytes"), "67108864").is_err()
        || fs::File::open("/dev/kmsg").is_err()
    {
        fs::remove_dir(&group).ok();
        eprintln!("not tried: this user can neither limit memory here nor read the kernel's log");
        return;
    }
    let scene = Scene::new();
    scene.write("greedy.py", GREEDY);
    let python = crate::support::scene::python();
    let mut run = Supervised::start(&scene, &[python, "greedy.py", &group], |_| {});
    let outcome = run.outcome();
    wait_until("the group is empty", || fs::remove_dir(&group).is_ok());
    assert_eq!(outcome, Outcome::OutOfMemory);
}

/// Holds 80 MB and keeps one processor busy, with a child that does the same with 40 MB.
const BUSY: &str = "import os\n\
    child = os.fork()\n\
    hoard = bytearray(os.urandom(1 << 20)) * (40 if child == 0 else 80)\n\
    print('ready', flush=True)\n\
    while True:\n    pass\n";

#[test]
fn what_a_run_uses_is_sampled_over_its_whole_tree_and_summed_up() {
    let scene = Scene::new();
    let mut run = Supervised::python(&scene, BUSY, |_| {});
    wait_until("there are samples", || {
        run.read("usage.jsonl").lines().count() >= 3
    });
    run.signal(Signal::USR1);
    let record = run.ended();
    let samples: Vec<UsageSample> = runyard::storage::runs::read_usage(run.dir()).unwrap();
    let last = samples.last().unwrap();
    assert_eq!(last.processes, 2);
    assert!(
        (120_000_000..400_000_000).contains(&last.memory_bytes),
        "{last:?}"
    );
    assert!(last.cpus > 0.2 && last.cpus < 2.5, "{last:?}");
    let usage = record.usage.unwrap();
    assert!(usage.peak_memory_bytes >= last.memory_bytes);
    assert!(usage.cpu_ms >= 500, "{usage:?}");
}

#[test]
fn a_short_run_leaves_no_series_and_its_processor_time_is_known() {
    let scene = Scene::new();
    let mut run = Supervised::python(
        &scene,
        "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end:\n    pass\n",
        |_| {},
    );
    let record = run.ended();
    let cpu_ms = record.usage.unwrap().cpu_ms;
    assert!((300..5000).contains(&cpu_ms), "{cpu_ms}");
    // On a machine this busy it may have taken longer than a second.
    let took = record
        .ended_at_ms
        .unwrap()
        .since_ms(record.started_at_ms.unwrap());
    assert!(took > 900 || !run.path("usage.jsonl").exists());
}

#[test]
fn the_series_of_a_run_is_told_by_the_server_and_policies_reach_the_supervisor() {
    let scene = Scene::with("train.py", "import time\ntime.sleep(600)\n");
    scene.write("_runyard_/settings.toml", "[run]\nnice = 3\n");
    let server = Server::start(&scene, "train.py");
    let mut body = server.submission("train", &[]);
    body["policy"] = json!({ "time_limits": { "soft_ms": 2500 } });
    let answer = server.post("/api/v1/experiments/train/sweeps", &body);
    assert_eq!(answer.status, 201, "{answer:?}");
    wait_until("its time is over", || {
        server.get("/api/v1/tasks").json()["counts"]["failed"] == 1
    });
    let list = server.get("/api/v1/tasks").json();
    let task = list["tasks"][0]["id"]["task"].as_str().unwrap().to_owned();
    let record = scene.record("train", &task, 1);
    assert_eq!(record["outcome"], json!({ "kind": "timed_out" }));
    assert_eq!(record["execution"]["nice"], 3);
    let usage = server
        .get(&format!("/api/v1/runs/train/{task}/1/usage"))
        .json();
    let samples = usage["samples"].as_array().unwrap();
    assert!(!samples.is_empty() && usage["total"] == samples.len());
    assert!(samples[0]["memory_bytes"].as_u64().unwrap() > 1_000_000);
    assert!(usage["summary"]["cpu_ms"].is_u64());
    let nobody = server.get(&format!("/api/v1/runs/train/{task}/2/usage"));
    assert_eq!(nobody.status, 404);
}

#[test]
fn a_submission_with_settings_that_no_system_takes_is_refused_before_anything_is_written() {
    let scene = Scene::with("train.py", "pass\n");
    let server = Server::start(&scene, "train.py");
    let mut body = server.submission("train", &[]);
    body["execution"] = json!({ "nice": 99 });
    let answer = server.post("/api/v1/experiments/train/sweeps", &body);
    assert_eq!(answer.status, 400);
    assert!(
        answer.json()["message"]
            .as_str()
            .unwrap()
            .contains("`nice` is 99")
    );
    assert_eq!(server.get("/api/v1/tasks").json()["total"], 0);
}
