//! What is seen of a device, and what that means for the next run.

use domain::queue::{GpuSettings, Strangers};
use domain::task::RunId;

use super::owners::Owner;
use super::provider::{GpuProcess, Observed, ProcessKind};

/// By which rules a device is left to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    strangers: Strangers,
    max_used_mb: u64,
    max_utilization_percent: Option<u32>,
}

impl Rules {
    /// Those of the settings.
    pub fn new(settings: &GpuSettings) -> Self {
        Self {
            strangers: settings.strangers,
            max_used_mb: settings.max_used_mb,
            max_utilization_percent: settings.max_utilization_percent,
        }
    }
}

/// What a run of ours holds of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The run.
    pub run: RunId,
    /// MiB; 0: the whole device.
    pub memory_mb: u64,
}

/// What is meant by what is seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// Memory in use beyond what our runs hold, MiB.
    pub foreign_memory_mb: u64,
    /// Processes that compute there and are not ours.
    pub strangers: Vec<u32>,
    /// True if the rules let runs have it, as far as others are concerned.
    pub is_usable: bool,
}

/// Judges a device. `owner` is asked only about processes that are on it.
///
/// Where the processes are hidden from us, memory up to what our own runs hold is taken to be theirs.
pub fn judge(seen: &Observed, held: &[Held], rules: Rules, owner: impl Fn(u32) -> Owner) -> Judged {
    let owned: Vec<(Owner, &GpuProcess)> = seen
        .processes
        .iter()
        .map(|process| (owner(process.pid), process))
        .collect();
    let mut strangers: Vec<u32> = owned
        .iter()
        .filter(|(owner, process)| {
            *owner == Owner::Stranger && process.kind == ProcessKind::Compute
        })
        .map(|(_, process)| process.pid)
        .collect();
    strangers.sort_unstable();
    let foreign_memory_mb = foreign(seen, held, &owned);
    let screens: u64 = owned
        .iter()
        .filter(|(_, process)| process.kind == ProcessKind::Graphics)
        .filter_map(|(_, process)| process.memory_mb)
        .sum();
    let is_left_alone = match rules.strangers {
        Strangers::Ignore => true,
        // What a device of ours shows in memory and use may well be our own doing.
        Strangers::Respect if !held.is_empty() => strangers.is_empty(),
        Strangers::Respect => {
            let is_idle = rules
                .max_utilization_percent
                .is_none_or(|limit| seen.utilization_percent.unwrap_or(0) <= limit);
            let in_use = foreign_memory_mb.saturating_sub(screens);
            strangers.is_empty() && in_use <= rules.max_used_mb && is_idle
        }
    };
    Judged {
        foreign_memory_mb,
        strangers,
        is_usable: is_left_alone && !seen.is_lost,
    }
}

/// Memory in use beyond what our runs hold.
fn foreign(seen: &Observed, held: &[Held], owned: &[(Owner, &GpuProcess)]) -> u64 {
    if held.iter().any(|held| held.memory_mb == 0) {
        return 0;
    }
    let use_of = |run: &RunId| -> u64 {
        owned
            .iter()
            .filter(|(owner, _)| matches!(owner, Owner::Run(other) if other == run))
            .filter_map(|(_, process)| process.memory_mb)
            .sum()
    };
    let (mut ours, mut unused) = (0, 0);
    for held in held {
        let used = use_of(&held.run).min(held.memory_mb);
        ours += used;
        unused += held.memory_mb - used;
    }
    let rest = seen.used_memory_mb.saturating_sub(ours);
    let is_hidden = owned.is_empty()
        || owned
            .iter()
            .any(|(owner, process)| *owner == Owner::Hidden || process.memory_mb.is_none());
    if is_hidden {
        rest.saturating_sub(unused)
    } else {
        rest
    }
}

#[cfg(test)]
mod tests {
    use domain::task::TaskId;

    use super::*;

    fn run(number: u32) -> RunId {
        RunId {
            task: TaskId::default(),
            number,
        }
    }

    fn held(number: u32, memory_mb: u64) -> Held {
        Held {
            run: run(number),
            memory_mb,
        }
    }

    /// A device on which these processes use this much; what they do not account for is used by nobody knows whom.
    fn device(used_memory_mb: u64, processes: &[(u32, Option<u64>)]) -> Observed {
        let processes = processes.iter().map(|(pid, memory_mb)| GpuProcess {
            pid: *pid,
            memory_mb: *memory_mb,
            kind: ProcessKind::Compute,
        });
        Observed {
            id: "0".to_owned(),
            memory_mb: 80_000,
            used_memory_mb,
            utilization_percent: Some(50),
            processes: processes.collect(),
            ..Observed::default()
        }
    }

    /// Processes below 10 are our runs', those below 100 strangers, all others hidden.
    fn judged(seen: &Observed, held: &[Held], change: impl Fn(&mut GpuSettings)) -> Judged {
        let mut settings = GpuSettings::default();
        change(&mut settings);
        judge(seen, held, Rules::new(&settings), |pid| match pid {
            0..10 => Owner::Run(run(pid)),
            10..100 => Owner::Stranger,
            _ => Owner::Hidden,
        })
    }

    #[test]
    fn a_strangers_process_or_memory_makes_a_device_unusable_unless_it_is_ignored() {
        let by_default = |seen: &Observed| judged(seen, &[], |_| {}).is_usable;
        assert!(by_default(&device(0, &[])));
        assert!(by_default(&device(256, &[])), "drivers need some");
        assert!(!by_default(&device(257, &[])));
        assert!(!by_default(&device(10, &[(50, Some(10))])));
        let seen = device(5_000, &[(50, Some(5_000))]);
        let ignored = judged(&seen, &[], |gpu| gpu.strangers = Strangers::Ignore);
        assert!(ignored.is_usable);
        assert_eq!(ignored.strangers, [50]);
        assert_eq!(ignored.foreign_memory_mb, 5_000, "and is not given away");
    }

    #[test]
    fn a_screen_keeps_nobody_from_computing() {
        let mut seen = device(900, &[(50, Some(800))]);
        seen.processes[0].kind = ProcessKind::Graphics;
        let judged = judged(&seen, &[], |_| {});
        assert!(judged.is_usable);
        assert!(judged.strangers.is_empty());
        assert_eq!(judged.foreign_memory_mb, 900);
    }

    #[test]
    fn use_counts_only_where_a_limit_is_set() {
        let seen = device(0, &[]);
        assert!(judged(&seen, &[], |_| {}).is_usable);
        let with = |percent| {
            judged(&seen, &[], |gpu| {
                gpu.max_utilization_percent = Some(percent);
            })
        };
        assert!(with(50).is_usable);
        assert!(!with(49).is_usable);
        let ours = judged(&seen, &[held(1, 100)], |gpu| {
            gpu.max_utilization_percent = Some(1);
        });
        assert!(ours.is_usable, "it is our own run that uses it");
    }

    #[test]
    fn what_our_runs_use_of_their_part_is_not_foreign() {
        let seen = device(7_000, &[(1, Some(3_000)), (2, Some(4_000))]);
        let of = |held: &[Held]| judged(&seen, held, |_| {}).foreign_memory_mb;
        assert_eq!(of(&[held(1, 5_000), held(2, 5_000)]), 0);
        assert_eq!(
            of(&[held(1, 5_000), held(2, 1_000)]),
            3_000,
            "more than its part"
        );
        assert_eq!(of(&[held(1, 0)]), 0, "the whole device is its part");
        let with_stranger = device(7_000, &[(1, Some(3_000)), (50, Some(4_000))]);
        let judged = judged(&with_stranger, &[held(1, 5_000)], |_| {});
        assert_eq!(judged.foreign_memory_mb, 4_000);
        assert!(!judged.is_usable);
    }

    #[test]
    fn where_processes_are_hidden_memory_up_to_what_is_held_is_ours() {
        let unlisted = device(7_000, &[]);
        let hidden = device(7_000, &[(4711, Some(7_000))]);
        let silent = device(7_000, &[(1, None)]);
        for seen in [unlisted, hidden, silent] {
            let foreign = |held: &[Held]| judged(&seen, held, |_| {}).foreign_memory_mb;
            assert_eq!(foreign(&[held(1, 5_000), held(2, 5_000)]), 0);
            assert_eq!(foreign(&[held(1, 5_000)]), 2_000);
            assert_eq!(foreign(&[]), 7_000);
        }
    }

    #[test]
    fn a_lost_device_is_never_usable() {
        let seen = Observed {
            is_lost: true,
            ..device(0, &[])
        };
        assert!(!judged(&seen, &[], |gpu| gpu.strangers = Strangers::Ignore).is_usable);
    }
}
