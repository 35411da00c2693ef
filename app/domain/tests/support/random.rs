//! A small random source: the same cases on every machine.
#![expect(
    clippy::disallowed_methods,
    reason = "a person may choose other cases by the environment"
)]

/// The generator `SplitMix64`: the same numbers on every machine.
pub(crate) struct Random(u64);

impl Random {
    /// Seeded by `RUNYARD_TEST_SEED`, or always the same.
    pub(crate) fn new(salt: u64) -> Self {
        let seed = std::env::var("RUNYARD_TEST_SEED")
            .ok()
            .and_then(|text| text.parse().ok())
            .unwrap_or(20_261_121_u64);
        Self(seed ^ salt)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).expect("it is below a usize")
    }

    /// True once in `n` times.
    pub(crate) fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}
