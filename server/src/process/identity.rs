//! Telling our process from a stranger who got its number.

use std::fs;
use std::sync::OnceLock;

use crate::storage::format::ProcessIdentity;

/// The identity of a live process; the parts the system does not tell stay empty.
pub fn of(pid: u32) -> ProcessIdentity {
    ProcessIdentity {
        pid,
        start_ticks: start_ticks(pid).unwrap_or(0),
        boot_id: boot_id().to_owned(),
    }
}

/// True if the process with this number is the one that was recorded.
///
/// Where the system tells neither start time nor boot, a live process is taken for a stranger: better an orphan than a
/// stranger killed.
pub fn is_alive(recorded: &ProcessIdentity) -> bool {
    recorded.start_ticks != 0
        && recorded.boot_id == boot_id()
        && start_ticks(recorded.pid) == Some(recorded.start_ticks)
}

/// Field 22 of `/proc/<pid>/stat`, proc(5). The second field may hold spaces and parentheses, so counting starts behind it.
fn start_ticks(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, behind_name) = stat.rsplit_once(')')?;
    behind_name.split_whitespace().nth(19)?.parse().ok()
}

fn boot_id() -> &'static str {
    static BOOT_ID: OnceLock<String> = OnceLock::new();
    BOOT_ID.get_or_init(|| {
        fs::read_to_string("/proc/sys/kernel/random/boot_id")
            .map(|id| id.trim().to_owned())
            .unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reused_number_is_not_our_process() {
        let ours = of(std::process::id());
        assert!(is_alive(&ours));
        assert!(!is_alive(&ProcessIdentity {
            start_ticks: ours.start_ticks + 1,
            ..ours.clone()
        }));
        assert!(!is_alive(&ProcessIdentity {
            boot_id: "another boot".to_owned(),
            ..ours
        }));
    }
}
