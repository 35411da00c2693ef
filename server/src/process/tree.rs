//! Everything that descends from this process, however it detached itself.
//!
//! A supervisor is a *child subreaper* (prctl(2), `PR_SET_CHILD_SUBREAPER`): a descendant whose parent dies becomes its
//! child, so that daemons that forked twice and left the session are still found.

use std::cell::Cell;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use rustix::process::{Signal, WaitOptions, wait};

use super::signals;

/// How often remains are looked for at most, and the pause between: nothing tells of a stranger's child's end.
const ROUNDS: u32 = 50;
const ROUND: Duration = Duration::from_millis(5);

/// Becomes the reaper of orphaned descendants. Without the kernel's support only the process group is looked after.
pub fn become_subreaper() {
    #[cfg(target_os = "linux")]
    rustix::process::set_child_subreaper(rustix::process::Pid::from_raw(1)).ok();
}

/// A child of this process that belongs to no run and outlives them: it is neither signalled nor waited for with what a run
/// leaves behind. What it has started itself is not spared.
#[derive(Debug, Default)]
pub struct Spared(Cell<Option<u32>>);

impl Spared {
    /// Spares this child from now on.
    pub fn set(&self, pid: u32) {
        self.0.set(Some(pid));
    }

    /// The child that is spared; `None` as soon as its end has been seen.
    pub fn pid(&self) -> Option<u32> {
        self.0.get()
    }

    /// Spares nothing any more.
    pub fn clear(&self) {
        self.0.set(None);
    }

    fn is(&self, pid: u32) -> bool {
        self.pid() == Some(pid)
    }

    /// Takes note of a child's end.
    fn has_ended(&self, pid: u32) {
        if self.is(pid) {
            self.0.set(None);
        }
    }
}

/// Sends a signal to every living descendant of this process that is not spared; returns how many there were.
pub fn signal_descendants(signal: Signal, spared: &Spared) -> usize {
    let pids = living(spared);
    for pid in &pids {
        signals::send(*pid, signal);
    }
    pids.len()
}

/// Every living descendant of this process that is not spared, parents first.
pub fn living(spared: &Spared) -> Vec<u32> {
    let this = std::process::id();
    let mut found = Vec::new();
    // Of this process only the first thread starts and adopts children.
    for child in children_of_thread(this, this) {
        if !spared.is(child) && !is_zombie(child) {
            found.push(child);
        }
        found.extend(descendants(child));
    }
    found
}

/// Kills every process whose environment holds exactly this variable, again until there is none: what a task left
/// behind whose supervisor, the only one who knew its descendants, has died.
///
/// The variable must name one run, so that no stranger has it. Where the system shows no environments, nothing happens.
pub fn kill_marked(name: &str, value: &str) {
    let marker = format!("{name}={value}");
    // Who forks while we look is found in the next round; a process that cannot be killed must not hold us up.
    for _ in 0..ROUNDS {
        let found = marked(marker.as_bytes());
        for pid in &found {
            signals::send(*pid, Signal::KILL);
        }
        if found.is_empty() {
            return;
        }
        std::thread::sleep(ROUND);
    }
}

/// `/proc/<pid>/environ`, proc(5): of other people's processes and of zombies nothing is shown.
fn marked(marker: &[u8]) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| *pid != std::process::id())
        .filter(|pid| {
            fs::read(format!("/proc/{pid}/environ")).is_ok_and(|environment| {
                environment
                    .split(|byte| *byte == 0)
                    .any(|pair| pair == marker)
            })
        })
        .collect()
}

/// Reaps children that have ended, without waiting, until it meets this one.
pub fn reap_until(pid: u32, spared: &Spared) -> Reaped {
    loop {
        match reap_one() {
            Ok(Some((found, status))) if found == pid => return Reaped::Sought(status),
            Ok(Some((found, _))) => spared.has_ended(found),
            Ok(None) => return Reaped::Others(Children::Left),
            Err(NoChild) => return Reaped::Others(Children::Gone),
        }
    }
}

/// What [`reap_until`] found.
#[derive(Clone, Copy, Debug)]
pub enum Reaped {
    /// The process has ended, like this.
    Sought(ExitStatus),
    /// It has not; perhaps others have.
    Others(Children),
}

/// Reaps children that have ended, without waiting; says whether any child is left that is not spared.
///
/// For a subreaper no child means no descendant. Asking the kernel this way costs nothing, while listing the children of
/// a second thread in `/proc` makes the later reaping of this process dear (measured: a millisecond of kernel time). Only
/// beside a spared child a list is needed: that of the first thread, which starts and adopts all children.
pub fn reap(spared: &Spared) -> Children {
    loop {
        match reap_one() {
            Ok(Some((found, _))) => spared.has_ended(found),
            Ok(None) => break,
            Err(NoChild) => return Children::Gone,
        }
    }
    let Some(own) = spared.pid() else {
        return Children::Left;
    };
    let this = std::process::id();
    let has_others = children_of_thread(this, this)
        .iter()
        .any(|child| *child != own);
    if has_others || !children(own).is_empty() {
        Children::Left
    } else {
        Children::Gone
    }
}

/// What [`reap`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Children {
    /// At least one child still runs.
    Left,
    /// There is no child any more.
    Gone,
}

/// This process has no child at all.
struct NoChild;

/// Reaps one child that has ended; `None` if none has.
fn reap_one() -> Result<Option<(u32, ExitStatus)>, NoChild> {
    loop {
        match wait(WaitOptions::NOHANG) {
            Ok(Some((found, status))) => {
                let pid = u32::try_from(found.as_raw_nonzero().get());
                let status = ExitStatus::from_raw(status.as_raw());
                return Ok(Some((pid.unwrap_or_default(), status)));
            }
            Ok(None) => return Ok(None),
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return Err(NoChild),
        }
    }
}

/// The process ids of all descendants that are not zombies, parents first.
fn descendants(root: u32) -> Vec<u32> {
    let mut found = Vec::new();
    let mut to_visit = vec![root];
    while let Some(parent) = to_visit.pop() {
        for child in children(parent) {
            to_visit.push(child);
            if !is_zombie(child) {
                found.push(child);
            }
        }
    }
    found
}

fn children(pid: u32) -> Vec<u32> {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return Vec::new();
    };
    threads
        .filter_map(Result::ok)
        .filter_map(|thread| thread.file_name().to_str()?.parse().ok())
        .flat_map(|thread| children_of_thread(pid, thread))
        .collect()
}

/// `/proc/<pid>/task/<tid>/children`, proc(5).
fn children_of_thread(pid: u32, thread: u32) -> Vec<u32> {
    fs::read_to_string(format!("/proc/{pid}/task/{thread}/children"))
        .unwrap_or_default()
        .split_whitespace()
        .filter_map(|pid| pid.parse().ok())
        .collect()
}

fn is_zombie(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .ok()
        .and_then(|stat| Some(stat.rsplit_once(')')?.1.trim_start().starts_with('Z')))
        .unwrap_or(true)
}
