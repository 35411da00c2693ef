//! `runyard engine`, asked as the Python package asks it.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use serde_json::{Value, json};

use super::Scene;
use super::wait::CEILING;

/// An engine; its input is closed at the end.
#[derive(Debug)]
pub(crate) struct Engine {
    child: Child,
    input: Option<ChildStdin>,
    said: Receiver<String>,
    /// What it said and nobody has waited for yet.
    held: Vec<Value>,
    next: u64,
}

impl Engine {
    pub(crate) fn start(scene: &Scene) -> Self {
        let mut child = scene
            .command()
            .arg("engine")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (sender, said) = channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self {
            input: child.stdin.take(),
            child,
            said,
            held: Vec::new(),
            next: 1,
        }
    }

    /// Sends a line as it is.
    pub(crate) fn raw(&mut self, line: &str) {
        let input = self.input.as_mut().unwrap();
        writeln!(input, "{line}").unwrap();
    }

    /// Asks, and does not wait; the id of the question.
    pub(crate) fn send(&mut self, method: &str, params: &Value) -> u64 {
        let id = self.next;
        self.next += 1;
        self.raw(&json!({ "id": id, "method": method, "params": params }).to_string());
        id
    }

    /// The answer to a question: `result` or `error`.
    pub(crate) fn ask(&mut self, method: &str, params: &Value) -> Value {
        let id = self.send(method, params);
        self.until(&format!("{method} is answered"), |said| said["id"] == id)
    }

    /// The result of a question.
    pub(crate) fn result(&mut self, method: &str, params: &Value) -> Value {
        let mut answer = self.ask(method, params);
        assert!(answer.get("result").is_some(), "{method}: {answer}");
        answer["result"].take()
    }

    /// The next line as it stands.
    pub(crate) fn line(&mut self) -> String {
        self.said.recv_timeout(CEILING).expect("it says something")
    }

    /// Waits until it says what is waited for; what it says besides can be waited for later.
    pub(crate) fn until(&mut self, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.held.iter().position(&is_it) {
            return self.held.remove(at);
        }
        let give_up = Instant::now() + CEILING;
        loop {
            let left = give_up.saturating_duration_since(Instant::now());
            let Ok(line) = self.said.recv_timeout(left) else {
                panic!("waited in vain until {what}: {:?}", self.held);
            };
            let said: Value = serde_json::from_str(&line)
                .unwrap_or_else(|error| panic!("`{line}` is no JSON: {error}"));
            if is_it(&said) {
                return said;
            }
            self.held.push(said);
        }
    }

    /// Waits until a point has this status.
    pub(crate) fn until_status(&mut self, index: u64, status: &str) -> Value {
        self.until(&format!("point {index} is {status}"), |said| {
            said["event"] == "task" && said["index"] == index && said["status"] == status
        })
    }

    /// Waits until a sweep has ended; its counts.
    pub(crate) fn until_end(&mut self) -> Value {
        let mut end = self.until("the sweep has ended", |said| said["event"] == "end");
        end["counts"].take()
    }

    /// What it has said so far and nobody has waited for.
    pub(crate) fn held(&self) -> &[Value] {
        &self.held
    }

    /// Closes its input and waits for its end.
    pub(crate) fn close(&mut self) -> i32 {
        self.input = None;
        let status = self.child.wait().unwrap();
        while let Ok(line) = self.said.recv_timeout(CEILING) {
            self.held.push(serde_json::from_str(&line).unwrap());
        }
        status.code().unwrap_or(-1)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.input = None;
        // It may have been ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
