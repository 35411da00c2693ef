//! A warm interpreter: its process, and the private socket it is spoken to through.
//!
//! The program it runs is `warm.py`; what is said is described there. It has a session of its own, so that nothing that is
//! sent to a run's group reaches it, and it ends when the socket is closed.

use std::ffi::OsString;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use rustix::process::{Pid, PidfdFlags, Signal, WaitOptions, pidfd_open, waitpid};

use super::session::{self, Launch};
use super::signals;

/// The variable that marks the interpreter and everything that it forks: what a kernel shows of a forked process's
/// environment is that of the interpreter.
pub const MARK: &str = "RUNYARD_WARM";

/// What the interpreter executes.
const PROGRAM: &str = include_str!("../executor/warm.py");

/// Takes the program from the socket, where no list of processes shows it: its length in [`LENGTH_DIGITS`] digits, then itself,
/// and not one byte more.
const BEGIN: &str = "import socket;s=socket.socket(fileno=0);w=socket.MSG_WAITALL;p=s.recv(int(s.recv(8,w)),w);s.detach();\
     exec(compile(p,'<runyard>','exec'))";
const LENGTH_DIGITS: usize = 8;

/// The longest answer, bytes.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// How many descriptors a run gets: its standard input, output and error, and what says when it may begin.
pub const DESCRIPTORS: usize = 4;

/// What to start.
#[derive(Debug)]
pub struct Interpreter<'a> {
    /// The program.
    pub python: &'a str,
    /// The folder whose modules it finds first.
    pub folder: &'a Path,
    /// Its environment over this process's own.
    pub environment: &'a [(String, String)],
    /// The value of [`MARK`]; no two interpreters that live at the same time share it.
    pub mark: &'a str,
    /// Where its output goes until it is ready.
    pub log: BorrowedFd<'a>,
}

/// A warm interpreter that was started. Dropped, it is told to end, and nobody waits for that.
#[derive(Debug)]
pub struct Warm {
    pid: u32,
    socket: UnixStream,
    heard: Vec<u8>,
}

impl Warm {
    /// Starts one; it waits for an order.
    pub fn start(interpreter: &Interpreter<'_>) -> io::Result<Self> {
        let (mut ours, theirs) = UnixStream::pair()?;
        let folder = Some(interpreter.folder).filter(|folder| folder.is_dir());
        let folder = folder.unwrap_or(Path::new("/"));
        let command = [interpreter.python, "-c", BEGIN, interpreter.mark].map(OsString::from);
        let mut environment = session::environment_with(interpreter.environment);
        environment.push((MARK.into(), interpreter.mark.into()));
        let pid = session::start(&Launch {
            command: &command,
            // A folder that is not there is the run's problem, which says so itself.
            working_dir: folder,
            environment,
            stdin: theirs.as_fd(),
            stdout: interpreter.log,
            stderr: interpreter.log,
        })?;
        drop(theirs);
        // Its end may come before it has read that; its silence tells.
        write!(ours, "{:0LENGTH_DIGITS$}{PROGRAM}", PROGRAM.len()).ok();
        ours.set_nonblocking(true)?;
        Ok(Self {
            pid,
            socket: ours,
            heard: Vec::new(),
        })
    }

    /// Its process id; a child of this process.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Readable when an answer has come.
    pub fn answers(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// Gives an order, a JSON object, and with it at most [`DESCRIPTORS`] descriptors.
    ///
    /// # Errors
    /// It is gone, or it has not read what it was told before.
    pub fn tell(
        &self,
        order: &serde_json::Value,
        descriptors: &[BorrowedFd<'_>],
    ) -> io::Result<()> {
        let mut line = order.to_string().into_bytes();
        line.push(b'\n');
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        if !descriptors.is_empty() {
            control.push(SendAncillaryMessage::ScmRights(descriptors));
        }
        // Nothing else is on its way, so all of it fits: an order is much smaller than a socket's buffer.
        let sent = sendmsg(
            &self.socket,
            &[IoSlice::new(&line)],
            &mut control,
            SendFlags::NOSIGNAL,
        )?;
        if sent == line.len() {
            Ok(())
        } else {
            Err(ErrorKind::WriteZero.into())
        }
    }

    /// The next answer, if it has come.
    ///
    /// # Errors
    /// It is gone, or it says what is no JSON.
    pub fn hear(&mut self) -> io::Result<Option<serde_json::Value>> {
        let mut buffer = [0; 4096];
        loop {
            if self.heard.last() == Some(&b'\n') {
                let line = std::mem::take(&mut self.heard);
                return Ok(Some(serde_json::from_slice(&line)?));
            }
            match self.socket.read(&mut buffer) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(count) => self
                    .heard
                    .extend_from_slice(buffer.get(..count).unwrap_or_default()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            if self.heard.len() > MAX_ANSWER_BYTES {
                return Err(ErrorKind::InvalidData.into());
            }
        }
    }

    /// Its answer to a short question; an error if that takes longer than allowed.
    pub fn ask(
        &mut self,
        order: &serde_json::Value,
        limit: Duration,
    ) -> io::Result<serde_json::Value> {
        self.tell(order, &[])?;
        let until = Instant::now() + limit;
        loop {
            if let Some(answer) = self.hear()? {
                return Ok(answer);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(ErrorKind::TimedOut.into());
            }
            wait_readable(self.socket.as_fd(), left);
        }
    }

    /// Kills it and waits until it is gone. Whatever it has forked becomes this process's child.
    pub fn kill(self) {
        signals::send(self.pid, Signal::KILL);
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        if let Some(pid) = pid {
            // It may have been reaped with others; then there is nothing to wait for.
            while matches!(
                waitpid(Some(pid), WaitOptions::empty()),
                Err(rustix::io::Errno::INTR)
            ) {}
        }
    }
}

/// Readable when the process has ended, whoever its parent is.
///
/// # Errors
/// There is no such process, or the kernel is older than Linux 5.3.
pub fn end_of(pid: u32) -> io::Result<OwnedFd> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or(ErrorKind::NotFound)?;
    Ok(pidfd_open(pid, PidfdFlags::empty())?)
}

/// True if something can be read at once, or the other end is gone.
pub fn is_readable(descriptor: BorrowedFd<'_>) -> bool {
    wait_readable(descriptor, Duration::ZERO)
}

fn wait_readable(descriptor: BorrowedFd<'_>, limit: Duration) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let limit = Timespec::try_from(limit).ok();
    let mut watched = [PollFd::from_borrowed_fd(descriptor, PollFlags::IN)];
    poll(&mut watched, limit.as_ref()).is_ok_and(|ready| ready > 0)
}
