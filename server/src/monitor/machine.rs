//! What the machine is: asked once per submission, from files of the system alone.

use std::fs;

use domain::run::environment::{Gpu, Host};
use sysinfo::System;

/// The machine.
pub fn host() -> Host {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    Host {
        name: System::host_name().unwrap_or_default(),
        os: System::long_os_version().unwrap_or_default(),
        kernel: System::kernel_version().unwrap_or_default(),
        arch: System::cpu_arch(),
        cpu: field(&cpuinfo, "model name")
            .or_else(|| field(&cpuinfo, "Model"))
            .unwrap_or_default(),
        cpus: std::thread::available_parallelism()
            .map_or(0, |count| u32::try_from(count.get()).unwrap_or(u32::MAX)),
        memory_bytes: field(&meminfo, "MemTotal")
            .and_then(|text| text.split(' ').next()?.parse::<u64>().ok())
            .map_or(0, |kilobytes| kilobytes * 1024),
    }
}

/// What runs may occupy here: processors, and memory in MiB. A container's limits count.
pub fn capacity() -> (u32, u64) {
    let cpus = std::thread::available_parallelism()
        .map_or(1, |count| u32::try_from(count.get()).unwrap_or(u32::MAX));
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = field(&meminfo, "MemTotal")
        .and_then(|text| text.split(' ').next()?.parse::<u64>().ok())
        .map_or(u64::MAX, |kilobytes| kilobytes / 1024);
    let limit = fs::read_to_string("/sys/fs/cgroup/memory.max");
    let limit = limit
        .ok()
        .and_then(|text| text.trim().parse::<u64>().ok())
        .map_or(u64::MAX, |bytes| bytes / 1024 / 1024);
    (cpus, total.min(limit))
}

/// NVIDIA's processors as their driver shows them; `None` without that driver.
pub fn gpu() -> Option<Gpu> {
    let version = fs::read_to_string("/proc/driver/nvidia/version").ok()?;
    let mut folders: Vec<_> = fs::read_dir("/proc/driver/nvidia/gpus")
        .ok()
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    folders.sort();
    let devices = folders
        .iter()
        .filter_map(|folder| fs::read_to_string(folder.join("information")).ok())
        .filter_map(|text| field(&text, "Model"))
        .collect();
    Some(Gpu {
        driver: driver_version(&version).unwrap_or_default(),
        devices,
    })
}

/// The first `name : value` of a file of the system.
fn field(text: &str, name: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim().to_owned())
    })
}

/// `NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar …`: the first word of digits and points.
fn driver_version(text: &str) -> Option<String> {
    let line = text.lines().next()?;
    line.split_whitespace()
        .find(|word| {
            word.contains('.')
                && word
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || byte == b'.')
        })
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drivers_version_is_found_in_both_of_its_spellings() {
        let closed = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024\nGCC version: 12.3.0\n";
        let open =
            "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release Build\n";
        assert_eq!(driver_version(closed).unwrap(), "550.54.15");
        assert_eq!(driver_version(open).unwrap(), "570.86.15");
        assert_eq!(
            field("Model: \t\t NVIDIA H200\nIRQ:   10\n", "Model").unwrap(),
            "NVIDIA H200"
        );
    }
}
