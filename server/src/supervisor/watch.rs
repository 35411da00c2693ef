//! What wakes a supervisor: a child that ended, a request to end, the next run. One thread, one `poll`.

use std::cell::Cell;
use std::ffi::OsString;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::run::CancelledBy;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::{flag, low_level::pipe};

use crate::process::spawn::END_OF_REQUEST;

/// Signals that have arrived, and a descriptor that becomes readable with each.
pub(super) struct Watch {
    woken: UnixStream,
    cancel: Arc<AtomicBool>,
    cancel_by_rule: Arc<AtomicBool>,
    shutdown: Arc<AtomicBool>,
    /// The system has asked for the end: no run follows.
    is_ending: Cell<bool>,
}

impl Watch {
    /// From now on the signals of a supervisor are noted instead of ending it. The terminal that started it may close.
    pub(super) fn start() -> io::Result<Self> {
        Self::asked_to_end_by(&[SIGTERM, SIGINT])
    }

    /// The same for a run in the foreground. An interrupt from the keyboard is for the run, or for the command that the
    /// person typed, which then asks; when the terminal closes, the run ends.
    pub(super) fn start_in_foreground() -> io::Result<Self> {
        Self::asked_to_end_by(&[SIGTERM, SIGHUP])
    }

    fn asked_to_end_by(signals: &[i32]) -> io::Result<Self> {
        let (woken, waker) = UnixStream::pair()?;
        woken.set_nonblocking(true)?;
        let (cancel, cancel_by_rule) = (Arc::default(), Arc::default());
        let shutdown: Arc<AtomicBool> = Arc::default();
        // The flag before the wake-up, so that whoever is woken sees it.
        flag::register(SIGUSR1, Arc::clone(&cancel))?;
        flag::register(SIGUSR2, Arc::clone(&cancel_by_rule))?;
        for signal in signals {
            flag::register(*signal, Arc::clone(&shutdown))?;
        }
        // The others are caught and otherwise ignored.
        for signal in [SIGCHLD, SIGUSR1, SIGUSR2, SIGTERM, SIGINT, SIGHUP] {
            pipe::register(signal, waker.try_clone()?)?;
        }
        Ok(Self {
            woken,
            cancel,
            cancel_by_rule,
            shutdown,
            is_ending: Cell::new(false),
        })
    }

    /// Who asks for the end of the run, once per request. A person's word counts more than a rule's.
    pub(super) fn take_cancel(&self) -> Option<CancelledBy> {
        let by_rule = self.cancel_by_rule.swap(false, Ordering::SeqCst);
        let by_user = self.cancel.swap(false, Ordering::SeqCst);
        match (by_user, by_rule) {
            (true, _) => Some(CancelledBy::User),
            (false, true) => Some(CancelledBy::Rule),
            (false, false) => None,
        }
    }

    /// True once per request of the system to end.
    pub(super) fn take_shutdown(&self) -> bool {
        let is_asked = self.shutdown.swap(false, Ordering::SeqCst);
        self.is_ending.set(self.is_ending.get() || is_asked);
        is_asked
    }

    /// True if such a request is there and has not been taken.
    pub(super) fn is_shutdown_asked(&self) -> bool {
        self.shutdown.load(Ordering::SeqCst)
    }

    /// Waits for a signal, at most so long. Signals that came since the last call end it at once.
    pub(super) fn wait(&self, limit: Option<Duration>) {
        self.wait_also_for(&[], limit);
    }

    /// [`Self::wait`], or until one of these can be read.
    pub(super) fn wait_also_for(&self, also: &[BorrowedFd<'_>], limit: Option<Duration>) {
        self.wait_with(also, limit);
        let mut bytes = [0; 64];
        while matches!((&self.woken).read(&mut bytes), Ok(count) if count > 0) {}
    }

    /// Waits for a signal or for something to read; says whether the first of these has it.
    fn wait_with(&self, others: &[BorrowedFd<'_>], limit: Option<Duration>) -> bool {
        let mut watched = Vec::with_capacity(others.len() + 1);
        watched.push(PollFd::new(&self.woken, PollFlags::IN));
        let others = others.iter();
        watched.extend(others.map(|other| PollFd::from_borrowed_fd(*other, PollFlags::IN)));
        let limit = limit.and_then(|limit| Timespec::try_from(limit).ok());
        // An interrupted call has its reason in the pipe.
        poll(&mut watched, limit.as_ref()).is_ok()
            && watched
                .get(1)
                .is_some_and(|input| !input.revents().is_empty())
    }

    /// The folder of the next run; `None` when there is none any more, or the system wants an end.
    ///
    /// The server sends one only after it has heard of the end of the last, and closes the pipe if nothing waits; when
    /// it dies, the kernel does.
    pub(super) fn next_run(&self) -> Option<PathBuf> {
        let input = io::stdin();
        let mut request = Vec::new();
        loop {
            let is_ready = self.wait_with(&[input.as_fd()], None);
            self.take_shutdown();
            if self.is_ending.get() {
                return None;
            }
            if !is_ready {
                self.wait(Some(Duration::ZERO));
                continue;
            }
            let mut bytes = [0; 4096];
            let count = rustix::io::read(input.as_fd(), &mut bytes).ok()?;
            let read = bytes.get(..count).filter(|read| !read.is_empty())?;
            request.extend_from_slice(read);
            if request.last() == Some(&END_OF_REQUEST) {
                request.pop();
                return Some(PathBuf::from(OsString::from_vec(request)));
            }
        }
    }
}
