//! What is around a project fails: the disk is full or read-only, descriptors are few, the clock goes back, the machine was
//! started anew.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;

use super::field::Field;
use super::truth::{self, Deeds};
use crate::support::{Scene, Server, processes, wait_until};

/// A file system of its own over a scene; unmounted at the end.
struct SmallDisk {
    path: PathBuf,
}

impl SmallDisk {
    /// `None` where mounting is not allowed.
    fn over(path: &Path, bytes: &str) -> Option<Self> {
        let options = format!("size={bytes},mode=0755");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
            .arg(path)
            .output();
        let is_mounted = mounted.is_ok_and(|output| output.status.success());
        if !is_mounted {
            println!("file systems cannot be mounted here: not tried");
        }
        is_mounted.then(|| Self {
            path: path.to_path_buf(),
        })
    }

    fn remount(&self, how: &str) {
        let status = Command::new("mount")
            .args(["-o", &format!("remount,{how}")])
            .arg(&self.path)
            .status();
        assert!(status.unwrap().success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        for pid in processes::with_marker(&self.path.to_string_lossy()) {
            processes::signal(pid, Signal::KILL);
        }
        // Lazily: a process that dies may still have a file open.
        Command::new("umount")
            .arg("-l")
            .arg(&self.path)
            .status()
            .ok();
    }
}

/// Writes until nothing fits any more.
fn fill(path: &Path) {
    let mut file = File::create(path).unwrap();
    let block = [0_u8; 4096];
    while file.write_all(&block).is_ok() {}
    // What is smaller than a block.
    while file.write_all(&block[..1]).is_ok() {}
}

fn submit(field: &Field, server: &Server, (from, to): (u64, u64), ms: u64) -> u16 {
    let body = field.body(from, to, ms, 0);
    server
        .post("/api/v1/experiments/train/sweeps", &body)
        .status
}

#[test]
fn a_full_disk_loses_no_end_and_starts_nothing_twice() {
    let scene = Scene::new();
    let Some(disk) = SmallDisk::over(scene.root(), "3m") else {
        return;
    };
    let field = Field::in_scene(scene, 2);
    let server = field.serve();
    assert_eq!(submit(&field, &server, (1, 10), 400), 201);
    wait_until("two run", || field.traces().len() >= 2);
    fill(&disk.path.join("filler"));
    // What runs ends while nothing can be written; what is submitted is refused and says why.
    wait_until("two have ended", || {
        field
            .traces()
            .iter()
            .filter(|trace| trace.word == "end")
            .count()
            >= 2
    });
    let body = field.body(50, 60, 1, 0);
    let answer = server.post("/api/v1/experiments/train/sweeps", &body);
    assert_eq!(answer.status, 507, "{}", answer.text());
    assert!(answer.text().contains("No space left"), "{}", answer.text());
    fs::remove_file(disk.path.join("filler")).unwrap();
    let deeds = Deeds {
        confirmed: (1..=10).collect(),
        starts_may_fail: true,
        ..Deeds::default()
    };
    let tasks = truth::check(&field, &server, &deeds);
    let completed = tasks.iter().filter(|task| task["status"] == "completed");
    assert!(
        completed.count() >= 2,
        "what had ended by itself is told: {tasks:?}"
    );
    truth::check_again(&field, server, &tasks);
}

#[test]
fn a_read_only_disk_loses_no_end_and_refuses_what_it_cannot_keep() {
    let scene = Scene::new();
    let Some(disk) = SmallDisk::over(scene.root(), "8m") else {
        return;
    };
    let field = Field::in_scene(scene, 2);
    let server = field.serve();
    assert_eq!(submit(&field, &server, (1, 6), 300), 201);
    wait_until("two run", || field.traces().len() >= 2);
    // Files that are open for writing forbid it: the logs of what runs. So nothing may be open.
    server.kill();
    wait_until("what ran has ended", || {
        field.workers().is_empty() && field.supervisors().is_empty()
    });
    disk.remount("ro");
    let ended = field.traces().len();
    let words = ["train.py", "--port", "0"];
    let refused = Server::try_start_through(field.scene.command(), &field.job(), &words);
    let said = refused.map(drop).unwrap_err();
    assert!(said.contains("Read-only file system"), "{said}");
    assert_eq!(field.traces().len(), ended, "nothing was started");
    disk.remount("rw");
    let server = field.serve();
    let deeds = Deeds {
        confirmed: (1..=6).collect(),
        ..Deeds::default()
    };
    let tasks = truth::check(&field, &server, &deeds);
    truth::check_again(&field, server, &tasks);
}

#[test]
fn with_few_descriptors_everything_takes_longer_and_nothing_breaks() {
    let field = Field::new(64);
    let mut command = Command::new("sh");
    command
        .current_dir(field.scene.root())
        .env("NO_COLOR", "1")
        .args(["-c", "ulimit -n 256; exec \"$0\" \"$@\""])
        .arg(env!("CARGO_BIN_EXE_runyard"));
    let server = field.serve_through(command);
    assert_eq!(submit(&field, &server, (1, 150), 150), 201);
    let deeds = Deeds {
        confirmed: (1..=150).collect(),
        ..Deeds::default()
    };
    let tasks = truth::check(&field, &server, &deeds);
    assert!(tasks.iter().all(|task| task["status"] == "completed"));
    truth::check_again(&field, server, &tasks);
}

/// libfaketime, where a distribution puts it.
fn faketime() -> Option<PathBuf> {
    let lib = Path::new("/usr/lib");
    let mut found: Vec<PathBuf> = fs::read_dir(lib)
        .unwrap()
        .filter_map(Result::ok)
        .map(|entry| entry.path().join("faketime/libfaketimeMT.so.1"))
        .filter(|path| path.exists())
        .collect();
    found.pop()
}

#[test]
fn a_clock_that_goes_back_by_a_day_disturbs_nothing() {
    let Some(library) = faketime() else {
        println!("libfaketime is not installed: not tried");
        return;
    };
    let field = Field::new(2);
    let clock = field.tools().join("clock");
    fs::write(&clock, "+0\n").unwrap();
    let mut command = field.scene.command();
    command
        .env("LD_PRELOAD", library)
        .env("FAKETIME_TIMESTAMP_FILE", &clock)
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    let server = field.serve_through(command);
    assert_eq!(submit(&field, &server, (1, 12), 120), 201);
    wait_until("four have begun", || {
        field
            .traces()
            .iter()
            .filter(|trace| trace.word == "begin")
            .count()
            >= 4
    });
    fs::write(&clock, "-1d\n").unwrap();
    assert_eq!(submit(&field, &server, (13, 20), 20), 201);
    let deeds = Deeds {
        confirmed: (1..=20).collect(),
        ..Deeds::default()
    };
    let tasks = truth::check(&field, &server, &deeds);
    assert!(tasks.iter().all(|task| task["status"] == "completed"));
    truth::check_again(&field, server, &tasks);
}

#[test]
fn after_another_boot_what_ran_is_lost_and_numbers_of_strangers_are_left_alone() {
    let field = Field::new(2);
    let server = field.serve();
    assert_eq!(submit(&field, &server, (1, 3), 20_000), 201);
    wait_until("two run", || field.traces().len() >= 2);
    let supervisors = field.supervisors();
    server.kill();
    let workers = field.workers();
    for pid in supervisors.iter().chain(&workers) {
        processes::signal(*pid, Signal::KILL);
    }
    wait_until("all are gone", || {
        field.supervisors().is_empty() && field.workers().is_empty()
    });
    // The numbers are strangers' now, and started at the very tick: only the boot tells.
    let mut stranger = Command::new("sleep").arg("600").spawn().unwrap();
    let stat = fs::read_to_string(format!("/proc/{}/stat", stranger.id())).unwrap();
    let ticks: u64 = stat
        .rsplit_once(')')
        .unwrap()
        .1
        .split_whitespace()
        .nth(19)
        .unwrap()
        .parse()
        .unwrap();
    for task in field.scene.names("_runyard_/train/tasks") {
        let mut record = field.scene.record("train", &task, 1);
        if record["status"] != "running" {
            continue;
        }
        record["process"]["boot_id"] = "another boot".into();
        record["process"]["pid"] = stranger.id().into();
        record["process"]["start_ticks"] = ticks.into();
        let path = format!("_runyard_/train/tasks/{task}/runs/1/run.json");
        field.scene.write(&path, record.to_string());
    }
    let server = field.serve();
    let counts = |status: &str| {
        let project = server.get("/api/v1/project").json();
        project["counts"][status].as_u64().unwrap()
    };
    wait_until("two are lost", || counts("lost") == 2);
    wait_until("the third one runs", || counts("running") == 1);
    let lives = stranger.try_wait().unwrap().is_none();
    stranger.kill().unwrap();
    stranger.wait().unwrap();
    assert!(lives, "a stranger was killed");
}
