//! The engine's process: reads requests, has them answered side by side, and ends with its input.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use domain::config::{Value, to_json};
use domain::protocol::{ApiError, ErrorCode};
use serde_json::json;

use super::follow;
use super::methods::{self, Answer};
use super::request::{NoRequest, Request, bad};
use super::submit::{self, Sweeps};
use crate::cli::report;
use crate::process::spawn;

/// The version of what is said here.
const PROTOCOL: u32 = 1;

/// So many requests are answered at the same time.
const AT_ONCE: usize = 8;

/// So many may wait for that; then nothing more is read.
const WAITING: usize = 64;

/// The longest request, bytes: the configs of a large sweep stand in one.
const MAX_LINE_BYTES: u64 = 256 * 1024 * 1024;

/// Standard output, one whole line at a time.
#[derive(Debug, Default)]
pub(super) struct Out(Mutex<()>);

impl Out {
    /// Writes a line. Nobody may be listening any more: then the input ends soon, too.
    pub(super) fn line(&self, text: &str) {
        let _turn = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())
            .and_then(|()| out.write_all(b"\n"))
            .and_then(|()| out.flush())
            .ok();
    }

    fn answer(&self, id: &Value, answer: Answer) {
        let id = to_json(id);
        match answer {
            Ok(result) => self.line(&format!("{{\"id\": {id}, \"result\": {result}}}")),
            Err(error) => self.line(&format!("{{\"id\": {id}, \"error\": {}}}", json!(error))),
        }
    }
}

/// What all requests share.
#[derive(Debug, Default)]
struct Engine {
    out: Arc<Out>,
    sweeps: Sweeps,
}

/// `runyard engine`
pub(in crate::cli) fn serve() -> ExitCode {
    // Ctrl-C is for the program that asks, and it says what is to be cancelled.
    spawn::leave_terminal();
    report::start_logging();
    let engine = Arc::new(Engine::default());
    let hello = json!({ "protocol": PROTOCOL, "runyard": env!("CARGO_PKG_VERSION") });
    engine.out.line(&hello.to_string());
    let (queue, requests) = sync_channel::<Request>(WAITING);
    let requests = Arc::new(Mutex::new(requests));
    let workers: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let (engine, requests) = (Arc::clone(&engine), Arc::clone(&requests));
            thread::spawn(move || work(&engine, &requests))
        })
        .collect();
    let mut input = BufReader::new(io::stdin());
    let mut line = Vec::new();
    while next_line(&mut input, &mut line) {
        match read(&line) {
            Ok(None) => {}
            // The workers live as long as this end of the queue.
            Ok(Some(request)) => drop(queue.send(request)),
            Err(NoRequest { id, error }) => engine.out.answer(&id, Err(*error)),
        }
    }
    drop(queue);
    for worker in workers {
        // What was asked is done; events are for nobody any more.
        worker.join().ok();
    }
    ExitCode::SUCCESS
}

/// Reads a line; false at the end of the input. One that is too long comes without its end.
fn next_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> bool {
    line.clear();
    let read = input
        .by_ref()
        .take(MAX_LINE_BYTES + 1)
        .read_until(b'\n', line);
    match read {
        Ok(0) | Err(_) => return false,
        Ok(_) => {}
    }
    if line.last() != Some(&b'\n') && line.len() as u64 > MAX_LINE_BYTES {
        let mut rest = Vec::new();
        while matches!(input.by_ref().take(1 << 20).read_until(b'\n', &mut rest), Ok(count) if count > 0)
            && rest.last() != Some(&b'\n')
        {
            rest.clear();
        }
    }
    true
}

/// The request in a line; `None` for an empty one.
fn read(line: &[u8]) -> Result<Option<Request>, NoRequest> {
    let refuse = |message: String| NoRequest {
        id: Value::Null,
        error: Box::new(bad(message)),
    };
    if line.len() as u64 > MAX_LINE_BYTES {
        let message = format!("a request has at most {MAX_LINE_BYTES} bytes");
        return Err(refuse(message));
    }
    let text = std::str::from_utf8(line)
        .map_err(|error| refuse(format!("byte {} is not UTF-8", error.valid_up_to())))?;
    if text.trim().is_empty() {
        return Ok(None);
    }
    Request::read(text).map(Some)
}

fn work(engine: &Engine, requests: &Mutex<Receiver<Request>>) {
    loop {
        let next = requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv();
        let Ok(Request { id, method, params }) = next else {
            return;
        };
        let mut to_follow = None;
        let answer = catch_unwind(AssertUnwindSafe(|| match method.as_str() {
            "compose" => methods::compose(params),
            "merge" => methods::merged(params),
            "sweep" => methods::sweep(params),
            "identify" => methods::identify(params),
            "plan" => methods::plan(params),
            "submit" => {
                let submitted = submit::submit(params, &engine.sweeps, &engine.out);
                submitted.map(|(answer, followed)| {
                    to_follow = Some(followed);
                    answer
                })
            }
            "cancel" => submit::cancel(params, &engine.sweeps),
            other => Err(bad(format!(
                "there is no method `{}`",
                other.escape_debug()
            ))),
        }));
        let answer = answer.unwrap_or_else(|_| {
            let message = format!("`{method}` failed: this is a mistake of Runyard");
            Err(ApiError::new(ErrorCode::Internal, message))
        });
        engine.out.answer(&id, answer);
        // After the answer: nobody hears of a sweep whose name he does not know.
        if let Some(followed) = to_follow {
            thread::spawn(move || follow::follow(followed));
        }
    }
}
