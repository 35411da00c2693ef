//! One run under a real supervisor, without a server: its record is written by hand and read at its end.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use runyard::storage::atomic::Durability;
use runyard::storage::format::{FORMAT, RunFile};
use runyard::storage::layout::RunDir;
use runyard::storage::runs;
use rustix::process::Signal;

use domain::run::{Outcome, RunStatus};

use super::wait::wait_for;
use super::{Scene, processes, wait_until};

/// A supervisor and the folder of its run.
pub(crate) struct Supervised {
    dir: RunDir,
    child: Child,
    said: PathBuf,
}

impl Supervised {
    /// Starts the run of a command in the scene's folder, with what `change` sets in its record.
    pub(crate) fn start(
        scene: &Scene,
        command: &[&str],
        change: impl FnOnce(&mut RunFile),
    ) -> Self {
        let folder = scene.path("run");
        std::fs::create_dir_all(&folder).unwrap();
        let run_dir = folder.to_string_lossy().into_owned();
        let mut run = RunFile {
            format: FORMAT,
            number: 1,
            status: RunStatus::Starting,
            command: command.iter().map(|word| (*word).to_owned()).collect(),
            working_dir: scene.root().to_string_lossy().into_owned(),
            environment: vec![
                ("RUNYARD_RUN_DIR".to_owned(), run_dir),
                ("PYTHONUNBUFFERED".to_owned(), "1".to_owned()),
            ],
            grace_period_secs: 20,
            ..RunFile::default()
        };
        change(&mut run);
        let dir = RunDir::new(folder);
        runs::write(&dir, &run, Durability::Process).unwrap();
        let said = scene.path("said.jsonl");
        let child = Command::new(env!("CARGO_BIN_EXE_runyard"))
            .arg("supervise")
            .arg(dir.path())
            .stdin(Stdio::null())
            .stdout(std::fs::File::create(&said).unwrap())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { dir, child, said }
    }

    /// The run of a Python program.
    pub(crate) fn python(scene: &Scene, text: &str, change: impl FnOnce(&mut RunFile)) -> Self {
        scene.write("task.py", text);
        let python = super::scene::python();
        Self::start(scene, &[python, "task.py"], change)
    }

    /// The supervisor's process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal to the supervisor.
    pub(crate) fn signal(&self, signal: Signal) {
        processes::signal(self.pid(), signal);
    }

    /// The record as it is now.
    pub(crate) fn record(&self) -> RunFile {
        runs::read(&self.dir).unwrap()
    }

    /// The task's process, once the record names it.
    pub(crate) fn task(&self) -> u32 {
        wait_for("the task runs", || Some(self.record().process?.pid))
    }

    /// What it has told its server: its record after each change, line by line.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(&self.said).unwrap()
    }

    pub(crate) fn dir(&self) -> &RunDir {
        &self.dir
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The text of a file of the run's folder, empty as long as there is none.
    pub(crate) fn read(&self, name: &str) -> String {
        let bytes = std::fs::read(self.path(name)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The log.
    pub(crate) fn log(&self) -> String {
        self.read("output.log")
    }

    /// Waits until the log holds this.
    pub(crate) fn wait_log(&self, text: &str) {
        wait_until(&format!("the log holds `{text}`"), || {
            self.log().contains(text)
        });
    }

    /// Waits for the supervisor's end; the record as it is then.
    pub(crate) fn ended(&mut self) -> RunFile {
        wait_until("the supervisor ends", || {
            self.child.try_wait().unwrap().is_some()
        });
        self.record()
    }

    /// [`Self::ended`], for whoever wants to know only how.
    pub(crate) fn outcome(&mut self) -> Outcome {
        self.ended()
            .outcome
            .expect("a run that has ended has an outcome")
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        // A test that fails leaves nothing behind: the first request asks, the second one kills.
        if matches!(self.child.try_wait(), Ok(None)) {
            self.signal(Signal::USR1);
            self.signal(Signal::TERM);
            self.child.wait().ok();
        }
    }
}
