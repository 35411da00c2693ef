//! Streams of arrivals and ends: nothing starves, whatever keeps coming.

use proptest::prelude::*;

use super::*;

/// What keeps coming while a run waits.
fn newcomers() -> impl Strategy<Value = Vec<(u32, i32, bool)>> {
    proptest::collection::vec((1_u32..3, -3_i32..4, any::<bool>()), 400)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A run that needs the whole machine starts although smaller and more urgent ones never stop coming: waiting makes
    /// up for any priority, and what is free is kept for it.
    #[test]
    fn a_large_run_without_priority_starts_under_any_load(stream in newcomers()) {
        let slots = 4;
        let mut queue = Queue::new(Rules {
            ageing_per_hour: 60.0,
            keep_after_ms: 600_000,
            ..rules(slots)
        });
        let minute = 60_000;
        let large = Request {
            needs: needs(slots),
            priority: -3,
            ..request("large", 0)
        };
        let mut running: Vec<RunId> = Vec::new();
        for (time, (slots, priority, is_ann)) in (0_i64..).zip(stream) {
            let now = time * minute;
            if time == 3 {
                let place = Place::natural(now, 0);
                queue.add(Request { place, queued_at: Timestamp(now), ..large.clone() }, Timestamp(now));
            }
            let user = if is_ann { "ann" } else { "bob" }.to_owned();
            let new = Request { needs: needs(slots), priority, user, ..request(&format!("t{time}"), now) };
            queue.add(new, Timestamp(now));
            // Half of what runs ends each minute.
            for run in running.drain(..running.len().div_ceil(2)) {
                queue.ended(&run);
            }
            let starts = decide(&mut queue, now);
            if starts.iter().any(|start| start.id == run("large")) {
                return Ok(());
            }
            running.extend(starts.into_iter().map(|start| start.id));
            prop_assert!(queue.occupancy().free(queue.rules()).slots <= slots + 4);
        }
        prop_assert!(false, "it never started");
    }

    /// A decision is the same whatever came and went before: the queue keeps no memory beside what waits and runs.
    #[test]
    fn the_order_is_that_of_worth_and_place(items in proptest::collection::vec((-5_i32..6, 0_i64..40), 1..60), removed in proptest::collection::vec(0_usize..60, 0..20)) {
        let hour = 3_600_000;
        let mut queue = queue(1);
        let mut expected = Vec::new();
        for (nth, (priority, at)) in items.iter().enumerate() {
            let place = Place::natural(at * hour, 0);
            let name = format!("t{nth}");
            queue.add(Request { priority: *priority, place, ..request(&name, at * hour) }, Timestamp(0));
            expected.push((at - i64::from(*priority), *at, nth, name));
        }
        for which in removed {
            let name = format!("t{which}");
            queue.remove(&task(&name));
            expected.retain(|item| item.3 != name);
        }
        expected.sort();
        let mut order = Vec::new();
        while let Some(name) = started(&mut queue, 99 * hour).pop() {
            queue.ended(&run(&name));
            order.push(name);
        }
        prop_assert_eq!(order, expected.into_iter().map(|item| item.3).collect::<Vec<_>>());
        prop_assert!(queue.classes.is_empty() && queue.by_priority.is_empty());
    }
}
