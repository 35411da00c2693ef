//! How times, spans and amounts are said.

use domain::queue::{WaitReason, Waiting};
use domain::time::Timestamp;

/// `0.4s`, `12s`, `4m05s`, `2h03m`, `3d04h`.
pub(super) fn span(ms: u64) -> String {
    let secs = ms / 1000;
    match secs {
        0..10 => format!("{}.{}s", secs, ms % 1000 / 100),
        10..60 => format!("{secs}s"),
        60..3600 => format!("{}m{:02}s", secs / 60, secs % 60),
        3600..86_400 => format!("{}h{:02}m", secs / 3600, secs / 60 % 60),
        _ => format!("{}d{:02}h", secs / 86_400, secs / 3600 % 24),
    }
}

/// How long ago: `12s`, `4m`, `2h`, `3d`.
pub(super) fn age(ms: u64) -> String {
    let secs = ms / 1000;
    match secs {
        0..60 => format!("{secs}s"),
        60..3600 => format!("{}m", secs / 60),
        3600..172_800 => format!("{}h", secs / 3600),
        _ => format!("{}d", secs / 86_400),
    }
}

/// `2026-11-21 15:22:46Z`.
pub(super) fn moment(at: Timestamp) -> String {
    let (year, month, day, hour, minute, second) = at.civil();
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}Z")
}

/// `1.5 GiB`.
pub(super) fn bytes(count: u64) -> String {
    let mut amount = count as f64;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if amount < 1024.0 {
            return if unit == "B" {
                format!("{count} B")
            } else {
                format!("{amount:.1} {unit}")
            };
        }
        amount /= 1024.0;
    }
    format!("{amount:.1} TiB")
}

/// All reasons in a few words, the most telling first.
pub(super) fn waiting(waiting: &Waiting, now: Timestamp) -> String {
    let mut text: Vec<String> = waiting
        .reasons
        .iter()
        .map(|reason| why(reason, now))
        .collect();
    if let Some(at) = waiting.may_start_at_ms.filter(|at| *at > now) {
        text.push(format!("may start in {}", span(at.since_ms(now))));
    }
    text.join(", ")
}

fn why(reason: &WaitReason, now: Timestamp) -> String {
    let until = |at: Timestamp| span(at.since_ms(now));
    match reason {
        WaitReason::QueuePaused => "the queue is paused".to_owned(),
        WaitReason::SweepPaused { sweep } => format!("sweep {sweep} is paused"),
        WaitReason::TaskPaused => "paused".to_owned(),
        WaitReason::NotBefore { at_ms } => format!("starts in {}", until(*at_ms)),
        WaitReason::RetryAt { at_ms, retry } => {
            format!("retry {retry} in {}", until(*at_ms))
        }
        WaitReason::After { tasks, count } => match tasks.as_slice() {
            [only] if *count == 1 => format!("after {}", only.task),
            [first, ..] => format!("after {} and {} more", first.task, count - 1),
            [] => format!("after {count} tasks"),
        },
        WaitReason::DependencyFailed { task } => format!("{} did not succeed", task.task),
        WaitReason::SweepLimit { limit } => format!("{limit} of its sweep at once"),
        WaitReason::UserLimit { user, limit } => format!("{limit} of {user} at once"),
        WaitReason::Slots { needed, free, .. } => format!("needs {needed} slots, {free} free"),
        WaitReason::Cpus { needed, free, .. } => format!("needs {needed} CPUs, {free} free"),
        WaitReason::Memory {
            needed_mb, free_mb, ..
        } => {
            format!("needs {needed_mb} MiB, {free_mb} free")
        }
        WaitReason::Gpus {
            needed,
            free,
            strangers,
            ..
        } => {
            let others = if *strangers > 0 {
                format!(", {strangers} in use by others")
            } else {
                String::new()
            };
            format!("needs {needed} GPUs, {free} free{others}")
        }
        WaitReason::PinnedGpus { busy } => format!("GPU {} is busy", busy.join(", ")),
        WaitReason::Turn { ahead } => format!("{ahead} ahead"),
        WaitReason::KeptFor { task } => format!("room is kept for {}", task.task),
        WaitReason::TooLarge { what } => format!("too large: {what}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_say_the_two_units_that_matter() {
        for (ms, text) in [
            (0, "0.0s"),
            (9_960, "9.9s"),
            (59_999, "59s"),
            (61_000, "1m01s"),
            (7_380_000, "2h03m"),
            (273_600_000, "3d04h"),
        ] {
            assert_eq!(span(ms), text);
        }
        assert_eq!(age(119_000), "1m");
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1_610_612_736), "1.5 GiB");
        assert_eq!(moment(Timestamp(1_795_245_872_500)), "2026-11-21 07:24:32Z");
    }
}
