//! Telling processes to end.

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use signal_hook::consts::SIGINT;
use signal_hook::iterator::Signals;

/// The request that a person makes of a supervisor: end the task, it is cancelled.
pub const CANCEL: Signal = Signal::USR1;

/// The same request of a rule of the sweep or the queue.
pub const CANCEL_BY_RULE: Signal = Signal::USR2;

/// Has something done when this process is interrupted (Ctrl-C), on a thread of its own.
pub fn on_interrupt(act: impl FnOnce() + Send + 'static) {
    let Ok(mut signals) = Signals::new([SIGINT]) else {
        return;
    };
    std::thread::spawn(move || {
        if signals.forever().next().is_some() {
            act();
        }
    });
}

/// Sends a signal to one process. A process that is gone is success: that is what was wanted.
pub fn send(pid: u32, signal: Signal) {
    if let Some(pid) = to_pid(pid) {
        kill_process(pid, signal).ok();
    }
}

/// Sends a signal to a process group, named by its leader.
pub fn send_to_group(leader: u32, signal: Signal) {
    if let Some(pid) = to_pid(leader) {
        kill_process_group(pid, signal).ok();
    }
}

/// 0 and 1 are never ours: 0 would mean our own group, 1 is the system's.
fn to_pid(pid: u32) -> Option<Pid> {
    i32::try_from(pid)
        .ok()
        .filter(|pid| *pid > 1)
        .and_then(Pid::from_raw)
}
