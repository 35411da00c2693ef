//! Which devices a run gets. Pure: what is seen of the machine is an argument.
//!
//! A run holds its devices from the decision on until its end. Whether a driver shows anything of it yet does not
//! matter, so runs that start together never meet on a device.
//!
//! ```text
//! observe(views, seen)           what a driver shows now; holdings stay
//! place(request, views)          which devices, or what is missing; changes nothing
//! hold(views, run, allocation)   they are the run's
//! release(views, run)            they are free again
//! ```

use domain::protocol::queue::GpuState;
use domain::queue::{Allocation, Device, GpuRequest, WaitReason};
use domain::task::RunId;

/// One device as a decision sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceView {
    /// What is seen of it.
    pub seen: Sighting,
    /// The runs that hold it or a part of it, in the order of their starts.
    pub holders: Vec<Holder>,
    /// False: no driver and no setting tells of it now. It is known only because a run holds it.
    pub is_listed: bool,
}

/// What is seen of a device from outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sighting {
    /// Which one; its `memory_mb` is not used.
    pub device: Device,
    /// Its memory, MiB; 0 where nobody tells, and then it is only given whole.
    pub memory_mb: u64,
    /// Of this, in use by anybody, MiB.
    pub used_memory_mb: u64,
    /// Of this, in use beyond what the runs that hold the device hold of it, MiB: by strangers, or by a run that takes
    /// more than its part. It is never given away.
    pub foreign_memory_mb: u64,
    /// Use of its processors, percent; absent where nobody tells.
    pub utilization_percent: Option<u32>,
    /// Processes on it that are not ours.
    pub strangers: Vec<u32>,
    /// False: the rules leave it to strangers, or it does not answer.
    pub is_usable: bool,
}

/// A run's hold on a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The run.
    pub run: RunId,
    /// The part of the memory, MiB; 0: the whole device.
    pub memory_mb: u64,
}

/// Why a request cannot be met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shortage {
    /// Too few devices are free for it now.
    Busy {
        /// Devices that it needs.
        needed: u32,
        /// Devices that are free for it.
        free: u32,
        /// Devices that there are.
        total: u32,
        /// Devices that no run of ours holds and that are left to strangers.
        strangers: u32,
    },
    /// Some of the devices that it is pinned to are not free now.
    Pinned {
        /// Those, by their ids.
        busy: Vec<String>,
        /// How many of those no run of ours holds: they are left to strangers.
        strangers: u32,
    },
    /// This machine can never meet it as it is.
    TooLarge {
        /// What it asks for and what there is, in words.
        what: String,
    },
}

impl Shortage {
    fn busy(needed: u32, free: u32, views: &[DeviceView]) -> Self {
        let strangers = views.iter().filter(|view| view.is_left_to_strangers());
        Self::Busy {
            needed,
            free,
            total: amount(listed(views).count()),
            strangers: amount(strangers.count()),
        }
    }

    /// In the words of the queue.
    pub fn into_reason(self) -> WaitReason {
        match self {
            Self::Busy {
                needed,
                free,
                total,
                strangers,
            } => WaitReason::Gpus {
                needed,
                free,
                total,
                strangers,
            },
            Self::Pinned { busy, .. } => WaitReason::PinnedGpus { busy },
            Self::TooLarge { what } => WaitReason::TooLarge { what },
        }
    }

    /// True if strangers have a part in it, so that it may pass without any event of ours.
    pub fn may_pass_unnoticed(&self) -> bool {
        match self {
            Self::Busy { strangers, .. } | Self::Pinned { strangers, .. } => *strangers > 0,
            Self::TooLarge { .. } => false,
        }
    }
}

impl DeviceView {
    /// True if it may be given whole.
    pub fn is_free(&self) -> bool {
        self.holders.is_empty() && self.is_listed && self.seen.is_usable
    }

    /// The memory that may be given to one more run, MiB; 0 if the device cannot be shared now.
    pub fn free_memory_mb(&self) -> u64 {
        let is_whole = self.holders.iter().any(|holder| holder.memory_mb == 0);
        if is_whole || !self.is_listed || !self.seen.is_usable {
            return 0;
        }
        let held = self.holders.iter().map(|holder| holder.memory_mb).sum();
        self.seen
            .memory_mb
            .saturating_sub(self.seen.foreign_memory_mb)
            .saturating_sub(held)
    }

    /// True if only strangers keep it from being free.
    fn is_left_to_strangers(&self) -> bool {
        self.is_listed && self.holders.is_empty() && !self.seen.is_usable
    }

    /// As the queue's page shows it.
    pub fn state(&self) -> GpuState {
        GpuState {
            device: Device {
                memory_mb: 0,
                ..self.seen.device.clone()
            },
            memory_mb: self.seen.memory_mb,
            used_memory_mb: self.seen.used_memory_mb,
            utilization_percent: self.seen.utilization_percent,
            held_by: self
                .holders
                .iter()
                .map(|holder| holder.run.clone())
                .collect(),
            strangers: self.seen.strangers.clone(),
            is_free: self.is_free(),
        }
    }

    /// True if it is this device.
    pub fn is(&self, device: &Device) -> bool {
        let own = &self.seen.device;
        if own.uuid.is_empty() || device.uuid.is_empty() {
            own.id == device.id
        } else {
            own.uuid == device.uuid
        }
    }

    fn is_named(&self, pin: &str) -> bool {
        let own = &self.seen.device;
        own.id == pin || (!pin.is_empty() && own.uuid.eq_ignore_ascii_case(pin))
    }

    /// This device, or a part of it.
    fn part(&self, memory_mb: u64) -> Device {
        Device {
            memory_mb,
            ..self.seen.device.clone()
        }
    }
}

/// Takes what is seen now into the views: their order is that of `seen`. Holdings stay, also those of devices that
/// are not seen any more; they come back with their devices.
pub fn observe(views: &mut Vec<DeviceView>, seen: Vec<Sighting>) {
    let mut before = std::mem::take(views);
    for sighting in seen {
        let known = before.iter().position(|view| view.is(&sighting.device));
        let holders = known.map(|at| before.remove(at).holders);
        views.push(DeviceView {
            seen: sighting,
            holders: holders.unwrap_or_default(),
            is_listed: true,
        });
    }
    before.retain(|view| !view.holders.is_empty());
    views.extend(before.into_iter().map(|view| DeviceView {
        is_listed: false,
        ..view
    }));
}

/// Notes that a run holds these devices. A device that no view shows is noted all the same: an adopted run holds it.
pub fn hold(views: &mut Vec<DeviceView>, run: &RunId, allocation: &Allocation) {
    for device in &allocation.gpus {
        let holder = Holder {
            run: run.clone(),
            memory_mb: device.memory_mb,
        };
        match views.iter_mut().find(|view| view.is(device)) {
            Some(view) => view.holders.push(holder),
            None => views.push(DeviceView {
                seen: Sighting {
                    device: Device {
                        memory_mb: 0,
                        ..device.clone()
                    },
                    ..Sighting::default()
                },
                holders: vec![holder],
                is_listed: false,
            }),
        }
    }
}

/// Notes that a run holds nothing any more.
pub fn release(views: &mut Vec<DeviceView>, run: &RunId) {
    for view in &mut *views {
        view.holders.retain(|holder| holder.run != *run);
    }
    views.retain(|view| view.is_listed || !view.holders.is_empty());
}

/// Chooses devices for a request, in the order of the views.
///
/// Whole devices are the first free ones. Parts go where least memory is left over, so that whole devices stay whole.
/// Pinned ids are indices or UUIDs; where no device is listed at all, they are taken at their word and guarded among our
/// own runs alone.
///
/// # Errors
/// A [`Shortage`] exactly if no choice of devices would do.
pub fn place(request: &GpuRequest, views: &[DeviceView]) -> Result<Allocation, Shortage> {
    match request {
        GpuRequest::None => Ok(Allocation::default()),
        GpuRequest::Count { count }
        | GpuRequest::Memory {
            count,
            memory_mb: 0,
        } => whole(*count, views),
        GpuRequest::Memory { count, memory_mb } => parts(*count, *memory_mb, views),
        GpuRequest::Pinned { ids } => pinned(ids, views),
    }
}

/// What is missing while the driver does not answer: everything, and nobody knows for how long.
pub fn unanswered(request: &GpuRequest, views: &[DeviceView]) -> Shortage {
    match request {
        GpuRequest::Pinned { ids } => Shortage::Pinned {
            busy: ids.clone(),
            strangers: 0,
        },
        GpuRequest::None => Shortage::busy(0, 0, views),
        GpuRequest::Count { count } | GpuRequest::Memory { count, .. } => {
            Shortage::busy(*count, 0, views)
        }
    }
}

fn whole(count: u32, views: &[DeviceView]) -> Result<Allocation, Shortage> {
    let total = amount(listed(views).count());
    if count > total {
        let what = format!("{}, and this machine has {total}", gpus(count));
        return Err(Shortage::TooLarge { what });
    }
    let free: Vec<Device> = listed(views)
        .filter(|view| view.is_free())
        .map(|view| view.part(0))
        .collect();
    chosen(free, count, views)
}

fn parts(count: u32, memory_mb: u64, views: &[DeviceView]) -> Result<Allocation, Shortage> {
    let large = listed(views).filter(|view| view.seen.memory_mb >= memory_mb);
    let large = amount(large.count());
    if count > large {
        let what = format!(
            "{} with {memory_mb} MiB each, and this machine has {large}",
            gpus(count)
        );
        return Err(Shortage::TooLarge { what });
    }
    let mut fitting: Vec<(usize, &DeviceView)> = listed(views)
        .enumerate()
        .filter(|(_, view)| view.free_memory_mb() >= memory_mb)
        .collect();
    fitting.sort_by_key(|(place, view)| (view.free_memory_mb(), *place));
    if amount(fitting.len()) >= count {
        fitting.truncate(usize::try_from(count).unwrap_or(usize::MAX));
    }
    fitting.sort_by_key(|(place, _)| *place);
    let free = fitting
        .into_iter()
        .map(|(_, view)| view.part(memory_mb))
        .collect();
    chosen(free, count, views)
}

fn pinned(ids: &[String], views: &[DeviceView]) -> Result<Allocation, Shortage> {
    let is_unmanaged = listed(views).next().is_none();
    let (mut gpus, mut busy, mut strangers) = (Vec::<Device>::new(), Vec::new(), 0);
    for id in ids {
        let found = views.iter().find(|view| view.is_named(id));
        let device = match found {
            Some(view) if view.is_listed || is_unmanaged => view.part(0),
            None if is_unmanaged => Device {
                id: id.clone(),
                ..Device::default()
            },
            _ => {
                let what = format!("GPU `{id}`, and this machine has {}", names(views));
                return Err(Shortage::TooLarge { what });
            }
        };
        if gpus.contains(&device) || busy.contains(&device.id) {
            continue;
        }
        let is_free = found.is_none_or(DeviceView::is_free);
        if is_free {
            gpus.push(device);
        } else {
            strangers += u32::from(found.is_some_and(DeviceView::is_left_to_strangers));
            busy.push(device.id);
        }
    }
    if busy.is_empty() {
        return Ok(Allocation { gpus });
    }
    Err(Shortage::Pinned { busy, strangers })
}

/// The first `count` of the devices that would do.
fn chosen(mut free: Vec<Device>, count: u32, views: &[DeviceView]) -> Result<Allocation, Shortage> {
    let found = amount(free.len());
    if found < count {
        return Err(Shortage::busy(count, found, views));
    }
    free.truncate(usize::try_from(count).unwrap_or(usize::MAX));
    Ok(Allocation { gpus: free })
}

fn listed(views: &[DeviceView]) -> impl Iterator<Item = &DeviceView> {
    views.iter().filter(|view| view.is_listed)
}

fn amount(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn gpus(count: u32) -> String {
    if count == 1 {
        "1 GPU".to_owned()
    } else {
        format!("{count} GPUs")
    }
}

fn names(views: &[DeviceView]) -> String {
    let names: Vec<String> = listed(views)
        .map(|view| format!("`{}`", view.seen.device.id))
        .collect();
    names.join(", ")
}

#[cfg(test)]
mod tests;
