//! How a sweep runs, as data: the fields of the folded part of the Generator, and the request that they make.

use domain::protocol::http::PostSweepRequest;
use domain::queue::{Execution, GpuRequest, Policy, SweepPolicy};
use domain::task::TaskId;
use serde_json::{Value, json};

use super::settings::{Kind, Setting, at, of_text};

/// The fields: dotted keys below `policy`, `execution` and `sweep_policy`.
pub(crate) const FIELDS: &[Setting] = &[
    ("policy.priority", Kind::Whole(-1_000, 1_000)),
    ("sweep_policy.limit", Kind::Whole(1, 1_024)),
    ("sweep_policy.fail_fast", Kind::Flag),
    ("policy.resources.gpus", Kind::Text),
    ("policy.resources.slots", Kind::Whole(1, 1_024)),
    ("policy.resources.cpus", Kind::Number(0.0, 4_096.0)),
    ("policy.resources.memory_mb", Kind::Whole(0, 100_000_000)),
    ("policy.retry.max", Kind::Whole(0, 1_000)),
    ("policy.retry.backoff.first_ms", Kind::Seconds),
    ("policy.time_limits.soft_ms", Kind::Seconds),
    ("policy.delay_ms", Kind::Seconds),
    ("policy.after.tasks", Kind::Lines),
    ("policy.stop_when", Kind::Lines),
    ("execution.executor", Kind::Lines),
    ("execution.capture", Kind::Capture),
];

/// The fields of one task, on its page: what can be changed while it waits.
pub(crate) const TASK_FIELDS: &[Setting] = &[
    ("policy.priority", Kind::Whole(-1_000, 1_000)),
    ("policy.retry.max", Kind::Whole(0, 1_000)),
    ("policy.time_limits.soft_ms", Kind::Seconds),
    ("policy.delay_ms", Kind::Seconds),
    ("policy.stop_when", Kind::Lines),
];

/// What was typed, by key, as texts.
pub(crate) type PlanTexts = std::collections::BTreeMap<String, String>;

/// How the runs of a submission are planned.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Plan {
    /// What each task asks of the queue.
    pub(crate) policy: Policy,
    /// How its runs are executed.
    pub(crate) execution: Execution,
    /// What holds for the sweep.
    pub(crate) sweep_policy: SweepPolicy,
}

/// The plan of these texts; `experiment` is where tasks without one are.
///
/// # Errors
/// The key whose text cannot be used.
pub(crate) fn plan(
    texts: &PlanTexts,
    fields: &[Setting],
    experiment: &str,
) -> Result<Plan, &'static str> {
    let mut whole = json!({ "policy": {}, "execution": {}, "sweep_policy": {} });
    for (key, kind) in fields {
        let Some(text) = texts.get(*key).filter(|text| !text.trim().is_empty()) else {
            continue;
        };
        let value = value_of(key, *kind, text, experiment).ok_or(*key)?;
        set(&mut whole, key, value);
    }
    let part = |name: &str| whole.get(name).cloned().unwrap_or_default();
    let broken = |name: &'static str| move |_| name;
    Ok(Plan {
        policy: serde_json::from_value(part("policy")).map_err(broken("policy"))?,
        execution: serde_json::from_value(part("execution")).map_err(broken("execution"))?,
        sweep_policy: serde_json::from_value(part("sweep_policy"))
            .map_err(broken("sweep_policy"))?,
    })
}

impl Plan {
    /// Puts it into a submission.
    pub(crate) fn fill(self, request: PostSweepRequest) -> PostSweepRequest {
        PostSweepRequest {
            policy: self.policy,
            execution: self.execution,
            sweep_policy: self.sweep_policy,
            ..request
        }
    }
}

/// The texts that would give this policy, for the fields of a task.
pub(crate) fn texts_of(policy: &Policy) -> PlanTexts {
    let whole = json!({ "policy": policy });
    let default = json!({ "policy": Policy::default() });
    let text = |(key, kind): &Setting| {
        let value = at(&whole, key);
        let text = super::settings::to_text(*kind, &value);
        (value != at(&default, key)).then(|| ((*key).to_owned(), text))
    };
    TASK_FIELDS.iter().filter_map(text).collect()
}

fn value_of(key: &str, kind: Kind, text: &str, experiment: &str) -> Option<Value> {
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    match key {
        "policy.resources.gpus" => serde_json::to_value(gpus(text)?).ok(),
        "policy.after.tasks" => {
            let task = |line: &str| {
                let (experiment, task) = line.split_once('/').unwrap_or((experiment, line));
                TaskId {
                    experiment: experiment.to_owned(),
                    task: task.to_owned(),
                }
            };
            serde_json::to_value(lines().map(task).collect::<Vec<_>>()).ok()
        }
        "execution.executor" => {
            let modules: Vec<&str> = text
                .split([',', '\n', ' '])
                .map(str::trim)
                .filter(|word| !word.is_empty())
                .collect();
            Some(json!({ "kind": "fork", "modules": modules }))
        }
        _ => of_text(kind, text).ok(),
    }
}

/// `2`: so many; `2 x 8000`: so many with that much memory each, MiB; `#0,1` or `GPU-…`: these.
pub(crate) fn gpus(text: &str) -> Option<GpuRequest> {
    let text = text.trim();
    if let Ok(count) = text.parse::<u32>() {
        return Some(if count == 0 {
            GpuRequest::None
        } else {
            GpuRequest::Count { count }
        });
    }
    if let Some((count, memory)) = text.split_once(['x', '×']) {
        let count = count.trim().parse().ok().filter(|count| *count > 0)?;
        let memory_mb = memory.trim().parse().ok()?;
        return Some(GpuRequest::Memory { count, memory_mb });
    }
    let ids: Vec<String> = text
        .split(',')
        .map(|id| id.trim().trim_start_matches('#').to_owned())
        .filter(|id| !id.is_empty())
        .collect();
    let is_named = text.starts_with('#') || text.starts_with("GPU-");
    (is_named && !ids.is_empty()).then_some(GpuRequest::Pinned { ids })
}

fn set(whole: &mut Value, key: &str, value: Value) {
    let mut place = whole;
    for part in key.split('.') {
        if !place.is_object() {
            *place = json!({});
        }
        place = &mut place[part];
    }
    *place = value;
}

#[cfg(test)]
mod tests {
    use domain::queue::ExecutorName;

    use super::*;

    fn texts(pairs: &[(&str, &str)]) -> PlanTexts {
        pairs
            .iter()
            .map(|(key, text)| ((*key).to_owned(), (*text).to_owned()))
            .collect()
    }

    #[test]
    fn nothing_typed_asks_for_nothing() {
        assert_eq!(
            plan(&PlanTexts::new(), FIELDS, "e").unwrap(),
            Plan::default()
        );
    }

    #[test]
    fn what_is_typed_becomes_what_is_asked_for() {
        let plan = plan(
            &texts(&[
                ("policy.priority", "-5"),
                ("policy.resources.gpus", "2"),
                ("policy.resources.cpus", "1.5"),
                ("policy.retry.max", "3"),
                ("policy.retry.backoff.first_ms", "90"),
                ("policy.time_limits.soft_ms", "2 h"),
                ("policy.after.tasks", "a\nother/b"),
                ("policy.stop_when", "loss > 10"),
                ("execution.executor", "torch, numpy"),
                ("execution.capture", "pty"),
                ("sweep_policy.limit", "4"),
                ("sweep_policy.fail_fast", "true"),
            ]),
            FIELDS,
            "here",
        )
        .unwrap();
        assert_eq!(plan.policy.priority, -5);
        assert_eq!(plan.policy.resources.gpus, GpuRequest::Count { count: 2 });
        assert_eq!(
            plan.policy.resources.slots, 1,
            "what was not typed stays as usual"
        );
        assert_eq!(plan.policy.retry.backoff.first_ms, 90_000);
        assert_eq!(plan.policy.time_limits.soft_ms, Some(7_200_000));
        let after: Vec<String> = plan
            .policy
            .after
            .tasks
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(after, ["here/a", "other/b"]);
        assert_eq!(
            plan.execution.executor,
            Some(ExecutorName::Fork {
                modules: vec!["torch".to_owned(), "numpy".to_owned()]
            })
        );
        assert_eq!(
            (plan.sweep_policy.limit, plan.sweep_policy.fail_fast),
            (Some(4), true)
        );
    }

    #[test]
    fn a_text_that_cannot_be_used_is_named_by_its_key() {
        for (key, text) in [
            ("policy.priority", "high"),
            ("policy.resources.gpus", "many"),
            ("policy.time_limits.soft_ms", "soon"),
            ("sweep_policy.limit", "0"),
        ] {
            assert_eq!(plan(&texts(&[(key, text)]), FIELDS, "e"), Err(key));
        }
    }

    #[test]
    fn gpus_are_a_number_a_part_or_ids() {
        assert_eq!(
            gpus("2 x 8000"),
            Some(GpuRequest::Memory {
                count: 2,
                memory_mb: 8000
            })
        );
        let ids = ["0", "3"].map(str::to_owned).to_vec();
        assert_eq!(gpus("#0, 3"), Some(GpuRequest::Pinned { ids }));
        assert_eq!(gpus("0"), Some(GpuRequest::None));
        assert_eq!(gpus("two"), None);
    }

    #[test]
    fn the_texts_of_a_policy_give_it_again() {
        let mut policy = Policy {
            priority: 7,
            delay_ms: 1_500,
            ..Policy::default()
        };
        policy.time_limits.soft_ms = Some(60_000);
        let again = plan(&texts_of(&policy), TASK_FIELDS, "e").unwrap();
        assert_eq!(again.policy, policy);
        assert!(texts_of(&Policy::default()).is_empty());
    }
}
