//! Devices that a person tells of: ids, names and memory from the settings, and nothing that changes.

use domain::queue::DeclaredGpu;

use super::provider::{GpuProvider, LookAtGpusError, Observed};

/// The list of the settings.
#[derive(Debug)]
pub(super) struct Declared {
    pub(super) devices: Vec<DeclaredGpu>,
}

impl GpuProvider for Declared {
    fn look(&self) -> Result<Vec<Observed>, LookAtGpusError> {
        let devices = self.devices.iter().map(|device| Observed {
            id: device.id.clone(),
            name: device.name.clone(),
            memory_mb: device.memory_mb,
            ..Observed::default()
        });
        Ok(devices.collect())
    }
}
