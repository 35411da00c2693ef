//! What the state knows of GPUs: the views that decisions rest on, and when somebody has to look again.
//!
//! Looking takes a driver's time, so a decision never looks. It asks for a look and goes on with what that shows:
//!
//! ```text
//! a run needs a GPU, and the views are old ──► Effect::LookAtGpus ──► a thread looks ──► Event::GpusSeen ──► a decision
//! ```

use domain::protocol::queue::GpuState;
use domain::queue::{Allocation, GpuRequest};
use domain::task::RunId;
use domain::time::Timestamp;

use crate::scheduler::devices::{self, DeviceView, Shortage, Sighting};

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

/// The devices, and how old the knowledge of them is.
#[derive(Debug, Default)]
pub struct Gpus {
    views: Vec<DeviceView>,
    seen_at_ms: Option<Timestamp>,
    is_wanted: bool,
    is_looking: bool,
    waits_for_strangers: bool,
    is_unanswered: bool,
}

/// Why no devices were given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NotGiven {
    /// The views are old: a look was asked for, and nothing that comes later may be decided before it.
    Unseen,
    /// There are too few.
    Short(Shortage),
}

impl Gpus {
    /// The devices as they were seen last, with what our runs hold of them now.
    pub fn views(&self) -> &[DeviceView] {
        &self.views
    }

    /// As the queue's page shows them: those that there are.
    pub fn states(&self) -> Vec<GpuState> {
        let listed = self.views.iter().filter(|view| view.is_listed);
        listed.map(DeviceView::state).collect()
    }

    /// True if a decision may rest on the views.
    pub(super) fn is_fresh(&self, now: Timestamp) -> bool {
        // A clock that went back makes a look old, never young.
        self.seen_at_ms
            .is_some_and(|seen| (0..FRESH_MS).contains(&now.0.saturating_sub(seen.0)))
    }

    /// Forgets why somebody had to wait: a decision is about to find out again, if it can.
    pub(super) fn begin_decision(&mut self, now: Timestamp) {
        if self.is_fresh(now) {
            self.waits_for_strangers = false;
        }
    }

    /// Devices for a request, if they can be given now. They are not held yet.
    pub(super) fn place(
        &mut self,
        request: &GpuRequest,
        now: Timestamp,
    ) -> Result<Allocation, NotGiven> {
        if request.is_none() {
            return Ok(Allocation::default());
        }
        if !self.is_fresh(now) {
            self.is_wanted = true;
            return Err(NotGiven::Unseen);
        }
        if self.is_unanswered {
            // What nobody tells of may be there in a moment: it is not too little for ever.
            self.waits_for_strangers = true;
            return Err(NotGiven::Short(devices::unanswered(request, &self.views)));
        }
        devices::place(request, &self.views).map_err(|shortage| {
            self.waits_for_strangers |= shortage.may_pass_unnoticed();
            NotGiven::Short(shortage)
        })
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

    /// Takes what was seen. What was asked for meanwhile is answered by it, too.
    pub(super) fn see(&mut self, seen: Seen, now: Timestamp) {
        self.is_looking = false;
        self.is_wanted = false;
        self.seen_at_ms = Some(now);
        self.is_unanswered = !seen.is_answered;
        devices::observe(&mut self.views, seen.gpus);
    }

    /// Notes what a run holds from now on.
    pub(super) fn hold(&mut self, run: &RunId, allocation: &Allocation) {
        devices::hold(&mut self.views, run, allocation);
    }

    /// Notes that a run holds nothing any more.
    pub(super) fn release(&mut self, run: &RunId) {
        devices::release(&mut self.views, run);
    }
}
