//! One look at a time, for everybody who asks.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::queue::{GpuProviderName, GpuSettings};

use super::declared::Declared;
use super::file::DeviceFile;
use super::nvml::NvidiaDriver;
use super::provider::{GpuProvider, LookAtGpusError, Observed};
use super::visible;

/// Who asks while somebody else's look is this young gets that one.
const FRESH: Duration = Duration::from_millis(20);

/// Shows the devices of this machine; clones share one look.
#[derive(Clone, Debug)]
pub struct GpuMonitor {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    provider: Option<Box<dyn GpuProvider>>,
    /// The server's own `CUDA_VISIBLE_DEVICES`.
    visible: Option<String>,
    latest: Mutex<Latest>,
}

/// What a look showed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// The devices, always in the same order.
    pub devices: Vec<Observed>,
    /// False: nobody answered, and nobody knows how many devices there are.
    pub is_answered: bool,
}

#[derive(Debug, Default)]
struct Latest {
    devices: Vec<Observed>,
    at: Option<Instant>,
    /// What went wrong last, so that it is told once.
    told: Option<String>,
}

impl Latest {
    fn look(&self) -> Look {
        Look {
            devices: self.devices.clone(),
            is_answered: self.told.is_none(),
        }
    }
}

impl GpuMonitor {
    /// The devices that the settings of a project at `root` speak of. `visible` is the server's own
    /// `CUDA_VISIBLE_DEVICES`; declared devices are not restricted by it.
    pub fn new(settings: &GpuSettings, root: &Path, visible: Option<String>) -> Self {
        let provider: Option<Box<dyn GpuProvider>> = match settings.provider() {
            GpuProviderName::Nvml => Some(Box::new(NvidiaDriver::default())),
            GpuProviderName::Declared => Some(Box::new(Declared {
                devices: settings.devices.clone(),
            })),
            GpuProviderName::File { path } => Some(Box::new(DeviceFile {
                path: root.join(path),
            })),
            GpuProviderName::None => None,
        };
        let is_declared = settings.provider() == GpuProviderName::Declared;
        Self {
            shared: Arc::new(Shared {
                provider,
                visible: visible.filter(|_| !is_declared),
                latest: Mutex::default(),
            }),
        }
    }

    /// Looks, on the caller's thread: a driver may take its time.
    ///
    /// If that fails, the devices of the last look are there and lost: a device does not become free by silence.
    pub fn look(&self) -> Look {
        let Some(provider) = &self.shared.provider else {
            return Look {
                devices: Vec::new(),
                is_answered: true,
            };
        };
        // Who comes while somebody looks waits here, and takes what that one saw.
        let mut latest = self
            .shared
            .latest
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if latest.at.is_some_and(|at| at.elapsed() < FRESH) {
            return latest.look();
        }
        match provider.look() {
            Ok(devices) => {
                latest.devices = visible::restrict(devices, self.shared.visible.as_deref());
                latest.told = None;
            }
            Err(error) => {
                tell_once(&mut latest.told, &error);
                for device in &mut latest.devices {
                    device.is_lost = true;
                }
            }
        }
        latest.at = Some(Instant::now());
        latest.look()
    }
}

fn tell_once(told: &mut Option<String>, error: &LookAtGpusError) {
    let text = error.to_string();
    if told.as_ref() != Some(&text) {
        let source = std::error::Error::source(error).map(ToString::to_string);
        tracing::warn!(error = %text, source, hint = error.hint(), "could not look at the GPUs");
        *told = Some(text);
    }
}
