//! What a supervisor does when the system fails it: it holds on to the end of its run as long as it lives.

use std::process::Command;

use domain::run::{Outcome, RunStatus};
use rustix::process::{Pid, Resource, Rlimit, Signal, prlimit};

use crate::support::{Scene, Supervised, processes, wait_until};

const GATE: &str = "import os, sys, time\nprint('ready', flush=True)\n\
                    while not os.path.exists('open'):\n    time.sleep(0.01)\nsys.exit(7)\n";

/// A small file system of its own, which can be filled; `None` where this user may not mount one.
struct SmallDisk {
    scene: Scene,
}

impl SmallDisk {
    fn mount() -> Option<Self> {
        let scene = Scene::new();
        std::fs::create_dir(scene.path("run")).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=256k", "none"])
            .arg(scene.path("run"))
            .output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self { scene });
        }
        eprintln!("not tried: this user may not mount a file system");
        None
    }

    /// Takes all space that is left.
    fn fill(&self) {
        let full = std::fs::write(self.scene.path("run/filler"), vec![0_u8; 1 << 20]);
        assert!(full.is_err(), "it holds less than that");
    }

    fn free(&self) {
        std::fs::remove_file(self.scene.path("run/filler")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        Command::new("umount")
            .arg("-l")
            .arg(self.scene.path("run"))
            .status()
            .ok();
    }
}

#[test]
fn the_end_of_a_run_on_a_full_disk_is_recorded_when_there_is_space_again() {
    let Some(disk) = SmallDisk::mount() else {
        return;
    };
    let mut run = Supervised::python(&disk.scene, GATE, |_| {});
    run.wait_log("ready");
    let task = run.task();
    disk.fill();
    disk.scene.write("open", "");
    wait_until("the task has ended", || !processes::is_alive(task));
    wait_until("the server hears of it", || {
        run.said().contains("its end could not be recorded at once")
    });
    // The record still says what was true last, the supervisor lives, and nobody was told of an end that is not recorded.
    assert!(!run.said().contains("\"finished\""), "{}", run.said());
    assert_eq!(run.record().status, RunStatus::Running);
    assert!(processes::is_alive(run.pid()));
    disk.free();
    let record = run.ended();
    assert_eq!(record.outcome, Some(Outcome::Failed { exit_code: 7 }));
    assert_eq!(record.warnings.len(), 1, "{:?}", record.warnings);
    assert!(record.warnings[0].starts_with("its end could not be recorded at once"));
}

#[test]
fn a_supervisor_may_have_few_open_files() {
    let scene = Scene::new();
    let mut run = Supervised::python(&scene, GATE, |_| {});
    let few = Rlimit {
        current: Some(16),
        maximum: Some(16),
    };
    let pid = i32::try_from(run.pid()).ok().and_then(Pid::from_raw);
    prlimit(pid, Resource::Nofile, few).unwrap();
    run.wait_log("ready");
    scene.write("open", "");
    assert_eq!(run.outcome(), Outcome::Failed { exit_code: 7 });
}

#[test]
fn a_system_that_ends_everything_ends_the_task_and_its_end_is_recorded() {
    let scene = Scene::new();
    let mut run = Supervised::python(&scene, GATE, |_| {});
    run.wait_log("ready");
    run.signal(Signal::TERM);
    assert_eq!(run.outcome(), Outcome::Signaled { signal: 15 });
}
