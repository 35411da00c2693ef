//! `runyard log`: what a run has written, and what it goes on writing.
//!
//! The log is a file of this machine, so it is read as one: no process has to pass it on, and it can be followed while nobody
//! looks after the queue. The end of the run is told by its supervisor's lock, which is free once the record is on the disk.

use std::fs::File;
use std::io::{IsTerminal, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use domain::protocol::{ApiError, ErrorCode};
use domain::run::{RunStatus, ShownStatus};
use domain::task::{TaskDetail, TaskSummary};
use notify::{RecursiveMode, Watcher};

use super::args::LogArgs;
use super::follow::end_on_interrupt;
use super::sanitize::Sanitizer;
use super::show;
use crate::cli::door::{Door, encode};
use crate::cli::report;
use crate::cli::targets;
use crate::service::ServiceError;
use crate::storage::layout::RunDir;
use crate::storage::lock::FileLock;
use crate::storage::{StorageError, runs};

/// Bytes read at once.
const PIECE: usize = 256 * 1024;
/// Between two looks at a supervisor that has just been announced and does not hold its lock yet.
const LOOK: Duration = Duration::from_millis(20);

pub(in crate::cli) fn log(args: &LogArgs) -> ExitCode {
    report::finish(print(args), args.output.format())
}

fn print(args: &LogArgs) -> Result<ExitCode, ApiError> {
    let layout = args.project.layout()?;
    let (name, number) = targets::with_run(&args.target);
    let wanted = args.run.or(number);
    let mut door = Door::open(&layout)?;
    let task = targets::one(&door, &name)?;
    let mut detail = show::detail(&door, &task)?;
    if args.follow && begun(&detail, wanted)?.is_none() && task.status == ShownStatus::Queued {
        (door, detail) = until_begun(door, &task)?;
    }
    let Some(number) = begun(&detail, wanted)? else {
        let message = format!("`{}` has not begun, so there is no log", task.id.task);
        let error = ApiError::new(ErrorCode::Conflict, message);
        return Err(error.with_hint("`-f` waits for it; `runyard show` says why it waits"));
    };
    // The project is free again: a log may be followed for days.
    drop(door);
    let dir = layout.run(&targets::run_of(&task.id, number));
    if args.path {
        report::line(&dir.log().display().to_string());
        return Ok(ExitCode::SUCCESS);
    }
    let mut output = Output::new(args);
    let mut file = open(&dir.log(), args.follow)?;
    if let Some(lines) = args.tail {
        start_of_tail(&mut file, lines).map_err(|error| unreadable(&dir, error))?;
    }
    if !output
        .copy(&mut file)
        .map_err(|error| unreadable(&dir, error))?
        || !args.follow
    {
        return Ok(ExitCode::SUCCESS);
    }
    follow(&dir, &mut file, &mut output)?;
    outcome(&dir, &task)
}

/// The run that is asked for, else the latest that has begun.
fn begun(detail: &TaskDetail, wanted: Option<u32>) -> Result<Option<u32>, ApiError> {
    if wanted.is_some() {
        return Ok(show::pick(detail, wanted)?.map(|run| run.number));
    }
    // A run that waits has no log; one that ended before it began has none either.
    let mut runs = detail.runs.iter().rev();
    let run = runs.find(|run| run.status != RunStatus::Queued);
    Ok(run.map(|run| run.number))
}

/// Waits until a queued task has begun.
fn until_begun(door: Door, task: &TaskSummary) -> Result<(Door, TaskDetail), ApiError> {
    report::note("it has not begun; waiting for it");
    end_on_interrupt();
    let door = door.stay()?;
    let mut seq = (0, String::new());
    loop {
        let detail = show::detail(&door, task)?;
        if detail.summary.status != ShownStatus::Queued {
            return Ok((door, detail));
        }
        let path = format!(
            "changes?after={}&instance={}&limit_ms=25000",
            seq.0,
            encode(&seq.1)
        );
        let changes: domain::protocol::select::GetChangesResponse = door.get(&path)?;
        seq = (changes.seq, changes.instance);
    }
}

fn open(path: &Path, may_come: bool) -> Result<File, ApiError> {
    // A link in its place could lead anywhere.
    let is_file = path.symlink_metadata().is_ok_and(|meta| meta.is_file());
    let file = if is_file || may_come {
        File::open(path).map_err(StorageError::read(path))
    } else {
        Err(StorageError::read(path)(
            std::io::ErrorKind::NotFound.into(),
        ))
    };
    file.map_err(|error| ServiceError::from(error).to_api())
}

fn unreadable(dir: &RunDir, error: std::io::Error) -> ApiError {
    ServiceError::from(StorageError::read(&dir.log())(error)).to_api()
}

/// Goes to where the last lines begin.
fn start_of_tail(file: &mut File, lines: usize) -> std::io::Result<()> {
    let mut end = file.seek(SeekFrom::End(0))?;
    if lines == 0 {
        return Ok(());
    }
    let mut found = 0;
    let mut piece = vec![0; PIECE];
    let mut is_last = true;
    while end > 0 {
        let length = usize::try_from(end).unwrap_or(usize::MAX).min(PIECE);
        let start = end - length as u64;
        file.seek(SeekFrom::Start(start))?;
        let piece = &mut piece[..length];
        file.read_exact(piece)?;
        for (at, byte) in piece.iter().enumerate().rev() {
            // The end of the last line begins no further one.
            if *byte == b'\n' && !std::mem::take(&mut is_last) {
                found += 1;
                if found == lines {
                    file.seek(SeekFrom::Start(start + at as u64 + 1))?;
                    return Ok(());
                }
            }
            is_last = false;
        }
        end = start;
    }
    file.seek(SeekFrom::Start(0)).map(drop)
}

/// Where the bytes go.
struct Output {
    sanitizer: Option<Sanitizer>,
    piece: Vec<u8>,
}

impl Output {
    fn new(args: &LogArgs) -> Self {
        let has_colours = args.output.style().has_colours;
        Self {
            sanitizer: (!args.raw).then(|| Sanitizer::new(has_colours)),
            piece: vec![0; PIECE],
        }
    }

    /// Passes on what is there; false once nobody reads it any more.
    fn copy(&mut self, file: &mut File) -> std::io::Result<bool> {
        loop {
            let length = file.read(&mut self.piece)?;
            if length == 0 {
                return Ok(true);
            }
            let bytes = &self.piece[..length];
            let mut out = std::io::stdout().lock();
            let written = match &mut self.sanitizer {
                Some(sanitizer) => out.write_all(sanitizer.pass(bytes).as_bytes()),
                None => out.write_all(bytes),
            };
            if written.and_then(|()| out.flush()).is_err() {
                return Ok(false);
            }
        }
    }
}

enum News {
    Grown,
    Ended,
}

fn follow(dir: &RunDir, file: &mut File, output: &mut Output) -> Result<(), ApiError> {
    if std::io::stdout().is_terminal() {
        end_on_interrupt();
    }
    let (sender, news) = sync_channel(1);
    let _watcher = watch(dir, sender.clone())?;
    tell_end(dir, sender);
    let read = |output: &mut Output, file: &mut File| {
        output.copy(file).map_err(|error| unreadable(dir, error))
    };
    loop {
        // What came between the first reading and the watch.
        if !read(output, file)? {
            return Ok(());
        }
        match recv(&news) {
            News::Grown => {}
            News::Ended => return read(output, file).map(drop),
        }
    }
}

fn recv(news: &Receiver<News>) -> News {
    // Without a sender nothing will ever be told: the same as an end.
    news.recv().unwrap_or(News::Ended)
}

fn watch(dir: &RunDir, sender: SyncSender<News>) -> Result<notify::RecommendedWatcher, ApiError> {
    let log = dir.log();
    let folder = log.parent().unwrap_or(dir.path()).to_path_buf();
    let watcher = notify::recommended_watcher(move |_| {
        // One that waits already says the same.
        sender.try_send(News::Grown).ok();
    });
    let watching = watcher.and_then(|mut watcher| {
        watcher.watch(&folder, RecursiveMode::NonRecursive)?;
        Ok(watcher)
    });
    watching.map_err(|error| {
        let message = format!("could not watch `{}`: {error}", dir.path().display());
        ApiError::new(ErrorCode::Internal, message)
            .with_hint("raise the limit: `sysctl fs.inotify.max_user_watches=524288`")
    })
}

/// Waits for the run's end on a thread of its own.
fn tell_end(dir: &RunDir, sender: SyncSender<News>) {
    let dir = dir.clone();
    thread::spawn(move || {
        loop {
            let is_over = |dir: &RunDir| runs::read(dir).is_ok_and(|run| run.status.is_terminal());
            if is_over(&dir) {
                break;
            }
            let lock = FileLock::acquire(&dir.supervisor_lock());
            if lock.is_err() || is_over(&dir) {
                break;
            }
            // Either the supervisor has not begun, or it died with the run and somebody will say so.
            drop(lock);
            thread::sleep(LOOK);
            if !dir.path().exists() {
                break;
            }
        }
        sender.send(News::Ended).ok();
    });
}

/// The followed run's outcome as an exit code.
fn outcome(dir: &RunDir, task: &TaskSummary) -> Result<ExitCode, ApiError> {
    let record = runs::read(dir).map_err(|error| ServiceError::from(error).to_api())?;
    let shown = ShownStatus::of(record.status, record.outcome.as_ref());
    let reason = record.outcome.as_ref().map(ToString::to_string);
    let reason = reason.filter(|reason| !reason.is_empty());
    let reason = reason
        .map(|reason| format!(": {reason}"))
        .unwrap_or_default();
    report::line_to_stderr(&report::printable(&format!(
        "{} {shown}{reason}",
        task.id.task
    )));
    Ok(if shown == ShownStatus::Completed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test may write where it likes")]
mod tests {
    use super::*;

    #[test]
    fn the_tail_is_the_last_lines_whether_or_not_the_last_one_ends() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        for (text, lines, tail) in [
            ("a\nb\nc\n", 2, "b\nc\n"),
            ("a\nb\nc", 2, "b\nc"),
            ("a\nb\n", 9, "a\nb\n"),
            ("", 3, ""),
            ("\n\n\n", 1, "\n"),
            ("only", 1, "only"),
            ("a\nb\n", 0, ""),
        ] {
            std::fs::write(&path, text).unwrap();
            let mut file = File::open(&path).unwrap();
            start_of_tail(&mut file, lines).unwrap();
            let mut rest = String::new();
            file.read_to_string(&mut rest).unwrap();
            assert_eq!(rest, tail, "{text:?} {lines}");
        }
    }
}
