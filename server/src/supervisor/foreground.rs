//! A run in the foreground of a person's terminal: what it prints is shown and logged, what is typed reaches it.
//!
//! The supervisor is a child of the command that the person typed, in the same session and group: the terminal is theirs. The
//! run has a terminal of its own between it and the person's, so that its output can be kept. Without a terminal, what it
//! prints comes through a pipe, and its standard input is that of the command.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::io::fcntl_dupfd_cloexec;
use rustix::stdio::{dup2_stdout, stderr, stdin, stdout};

use super::keyboard::Keyboard;
use crate::process::terminal;

/// The size of a terminal that does not tell its own.
pub(super) const ROWS: u16 = 24;
pub(super) const COLUMNS: u16 = 80;

/// Descriptors from here on are none of the standard ones.
const FIRST_OTHER: i32 = 3;

/// Where a person sees and types.
#[derive(Debug)]
pub(super) struct Foreground {
    screen: File,
    is_terminal: bool,
}

impl Foreground {
    /// Takes standard output for the run. What the server is told goes to what was standard error, from now on.
    pub(super) fn take() -> io::Result<Self> {
        let is_terminal = terminal::is_there();
        let screen = fcntl_dupfd_cloexec(stdout(), FIRST_OTHER)?;
        dup2_stdout(stderr())?;
        Ok(Self {
            screen: screen.into(),
            is_terminal,
        })
    }

    /// True if standard input and output are a terminal.
    pub(super) fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Where output is shown.
    pub(super) fn screen(&self) -> io::Result<File> {
        self.screen.try_clone()
    }

    /// Lines and columns.
    pub(super) fn size(&self) -> (u16, u16) {
        terminal::size(self.screen.as_fd())
            .map_or((ROWS, COLUMNS), |size| (size.ws_row, size.ws_col))
    }

    /// Standard input, for a run without a terminal.
    pub(super) fn input() -> io::Result<OwnedFd> {
        Ok(fcntl_dupfd_cloexec(stdin(), FIRST_OTHER)?)
    }

    /// Passes what is typed on to the other side of the run's terminal.
    pub(super) fn keyboard(to: OwnedFd) -> io::Result<Keyboard> {
        Keyboard::start(to.into())
    }
}
