//! Looking at the GPUs, on threads that may wait for a driver.

use std::time::Duration;

use domain::protocol::queue::GpuState;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::gpus::Seen;
use super::state::State;
use crate::monitor::gpu::{self, GpuMonitor, Held, Observed, Owners, Rules};
use crate::scheduler::devices::{DeviceView, Sighting};
use crate::storage::settings_file::SharedSettings;

/// The pause before looking again at devices that strangers have: it doubles from the first to the last. A driver tells
/// nobody when a process leaves, so this is one of the few things that are asked again and again, and only while a run
/// waits for such a device.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LAST_PAUSE: Duration = Duration::from_secs(10);

/// Who looks, and when again.
#[derive(Debug)]
pub(super) struct Looks {
    monitor: GpuMonitor,
    /// The rules in force; read for each look.
    settings: SharedSettings,
    results: mpsc::Sender<Seen>,
    pause: Duration,
    again_at: Option<Instant>,
    /// Who wants to know what the next look shows.
    curious: Vec<oneshot::Sender<Vec<GpuState>>>,
}

impl Looks {
    /// What is seen arrives at the receiver.
    pub(super) fn new(
        monitor: GpuMonitor,
        settings: SharedSettings,
    ) -> (Self, mpsc::Receiver<Seen>) {
        // One look at a time.
        let (results, receiver) = mpsc::channel(1);
        let this = Self {
            monitor,
            settings,
            results,
            pause: FIRST_PAUSE,
            again_at: None,
            curious: Vec::new(),
        };
        (this, receiver)
    }

    /// Looks in the background.
    pub(super) fn look(&self, state: &State) {
        let views = state.gpu_views().to_vec();
        let supervisors = state
            .active
            .iter()
            .filter_map(|(run, supervisor)| Some(((*supervisor)?, run.clone())));
        let owners = Owners::new(supervisors);
        let rules = Rules::new(&self.settings.now().gpu);
        let (monitor, results) = (self.monitor.clone(), self.results.clone());
        tokio::spawn(async move {
            let before = views.clone();
            let seen = tokio::task::spawn_blocking(move || {
                let look = monitor.look();
                Seen {
                    gpus: sightings(&look.devices, &views, rules, &owners),
                    is_answered: look.is_answered,
                }
            });
            let seen = seen.await.unwrap_or_else(|error| {
                tracing::error!(%error, "looking at the GPUs broke");
                Seen {
                    gpus: lost(before),
                    is_answered: false,
                }
            });
            // The dispatcher may be gone.
            results.send(seen).await.ok();
        });
    }

    /// Remembers who wants to know what the next look shows.
    pub(super) fn tell(&mut self, curious: oneshot::Sender<Vec<GpuState>>) {
        self.curious.push(curious);
    }

    /// Tells them.
    pub(super) fn told(&mut self, states: &[GpuState]) {
        for curious in self.curious.drain(..) {
            // Who asked may have left meanwhile.
            curious.send(states.to_vec()).ok();
        }
    }

    /// After each decision: whether, and when, it takes another look to get on.
    pub(super) fn plan(&mut self, waits_for_strangers: bool) {
        if !waits_for_strangers {
            self.pause = FIRST_PAUSE;
            self.again_at = None;
        } else if self.again_at.is_none() {
            self.again_at = Some(Instant::now() + self.pause);
            self.pause = LAST_PAUSE.min(self.pause * 2);
        }
    }

    /// Waits until it is time to look again; for ever if nothing needs it.
    pub(super) async fn due(&self) {
        match self.again_at {
            Some(at) => tokio::time::sleep_until(at).await,
            None => std::future::pending().await,
        }
    }

    /// The pause is over.
    pub(super) fn end_pause(&mut self) {
        self.again_at = None;
    }
}

/// What is seen, in the scheduler's words.
fn sightings(
    seen: &[Observed],
    views: &[DeviceView],
    rules: Rules,
    owners: &Owners,
) -> Vec<Sighting> {
    seen.iter()
        .map(|seen| {
            let device = seen.device();
            let view = views.iter().find(|view| view.is(&device));
            let holders = view.into_iter().flat_map(|view| &view.holders);
            let held: Vec<Held> = holders
                .map(|holder| Held {
                    run: holder.run.clone(),
                    memory_mb: holder.memory_mb,
                })
                .collect();
            let judged = gpu::judge(seen, &held, rules, |pid| owners.of(pid));
            Sighting {
                memory_mb: seen.memory_mb,
                used_memory_mb: seen.used_memory_mb,
                foreign_memory_mb: judged.foreign_memory_mb,
                utilization_percent: seen.utilization_percent,
                strangers: judged.strangers,
                is_usable: judged.is_usable,
                device,
            }
        })
        .collect()
}

/// The devices of before, none of them usable.
fn lost(views: Vec<DeviceView>) -> Vec<Sighting> {
    let listed = views.into_iter().filter(|view| view.is_listed);
    listed
        .map(|view| Sighting {
            is_usable: false,
            ..view.seen
        })
        .collect()
}
