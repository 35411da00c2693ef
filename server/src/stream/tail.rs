//! Follows one log while it grows: woken by the system, never polling, and as slow as its reader.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::Instant;

use super::reader::{FollowLogError, LogEvent, LogStart, Progress, Reader, Writer};
use super::watch::{LogWatcher, Subscription};

/// While data keeps coming, there is at most one turn in this time. The first bytes after a pause are told at once.
const CADENCE: Duration = Duration::from_millis(40);

/// The end of one turn: the reader comes back with what the turn made.
type Turned = (Box<Reader>, Result<Progress, FollowLogError>);

/// Where the reader is.
enum Work {
    /// Here, with the outcome of its last turn.
    Idle(Box<Reader>, Progress),
    /// On a thread that may block.
    Turning(JoinHandle<Turned>),
    /// Done, by the end of the run or an error.
    Over,
}

/// Follows one log file.
///
/// Nothing happens between two calls of [`LogFollower::next`]: a caller that waits for room in its queue slows the
/// follower down, and a follower that has fallen more than 1 MiB behind goes on with the newest 256 KiB and says so.
/// Memory is bounded by one turn (256 KiB of log) whatever the file does.
pub struct LogFollower {
    path: PathBuf,
    subscription: Subscription,
    ended: watch::Receiver<bool>,
    work: Work,
    ready: VecDeque<LogEvent>,
    next_turn: Instant,
    caught_up: bool,
}

impl LogFollower {
    /// Follows the file at `path`, which need not exist yet; its folder must. `ended` becomes true, or its sender goes,
    /// when the run has ended: then the rest is read and [`LogEvent::Ended`] told.
    ///
    /// # Errors
    /// If the folder cannot be watched.
    pub fn open(
        watcher: &LogWatcher,
        path: impl Into<PathBuf>,
        from: LogStart,
        ended: watch::Receiver<bool>,
    ) -> Result<Self, FollowLogError> {
        let path = path.into();
        // Before the first look, so that nothing falls between the two.
        let subscription = watcher.listen(&path)?;
        let reader = Box::new(Reader::new(path.clone(), from));
        Ok(Self {
            path,
            subscription,
            ended,
            work: Work::Idle(reader, Progress::More),
            ready: VecDeque::new(),
            next_turn: Instant::now(),
            caught_up: false,
        })
    }

    /// Whether everything that was in the file at the last look has been told.
    pub fn caught_up(&self) -> bool {
        self.caught_up && self.ready.iter().all(|event| *event == LogEvent::Ended)
    }

    /// The next event; the first comes at once, even for an empty or missing file. Cancel-safe. Pends forever behind
    /// [`LogEvent::Ended`] and behind an error.
    ///
    /// # Errors
    /// If the file cannot be read. The follower is of no more use then.
    pub async fn next(&mut self) -> Result<LogEvent, FollowLogError> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(event);
            }
            match &mut self.work {
                Work::Idle(_, progress) => {
                    let progress = *progress;
                    self.wait(progress).await;
                    self.start_turn();
                }
                // Dropping this future leaves the handle, and with it the reader, in its place.
                Work::Turning(turn) => {
                    let turned = turn.await;
                    self.end_turn(turned)?;
                }
                Work::Over => return std::future::pending().await,
            }
        }
    }

    /// Waits until there is something to read and it is time to read it, or the run has ended.
    async fn wait(&mut self, progress: Progress) {
        tokio::select! {
            // Either the value is true or the sender is gone: nobody will write any more.
            _ = self.ended.wait_for(|ended| *ended) => {}
            () = wait_for_turn(&self.subscription, progress, self.next_turn) => {}
        }
    }

    fn start_turn(&mut self) {
        let writer = match self.ended.has_changed() {
            Ok(_) if !*self.ended.borrow() => Writer::Alive,
            Ok(_) | Err(_) => Writer::Gone,
        };
        let Work::Idle(mut reader, _) = std::mem::replace(&mut self.work, Work::Over) else {
            return;
        };
        let turn = tokio::task::spawn_blocking(move || {
            let turned = reader.turn(writer);
            (reader, turned)
        });
        self.work = Work::Turning(turn);
    }

    fn end_turn(&mut self, turned: Result<Turned, JoinError>) -> Result<(), FollowLogError> {
        self.work = Work::Over;
        // One log that cannot be shown must not end everything else on its reader's connection.
        let (mut reader, progress) = match turned {
            Ok(turned) => turned,
            Err(error) if error.is_panic() => {
                tracing::error!(log = %self.path.display(), "showing a log ended in a panic");
                return Err(FollowLogError::Panicked(self.path.clone()));
            }
            // The runtime shuts down.
            Err(_) => return Ok(()),
        };
        let progress = progress?;
        self.ready = std::mem::take(&mut reader.ready);
        self.next_turn = Instant::now() + CADENCE;
        self.caught_up = progress != Progress::More;
        if progress != Progress::Over {
            self.work = Work::Idle(reader, progress);
        }
        Ok(())
    }
}

/// Cancel-safe because the change is awaited last: it is not taken before the turn is due.
async fn wait_for_turn(subscription: &Subscription, progress: Progress, next_turn: Instant) {
    tokio::time::sleep_until(next_turn).await;
    if progress == Progress::CaughtUp {
        subscription.changed().await;
    }
}
