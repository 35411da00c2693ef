//! Which runs start now.
//!
//! ```text
//! users, smallest share first --> their classes, best claim first --> does it fit?
//!                                                       yes: it starts, the next of its class stands for it
//!                                                       no:  its class is passed over; if it has waited long for
//!                                                            room, what is free is kept for it
//! ```

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::ops::Bound;

use domain::queue::{Allocation, GpuRequest};
use domain::task::RunId;
use domain::time::Timestamp;

use super::devices::{self, DeviceView, Holder, Shortage};
use super::occupancy::{Holding, Occupancy};
use super::queue::{Class, Queue};
use super::request::{Claim, ClassId, Item, Key, Needs, Ticket};
use super::rules::Amounts;

/// A run that starts now.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    /// The run.
    pub id: RunId,
    /// What it holds from now on.
    pub allocation: Allocation,
}

/// What follows from a decision.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decision {
    /// The runs that start, in order; they go on from this moment.
    pub starts: Vec<Start>,
    /// True if a run that needs GPUs could not be judged, because what is known of them is old.
    pub wants_look: bool,
    /// True if a run waits for devices that strangers have: they leave without telling anybody.
    pub waits_for_strangers: bool,
}

/// Whether what is known of the GPUs is good enough to give them away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sight {
    /// It is.
    #[default]
    Fresh,
    /// It is old: somebody has to look first.
    Old,
    /// The driver does not answer. What it will show may be enough: nothing is too little for ever.
    Unanswered,
}

/// A run for which something is kept.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Kept {
    pub(super) id: RunId,
    pub(super) needs: Needs,
}

/// Whether a run could start, apart from everybody's limits.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Fit {
    /// It can, with these devices.
    Now(Allocation),
    /// Something is short.
    Short,
    /// Enough is free, but it is kept for others.
    Kept,
    /// It asks for more than there is.
    Never,
    /// Nobody has looked at the devices lately.
    Unseen,
}

/// What is free for the next one, and what of it is kept.
#[derive(Debug)]
pub(super) struct Room {
    /// What is kept of the countable things.
    kept: Amounts,
    /// The devices as others may have them; absent while nothing is kept.
    open: Option<Vec<DeviceView>>,
    pub(super) keepers: Vec<Kept>,
    sight: Sight,
    wants_look: bool,
    waits_for_strangers: bool,
}

impl Room {
    pub(super) fn new(sight: Sight) -> Self {
        Self {
            kept: Amounts::default(),
            open: None,
            keepers: Vec::new(),
            sight,
            wants_look: false,
            waits_for_strangers: false,
        }
    }

    pub(super) fn fit(&mut self, needs: &Needs, queue: &Queue, occupancy: &Occupancy) -> Fit {
        if !queue.rules.total.covers(needs.amounts) {
            return Fit::Never;
        }
        let free = occupancy.free(&queue.rules);
        if !needs.gpus.is_none() && self.sight == Sight::Old {
            self.wants_look = true;
            return Fit::Unseen;
        }
        if !needs.gpus.is_none() && self.sight == Sight::Unanswered {
            self.waits_for_strangers = true;
            return Fit::Short;
        }
        let allocation = match devices::place(&needs.gpus, occupancy.devices()) {
            Ok(allocation) => allocation,
            Err(Shortage::TooLarge { .. }) => return Fit::Never,
            Err(shortage) => {
                self.waits_for_strangers |= shortage.may_pass_unnoticed();
                return Fit::Short;
            }
        };
        if !free.covers(needs.amounts) {
            return Fit::Short;
        }
        if !free.minus(self.kept).covers(needs.amounts) {
            return Fit::Kept;
        }
        match &self.open {
            Some(open) if !needs.gpus.is_none() => match devices::place(&needs.gpus, open) {
                Ok(allocation) => Fit::Now(allocation),
                Err(_) => Fit::Kept,
            },
            _ => Fit::Now(allocation),
        }
    }

    /// Keeps for a run that does not fit what it could use of what is free.
    pub(super) fn keep(&mut self, id: &RunId, needs: &Needs, occupancy: &Occupancy) {
        self.kept = self.kept.plus(needs.amounts);
        let open = self
            .open
            .get_or_insert_with(|| occupancy.devices().to_vec());
        match devices::place(&needs.gpus, open) {
            Ok(allocation) => devices::hold(open, id, &allocation),
            Err(_) => keep_free(open, id, &needs.gpus),
        }
        self.keepers.push(Kept {
            id: id.clone(),
            needs: needs.clone(),
        });
    }

    /// Takes into account what has started.
    fn start(&mut self, id: &RunId, allocation: &Allocation) {
        if let Some(open) = &mut self.open {
            devices::hold(open, id, allocation);
        }
    }
}

/// Holds every device that could become one of those that a request waits for.
fn keep_free(open: &mut Vec<DeviceView>, id: &RunId, request: &GpuRequest) {
    let holder = || Holder {
        run: id.clone(),
        memory_mb: 0,
    };
    match request {
        GpuRequest::None => {}
        GpuRequest::Count { .. } => {
            for view in open.iter_mut().filter(|view| view.is_free()) {
                view.holders.push(holder());
            }
        }
        GpuRequest::Memory { .. } => {
            for view in open.iter_mut().filter(|view| view.free_memory_mb() > 0) {
                view.holders.push(holder());
            }
        }
        GpuRequest::Pinned { ids } => {
            for pin in ids {
                let ids = vec![pin.clone()];
                if let Ok(allocation) = devices::place(&GpuRequest::Pinned { ids }, open) {
                    devices::hold(open, id, &allocation);
                }
            }
        }
    }
}

/// How far each class has been served, for a look ahead that takes nothing out.
pub(super) type Served = HashMap<ClassId, Key>;

/// The classes of one user with something ready, best claim first.
struct Line<'a> {
    user: &'a str,
    heads: BinaryHeap<Reverse<(Claim, ClassId)>>,
}

impl Queue {
    /// Decides which runs start now; they go on from this moment.
    pub fn decide(&mut self, now: Timestamp, sight: Sight) -> Decision {
        self.wake(now);
        self.kept.clear();
        if sight != Sight::Old {
            self.sight = sight;
        }
        if self.is_paused() {
            return Decision::default();
        }
        let mut occupancy = std::mem::take(&mut self.occupancy);
        let mut room = Room::new(sight);
        let mut served = Served::new();
        let tickets = self.pass(&mut occupancy, &mut served, &mut room, now, usize::MAX);
        self.occupancy = occupancy;
        self.kept.append(&mut room.keepers);
        let mut starts = Vec::with_capacity(tickets.len());
        for ticket in tickets {
            let Some(task) = self.items.get(&ticket).map(|item| &item.request.id.task) else {
                continue;
            };
            let task = task.clone();
            if let Some(request) = self.remove(&task) {
                let holding = self.occupancy.holding(&request.id);
                let allocation = holding.map(|holding| holding.allocation.clone());
                starts.push(Start {
                    id: request.id,
                    allocation: allocation.unwrap_or_default(),
                });
            }
        }
        Decision {
            starts,
            wants_look: room.wants_look,
            waits_for_strangers: room.waits_for_strangers,
        }
    }

    /// One decision over an occupancy, which takes what starts; at most `limit` of them. Nothing leaves the queue.
    pub(super) fn pass(
        &self,
        occupancy: &mut Occupancy,
        served: &mut Served,
        room: &mut Room,
        now: Timestamp,
        limit: usize,
    ) -> Vec<Ticket> {
        let mut started = Vec::new();
        // Everything takes a slot: with none free, nobody needs to be asked.
        if occupancy.free(&self.rules).slots == 0 {
            return started;
        }
        let mut lines = self.lines(served);
        while started.len() < limit
            && occupancy.free(&self.rules).slots > 0
            && let Some(turn) = self.whose_turn(&lines, occupancy)
        {
            let Some(line) = lines.get_mut(turn) else {
                break;
            };
            let Some(Reverse((claim, class_id))) = line.heads.pop() else {
                lines.swap_remove(turn);
                continue;
            };
            let found = self
                .classes
                .get(&class_id)
                .zip(self.items.get(&claim.key.1));
            let Some((class, item)) = found else {
                continue;
            };
            if self.user_is_full(&class.key.user, occupancy) {
                if self.rules.fair_share {
                    lines.swap_remove(turn);
                }
                continue;
            }
            if self.sweep_is_full(class, occupancy) {
                continue;
            }
            match room.fit(&class.key.needs, self, occupancy) {
                Fit::Now(allocation) => {
                    let id = &item.request.id;
                    room.start(id, &allocation);
                    occupancy.take(id.clone(), holding(item, allocation));
                    started.push(claim.key.1);
                    served.insert(class_id, claim.key);
                    if let Some(next) = self.head(class_id, class, served) {
                        line.heads.push(Reverse((next, class_id)));
                    }
                }
                Fit::Short if now.since_ms(item.ready_at) >= self.rules.keep_after_ms => {
                    room.keep(&item.request.id, &class.key.needs, occupancy);
                }
                // What it may take after a look must not be given away before.
                Fit::Unseen => room.keep(&item.request.id, &class.key.needs, occupancy),
                Fit::Short | Fit::Kept | Fit::Never => {}
            }
        }
        started
    }

    /// Who has something ready, and what.
    fn lines(&self, served: &Served) -> Vec<Line<'_>> {
        let mut by_user: BTreeMap<&str, Line<'_>> = BTreeMap::new();
        for (id, class) in &self.classes {
            let Some(claim) = self.head(*id, class, served) else {
                continue;
            };
            let user = if self.rules.fair_share {
                class.key.user.as_str()
            } else {
                ""
            };
            let line = by_user.entry(user).or_insert_with(|| Line {
                user,
                heads: BinaryHeap::new(),
            });
            line.heads.push(Reverse((claim, *id)));
        }
        by_user.into_values().collect()
    }

    /// The first of a class that has not been served.
    fn head(&self, id: ClassId, class: &Class, served: &Served) -> Option<Claim> {
        let from = served
            .get(&id)
            .map_or(Bound::Unbounded, |key| Bound::Excluded(*key));
        let (_, ticket) = class.ready.range((from, Bound::Unbounded)).next()?;
        self.items.get(ticket).map(|item| item.claim)
    }

    /// The line of the user with the smallest share; of equals the one with the best claim.
    fn whose_turn(&self, lines: &[Line<'_>], occupancy: &Occupancy) -> Option<usize> {
        if lines.len() < 2 {
            return (!lines.is_empty()).then_some(0);
        }
        let keyed = lines.iter().enumerate().map(|(at, line)| {
            let claim = line.heads.peek().map(|head| head.0);
            (at, occupancy.share(line.user, &self.rules), claim)
        });
        keyed
            .min_by(|a, b| {
                // A line without claims is removed when its turn comes.
                (a.1.total_cmp(&b.1)).then_with(|| a.2.cmp(&b.2))
            })
            .map(|(at, _, _)| at)
    }

    pub(super) fn user_is_full(&self, user: &str, occupancy: &Occupancy) -> bool {
        self.rules
            .user_limit
            .is_some_and(|limit| occupancy.of_user(user) >= limit)
    }

    pub(super) fn sweep_is_full(&self, class: &Class, occupancy: &Occupancy) -> bool {
        let Some(sweep) = &class.key.sweep else {
            return false;
        };
        let rule = self.sweep_rule(sweep);
        let is_full = |limit| occupancy.of_sweep(sweep) >= limit;
        rule.is_paused || rule.policy.limit.is_some_and(is_full)
    }
}

/// What a run holds that starts.
fn holding(item: &Item, allocation: Allocation) -> Holding {
    let request = &item.request;
    Holding {
        sweep: request.sweep.clone(),
        user: request.user.clone(),
        needs: request.needs.clone(),
        allocation,
        started_at: None,
    }
}
