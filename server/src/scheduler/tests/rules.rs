//! Each rule with the smallest case in which it makes a difference.

use domain::protocol::queue::MoveTo;
use domain::queue::{SweepPolicy, WaitReason};

use super::*;
use crate::scheduler::SweepRule;

const HOUR: i64 = 3_600_000;

fn reasons(queue: &Queue, name: &str, at: i64) -> Vec<WaitReason> {
    queue
        .forecast(Timestamp(at))
        .waiting(&task(name))
        .map(|waiting| waiting.reasons)
        .unwrap_or_default()
}

#[test]
fn first_come_is_first_served_and_a_place_breaks_ties() {
    let mut queue = queue(2);
    for (name, at, nth) in [("c", 5, 1), ("b", 5, 0), ("a", 1, 9)] {
        let place = Place::natural(at, nth);
        queue.add(
            Request {
                place,
                ..request(name, at)
            },
            Timestamp(9),
        );
    }
    assert_eq!(started(&mut queue, 9), ["a", "b"]);
    assert_eq!(started(&mut queue, 9), [""; 0]);
    queue.ended(&run("a"));
    assert_eq!(started(&mut queue, 9), ["c"]);
}

#[test]
fn a_larger_priority_goes_first_until_waiting_has_made_up_for_it() {
    let mut queue = queue(1);
    let urgent = |name, at| Request {
        priority: 2,
        ..request(name, at)
    };
    queue.add(request("old", 0), Timestamp(0));
    queue.add(urgent("soon", HOUR), Timestamp(HOUR));
    queue.add(urgent("late", 3 * HOUR), Timestamp(3 * HOUR));
    let mut order = Vec::new();
    for _ in 0..3 {
        let names = started(&mut queue, 3 * HOUR);
        for name in names {
            queue.ended(&run(&name));
            order.push(name);
        }
    }
    assert_eq!(order, ["soon", "old", "late"], "a point is worth an hour");
}

#[test]
fn the_user_who_has_least_goes_first_and_weights_count() {
    let of = |user: &str, name: &str, at| Request {
        user: user.to_owned(),
        ..request(name, at)
    };
    let fill = |rules: Rules| {
        let mut queue = Queue::new(rules);
        for (at, name) in (1..).zip(["a1", "a2", "a3", "a4"]) {
            queue.add(of("ann", name, at), Timestamp(at));
        }
        for (at, name) in (10..).zip(["b1", "b2", "b3"]) {
            queue.add(of("bob", name, at), Timestamp(at));
        }
        started(&mut queue, 20)
    };
    assert_eq!(fill(rules(4)), ["a1", "b1", "a2", "b2"]);
    let heavy = Rules {
        weights: BTreeMap::from([("bob".to_owned(), 3.0)]),
        ..rules(4)
    };
    assert_eq!(fill(heavy), ["a1", "b1", "b2", "b3"]);
    let unfair = Rules {
        fair_share: false,
        ..rules(4)
    };
    assert_eq!(fill(unfair), ["a1", "a2", "a3", "a4"]);
}

#[test]
fn a_user_with_a_full_limit_lets_others_pass() {
    for fair_share in [true, false] {
        let mut queue = Queue::new(Rules {
            user_limit: Some(1),
            fair_share,
            ..rules(4)
        });
        queue.add(request("a1", 1), Timestamp(1));
        queue.add(request("a2", 2), Timestamp(2));
        let user = "bob".to_owned();
        queue.add(
            Request {
                user,
                ..request("b1", 3)
            },
            Timestamp(3),
        );
        assert_eq!(started(&mut queue, 9), ["a1", "b1"]);
        let limit = WaitReason::UserLimit {
            user: "ann".to_owned(),
            limit: 1,
        };
        assert_eq!(reasons(&queue, "a2", 9), [limit]);
    }
}

#[test]
fn a_sweep_keeps_to_its_limit_and_stops_while_it_is_paused() {
    let mut queue = queue(4);
    let policy = SweepPolicy {
        limit: Some(1),
        fail_fast: false,
    };
    let rule = SweepRule {
        policy,
        is_paused: false,
    };
    queue.add(request("a1", 1), Timestamp(1));
    queue.add(request("a2", 2), Timestamp(2));
    queue.set_sweep_rule(&sweep("s"), rule, Timestamp(2));
    let other = sweep("t");
    queue.add(
        Request {
            sweep: other,
            ..request("b1", 3)
        },
        Timestamp(3),
    );
    assert_eq!(started(&mut queue, 9), ["a1", "b1"]);
    assert_eq!(
        reasons(&queue, "a2", 9),
        [WaitReason::SweepLimit { limit: 1 }]
    );
    let paused = SweepRule {
        is_paused: true,
        ..rule
    };
    queue.set_sweep_rule(&sweep("s"), paused, Timestamp(9));
    queue.ended(&run("a1"));
    assert_eq!(started(&mut queue, 9), [""; 0]);
    let name = "s".to_owned();
    assert_eq!(
        reasons(&queue, "a2", 9),
        [WaitReason::SweepPaused { sweep: name }]
    );
    queue.set_sweep_rule(&sweep("s"), SweepRule::default(), Timestamp(9));
    assert_eq!(started(&mut queue, 9), ["a2"]);
}

#[test]
fn nothing_starts_while_the_queue_or_the_task_is_paused() {
    let mut queue = queue(4);
    queue.add(request("a", 1), Timestamp(1));
    queue.add(request("b", 2), Timestamp(1));
    queue.set_paused(true);
    queue.set_task_paused(&task("a"), true, Timestamp(1));
    assert_eq!(started(&mut queue, 9), [""; 0]);
    assert_eq!(
        reasons(&queue, "a", 9)[..2],
        [WaitReason::QueuePaused, WaitReason::TaskPaused]
    );
    queue.set_paused(false);
    assert_eq!(started(&mut queue, 9), ["b"]);
    queue.set_task_paused(&task("a"), false, Timestamp(9));
    assert_eq!(started(&mut queue, 9), ["a"]);
}

#[test]
fn a_delayed_run_starts_when_its_time_has_come_and_says_when_that_is() {
    let mut queue = queue(4);
    let at_ms = Timestamp(100);
    let not_before = Some(at_ms);
    queue.add(
        Request {
            not_before,
            ..request("a", 1)
        },
        Timestamp(1),
    );
    queue.add(
        Request {
            not_before,
            retry: 2,
            ..request("b", 1)
        },
        Timestamp(1),
    );
    assert_eq!(started(&mut queue, 99), [""; 0]);
    assert_eq!(queue.next_wake(), Some(at_ms));
    assert_eq!(reasons(&queue, "a", 99)[0], WaitReason::NotBefore { at_ms });
    assert_eq!(
        reasons(&queue, "b", 99)[0],
        WaitReason::RetryAt { at_ms, retry: 2 }
    );
    assert_eq!(started(&mut queue, 100), ["a", "b"]);
    assert_eq!(queue.next_wake(), None);
}

#[test]
fn a_dependent_starts_after_success_and_otherwise_does_as_it_was_told() {
    let after = |name: &str, on_failure| Request {
        after: BTreeMap::from([(task("x"), Standing::Open)]),
        on_failure,
        ..request(name, 1)
    };
    let mut queue = queue(9);
    queue.add(after("cancel", OnFailure::Cancel), Timestamp(1));
    queue.add(after("wait", OnFailure::Wait), Timestamp(1));
    queue.add(after("run", OnFailure::Run), Timestamp(1));
    assert_eq!(started(&mut queue, 1), [""; 0]);
    let tasks = vec![task("x")];
    assert_eq!(
        reasons(&queue, "wait", 1)[0],
        WaitReason::After { tasks, count: 1 }
    );
    assert_eq!(stands(&mut queue, "x", Standing::Failed), ["cancel"]);
    queue.remove(&task("cancel"));
    assert_eq!(started(&mut queue, 1), ["run"]);
    let failed = WaitReason::DependencyFailed { task: task("x") };
    assert_eq!(reasons(&queue, "wait", 1), [failed]);
    stands(&mut queue, "x", Standing::Open);
    assert_eq!(started(&mut queue, 1), [""; 0]);
    stands(&mut queue, "x", Standing::Succeeded);
    assert_eq!(started(&mut queue, 1), ["wait"]);
}

#[test]
fn every_countable_thing_is_counted_and_shortage_is_explained() {
    let mut queue = queue(4);
    let with = |name: &str, at, amounts| Request {
        needs: Needs {
            amounts,
            gpus: GpuRequest::None,
        },
        ..request(name, at)
    };
    let amounts = |slots, milli_cpus, memory_mb| Amounts {
        slots,
        milli_cpus,
        memory_mb,
    };
    queue.add(with("base", 1, amounts(2, 6_000, 700)), Timestamp(1));
    queue.add(with("slots", 2, amounts(3, 0, 0)), Timestamp(1));
    queue.add(with("cpus", 3, amounts(1, 2_500, 0)), Timestamp(1));
    queue.add(with("memory", 4, amounts(1, 0, 301)), Timestamp(1));
    queue.add(with("huge", 5, amounts(1, 8_001, 0)), Timestamp(1));
    queue.add(with("fits", 6, amounts(1, 2_000, 300)), Timestamp(1));
    assert_eq!(started(&mut queue, 9), ["base", "fits"]);
    let first = |name: &str| reasons(&queue, name, 9).remove(0);
    assert_eq!(
        first("slots"),
        WaitReason::Slots {
            needed: 3,
            free: 1,
            total: 4
        }
    );
    assert_eq!(
        first("cpus"),
        WaitReason::Cpus {
            needed: 2.5,
            free: 0.0,
            total: 8.0
        }
    );
    assert_eq!(
        first("memory"),
        WaitReason::Memory {
            needed_mb: 301,
            free_mb: 0,
            total_mb: 1_000
        }
    );
    let what = "8.001 processors, and there are 8".to_owned();
    assert_eq!(first("huge"), WaitReason::TooLarge { what });
}

#[test]
fn runs_that_start_together_never_share_a_device() {
    let mut queue = queue(9);
    see(&mut queue, 3);
    let gpu = |name: &str, at, count| Request {
        needs: Needs {
            gpus: GpuRequest::Count { count },
            ..needs(1)
        },
        ..request(name, at)
    };
    queue.add(gpu("a", 1, 2), Timestamp(1));
    queue.add(gpu("b", 2, 2), Timestamp(1));
    queue.add(gpu("c", 3, 1), Timestamp(1));
    let starts = decide(&mut queue, 9);
    let held: Vec<(String, Vec<String>)> = starts
        .into_iter()
        .map(|start| {
            let ids = start.allocation.gpus.into_iter().map(|gpu| gpu.id);
            (start.id.task.task, ids.collect())
        })
        .collect();
    let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        held,
        [
            ("a".to_owned(), ids(&["0", "1"])),
            ("c".to_owned(), ids(&["2"]))
        ]
    );
    let short = WaitReason::Gpus {
        needed: 2,
        free: 0,
        total: 3,
        strangers: 0,
    };
    assert_eq!(reasons(&queue, "b", 9), [short]);
}

#[test]
fn gpus_are_not_given_away_before_somebody_has_looked() {
    let mut queue = queue(2);
    see(&mut queue, 1);
    let gpus = GpuRequest::Count { count: 1 };
    let needs = Needs { gpus, ..needs(1) };
    queue.add(
        Request {
            needs,
            ..request("gpu", 1)
        },
        Timestamp(1),
    );
    queue.add(request("a", 2), Timestamp(1));
    queue.add(request("b", 3), Timestamp(1));
    let decision = queue.decide(Timestamp(9), Sight::Old);
    let names: Vec<_> = decision
        .starts
        .iter()
        .map(|start| &*start.id.task.task)
        .collect();
    assert_eq!(names, ["a"], "the slot it may need is kept");
    assert!(decision.wants_look);
    assert_eq!(started(&mut queue, 9), ["gpu"]);
}

#[test]
fn what_is_free_is_kept_for_a_large_run_that_has_waited_long() {
    let mut queue = Queue::new(Rules {
        keep_after_ms: 100,
        ..rules(3)
    });
    queue.add(request("one", 0), Timestamp(0));
    assert_eq!(started(&mut queue, 0), ["one"]);
    queue.add(
        Request {
            needs: needs(3),
            ..request("large", 1)
        },
        Timestamp(1),
    );
    queue.add(request("small", 2), Timestamp(2));
    assert_eq!(
        started(&mut queue, 50),
        ["small"],
        "not long yet: small ones fill the room"
    );
    queue.add(request("late", 60), Timestamp(60));
    assert_eq!(started(&mut queue, 101), [""; 0]);
    let kept = WaitReason::KeptFor {
        task: task("large"),
    };
    assert_eq!(reasons(&queue, "late", 101)[0], kept);
    queue.ended(&run("one"));
    assert_eq!(started(&mut queue, 102), [""; 0]);
    queue.ended(&run("small"));
    assert_eq!(started(&mut queue, 103), ["large"]);
}

#[test]
fn devices_are_kept_without_holding_up_those_who_need_none() {
    let mut queue = Queue::new(Rules {
        keep_after_ms: 100,
        ..rules(9)
    });
    see(&mut queue, 2);
    let gpu = |name: &str, at, count| Request {
        needs: Needs {
            gpus: GpuRequest::Count { count },
            ..needs(1)
        },
        ..request(name, at)
    };
    queue.add(gpu("one", 0, 1), Timestamp(0));
    assert_eq!(started(&mut queue, 0), ["one"]);
    queue.add(gpu("both", 1, 2), Timestamp(1));
    queue.add(gpu("late", 2, 1), Timestamp(2));
    queue.add(request("plain", 3), Timestamp(3));
    assert_eq!(started(&mut queue, 200), ["plain"]);
    let kept = WaitReason::KeptFor { task: task("both") };
    assert_eq!(reasons(&queue, "late", 200)[0], kept);
    queue.ended(&run("one"));
    assert_eq!(started(&mut queue, 201), ["both"]);
}

#[test]
fn a_move_changes_the_order_within_a_priority_alone() {
    let mut queue = queue(9);
    for (at, name) in (1..).zip(["a", "b", "c", "d"]) {
        queue.add(request(name, at), Timestamp(at));
    }
    queue.add(
        Request {
            priority: 5,
            ..request("first", 9)
        },
        Timestamp(9),
    );
    let moves = |queue: &mut Queue, tasks: &[&str], to: MoveTo| {
        let tasks: Vec<_> = tasks.iter().map(|name| task(name)).collect();
        let (moved, refused) = queue.move_tasks(&tasks, &to, Timestamp(9));
        (moved.len(), refused.len())
    };
    let order = |queue: &Queue| -> String {
        let page = queue.forecast(Timestamp(9)).page(0, 9);
        let names: Vec<_> = page.into_iter().map(|one| one.id.task.task).collect();
        names.join(" ")
    };
    assert_eq!(moves(&mut queue, &["d", "c"], MoveTo::Front), (2, 0));
    assert_eq!(order(&queue), "first d c a b");
    assert_eq!(
        moves(&mut queue, &["d"], MoveTo::Before { task: task("b") }),
        (1, 0)
    );
    assert_eq!(order(&queue), "first c a d b");
    assert_eq!(moves(&mut queue, &["c", "a"], MoveTo::Back), (2, 0));
    assert_eq!(order(&queue), "first d b c a");
    assert_eq!(
        moves(
            &mut queue,
            &["first", "gone", "d"],
            MoveTo::Before { task: task("d") }
        ),
        (0, 3)
    );
    assert_eq!(order(&queue), "first d b c a");
}

#[test]
fn times_are_told_from_how_long_siblings_took() {
    let mut queue = queue(2);
    for (at, name) in (1..).zip(["a", "b", "c", "d", "e"]) {
        queue.add(request(name, at), Timestamp(at));
    }
    assert_eq!(started(&mut queue, 100).len(), 2);
    queue.started(&run("a"), Timestamp(100));
    queue.started(&run("b"), Timestamp(400));
    let starts = |queue: &Queue| -> Vec<Option<i64>> {
        let forecast = queue.forecast(Timestamp(600));
        let at = |name| forecast.waiting(&task(name)).unwrap().may_start_at_ms;
        ["c", "d", "e"]
            .map(|name| at(name).map(Timestamp::as_ms))
            .to_vec()
    };
    assert_eq!(starts(&queue), [None; 3], "nothing tells");
    queue.durations_mut().note(&sweep("s"), 1_000);
    assert_eq!(starts(&queue), [Some(1_100), Some(1_400), Some(2_100)]);
    let forecast = queue.forecast(Timestamp(600));
    assert_eq!(forecast.done_at(), Some(Timestamp(3_100)));
    let positions: Vec<u64> = forecast
        .page(0, 9)
        .iter()
        .map(|one| one.waiting.position)
        .collect();
    assert_eq!(positions, [1, 2, 3]);
    assert_eq!(forecast.page(1, 1)[0].id, run("d"));
}

#[test]
fn ten_thousand_that_wait_make_no_decision_longer() {
    // Counted, not timed: a pass looks at heads of classes and at what starts, whatever stands behind them.
    let mut queue = queue(1);
    for at in 0..10_000 {
        queue.add(request(&format!("t{at}"), at), Timestamp(at));
    }
    assert_eq!(queue.classes.len(), 1);
    assert_eq!(started(&mut queue, 10_000), ["t0"]);
    for at in 0..9_999 {
        queue.ended(&run(&format!("t{at}")));
        assert_eq!(started(&mut queue, 10_000), [format!("t{}", at + 1)]);
    }
    assert!(queue.is_empty() && queue.classes.is_empty());
}
