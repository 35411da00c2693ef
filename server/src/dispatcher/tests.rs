//! Rules of the step function: effects without IO.

mod follow_ups;
mod stream;

use std::collections::BTreeSet;

use domain::protocol::http::Start;
use domain::run::{CancelledBy, Outcome, RunRecord, RunStatus, ShownStatus, StatusCounts};
use domain::task::{RunId, Task, TaskId};
use domain::time::Timestamp;
use proptest::prelude::*;

use super::event::{Act, ChangeKind, Effect, Event};
use super::state::State;
use super::step::step;
use crate::scheduler::{Amounts, Rules};

fn task(name: &str) -> Task {
    Task {
        id: id(name),
        sweep: "s".to_owned(),
        index: 1,
        of: 1,
        command: vec!["true".to_owned()],
        working_dir: "/".to_owned(),
        ..Task::default()
    }
}

fn state(slots: u32) -> State {
    State::new(Rules {
        total: Amounts {
            slots,
            ..Amounts::default()
        },
        ..Rules::default()
    })
}

fn id(name: &str) -> TaskId {
    TaskId {
        experiment: "e".to_owned(),
        task: name.to_owned(),
    }
}

fn launches(effects: &[Effect]) -> Vec<RunId> {
    let launch = |effect: &Effect| match effect {
        Effect::Launch { id, .. } => Some(id.clone()),
        _ => None,
    };
    effects.iter().filter_map(launch).collect()
}

fn finished(state: &State, id: &RunId, outcome: Outcome) -> Event {
    let runs = state.entry(&id.task).unwrap().runs();
    let run = runs
        .iter()
        .find(|run| run.number == id.number)
        .unwrap()
        .clone();
    Event::RunChanged {
        id: id.clone(),
        record: Box::new(RunRecord {
            status: RunStatus::Finished,
            outcome: Some(outcome),
            ..run
        }),
    }
}

fn act(act: Act, name: &str) -> Event {
    Event::ActRequested {
        act,
        tasks: vec![id(name)],
    }
}

#[test]
fn a_cancelled_run_that_is_just_starting_is_ended_once_its_supervisor_is_known() {
    let mut state = state(1);
    step(
        &mut state,
        Event::TasksAdded {
            tasks: vec![task("a")],
            start: Start::Now,
        },
        Timestamp(1),
    );
    let effects = step(&mut state, act(Act::Cancel, "a"), Timestamp(2));
    assert!(
        !effects
            .iter()
            .any(|effect| matches!(effect, Effect::Cancel { .. }))
    );
    let run = state.entry(&id("a")).unwrap().runs()[0].clone();
    let record = RunRecord {
        status: RunStatus::Running,
        supervisor_pid: Some(42),
        ..run
    };
    let run_id = RunId {
        task: id("a"),
        number: 1,
    };
    let effects = step(
        &mut state,
        Event::RunChanged {
            id: run_id,
            record: Box::new(record),
        },
        Timestamp(3),
    );
    assert!(effects.contains(&Effect::Cancel {
        supervisor_pid: 42,
        by: CancelledBy::User
    }));
}

#[test]
fn cancelling_a_queued_run_records_it_and_frees_no_slot() {
    let mut state = state(1);
    step(
        &mut state,
        Event::TasksAdded {
            tasks: vec![task("a"), task("b")],
            start: Start::Now,
        },
        Timestamp(1),
    );
    let effects = step(&mut state, act(Act::Cancel, "b"), Timestamp(2));
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::Record { id, .. } if id.task.task == "b"))
    );
    assert_eq!(
        state.entry(&id("b")).unwrap().shown(),
        ShownStatus::Cancelled
    );
    assert_eq!(launches(&effects), []);
}

#[test]
fn rerun_keeps_the_history_and_takes_the_next_number() {
    let mut state = state(1);
    let effects = step(
        &mut state,
        Event::TasksAdded {
            tasks: vec![task("a")],
            start: Start::Now,
        },
        Timestamp(1),
    );
    let first = launches(&effects).remove(0);
    let end = finished(&state, &first, Outcome::Failed { exit_code: 3 });
    step(&mut state, end, Timestamp(2));
    let effects = step(&mut state, act(Act::Rerun, "a"), Timestamp(3));
    assert_eq!(
        launches(&effects),
        [RunId {
            task: id("a"),
            number: 2
        }]
    );
    let entry = state.entry(&id("a")).unwrap();
    assert_eq!(entry.runs().len(), 2);
    assert_eq!(
        entry.runs()[0].outcome,
        Some(Outcome::Failed { exit_code: 3 })
    );
    let effects = step(&mut state, act(Act::Rerun, "a"), Timestamp(4));
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::Refuse(refused) if refused.len() == 1)),
        "it runs already"
    );
}

#[test]
fn a_finished_run_is_never_changed_by_late_news() {
    let mut state = state(1);
    let effects = step(
        &mut state,
        Event::TasksAdded {
            tasks: vec![task("a")],
            start: Start::Now,
        },
        Timestamp(1),
    );
    let run = launches(&effects).remove(0);
    let end = finished(&state, &run, Outcome::Succeeded);
    step(&mut state, end, Timestamp(2));
    let late = finished(&state, &run, Outcome::Lost);
    assert_eq!(step(&mut state, late, Timestamp(3)), []);
    assert_eq!(
        state.entry(&id("a")).unwrap().shown(),
        ShownStatus::Completed
    );
}

proptest! {
    /// Any order of events keeps the invariants of the state, and listeners see every number once.
    #[test]
    fn counts_slots_and_numbers_hold_under_any_order(choices in proptest::collection::vec((0_u8..6, 0_usize..6), 1..120)) {
        let mut state = state(2);
        let mut running: Vec<RunId> = Vec::new();
        let mut launched = BTreeSet::new();
        let mut seq = 0;
        for (time, (choice, which)) in choices.into_iter().enumerate() {
            let name = format!("t{which}");
            let event = match choice {
                0 => Event::TasksAdded { tasks: vec![task(&format!("t{}", state.task_count()))], start: Start::Now },
                1 => Event::TasksAdded { tasks: vec![task(&format!("t{}", state.task_count()))], start: Start::Later },
                2 => act(Act::Run, &name),
                3 => act(Act::Rerun, &name),
                4 => act(Act::Cancel, &name),
                _ if running.is_empty() => Event::SlotsSet { slots: u32::try_from(which).unwrap() },
                _ => {
                    let run = running.remove(which % running.len());
                    finished(&state, &run, Outcome::Succeeded)
                }
            };
            let effects = step(&mut state, event, Timestamp(i64::try_from(time).unwrap()));
            for run in launches(&effects) {
                prop_assert!(launched.insert(run.clone()), "{run} was started twice");
                running.push(run);
            }
            for effect in &effects {
                if let Effect::Publish(change) = effect {
                    seq += 1;
                    prop_assert_eq!(change.seq, seq);
                    prop_assert!(!matches!(change.kind, ChangeKind::Many));
                }
            }
            let mut counts = StatusCounts::default();
            for entry in state.entries() {
                *counts.slot(entry.shown()) += 1;
            }
            prop_assert_eq!(counts, state.counts());
            prop_assert_eq!(state.active.len(), running.len());
            let waiting = state.entries().flat_map(|entry| entry.runs().into_owned()).filter(|run| run.status == RunStatus::Queued).count();
            prop_assert_eq!(waiting, state.queue.len());
            if !state.queue.is_empty() {
                prop_assert!(running.len() >= state.slots() as usize, "a slot is idle while runs wait");
            }
        }
    }
}
