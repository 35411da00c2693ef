//! What executes runs, and what each way of it promises: see `docs/EXECUTORS.md`.
//!
//! Whatever executes a run, a supervisor process on this machine answers for it: it holds the run's lock as long as it lives,
//! owns the record, tells each change of it once and in order, ends the run when it is asked to by a signal, and leaves nothing
//! behind. So cancelling, and adopting after a restart, are the same for all; an executor says how that supervisor is started.

use std::fmt::Debug;
use std::io;

use domain::queue::ExecutorName;
use tokio::sync::Mutex;

use super::launch::{Launcher, Supervisor};
use crate::storage::layout::RunDir;

/// A way to execute runs.
pub(crate) trait Executor: Debug + Send + Sync {
    /// Why a run cannot be executed this way by this process, with the remedy; `None` if it can.
    fn refusal(&self, launcher: &Launcher) -> Option<String>;

    /// Starts the supervisor of a prepared run, in whose folder everything stands that it needs.
    fn start(&self, dir: &RunDir) -> io::Result<Supervisor>;

    /// True if its supervisor takes the next run of the slot when one has ended, also one of another executor of which this
    /// is true.
    fn takes_next_runs(&self) -> bool;

    /// Held while a run goes on, if there can be only one.
    fn turn(&self) -> Option<&Mutex<()>>;
}

/// What executes runs of this name.
pub(crate) fn of(name: &ExecutorName) -> &'static dyn Executor {
    match name {
        // How the process comes to be is the supervisor's to know: it reads the record.
        ExecutorName::Subprocess | ExecutorName::Fork { .. } => &Background,
        ExecutorName::Inline => &Inline,
    }
}

/// `subprocess` and `fork`: apart from everything, one supervisor for the runs of a slot.
#[derive(Debug)]
struct Background;

impl Executor for Background {
    fn refusal(&self, _launcher: &Launcher) -> Option<String> {
        None
    }

    fn start(&self, dir: &RunDir) -> io::Result<Supervisor> {
        Supervisor::in_background(dir)
    }

    fn takes_next_runs(&self) -> bool {
        true
    }

    fn turn(&self) -> Option<&Mutex<()>> {
        None
    }
}

/// `inline`: in the foreground of the terminal, one after the other.
#[derive(Debug)]
struct Inline;

/// There is one terminal.
static TERMINAL: Mutex<()> = Mutex::const_new(());

impl Executor for Inline {
    fn refusal(&self, launcher: &Launcher) -> Option<String> {
        (!launcher.has_foreground).then(|| {
            "the executor `inline` needs the terminal of a `runyard run` that nobody else serves; \
             stop the server and run it again, or use the executor `subprocess`"
                .to_owned()
        })
    }

    fn start(&self, dir: &RunDir) -> io::Result<Supervisor> {
        Supervisor::in_foreground(dir)
    }

    fn takes_next_runs(&self) -> bool {
        false
    }

    fn turn(&self) -> Option<&Mutex<()>> {
        Some(&TERMINAL)
    }
}
