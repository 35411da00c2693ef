//! The addresses under which other machines may know this one.

use std::net::IpAddr;

use sysinfo::{NetworkData, Networks};

/// Addresses of this machine's interfaces, loopback and those that are good on one wire only left out.
pub fn of_this_machine() -> Vec<IpAddr> {
    let networks = Networks::new_with_refreshed_list();
    let mut all: Vec<IpAddr> = networks
        .values()
        .flat_map(NetworkData::ip_networks)
        .map(|network| network.addr)
        .filter(is_reachable)
        .collect();
    all.sort();
    all.dedup();
    all
}

fn is_reachable(address: &IpAddr) -> bool {
    let is_link_local = match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    !address.is_loopback() && !address.is_unspecified() && !address.is_multicast() && !is_link_local
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_an_address_that_means_their_own_machine() {
        for text in [
            "127.0.0.1",
            "::1",
            "0.0.0.0",
            "::",
            "169.254.3.4",
            "fe80::1",
            "224.0.0.1",
        ] {
            assert!(!is_reachable(&text.parse().unwrap()), "{text}");
        }
        for text in ["192.168.1.5", "10.0.0.1", "2001:db8::1", "fd00::5"] {
            assert!(is_reachable(&text.parse().unwrap()), "{text}");
        }
        assert!(of_this_machine().iter().all(is_reachable));
    }
}
