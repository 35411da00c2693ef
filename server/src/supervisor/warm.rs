//! Runs that are forked from a warm interpreter, which stays for the next run of the slot.
//!
//! ```text
//! supervisor ── warm interpreter (spared) ── the run's process, in a session of its own
//! ```
//!
//! The run's process waits for a word of its supervisor, which comes when the record knows it. If the supervisor dies before, the
//! process finds the pipe closed and ends: whatever runs stands in a record.
//!
//! A run's end is seen by its process's own descriptor. Its exit code is asked of the interpreter, which looks without reaping
//! it; if the interpreter is gone or does not answer, the run's process has become the supervisor's own child, which reaps it
//! itself. So no exit code depends on the interpreter.

use std::cell::RefCell;
use std::io::{self, PipeWriter, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use domain::queue::ExecutorName;
use domain::run::Outcome;
use rustix::process::Signal;
use serde_json::{Value, json};

use super::ending;
use super::run::{Slot, announce};
use crate::process::settings::Settings;
use crate::process::tree::{self, Children, Reaped};
use crate::process::warm::{self, Interpreter, MARK, Warm};
use crate::process::{signals, spawn};
use crate::storage::format::RunFile;
use crate::storage::layout::RunDir;

/// How long the interpreter may take for the answer to a question that needs no work.
const ANSWER: Duration = Duration::from_secs(10);

/// Variables that differ from run to run and that no module needs to know while it is imported: they make no other
/// interpreter necessary. All others are there before the first import.
const OF_A_RUN: [&str; 16] = [
    MARK,
    "RUNYARD_CONFIG",
    "RUNYARD_RUN_DIR",
    "RUNYARD_TASK_DIR",
    "RUNYARD_RUN_INDEX",
    "RUNYARD_POINT",
    "RUNYARD_OUTPUT_DIR",
    "RUNYARD_GPUS",
    "__PYRUNS_CONFIG__",
    "EXPERIMENT_WORK_DIR",
    "EXPERIMENT_NAME",
    "EXPERIMENT_RUN_ID",
    "CUDA_VISIBLE_DEVICES",
    "ROCR_VISIBLE_DEVICES",
    "HIP_VISIBLE_DEVICES",
    "ASCEND_RT_VISIBLE_DEVICES",
];

/// Runs with the same key can be forked from one interpreter.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    python: String,
    modules: Vec<String>,
    folder: PathBuf,
    environment: Vec<(String, String)>,
}

impl Key {
    fn of(run: &RunFile) -> Result<Self, String> {
        let script = Script::of(&run.command)?;
        let modules = match &run.execution.executor {
            Some(ExecutorName::Fork { modules }) => modules.clone(),
            _ => Vec::new(),
        };
        Ok(Self {
            python: script.python.to_owned(),
            modules,
            folder: script.folder(&run.working_dir),
            environment: of_the_key(&run.environment),
        })
    }
}

/// The interpreter of a slot, if it has one.
#[derive(Debug, Default)]
pub(super) struct WarmPlace(RefCell<Option<Kept>>);

#[derive(Debug)]
struct Kept {
    warm: Warm,
    key: Key,
    mark: String,
}

/// Why there is no process: the outcome of the run.
type NotStarted = Outcome;

/// A process that was forked for a run.
#[derive(Debug)]
pub(super) struct Forked {
    pub(super) pid: u32,
    /// What its interpreter, and therefore it, is marked with.
    pub(super) mark: String,
    end: OwnedFd,
    go: PipeWriter,
}

impl Forked {
    /// Readable when it has ended.
    pub(super) fn end(&self) -> BorrowedFd<'_> {
        self.end.as_fd()
    }

    /// Lets it begin: its record says that it runs.
    pub(super) fn begin(&self) {
        // It may have been killed meanwhile; its end tells.
        (&self.go).write_all(b"+").ok();
    }
}

/// What a run's process reads and writes.
pub(super) struct Streams<'a> {
    /// Standard input, output and error.
    pub(super) descriptors: [BorrowedFd<'a>; 3],
    /// What it sets on itself.
    pub(super) settings: &'a Settings,
    /// Where the output of the imports goes.
    pub(super) log: BorrowedFd<'a>,
}

/// Forks the process of a run; an interpreter is started if none fits.
pub(super) fn fork(
    dir: &RunDir,
    run: &RunFile,
    streams: &Streams<'_>,
    slot: &Slot,
) -> Result<Forked, NotStarted> {
    let key = Key::of(run).map_err(failed)?;
    let mut place = slot.warm.0.borrow_mut();
    let mut fitting = match place.take() {
        Some(kept) if kept.key == key => Some(kept),
        other => {
            kill(other, slot);
            None
        }
    };
    loop {
        let is_new = fitting.is_none();
        let mut kept = match fitting.take() {
            Some(kept) => kept,
            None => start(dir, run, key.clone(), streams, slot)?,
        };
        match ask_for(run, &mut kept, streams, slot) {
            Ok(forked) => {
                *place = Some(kept);
                return Ok(forked);
            }
            Err(Refused::ThisRun(why)) => {
                *place = Some(kept);
                return Err(why);
            }
            // It was killed between two runs, or something that it has imported was edited: another one.
            Err(Refused::Unfit(_)) if !is_new => kill(Some(kept), slot),
            Err(Refused::Unfit(why)) => {
                kill(Some(kept), slot);
                return Err(why);
            }
        }
    }
}

/// Why an interpreter has not forked.
enum Refused {
    /// Something is wrong with the run.
    ThisRun(NotStarted),
    /// It cannot be used any more.
    Unfit(NotStarted),
}

fn ask_for(
    run: &RunFile,
    kept: &mut Kept,
    streams: &Streams<'_>,
    slot: &Slot,
) -> Result<Forked, Refused> {
    let gone = || Refused::Unfit(failed("the warm interpreter has ended".to_owned()));
    let order =
        order(run, &kept.mark, streams.settings).map_err(|why| Refused::ThisRun(failed(why)))?;
    let (word, go) = io::pipe().map_err(|error| Refused::ThisRun(failed(error.to_string())))?;
    let [stdin, stdout, stderr] = streams.descriptors;
    kept.warm
        .tell(&order, &[stdin, stdout, stderr, word.as_fd()])
        .map_err(|_| gone())?;
    drop(word);
    let answer = listen(&mut kept.warm, slot)
        .map_err(Refused::Unfit)?
        .ok_or_else(gone)?;
    if let Some(text) = answer.get("failed").and_then(Value::as_str) {
        return Err(Refused::ThisRun(failed(text.to_owned())));
    }
    let Some(pid) = answer.get("started").and_then(Value::as_u64) else {
        return Err(Refused::Unfit(failed(refusal(&answer))));
    };
    let pid = u32::try_from(pid).unwrap_or_default();
    warm::end_of(pid)
        .map(|end| Forked {
            pid,
            mark: kept.mark.clone(),
            end,
            go,
        })
        // Nobody could see its end: it goes with the interpreter.
        .map_err(|error| {
            signals::send_to_group(pid, Signal::KILL);
            Refused::Unfit(failed(format!("its end cannot be watched: {error}")))
        })
}

/// Starts an interpreter and waits until it has imported everything. That may take long, so it can be cancelled.
fn start(
    dir: &RunDir,
    run: &RunFile,
    key: Key,
    streams: &Streams<'_>,
    slot: &Slot,
) -> Result<Kept, NotStarted> {
    let mark = mark_of(dir);
    let warm = Warm::start(&Interpreter {
        python: &key.python,
        folder: &key.folder,
        environment: &key.environment,
        mark: &mark,
        log: streams.log,
    });
    let warm = warm.map_err(|error| failed(spawn::explain(run, &error)))?;
    slot.spared.set(warm.pid());
    let mut kept = Kept { warm, key, mark };
    // From here on it can be asked to end.
    announce(Some(run));
    let order = json!({ "modules": kept.key.modules, "path": kept.key.folder });
    let answer = match kept.warm.tell(&order, &[]) {
        Ok(()) => listen(&mut kept.warm, slot),
        Err(_) => Ok(None),
    };
    let why = match answer {
        Ok(Some(answer)) if answer.get("ready").is_some() => return Ok(kept),
        Ok(Some(answer)) => failed(refusal(&answer)),
        Ok(None) => failed("the warm interpreter ended while it was importing".to_owned()),
        Err(why) => why,
    };
    kill(Some(kept), slot);
    Err(why)
}

/// Waits for an answer, however long it takes, unless somebody asks for the end; `None` if the interpreter is gone.
fn listen(warm: &mut Warm, slot: &Slot) -> Result<Option<Value>, NotStarted> {
    loop {
        match warm.hear() {
            Ok(Some(answer)) => return Ok(Some(answer)),
            Ok(None) => {}
            Err(_) => return Ok(None),
        }
        if let Some(by) = slot.watch.take_cancel() {
            return Err(Outcome::Cancelled { by });
        }
        if slot.watch.take_shutdown() {
            return Err(failed("its supervisor was told to end".to_owned()));
        }
        slot.watch.wait_also_for(&[warm.answers()], None);
    }
}

/// How the process of a run has ended, if it has.
pub(super) fn look(forked: &Forked, slot: &Slot) -> Reaped {
    let mut place = slot.warm.0.borrow_mut();
    let own = tree::reap_until(forked.pid, &slot.spared);
    if matches!(own, Reaped::Sought(_)) || slot.spared.pid().is_none() {
        // The interpreter is gone, and the run's process our own child.
        *place = None;
        return own;
    }
    if !warm::is_readable(forked.end()) {
        return Reaped::Others(Children::Left);
    }
    let status = place
        .as_mut()
        .and_then(|kept| status(&mut kept.warm, forked.pid));
    status.map_or_else(
        || {
            if let Some(kept) = place.take() {
                kept.warm.kill();
                slot.spared.clear();
            }
            tree::reap_until(forked.pid, &slot.spared)
        },
        Reaped::Sought,
    )
}

/// The exit status as the interpreter sees it. It is known here before the process is reaped there.
fn status(warm: &mut Warm, pid: u32) -> Option<ExitStatus> {
    let answer = warm.ask(&json!({ "status": pid }), ANSWER).ok()?;
    let number = |key: &str| i32::try_from(answer.get(key)?.as_i64()?).ok();
    // As wait(2) tells it.
    let raw = number("exited")
        .map(|code| (code & 0xff) << 8)
        .or_else(|| number("killed"))?;
    warm.ask(&json!({ "reap": pid }), ANSWER).ok();
    Some(ExitStatus::from_raw(raw))
}

/// Ends the interpreter of a slot.
pub(super) fn leave(slot: &Slot) {
    kill(slot.warm.0.borrow_mut().take(), slot);
}

/// Kills an interpreter and whatever it has started; no run goes on here.
fn kill(kept: Option<Kept>, slot: &Slot) {
    if let Some(kept) = kept {
        kept.warm.kill();
        slot.spared.clear();
        ending::clear_tree(Duration::ZERO, slot);
    }
}

/// Names an interpreter by the run that it was started for: a run starts one at most at a time.
fn mark_of(dir: &RunDir) -> String {
    dir.path().to_string_lossy().into_owned()
}

fn of_the_key(environment: &[(String, String)]) -> Vec<(String, String)> {
    environment
        .iter()
        .filter(|(name, _)| !OF_A_RUN.contains(&name.as_str()))
        .cloned()
        .collect()
}

fn order(run: &RunFile, mark: &str, settings: &Settings) -> Result<Value, String> {
    let script = Script::of(&run.command)?;
    let mut environment = run.environment.clone();
    environment.push((MARK.to_owned(), mark.to_owned()));
    Ok(json!({ "run": {
        "script": script.path,
        "arguments": script.arguments,
        "directory": run.working_dir,
        "environment": environment,
        "settings": settings,
    } }))
}

fn failed(reason: String) -> NotStarted {
    Outcome::FailedToStart { reason }
}

fn refusal(answer: &Value) -> String {
    let text = |pointer: &str| answer.pointer(pointer).and_then(Value::as_str);
    match (text("/refused/module"), text("/refused/why")) {
        (Some(module), Some(why)) => format!(
            "no run can be forked: `{module}` {why}; leave it out of the warm modules, or use the executor `subprocess`"
        ),
        _ => "the warm interpreter gave an answer that nobody understands".to_owned(),
    }
}

/// A command that executes a Python script.
struct Script<'a> {
    python: &'a str,
    path: &'a str,
    arguments: &'a [String],
}

impl<'a> Script<'a> {
    /// The parts of `python SCRIPT ARGUMENT…`; why it is none of these.
    fn of(command: &'a [String]) -> Result<Self, String> {
        let [python, path, arguments @ ..] = command else {
            let word = command.first().map_or("", String::as_str);
            return Err(not_a_script(word));
        };
        let program = Path::new(python).file_name().unwrap_or_default();
        let is_python = ["python", "pypy"]
            .iter()
            .any(|name| program.to_string_lossy().starts_with(name));
        if !is_python {
            return Err(not_a_script(python));
        }
        if path.starts_with('-') {
            return Err(format!(
                "the executor `fork` runs `python SCRIPT`, without options such as `{path}`; use the executor `subprocess`"
            ));
        }
        Ok(Self {
            python,
            path,
            arguments,
        })
    }

    /// Where the interpreter looks for modules first.
    fn folder(&self, working_dir: &str) -> PathBuf {
        let path = Path::new(working_dir).join(self.path);
        path.parent().unwrap_or(Path::new("/")).to_path_buf()
    }
}

fn not_a_script(word: &str) -> String {
    format!(
        "the executor `fork` runs Python scripts only, and `{word}` is no Python interpreter; use the executor `subprocess`"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(words: &[&str]) -> Result<(String, usize), String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        Script::of(&words).map(|script| (script.path.to_owned(), script.arguments.len()))
    }

    #[test]
    fn only_a_script_of_python_can_be_forked_and_anything_else_is_named() {
        assert_eq!(
            script(&["/v/bin/python3.12", "/p/a.py", "--n", "1"]),
            Ok(("/p/a.py".to_owned(), 2))
        );
        for (words, named) in [
            (&["sh", "-c", "true"] as &[&str], "`sh`"),
            (&["/p/train.sh"], "`/p/train.sh`"),
            (&["python3", "-m", "train"], "`-m`"),
            (&[], "``"),
        ] {
            assert!(script(words).unwrap_err().contains(named), "{words:?}");
        }
    }

    #[test]
    fn what_differs_from_run_to_run_needs_no_other_interpreter() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let first = [
            pair("RUNYARD_RUN_DIR", "/1"),
            pair("OMP_NUM_THREADS", "1"),
            pair("CUDA_VISIBLE_DEVICES", "0"),
        ];
        let second = [
            pair("RUNYARD_RUN_DIR", "/2"),
            pair("OMP_NUM_THREADS", "1"),
            pair("CUDA_VISIBLE_DEVICES", "1"),
        ];
        assert_eq!(of_the_key(&first), of_the_key(&second));
        assert_eq!(of_the_key(&first), [pair("OMP_NUM_THREADS", "1")]);
    }
}
