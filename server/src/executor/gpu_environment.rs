//! What a task finds in its environment about GPUs.

use domain::queue::{Allocation, CUDA_VARIABLE, Device, GpuSettings};

/// In the order of the bus, as the driver's tools count: without it CUDA puts the fastest first.
const CUDA_ORDER: (&str, &str) = ("CUDA_DEVICE_ORDER", "PCI_BUS_ID");
/// No device has this number; programs that read the list take it for an empty one.
const NOTHING: &str = "-1";

/// What tells a task its devices; nothing if it holds none.
///
/// Devices are named by their indices: every program understands those, and people read them. An instance of a divided
/// device has none, and is named by its UUID.
pub(super) fn given(settings: &GpuSettings, allocation: &Allocation) -> Vec<(String, String)> {
    let gpus = &allocation.gpus;
    if gpus.is_empty() {
        return Vec::new();
    }
    let variable = settings.variable();
    let list = |field: fn(&Device) -> &str| -> String {
        let words: Vec<&str> = gpus.iter().map(field).collect();
        words.join(",")
    };
    let ids = list(|gpu| &gpu.id);
    let mut variables = vec![
        (variable.to_owned(), ids.clone()),
        ("RUNYARD_GPUS".to_owned(), ids),
        ("RUNYARD_GPU_UUIDS".to_owned(), list(|gpu| &gpu.uuid)),
        ("RUNYARD_GPU_NAMES".to_owned(), list(|gpu| &gpu.name)),
    ];
    if variable == CUDA_VARIABLE {
        variables.push((CUDA_ORDER.0.to_owned(), CUDA_ORDER.1.to_owned()));
    }
    if let Some(part) = gpus.first().filter(|gpu| gpu.memory_mb > 0) {
        let memory = part.memory_mb.to_string();
        variables.push(("RUNYARD_GPU_MEMORY_MB".to_owned(), memory));
    }
    variables
}

/// What hides all devices from a task that holds none, if the settings want that.
pub(super) fn hidden(settings: &GpuSettings, allocation: &Allocation) -> Option<(String, String)> {
    let is_hidden = settings.hide_from_others && allocation.is_empty();
    is_hidden.then(|| (settings.variable().to_owned(), NOTHING.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(id: &str) -> Device {
        Device {
            id: id.to_owned(),
            uuid: format!("GPU-{id}"),
            name: "Test 9000".to_owned(),
            memory_mb: 0,
        }
    }

    fn text(variables: Vec<(String, String)>) -> String {
        let lines: Vec<String> = variables
            .into_iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        lines.join("\n")
    }

    #[test]
    fn a_task_is_told_its_devices_in_the_order_it_holds_them() {
        let allocation = Allocation {
            gpus: vec![device("1"), device("0")],
        };
        assert_eq!(
            text(given(&GpuSettings::default(), &allocation)),
            "CUDA_VISIBLE_DEVICES=1,0\nRUNYARD_GPUS=1,0\nRUNYARD_GPU_UUIDS=GPU-1,GPU-0\n\
             RUNYARD_GPU_NAMES=Test 9000,Test 9000\nCUDA_DEVICE_ORDER=PCI_BUS_ID"
        );
    }

    #[test]
    fn other_makers_have_a_variable_of_their_own_and_parts_say_how_much() {
        let settings = GpuSettings {
            variable: "ROCR_VISIBLE_DEVICES".to_owned(),
            devices: vec![domain::queue::DeclaredGpu::default()],
            ..GpuSettings::default()
        };
        let part = Device {
            memory_mb: 4096,
            ..device("0")
        };
        let variables = text(given(&settings, &Allocation { gpus: vec![part] }));
        assert!(
            variables.starts_with("ROCR_VISIBLE_DEVICES=0\n"),
            "{variables}"
        );
        assert!(
            variables.ends_with("RUNYARD_GPU_MEMORY_MB=4096"),
            "{variables}"
        );
        assert!(!variables.contains("CUDA"), "{variables}");
    }

    #[test]
    fn who_asks_for_none_sees_what_the_server_sees_unless_it_is_hidden() {
        let mut settings = GpuSettings::default();
        let none = Allocation::default();
        assert!(given(&settings, &none).is_empty());
        assert_eq!(hidden(&settings, &none), None);
        settings.hide_from_others = true;
        let (name, value) = hidden(&settings, &none).unwrap();
        assert_eq!(
            (name.as_str(), value.as_str()),
            ("CUDA_VISIBLE_DEVICES", "-1")
        );
        let some = Allocation {
            gpus: vec![device("0")],
        };
        assert_eq!(hidden(&settings, &some), None);
    }
}
