//! Why a run waits, in few words: the list has one line for it, and the run page says the same.

use domain::queue::WaitReason;

use crate::preferences::Language;
use crate::view_model::format::bytes;

const MIB: u64 = 1 << 20;

/// One reason; `at` writes a moment as people read it.
pub(crate) fn wait_reason(
    language: Language,
    reason: &WaitReason,
    at: &dyn Fn(domain::time::Timestamp) -> String,
) -> String {
    match language {
        Language::En => english(reason, at),
        Language::Zh => chinese(reason, at),
    }
}

/// A number of processors without needless digits.
fn number(count: f64) -> String {
    format!("{}", (count * 100.0).round() / 100.0)
}

fn english(reason: &WaitReason, at: &dyn Fn(domain::time::Timestamp) -> String) -> String {
    match reason {
        WaitReason::QueuePaused => "the queue is paused".to_owned(),
        WaitReason::SweepPaused { .. } => "its sweep is paused".to_owned(),
        WaitReason::TaskPaused => "paused".to_owned(),
        WaitReason::NotBefore { at_ms } => format!("not before {}", at(*at_ms)),
        WaitReason::RetryAt { at_ms, retry } => format!("retry {retry} at {}", at(*at_ms)),
        WaitReason::After { tasks, count: 1 } => {
            format!("after {}", tasks.first().map_or("", |task| &task.task))
        }
        WaitReason::After { count, .. } => format!("after {count} tasks"),
        WaitReason::DependencyFailed { task } => format!("{} has not succeeded", task.task),
        WaitReason::SweepLimit { limit: 1 } => "its sweep runs one at a time".to_owned(),
        WaitReason::SweepLimit { limit } => format!("its sweep runs {limit} at a time"),
        WaitReason::UserLimit { user, limit } => format!("{user} may run {limit} at a time"),
        WaitReason::Slots { needed: 1, .. } => "no slot is free".to_owned(),
        WaitReason::Slots { needed, free, .. } => format!("needs {needed} slots, {free} free"),
        WaitReason::Cpus { needed, free, .. } => {
            format!("needs {} CPUs, {} free", number(*needed), number(*free))
        }
        WaitReason::Memory {
            needed_mb, free_mb, ..
        } => format!(
            "needs {} of memory, {} free",
            bytes(needed_mb * MIB),
            bytes(free_mb * MIB)
        ),
        WaitReason::Gpus {
            needed,
            free,
            strangers: 0,
            ..
        } => {
            format!("needs {needed} GPUs, {free} free")
        }
        WaitReason::Gpus {
            needed,
            free,
            strangers,
            ..
        } => {
            format!("needs {needed} GPUs, {free} free, {strangers} in use by others")
        }
        WaitReason::PinnedGpus { busy } => format!("GPU {} is in use", busy.join(", ")),
        WaitReason::Turn { ahead: 0 } => "next".to_owned(),
        WaitReason::Turn { ahead } => format!("{ahead} before it"),
        WaitReason::KeptFor { task } => format!("what is free is kept for {}", task.task),
        WaitReason::TooLarge { what } => format!("asks for more than there is: {what}"),
    }
}

fn chinese(reason: &WaitReason, at: &dyn Fn(domain::time::Timestamp) -> String) -> String {
    match reason {
        WaitReason::QueuePaused => "队列已暂停".to_owned(),
        WaitReason::SweepPaused { .. } => "所属扫描已暂停".to_owned(),
        WaitReason::TaskPaused => "已暂停".to_owned(),
        WaitReason::NotBefore { at_ms } => format!("不早于 {}", at(*at_ms)),
        WaitReason::RetryAt { at_ms, retry } => format!("第 {retry} 次重试，{}", at(*at_ms)),
        WaitReason::After { tasks, count: 1 } => {
            format!("等待 {}", tasks.first().map_or("", |task| &task.task))
        }
        WaitReason::After { count, .. } => format!("等待 {count} 个任务"),
        WaitReason::DependencyFailed { task } => format!("{} 没有成功", task.task),
        WaitReason::SweepLimit { limit } => format!("所属扫描同时最多运行 {limit} 个"),
        WaitReason::UserLimit { user, limit } => format!("{user} 同时最多运行 {limit} 个"),
        WaitReason::Slots { needed: 1, .. } => "没有空闲的并行位".to_owned(),
        WaitReason::Slots { needed, free, .. } => {
            format!("需要 {needed} 个并行位，空闲 {free} 个")
        }
        WaitReason::Cpus { needed, free, .. } => {
            format!("需要 {} 个 CPU，空闲 {} 个", number(*needed), number(*free))
        }
        WaitReason::Memory {
            needed_mb, free_mb, ..
        } => format!(
            "需要 {} 内存，空闲 {}",
            bytes(needed_mb * MIB),
            bytes(free_mb * MIB)
        ),
        WaitReason::Gpus {
            needed,
            free,
            strangers: 0,
            ..
        } => {
            format!("需要 {needed} 个 GPU，空闲 {free} 个")
        }
        WaitReason::Gpus {
            needed,
            free,
            strangers,
            ..
        } => {
            format!("需要 {needed} 个 GPU，空闲 {free} 个，{strangers} 个被他人占用")
        }
        WaitReason::PinnedGpus { busy } => format!("GPU {} 正在使用", busy.join("、")),
        WaitReason::Turn { ahead: 0 } => "下一个".to_owned(),
        WaitReason::Turn { ahead } => format!("前面还有 {ahead} 个"),
        WaitReason::KeptFor { task } => format!("空闲资源为 {} 保留", task.task),
        WaitReason::TooLarge { what } => format!("请求超出已有资源：{what}"),
    }
}

#[cfg(test)]
mod tests {
    use domain::task::TaskId;
    use domain::time::Timestamp;

    use super::*;

    #[test]
    fn every_reason_reads_as_a_short_phrase_in_both_languages() {
        let task = TaskId {
            experiment: "e".to_owned(),
            task: "warm-up".to_owned(),
        };
        let reasons = [
            WaitReason::QueuePaused,
            WaitReason::NotBefore {
                at_ms: Timestamp(5),
            },
            WaitReason::RetryAt {
                at_ms: Timestamp(5),
                retry: 2,
            },
            WaitReason::After {
                tasks: vec![task.clone()],
                count: 1,
            },
            WaitReason::After {
                tasks: vec![task],
                count: 7,
            },
            WaitReason::SweepLimit { limit: 2 },
            WaitReason::Slots {
                needed: 4,
                free: 1,
                total: 8,
            },
            WaitReason::Cpus {
                needed: 1.5,
                free: 0.25,
                total: 2.0,
            },
            WaitReason::Memory {
                needed_mb: 8000,
                free_mb: 100,
                total_mb: 9000,
            },
            WaitReason::Gpus {
                needed: 2,
                free: 1,
                total: 4,
                strangers: 1,
            },
            WaitReason::PinnedGpus {
                busy: vec!["0".to_owned(), "1".to_owned()],
            },
            WaitReason::Turn { ahead: 3 },
        ];
        let all = |language| {
            let text = |reason| wait_reason(language, reason, &|at| format!("T{}", at.as_ms()));
            reasons.iter().map(text).collect::<Vec<_>>()
        };
        assert_eq!(
            all(Language::En),
            [
                "the queue is paused",
                "not before T5",
                "retry 2 at T5",
                "after warm-up",
                "after 7 tasks",
                "its sweep runs 2 at a time",
                "needs 4 slots, 1 free",
                "needs 1.5 CPUs, 0.25 free",
                "needs 8.4 GB of memory, 104.9 MB free",
                "needs 2 GPUs, 1 free, 1 in use by others",
                "GPU 0, 1 is in use",
                "3 before it",
            ]
        );
        let english = all(Language::En);
        for (chinese, english) in all(Language::Zh).iter().zip(&english) {
            assert_ne!(chinese, english);
            assert!(chinese.chars().any(|c| c > '\u{3000}'), "{chinese}");
        }
    }
}
