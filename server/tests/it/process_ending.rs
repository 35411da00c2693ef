//! The end of a run under its supervisor: requests, time limits, rules, and what a task leaves behind.

use std::time::{Duration, Instant};

use domain::queue::{StopSignal, TimeLimits};
use domain::run::{CancelledBy, Outcome, RunStatus};
use rustix::process::Signal;

use crate::support::{Scene, Supervised, processes, wait_until};

const SLEEP: &str = "import time\nprint('ready', flush=True)\ntime.sleep(600)\n";

/// Says which signal asked it to end, and goes on.
const STUBBORN: &str = "import signal, time\n\
    for s in (signal.SIGTERM, signal.SIGINT):\n    signal.signal(s, lambda n, _: print('asked', n, flush=True))\n\
    print('ready', flush=True)\nwhile True:\n    time.sleep(600)\n";

fn cancelled(by: CancelledBy) -> Outcome {
    Outcome::Cancelled { by }
}

#[test]
fn a_request_says_who_made_it() {
    for (signal, by) in [
        (Signal::USR1, CancelledBy::User),
        (Signal::USR2, CancelledBy::Rule),
    ] {
        let scene = Scene::new();
        let mut run = Supervised::python(&scene, SLEEP, |_| {});
        run.wait_log("ready");
        run.signal(signal);
        assert_eq!(run.outcome(), cancelled(by));
    }
}

#[test]
fn sigint_raises_keyboard_interrupt_where_it_is_the_stop_signal() {
    let scene = Scene::new();
    let text = "import time\ntry:\n    print('ready', flush=True)\n    time.sleep(600)\n\
                except KeyboardInterrupt:\n    print('interrupted')\n";
    let mut run = Supervised::python(&scene, text, |run| {
        run.execution.stop_signal = Some(StopSignal::Int);
    });
    run.wait_log("ready");
    run.signal(Signal::USR1);
    assert_eq!(run.outcome(), cancelled(CancelledBy::User));
    assert_eq!(run.log(), "ready\ninterrupted\n");
}

#[test]
fn the_process_has_a_session_and_a_group_of_its_own_and_an_empty_standard_input() {
    let scene = Scene::new();
    let text = "import os, sys\nme = os.getpid()\n\
                print(os.getsid(0) == me, os.getpgrp() == me, repr(sys.stdin.read()), os.readlink('/proc/self/fd/0'))\n\
                # What the starter of this test has open is not ours to judge.\n\
                found = [os.path.realpath(f'/proc/self/fd/{fd}') for fd in os.listdir('/proc/self/fd')]\n\
                print(sorted(os.path.basename(path) for path in found if os.environ['RUNYARD_RUN_DIR'] in path))\n";
    let mut run = Supervised::python(&scene, text, |_| {});
    assert_eq!(run.outcome(), Outcome::Succeeded);
    assert_eq!(
        run.log(),
        "True True '' /dev/null\n['output.log', 'output.log']\n",
        "nothing of the supervisor's"
    );
}

#[test]
fn a_broken_pipe_ends_a_task_as_it_does_in_a_shell() {
    // The Rust runtime ignores the signal; a task must not inherit that.
    let scene = Scene::new();
    let mut run = Supervised::start(&scene, &["grep", "SigIgn", "/proc/self/status"], |_| {});
    assert_eq!(run.outcome(), Outcome::Succeeded);
    let log = run.log();
    let ignored = u64::from_str_radix(log.split_whitespace().last().unwrap(), 16).unwrap();
    assert_eq!(ignored & (1 << 12), 0, "{log}");
}

#[test]
fn what_cannot_be_started_says_why() {
    let scene = Scene::new();
    scene.write("no_program", "echo\n");
    let no_program = scene.path("no_program").to_string_lossy().into_owned();
    let reason = |command: &[&str], change: &dyn Fn(&mut runyard::storage::format::RunFile)| {
        match Supervised::start(&scene, command, change).outcome() {
            Outcome::FailedToStart { reason } => reason,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        reason(&["no-such-program"], &|_| {}),
        "`no-such-program` does not exist"
    );
    assert_eq!(
        reason(&[&no_program], &|_| {}),
        format!("`{no_program}` may not be executed")
    );
    let gone = reason(&["true"], &|run| run.working_dir = "/nowhere".to_owned());
    assert_eq!(gone, "the working directory `/nowhere` does not exist");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&no_program, mode).unwrap();
    assert!(reason(&[&no_program], &|_| {}).contains("`#!/bin/sh`"));
    // Also where a command of ours stands between.
    let nice = |run: &mut runyard::storage::format::RunFile| run.execution.nice = Some(1);
    assert_eq!(
        reason(&["no-such-program"], &nice),
        "`no-such-program` does not exist"
    );
}

#[test]
fn a_soft_limit_asks_and_a_hard_limit_kills() {
    let scene = Scene::new();
    let mut soft = Supervised::python(&scene, STUBBORN, |run| {
        run.time_limits = TimeLimits {
            soft_ms: Some(1500),
            hard_ms: None,
        };
        run.grace_period_secs = 1;
    });
    soft.wait_log("asked 15");
    // The process is asked first, and then it is written down.
    wait_until("the record says so", || {
        soft.record().status == RunStatus::Terminating
    });
    assert_eq!(soft.outcome(), Outcome::TimedOut);

    let scene = Scene::new();
    let begun = Instant::now();
    let mut hard = Supervised::python(&scene, STUBBORN, |run| {
        run.time_limits = TimeLimits {
            soft_ms: None,
            hard_ms: Some(1500),
        };
        run.grace_period_secs = 600;
    });
    hard.wait_log("ready");
    assert_eq!(hard.outcome(), Outcome::TimedOut);
    assert!(begun.elapsed() >= Duration::from_millis(1500));
    assert_eq!(hard.log(), "ready\n", "nobody asked");
}

#[test]
fn a_run_that_ends_before_its_limits_is_its_own() {
    let scene = Scene::new();
    let mut run = Supervised::start(&scene, &["sh", "-c", "exit 3"], |run| {
        run.time_limits = TimeLimits {
            soft_ms: Some(60_000),
            hard_ms: Some(60_000),
        };
    });
    assert_eq!(run.outcome(), Outcome::Failed { exit_code: 3 });
}

/// Logs one row of metrics per step and waits for a file between them.
const METRICS: &str = r#"
import json, os, time
path = os.path.join(os.environ["RUNYARD_RUN_DIR"], "metrics.jsonl")
for step, loss in enumerate([1.0, 0.5, "NaN", 7.0, 8.0]):
    while not os.path.exists(f"step{step}"):
        time.sleep(0.005)
    with open(path, "a") as metrics:
        metrics.write(json.dumps({"step": step, "loss": loss}) + "\n")
print("whole", flush=True)
time.sleep(600)
"#;

#[test]
fn a_stop_rule_ends_the_run_when_it_holds_and_is_named() {
    let scene = Scene::new();
    let mut run = Supervised::python(&scene, METRICS, |run| {
        run.stop_when = vec!["loss <".to_owned(), "step >= 1 and loss > 5".to_owned()];
    });
    for step in 0..3 {
        scene.write(&format!("step{step}"), "");
    }
    wait_until("the rows are written", || {
        run.read("metrics.jsonl").lines().count() == 3
    });
    assert_eq!(run.record().status, RunStatus::Running);
    scene.write("step3", "");
    let record = run.ended();
    assert_eq!(record.outcome, Some(cancelled(CancelledBy::Rule)));
    assert_eq!(record.error_line.as_deref(), Some("step >= 1 and loss > 5"));
    assert_eq!(record.warnings.len(), 1, "{:?}", record.warnings);
    assert!(
        record.warnings[0].contains("`loss <`"),
        "{:?}",
        record.warnings
    );
}

#[test]
fn a_daemon_that_left_the_session_is_gone_before_the_end_is_recorded() {
    let scene = Scene::new();
    let marker = scene.path("daemon").to_string_lossy().into_owned();
    let text = format!(
        "import os, signal, sys, time\n\
         if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        \
         os.execv(sys.executable, [sys.executable, '-c', 'import signal, time; \
         signal.signal(signal.SIGTERM, signal.SIG_IGN); open({marker:?}, \"w\"); time.sleep(600)', {marker:?}])\n    \
         os._exit(0)\nos.wait()\n\
         while not os.path.exists({marker:?}):\n    time.sleep(0.01)\n"
    );
    let mut run = Supervised::python(&scene, &text, |_| {});
    assert_eq!(
        run.outcome(),
        Outcome::Succeeded,
        "its outcome stays its own"
    );
    assert_eq!(processes::with_marker(&marker), [0_u32; 0]);
}

#[test]
fn a_stopped_process_is_let_continue_to_hear_the_request() {
    let scene = Scene::new();
    let mut run = Supervised::python(&scene, SLEEP, |run| run.grace_period_secs = 600);
    run.wait_log("ready");
    processes::signal(run.task(), Signal::STOP);
    run.signal(Signal::USR1);
    assert_eq!(run.outcome(), cancelled(CancelledBy::User));
}

#[test]
fn a_kill_by_somebody_else_is_a_signal_and_no_lack_of_memory() {
    let scene = Scene::new();
    let mut run = Supervised::python(&scene, SLEEP, |_| {});
    run.wait_log("ready");
    processes::signal(run.task(), Signal::KILL);
    assert_eq!(run.outcome(), Outcome::Signaled { signal: 9 });
}
