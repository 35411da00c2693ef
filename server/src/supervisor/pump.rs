//! Carries what a task writes through pipes or a terminal into its log, on a thread of its own.
//!
//! What is on its way is bounded by the kernel's buffers and one read. A log that cannot be written (a full disk) stops the
//! carrying, and with it the task, until it can be written again: nothing is dropped while the run goes on.

use std::fs::File;
use std::io::{self, ErrorKind, PipeReader, PipeWriter, Read, Write};
use std::os::fd::AsFd;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::merge::{Merge, Stream};

/// How much is read at once, bytes.
const PIECE: usize = 64 * 1024;
/// A log that cannot be written is tried again after this pause: nothing tells of space on a disk.
const WRITE_AGAIN: Duration = Duration::from_millis(500);
/// What is still taken from a source that somebody holds open when the carrying ends, bytes.
const LAST_BYTES: usize = 4 * 1024 * 1024;

/// Where bytes come from: the reading end of a pipe, or the other side of a terminal.
pub(super) struct Source {
    pub(super) stream: Stream,
    pub(super) from: File,
    /// The stream's own file, besides the log.
    pub(super) alone: Option<File>,
    /// Where a person sees it; one who has left hinders nothing.
    pub(super) screen: Option<File>,
}

/// What the thread needs.
pub(super) struct Carrier {
    pub(super) sources: Vec<Source>,
    pub(super) log: File,
    /// True if lines are marked with their stream.
    pub(super) is_merged: bool,
}

/// A thread that carries.
pub(super) struct Pump {
    /// Closed, the thread takes what is there and ends.
    stop: Option<PipeWriter>,
    ended: Receiver<()>,
}

/// How the carrying ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Drained {
    /// Everything was carried: nobody can write any more.
    Whole,
    /// Somebody still holds the task's output open, or the log cannot be written.
    Cut,
}

impl Pump {
    /// Starts the thread.
    pub(super) fn start(carrier: Carrier) -> io::Result<Self> {
        let (stopped, stop) = io::pipe()?;
        let (tell, ended) = sync_channel(1);
        thread::Builder::new()
            .name("pump".to_owned())
            .spawn(move || {
                Carrying {
                    carrier,
                    merge: Merge::default(),
                    stopped,
                    merged: Vec::new(),
                }
                .run();
                // Nobody may wait any more.
                tell.send(()).ok();
            })?;
        Ok(Self {
            stop: Some(stop),
            ended,
        })
    }

    /// Waits until everything is carried, at most so long; then takes what is there.
    pub(super) fn finish(mut self, limit: Duration) -> Drained {
        let has_not = Err(RecvTimeoutError::Timeout);
        if self.ended.recv_timeout(limit) != has_not {
            return Drained::Whole;
        }
        self.stop = None;
        self.ended.recv_timeout(limit).ok();
        Drained::Cut
    }
}

struct Carrying {
    carrier: Carrier,
    merge: Merge,
    stopped: PipeReader,
    merged: Vec<u8>,
}

impl Carrying {
    fn run(&mut self) {
        let mut piece = vec![0; PIECE];
        let mut left_after_stop = LAST_BYTES;
        while !self.carrier.sources.is_empty() {
            let (ready, is_stopped) = self.wait();
            if is_stopped && (ready.is_empty() || left_after_stop == 0) {
                return;
            }
            // From the last to the first, so that taking one out moves none that is still to be looked at.
            for index in ready.into_iter().rev() {
                let Some(source) = self.carrier.sources.get_mut(index) else {
                    continue;
                };
                let count = match source.from.read(&mut piece) {
                    Ok(count @ 1..) => count,
                    Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                    // Of a terminal whose other side is closed, the end is an error.
                    Ok(_) | Err(_) => {
                        self.carrier.sources.remove(index);
                        continue;
                    }
                };
                if is_stopped {
                    left_after_stop = left_after_stop.saturating_sub(count);
                }
                if !self.write(index, piece.get(..count).unwrap_or_default()) {
                    return;
                }
            }
        }
    }

    /// Waits for something; the sources that have it, and whether the end was asked for.
    fn wait(&self) -> (Vec<usize>, bool) {
        let mut watched = vec![PollFd::new(&self.stopped, PollFlags::IN)];
        let sources = self.carrier.sources.iter();
        watched.extend(sources.map(|source| PollFd::new(&source.from, PollFlags::IN)));
        if poll(&mut watched, None).is_err() {
            return (Vec::new(), false);
        }
        let mut has_event = watched.iter().map(|fd| !fd.revents().is_empty());
        let is_stopped = has_event.next().unwrap_or(false);
        let ready = has_event.enumerate().filter(|(_, has)| *has);
        (ready.map(|(index, _)| index).collect(), is_stopped)
    }

    /// False if the end was asked for before the log could be written.
    fn write(&mut self, index: usize, bytes: &[u8]) -> bool {
        let Some(source) = self.carrier.sources.get_mut(index) else {
            return true;
        };
        if let Some(screen) = &mut source.screen
            && screen.write_all(bytes).is_err()
        {
            source.screen = None;
        }
        if let Some(alone) = &mut source.alone
            && !write_patiently(alone, bytes, &self.stopped)
        {
            return false;
        }
        if !self.carrier.is_merged {
            return write_patiently(&mut self.carrier.log, bytes, &self.stopped);
        }
        self.merged.clear();
        self.merge.push(source.stream, bytes, &mut self.merged);
        write_patiently(&mut self.carrier.log, &self.merged, &self.stopped)
    }
}

/// Writes everything, however long the disk is full; false if the end was asked for before that.
fn write_patiently(file: &mut File, mut bytes: &[u8], stopped: &PipeReader) -> bool {
    while !bytes.is_empty() {
        match file.write(bytes) {
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => {
                let mut watched = [PollFd::from_borrowed_fd(stopped.as_fd(), PollFlags::IN)];
                let pause = Timespec::try_from(WRITE_AGAIN).ok();
                if poll(&mut watched, pause.as_ref()).is_ok_and(|ready| ready > 0) {
                    return false;
                }
            }
        }
    }
    true
}
