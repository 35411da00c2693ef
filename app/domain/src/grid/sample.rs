//! Sampled fields: distributions, and points at random that every machine draws alike.
//!
//! A draw is a function of seed, key, and index, and of nothing else: there is no state. The bits are those of
//! `SplitMix64` (Steele, Lea and Flood, OOPSLA 2014) with the index as its counter, so that any point costs the same.
//! Fields are told apart by the FNV-1a hash of their keys: another sampled field changes nothing for this one.

use serde::Serialize;

use crate::config::Value;

use super::options::{Sample, SampleMethod};
use super::real;

/// Where the values of a sampled field come from.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Distribution {
    /// Every number from the first up to the second alike.
    Uniform(f64, f64),
    /// Every order of magnitude between two positive numbers alike.
    LogUniform(f64, f64),
    /// The bell with this mean and this standard deviation.
    Normal(f64, f64),
    /// Every integer from the first to the second, both included.
    Integers(i64, i64),
    /// The same, as decimals.
    WholeDecimals(i64, i64),
    /// As [`Self::LogUniform`], integers from the first to the second, both included.
    LogIntegers(i64, i64),
    /// As [`Self::Normal`], rounded to integers.
    NormalIntegers(f64, f64),
    /// Each of these alike.
    Choice(Vec<Value>),
}

/// A sampled field of a grid.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Sampler {
    pub(super) distribution: Distribution,
    /// The hash of its key.
    pub(super) stream: u64,
    pub(super) sample: Sample,
}

impl Sampler {
    pub(super) fn new(distribution: Distribution, key: &str, sample: Sample) -> Self {
        let stream = key.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Self {
            distribution,
            stream,
            sample,
        }
    }

    /// The value of the point `index`, from 0.
    pub(super) fn get(&self, index: u64) -> Value {
        self.distribution.at(self.share(index))
    }

    /// A number from 0 up to 1, never 1.
    pub(super) fn share(&self, index: u64) -> f64 {
        let key = mix(self.sample.seed ^ mix(self.stream));
        let unit = unit(mix(
            key.wrapping_add(index.wrapping_add(1).wrapping_mul(GOLDEN))
        ));
        match self.sample.method {
            SampleMethod::Random => unit,
            SampleMethod::LatinHypercube => {
                let count = self.sample.count.max(1);
                let stratum = permuted(index, count, mix(key ^ 0x5bf0_3635));
                let share = (stratum as f64 + unit) / count as f64;
                share.min(1.0 - f64::EPSILON / 2.0)
            }
        }
    }
}

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// The output function of `SplitMix64`.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The upper 53 bits as a number from 0 up to 1.
fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / 9_007_199_254_740_992.0
}

/// The place of `index` in a permutation of `0..count` that the key chooses: a Feistel network over the next power of
/// four, walked until it is back inside. Four times as many steps at most on average.
fn permuted(index: u64, count: u64, key: u64) -> u64 {
    let bits = 64 - count.saturating_sub(1).leading_zeros();
    let half = bits.div_ceil(2).max(1);
    let mask = (1u64 << half) - 1;
    let mut at = index % count;
    loop {
        let (mut left, mut right) = (at >> half, at & mask);
        for round in 0..6u64 {
            let scrambled = mix(right ^ mix(key.wrapping_add(round.wrapping_mul(GOLDEN)))) & mask;
            (left, right) = (right, left ^ scrambled);
        }
        at = left << half | right;
        if at < count {
            return at;
        }
    }
}

impl Distribution {
    /// The value at a share of the whole, from 0 up to 1.
    fn at(&self, share: f64) -> Value {
        match self {
            Self::Uniform(a, b) => Value::Float((a + (b - a) * share).clamp(*a, *b)),
            Self::LogUniform(a, b) => Value::Float(log_between(*a, *b, share).clamp(*a, *b)),
            Self::Normal(mean, deviation) => {
                Value::Float(mean + deviation * real::normal_quantile(inside(share)))
            }
            Self::Integers(a, b) => Value::Int(integer(*a, *b, share)),
            Self::WholeDecimals(a, b) => Value::Float(integer(*a, *b, share) as f64),
            Self::LogIntegers(a, b) => {
                let value = log_between(*a as f64, *b as f64 + 1.0, share).floor();
                Value::Int(whole(value, *a, *b))
            }
            Self::NormalIntegers(mean, deviation) => {
                let value = mean + deviation * real::normal_quantile(inside(share));
                Value::Int(whole(value.round_ties_even(), i64::MIN, i64::MAX))
            }
            Self::Choice(values) => {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "below the length"
                )]
                let index = (share * values.len() as f64) as usize;
                values
                    .get(index.min(values.len().saturating_sub(1)))
                    .cloned()
                    .unwrap_or_default()
            }
        }
    }
}

fn integer(a: i64, b: i64, share: f64) -> i64 {
    let width = (i128::from(b) - i128::from(a) + 1) as f64;
    whole(a as f64 + (share * width).floor(), a, b)
}

/// The quantile of 0 is not finite.
fn inside(share: f64) -> f64 {
    share.max(f64::EPSILON / 4.0)
}

fn log_between(a: f64, b: f64, share: f64) -> f64 {
    let (from, to) = (real::ln(a), real::ln(b));
    real::exp(from + (to - from) * share)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a cast to an integer saturates, and the bounds hold"
)]
fn whole(value: f64, low: i64, high: i64) -> i64 {
    (value as i64).clamp(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampler(method: SampleMethod, count: u64, seed: u64) -> Sampler {
        Sampler::new(
            Distribution::Uniform(0.0, 1.0),
            "lr",
            Sample {
                count,
                seed,
                method,
            },
        )
    }

    /// The numbers are part of the format: a sweep drawn today must be drawn alike in years.
    #[test]
    fn the_same_seed_draws_the_same_numbers_for_ever() {
        let of = |seed| {
            let sampler = sampler(SampleMethod::Random, 10, seed);
            (0..3)
                .map(|index| sampler.get(index).to_string())
                .collect::<Vec<_>>()
                .join(" ")
        };
        insta::assert_snapshot!([of(0), of(1)].join("\n"));
    }

    #[test]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a stratum is a small whole number"
    )]
    fn every_stratum_is_met_once() {
        for count in [1, 2, 3, 7, 16, 17, 100, 1000] {
            for seed in 0..5 {
                let sampler = sampler(SampleMethod::LatinHypercube, count, seed);
                let mut strata: Vec<u64> = (0..count)
                    .map(|index| (sampler.share(index) * count as f64) as u64)
                    .collect();
                strata.sort_unstable();
                assert_eq!(strata, (0..count).collect::<Vec<_>>(), "{count} {seed}");
            }
        }
    }

    /// Mean and spread of a large sample are those of the distribution, within five standard errors.
    #[test]
    fn samples_have_the_moments_of_their_distribution() {
        let moments = |distribution: Distribution| {
            let sample = Sample {
                count: 20_000,
                seed: 3,
                method: SampleMethod::Random,
            };
            let sampler = Sampler::new(distribution, "x", sample);
            let values: Vec<f64> = (0..20_000)
                .map(|index| match sampler.get(index) {
                    Value::Int(int) => int as f64,
                    Value::Float(float) => float,
                    other => panic!("{other}"),
                })
                .collect();
            let mean = values.iter().sum::<f64>() / 20_000.0;
            let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 20_000.0;
            (mean, variance)
        };
        let close = |(mean, variance): (f64, f64), (m, v): (f64, f64)| {
            assert!((mean - m).abs() < 5.0 * (v / 20_000.0).sqrt(), "{mean} {m}");
            assert!((variance - v).abs() < 0.05 * v, "{variance} {v}");
        };
        close(moments(Distribution::Uniform(2.0, 6.0)), (4.0, 16.0 / 12.0));
        close(moments(Distribution::Normal(5.0, 2.0)), (5.0, 4.0));
        close(moments(Distribution::Integers(1, 6)), (3.5, 35.0 / 12.0));
        close(
            moments(Distribution::NormalIntegers(0.0, 30.0)),
            (0.0, 900.0 + 1.0 / 12.0),
        );
    }
}
