//! NVIDIA's devices, through the management library of their driver.
//!
//! The library is loaded at the first look. Where there is none the machine has no such devices, and nobody is told.
//! Memory is told by drivers from version 510 on; devices of older ones are given whole only.

use std::sync::{Mutex, PoisonError};

use nvml_wrapper::enums::device::UsedGpuMemory;
use nvml_wrapper::error::NvmlError;
use nvml_wrapper::struct_wrappers::device::ProcessInfo;
use nvml_wrapper::{Device, Nvml};

use super::provider::{GpuProcess, GpuProvider, LookAtGpusError, Observed, ProcessKind};

/// The driver of this machine, if there is one.
#[derive(Debug, Default)]
pub(super) struct NvidiaDriver {
    library: Mutex<Library>,
}

#[derive(Debug, Default)]
enum Library {
    #[default]
    Untried,
    /// There is none; it is not looked for again.
    Absent,
    Loaded(Box<Nvml>),
}

impl GpuProvider for NvidiaDriver {
    fn look(&self) -> Result<Vec<Observed>, LookAtGpusError> {
        let mut library = self.library.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*library, Library::Untried) {
            *library = match Nvml::init() {
                Ok(nvml) => Library::Loaded(Box::new(nvml)),
                // No library, or one without a driver behind it, as in many containers: no devices.
                Err(
                    NvmlError::LibloadingError(_)
                    | NvmlError::LibraryNotFound
                    | NvmlError::FailedToLoadSymbol(_)
                    | NvmlError::DriverNotLoaded,
                ) => Library::Absent,
                Err(error) => return Err(driver(&error)),
            };
        }
        match &*library {
            Library::Loaded(nvml) => all(nvml),
            Library::Untried | Library::Absent => Ok(Vec::new()),
        }
    }
}

fn driver(error: &NvmlError) -> LookAtGpusError {
    LookAtGpusError::Driver {
        message: error.to_string(),
    }
}

/// Every device in the order of the bus; in place of a divided one, its instances.
fn all(nvml: &Nvml) -> Result<Vec<Observed>, LookAtGpusError> {
    let count = nvml.device_count().map_err(|error| driver(&error))?;
    let mut found = Vec::new();
    for index in 0..count {
        match nvml.device_by_index(index) {
            Ok(device) => {
                let instances = instances(&device);
                if instances.is_empty() {
                    found.push(observe(&device, index.to_string()));
                }
                found.extend(instances);
            }
            // Another user's: it is not there for us.
            Err(NvmlError::NoPermission) => {}
            Err(_) => found.push(Observed {
                id: index.to_string(),
                is_lost: true,
                ..Observed::default()
            }),
        }
    }
    Ok(found)
}

/// The instances of a device that is divided (MIG). Only their UUIDs name them in a task's variable.
fn instances(device: &Device<'_>) -> Vec<Observed> {
    let is_divided = device.mig_mode().is_ok_and(|mode| mode.current == 1);
    if !is_divided {
        return Vec::new();
    }
    // The places of instances that do not exist are not found.
    (0..device.mig_device_count().unwrap_or(0))
        .filter_map(|place| device.mig_device_by_index(place).ok())
        .filter_map(|instance| {
            let uuid = instance.uuid().ok()?;
            Some(observe(&instance, uuid))
        })
        .collect()
}

/// What one device tells; what it does not tell stays open.
fn observe(device: &Device<'_>, id: String) -> Observed {
    let memory = device.memory_info();
    let is_lost = matches!(memory, Err(NvmlError::GpuLost));
    let megabytes = |bytes: u64| bytes / (1 << 20);
    let compute = device.running_compute_processes().unwrap_or_default();
    let graphics = device.running_graphics_processes().unwrap_or_default();
    let mut processes: Vec<GpuProcess> = compute
        .iter()
        .map(|info| process(info, ProcessKind::Compute))
        .collect();
    // What computes and draws is listed twice.
    for info in &graphics {
        if !compute.iter().any(|known| known.pid == info.pid) {
            processes.push(process(info, ProcessKind::Graphics));
        }
    }
    Observed {
        id,
        uuid: device.uuid().unwrap_or_default(),
        name: device.name().unwrap_or_default(),
        memory_mb: memory.as_ref().map_or(0, |memory| megabytes(memory.total)),
        used_memory_mb: memory.as_ref().map_or(0, |memory| megabytes(memory.used)),
        utilization_percent: device.utilization_rates().ok().map(|rates| rates.gpu),
        processes,
        is_lost,
    }
}

fn process(info: &ProcessInfo, kind: ProcessKind) -> GpuProcess {
    GpuProcess {
        pid: info.pid,
        memory_mb: match info.used_gpu_memory {
            UsedGpuMemory::Used(bytes) => Some(bytes / (1 << 20)),
            UsedGpuMemory::Unavailable => None,
        },
        kind,
    }
}
