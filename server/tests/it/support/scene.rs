//! A folder of its own with scripts in it, and a person at its command line.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use rustix::process::Signal;
use serde_json::Value;

use super::processes;

/// The real interpreter: version managers put slow shell scripts in its place.
pub(crate) fn python() -> &'static str {
    static PYTHON: OnceLock<String> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let output = Command::new("python3")
            .args(["-c", "import sys; print(sys.executable)"])
            .output()
            .expect("these tests need python3");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    })
}

/// What a command printed and how it ended.
#[derive(Debug)]
pub(crate) struct Printed {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Printed {
    /// Standard output as one JSON value.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {} {}", self.stdout, self.stderr))
    }
}

/// A folder that is gone at the end, with every process that was started in it.
#[derive(Debug)]
pub(crate) struct Scene {
    root: PathBuf,
    _dir: tempfile::TempDir,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let dir = tempfile::Builder::new()
            .prefix("runyard-it-")
            .tempdir()
            .unwrap();
        let root = dir.path().canonicalize().unwrap();
        Self { root, _dir: dir }
    }

    /// A folder with one script.
    pub(crate) fn with(name: &str, text: &str) -> Self {
        let scene = Self::new();
        scene.write(name, text);
        scene
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// Writes a file and the folders above it.
    pub(crate) fn write(&self, relative: &str, text: impl AsRef<[u8]>) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The text of a file; empty if there is none yet.
    pub(crate) fn read(&self, relative: &str) -> String {
        fs::read_to_string(self.path(relative)).unwrap_or_default()
    }

    pub(crate) fn json(&self, relative: &str) -> Value {
        serde_json::from_str(&self.read(relative)).unwrap_or_default()
    }

    /// The lines of `events.txt`, which several scripts write.
    pub(crate) fn events(&self) -> Vec<String> {
        self.read("events.txt").lines().map(str::to_owned).collect()
    }

    /// The names inside a folder, sorted; none if there is no such folder.
    pub(crate) fn names(&self, relative: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path(relative)) else {
            return Vec::new();
        };
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// The run's record on disk.
    pub(crate) fn record(&self, experiment: &str, task: &str, number: u32) -> Value {
        self.json(&format!(
            "_runyard_/{experiment}/tasks/{task}/runs/{number}/run.json"
        ))
    }

    /// The only task's folder name.
    pub(crate) fn only_task(&self, experiment: &str) -> String {
        let names = self.names(&format!("_runyard_/{experiment}/tasks"));
        assert_eq!(names.len(), 1, "{names:?}");
        names.into_iter().next().unwrap()
    }

    /// The binary, in this folder, without colours and with nobody's settings.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runyard"));
        command
            .current_dir(&self.root)
            .env("NO_COLOR", "1")
            .env_remove("RUNYARD_LOG")
            .env_remove("LEPTOS_SITE_ADDR")
            .stdin(Stdio::null());
        command
    }

    /// Runs the binary to its end.
    pub(crate) fn runyard(&self, words: &[&str]) -> Printed {
        printed(self.command().args(words).output().unwrap())
    }

    /// `runyard run` with the right interpreter.
    pub(crate) fn run(&self, words: &[&str]) -> Printed {
        let mut all = vec!["run"];
        all.extend(words);
        all.extend(["--python", python()]);
        self.runyard(&all)
    }

    /// A text without what differs from machine to machine.
    pub(crate) fn plain(&self, text: &str) -> String {
        text.replace(&*self.root.to_string_lossy(), "[dir]")
            .trim_end()
            .to_owned()
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        // Supervisors first, so that nobody records or restarts anything; then their tasks.
        for pid in processes::with_marker(&self.root.to_string_lossy()) {
            processes::signal(pid, Signal::KILL);
        }
    }
}

pub(crate) fn printed(output: Output) -> Printed {
    Printed {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
