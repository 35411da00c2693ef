//! Where a waiting run stands among those of its priority.

/// A place in the order: first come first served, with room between any two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// When it came, milliseconds since the epoch.
    pub at_ms: i64,
    /// Its place among those of that millisecond.
    pub sub: u64,
}

/// The room between two that came at the same millisecond.
const ROOM: u64 = 1 << 32;

impl Place {
    /// The place of what came as the `nth` (from 0) at this time.
    pub fn natural(at_ms: i64, nth: u64) -> Self {
        let sub = nth.saturating_add(1).saturating_mul(ROOM);
        Self { at_ms, sub }
    }

    /// `count` places in order between two others; `None` stands for the end of the line.
    ///
    /// Absent if there is no room: the two are the same, or half of it was taken some thirty times over.
    pub fn between(before: Option<Self>, after: Option<Self>, count: usize) -> Option<Vec<Self>> {
        let count = i128::try_from(count).ok()?;
        let (first, step) = match (before, after) {
            (None, None) => (Self::default().number(), i128::from(ROOM)),
            (Some(before), None) => (before.number(), i128::from(ROOM)),
            (None, Some(after)) => (
                after.number() - i128::from(ROOM) * (count + 1),
                i128::from(ROOM),
            ),
            (Some(before), Some(after)) => {
                let room = after.number() - before.number();
                (before.number(), (room / (count + 1)).min(i128::from(ROOM)))
            }
        };
        (step > 0).then(|| {
            (1..=count)
                .map(|nth| Self::from_number(first + step * nth))
                .collect()
        })
    }

    fn number(self) -> i128 {
        (i128::from(self.at_ms) << 64) | i128::from(self.sub)
    }

    fn from_number(number: i128) -> Self {
        Self {
            at_ms: i64::try_from(number >> 64).unwrap_or(if number < 0 {
                i64::MIN
            } else {
                i64::MAX
            }),
            sub: u64::try_from(number & i128::from(u64::MAX)).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn places_between_two_are_in_order_and_between_them(a in any::<u32>(), b in 0_u64..50, c in any::<u32>(), d in 0_u64..50, count in 1_usize..200) {
            let (one, two) = (Place::natural(i64::from(a), b), Place::natural(i64::from(c), d));
            let (lo, hi) = (one.min(two), one.max(two));
            for (before, after) in [(Some(lo), Some(hi)), (None, Some(lo)), (Some(hi), None), (None, None)] {
                let Some(places) = Place::between(before, after, count) else {
                    prop_assert!(lo == hi && before.is_some() && after.is_some());
                    continue;
                };
                prop_assert_eq!(places.len(), count);
                let all: Vec<Place> = before.into_iter().chain(places).chain(after).collect();
                prop_assert!(all.windows(2).all(|pair| pair[0] < pair[1]), "{all:?}");
            }
        }
    }

    #[test]
    fn room_lasts_for_thirty_moves_to_the_same_place() {
        let (before, mut after) = (Place::natural(1, 0), Place::natural(1, 1));
        for _ in 0..30 {
            after = Place::between(Some(before), Some(after), 1).unwrap()[0];
        }
    }
}
