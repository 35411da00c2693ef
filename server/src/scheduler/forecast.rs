//! In which order what waits would start, and when: the same decisions over imagined ends.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use domain::queue::Waiting;
use domain::task::{RunId, TaskId};
use domain::time::Timestamp;

use super::decide::{Room, Served, Sight};
use super::occupancy::{Holding, Occupancy};
use super::queue::Queue;
use super::request::{Hold, Item, Standing, Ticket};

/// The most starts that are imagined; what is behind them is estimated from their pace.
const STARTS: usize = 300;
/// The most classes that are looked at in all while imagining.
const LOOKS: usize = 20_000;
/// How deep chains of tasks that wait for each other are followed.
const DEPTH: usize = 16;

/// What may happen if nothing else is submitted.
#[derive(Debug)]
pub struct Forecast<'a> {
    queue: &'a Queue,
    now: Timestamp,
    /// The imagined starts, in order; a time is absent where nothing tells how long those before take.
    order: Vec<(Ticket, Option<Timestamp>)>,
    place_of: HashMap<Ticket, usize>,
    /// Milliseconds between two starts, as far as they were imagined.
    pace_ms: Option<f64>,
}

/// One that waits, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    /// The run.
    pub id: RunId,
    /// Its priority.
    pub priority: i32,
    /// Whose it is.
    pub user: String,
    /// Why it waits.
    pub waiting: Waiting,
}

/// What is imagined to go on.
struct Imagined {
    occupancy: Occupancy,
    /// Ends to come, soonest first.
    ends: BinaryHeap<Reverse<(Timestamp, RunId)>>,
}

impl Queue {
    /// Looks ahead. Its cost is bounded; see `STARTS` and `LOOKS`.
    pub fn forecast(&self, now: Timestamp) -> Forecast<'_> {
        let mut forecast = Forecast {
            queue: self,
            now,
            order: Vec::new(),
            place_of: HashMap::new(),
            pace_ms: None,
        };
        forecast.imagine();
        forecast
    }

    /// When a run that goes on may end, judging by its siblings. One that takes longer than they did is given as much
    /// again as a quarter of what it took.
    fn expected_end(&self, holding: &Holding, now: Timestamp) -> Option<Timestamp> {
        let expected = self.durations.expected_ms(&holding.sweep)?;
        let elapsed = holding.started_at.map_or(0, |at| now.since_ms(at));
        let left = if elapsed < expected {
            expected - elapsed
        } else {
            elapsed / 4 + 1
        };
        Some(later(now, left))
    }
}

impl Forecast<'_> {
    fn imagine(&mut self) {
        let (queue, mut now) = (self.queue, self.now);
        let mut imagined = Imagined {
            occupancy: queue.occupancy.clone(),
            ends: BinaryHeap::new(),
        };
        for (id, holding) in queue.occupancy.running() {
            if let Some(end) = queue.expected_end(holding, now) {
                imagined.ends.push(Reverse((end, id.clone())));
            }
        }
        let mut served = Served::new();
        let mut looks = 0;
        loop {
            looks += queue.classes.len();
            let limit = STARTS.saturating_sub(self.order.len());
            let mut room = Room::new(Sight::Fresh);
            let started = queue.pass(&mut imagined.occupancy, &mut served, &mut room, now, limit);
            for ticket in started {
                self.place_of.insert(ticket, self.order.len());
                self.order.push((ticket, Some(now)));
                if let Some(item) = queue.items.get(&ticket) {
                    imagined.begin(queue, item, now);
                }
            }
            if self.order.len() >= STARTS || looks > LOOKS {
                break;
            }
            let Some(Reverse((end, id))) = imagined.ends.pop() else {
                break;
            };
            now = now.max(end);
            imagined.occupancy.release(&id);
            // What ends at the same time frees its room together.
            while let Some(Reverse((at, _))) = imagined.ends.peek()
                && *at <= now
                && let Some(Reverse((_, id))) = imagined.ends.pop()
            {
                imagined.occupancy.release(&id);
            }
        }
        let starts = self.order.len();
        let last = self.order.last().and_then(|(_, at)| *at);
        if let Some(last) = last.filter(|last| starts > 1 && *last > self.now) {
            self.pace_ms = Some(last.since_ms(self.now) as f64 / starts as f64);
        }
    }

    /// Why a task waits; `None` if it does not.
    pub fn waiting(&self, task: &TaskId) -> Option<Waiting> {
        let ticket = *self.queue.by_task.get(task)?;
        let ranks = match self.place_of.get(&ticket) {
            Some(_) => HashMap::new(),
            None => self.queue.ranks(&[ticket]),
        };
        self.explain(ticket, &ranks)
            .map(|explained| explained.waiting)
    }

    /// The same for many; those that do not wait are left out.
    pub fn waiting_of(&self, tasks: &[TaskId]) -> HashMap<TaskId, Waiting> {
        let tickets: Vec<Ticket> = tasks
            .iter()
            .filter_map(|task| self.queue.by_task.get(task).copied())
            .collect();
        let ranks = self.queue.ranks(&tickets);
        tickets
            .iter()
            .filter_map(|ticket| self.explain(*ticket, &ranks))
            .map(|explained| (explained.id.task, explained.waiting))
            .collect()
    }

    /// Those that wait, in the order in which they would start now; those that cannot start come last.
    pub fn page(&self, offset: usize, limit: usize) -> Vec<Explained> {
        let imagined = self.order.iter().map(|(ticket, _)| *ticket);
        let mut tickets: Vec<Ticket> = imagined.skip(offset).take(limit).collect();
        if tickets.len() < limit {
            let mut others: Vec<(&Ticket, &Item)> = self
                .queue
                .items
                .iter()
                .filter(|(ticket, _)| !self.place_of.contains_key(ticket))
                .collect();
            others.sort_unstable_by_key(|(_, item)| (item.standing != Hold::Ready, item.claim));
            let from = offset.saturating_sub(self.order.len());
            let missing = limit - tickets.len();
            tickets.extend(others.into_iter().skip(from).take(missing).map(|(t, _)| *t));
        }
        let ranks = self.queue.ranks(&tickets);
        let explain = |ticket: &Ticket| self.explain(*ticket, &ranks);
        tickets.iter().filter_map(explain).collect()
    }

    /// When the last of all may be done; absent if nothing tells, or something waits for a person.
    pub fn done_at(&self) -> Option<Timestamp> {
        let queue = self.queue;
        let running = queue
            .occupancy
            .running()
            .map(|(_, holding)| queue.expected_end(holding, self.now));
        let waiting = queue.items.iter().map(|(ticket, item)| {
            let takes = queue.durations.expected_ms(&item.request.sweep)?;
            let rank = self.order.len() as u64;
            Some(later(self.start_of(*ticket, rank, DEPTH)?, takes))
        });
        if queue.items.len() > STARTS {
            // Behind what was imagined, the pace tells: one look for all of them.
            let rest = u64::try_from(queue.items.len()).unwrap_or(u64::MAX);
            return self.at_pace(rest);
        }
        let mut last = self.now;
        for end in running.chain(waiting) {
            last = last.max(end?);
        }
        Some(last)
    }

    fn explain(&self, ticket: Ticket, ranks: &HashMap<Ticket, u64>) -> Option<Explained> {
        let item = self.queue.items.get(&ticket)?;
        let request = &item.request;
        let rank = match self.place_of.get(&ticket) {
            Some(place) => u64::try_from(*place).unwrap_or(u64::MAX),
            None => ranks.get(&ticket).copied().unwrap_or_default(),
        };
        let waiting = Waiting {
            position: rank + 1,
            since_ms: request.queued_at,
            reasons: self.queue.reasons(&request.id.task, rank, self.now),
            may_start_at_ms: self.start_of(ticket, rank, DEPTH),
        };
        Some(Explained {
            id: request.id.clone(),
            priority: request.priority,
            user: request.user.clone(),
            waiting,
        })
    }

    /// When a run may start.
    fn start_of(&self, ticket: Ticket, rank: u64, depth: usize) -> Option<Timestamp> {
        let queue = self.queue;
        let item = queue.items.get(&ticket)?;
        let request = &item.request;
        let is_held = queue.is_paused()
            || queue.paused_tasks.contains(&request.id.task)
            || queue.sweep_rule(&request.sweep).is_paused;
        if is_held {
            return None;
        }
        match item.standing {
            Hold::Ready => match self.place_of.get(&ticket) {
                Some(place) => self.order.get(*place).and_then(|(_, at)| *at),
                None => self.at_pace(rank),
            },
            Hold::Until(at) => Some(at),
            Hold::Blocked => {
                let mut last = request.not_before.unwrap_or(self.now).max(self.now);
                for (task, standing) in &request.after {
                    match standing {
                        Standing::Succeeded => {}
                        Standing::Failed | Standing::Gone => {
                            if !request.dependencies_are_met() {
                                return None;
                            }
                        }
                        Standing::Open => last = last.max(self.end_of(task, depth)?),
                    }
                }
                Some(last)
            }
        }
    }

    /// When a task that others wait for may end.
    fn end_of(&self, task: &TaskId, depth: usize) -> Option<Timestamp> {
        let depth = depth.checked_sub(1)?;
        if let Some(ticket) = self.queue.by_task.get(task) {
            let item = self.queue.items.get(ticket)?;
            let takes = self.queue.durations.expected_ms(&item.request.sweep)?;
            let rank = self.order.len() as u64;
            return Some(later(self.start_of(*ticket, rank, depth)?, takes));
        }
        let mut running = self.queue.occupancy.running();
        let (_, holding) = running.find(|(id, _)| id.task == *task)?;
        self.queue.expected_end(holding, self.now)
    }

    fn at_pace(&self, rank: u64) -> Option<Timestamp> {
        // Only what was left out because it was too much: what was looked at and did not start has no time.
        if self.order.len() < STARTS {
            return None;
        }
        let ms = self.pace_ms? * rank as f64;
        Some(later(self.now, super::rules::whole_ms(ms)))
    }
}

impl Imagined {
    fn begin(&mut self, queue: &Queue, item: &Item, now: Timestamp) {
        // Without a duration it never ends here, and what needs its room has no time.
        if let Some(takes) = queue.durations.expected_ms(&item.request.sweep) {
            let end = later(now, takes.max(1));
            self.ends.push(Reverse((end, item.request.id.clone())));
        }
    }
}

fn later(at: Timestamp, ms: u64) -> Timestamp {
    Timestamp(
        at.as_ms()
            .saturating_add(i64::try_from(ms).unwrap_or(i64::MAX)),
    )
}
