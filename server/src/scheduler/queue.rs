//! All that waits, sorted so that a decision looks at few of them.
//!
//! Runs that are treated alike stand in one class; of these only the first can be the next. What cannot start for a
//! reason of its own (time, other tasks, a person) stands outside. So an event costs the logarithm of what waits, and a
//! decision the number of classes and of starts.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::queue::SweepPolicy;
use domain::task::{RunId, TaskId};
use domain::time::Timestamp;

use super::decide::{Kept, Sight};
use super::durations::Durations;
use super::occupancy::{Holding, Occupancy};
use super::request::{
    Claim, ClassId, ClassKey, Hold, Item, Key, Request, Standing, SweepId, Ticket,
};
use super::rules::Rules;

/// What waits and what goes on.
#[derive(Debug, Default)]
pub struct Queue {
    pub(super) rules: Rules,
    pub(super) items: BTreeMap<Ticket, Item>,
    pub(super) by_task: HashMap<TaskId, Ticket>,
    pub(super) classes: BTreeMap<ClassId, Class>,
    class_ids: HashMap<ClassKey, ClassId>,
    /// Those that wait for a time.
    timed: BTreeSet<(Timestamp, Ticket)>,
    /// Who waits for a task.
    dependents: HashMap<TaskId, BTreeSet<Ticket>>,
    of_sweep: HashMap<SweepId, BTreeSet<Ticket>>,
    pub(super) by_priority: BTreeMap<i32, BTreeSet<Key>>,
    pub(super) sweeps: BTreeMap<SweepId, SweepRule>,
    pub(super) paused_tasks: BTreeSet<TaskId>,
    /// Those that are being changed, and must not start before that is done.
    held_tasks: BTreeSet<TaskId>,
    is_paused: bool,
    pub(super) occupancy: Occupancy,
    pub(super) durations: Durations,
    /// For whom something is kept since the last decision.
    pub(super) kept: Vec<Kept>,
    /// How well the devices were known at the last decision that knew something.
    pub(super) sight: Sight,
    next: u64,
}

/// Runs that are treated alike, in order.
#[derive(Debug)]
pub(super) struct Class {
    pub(super) key: ClassKey,
    pub(super) ready: BTreeSet<Key>,
    /// Members, those that stand outside included.
    members: usize,
}

/// What holds for one sweep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SweepRule {
    /// Its rule.
    pub policy: SweepPolicy,
    /// True if a person has paused it.
    pub is_paused: bool,
}

impl SweepRule {
    /// True if it makes a difference to which run is the next.
    fn matters(&self) -> bool {
        self.is_paused || self.policy.limit.is_some()
    }
}

impl Queue {
    /// An empty queue.
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            ..Self::default()
        }
    }

    /// The rules.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Other rules from now on. What goes on goes on.
    pub fn set_rules(&mut self, rules: Rules) {
        let is_other_order =
            self.rules.ageing_per_hour.to_bits() != rules.ageing_per_hour.to_bits();
        self.rules = rules;
        if is_other_order {
            for item in self.items.values_mut() {
                item.claim.worth = self.rules.worth(item.request.priority, item.request.place);
            }
        }
    }

    /// What goes on, and what it occupies.
    pub fn occupancy(&self) -> &Occupancy {
        &self.occupancy
    }

    /// The same, to take in what is seen of devices.
    pub fn occupancy_mut(&mut self) -> &mut Occupancy {
        &mut self.occupancy
    }

    /// How long runs take.
    pub fn durations_mut(&mut self) -> &mut Durations {
        &mut self.durations
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// True if nothing waits.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The run of a task that waits.
    pub fn waiting(&self, task: &TaskId) -> Option<&Request> {
        self.item(task).map(|item| &item.request)
    }

    pub(super) fn item(&self, task: &TaskId) -> Option<&Item> {
        self.items.get(self.by_task.get(task)?)
    }

    /// True if a ready run asks for GPUs: a decision then needs to know how they are.
    pub fn wants_devices(&self) -> bool {
        let asks = |class: &Class| !class.ready.is_empty() && !class.key.needs.gpus.is_none();
        self.classes.values().any(asks)
    }

    /// Takes a run in. One of the same task that waits already is replaced.
    pub fn add(&mut self, request: Request, now: Timestamp) {
        self.remove(&request.id.task);
        let ticket = Ticket(self.next);
        self.next += 1;
        let class = self.class_of(&request);
        let key = (request.place, ticket);
        let claim = Claim {
            worth: self.rules.worth(request.priority, request.place),
            key,
        };
        self.by_task.insert(request.id.task.clone(), ticket);
        for task in request.after.keys() {
            self.dependents
                .entry(task.clone())
                .or_default()
                .insert(ticket);
        }
        self.of_sweep
            .entry(request.sweep.clone())
            .or_default()
            .insert(ticket);
        self.by_priority
            .entry(request.priority)
            .or_default()
            .insert(key);
        self.items.insert(
            ticket,
            Item {
                request,
                class,
                claim,
                standing: Hold::Blocked,
                ready_at: now,
            },
        );
        self.settle(ticket, now);
    }

    /// Takes a run out: it is cancelled, removed or about to be changed.
    pub fn remove(&mut self, task: &TaskId) -> Option<Request> {
        let ticket = self.by_task.remove(task)?;
        let item = self.items.remove(&ticket)?;
        self.unplace(ticket, item.standing, item.class, item.claim.key);
        self.leave_class(item.class);
        for task in item.request.after.keys() {
            remove_from(&mut self.dependents, task, ticket);
        }
        remove_from(&mut self.of_sweep, &item.request.sweep, ticket);
        if let Some(line) = self.by_priority.get_mut(&item.request.priority) {
            line.remove(&item.claim.key);
            if line.is_empty() {
                self.by_priority.remove(&item.request.priority);
            }
        }
        Some(item.request)
    }

    /// Takes a run in again that waits and was changed; what it has waited for room counts on.
    pub fn change(&mut self, request: Request, now: Timestamp) {
        let task = request.id.task.clone();
        let ready_at = self.item(&task).map(|item| item.ready_at);
        self.add(request, now);
        let item = self.by_task.get(&task).copied();
        let item = item.and_then(|ticket| self.items.get_mut(&ticket));
        if let Some((item, ready_at)) = item.zip(ready_at) {
            item.ready_at = ready_at;
        }
    }

    /// A run goes on although this queue did not decide it: it was adopted.
    pub fn adopt(&mut self, id: RunId, holding: Holding) {
        self.remove(&id.task);
        self.occupancy.take(id, holding);
    }

    /// A run's process was started.
    pub fn started(&mut self, id: &RunId, at: Timestamp) {
        self.occupancy.set_started(id, at);
    }

    /// A run has ended: what it held is free. A long one tells how long its siblings may take.
    pub fn ended(&mut self, id: &RunId) -> Option<Holding> {
        self.occupancy.release(id)
    }

    /// How a task stands has changed. Returns the runs that waited for it in vain and are to be cancelled.
    pub fn task_stands(&mut self, task: &TaskId, standing: Standing, now: Timestamp) -> Vec<RunId> {
        let Some(tickets) = self.dependents.get(task).cloned() else {
            return Vec::new();
        };
        let mut doomed = Vec::new();
        for ticket in tickets {
            let Some(item) = self.items.get_mut(&ticket) else {
                continue;
            };
            if let Some(known) = item.request.after.get_mut(task) {
                *known = standing;
            }
            if item.request.is_doomed_by().is_some() {
                doomed.push(item.request.id.clone());
            } else {
                self.settle(ticket, now);
            }
        }
        doomed
    }

    /// The runs that wait in vain and are to be cancelled for it, each with the task that failed.
    pub fn doomed(&self) -> Vec<(RunId, TaskId)> {
        let doomed = |item: &Item| {
            let failed = item.request.is_doomed_by()?.clone();
            Some((item.request.id.clone(), failed))
        };
        self.items.values().filter_map(doomed).collect()
    }

    /// Pauses or resumes everything. What goes on goes on.
    pub fn set_paused(&mut self, is_paused: bool) {
        self.is_paused = is_paused;
    }

    /// True if a person has paused everything.
    pub fn is_paused(&self) -> bool {
        self.is_paused
    }

    /// Pauses or resumes one task.
    pub fn set_task_paused(&mut self, task: &TaskId, is_paused: bool, now: Timestamp) {
        if is_paused {
            self.paused_tasks.insert(task.clone());
        } else {
            self.paused_tasks.remove(task);
        }
        if let Some(ticket) = self.by_task.get(task).copied() {
            self.settle(ticket, now);
        }
    }

    /// Keeps a task from starting for as long as it is being changed, or lets it go; nobody needs to be told.
    pub fn set_task_held(&mut self, task: &TaskId, is_held: bool, now: Timestamp) {
        if is_held {
            self.held_tasks.insert(task.clone());
        } else {
            self.held_tasks.remove(task);
        }
        if let Some(ticket) = self.by_task.get(task).copied() {
            self.settle(ticket, now);
        }
    }

    /// True if a person has paused this task.
    pub fn is_task_paused(&self, task: &TaskId) -> bool {
        self.paused_tasks.contains(task)
    }

    /// The rule of a sweep.
    pub fn sweep_rule(&self, sweep: &SweepId) -> SweepRule {
        self.sweeps.get(sweep).copied().unwrap_or_default()
    }

    /// All sweeps with a rule, or paused.
    pub fn sweep_rules(&self) -> impl Iterator<Item = (&SweepId, &SweepRule)> {
        self.sweeps.iter()
    }

    /// Another rule for a sweep from now on.
    pub fn set_sweep_rule(&mut self, sweep: &SweepId, rule: SweepRule, now: Timestamp) {
        let before = self.sweep_rule(sweep);
        if rule == SweepRule::default() {
            self.sweeps.remove(sweep);
        } else {
            self.sweeps.insert(sweep.clone(), rule);
        }
        if before.matters() != rule.matters() {
            // Its runs change their class.
            for request in self.waiting_of_sweep(sweep) {
                self.change(request, now);
            }
        }
    }

    /// The waiting runs of a sweep.
    pub fn waiting_of_sweep(&self, sweep: &SweepId) -> Vec<Request> {
        let tickets = self.of_sweep.get(sweep).into_iter().flatten();
        tickets
            .filter_map(|ticket| self.items.get(ticket))
            .map(|item| item.request.clone())
            .collect()
    }

    /// When time alone makes a run ready.
    pub fn next_wake(&self) -> Option<Timestamp> {
        self.timed.first().map(|(at, _)| *at)
    }

    /// Makes ready whose time has come.
    pub(super) fn wake(&mut self, now: Timestamp) {
        while let Some((at, ticket)) = self.timed.first().copied()
            && at <= now
        {
            self.timed.remove(&(at, ticket));
            self.settle(ticket, now);
        }
    }

    /// Puts an item where it belongs now.
    fn settle(&mut self, ticket: Ticket, now: Timestamp) {
        let Some(item) = self.items.get(&ticket) else {
            return;
        };
        let request = &item.request;
        let task = &request.id.task;
        let is_held = self.paused_tasks.contains(task) || self.held_tasks.contains(task);
        let standing = match request.not_before.filter(|at| *at > now) {
            _ if is_held || !request.dependencies_are_met() => Hold::Blocked,
            Some(at) => Hold::Until(at),
            None => Hold::Ready,
        };
        let (before, class, key) = (item.standing, item.class, item.claim.key);
        self.unplace(ticket, before, class, key);
        match standing {
            Hold::Ready => {
                if let Some(class) = self.classes.get_mut(&class) {
                    class.ready.insert(key);
                }
            }
            Hold::Until(at) => {
                self.timed.insert((at, ticket));
            }
            Hold::Blocked => {}
        }
        if let Some(item) = self.items.get_mut(&ticket) {
            if before != Hold::Ready && standing == Hold::Ready {
                item.ready_at = now;
            }
            item.standing = standing;
        }
    }

    fn unplace(&mut self, ticket: Ticket, standing: Hold, class: ClassId, key: Key) {
        match standing {
            Hold::Ready => {
                if let Some(class) = self.classes.get_mut(&class) {
                    class.ready.remove(&key);
                }
            }
            Hold::Until(at) => {
                self.timed.remove(&(at, ticket));
            }
            Hold::Blocked => {}
        }
    }

    fn class_of(&mut self, request: &Request) -> ClassId {
        let is_special = self.sweep_rule(&request.sweep).matters();
        let key = ClassKey {
            user: request.user.clone(),
            sweep: is_special.then(|| request.sweep.clone()),
            priority: request.priority,
            needs: request.needs.clone(),
        };
        let known = self.class_ids.get(&key).copied();
        let id = known.unwrap_or_else(|| {
            let id = ClassId(self.next);
            self.next += 1;
            self.class_ids.insert(key.clone(), id);
            let class = Class {
                key,
                ready: BTreeSet::new(),
                members: 0,
            };
            self.classes.insert(id, class);
            id
        });
        if let Some(class) = self.classes.get_mut(&id) {
            class.members += 1;
        }
        id
    }

    fn leave_class(&mut self, id: ClassId) {
        if let Some(class) = self.classes.get_mut(&id) {
            class.members = class.members.saturating_sub(1);
            if class.members == 0
                && let Some(class) = self.classes.remove(&id)
            {
                self.class_ids.remove(&class.key);
            }
        }
    }
}

fn remove_from<K: std::hash::Hash + Eq>(
    index: &mut HashMap<K, BTreeSet<Ticket>>,
    key: &K,
    ticket: Ticket,
) {
    if let Some(tickets) = index.get_mut(key) {
        tickets.remove(&ticket);
        if tickets.is_empty() {
            index.remove(key);
        }
    }
}
