//! Random numbers that can be had again.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// `SplitMix64` (Steele, Lea, Flood 2014): small, and good enough to pick instants.
#[derive(Debug)]
pub(super) struct Chance {
    state: u64,
}

impl Chance {
    /// From `RUNYARD_FAULT_SEED`, else from the clock; `which` tells the rounds of a suite apart. The seed is printed: a failed test
    /// shows what it printed.
    pub(super) fn new(which: u64) -> Self {
        let given = std::env::var("RUNYARD_FAULT_SEED").ok();
        let seed = given.map_or_else(from_clock, |text| text.parse().expect("a whole number"));
        println!("RUNYARD_FAULT_SEED={seed} (round {which})");
        Self {
            state: seed.wrapping_add(which.wrapping_mul(0xd134_2543_de82_ef95)),
        }
    }

    pub(super) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `end`, which is not 0.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let count = u64::try_from(from.len()).unwrap();
        (count > 0).then(|| &from[usize::try_from(self.below(count)).unwrap()])
    }

    /// Lets at most so long pass. The one place that waits for a time and not for a condition: the instant of a fault is
    /// what is being tried, and no rule depends on its length.
    pub(super) fn let_pass(&mut self, at_most: Duration) {
        let micros = u64::try_from(at_most.as_micros()).unwrap();
        std::thread::sleep(Duration::from_micros(self.below(micros + 1)));
    }
}

fn from_clock() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_nanos() & u128::from(u64::MAX)).unwrap()
}
