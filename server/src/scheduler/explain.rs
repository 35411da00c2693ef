//! Why a run waits.

use std::collections::HashMap;

use domain::queue::WaitReason;
use domain::task::TaskId;
use domain::time::Timestamp;

use super::decide::{Fit, Room, Sight};
use super::devices;
use super::queue::{Class, Queue};
use super::request::{Claim, Hold, Item, Request, Standing, Ticket};

/// The most tasks that a reason names.
const NAMED: usize = 3;

impl Queue {
    /// Everything that keeps a run, the most telling first; never empty for one that waits.
    ///
    /// `ahead` is how many have a better claim.
    pub fn reasons(&self, task: &TaskId, ahead: u64, now: Timestamp) -> Vec<WaitReason> {
        let Some(item) = self.item(task) else {
            return Vec::new();
        };
        let mut reasons = self.by_persons(item);
        reasons.extend(by_time(&item.request, now));
        reasons.extend(by_tasks(&item.request));
        if let Some(class) = self.classes.get(&item.class) {
            reasons.extend(self.by_limits(class));
            reasons.extend(self.by_room(item, class));
        }
        if ahead > 0 || reasons.is_empty() {
            reasons.push(WaitReason::Turn { ahead });
        }
        reasons
    }

    fn by_persons(&self, item: &Item) -> Vec<WaitReason> {
        let request = &item.request;
        let mut reasons = Vec::new();
        if self.is_paused() {
            reasons.push(WaitReason::QueuePaused);
        }
        if self.sweep_rule(&request.sweep).is_paused {
            let sweep = request.sweep.sweep.clone();
            reasons.push(WaitReason::SweepPaused { sweep });
        }
        if self.paused_tasks.contains(&request.id.task) {
            reasons.push(WaitReason::TaskPaused);
        }
        reasons
    }

    fn by_limits(&self, class: &Class) -> Vec<WaitReason> {
        let mut reasons = Vec::new();
        if let Some(sweep) = &class.key.sweep
            && let Some(limit) = self.sweep_rule(sweep).policy.limit
            && self.occupancy.of_sweep(sweep) >= limit
        {
            reasons.push(WaitReason::SweepLimit { limit });
        }
        if let Some(limit) = self.rules.user_limit
            && self.user_is_full(&class.key.user, &self.occupancy)
        {
            let user = class.key.user.clone();
            reasons.push(WaitReason::UserLimit { user, limit });
        }
        reasons
    }

    /// What is short for it, or kept from it.
    fn by_room(&self, item: &Item, class: &Class) -> Vec<WaitReason> {
        let (needs, total) = (class.key.needs.amounts, self.rules.total);
        let too_large = |what: String| WaitReason::TooLarge { what };
        let mut reasons = Vec::new();
        if needs.slots > total.slots {
            let (needed, there) = (needs.slots, total.slots);
            reasons.push(too_large(format!("{needed} slots, and there are {there}")));
        }
        if needs.milli_cpus > total.milli_cpus {
            let (needed, there) = (cpus(needs.milli_cpus), cpus(total.milli_cpus));
            reasons.push(too_large(format!(
                "{needed} processors, and there are {there}"
            )));
        }
        if needs.memory_mb > total.memory_mb {
            let (needed, there) = (needs.memory_mb, total.memory_mb);
            reasons.push(too_large(format!(
                "{needed} MiB of memory, and there are {there}"
            )));
        }
        let request = &class.key.needs.gpus;
        let placed = if self.sight == Sight::Unanswered && !request.is_none() {
            Err(devices::unanswered(request, self.occupancy.devices()))
        } else {
            devices::place(request, self.occupancy.devices())
        };
        if !reasons.is_empty() {
            return reasons;
        }
        let free = self.occupancy.free(&self.rules);
        if needs.slots > free.slots {
            reasons.push(WaitReason::Slots {
                needed: needs.slots,
                free: free.slots,
                total: total.slots,
            });
        }
        if needs.milli_cpus > free.milli_cpus {
            reasons.push(WaitReason::Cpus {
                needed: cpus(needs.milli_cpus),
                free: cpus(free.milli_cpus),
                total: cpus(total.milli_cpus),
            });
        }
        if needs.memory_mb > free.memory_mb {
            reasons.push(WaitReason::Memory {
                needed_mb: needs.memory_mb,
                free_mb: free.memory_mb,
                total_mb: total.memory_mb,
            });
        }
        if let Err(shortage) = placed {
            reasons.insert(0, shortage.into_reason());
        }
        if reasons.is_empty() && item.standing == Hold::Ready {
            reasons.extend(self.kept_from(item));
        }
        reasons
    }

    /// The run that what is free is kept for, if this one would fit otherwise.
    fn kept_from(&self, item: &Item) -> Option<WaitReason> {
        let mut room = Room::new(Sight::Fresh);
        for kept in &self.kept {
            if kept.id == item.request.id {
                return None;
            }
            room.keep(&kept.id, &kept.needs, &self.occupancy);
            if room.fit(&item.request.needs, self, &self.occupancy) == Fit::Kept {
                let task = kept.id.task.clone();
                return Some(WaitReason::KeptFor { task });
            }
        }
        None
    }

    /// How many have a better claim, for each of these: those that are ready come before all others.
    pub(super) fn ranks(&self, tickets: &[Ticket]) -> HashMap<Ticket, u64> {
        let key = |item: &Item| (item.standing != Hold::Ready, item.claim);
        let mut asked: Vec<((bool, Claim), Ticket)> = tickets
            .iter()
            .filter_map(|ticket| Some((key(self.items.get(ticket)?), *ticket)))
            .collect();
        asked.sort_unstable();
        // How many items lie between one asked for and the next; sums of these are ranks.
        let mut between = vec![0_u64; asked.len() + 1];
        for item in self.items.values() {
            let own = key(item);
            let place = asked.partition_point(|(asked, _)| *asked <= own);
            if let Some(count) = between.get_mut(place) {
                *count += 1;
            }
        }
        let mut rank = 0;
        let mut ranks = HashMap::new();
        for ((_, ticket), count) in asked.into_iter().zip(between) {
            rank += count;
            ranks.insert(ticket, rank);
        }
        ranks
    }
}

fn by_time(request: &Request, now: Timestamp) -> Option<WaitReason> {
    let at_ms = request.not_before.filter(|at| *at > now)?;
    Some(match request.retry {
        0 => WaitReason::NotBefore { at_ms },
        retry => WaitReason::RetryAt { at_ms, retry },
    })
}

fn by_tasks(request: &Request) -> Vec<WaitReason> {
    if request.dependencies_are_met() {
        return Vec::new();
    }
    let standing = |wanted: fn(Standing) -> bool| {
        let all = request.after.iter();
        all.filter(move |(_, standing)| wanted(**standing))
            .map(|(task, _)| task.clone())
    };
    let is_open = |standing| standing == Standing::Open;
    let mut reasons: Vec<WaitReason> =
        standing(|standing| matches!(standing, Standing::Failed | Standing::Gone))
            .take(1)
            .map(|task| WaitReason::DependencyFailed { task })
            .collect();
    let count = standing(is_open).count();
    if count > 0 {
        reasons.push(WaitReason::After {
            tasks: standing(is_open).take(NAMED).collect(),
            count: u64::try_from(count).unwrap_or(u64::MAX),
        });
    }
    reasons
}

/// Processors from thousandths.
pub(super) fn cpus(milli: u64) -> f64 {
    milli as f64 / 1000.0
}
