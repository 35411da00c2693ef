//! When somebody has to look at the GPUs again. What is known of them, and who holds them, stands in the queue's occupancy.
//!
//! Looking takes a driver's time, so a decision never looks. It asks for a look and goes on with what that shows:
//!
//! ```text
//! a run needs a GPU, and the views are old ──► Effect::LookAtGpus ──► a thread looks ──► Event::GpusSeen ──► a decision
//! ```

use domain::protocol::queue::GpuState;
use domain::time::Timestamp;

use super::state::State;
use crate::scheduler::devices::{self, DeviceView, Sighting};
use crate::scheduler::{Decision, Sight};

/// How long a look is good for decisions, milliseconds. What our own runs hold is known at every instant.
const FRESH_MS: i64 = 1000;

/// What a look showed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The devices.
    pub gpus: Vec<Sighting>,
    /// False: nobody answered. The devices are those of before, and none of them can be used.
    pub is_answered: bool,
}

/// How old the knowledge of the devices is, and who wants it newer.
#[derive(Debug, Default)]
pub(super) struct Gpus {
    seen_at_ms: Option<Timestamp>,
    /// What the last look was worth when it was new.
    last: Sight,
    is_wanted: bool,
    is_looking: bool,
    waits_for_strangers: bool,
}

impl State {
    /// The devices as they were seen last, with what our runs hold of them now.
    pub fn gpu_views(&self) -> &[DeviceView] {
        self.queue.occupancy().devices()
    }

    /// As the queue's page shows them: those that there are.
    pub fn gpu_states(&self) -> Vec<GpuState> {
        let listed = self.gpu_views().iter().filter(|view| view.is_listed);
        listed.map(DeviceView::state).collect()
    }

    /// Takes what was seen. What was asked for meanwhile is answered by it, too.
    pub(super) fn see_gpus(&mut self, seen: Seen, now: Timestamp) {
        self.gpus.is_looking = false;
        self.gpus.is_wanted = false;
        self.gpus.seen_at_ms = Some(now);
        self.gpus.last = if seen.is_answered {
            Sight::Fresh
        } else {
            Sight::Unanswered
        };
        devices::observe(self.queue.occupancy_mut().devices_mut(), seen.gpus);
    }
}

impl Gpus {
    /// Whether a decision may give devices away.
    pub(super) fn sight(&self, now: Timestamp) -> Sight {
        // A clock that went back makes a look old, never young.
        let is_fresh = self
            .seen_at_ms
            .is_some_and(|seen| (0..FRESH_MS).contains(&now.0.saturating_sub(seen.0)));
        if is_fresh { self.last } else { Sight::Old }
    }

    /// Remembers what a decision would have liked to know.
    pub(super) fn learn(&mut self, decision: &Decision, sight: Sight) {
        self.is_wanted |= decision.wants_look;
        // An old sight says nothing about strangers.
        if sight != Sight::Old {
            self.waits_for_strangers = decision.waits_for_strangers;
        }
    }

    /// True if a run waits for what strangers have, or for a driver that does not answer: nothing of ours tells when
    /// that has passed.
    pub(super) fn waits_for_strangers(&self) -> bool {
        self.waits_for_strangers
    }

    /// Asks for a look, however young the last one is.
    pub(super) fn want_look(&mut self) {
        self.is_wanted = true;
    }

    /// True if somebody has to look now; nobody is sent twice.
    pub(super) fn begin_look(&mut self) -> bool {
        let is_due = self.is_wanted && !self.is_looking;
        if is_due {
            self.is_looking = true;
            self.is_wanted = false;
        }
        is_due
    }
}
