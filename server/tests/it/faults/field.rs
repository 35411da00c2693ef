//! A project whose tasks leave traces outside it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use domain::config::Key;
use domain::grid::{Input, plan};
use domain::schema::Schema;
use domain::schema::parameters::parameters;
use serde_json::{Value, json};

use crate::support::{Scene, Server, processes};

/// Read for its arguments, never run: [`JOB`] stands in for the interpreter, which makes a task cost a millisecond.
const SCRIPT: &str = r#"
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--n", type=int, default=0)
parser.add_argument("--ms", type=int, default=0)
parser.add_argument("--code", type=int, default=0)
parser.add_argument("--child", type=int, default=0)
"#;

/// The task: says that it begins, perhaps leaves a child behind that has left its session, lives on, says how it will end,
/// ends.
const JOB: &str = r#"#!/bin/sh
case $1 in *.py) ;; *) exit 0 ;; esac
here=$(dirname "$0")
script=$1
n=0 ms=0 code=0 child=0
shift
while [ $# -gt 1 ]; do
    case $1 in --n) n=$2 ;; --ms) ms=$2 ;; --code) code=$2 ;; --child) child=$2 ;; esac
    shift 2
done
run=${RUNYARD_RUN_DIR##*/}
echo "begin $n $run" >> "$here/traces"
echo "line of $n"
if [ "$child" = 1 ]; then (setsid "$here/child" "$script" &) fi
sleep "$((ms / 1000)).$(printf %03d $((ms % 1000)))"
echo "end $n $run $code" >> "$here/traces"
exit "$code"
"#;

/// Outlives its parent if nobody ends it; names the project in its command line.
const CHILD: &str = "#!/bin/sh\nsleep 30\n: \"$1\"\n";

/// A project, and what its tasks write their traces to.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) scene: Scene,
    tools: tempfile::TempDir,
}

/// What a task has left: its number, its run's number, and for an end the exit code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trace {
    pub(super) word: String,
    pub(super) n: u64,
    pub(super) run: u64,
    pub(super) code: Option<i64>,
}

impl Field {
    pub(super) fn new(slots: u32) -> Self {
        Self::in_scene(Scene::new(), slots)
    }

    pub(super) fn in_scene(scene: Scene, slots: u32) -> Self {
        scene.write("train.py", SCRIPT);
        scene.write(
            "_runyard_/settings.toml",
            format!("slots = {slots}\ngrace_period_secs = 1\n[snapshot]\nenabled = false\n"),
        );
        let tools = tempfile::Builder::new()
            .prefix("runyard-it-tools-")
            .tempdir()
            .unwrap();
        let field = Self { scene, tools };
        field.tool("job", JOB);
        field.tool("child", CHILD);
        field
    }

    fn tool(&self, name: &str, text: &str) {
        let path = self.tools.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    pub(super) fn job(&self) -> PathBuf {
        self.tools.path().join("job")
    }

    pub(super) fn tools(&self) -> &Path {
        self.tools.path()
    }

    /// A server of the project.
    pub(super) fn serve(&self) -> Server {
        self.serve_through(self.scene.command())
    }

    /// The same, `command` being what runs the binary.
    pub(super) fn serve_through(&self, command: Command) -> Server {
        Server::start_through(command, &self.job(), &["train.py", "--port", "0"])
    }

    /// What the tasks have left so far, in order.
    pub(super) fn traces(&self) -> Vec<Trace> {
        let text = fs::read_to_string(self.tools.path().join("traces")).unwrap_or_default();
        text.lines().map(parse).collect()
    }

    /// The supervisors that live.
    pub(super) fn supervisors(&self) -> Vec<u32> {
        processes::themselves_with_marker(&format!("supervise\0{}", self.scene.root().display()))
    }

    /// Everything that tasks have started and that lives: each names the script.
    pub(super) fn workers(&self) -> Vec<u32> {
        let supervisors = self.supervisors();
        let script = self.scene.path("train.py");
        let mut workers = processes::with_marker(&script.to_string_lossy());
        workers.retain(|pid| !supervisors.contains(pid));
        workers
    }

    /// A submission of tasks numbered `from` to `to`, each living `ms` milliseconds and ending with `code`; those of every second
    /// length leave a child behind.
    pub(super) fn body(&self, from: u64, to: u64, ms: u64, code: u64) -> Value {
        let child = ms % 2;
        let inputs: Vec<Input> = [
            ("n", format!("{from}:{to}")),
            ("ms", ms.to_string()),
            ("code", code.to_string()),
            ("child", child.to_string()),
        ]
        .into_iter()
        .map(|(key, text)| Input {
            key: Key::new(key),
            text,
        })
        .collect();
        let schema = self.scene.json("_runyard_/train/experiment.json")["schema"].take();
        let schema: Schema = serde_json::from_value(schema).unwrap();
        let planned = plan(&parameters(&schema.parser), &inputs);
        let digest = planned.grid.unwrap().digest();
        json!({ "inputs": inputs, "prefix": "task", "digest": digest, "start": "now", "rerun": true })
    }

    /// All tasks that the server knows.
    pub(super) fn tasks(server: &Server) -> Vec<Value> {
        let mut tasks = Vec::new();
        loop {
            let path = format!("/api/v1/tasks?limit=500&offset={}", tasks.len());
            let mut page = server.get(&path).json();
            let rows = page["tasks"].as_array_mut().map(std::mem::take);
            let rows = rows.unwrap_or_default();
            if rows.is_empty() {
                return tasks;
            }
            tasks.extend(rows);
        }
    }

    /// An act on one task; the server may die before it answers.
    pub(super) fn act(server: &Server, act: &str, task: &Value) {
        let body = json!({ "tasks": [task["id"]] });
        server
            .ask("POST", &format!("/api/v1/tasks/{act}"))
            .json(&body)
            .try_send(server.port);
    }
}

fn parse(line: &str) -> Trace {
    let mut words = line.split(' ');
    let mut next = || words.next().unwrap_or_default().to_owned();
    let (word, n, run) = (next(), next(), next());
    Trace {
        word,
        n: n.parse().unwrap_or_else(|_| panic!("{line}")),
        run: run.parse().unwrap_or_else(|_| panic!("{line}")),
        code: next().parse().ok(),
    }
}
