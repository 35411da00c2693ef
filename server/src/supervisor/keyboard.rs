//! What a person types reaches the run, on a thread of its own; so do changes of the window's size.

use std::fs::File;
use std::io::{self, ErrorKind, PipeReader, PipeWriter, Read, Write};
use std::os::unix::net::UnixStream;
use std::thread::{self, JoinHandle};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::stdio::stdin;
use rustix::termios::tcsetwinsize;
use signal_hook::consts::SIGWINCH;
use signal_hook::low_level::{pipe, unregister};

use crate::process::terminal::{self, Modes};

/// How much is written at once, bytes: a terminal that says it has room has room for this.
const PIECE: usize = 64;

/// The person's terminal in the hands of a run. Dropped, it is as it was.
pub(super) struct Keyboard {
    modes: Modes,
    signal: signal_hook::SigId,
    stop: Option<PipeWriter>,
    thread: Option<JoinHandle<()>>,
}

impl Keyboard {
    /// From now on every key goes to the other side of this terminal.
    pub(super) fn start(to: File) -> io::Result<Self> {
        let modes = Modes::now().ok_or(ErrorKind::NotConnected)?;
        let (stopped, stop) = io::pipe()?;
        let (resized, waker) = UnixStream::pair()?;
        resized.set_nonblocking(true)?;
        let signal = pipe::register(SIGWINCH, waker)?;
        let carrying = Carrying {
            to,
            resized,
            stopped,
            typed: Vec::new(),
            is_open: true,
        };
        let thread = thread::Builder::new()
            .name("keyboard".to_owned())
            .spawn(move || carrying.run())?;
        modes.make_raw()?;
        Ok(Self {
            modes,
            signal,
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        unregister(self.signal);
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // A panic there has nothing left to tell.
            thread.join().ok();
        }
        self.modes.restore();
    }
}

struct Carrying {
    to: File,
    resized: UnixStream,
    stopped: PipeReader,
    /// What has not been taken yet.
    typed: Vec<u8>,
    is_open: bool,
}

impl Carrying {
    fn run(mut self) {
        self.resize();
        loop {
            let mut watched = vec![
                PollFd::new(&self.stopped, PollFlags::IN),
                PollFd::new(&self.resized, PollFlags::IN),
            ];
            if !self.typed.is_empty() {
                watched.push(PollFd::new(&self.to, PollFlags::OUT));
            } else if self.is_open {
                watched.push(PollFd::from_borrowed_fd(stdin(), PollFlags::IN));
            }
            if poll(&mut watched, None).is_err() {
                continue;
            }
            let mut has_event = watched.iter().map(|fd| !fd.revents().is_empty());
            let (is_stopped, is_resized, is_ready) = (
                has_event.next() == Some(true),
                has_event.next() == Some(true),
                has_event.next() == Some(true),
            );
            drop(watched);
            if is_stopped {
                return;
            }
            if is_resized {
                let mut bytes = [0; 64];
                while matches!(self.resized.read(&mut bytes), Ok(count) if count > 0) {}
                self.resize();
            }
            if is_ready && !self.pass() {
                return;
            }
        }
    }

    /// Reads, or passes on what was read; false if nobody takes it any more.
    fn pass(&mut self) -> bool {
        if self.typed.is_empty() {
            let mut bytes = [0; PIECE];
            match rustix::io::read(stdin(), &mut bytes) {
                Ok(count @ 1..) => self
                    .typed
                    .extend_from_slice(bytes.get(..count).unwrap_or_default()),
                Err(rustix::io::Errno::INTR) => {}
                Ok(_) | Err(_) => self.is_open = false,
            }
            return true;
        }
        match self.to.write(&self.typed) {
            Ok(count) => {
                self.typed.drain(..count);
                true
            }
            Err(error) => error.kind() == ErrorKind::Interrupted,
        }
    }

    fn resize(&self) {
        if let Some(size) = terminal::size(stdin()) {
            // The run learns of it by a signal of its own.
            tcsetwinsize(&self.to, size).ok();
        }
    }
}
