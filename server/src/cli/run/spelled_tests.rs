//! The command line that a page shows asks for what its form asks for.

use std::fs;

use clap::Parser as _;
use domain::config::Key;
use domain::grid::{Assignments, Exclusion, Input, SweepOptions};
use domain::protocol::http::PostSweepRequest;
use domain::queue::{
    CaptureMode, Dependencies, Execution, ExecutorName, GpuRequest, OnFailure, Policy, Resources,
    Retry, RetryOn, SweepPolicy, TimeLimits,
};
use domain::spelled::run_words;
use domain::task::TaskId;
use proptest::prelude::*;

use super::prepare::prepare;
use crate::cli::arguments::{Cli, Command, RunArgs};

fn args(words: &[String]) -> RunArgs {
    match Cli::try_parse_from(words).map(|cli| cli.command) {
        Ok(Command::Run(args)) => args,
        Ok(other) => panic!("{other:?}"),
        Err(error) => panic!("{words:?}: {error}"),
    }
}

fn texts(max: usize) -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec("[a-z][a-z0-9_]{0,6}", 0..max)
}

fn gpus() -> impl Strategy<Value = GpuRequest> {
    prop_oneof![
        Just(GpuRequest::None),
        (1..9_u32).prop_map(|count| GpuRequest::Count { count }),
        (1..9_u32, 1..90_000_u64)
            .prop_map(|(count, memory_mb)| GpuRequest::Memory { count, memory_mb }),
        proptest::collection::vec("[0-9]|GPU-[0-9a-f]{4}", 1..3)
            .prop_map(|ids| GpuRequest::Pinned { ids }),
    ]
}

fn retry() -> impl Strategy<Value = Retry> {
    let ends = proptest::sample::subsequence(RetryOn::ALL.to_vec(), 1..=RetryOn::ALL.len());
    (1..1000_u32, ends, 0..100_000_000_u64).prop_map(|(max, on, first_ms)| {
        let mut retry = Retry {
            max,
            on,
            ..Retry::default()
        };
        retry.backoff.first_ms = first_ms;
        retry
    })
}

fn resources() -> impl Strategy<Value = Resources> {
    (1..9_u32, 0..64_u32, 0..1_000_000_u64, gpus()).prop_map(
        |(slots, quarters, memory_mb, gpus)| Resources {
            slots,
            cpus: f64::from(quarters) / 4.0,
            memory_mb,
            gpus,
        },
    )
}

fn policies() -> impl Strategy<Value = Policy> {
    let limit = || proptest::option::of(1..1_000_000_000_u64);
    let failure = prop_oneof![
        Just(OnFailure::Cancel),
        Just(OnFailure::Wait),
        Just(OnFailure::Run)
    ];
    let retry = prop_oneof![Just(Retry::default()), retry()];
    let limits = (limit(), limit()).prop_map(|(soft_ms, hard_ms)| TimeLimits { soft_ms, hard_ms });
    let stop = proptest::collection::vec("[a-z]{1,5} [<>] -?[0-9]{1,3}", 0..3);
    let after = (texts(3), failure);
    (
        -1000..=1000_i32,
        resources(),
        after,
        0..1_000_000_000_u64,
        retry,
        limits,
        stop,
    )
        .prop_map(
            |(priority, resources, (names, failure), delay_ms, retry, time_limits, stop_when)| {
                let task = |task: String| TaskId {
                    experiment: "e".to_owned(),
                    task,
                };
                let tasks: Vec<TaskId> = names.into_iter().map(task).collect();
                Policy {
                    priority,
                    resources,
                    after: Dependencies {
                        on_failure: if tasks.is_empty() {
                            OnFailure::Cancel
                        } else {
                            failure
                        },
                        tasks,
                    },
                    delay_ms,
                    retry,
                    time_limits,
                    stop_when,
                    ..Policy::default()
                }
            },
        )
}

fn executions() -> impl Strategy<Value = Execution> {
    let executor = prop_oneof![
        Just(None),
        Just(Some(ExecutorName::Subprocess)),
        Just(Some(ExecutorName::Inline)),
        texts(3).prop_map(|modules| Some(ExecutorName::Fork { modules })),
    ];
    let capture = prop_oneof![
        Just(None),
        Just(Some(CaptureMode::File)),
        Just(Some(CaptureMode::Split)),
        (1..=1000_u16, 1..=1000_u16)
            .prop_map(|(rows, columns)| Some(CaptureMode::Pty { rows, columns })),
    ];
    (executor, capture).prop_map(|(executor, capture)| Execution {
        executor,
        capture,
        ..Execution::default()
    })
}

proptest! {
    #[test]
    fn whatever_a_plan_asks_for_its_words_ask_for(
        policy in policies(),
        execution in executions(),
        limit in proptest::option::of(1..1000_u32),
        fail_fast: bool,
        rerun: bool,
        labels in texts(3),
    ) {
        let sweep_policy = SweepPolicy { limit, fail_fast };
        let request = PostSweepRequest {
            prefix: "e".to_owned(),
            rerun,
            policy: policy.clone(),
            execution: execution.clone(),
            sweep_policy,
            labels: labels.clone(),
            ..PostSweepRequest::default()
        };
        let spelled = run_words("train.py", "e", &request);
        prop_assert!(spelled.unsaid.is_empty());
        let args = args(&spelled.words);
        prop_assert_eq!(args.policy.policy(), policy);
        prop_assert_eq!(args.policy.sweep_policy(), sweep_policy);
        prop_assert_eq!(args.execution.execution().unwrap(), execution);
        prop_assert_eq!((args.rerun, args.policy.label), (rerun, labels));
    }
}

const SCRIPT: &str = "\
import argparse
p = argparse.ArgumentParser()
p.add_argument('--lr', type=float, default=0.1)
p.add_argument('--limit', type=int, default=1)
p.add_argument('--note', default='')
p.add_argument('--amp', action='store_true')
p.parse_args()
";

#[test]
#[expect(clippy::disallowed_methods, reason = "tests make the files they read")]
fn what_is_typed_into_the_fields_comes_back_as_it_was_typed() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("train.py");
    fs::write(&script, SCRIPT).unwrap();
    let input = |key: &str, text: &str| Input {
        key: Key::new(key),
        text: text.to_owned(),
    };
    let request = PostSweepRequest {
        prefix: "other".to_owned(),
        inputs: vec![
            input("lr", "1e-3 | 1e-2"),
            // An option of `runyard run` has this name, too.
            input("limit", "1:5"),
            input("note", "--x a $b = c; d"),
            input("amp", "true"),
        ],
        options: SweepOptions {
            conditions: vec!["limit < 4 and lr > 0".to_owned()],
            exclude: vec![
                Exclusion::Expression("-limit == -2".to_owned()),
                Exclusion::Values(Assignments(vec![(
                    Key::new("limit"),
                    domain::config::Value::Int(3),
                )])),
            ],
            ..SweepOptions::default()
        },
        ..PostSweepRequest::default()
    };
    let spelled = run_words(&script.to_string_lossy(), "train", &request);
    let prepared = match prepare(&args(&spelled.words)) {
        Ok(prepared) => prepared,
        Err(error) => panic!("{:?}: {error:?}", spelled.words),
    };
    assert_eq!(prepared.spec.inputs, request.inputs);
    assert_eq!(prepared.spec.options, request.options);
    assert_eq!(prepared.prefix, request.prefix);
}
