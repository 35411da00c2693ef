//! Which devices are ours: the server's own `CUDA_VISIBLE_DEVICES` restricts them, as it would restrict a task.

use super::provider::Observed;

/// The devices that a list of indices and UUIDs names, in the order of the devices. `None`: no list, all of them.
///
/// As CUDA reads it: a beginning of a UUID is enough, and nothing behind the first unknown word counts. Indices are those
/// of the bus, whatever `CUDA_DEVICE_ORDER` says.
pub(super) fn restrict(devices: Vec<Observed>, list: Option<&str>) -> Vec<Observed> {
    let Some(list) = list else {
        return devices;
    };
    let named: Vec<usize> = list
        .split(',')
        .map_while(|word| {
            devices
                .iter()
                .position(|device| is_named(device, word.trim()))
        })
        .collect();
    devices
        .into_iter()
        .enumerate()
        .filter(|(place, _)| named.contains(place))
        .map(|(_, device)| device)
        .collect()
}

fn is_named(device: &Observed, word: &str) -> bool {
    let begins_a_uuid = word.contains('-') && !word.starts_with('-');
    device.id == word || (begins_a_uuid && device.uuid.starts_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_own_variable_says_which_devices_are_ours() {
        let devices: Vec<Observed> = (0..4)
            .map(|index| Observed {
                id: index.to_string(),
                uuid: format!("GPU-{index}f00-aaaa"),
                ..Observed::default()
            })
            .collect();
        let ours = |list: Option<&str>| -> String {
            let ours = restrict(devices.clone(), list);
            ours.iter().map(|device| device.id.as_str()).collect()
        };
        assert_eq!(ours(None), "0123");
        assert_eq!(ours(Some("2, 0")), "02");
        assert_eq!(ours(Some("GPU-3f00,1")), "13");
        assert_eq!(ours(Some("1,-1,2")), "1", "nothing behind an unknown word");
        assert_eq!(ours(Some("")), "");
    }
}
