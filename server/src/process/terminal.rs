//! The terminal that this process was started in: its modes and its size.

use std::io;
use std::os::fd::BorrowedFd;

use rustix::stdio::{stdin, stdout};
use rustix::termios::{
    OptionalActions, OutputModes, Termios, Winsize, isatty, tcgetattr, tcgetwinsize, tcsetattr,
};

/// True if standard input and output are a terminal.
pub fn is_there() -> bool {
    isatty(stdin()) && isatty(stdout())
}

/// The modes that the terminal had.
#[derive(Clone, Debug)]
pub struct Modes(Termios);

impl Modes {
    /// Those of standard input; `None` if that is no terminal.
    pub fn now() -> Option<Self> {
        tcgetattr(stdin()).ok().map(Self)
    }

    /// Hands over every key as it is pressed, Ctrl-C included, and draws none. What is printed is still arranged in lines.
    pub fn make_raw(&self) -> io::Result<()> {
        let mut raw = self.0.clone();
        raw.make_raw();
        raw.output_modes = self.0.output_modes | OutputModes::OPOST;
        Ok(tcsetattr(stdin(), OptionalActions::Drain, &raw)?)
    }

    /// As it was. A terminal that is gone needs nothing.
    pub fn restore(&self) {
        tcsetattr(stdin(), OptionalActions::Drain, &self.0).ok();
    }
}

/// Lines and columns of a terminal; `None` if it tells none.
pub fn size(terminal: BorrowedFd<'_>) -> Option<Winsize> {
    tcgetwinsize(terminal)
        .ok()
        .filter(|size| size.ws_row > 0 && size.ws_col > 0)
}
