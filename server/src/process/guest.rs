//! A child that answers an order over a private socket, within a time, and is gone afterwards with all it started.
#![expect(
    clippy::disallowed_methods,
    reason = "`process` is the one place that starts processes"
)]

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{self, ErrorKind, PipeReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use process_wrap::std::{ChildWrapper, CommandWrap, ProcessSession};
use rustix::process::Signal;

use super::{signals, tree};

/// The variable that marks the child and everything it starts.
pub const MARKER: &str = "RUNYARD_PROBE";
/// What a child may answer at most, bytes.
const MAX_ANSWER_BYTES: usize = 32 * 1024 * 1024;
/// What is kept of the end of its output, bytes.
const TAIL_BYTES: usize = 16 * 1024;
/// How long a child that has stopped answering may take to leave.
const LEAVE: Duration = Duration::from_millis(500);
/// Between two looks whether it has left.
const LOOK: Duration = Duration::from_millis(5);

/// What to start, and how long it may take.
#[derive(Debug)]
pub struct Guest<'a> {
    /// The program and its arguments, word by word.
    pub command: &'a [OsString],
    /// Its working directory.
    pub working_dir: &'a Path,
    /// Its whole environment; [`MARKER`] is added.
    pub environment: Vec<(OsString, OsString)>,
    /// What it is told first: one line, without its end. It reads it from its standard input, a socket, where it also
    /// answers, line by line.
    pub order: &'a str,
    /// No two guests share it.
    pub mark: &'a str,
    /// When it is killed.
    pub limit: Duration,
}

/// What to do after a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Listen on.
    Listen,
    /// Listen on, but no longer than this from now.
    ListenFor(Duration),
}

/// How it ended.
#[derive(Debug)]
pub struct Ended {
    /// Why it ended.
    pub ending: Ending,
    /// The end of what it printed, standard output and standard error as they came.
    pub output: String,
}

/// Why a guest ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It stopped answering and left; its exit code, if no signal ended it and it was quick enough.
    Left(Option<i32>),
    /// Its time was over.
    TimedOut,
    /// It answered too much.
    TooMuch,
}

/// Starts a guest in a session of its own, hands every line of its answer to `on_line`, and returns when it is gone.
///
/// # Errors
/// It could not be started.
pub fn host(guest: &Guest<'_>, mut on_line: impl FnMut(&str) -> Next) -> io::Result<Ended> {
    let (mut ours, theirs) = UnixStream::pair()?;
    let (output, printed) = io::pipe()?;
    let mut child = start(guest, theirs, printed)?;
    let tail = keep_tail(output);
    // Its end may come before it has read the order; its silence tells.
    writeln!(ours, "{}", guest.order).ok();
    let ending = listen(&mut ours, Instant::now() + guest.limit, &mut on_line);
    let ending = ending.unwrap_or_else(|| Ending::Left(wait_a_little(&mut *child)));
    end(&mut *child, guest.mark);
    Ok(Ended {
        ending,
        output: tail.recv_timeout(LEAVE).unwrap_or_default(),
    })
}

fn start(
    guest: &Guest<'_>,
    socket: UnixStream,
    printed: io::PipeWriter,
) -> io::Result<Box<dyn ChildWrapper>> {
    let (program, arguments) = guest
        .command
        .split_first()
        .ok_or_else(|| io::Error::new(ErrorKind::InvalidInput, "the command is empty"))?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(guest.working_dir)
        .env_clear()
        .envs(guest.environment.iter().map(|(name, value)| (name, value)))
        .env(MARKER, guest.mark)
        .stdin(Stdio::from(OwnedFd::from(socket)))
        .stdout(printed.try_clone()?)
        .stderr(printed);
    CommandWrap::from(command).wrap(ProcessSession).spawn()
}

/// Why it ended; `None` if it only stopped answering.
fn listen(
    socket: &mut UnixStream,
    mut deadline: Instant,
    on_line: &mut impl FnMut(&str) -> Next,
) -> Option<Ending> {
    let mut line = Vec::new();
    let mut total = 0;
    let mut buffer = [0; 16384];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Some(Ending::TimedOut);
        }
        socket.set_read_timeout(Some(left)).ok();
        let count = match socket.read(&mut buffer) {
            Ok(0) => return None,
            Ok(count) => count,
            Err(error)
                if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) =>
            {
                continue;
            }
            Err(_) => return None,
        };
        total += count;
        if total > MAX_ANSWER_BYTES {
            return Some(Ending::TooMuch);
        }
        for piece in buffer
            .get(..count)
            .unwrap_or_default()
            .split_inclusive(|byte| *byte == b'\n')
        {
            line.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                if let Next::ListenFor(time) = on_line(String::from_utf8_lossy(&line).trim_end()) {
                    deadline = deadline.min(Instant::now() + time);
                }
                line.clear();
            }
        }
    }
}

fn wait_a_little(child: &mut dyn ChildWrapper) -> Option<i32> {
    let until = Instant::now() + LEAVE;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return ExitStatus::code(&status),
            Ok(None) if Instant::now() < until => std::thread::sleep(LOOK),
            _ => return None,
        }
    }
}

/// Kills the session's group, then whatever left the session.
fn end(child: &mut dyn ChildWrapper, mark: &str) {
    if matches!(child.try_wait(), Ok(None)) {
        signals::send_to_group(child.id(), Signal::KILL);
        child.wait().ok();
    }
    tree::kill_marked(MARKER, mark);
}

/// Reads everything, however much it is, and keeps the end.
fn keep_tail(mut output: PipeReader) -> Receiver<String> {
    let (sender, receiver) = sync_channel(1);
    std::thread::spawn(move || {
        let mut tail = VecDeque::with_capacity(TAIL_BYTES);
        let mut buffer = [0; 16384];
        while let Ok(count @ 1..) = output.read(&mut buffer) {
            let new = buffer
                .get(count.saturating_sub(TAIL_BYTES)..count)
                .unwrap_or_default();
            let excess = (tail.len() + new.len()).saturating_sub(TAIL_BYTES);
            tail.drain(..excess.min(tail.len()));
            tail.extend(new);
        }
        let bytes: Vec<u8> = tail.into();
        sender
            .send(String::from_utf8_lossy(&bytes).into_owned())
            .ok();
    });
    receiver
}
