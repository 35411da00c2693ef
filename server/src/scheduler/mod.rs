//! Decides which waiting runs start. Pure: it cannot spawn, sleep or lock.

pub mod devices;

/// Picks the runs to start now: the first ones of `waiting`, as many as there are free slots.
///
/// First come, first served; nothing is passed over, so nothing starves.
pub fn decide<T: Clone>(
    waiting: impl IntoIterator<Item = T>,
    running: usize,
    slots: u32,
) -> Vec<T> {
    let slots = usize::try_from(slots).unwrap_or(usize::MAX);
    waiting
        .into_iter()
        .take(slots.saturating_sub(running))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn never_more_than_the_slots_and_never_out_of_turn(waiting in 0_usize..50, running in 0_usize..20, slots in 0_u32..20) {
            let started = decide(0..waiting, running, slots);
            let free = usize::try_from(slots).unwrap().saturating_sub(running);
            prop_assert_eq!(started.len(), waiting.min(free), "a free slot is never left idle");
            prop_assert!(started.iter().copied().eq(0..started.len()));
        }

        #[test]
        fn every_run_starts_exactly_once(total in 0_usize..60, slots in 1_u32..8, ends in proptest::collection::vec(0_usize..8, 0..200)) {
            let (mut waiting, mut running, mut started): (Vec<usize>, Vec<usize>, Vec<usize>) = ((0..total).collect(), vec![], vec![]);
            for end in ends.into_iter().chain(std::iter::repeat_n(0, total)) {
                let next = decide(waiting.iter().copied(), running.len(), slots);
                waiting.retain(|run| !next.contains(run));
                started.extend(&next);
                running.extend(next);
                prop_assert!(running.len() <= slots as usize);
                if !running.is_empty() {
                    running.remove(end % running.len());
                }
            }
            prop_assert_eq!(started, (0..total).collect::<Vec<_>>());
        }
    }
}
