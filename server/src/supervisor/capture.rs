//! Where a task's output goes: the log file itself, two pipes, or a terminal.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use domain::queue::CaptureMode;
use rustix::pipe::{PipeFlags, fcntl_setpipe_size, pipe_with};
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use super::foreground::Foreground;
use super::keyboard::Keyboard;
use super::merge::Stream;
use super::pump::{Carrier, Pump, Source};
use crate::storage::layout::RunDir;
use crate::storage::{StorageError, runs};

/// What is asked of the kernel as a pipe's buffer, bytes; where it refuses, its own choice has to do.
const PIPE_BYTES: usize = 1024 * 1024;

/// The task's ends of its output, and what carries them.
pub(super) struct Capture {
    stdin: Option<OwnedFd>,
    /// The other side of the terminal of a run in the foreground.
    typed: Option<OwnedFd>,
    stdout: OwnedFd,
    /// `None`: the same as standard output.
    stderr: Option<OwnedFd>,
    is_terminal: bool,
    carrier: Option<Carrier>,
}

/// The output of a task could not be taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum CaptureError {
    /// A file of the run's folder cannot be written.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The system has no more pipes or terminals.
    #[error("no {what} for its output: {source}")]
    System {
        /// `pipe`, `terminal` or `input`.
        what: &'static str,
        /// The system's reason.
        source: io::Error,
    },
}

impl Capture {
    /// Opens what a run of this mode writes to.
    pub(super) fn open(dir: &RunDir, mode: CaptureMode) -> Result<Self, CaptureError> {
        let log = runs::open_log(dir)?;
        match mode {
            CaptureMode::File => Ok(Self {
                stdin: None,
                typed: None,
                stdout: log.into(),
                stderr: None,
                is_terminal: false,
                carrier: None,
            }),
            CaptureMode::Split => split(dir, log),
            CaptureMode::Pty { rows, columns } => terminal(log, (rows, columns), None),
        }
    }

    /// Opens what a run in the foreground writes to, and reads from.
    pub(super) fn in_foreground(
        dir: &RunDir,
        foreground: &Foreground,
    ) -> Result<Self, CaptureError> {
        let log = runs::open_log(dir)?;
        let no_terminal = |source| CaptureError::System {
            what: "terminal",
            source,
        };
        let screen = foreground.screen().map_err(no_terminal)?;
        if !foreground.is_terminal() {
            return piped(log, screen);
        }
        let mut capture = terminal(log, foreground.size(), Some(screen))?;
        let carrier = capture.carrier.as_ref();
        let ours = carrier.and_then(|carrier| carrier.sources.first());
        capture.stdin = Some(capture.stdout.try_clone().map_err(no_terminal)?);
        capture.typed = ours
            .map(|ours| ours.from.try_clone().map(OwnedFd::from))
            .transpose()
            .map_err(no_terminal)?;
        Ok(capture)
    }

    /// The task's standard input; `None`: it is empty.
    pub(super) fn stdin(&self) -> Option<BorrowedFd<'_>> {
        self.stdin.as_ref().map(AsFd::as_fd)
    }

    /// Passes on what a person types, if there is one.
    pub(super) fn take_keyboard(&mut self) -> io::Result<Option<Keyboard>> {
        self.typed.take().map(Foreground::keyboard).transpose()
    }

    /// The task's standard output.
    pub(super) fn stdout(&self) -> BorrowedFd<'_> {
        self.stdout.as_fd()
    }

    /// The task's standard error.
    pub(super) fn stderr(&self) -> BorrowedFd<'_> {
        self.stderr.as_ref().unwrap_or(&self.stdout).as_fd()
    }

    /// True if that is a terminal, which the task's session is to have as its own.
    pub(super) fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// The task has its ends: ours are closed, and what it writes is carried from now on.
    pub(super) fn carry(self) -> io::Result<Option<Pump>> {
        let Self {
            stdin,
            stdout,
            stderr,
            carrier,
            ..
        } = self;
        drop((stdin, stdout, stderr));
        carrier.map(Pump::start).transpose()
    }
}

fn split(dir: &RunDir, log: File) -> Result<Capture, CaptureError> {
    let (out, stdout) = pipe()?;
    let (err, stderr) = pipe()?;
    let source = |stream, from: OwnedFd, path| -> Result<Source, CaptureError> {
        Ok(Source {
            stream,
            from: from.into(),
            alone: Some(runs::open_to_append(path)?),
            screen: None,
        })
    };
    // Where both have something, the last one goes first: an error is told after what led to it.
    let sources = vec![
        source(Stream::Err, err, &dir.stderr())?,
        source(Stream::Out, out, &dir.stdout())?,
    ];
    Ok(Capture {
        stdin: None,
        typed: None,
        stdout,
        stderr: Some(stderr),
        is_terminal: false,
        carrier: Some(Carrier {
            sources,
            log,
            is_merged: true,
        }),
    })
}

/// One pipe for both streams, shown as it comes; what is typed or piped into this process goes to the task itself.
fn piped(log: File, screen: File) -> Result<Capture, CaptureError> {
    let (from, stdout) = pipe()?;
    let stdin = Foreground::input().map_err(|source| CaptureError::System {
        what: "input",
        source,
    })?;
    Ok(Capture {
        stdin: Some(stdin),
        typed: None,
        stdout,
        stderr: None,
        is_terminal: false,
        carrier: Some(Carrier {
            sources: vec![Source {
                stream: Stream::Out,
                from: from.into(),
                alone: None,
                screen: Some(screen),
            }],
            log,
            is_merged: false,
        }),
    })
}

fn pipe() -> Result<(OwnedFd, OwnedFd), CaptureError> {
    let ends = pipe_with(PipeFlags::CLOEXEC).map_err(system("pipe"))?;
    fcntl_setpipe_size(&ends.1, PIPE_BYTES).ok();
    Ok(ends)
}

fn terminal(
    log: File,
    (rows, columns): (u16, u16),
    screen: Option<File>,
) -> Result<Capture, CaptureError> {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let open = || {
        let ours = openpt(flags)?;
        grantpt(&ours)?;
        unlockpt(&ours)?;
        let theirs = ioctl_tiocgptpeer(&ours, flags)?;
        let size = Winsize {
            ws_row: rows,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&theirs, size)?;
        Ok((ours, theirs))
    };
    let (ours, theirs) = open().map_err(system("terminal"))?;
    Ok(Capture {
        stdin: None,
        typed: None,
        stdout: theirs,
        stderr: None,
        is_terminal: true,
        carrier: Some(Carrier {
            sources: vec![Source {
                stream: Stream::Out,
                from: ours.into(),
                alone: None,
                screen,
            }],
            log,
            is_merged: false,
        }),
    })
}

fn system(what: &'static str) -> impl Fn(rustix::io::Errno) -> CaptureError {
    move |error| CaptureError::System {
        what,
        source: error.into(),
    }
}
