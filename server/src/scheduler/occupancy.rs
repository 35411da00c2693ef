//! What runs occupy, and what is free.

use std::collections::{BTreeMap, HashMap};

use domain::queue::Allocation;
use domain::task::RunId;
use domain::time::Timestamp;

use super::devices::{self, DeviceView};
use super::request::{Needs, SweepId};
use super::rules::{Amounts, Rules};

/// A run that goes on.
#[derive(Clone, Debug, PartialEq)]
pub struct Holding {
    /// Its sweep.
    pub sweep: SweepId,
    /// Whose it is.
    pub user: String,
    /// What it occupies.
    pub needs: Needs,
    /// Its devices.
    pub allocation: Allocation,
    /// When it was started; absent: just now.
    pub started_at: Option<Timestamp>,
}

/// What all runs that go on occupy together.
#[derive(Clone, Debug, Default)]
pub struct Occupancy {
    running: BTreeMap<RunId, Held>,
    used: Amounts,
    by_user: BTreeMap<String, Use>,
    by_sweep: HashMap<SweepId, u32>,
    devices: Vec<DeviceView>,
}

/// A holding, and thousandths of devices as they were counted when it began.
#[derive(Clone, Debug)]
struct Held {
    holding: Holding,
    milli_gpus: u64,
}

/// What one user occupies.
#[derive(Clone, Copy, Debug, Default)]
struct Use {
    runs: u32,
    amounts: Amounts,
    /// Thousandths of devices.
    milli_gpus: u64,
}

impl Occupancy {
    /// The runs that go on.
    pub fn running(&self) -> impl Iterator<Item = (&RunId, &Holding)> {
        self.running.iter().map(|(id, held)| (id, &held.holding))
    }

    /// One of them.
    pub fn holding(&self, id: &RunId) -> Option<&Holding> {
        self.running.get(id).map(|held| &held.holding)
    }

    /// What there is of devices, and who holds them.
    pub fn devices(&self) -> &[DeviceView] {
        &self.devices
    }

    /// The same, to take in what is seen of them now.
    pub fn devices_mut(&mut self) -> &mut Vec<DeviceView> {
        &mut self.devices
    }

    /// What nobody occupies.
    pub fn free(&self, rules: &Rules) -> Amounts {
        rules.total.minus(self.used)
    }

    /// How many runs of a sweep go on.
    pub fn of_sweep(&self, sweep: &SweepId) -> u32 {
        self.by_sweep.get(sweep).copied().unwrap_or_default()
    }

    /// How many runs of a user go on.
    pub fn of_user(&self, user: &str) -> u32 {
        self.by_user.get(user).map_or(0, |used| used.runs)
    }

    /// A run goes on from now on.
    pub(super) fn take(&mut self, id: RunId, holding: Holding) {
        self.release(&id);
        let Holding { needs, .. } = &holding;
        self.used = self.used.plus(needs.amounts);
        let milli_gpus = self.milli_gpus(&holding.allocation);
        let used = self.by_user.entry(holding.user.clone()).or_default();
        used.runs += 1;
        used.amounts = used.amounts.plus(needs.amounts);
        used.milli_gpus += milli_gpus;
        *self.by_sweep.entry(holding.sweep.clone()).or_default() += 1;
        devices::hold(&mut self.devices, &id, &holding.allocation);
        let held = Held {
            holding,
            milli_gpus,
        };
        self.running.insert(id, held);
    }

    /// A run goes on no longer.
    pub(super) fn release(&mut self, id: &RunId) -> Option<Holding> {
        let Held {
            holding,
            milli_gpus,
        } = self.running.remove(id)?;
        let Holding { needs, .. } = &holding;
        self.used = self.used.minus(needs.amounts);
        if let Some(used) = self.by_user.get_mut(&holding.user) {
            used.runs = used.runs.saturating_sub(1);
            used.amounts = used.amounts.minus(needs.amounts);
            used.milli_gpus = used.milli_gpus.saturating_sub(milli_gpus);
            if used.runs == 0 {
                self.by_user.remove(&holding.user);
            }
        }
        if let Some(runs) = self.by_sweep.get_mut(&holding.sweep) {
            *runs = runs.saturating_sub(1);
            if *runs == 0 {
                self.by_sweep.remove(&holding.sweep);
            }
        }
        devices::release(&mut self.devices, id);
        Some(holding)
    }

    pub(super) fn set_started(&mut self, id: &RunId, at: Timestamp) {
        if let Some(held) = self.running.get_mut(id) {
            held.holding.started_at = Some(at);
        }
    }

    /// The largest part of anything that a user occupies, over their weight: who has the smallest goes first.
    pub(super) fn share(&self, user: &str, rules: &Rules) -> f64 {
        let Some(used) = self.by_user.get(user) else {
            return 0.0;
        };
        let part = |used: u64, total: u64| {
            if total == 0 {
                0.0
            } else {
                used as f64 / total as f64
            }
        };
        let listed = self.devices.iter().filter(|view| view.is_listed).count();
        let gpus = u64::try_from(listed)
            .unwrap_or(u64::MAX)
            .saturating_mul(1000);
        let total = rules.total;
        let parts = [
            part(used.amounts.slots.into(), total.slots.into()),
            part(used.amounts.milli_cpus, total.milli_cpus),
            part(used.amounts.memory_mb, total.memory_mb),
            part(used.milli_gpus, gpus),
        ];
        parts.into_iter().fold(0.0, f64::max) / rules.weight(user)
    }

    /// Devices in thousandths: a part of one counts by its memory.
    fn milli_gpus(&self, allocation: &Allocation) -> u64 {
        let part = |device: &domain::queue::Device| {
            let known = self
                .devices
                .iter()
                .find(|view| view.seen.device.id == device.id);
            match known.map(|view| view.seen.memory_mb) {
                Some(total) if total > 0 && device.memory_mb > 0 => {
                    device.memory_mb.saturating_mul(1000) / total
                }
                _ => 1000,
            }
        };
        allocation.gpus.iter().map(part).sum()
    }
}
