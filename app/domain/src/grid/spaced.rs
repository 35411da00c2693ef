//! `linspace` and `logspace`: evenly spaced values between two ends that belong to them.

use serde::Serialize;

use crate::config::Value;

use super::decimal::{Decimal, NumberForm};
use super::real;

/// `count` values from `first` to `last`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Spaced {
    pub(super) first: i128,
    pub(super) last: i128,
    pub(super) scale: u32,
    pub(super) count: u64,
    pub(super) spacing: Spacing,
    pub(super) form: NumberForm,
}

/// What stays the same from one value to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Spacing {
    /// The difference.
    Linear,
    /// The quotient.
    Logarithmic,
}

/// Why two ends and a count make no values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SpacedProblem {
    /// An end that has no logarithm.
    NotPositive,
    /// A value of an integer field that is none.
    NotWhole,
    TooPrecise,
}

impl Spaced {
    /// `count` is at least 2.
    pub(super) fn new(
        ends: (Decimal, Decimal),
        count: u64,
        spacing: Spacing,
        form: NumberForm,
    ) -> Result<Self, SpacedProblem> {
        let scale = ends.0.scale.max(ends.1.scale);
        let at = |end: Decimal| end.at_scale(scale).ok_or(SpacedProblem::TooPrecise);
        let (first, last) = (at(ends.0)?, at(ends.1)?);
        let steps = i128::from(count - 1);
        if spacing == Spacing::Logarithmic && (first <= 0 || last <= 0) {
            return Err(SpacedProblem::NotPositive);
        }
        // Everything that is computed later must fit.
        let span = last.checked_sub(first).and_then(|span| {
            first
                .checked_mul(steps)?
                .checked_add(span.checked_mul(steps)?)?;
            Some(span)
        });
        let span = span.ok_or(SpacedProblem::TooPrecise)?;
        let whole = scale == 0 && (spacing == Spacing::Logarithmic || span % steps == 0);
        if form == NumberForm::Int && !whole {
            return Err(SpacedProblem::NotWhole);
        }
        let spaced = Self {
            first,
            last,
            scale,
            count,
            spacing,
            form,
        };
        let is_whole = |index| {
            let Some(exact) = spaced.logarithmic(index) else {
                return true;
            };
            (exact - exact.round_ties_even()).abs() < 1e-9 * exact.abs()
        };
        let checked = form == NumberForm::Int && spacing == Spacing::Logarithmic;
        // More than 64 different whole powers do not fit into a double anyway.
        if checked && (count > 64 || !(0..count).all(is_whole)) {
            return Err(SpacedProblem::NotWhole);
        }
        Ok(spaced)
    }

    pub(super) fn get(&self, index: u64) -> Option<Value> {
        if index >= self.count {
            return None;
        }
        if index == 0 || index == self.count - 1 {
            let end = if index == 0 { self.first } else { self.last };
            return Some(self.exact(end));
        }
        match self.spacing {
            Spacing::Linear => Some(self.linear(index)),
            Spacing::Logarithmic => {
                let value = self.logarithmic(index)?;
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "checked to be whole when it was made"
                )]
                Some(match self.form {
                    NumberForm::Int => Value::Int(value.round_ties_even() as i64),
                    NumberForm::Float => Value::Float(real::to_14_digits(value)),
                })
            }
        }
    }

    fn exact(&self, mantissa: i128) -> Value {
        match self.form {
            NumberForm::Int => i64::try_from(mantissa)
                .map_or_else(|_| Value::BigInt(mantissa.to_string()), Value::Int),
            NumberForm::Float => Value::Float(nearest(mantissa, self.scale)),
        }
    }

    /// The exact quotient, rounded once.
    fn linear(&self, index: u64) -> Value {
        let steps = i128::from(self.count - 1);
        let above = self.first * steps + (self.last - self.first) * i128::from(index);
        if above % steps == 0 {
            return self.exact(above / steps);
        }
        // 20 more digits than the quotient has decide every rounding but a tie, which a quotient like this cannot be.
        let (mut mantissa, mut rest, mut scale) = (above / steps, above % steps, self.scale);
        while mantissa.unsigned_abs() < 10_u128.pow(20) && rest != 0 {
            let Some(next) = rest.checked_mul(10) else {
                break;
            };
            mantissa = mantissa * 10 + next / steps;
            rest = next % steps;
            scale += 1;
        }
        Value::Float(nearest(mantissa, scale))
    }

    fn logarithmic(&self, index: u64) -> Option<f64> {
        (self.spacing == Spacing::Logarithmic).then(|| {
            let (first, last) = (
                nearest(self.first, self.scale),
                nearest(self.last, self.scale),
            );
            let share = index as f64 / (self.count - 1) as f64;
            first * real::exp(real::ln(last / first) * share)
        })
    }
}

/// The double nearest to a decimal: the standard parser rounds correctly.
fn nearest(mantissa: i128, scale: u32) -> f64 {
    format!("{mantissa}e-{scale}").parse().unwrap_or(f64::NAN)
}
