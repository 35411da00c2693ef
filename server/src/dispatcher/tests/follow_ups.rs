//! What follows from ends: retries, dependents, sweeps that fail fast.

use domain::protocol::queue::PauseRequest;
use domain::queue::{Backoff, Dependencies, OnFailure, Policy, Retry, RetryOn, SweepPolicy};

use super::super::event::Pause;
use super::super::organise::Organise;
use super::super::step::begin;
use super::*;
use crate::scheduler::SweepId;
use crate::storage::queue::Noted;

fn with(name: &str, policy: Policy) -> Task {
    Task {
        policy,
        ..task(name)
    }
}

fn after(names: &[&str], on_failure: OnFailure) -> Policy {
    Policy {
        after: Dependencies {
            tasks: names.iter().map(|name| id(name)).collect(),
            on_failure,
        },
        ..Policy::default()
    }
}

fn retries(max: u32, on: &[RetryOn], first_ms: u64) -> Policy {
    Policy {
        retry: Retry {
            max,
            on: on.to_vec(),
            backoff: Backoff {
                first_ms,
                ..Backoff::default()
            },
        },
        ..Policy::default()
    }
}

fn add(state: &mut State, tasks: Vec<Task>, at: i64) -> Vec<RunId> {
    let start = Start::Now;
    launches(&step(
        state,
        Event::TasksAdded { tasks, start },
        Timestamp(at),
    ))
}

fn end(state: &mut State, run: &RunId, outcome: Outcome, at: i64) -> Vec<Effect> {
    let Event::RunChanged { id, record } = finished(state, run, outcome) else {
        unreachable!("it is such an event");
    };
    let record = RunRecord {
        ended_at_ms: Some(Timestamp(at)),
        ..*record
    };
    let record = Box::new(record);
    step(state, Event::RunChanged { id, record }, Timestamp(at))
}

fn fail_fast(state: &mut State) {
    let policy = SweepPolicy {
        limit: None,
        fail_fast: true,
    };
    let sweep = SweepId {
        experiment: "e".to_owned(),
        sweep: "s".to_owned(),
    };
    let event = Event::SweepPolicySet { sweep, policy };
    step(state, event, Timestamp(0));
}

fn shown(state: &State, name: &str) -> ShownStatus {
    state.entry(&id(name)).unwrap().shown()
}

const FAILED: Outcome = Outcome::Failed { exit_code: 1 };

#[test]
fn a_failed_run_is_tried_again_after_its_pause_and_only_so_often() {
    let mut state = state(1);
    let policy = retries(2, &[RetryOn::Failed], 100);
    let mut run = add(&mut state, vec![with("a", policy)], 0).remove(0);
    for (number, due) in [(2, 1_100), (3, 2_200)] {
        let failed_at = i64::from(number - 1) * 1_000;
        assert_eq!(launches(&end(&mut state, &run, FAILED, failed_at)), []);
        assert_eq!(state.queue.next_wake(), Some(Timestamp(due)));
        let early = step(&mut state, Event::TimeCame, Timestamp(due - 1));
        assert_eq!(launches(&early), []);
        let started = launches(&step(&mut state, Event::TimeCame, Timestamp(due)));
        run = started[0].clone();
        assert_eq!((started.len(), run.number), (1, number));
        assert_eq!(state.run(&run).unwrap().retry, number - 1);
    }
    end(&mut state, &run, FAILED, 9_000);
    assert_eq!(shown(&state, "a"), ShownStatus::Failed);
    assert!(state.queue.is_empty());
}

#[test]
fn a_cancelled_or_unchosen_end_is_not_tried_again() {
    let by = CancelledBy::User;
    for outcome in [Outcome::Cancelled { by }, Outcome::TimedOut] {
        let mut state = state(1);
        let policy = retries(5, &[RetryOn::Failed], 0);
        let run = add(&mut state, vec![with("a", policy)], 0).remove(0);
        assert_eq!(launches(&end(&mut state, &run, outcome, 1)), []);
        assert!(state.queue.is_empty());
    }
}

#[test]
fn a_cancel_while_it_waits_for_its_retry_is_the_end() {
    let mut state = state(1);
    let policy = retries(5, &[RetryOn::Failed], 100);
    let run = add(&mut state, vec![with("a", policy)], 0).remove(0);
    end(&mut state, &run, FAILED, 1);
    assert_eq!(shown(&state, "a"), ShownStatus::Queued);
    step(&mut state, act(Act::Cancel, "a"), Timestamp(2));
    assert_eq!(shown(&state, "a"), ShownStatus::Cancelled);
    assert_eq!(
        launches(&step(&mut state, Event::TimeCame, Timestamp(999))),
        []
    );
}

#[test]
fn a_chain_starts_link_by_link_and_falls_as_a_whole() {
    let chain = || {
        vec![
            with("c", after(&["b"], OnFailure::Cancel)),
            with("b", after(&["a"], OnFailure::Cancel)),
            task("a"),
        ]
    };
    let mut good = state(9);
    let mut started = add(&mut good, chain(), 0);
    for name in ["a", "b", "c"] {
        assert_eq!(started.len(), 1);
        assert_eq!(started[0].task, id(name));
        started = launches(&end(&mut good, &started[0], Outcome::Succeeded, 1));
    }
    let mut bad = state(9);
    let started = add(&mut bad, chain(), 0);
    let effects = end(&mut bad, &started[0], FAILED, 1);
    let records = effects.iter().filter_map(|effect| match effect {
        Effect::Record { id, record } => Some((id.task.task.clone(), record.outcome.clone())),
        _ => None,
    });
    let by_rule = Some(Outcome::Cancelled {
        by: CancelledBy::Rule,
    });
    let expected = ["b", "c"].map(|name| (name.to_owned(), by_rule.clone()));
    assert_eq!(records.collect::<Vec<_>>(), expected);
    let reason = bad.entry(&id("c")).unwrap().runs()[0].error_line.clone();
    assert_eq!(
        reason.unwrap(),
        "`e/b` did not succeed, and this waited for it"
    );
}

#[test]
fn a_dependent_waits_while_what_it_needs_is_tried_again() {
    let mut state = state(9);
    let flaky = with("a", retries(1, &[RetryOn::Failed], 0));
    let tasks = vec![flaky, with("b", after(&["a"], OnFailure::Cancel))];
    let first = add(&mut state, tasks, 0);
    let second = launches(&end(&mut state, &first[0], FAILED, 1));
    assert_eq!(shown(&state, "b"), ShownStatus::Queued);
    let third = launches(&end(&mut state, &second[0], Outcome::Succeeded, 2));
    assert_eq!(third[0].task, id("b"));
}

#[test]
fn a_task_that_waits_for_a_rerun_starts_when_that_succeeds() {
    let mut state = state(9);
    let tasks = vec![task("a"), with("b", after(&["a"], OnFailure::Wait))];
    let first = add(&mut state, tasks, 0);
    assert_eq!(launches(&end(&mut state, &first[0], FAILED, 1)), []);
    let again = launches(&step(&mut state, act(Act::Rerun, "a"), Timestamp(2)));
    let started = launches(&end(&mut state, &again[0], Outcome::Succeeded, 3));
    assert_eq!(started[0].task, id("b"));
}

#[test]
fn the_first_failure_for_good_ends_a_sweep_that_fails_fast() {
    let mut state = state(2);
    fail_fast(&mut state);
    let flaky = with("a", retries(1, &[RetryOn::Failed], 0));
    let delayed = Policy {
        delay_ms: 1_000,
        ..Policy::default()
    };
    let tasks = vec![flaky, task("b"), with("c", delayed)];
    let started = add(&mut state, tasks, 5);
    assert_eq!(started.len(), 2);
    let running = RunRecord {
        status: RunStatus::Running,
        supervisor_pid: Some(42),
        ..state.run(&started[1]).unwrap()
    };
    let event = Event::RunChanged {
        id: started[1].clone(),
        record: Box::new(running),
    };
    step(&mut state, event, Timestamp(6));
    let again = end(&mut state, &started[0], FAILED, 7);
    assert_eq!(launches(&again).len(), 1, "it is tried again first");
    assert_eq!(shown(&state, "c"), ShownStatus::Queued);
    let effects = end(&mut state, &launches(&again)[0], FAILED, 8);
    assert!(effects.contains(&Effect::Cancel {
        supervisor_pid: 42,
        by: CancelledBy::Rule
    }));
    assert_eq!(shown(&state, "c"), ShownStatus::Cancelled);
    assert_eq!(launches(&effects), []);
    // What a person asks for afterwards is a new beginning.
    step(&mut state, act(Act::Rerun, "c"), Timestamp(9));
    let rerun = step(&mut state, Event::TimeCame, Timestamp(1_009));
    assert_eq!(launches(&rerun).len(), 1);
}

#[test]
fn what_ended_while_nobody_was_there_is_followed_up_by_the_next_start() {
    let record = |outcome: Option<Outcome>, queued: i64, ended: i64| {
        let queued = RunRecord::queued(1, Timestamp(queued), vec![]);
        match outcome {
            None => queued,
            outcome => RunRecord {
                status: RunStatus::Finished,
                outcome,
                ended_at_ms: Some(Timestamp(ended)),
                ..queued
            },
        }
    };
    let mut state = state(9);
    fail_fast(&mut state);
    let other = |task: Task| Task {
        sweep: "other".to_owned(),
        ..task
    };
    let lost = with("lost", retries(1, &[RetryOn::Lost], 50));
    state.insert(other(lost), vec![record(Some(Outcome::Lost), 1, 100)]);
    let waits = with("waits", after(&["lost"], OnFailure::Cancel));
    state.insert(other(waits), vec![record(None, 1, 0)]);
    state.insert(task("bad"), vec![record(Some(FAILED), 1, 90)]);
    state.insert(task("late"), vec![record(None, 2, 0)]);
    state.insert(task("new"), vec![record(None, 91, 0)]);
    let effects = begin(&mut state, Noted::default(), Timestamp(120));
    assert_eq!(shown(&state, "late"), ShownStatus::Cancelled);
    let names: Vec<_> = launches(&effects)
        .into_iter()
        .map(|run| run.task.task)
        .collect();
    assert_eq!(names, ["new"], "it was queued after the failure");
    assert_eq!(shown(&state, "waits"), ShownStatus::Queued);
    let effects = step(&mut state, Event::TimeCame, Timestamp(150));
    let expected = RunId {
        task: id("lost"),
        number: 2,
    };
    assert_eq!(launches(&effects), [expected]);
}

#[test]
fn a_pause_ends_with_the_run_that_it_held_up_and_what_runs_cannot_be_paused() {
    let mut state = state(1);
    add(&mut state, vec![task("a"), task("b")], 0);
    let pause = |names: &[&str]| Event::PauseRequested {
        what: PauseRequest::Tasks {
            tasks: names.iter().map(|name| id(name)).collect(),
            filter: None,
        },
        pause: Pause::Begin,
    };
    let effects = step(&mut state, pause(&["a", "b", "x"]), Timestamp(1));
    let refused = effects.iter().find_map(|effect| match effect {
        Effect::Refuse(refused) => Some(refused.iter().map(|one| &*one.message).collect()),
        _ => None,
    });
    let expected: Vec<&str> = vec!["`e/a` is running", "there is no task `e/x`"];
    assert_eq!(refused, Some(expected));
    step(&mut state, act(Act::Cancel, "b"), Timestamp(2));
    assert!(!state.queue.is_task_paused(&id("b")));
}

#[test]
fn what_is_being_changed_starts_only_when_that_is_done_and_as_it_is_then() {
    let mut state = state(1);
    let first = add(&mut state, vec![task("a")], 1).remove(0);
    add(&mut state, vec![task("b")], 2);
    let organise = |state: &mut State, change: Organise, at| {
        let effects = step(state, Event::Organised(change), Timestamp(at));
        let taken = |effect: &Effect| matches!(effect, Effect::HandOver(taken) if taken.len() == 1);
        (effects.iter().any(taken), effects)
    };
    assert!(organise(&mut state, Organise::Hold(id("b")), 3).0);
    let ended = end(&mut state, &first, Outcome::Succeeded, 4);
    assert_eq!(launches(&ended), [], "its slot is free, but it is held");
    let changed = Task {
        command: vec!["other".to_owned()],
        ..task("b")
    };
    let release = Organise::Release(Box::new(changed));
    let (_, effects) = organise(&mut state, release, 5);
    let command = effects.iter().find_map(|effect| match effect {
        Effect::Launch { record, .. } => Some(record.command.clone()),
        _ => None,
    });
    assert_eq!(command, Some(vec!["other".to_owned()]));
    // What has started, has ended, or is not there cannot be held.
    for name in ["b", "a", "none"] {
        assert!(
            !organise(&mut state, Organise::Hold(id(name)), 6).0,
            "{name}"
        );
    }
}
