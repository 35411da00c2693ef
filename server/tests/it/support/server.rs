//! A running server, and a browser's usual requests to it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use domain::config::Key;
use domain::grid::{Input, plan};
use domain::schema::Schema;
use domain::schema::parameters::parameters;
use rustix::process::Signal;
use serde_json::{Value, json};

use super::scene::{Scene, python};
use super::wait::{wait_for, wait_until};
use super::{Answer, Ask, processes};

/// A server of a scene's project; killed at the end.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
    pub(crate) token: String,
    /// Everything it wrote to standard output and to standard error.
    pub(crate) output: PathBuf,
}

impl Server {
    /// Serves a script on a free port and waits until it says where.
    pub(crate) fn start(scene: &Scene, script: &str) -> Self {
        Self::start_with(scene, &[script, "--port", "0"])
    }

    pub(crate) fn start_with(scene: &Scene, words: &[&str]) -> Self {
        Self::start_through(scene.command(), python().as_ref(), words)
    }

    /// The same with another interpreter, `command` being what runs the binary.
    pub(crate) fn start_through(command: Command, python: &Path, words: &[&str]) -> Self {
        Self::try_start_through(command, python, words)
            .unwrap_or_else(|said| panic!("the server ended: {said}"))
    }

    /// The same; what it said if it ended before it said where it serves.
    pub(crate) fn try_start_through(
        mut command: Command,
        python: &Path,
        words: &[&str],
    ) -> Result<Self, String> {
        // Outside the project: nobody's business there.
        let output = tempfile::Builder::new()
            .prefix("runyard-it-output-")
            .tempfile()
            .unwrap()
            .into_temp_path()
            .keep()
            .unwrap();
        let file = File::create(&output).unwrap();
        let child = command
            .args(words)
            .args(["--no-browser", "--python"])
            .arg(python)
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let mut this = Self {
            child,
            port: 0,
            token: String::new(),
            output,
        };
        let url = wait_for("the server prints its URL", || {
            // Looked at first: what it said last is read afterwards.
            let is_over = this.is_over();
            let text = this.said();
            let url = text
                .lines()
                .find_map(|line| line.split_once("http://127.0.0.1:"));
            match url {
                // A line that has not been written to its end is no line.
                Some(url) if text.ends_with('\n') => Some(Ok(url.1.to_owned())),
                _ => is_over.then_some(Err(text)),
            }
        })?;
        let (port, token) = url.trim().split_once("/?token=").unwrap();
        this.port = port.parse().unwrap();
        token.clone_into(&mut this.token);
        Ok(this)
    }

    /// True if its process has ended.
    pub(crate) fn is_over(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// What it wrote so far.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(&self.output).unwrap_or_default()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends it in good order.
    pub(crate) fn stop(mut self) {
        processes::signal(self.pid(), Signal::TERM);
        wait_until("the server ends", || {
            self.child.try_wait().unwrap().is_some()
        });
    }

    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.host())
    }

    /// A request of a program that has the token.
    pub(crate) fn ask(&self, method: &str, target: &str) -> Ask {
        self.stranger(method, target)
            .header("Authorization", format!("Bearer {}", self.token))
    }

    /// A request of somebody without the token.
    pub(crate) fn stranger(&self, method: &str, target: &str) -> Ask {
        Ask::new(method, target).header("Host", self.host())
    }

    /// A request of a browser that has opened the URL; its page's origin is not added.
    pub(crate) fn browser(&self, method: &str, target: &str) -> Ask {
        self.stranger(method, target)
            .header("Cookie", self.cookie())
    }

    /// The cookie that the URL is exchanged for.
    pub(crate) fn cookie(&self) -> String {
        let answer = self
            .stranger("GET", &format!("/?token={}", self.token))
            .send(self.port);
        let cookie = answer.header("set-cookie").expect("a cookie");
        cookie.split(';').next().unwrap().to_owned()
    }

    pub(crate) fn get(&self, target: &str) -> Answer {
        self.ask("GET", target).send(self.port)
    }

    pub(crate) fn put(&self, target: &str, body: &Value) -> Answer {
        self.ask("PUT", target).json(body).send(self.port)
    }

    pub(crate) fn post(&self, target: &str, body: &Value) -> Answer {
        self.ask("POST", target).json(body).send(self.port)
    }

    /// The body of a submission as the page makes it, with the digest of the grid that the page previews.
    pub(crate) fn submission(&self, experiment: &str, typed: &[(&str, &str)]) -> Value {
        let schema = self
            .get(&format!("/api/v1/experiments/{experiment}"))
            .json()["schema"]
            .take();
        let schema: Schema = serde_json::from_value(schema).unwrap();
        let inputs: Vec<Input> = typed
            .iter()
            .map(|(key, text)| Input {
                key: Key::new(*key),
                text: (*text).to_owned(),
            })
            .collect();
        let grid = plan(&parameters(&schema.parser), &inputs).grid;
        let digest = grid.map_or_else(String::new, |grid| grid.digest());
        // Tests of other rules submit the same points again and mean it.
        json!({ "inputs": inputs, "prefix": "task", "digest": digest, "start": "now", "rerun": true })
    }

    /// Submits a sweep and returns the tasks' names in order.
    pub(crate) fn submit(&self, experiment: &str, typed: &[(&str, &str)]) -> Vec<String> {
        let body = self.submission(experiment, typed);
        let answer = self.post(&format!("/api/v1/experiments/{experiment}/sweeps"), &body);
        assert_eq!(answer.status, 201, "{}", answer.text());
        let (sweep, count) = (
            answer.json()["sweep"].clone(),
            answer.json()["count"].clone(),
        );
        let (sweep, count) = (sweep.as_str().unwrap(), count.as_u64().unwrap());
        (1..=count)
            .map(|index| format!("{sweep}_{index}-of-{count}"))
            .collect()
    }

    /// Runs, reruns or cancels tasks.
    pub(crate) fn act(&self, act: &str, experiment: &str, tasks: &[&str]) -> Value {
        let tasks: Vec<Value> = tasks
            .iter()
            .map(|task| json!({ "experiment": experiment, "task": task }))
            .collect();
        let answer = self.post(&format!("/api/v1/tasks/{act}"), &json!({ "tasks": tasks }));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    /// One task with its runs.
    pub(crate) fn task(&self, experiment: &str, task: &str) -> Value {
        self.get(&format!("/api/v1/tasks/{experiment}/{task}"))
            .json()
    }

    /// The word people see.
    pub(crate) fn status(&self, experiment: &str, task: &str) -> String {
        let detail = self.task(experiment, task);
        detail["summary"]["status"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// Waits until a task shows a status.
    pub(crate) fn wait_status(&self, experiment: &str, task: &str, status: &str) {
        wait_until(&format!("`{task}` is {status}"), || {
            self.status(experiment, task) == status
        });
    }

    /// Waits until nothing runs or waits any more, and returns the counts.
    pub(crate) fn wait_idle(&self) -> Value {
        wait_for("nothing runs or waits", || {
            let counts = self.get("/api/v1/project").json()["counts"].take();
            (counts["queued"] == 0 && counts["running"] == 0).then_some(counts)
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have been ended already.
        self.child.kill().ok();
        self.child.wait().ok();
        std::fs::remove_file(&self.output).ok();
    }
}
